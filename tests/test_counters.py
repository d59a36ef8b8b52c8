"""Counts as OpenMetrics: their text, fixed memory, and answers in steps."""

from __future__ import annotations

import re

import pytest

from app import counters

LINE = re.compile(r'scorecard_[a-z_]+(?:\{[a-z]+="[a-z_]+"\})? \d+(?:\.\d+)?')


@pytest.fixture(autouse=True)
def from_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters, "_counts", dict.fromkeys(counters._counts, 0))
    monkeypatch.setattr(counters, "_rerun_seconds", 0.0)


def test_the_text() -> None:
    counters.count("imports", "done")
    counters.count("imports", "done")
    counters.count("reports", "failed")
    counters.rerun_took(0.25)
    counters.rerun_took(0.5)
    text = counters.text(gauges={"draining": ("Whether it leaves.", 1.0)})
    *told, end = text.removesuffix("\n").split("\n")
    # OpenMetrics 1.0: TYPE, UNIT and HELP before the samples of a family, counters end in _total, and the text in "# EOF".
    assert end == "# EOF"
    assert all(line.startswith(("# TYPE ", "# UNIT ", "# HELP ")) or LINE.fullmatch(line) for line in told)
    families = [line.split()[2] for line in told if line.startswith("# TYPE")]
    assert len(families) == len(set(families)) == len(counters.FAMILIES) + 2
    samples = dict(line.rsplit(" ", 1) for line in told if not line.startswith("#"))
    assert samples['scorecard_imports_total{outcome="done"}'] == "2"
    assert samples['scorecard_reports_total{outcome="failed"}'] == "1"
    assert (samples["scorecard_rerun_seconds_total"], samples["scorecard_draining"]) == ("0.750", "1")


def test_nobody_sees_when_one_person_answers() -> None:
    shown = []
    for _ in range(21):
        counters.count("answers", "saved")
        shown.append(counters.text(gauges={}).partition('scorecard_answers_total{outcome="saved"} ')[2].partition("\n")[0])
    assert shown == ["0"] * 9 + ["10"] * 10 + ["20"] * 2


def test_only_what_is_named_is_counted() -> None:
    with pytest.raises(KeyError):
        counters.count("imports", "Acme")
