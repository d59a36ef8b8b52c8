"""The catalogue of exports: strict when read, and every heading of it finds its field."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app.errors import CatalogueError
from app.ingest.column import columns_of
from app.ingest.export_formats import FOLDER, HOME_CURRENCY, SEGMENT, KnownHeading, catalogue, load_catalogue
from app.ingest.mapping import propose
from app.ingest.model import Answers
from app.tables import TABLES
from tests.ingest.files import csv_of

KIND_SAMPLES = {
    "moment": ["2024-01-02 10:00:00", "2024-02-03 11:00:00"],
    "money": ["1200.50", "99.90"],
    "count": ["3", "12"],
    "number": ["1.5", "2.5"],
    "flag": ["true", "false"],
    "id": ["0061", "0062"],
    "text": ["One", "Two"],
    "outcome": ["Won", "Lost"],
}
HEADINGS = [known for system in catalogue().systems.values() for known in system.headings if known.field != SEGMENT]


def _field(known: KnownHeading) -> str:
    return "amount" if known.field == HOME_CURRENCY else known.field


def test_all_systems_are_there() -> None:
    assert sorted(catalogue().systems) == [
        "albacross", "buzz", "callhippo", "clearbit", "dynamics365", "example_datasets", "ga4", "gong", "hubspot", "marketo", "nimble",
        "pardot", "pipedrive", "recurly", "salesforce", "search_console", "shopify", "stripe", "teams", "xero", "zoho", "zoom",
    ]  # fmt: skip


@pytest.mark.parametrize("known", HEADINGS, ids=lambda k: f"{k.system}.{k.table}.{k.field}:{k.heading}")
def test_every_heading_finds_its_field_and_unverified_ones_only_ask(known: KnownHeading) -> None:
    field = TABLES[known.table].field(_field(known))
    samples = KIND_SAMPLES[field.kind]
    columns = columns_of(csv_of([known.heading, "Note"], [samples[0], "first"], [samples[1], "second"]), catalogue())
    everything = Answers(fields={other.name: None for other in TABLES[known.table].fields if other.name != field.name})
    found = propose(known.table, columns, catalogue(), system=known.system, answers=everything)
    sure = [k for k in catalogue().known(known.table, known.heading) if _field(k) == field.name and k.evidence != "unverified"]
    if sure:
        assert found.fields[field.name].position == 0
        assert found.fields[field.name].confidence > 0.8
    else:
        assert field.name not in found.fields
        assert [question.key for question in found.questions] == [f"field:{field.name}"]


@pytest.mark.parametrize(
    "heading",
    ["Weighted amount", "Expected Revenue", "Annual Revenue", "Probability (%)", "Deal - Weighted value", "property_annualrevenue"],
)
def test_no_weighted_or_annual_figure_becomes_the_amount(heading: str) -> None:
    columns = columns_of(csv_of(["Deal ID", "Deal Stage", heading], ["1", "Won", "10.5"], ["2", "Lost", "20.5"]), catalogue())
    found = propose("deal", columns, catalogue(), system=None, answers=Answers())
    assert "amount" not in found.fields
    assert [heading in note for note in found.notes] == [True]


@pytest.mark.parametrize(
    "heading", ["Last Activity Date", "Last Modified Date", "Deal - Update time", "_fivetran_synced", "Last Stage Change Date"]
)
def test_no_last_change_becomes_the_closing_date(heading: str) -> None:
    columns = columns_of(csv_of(["Deal ID", "Deal Stage", heading], ["1", "Won", "2024-01-02"], ["2", "Lost", "2024-01-03"]), catalogue())
    assert set(propose("deal", columns, catalogue(), system=None, answers=Answers()).fields) == {"id", "stage"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[deal.id]", "[deal.identifier]", "hubspot.toml: “deal” has the unknown key “identifier”."),
        ("[deal.id]", "[deals.id]", "hubspot.toml: there is no table “deals”."),
        ('system = "hubspot"', 'system = "hub"', "hubspot.toml calls its system “hub”; it must be named as the file."),
        ('label = "HubSpot"', "", "hubspot.toml has no “label”."),
        ('"Record ID", "Deal ID"', '"Record ID", "Record ID"', "hubspot.toml: “deal.id” names the heading “Record ID” twice."),
        ('"Record ID", "Deal ID"', '"Record ID", 7', "hubspot.toml: “deal.id.export” must be a list of texts."),
    ],
)
def test_a_wrong_file_is_refused_by_name_and_key(tmp_path: Path, old: str, new: str, message: str) -> None:
    folder = tmp_path / "crm_exports"
    shutil.copytree(FOLDER, folder)
    path = folder / "hubspot.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CatalogueError) as caught:
        load_catalogue(folder)
    assert str(caught.value) == message


def test_a_stage_word_cannot_be_settled_and_asked(tmp_path: Path) -> None:
    folder = tmp_path / "crm_exports"
    shutil.copytree(FOLDER, folder)
    path = folder / "common.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('ask = [\n  "Closed",', 'ask = [\n  "Won", "Closed",', 1), encoding="utf-8")
    with pytest.raises(CatalogueError, match="“won” is both settled and to be asked"):
        load_catalogue(folder)
