"""Reports are kept with what they rest on, handed out only to their organization, shared by links that end, and laid side by side."""

from __future__ import annotations

import io
import platform
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pypdf
import pytest
from sqlalchemy import Engine

from app.clock import now
from app.errors import AccessDenied, AppError, NotFound
from app.ingest.limits import Limits
from app.metrics.engine import Engine as Counting
from app.services.actor import Actor
from app.services.commits import commit_upload
from app.services.deletion import delete_table
from app.services.holders import HOLDER
from app.services.report import kept, sharing
from app.services.report.beside import apart, movements, rests_on
from app.services.report.gather import data_hash
from app.services.report.material import Choice
from app.services.report.survey import survey_words
from app.services.scorecard.request import Request
from app.services.scorecard.sources import Sources
from app.services.uploads import start_upload
from app.storage.tables import KeptReport
from app.ui.components.deleting import deletion_words
from tests.owners import everything

DEALS = "Deal ID,Account,Stage,Amount,Created Date,Close Date\n" + "\n".join(
    f"D{n},A{n},{'Closed Won' if n % 3 else 'Closed Lost'},100,2025-{n % 9 + 1:02}-01,2025-{n % 9 + 1:02}-20" for n in range(90)
)
CHOICE = Choice(parts=("receipts",))


@pytest.fixture
def maker(tmp_path: Path) -> kept.Maker:
    return kept.Maker(Counting(tmp_path / "cache"), tmp_path / "cache", "code")


@pytest.fixture
def loaded(engine: Engine, owner: Actor, team_id: str) -> str:
    upload = start_upload(owner, engine=engine, team_id=team_id, data=DEALS.encode(), name="deals.csv", limits=Limits())
    commit_upload(owner, engine=engine, upload_id=upload.id, limits=Limits())
    return team_id


def made(owner: Actor, engine: Engine, team_id: str, maker: kept.Maker) -> kept.ReportView:
    return kept.make(owner, engine=engine, team_id=team_id, request=Request(), choice=CHOICE, maker=maker)


def test_a_report_is_made_kept_shared_and_removed(
    engine: Engine, owner: Actor, stranger: Actor, loaded: str, maker: kept.Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = made(owner, engine, loaded, maker), made(owner, engine, loaded, maker)
    assert (first.state, first.error, first.edition) == ("done", None, "2026-11")
    content = kept.report_pdf(owner, engine=engine, report_id=first.id).content
    assert content == kept.report_pdf(owner, engine=engine, report_id=second.id).content
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)
    assert "90 read = 90 used + 0 set aside" in text
    assert "66.7" in text
    assert [view.id for view in kept.list_reports(owner, engine=engine, team_id=loaded)] == [second.id, first.id]

    for refused in (
        lambda: kept.report_pdf(stranger, engine=engine, report_id=first.id),
        lambda: kept.report_numbers(stranger, engine=engine, report_id=first.id),
        lambda: kept.list_reports(stranger, engine=engine, team_id=loaded),
        lambda: kept.remove(stranger, engine=engine, report_id=first.id),
        lambda: sharing.share(stranger, engine=engine, report_id=first.id),
        lambda: sharing.list_links(stranger, engine=engine, report_id=first.id),
        lambda: kept.read_report(stranger, engine=engine, report_id=first.id),
        lambda: kept.fresh(stranger, engine=engine, team_id=loaded, request=Request(), choice=CHOICE, maker=maker),
        lambda: kept.start(stranger, engine=engine, team_id=loaded, request=Request(), choice=CHOICE, maker=maker),
        lambda: data_hash(stranger, engine=engine, team_id=loaded),
        lambda: survey_words(stranger, engine=engine, team_id=loaded, sources=Sources()),
        lambda: sharing.revoke(stranger, engine=engine, link_id=first.id),
        lambda: kept.make(stranger, engine=engine, team_id=loaded, request=Request(), choice=CHOICE, maker=maker),
    ):
        with pytest.raises(NotFound):
            refused()
    with pytest.raises(AccessDenied):
        sharing.share(replace(owner, role="viewer"), engine=engine, report_id=first.id)

    link, token = sharing.share(owner, engine=engine, report_id=first.id, days=2)
    other, second_token = sharing.share(owner, engine=engine, report_id=first.id)
    shared = sharing.shared_report(engine=engine, token=token)
    assert shared is not None
    assert shared.content == content
    assert sharing.shared_report(engine=engine, token=token + "x") is None
    sharing.revoke(owner, engine=engine, link_id=other.id)
    sharing.revoke(owner, engine=engine, link_id=other.id)
    assert sharing.shared_report(engine=engine, token=second_token) is None
    later = now() + timedelta(days=3)
    monkeypatch.setattr(sharing, "now", lambda: later)
    assert sharing.shared_report(engine=engine, token=token) is None
    assert [view.live for view in sharing.list_links(owner, engine=engine, report_id=link.report_id)] == [False, False]
    with pytest.raises(AppError, match="1 to 365 days"):
        sharing.share(owner, engine=engine, report_id=first.id, days=366)

    kept.remove(owner, engine=engine, report_id=first.id)
    with pytest.raises(NotFound):
        kept.report_pdf(owner, engine=engine, report_id=first.id)
    assert kept.report_pdf(owner, engine=engine, report_id=second.id).content == content


