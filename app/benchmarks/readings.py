"""One reading of a claim, from its table in the file: converted once, and held to the rules of use.

The files keep every number on the publisher's scale (38 for 38 %). Here, and nowhere else, they become what the rest of the
app computes with:

===========================  ==============================  ===========================================
unit in the file             published                       loaded
===========================  ==============================  ===========================================
`relative_ratio`             38 (% more)                     ratio 1 + 38 / 100
`relative_ratio`, levels     29 and 24 (%)                   levels .29 and .24, ratio 29 / 24
`relative_churn_reduction`   36 (% fewer customers lost)     ratio 1 - 36 / 100, lower is better
`abs_growth_rate_pair`       32 and -7 (% a year)            levels .32 and -.07, no ratio
`cagr_ratio`                 24 (% faster, over some years)  ratio 1 + 24 / 100 of two CAGRs
`pp`                         38 (points)                     stated .38
`unit_not_stated`            5.4                             stated .054, no ratio
===========================  ==============================  ===========================================

`prevalence`, `direction`, `base_rate` and `none` carry no effect; their numbers are in `Claim.values`.
"""

from __future__ import annotations

from typing import get_args

from app.benchmarks.claims import (
    LEGEND,
    LINE_FLOOR,
    LINES,
    TARGET_FLOOR,
    UPLIFTS,
    Grade,
    Metric,
    Reading,
    SetAside,
    StatedValue,
    Unit,
    Use,
    ValueUnit,
    at_least,
)
from app.benchmarks.section import Section

_UNITS: tuple[Unit, ...] = tuple(unit for unit in get_args(Unit) if unit != "level")
_METRICS: tuple[Metric, ...] = get_args(Metric)
_USES: tuple[Use, ...] = get_args(Use)
_VALUE_UNITS: tuple[ValueUnit, ...] = get_args(ValueUnit)
_FILE_GRADES: tuple[Grade, ...] = (*LEGEND, "none")
_CHANGE_UNITS: frozenset[Unit] = frozenset(["relative_ratio", "relative_churn_reduction", "cagr_ratio"])
_AGREE_WITHIN = 0.03
"""A published percentage and the levels behind it may differ by rounding: 209 % beside levels of 9 and 28, which give 211 %."""


def reading_of(row: Section) -> Reading:
    """The reading in a table of the file; CatalogueError when its numbers do not fit its unit, or its use does not fit its grade."""
    unit = row.choice("unit", _UNITS)
    value, aligned, baseline, years = row.number("value"), row.number("aligned_level"), row.number("baseline_level"), row.whole("years")
    _fits_unit(row, unit, value=value, aligned=aligned, baseline=baseline, years=years)
    reading = Reading(
        unit=unit,
        sentence=row.text("sentence"),
        metric=row.choice("metric", _METRICS) if "metric" in row.data else None,
        no_metric_why=row.text("no_metric_why", optional=True),
        grade=row.choice("grade", _FILE_GRADES),
        grade_reason=row.text("grade_reason"),
        usable_as=row.choice("usable_as", _USES),
        caveat=row.text("caveat"),
        stated=None if value is None else value / 100,
        ratio=_ratio(row, unit, value=value, aligned=aligned, baseline=baseline),
        aligned_level=None if aligned is None else aligned / 100,
        baseline_level=None if baseline is None else baseline / 100,
        years=years,
        lower_is_better=unit == "relative_churn_reduction",
    )
    _fits_rules(row, reading)
    row.done()
    return reading


def set_aside_of(row: Section) -> SetAside:
    """A reading that was considered and is not used."""
    return SetAside(row.choice("unit", _UNITS), row.choice("metric", _METRICS), row.needed("value") / 100, row.text("sentence"))


def value_of(row: Section) -> StatedValue:
    """A number beside the effect, converted by its unit."""
    unit = row.choice("unit", _VALUE_UNITS)
    scale = 100 if unit in ("percent", "points") else 1
    value, high = row.needed("value"), row.number("high")
    if high is not None and high <= value:
        raise row.wrong("high", "it must be above “value”.")
    return StatedValue(row.text("label"), value / scale, unit, None if high is None else high / scale, row.flag("computed", optional=True))


