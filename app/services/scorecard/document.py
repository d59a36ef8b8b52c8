"""The scorecard as a document for scripts: what a script looks for stands at the top of each part, and everything else below it.

Shares and ratios are numbers (0.63, 1.12), never percentages; nothing is rounded. What could not be computed is null and its
`absent` says why. Spans of days are first and last, both included, as they are given on the command line.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from app.benchmarks.comparison import LevelComparison
from app.services.scorecard.model import ClaimLine, Headline, Scorecard
from app.services.scorecard.plain import plain
from app.services.scorecard.request import Request

PARTS = {
    "win_rate": ("won", "closed"),
    "retention": ("kept", "at_start"),
    "growth": ("earlier_revenue", "later_revenue"),
    "lead_conversion": ("converted", "leads"),
}
"""What the two parts of each number are called."""


def document(found: Scorecard) -> dict[str, Any]:
    """The whole scorecard.

    `numbers` by key, `claims` in the order of the page, `sources`, and `not_computed`: every number and claim without a result, with
    its reason and remedy.
    """
    return {
        "edition": found.edition,
        "currency": found.currency,
        "covered": None if found.covered is None else _days(found.covered[0], found.covered[1] + timedelta(days=1)),
        "request": _request(found.request),
        "sources": plain(found.sources),
        "numbers": {head.key: _number(head, found.request) for head in found.headlines},
        "claims": [_claim(line) for line in found.lines],
        "not_computed": [{"what": what, **plain(absent)} for what, absent in found.not_computable],
    }


def _request(request: Request) -> dict[str, Any]:
    told: dict[str, Any] = plain(request)
    filters = request.filters
    return {
        **told,
        "before": None if request.before is None else _days(*request.before),
        "after": None if request.after is None else _days(*request.after),
        "filters": {**_days(filters.start, filters.end), "where": {column: list(values) for column, values in filters.where}},
    }


def _number(head: Headline, request: Request) -> dict[str, Any]:
    names = PARTS[head.key]
    if head.key == "win_rate" and request.definition.weight == "value":
        names = ("won_amount", "closed_amount")
    told: dict[str, Any] = plain(head)
    told["parts"] = None if head.parts is None else dict(zip(names, told["parts"], strict=True))
    return {name: told[name] for name in told if name != "key"}


def _claim(line: ClaimLine) -> dict[str, Any]:
    compared, verdict = line.comparison, line.verdict
    is_level = isinstance(compared, LevelComparison) or (compared is None and line.reading.aligned_level is not None)
    value = None if compared is None else compared.observed if isinstance(compared, LevelComparison) else compared.ratio
    return {
        "id": line.claim.id,
        "words": line.words,
        "grade": line.reading.grade,
        "verdict": None if verdict is None else verdict.word,
        "sentence": None if verdict is None else verdict.sentence,
        "value": plain(value),
        "value_is": "growth" if is_level else "ratio",
        "interval": None if compared is None else plain(compared.interval),
        "claimed": line.reading.aligned_level if is_level else line.reading.ratio,
        "absent": plain(line.absent),
        "plain": line.plain,
        "comparison": plain(compared),
        "outlook": plain(line.outlook),
        "stake": plain(line.stake),
        "reading": plain(line.reading),
        "claim": plain(line.claim),
    }


def _days(start: date | None, end: date | None) -> dict[str, str | None]:
    """A span given as first day and first day after, as first and last."""
    return {
        "first": None if start is None else start.isoformat(),
        "last": None if end is None else (end - timedelta(days=1)).isoformat(),
    }