def test_a_failure_is_a_sentence_and_an_interruption_is_seen(
    engine: Engine, owner: Actor, loaded: str, maker: kept.Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "pdf", lambda _: 1 / 0)
    failed = made(owner, engine, loaded, maker)
    assert failed.state == "failed"
    assert failed.error is not None
    assert "reference" in failed.error
    assert "Zero" not in failed.error

    monkeypatch.setattr(kept, "_work", lambda *_: None)
    left = kept.start(owner, engine=engine, team_id=loaded, request=Request(), choice=CHOICE, maker=maker)
    again = kept.start(owner, engine=engine, team_id=loaded, request=Request(), choice=CHOICE, maker=maker)
    assert again.id == left.id
    # It may wait for its turn for as long as it takes.
    _left_behind(engine, left.id, holder=HOLDER, silent=2 * kept.LEASE)
    assert kept.read_report(owner, engine=engine, report_id=left.id).state == "running"


@pytest.mark.parametrize(
    ("holder", "silent"),
    [(f"{platform.node()}/999999999/x", timedelta(0)), ("elsewhere/7/x", 2 * kept.LEASE), ("", timedelta(0))],
    ids=["killed", "silent", "told to end"],
)
def test_an_interruption_is_seen_at_once_and_the_report_can_be_made_again(
    engine: Engine, owner: Actor, loaded: str, maker: kept.Maker, monkeypatch: pytest.MonkeyPatch, holder: str, silent: timedelta
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(kept, "_work", lambda *_: None)
        left = kept.start(owner, engine=engine, team_id=loaded, request=Request(), choice=CHOICE, maker=maker)
    if holder:
        _left_behind(engine, left.id, holder=holder, silent=silent)
    else:
        kept.leave(engine)
    interrupted = kept.read_report(owner, engine=engine, report_id=left.id)
    assert (interrupted.state, interrupted.error) == ("failed", "The making was interrupted. Make the report again.")
    again = made(owner, engine, loaded, maker)
    assert again.id != left.id
    assert again.state == "done"


def _left_behind(engine: Engine, report_id: str, *, holder: str, silent: timedelta) -> None:
    """A running report as its maker leaves it."""
    with everything(engine) as session:
        row = session.get_one(KeptReport, report_id)
        row.holder, row.beat_at = holder, now() - silent
        session.add(row)


def number(value: float, parts: dict[str, float], *, is_change: bool = False) -> dict[str, object]:
    return {"value": value, "parts": parts, "is_change": is_change, "interval": {"low": value - 0.05, "high": value + 0.05}}


def test_what_moved_is_told_from_noise() -> None:
    before = {"numbers": {"win_rate": number(0.5, {"won": 500, "closed": 1000}), "growth": number(0.1, {}, is_change=True)}}
    after = {"numbers": {"win_rate": number(0.6, {"won": 600, "closed": 1000}), "growth": number(0.12, {}, is_change=True)}}
    rate, growth = movements(before, after)
    assert (rate.moved, rate.earlier, rate.later, rate.difference) == ("up", "50.0\u00a0%", "60.0\u00a0%", "+10.0\u00a0points")
    assert growth.moved == "noise"
    few = {"numbers": {"win_rate": number(0.6, {"won": 6, "closed": 10})}}
    assert [one.moved for one in movements(before, few)] == ["noise"]


def scorecard(system: str | None, currency: str, headings: list[str], *, last: str = "2026-06-28") -> dict[str, Any]:
    """A document with a win rate over deals of one export."""
    source = {"table": "deal", "label": "Deals", "rows": 900, "first": "2024-08-02", "last": last, "system": system}
    numbers = {"win_rate": number(0.5, {"won": 500, "closed": 1000})}
    return {"currency": currency, "sources": [source], "columns": {"deal": headings}, "numbers": numbers}


PIPEDRIVE = scorecard("pipedrive", "USD", ["Deal - ID", "Deal - Status", "Deal - Value"])
OWN = scorecard(None, "USD", ["Vorgangsnr.", "Phase", "Betrag"])


@pytest.mark.parametrize(
    ("earlier", "later", "why"),
    [
        (PIPEDRIVE, scorecard(None, "EUR", ["Auftragsnr.", "Kunde"]), "the earlier one are in USD, those of the later one in EUR"),
        (PIPEDRIVE, OWN, "the deals come from two different exports"),
        (OWN, scorecard(None, "USD", ["Auftragsnr.", "Kunde"]), "the deals come from two different exports"),
        (PIPEDRIVE, {**PIPEDRIVE, "sources": [{**PIPEDRIVE["sources"][0], "table": "lead"}]}, "no table is in both"),
        (PIPEDRIVE, scorecard("pipedrive", "USD", ["Deal - ID", "Deal - Status", "Deal - Value", "New"], last="2026-07-30"), ""),
        (OWN, {name: value for name, value in OWN.items() if name != "columns"}, ""),
    ],
)
def test_reports_of_data_that_do_not_belong_together_get_no_verdict(earlier: dict[str, Any], later: dict[str, Any], why: str) -> None:
    said = apart(earlier, later)
    assert (why in said) if why else said == ""
    (rate,) = movements(earlier, later)
    assert (rate.moved == "apart", rate.sentence == "", rate.difference == "") == (bool(why),) * 3


def test_deleting_the_data_removes_the_reports_made_of_them_when_asked(
    engine: Engine, owner: Actor, loaded: str, maker: kept.Maker, tmp_path: Path
) -> None:
    made_of = kept.report_numbers(owner, engine=engine, report_id=made(owner, engine, loaded, maker).id)
    assert rests_on(made_of) == "Deals, 90 rows, 2025-01-20 to 2025-09-20"
    assert made_of["columns"] == {"deal": ["Account", "Amount", "Close Date", "Created Date", "Deal ID", "Stage"]}
    gone = delete_table(owner, engine=engine, team_id=loaded, table="deal", cache_dir=tmp_path)
    assert (gone.reports_removed, gone.reports_left) == (0, 1)
    assert deletion_words(gone).endswith(" 1 report made of these data stays on the page “Report”.")
    upload = start_upload(owner, engine=engine, team_id=loaded, data=DEALS.encode(), name="deals.csv", limits=Limits())
    commit_upload(owner, engine=engine, upload_id=upload.id, limits=Limits())
    gone = delete_table(owner, engine=engine, team_id=loaded, table="deal", cache_dir=tmp_path, with_reports=True)
    assert (gone.reports_removed, gone.reports_left) == (1, 0)
    assert deletion_words(gone).endswith(" 1 report made of these data removed as well.")
    assert kept.list_reports(owner, engine=engine, team_id=loaded) == ()
