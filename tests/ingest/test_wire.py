"""The import's values as JSON and back."""

from __future__ import annotations

import pytest

from app.ingest.model import Answers, Choice, FileFacts, Inspection, Question, SetAside
from app.ingest.wire import WireError, from_json, to_json

FACTS = FileFacts(
    name="d.csv",
    sha256="0" * 64,
    size=10,
    kind="csv",
    encoding="utf-8",
    delimiter=",",
    sheet=None,
    sheets=(),
    head_line=1,
    lines=3,
    rows=2,
    columns=2,
    apart=(("head", 1),),
    period_stated=("2026-01-01", "2026-03-31"),
)


def test_values_survive_the_journey() -> None:
    question = Question("table", "table", "What is it?", (Choice("deal", "Deals"),), "table", "table", rows=3)
    inspection = Inspection(FACTS, None, 0.0, "No idea.", None, None, (), (), (question,), notes=("Zoë “kept”\n",))
    assert from_json(Inspection, to_json(inspection)) == inspection
    answers = Answers(table="deal", fields={"amount": None, "id": "Deal ID"}, roles={"X": "ignored"}, stages={"Won": "won"})
    assert from_json(Answers, to_json(answers)) == answers
    aside = SetAside("duplicate", "The row is there twice.", 2, (3, 9))
    assert from_json(SetAside, to_json(aside)) == aside


def test_fields_with_defaults_may_be_missing() -> None:
    assert from_json(Answers, '{"table": "lead"}') == Answers(table="lead")


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        '{"table": "nonsense"}',
        '{"unknown": 1}',
        '{"fields": [1]}',
        '{"head_line": "3"}',
        '{"head_line": true}',
        '{"roles": {"X": "boss"}}',
        "[]",
    ],
)
def test_what_does_not_fit_is_refused(text: str) -> None:
    with pytest.raises(WireError):
        from_json(Answers, text)


def test_missing_fields_are_refused() -> None:
    with pytest.raises(WireError, match="missing"):
        from_json(SetAside, '{"code": "duplicate"}')


def test_only_plain_values_are_written() -> None:
    with pytest.raises(TypeError, match="bytes"):
        to_json({"a": b"1"})
    with pytest.raises(ValueError, match="JSON"):
        to_json(float("nan"))
