"""The questionnaire of the project is whole in every language, and a wrong file is refused with its place."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from app.errors import CatalogueError
from app.survey.comparable import Comparability, dimension_comparability, total_comparability
from app.survey.model import BANDS
from app.survey.questionnaire import FOLDER, Item, load, newest, versions

DIMENSIONS = (
    "roles",
    "communication",
    "strategy",
    "accountability",
    "budget",
    "technology",
    "service_level_agreement",
    "customer_insight",
)


def copy(folder: Path, version: str = "2026-11") -> Path:
    """The files of a version in a folder of their own."""
    for path in FOLDER.glob("2026-11*.toml"):
        text = path.read_text(encoding="utf-8").replace('version = "2026-11"', f'version = "{version}"')
        (folder / path.name.replace("2026-11", version)).write_text(text, encoding="utf-8")
    return folder


def change(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text(encoding="utf-8")
    assert text.count(old) == 1, f"“{old}” stands {text.count(old)} times in {name}"
    (folder / name).write_text(text.replace(old, new), encoding="utf-8")


def test_the_newest_version() -> None:
    questionnaire = newest()
    assert versions() == ("2026-11",)
    assert questionnaire.version == "2026-11"
    assert tuple(dimension.id for dimension in questionnaire.dimensions) == DIMENSIONS
    assert len(questionnaire.items) == 25
    assert (questionnaire.scale.id, questionnaire.scale.points) == ("true-of-us-5", 5)
    assert questionnaire.languages == ("en", "de", "es", "fr")
    for dimension in questionnaire.dimensions:
        items = questionnaire.items_of(dimension.id)
        assert len(items) in (3, 4)
        assert 1 <= sum(item.reverse for item in items) < len(items)
        assert dimension.practices
    assert {item.measure for item in questionnaire.items if item.measure} == {
        "leads_never_contacted",
        "lead_conversion",
        "first_response_time",
    }


@pytest.mark.parametrize("language", ["en", "de", "es", "fr"])
def test_every_language_says_everything(language: str) -> None:
    questionnaire, english = newest(), newest().wording("en")
    wording = questionnaire.wording(language)
    assert list(wording.items) == [item.id for item in questionnaire.items]
    assert list(wording.dimensions) == list(DIMENSIONS)
    assert list(wording.page) == list(english.page)
    assert len(set(wording.labels)) == 5
    assert all(tuple(level.band for level in dimension.levels) == BANDS for dimension in wording.dimensions.values())
    texts = [*wording.items.values(), *wording.page.values(), *wording.labels, wording.unknown]
    # A statement fits on a phone in a few lines, and nothing is shouted.
    assert max(map(len, wording.items.values())) <= 125
    assert not [text for text in texts if "!" in text or "  " in text]
    if language != "en":
        same = {key for key in english.page if english.page[key] == wording.page[key]}
        assert same <= {"side_sales", "side_marketing"}
        assert not set(wording.items.values()) & set(english.items.values())


def test_languages_are_found_by_what_a_browser_sends() -> None:
    questionnaire = newest()
    assert questionnaire.closest_language(["de-AT", "en"]) == "de"
    assert questionnaire.closest_language(["nl", "fr_CA"]) == "fr"
    assert questionnaire.closest_language(["nl"]) == "en"
    assert questionnaire.closest_language([]) == "en"
    with pytest.raises(CatalogueError, match=r"not there in the language “nl”\. Choose one of en"):
        questionnaire.wording("nl")


def test_a_pulse_round_asks_a_part() -> None:
    part = newest().only(["budget", "roles"])
    assert [dimension.id for dimension in part.dimensions] == ["roles", "budget"]
    assert {item.dimension for item in part.items} == {"roles", "budget"}
    assert part.equal_weights() == {"roles": 1.0, "budget": 1.0}
    assert part.item("roles_nobody") == Item("roles_nobody", "roles", True, "leads_never_contacted")
    with pytest.raises(CatalogueError, match="no item “technology_history”"):
        part.item("technology_history")
    with pytest.raises(CatalogueError, match="at least one dimension"):
        newest().only([])
    with pytest.raises(CatalogueError, match="no dimension “money”"):
        newest().only(["money"])


def test_an_unknown_version_is_never_replaced(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=re.escape("There is no version “2020-01” of the survey. Known versions: 2026-11.")):
        load("2020-01")
    with pytest.raises(CatalogueError, match=r"There is no version “\.\./secrets”"):
        load("../secrets")
    with pytest.raises(CatalogueError, match="There is no survey"):
        newest(folder=tmp_path)


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("", 'version = "2026-11"', 'version = "2026-12"', "field “version”: it must be named as the file"),
        ("", "points = 5", "points = 7", "field “scale.points”: it must be 5."),
        ("", "points = 5", 'points = "5"', "field “scale.points”: it must be a whole number."),
        ("", 'measure = "lead_conversion"', 'measure = "lead_magic"', "“lead_magic” is not one of first_response_time"),
        ("", "[items.budget_move]\n", "[items.budget_move]\nrevers = true\n", "field “items.budget_move.revers”: the key is unknown."),
        ("", "[items.budget_move]\n", "[items.budget_unasked]\n", "cannot be read"),
        (
            "",
            '[items.budget_move]\ndimension = "budget"',
            '[items.budget_move]\ndimension = "money"',
            "field “items.budget_move.dimension”: there is no dimension “money”.",
        ),
        (
            "",
            '[items.budget_unasked]\ndimension = "budget"\nreverse = true',
            '[items.budget_unasked]\ndimension = "budget"',
            "no reverse-keyed",
        ),
        ("de", "[items]\n", "[items]\nroles_extra = 'Etwas.'\n", "2026-11.de.toml, field “items.roles_extra”: the key is unknown."),
        ("fr", 'unknown = "', 'unbekannt = "', "2026-11.fr.toml, field “scale.unknown”: it is missing."),
        ("es", 'language = "es"', 'language = "pt"', "2026-11.es.toml, field “language”: it must be named as the file, “es”."),
        ("en", 'finish = "Send"', 'finish = " "', "2026-11.en.toml, field “page.finish”: it is empty."),
        (
            "de",
            "ab {minimum} Personen gezeigt. Kleinere",
            "ab fünf Personen gezeigt. Kleinere",
            "field “page.promise_group”: it must have the same places to fill in as 2026-11.en.toml: {minimum}.",
        ),
        ("en", '"Mostly true", "Completely true"', '"Mostly true"', "field “scale.labels”: it must describe 5 answers, not 4."),
        ("en", '"Mostly true", "Completely true"', '"Mostly true", "Mostly true"', "“Mostly true” stands there twice."),
        ("en", 'unknown = "I don\'t know"', 'unknown = "Mostly true"', "“Mostly true” stands there twice."),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(tmp_path: Path, file: str, old: str, new: str, message: str) -> None:
    folder = copy(tmp_path)
    change(folder, f"2026-11.{file}.toml" if file else "2026-11.toml", old, new)
    with pytest.raises(CatalogueError, match=re.escape(message)):
        load("2026-11", folder=folder)


def test_two_statements_of_the_same_words_are_refused(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    words = newest().wording("en").items
    change(folder, "2026-11.en.toml", words["budget_move"], words["budget_together"])
    with pytest.raises(CatalogueError, match="field “items”: “Sales and marketing plan together"):
        load("2026-11", folder=folder)


def test_a_language_is_one_file(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    shutil.copy(folder / "2026-11.en.toml", folder / "2026-11.nl.toml")
    change(folder, "2026-11.nl.toml", 'language = "en"', 'language = "nl"')
    assert load("2026-11", folder=folder).languages == ("en", "de", "es", "fr", "nl")
    other = tmp_path / "without"
    other.mkdir()
    copy(other)
    (other / "2026-11.en.toml").unlink()
    with pytest.raises(CatalogueError, match=re.escape("2026-11.en.toml is missing.")):
        load("2026-11", folder=other)


def test_the_same_wording_can_be_compared(tmp_path: Path) -> None:
    before = newest()
    after = load("2027-05", folder=copy(tmp_path, "2027-05"))
    assert all(dimension_comparability(before, after, id) == Comparability() for id in DIMENSIONS)
    assert total_comparability(before, after).comparable


def test_a_new_language_is_no_break(tmp_path: Path) -> None:
    folder = copy(tmp_path, "2027-05")
    (folder / "2027-05.fr.toml").unlink()
    assert total_comparability(newest(), load("2027-05", folder=folder)).comparable


def test_changed_words_break_their_dimension_alone(tmp_path: Path) -> None:
    folder = copy(tmp_path, "2027-05")
    change(folder, "2027-05.de.toml", newest().wording("de").items["budget_move"], "Geld wandert unter dem Jahr.")
    after = load("2027-05", folder=folder)
    assert dimension_comparability(newest(), after, "budget").breaks == ("1 statement was worded differently.",)
    assert dimension_comparability(newest(), after, "roles").comparable
    assert total_comparability(newest(), after).breaks == ("1 statement was worded differently.",)


def test_what_else_breaks_a_trend(tmp_path: Path) -> None:
    folder = copy(tmp_path, "2027-05")
    change(folder, "2027-05.toml", 'id = "true-of-us-5"', 'id = "agree-5"')
    change(folder, "2027-05.en.toml", '"Partly true"', '"Half true"')
    change(folder, "2027-05.toml", '[items.budget_move]\ndimension = "budget"', '[items.budget_move]\ndimension = "roles"')
    after = load("2027-05", folder=folder)
    assert dimension_comparability(newest(), after, "budget").breaks == (
        "The scale of the answers changed.",
        "The described answers changed.",
        "Statements were added or left out.",
    )
    part = newest().only(["roles"])
    assert dimension_comparability(newest(), part, "budget").breaks == ("One of the rounds did not ask about it.",)
    assert total_comparability(newest(), part).breaks == ("The rounds asked about different dimensions.",)


def test_other_weights_break_the_total() -> None:
    doubled = dict.fromkeys(DIMENSIONS, 2.0)
    assert total_comparability(newest(), newest(), second_weights=doubled).comparable
    other = {**doubled, "roles": 4.0}
    assert total_comparability(newest(), newest(), second_weights=other).breaks == ("The weights of the dimensions changed.",)
