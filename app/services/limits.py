"""How much one organization may have at a time; the numbers are settings, and each refusal says the number and the way out.

A call stands inside the transaction that adds the thing, after the organization was locked, so that two clicks at once do not both find
the last place free.
"""

from __future__ import annotations

from sqlmodel import Session

from app.errors import LimitReached
from app.settings import settings
from app.storage.queries import organizations, rounds


def refuse_more_members(*, session: Session, organization_id: str) -> None:
    """`LimitReached` when the organization has as many people as it may."""
    most = settings().max_members
    if len(organizations.members(session=session, organization_id=organization_id)) >= most:
        raise LimitReached(
            f"An organization has at most {most:,} members, and yours has as many.",
            "Remove somebody who has left, or ask whoever runs this server for more.",
        )


def refuse_more_open_rounds(*, session: Session, organization_id: str) -> None:
    """`LimitReached` when as many rounds of the survey are open as may be."""
    most = settings().max_open_rounds
    if rounds.count_open(session=session, organization_id=organization_id) >= most:
        raise LimitReached(f"At most {most:,} rounds of the survey may be open at the same time.", "Close one first, then open this one.")


def refuse_more_imports(running: int) -> None:
    """`LimitReached` when `running` imports of the organization, others than the one asked for, are as many as may be."""
    most = settings().max_imports
    if running >= most:
        raise LimitReached(
            f"Your organization has {_some(running, 'file')} being read; {most:,} at a time is the most.",
            "This file is kept. It is read when you try again after one of them is finished or stopped.",
        )


def refuse_more_reports(running: int) -> None:
    """`LimitReached` when `running` reports of the organization are as many as may be made at the same time."""
    most = settings().max_reports
    if running >= most:
        raise LimitReached(
            f"Your organization has {_some(running, 'report')} being made; {most:,} at a time is the most.",
            "Wait until one of them is finished.",
        )


def _some(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