def _fits_unit(row: Section, unit: Unit, *, value: float | None, aligned: float | None, baseline: float | None, years: int | None) -> None:
    if (aligned is None) != (baseline is None):
        raise row.wrong("baseline_level" if baseline is None else "aligned_level", "the two levels belong together.")
    has_levels = aligned is not None
    if has_levels and unit not in ("relative_ratio", "abs_growth_rate_pair"):
        raise row.wrong("aligned_level", f"the unit “{unit}” has no levels.")
    if unit == "abs_growth_rate_pair" and (not has_levels or value is not None):
        raise row.wrong("aligned_level", "a pair of growth rates has two levels and no value.")
    if unit == "relative_ratio" and value is None and not has_levels:
        raise row.wrong("value", "give the value or the two levels.")
    if unit in ("relative_churn_reduction", "cagr_ratio", "pp") and value is None:
        raise row.wrong("value", "it is missing.")
    if unit in ("none", "prevalence", "direction", "base_rate") and value is not None:
        raise row.wrong("value", f"the unit “{unit}” has no value; use “values”.")
    if (unit == "cagr_ratio") != (years is not None):
        raise row.wrong("years", "it belongs to “cagr_ratio”, and only to it.")
    if years is not None and years < 2:
        raise row.wrong("years", "growth over several years needs two or more.")
    if unit == "relative_churn_reduction" and value is not None and not 0 < value < 100:
        raise row.wrong("value", "a reduction lies between 0 and 100.")


def _ratio(row: Section, unit: Unit, *, value: float | None, aligned: float | None, baseline: float | None) -> float | None:
    """What the metric is multiplied by. Dividing last keeps 138 / 100 the nearest number to 1.38, which 1 + 0.38 need not be."""
    if unit not in _CHANGE_UNITS:
        return None
    if unit == "relative_churn_reduction":
        return None if value is None else (100 - value) / 100
    published = None if value is None else (100 + value) / 100
    if published is not None and published <= 0:
        raise row.wrong("value", "nothing can fall by 100 % or more.")
    if aligned is None or baseline is None:
        return published
    if baseline <= 0 or aligned <= 0:
        raise row.wrong("baseline_level", "levels of a ratio are above 0.")
    ratio = aligned / baseline
    if published is not None and abs(published - ratio) > _AGREE_WITHIN:
        raise row.wrong("value", f"it does not agree with the levels, which give {100 * (ratio - 1):.1f}.")
    return ratio


def _fits_rules(row: Section, reading: Reading) -> None:
    """The rules of use of the edition, held by the loader so that no file can break them."""
    grade, use = reading.grade, reading.usable_as
    if (reading.metric is None) == (not reading.no_metric_why):
        raise row.wrong("metric", "give the metric, or say in “no_metric_why” why there is none, and not both.")
    if reading.unit in UPLIFTS and grade == "A":
        raise row.wrong("grade", "no uplift figure earns an A.")
    if grade == "none" and reading.unit != "base_rate":
        raise row.wrong("grade", "only arithmetic on ordinary rates goes without a grade.")
    if use in LINES and reading.metric is None:
        raise row.wrong("usable_as", "what is compared with no metric cannot be a target or a line.")
    if use in LINES and reading.unit not in UPLIFTS:
        raise row.wrong("usable_as", f"the unit “{reading.unit}” cannot be a target or a line.")
    if use == "target" and not at_least(grade, TARGET_FLOOR):
        raise row.wrong("usable_as", f"a target needs grade {TARGET_FLOOR} or better, not {grade}.")
    if use == "reference_line" and not at_least(grade, LINE_FLOOR):
        raise row.wrong("usable_as", f"a line of grade {grade} needs its caveat: “reference_line_with_caveat”.")
    if use == "reference_line_with_caveat" and not at_least(grade, "C-"):
        raise row.wrong("usable_as", f"grade {grade} cannot be a line.")
    if use == "misquote_only" and grade != "D":
        raise row.wrong("usable_as", "only grade D is shown as a misquote.")
    if grade == "D" and reading.unit in UPLIFTS and use != "misquote_only":
        raise row.wrong("usable_as", "an uplift of grade D is shown only as a misquote.")
