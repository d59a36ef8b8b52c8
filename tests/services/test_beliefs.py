"""Statements of the survey beside the recorded measure that can check them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from app.metrics.engine import Engine
from app.metrics.leads import NO_CONTACT, NO_LEADS
from app.services.beliefs import Record, beliefs
from app.services.scorecard.sources import Sources
from app.survey.disclosure import publish
from app.survey.questionnaire import newest
from tests.metrics.canonical import opened, stored
from tests.survey.people import at_random

WHOLE = newest()
PUBLISHED = publish(WHOLE, at_random(WHOLE, "sales", 9, seed=1) + at_random(WHOLE, "marketing", 7, seed=1))
DAYS = [datetime(2026, 1, 1) + timedelta(days=n % 28) for n in range(100)]
CALLS = [day + timedelta(hours=n + 1) if n < 81 else None for n, day in enumerate(DAYS)]
"""81 of 100 leads were called, after 1, 2, 3 … 81 hours: half of them within 41 hours, 24 within a day."""


def leads(folder: Path, *, called: bool) -> Sources:
    """A hundred leads of which 25 became customers."""
    table = stored(
        "lead",
        id=[f"L{n}" for n in range(100)],
        created=DAYS,
        first_contact_at=CALLS if called else [None] * 100,
        converted=[n < 25 for n in range(100)],
    )
    return Sources(leads=opened(Engine(folder), folder, "lead", table))


def test_each_statement_that_names_a_measure_stands_beside_the_record(tmp_path: Path) -> None:
    found = beliefs(PUBLISHED, WHOLE, leads(tmp_path, called=True))
    assert [(one.subject, one.reverse) for one in found] == [
        ("Roles", True),
        ("Service-level agreement", False),
        ("Service-level agreement", False),
    ]
    items = {item.id: item for item in PUBLISHED.items}
    assert found[0].statement == WHOLE.wording("en").items["roles_nobody"]
    assert found[0].said == tuple((side, items["roles_nobody"].view(side).score) for side in ("sales", "marketing"))
    days = "1 Jan 2026 to 28 Jan 2026"
    # Wilson's interval of 25 of 100.
    assert [one.record for one in found] == [
        Record(
            "19.0\u00a0% of the leads have no first contact on record",
            f"19 of 100 leads, {days}",
            "Never contacted = leads without a day of first contact / all leads",
        ),
        Record(
            "25.0\u00a0% of the leads became customers (likely 17.5\u00a0% to 34.3\u00a0%)",
            f"25 became customers of 100 leads, {days}",
            "Conversion = leads that became customers / all leads, by the day the lead came in",
        ),
        Record(
            "Half of the contacted leads were called within 41.0 hours, 24.0\u00a0% of all leads within 24 hours",
            f"81 of 100 leads were contacted, {days}",
            "Time to the first contact = first contact \u2212 creation of the lead",
        ),
    ]


def test_what_the_records_do_not_say_has_its_reason(tmp_path: Path) -> None:
    assert [one.record for one in beliefs(PUBLISHED, WHOLE, Sources())] == [NO_LEADS] * 3
    found = beliefs(PUBLISHED, WHOLE, leads(tmp_path, called=False))
    assert [one.record for one in found if not isinstance(one.record, Record)] == [NO_CONTACT] * 2


def test_a_round_that_shows_nothing_believes_nothing(tmp_path: Path) -> None:
    few = publish(WHOLE, at_random(WHOLE, "sales", 2, seed=1) + at_random(WHOLE, "marketing", 2, seed=1))
    assert beliefs(few, WHOLE, leads(tmp_path, called=True)) == ()
