"""The command `scorecard`: what it says is what the services say, and each option asks what it is said to ask."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app.clock import today
from app.ingest.gate import read_file
from app.ingest.model import Answers
from app.metrics.engine import Engine, Snapshot
from app.metrics.model import Definition, Filters
from app.services.scorecard.build import scorecard
from app.services.scorecard.document import PARTS
from app.services.scorecard.model import ClaimLine, Headline
from app.services.scorecard.plain import plain
from app.services.scorecard.request import Groups, Request
from app.services.scorecard.sources import Sources, of
from tests.commands.conftest import Run

FILES = ("deals.csv", "customers.csv", "invoices.csv", "leads.csv")
DEALS = FILES[:1]
BEFORE, AFTER = (date(2024, 5, 1), date(2025, 5, 1)), (date(2025, 5, 1), date(2026, 5, 1))


@pytest.fixture(scope="module")
def sources(play: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sources]:
    """The play company's exports, opened without the command."""
    folder = tmp_path_factory.mktemp("counting")
    engine = Engine(folder)

    def opened(name: str) -> Snapshot:
        typed = read_file((play / name).read_bytes(), name=name, answers=Answers(), today=today())
        sha256 = hashlib.sha256(typed.parquet).hexdigest()
        (folder / f"{sha256}.parquet").write_bytes(typed.parquet)
        return engine.open(folder / f"{sha256}.parquet", info=typed.info, sha256=sha256)

    yield of(opened(name) for name in FILES)
    engine.close()


ASKED: list[tuple[str, tuple[str, ...], Request]] = [
    ("", FILES, Request()),
    ("--as-quoted", FILES, Request(reading="as_quoted")),
    ("--by-value", DEALS, Request(definition=Definition(weight="value"))),
    ("--by-creation", DEALS, Request(definition=Definition(by_date="created"))),
    ("--no-decision-in", DEALS, Request(definition=Definition(no_decision="in"))),
    ("--from 2025-01-01 --to 2025-12-31", DEALS, Request(filters=Filters(date(2025, 1, 1), date(2026, 1, 1)))),
    ("--before 2024-05-01..2025-04-30 --after 2025-05-01..2026-04-30", FILES, Request("before_after", BEFORE, AFTER)),
    # The history is three years from November 2023 on: eighteen months on both sides of May 2025, of which whole years are taken.
    ("--since 2025-05-01", DEALS, Request("before_after", BEFORE, AFTER)),
    ("--group Region", DEALS, Request("groups", groups=Groups("Region", "South", "North"))),
    ("--group Region --values North,South", FILES, Request("groups", groups=Groups("Region", "North", "South"))),
    ("--edition 2026-11", DEALS, Request(edition="2026-11")),
]


@pytest.mark.parametrize(("options", "files", "request_"), ASKED, ids=[options or "nothing" for options, _, _ in ASKED])
def test_every_number_is_the_services(
    run: Run, play: Path, sources: Sources, options: str, files: tuple[str, ...], request_: Request
) -> None:
    told = run("scorecard", *(play / name for name in files), "--json", *options.split()).json
    found = scorecard(sources if files == FILES else Sources(deals=sources.deals), request_)
    assert (told["edition"], told["currency"]) == (found.edition, "EUR")
    keys = ["win_rate", "retention", "growth", "lead_conversion"]
    assert list(told["numbers"]) == [head.key for head in found.headlines] == keys[: 4 if files == FILES else 3]
    for head in found.headlines:
        assert without(told["numbers"][head.key], "parts") == without(plain(head), "parts", "key")
        assert parts(told["numbers"][head.key]) == parts_of(head)
    assert [claim["id"] for claim in told["claims"]] == [line.claim.id for line in found.lines]
    for claim, line in zip(told["claims"], found.lines, strict=True):
        assert_same(claim, line)
    assert [(entry["what"], entry["code"]) for entry in told["not_computed"]] == [(what, why.code) for what, why in found.not_computable]


def without(entries: dict[str, Any], *names: str) -> dict[str, Any]:
    """Entries but those named."""
    return {name: value for name, value in entries.items() if name not in names}


def parts(told: dict[str, Any]) -> list[float] | None:
    """The two parts in their order."""
    return None if told["parts"] is None else list(told["parts"].values())


def parts_of(head: Headline) -> list[float] | None:
    """The same as the services give them."""
    return None if head.parts is None else list(head.parts)


def assert_same(claim: dict[str, Any], line: ClaimLine) -> None:
    """What stands at the top of a claim is what the services found, and so is all below it."""
    compared = plain(line.comparison) or {}
    assert claim["verdict"] == (None if line.verdict is None else line.verdict.word)
    assert claim["sentence"] == (None if line.verdict is None else line.verdict.sentence)
    assert claim["interval"] == compared.get("interval")
    level = line.reading.aligned_level
    observed = compared.get("observed") if level is not None else compared.get("ratio")
    assert (claim["value"], claim["value_is"]) == (observed, "ratio" if level is None else "growth")
    assert claim["claimed"] == (line.reading.ratio if level is None else level)
    for name in ("words", "plain", "absent", "comparison", "outlook", "stake", "reading", "claim"):
        assert claim[name] == plain(getattr(line, name)), name


