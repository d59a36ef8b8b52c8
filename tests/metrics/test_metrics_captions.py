"""The words under a chart."""

from __future__ import annotations

from datetime import date

import pytest

from app.metrics.captions import describe, heading
from app.metrics.model import BLANK, Filters
from app.tables import Segment, SnapshotInfo

DEALS = SnapshotInfo("deal", 10, segments=(Segment("s0", "Region", 2), Segment("s1", "Product <b>", 9)))


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        (Filters(), ""),
        # The end is the first day that does not count.
        (Filters(date(2025, 1, 1), date(2025, 4, 1)), "closed 1 Jan 2025 to 31 Mar 2025"),
        (Filters(start=date(2025, 1, 1)), "closed 1 Jan 2025 or later"),
        (Filters(end=date(2025, 1, 1)), "closed 31 Dec 2024 or earlier"),
        (
            Filters(date(2025, 1, 1), None, (("s0", ("North", BLANK)), ("source", ("Web",)))),
            "closed 1 Jan 2025 or later; Region: North, (blank); Source: Web",
        ),
        (Filters(where=(("s1", tuple("abcdef")),)), "Product <b>: 6 values"),
        (Filters(where=(("owner", ()),)), "Owner: none"),
    ],
)
def test_filters_in_words(filters: Filters, words: str) -> None:
    assert describe(filters, DEALS) == words


def test_the_day_meant_can_be_named() -> None:
    assert describe(Filters(start=date(2025, 1, 1)), DEALS, dated="created") == "created 1 Jan 2025 or later"
    assert describe(Filters(start=date(2025, 1, 1)), SnapshotInfo("lead", 1)) == "created 1 Jan 2025 or later"


def test_a_column_that_is_not_there_is_a_defect() -> None:
    with pytest.raises(KeyError):
        heading("s7", DEALS)
