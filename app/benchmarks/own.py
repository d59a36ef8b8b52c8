"""A team's own benchmark as a claim, beside the cited ones and compared in the same way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from math import isfinite
from typing import Literal, get_args

from app.benchmarks.claims import Address, Claim, Metric, Reading, Unit
from app.errors import AppError

OwnKind = Literal["ratio", "level"]

_LOWEST_LEVEL: Mapping[Metric, float] = {"revenue_growth": -100.0, "revenue_cagr_3y": -100.0}
_HIGHEST_LEVEL: Mapping[Metric, float] = {"revenue_growth": 1000.0, "revenue_cagr_3y": 1000.0, "revenue_retention": 1000.0}
_NO_LEVEL: frozenset[Metric] = frozenset(["revenue", "lead_response", "perception_gap"])
_MOST = 1000.0


def custom_claim(
    label: str,
    *,
    metric: Metric,
    kind: OwnKind,
    value: float,
    source: str,
    year: int,
    checked: date | str,
    address: str = "",
    id: str = "OWN",
) -> Claim:
    """A team's own benchmark as a claim; its grade is `own`, because nobody here has judged the evidence.

    Parameters
    ----------
    label
        What the figure is, in the team's words.
    metric
        What it is held against.
    kind, value
        `ratio`: a relative change in percent, 12 for 12 % more; for customers lost a reduction, -20 for 20 % fewer.
        `level`: a rate or a growth in percent, 25 for 25 %; kept as `aligned_level`, with no level beside it.
    source, address, year
        Who says so, the page's address ("" when it has none) and the year of the figure.
    checked
        The day the team entered it; also as text, 2026-11-24.

    Raises
    ------
    AppError
        When a field is empty or impossible; the message names the field and the remedy.
    """
    checked = _day_of(checked)
    label, source, address = (" ".join(text.split()) for text in (label, source, address))
    for name, text, longest in (("name", label, 120), ("source", source, 500)):
        if not text:
            raise AppError(f"The benchmark has no {name}.", f"Give it a {name}.")
        if len(text) > longest:
            raise AppError(f"The benchmark's {name} has {len(text):,} characters.", f"Shorten it to {longest:,}.")
    if address and not re.fullmatch(r"https?://[^\s/]+\.[^\s]+", address):
        raise AppError("The benchmark's address is not a web address.", "Begin it with https://, or leave it empty.")
    if len(address) > 2000:
        raise AppError(f"The benchmark's address has {len(address):,} characters.", "Shorten it to 2,000.")
    if not _is_number(year) or year != int(year) or not 1900 <= year <= checked.year:
        raise AppError(f"The year {year} cannot be the year of a figure.", f"Give a year from 1900 to {checked.year}.")
    if metric not in get_args(Metric):
        raise AppError(f"“{metric}” is not something this app compares.", "Choose one of the results the page offers.")
    reading = _own_reading(label, metric=metric, kind=kind, value=value, source=source, year=year)
    return Claim(
        id=id,
        label=label,
        family="own",
        as_quoted=(),
        quoted_in=(),
        as_published=label,
        how="not_recorded",
        metric_definition="As the team entered it.",
        population="Not stated.",
        sample="Not stated.",
        originator=source,
        year=year,
        year_note="",
        reading=reading,
        quoted=None,
        set_aside=(),
        values=(),
        contradictions=(),
        misquotes=(),
        addresses=(Address(address, "not_recorded", "the team's own source"),) if address else (),
        no_address_why="" if address else "The team gave no address.",
        checked=checked,
    )


def _day_of(value: date | str) -> date:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise AppError(f"“{value}” is not a day.", "Give it as year-month-day, e.g. 2026-11-24.") from error


def _is_number(value: object) -> bool:
    """Whether a typed-in value is a finite number; stored fields come back from JSON, so their types are not a given."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)


def _own_reading(label: str, *, metric: Metric, kind: OwnKind, value: float, source: str, year: int) -> Reading:
    if not _is_number(value):
        raise AppError("The benchmark's value is not a number.", "Give a number, e.g. 12 for 12 %.")
    caveat = f"The team's own benchmark, from {source} ({year}). Its evidence has not been graded here."
    unit: Unit
    ratio: float | None = None
    level: float | None = None
    if kind == "ratio":
        if metric == "churn" and not -100 < value < 0:
            raise AppError(
                f"A change of {value:g} % is no benchmark for customers lost.",
                "Give the reduction, above -100 and below 0; -20 means 20 % fewer lost.",
            )
        if metric != "churn" and not 0 < value <= _MOST:
            raise AppError(f"A change of {value:g} % is no benchmark to reach.", f"Give a rise, above 0 and up to {_MOST:g}.")
        unit = "relative_churn_reduction" if metric == "churn" else "relative_ratio"
        ratio = (100 + value) / 100
        stated = abs(value) / 100
        sentence = f"{label}: the result is multiplied by {ratio:.4g}."
    elif kind == "level":
        lowest, highest = _LOWEST_LEVEL.get(metric, 0.0), _HIGHEST_LEVEL.get(metric, 100.0)
        if metric in _NO_LEVEL:
            raise AppError("This result has no level in percent to compare with.", "Enter a relative change instead.")
        if not lowest <= value <= highest:
            raise AppError(f"A level of {value:g} % is not possible here.", f"Give a number from {lowest:g} to {highest:g}.")
        unit = "level"
        level = stated = value / 100
        sentence = f"{label}: a level of {value:g} %."
    else:
        raise AppError(f"“{kind}” is not a kind of benchmark.", "Choose a relative change or a level.")
    return Reading(
        unit=unit,
        sentence=sentence,
        metric=metric,
        no_metric_why="",
        grade="own",
        grade_reason="Entered by the team; the evidence has not been graded here.",
        usable_as="reference_line_with_caveat",
        caveat=caveat,
        stated=stated,
        ratio=ratio,
        aligned_level=level,
        lower_is_better=metric == "churn",
    )
