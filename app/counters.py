"""What has happened in this process, counted for whoever runs it: imports, reports, answers, reruns, refusals.

Numbers only: no organization, no person, no time of a single event. Every label's values are named here, so the memory they take is
fixed however many people come. Answers are shown in steps of ten, so that nobody who reads the numbers often sees when one person
answered.

The text is OpenMetrics 1.0 (https://prometheus.io/docs/specs/om/open_metrics_spec/): counters end in ``_total``, the last line is
``# EOF``.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Final

CONTENT_TYPE: Final = "application/openmetrics-text; version=1.0.0; charset=utf-8"
STEP_OF_ANSWERS: Final = 10


@dataclass(frozen=True)
class Family:
    """One counter: its name without the prefix, what it counts, and the values of its one label."""

    name: str
    counts: str
    label: str
    values: tuple[str, ...]


FAMILIES: Final = (
    Family("imports", "Imports that ended.", "outcome", ("done", "failed", "stopped")),
    Family("reports", "Reports that ended.", "outcome", ("done", "failed")),
    Family("answers", "Saves of survey answers, in steps of ten.", "outcome", ("saved", "unavailable", "failed")),
    Family("reruns", "Runs of a page.", "outcome", ("done", "failed")),
    Family("refusals", "Requests that were slowed down.", "what", ("login", "link", "upload", "signed_out", "drain")),
)
_counts: dict[tuple[str, str], int] = {(family.name, value): 0 for family in FAMILIES for value in family.values}
_rerun_seconds = 0.0
_lock = Lock()


def count(name: str, value: str) -> None:
    """Count one event. KeyError when the family or the value is not one of `FAMILIES`."""
    with _lock:
        _counts[name, value] += 1


def rerun_took(seconds: float) -> None:
    """Add the time that one run of a page took."""
    global _rerun_seconds
    with _lock:
        _rerun_seconds += seconds


def text(*, gauges: dict[str, tuple[str, float]]) -> str:
    """Everything counted so far as OpenMetrics.

    Parameters
    ----------
    gauges
        Values of the moment by name: what each is, and the value.
    """
    with _lock:
        counts, seconds = dict(_counts), _rerun_seconds
    lines = []
    for family in FAMILIES:
        lines += _head(family.name, "counter", family.counts)
        for value in family.values:
            number = counts[family.name, value]
            shown = number // STEP_OF_ANSWERS * STEP_OF_ANSWERS if family.name == "answers" else number
            lines.append(f'scorecard_{family.name}_total{{{family.label}="{value}"}} {shown}')
    lines += [*_head("rerun_seconds", "counter", "Time that runs of pages took.", unit="seconds")]
    lines.append(f"scorecard_rerun_seconds_total {seconds:.3f}")
    for name, (what, measured) in gauges.items():
        lines += [*_head(name, "gauge", what), f"scorecard_{name} {measured:.15g}"]
    return "\n".join([*lines, "# EOF", ""])


def _head(name: str, kind: str, what: str, *, unit: str = "") -> list[str]:
    return [
        f"# TYPE scorecard_{name} {kind}",
        *([f"# UNIT scorecard_{name} {unit}"] if unit else []),
        f"# HELP scorecard_{name} {what}",
    ]
