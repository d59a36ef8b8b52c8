"""What a respondent's browser sends, as `Changes`: a form of the page, or what its script saves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request

from app.errors import AppError
from app.services.rounds.model import Changes
from app.survey.model import Answer
from app.ui.respondent.screens import UNKNOWN

LARGEST = 64 * 1024
"""Bytes of a request: eight comments of a thousand characters and every answer need less."""


class TooLarge(Exception):
    """The request is larger than any answer can be."""


async def body(request: Request) -> bytes:
    """The request's body; `TooLarge` as soon as it is known to be."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST:
            raise TooLarge
        parts.append(part)
    return b"".join(parts)


def fields(content: bytes) -> Mapping[str, str]:
    """The fields of a form, the last value of each."""
    try:
        parsed = parse_qs(content.decode("ascii"), keep_blank_values=True, max_num_fields=500, errors="replace")
    except (UnicodeDecodeError, ValueError) as error:
        raise _senseless() from error
    return {name: values[-1] for name, values in parsed.items()}


def from_form(given: Mapping[str, str]) -> Changes:
    """The changes of one part that was sent as a form.

    An empty comment takes an earlier one back only where the earlier one was shown: it may have been written on another device.
    """
    comments = {name[2:]: text for name, text in given.items() if name.startswith("c.") and (text.strip() or f"had.{name[2:]}" in given)}
    return Changes(
        answers={name[2:]: _answer(value) for name, value in given.items() if name.startswith("a.")},
        comments=comments,
        guesses={name[2:]: _number(value) for name, value in given.items() if name.startswith("g.")},
    )


def from_json(content: bytes) -> Changes:
    """The changes that the page's script saves; AppError when they are none."""
    try:
        given: Any = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _senseless() from error
    if not isinstance(given, dict):
        raise _senseless()
    answers, comments, guesses = (given.get(kind) or {} for kind in ("answers", "comments", "guesses"))
    taken_back = given.get("taken_back") or []
    if (
        not all(isinstance(kind, dict) for kind in (answers, comments, guesses))
        or not isinstance(taken_back, list)
        or not all(isinstance(item, str) for item in taken_back)
        or not all(isinstance(text, str) for text in comments.values())
    ):
        raise _senseless()
    # Whether a value is on the scale is checked where it is written.
    return Changes(answers=answers, taken_back=tuple(taken_back), comments=comments, guesses=guesses)


def _answer(value: str) -> Answer:
    return None if value == UNKNOWN else _number(value)


def _number(value: str) -> int:
    if len(value) != 1 or not value.isascii() or not value.isdigit():
        raise _senseless()
    return int(value)


def _senseless() -> AppError:
    return AppError("What was sent is no answer of this page.", "Load the page again.")