def test_the_shape_of_the_json(run: Run, deals: Path) -> None:
    told = run("scorecard", deals, "--json").json
    assert list(told) == ["edition", "currency", "covered", "request", "sources", "numbers", "claims", "not_computed"]
    assert told["covered"] == {"first": "2025-01-20", "last": "2025-06-07"}
    assert told["sources"] == [
        {"table": "deal", "label": "Deals", "rows": 6, "first": "2025-01-20", "last": "2025-05-25", "system": told["sources"][0]["system"]}
    ]
    rate = told["numbers"]["win_rate"]
    assert list(rate) == ["label", "is_change", "value", "interval", "parts", "basis", "period", "definition", "small", "absent", "note"]
    # Three won of five closed. Wilson's interval (1927) of 3 of 5 at 95 %: 0.2307 to 0.8824.
    assert (rate["value"], rate["parts"], rate["small"]) == (0.6, {"won": 3.0, "closed": 5.0}, True)
    assert {name: round(limit, 4) for name, limit in rate["interval"].items() if name in ("low", "high")} == {"low": 0.2307, "high": 0.8824}
    named = {key: tuple(number["parts"]) for key, number in told["numbers"].items() if number["parts"]}
    assert named == {key: PARTS[key] for key in named}
    claim = told["claims"][1]
    assert list(claim)[:10] == ["id", "words", "grade", "verdict", "sentence", "value", "value_is", "interval", "claimed", "absent"]
    assert (claim["id"], claim["verdict"], claim["claimed"], claim["absent"]["code"]) == ("W38", None, 1.38, "own_history")
    assert {"what", "reason", "remedy", "code"} == set(told["not_computed"][0])


@pytest.mark.parametrize(
    ("options", "value", "parts"),
    [
        ("", 3 / 5, {"won": 3.0, "closed": 5.0}),
        ("--by-value", 600 / 800, {"won_amount": 600.0, "closed_amount": 800.0}),
        ("--from 2025-02-01", 2 / 4, {"won": 2.0, "closed": 4.0}),
        # The last day is counted: D3 closed on it.
        ("--to 2025-03-15", 2 / 3, {"won": 2.0, "closed": 3.0}),
        ("--by-creation --to 2025-01-31", 1 / 2, {"won": 1.0, "closed": 2.0}),
        ("--stage Lost=no_decision --stage Negotiation=lost --by-creation", 3 / 4, {"won": 3.0, "closed": 4.0}),
        ("--stage Lost=no_decision --no-decision-in", 3 / 5, {"won": 3.0, "closed": 5.0}),
    ],
)
def test_win_rate_of_a_small_file(run: Run, deals: Path, options: str, value: float, parts: dict[str, float]) -> None:
    rate = run("scorecard", deals, "--json", *options.split()).json["numbers"]["win_rate"]
    assert (rate["value"], rate["parts"]) == (pytest.approx(value, abs=1e-12), parts)


def test_another_column_for_a_field(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    path.write_text("Deal ID,Stage,Amount,Annual value,Closed\n1,Won,100,1000,2025-01-02\n2,Lost,100,3000,2025-02-03\n", encoding="utf-8")
    amounts = [
        run("scorecard", path, "--json", "--by-value", *options).json["numbers"]["win_rate"]["parts"]
        for options in ((), ("--set", "amount=Annual value"), ("--set", "amount="))
    ]
    assert amounts[0] == {"won_amount": 100.0, "closed_amount": 200.0}
    assert amounts[1] == {"won_amount": 1000.0, "closed_amount": 4000.0}
    assert amounts[2] in (None, {"won_amount": 0.0, "closed_amount": 0.0})


def test_how_a_column_is_read(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    path.write_text("Deal ID,Stage,Amount,Closed\n1,Won,100,03/04/2025\n2,Lost,100,05/06/2025\n", encoding="utf-8")
    asked = run("scorecard", path)
    assert (asked.status, asked.out) == (2, "")
    assert '--column "Closed=day first" or --column "Closed=month first"' in asked.err
    days = {
        order: run("scorecard", path, "--json", "--column", f"Closed={order}").json["sources"][0] for order in ("day first", "month first")
    }
    assert [(days[order]["first"], days[order]["last"]) for order in days] == [("2025-04-03", "2025-06-05"), ("2025-03-04", "2025-05-06")]


def test_spans_are_told_as_they_were_asked(run: Run, play: Path) -> None:
    request = run(
        "scorecard",
        play / "deals.csv",
        "--json",
        "--before",
        "2024-05-01..2025-04-30",
        "--after",
        "2025-05-01..2026-04-30",
        "--to",
        "2026-06-30",
    ).json["request"]
    assert request["before"] == {"first": "2024-05-01", "last": "2025-04-30"}
    assert request["after"] == {"first": "2025-05-01", "last": "2026-04-30"}
    assert request["filters"] == {"first": None, "last": "2026-06-30", "where": {}}


def test_what_is_printed(run: Run, play: Path, sources: Sources) -> None:
    told = run("scorecard", *(play / name for name in FILES), "--since", "2025-05-01")
    assert (told.status, told.err) == (0, "")
    found = scorecard(sources, Request("before_after", BEFORE, AFTER))
    for head in found.headlines:
        assert f"{head.label}: " in told.out
        assert head.basis in told.out
    for line in found.lines:
        assert line.words in told.out
        assert line.verdict is None or line.verdict.sentence in told.out
        assert line.absent is None or line.absent.reason in told.out


def test_chosen_days_hold_for_every_number(run: Run, play: Path) -> None:
    files = [play / name for name in ("deals.csv", "customers.csv", "invoices.csv", "leads.csv")]
    numbers = run("scorecard", *files, "--json", "--to", "2025-12-31").json["numbers"]
    assert {key: number["period"] for key, number in numbers.items()} == {
        "win_rate": "1 Nov 2023 to 31 Dec 2025",
        "retention": "1 Jan 2025 to 31 Dec 2025",
        "growth": "1 Jan 2025 to 31 Dec 2025 against the year before",
        "lead_conversion": "1 Nov 2023 to 31 Dec 2025",
    }
    assert all(number["value"] is not None for number in numbers.values())
