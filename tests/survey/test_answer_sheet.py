"""Answers from forms of other systems: columns by their words, sides, answers, and what is refused."""

from __future__ import annotations

import pytest

from app.errors import AnswerNeeded, ColumnError, FileRefused
from app.survey.answer_sheet import AnswerSheet, SheetAnswers, read_sheet
from app.survey.model import Response
from app.survey.questionnaire import newest
from tests.survey.people import ROLES

EN, DE = (ROLES.wordings[code] for code in ("en", "de"))
OWNER, HANDOVER, NOBODY = (EN.items[item.id] for item in ROLES.items)


def read(headings: list[str], *rows: list[str], given: SheetAnswers | None = None) -> AnswerSheet:
    return read_sheet(headings, rows, questionnaire=ROLES, given=given or SheetAnswers(), file="answers.csv")


def test_a_google_form() -> None:
    found = read(
        ["Timestamp", "Email Address", "Which team are you in?", f"{OWNER} ", HANDOVER, f"How true is this? [{NOBODY}]", "Anything else?"],
        ["2026/10/01 9:12:01", "anna@example.com", "Sales", "Mostly true", "I don't know", "Not true at all", "More talks"],
        ["2026/10/01 9:13:44", "ben@example.com", "Marketing", "completely  TRUE", "", "Partly true", ""],
        ["2026/10/01 9:14:02", "carl@example.com", "Sales", "", "", "", ""],
    )
    assert found == AnswerSheet(
        responses=(
            Response("sales", {"roles_owner": 4, "roles_handover": None, "roles_nobody": 1}),
            Response("marketing", {"roles_owner": 5, "roles_nobody": 3}),
        ),
        columns=((f"{OWNER} ", "roles_owner"), (HANDOVER, "roles_handover"), (f"How true is this? [{NOBODY}]", "roles_nobody")),
        side_column="Which team are you in?",
        ignored=("Timestamp", "Email Address", "Anything else?"),
        missing=(),
        empty=1,
    )


def test_a_german_microsoft_form_with_numbers() -> None:
    found = read(
        ["ID", "Startzeit", "Abteilung", *(DE.items[item.id] for item in ROLES.items[:2])],
        ["1", "45931.4", "Vertrieb Süd", "4", "2.0"],
        ["2", "45931.5", "Marketing", f"5 - {DE.labels[4]}", DE.unknown],
    )
    assert found.responses == (
        Response("sales", {"roles_owner": 4, "roles_handover": 2}),
        Response("marketing", {"roles_owner": 5, "roles_handover": None}),
    )
    assert found.missing == ("roles_nobody",)
    assert found.dimensions(ROLES) == ("roles",)


def test_a_limesurvey_export_by_code_and_text() -> None:
    found = read(["id", "side", "roles_owner", f"G1Q2. {HANDOVER}"], ["1", "sales", "3", "1"])
    assert [id for _, id in found.columns] == ["roles_owner", "roles_handover"]


@pytest.mark.parametrize("language", newest().languages)
def test_every_language_is_understood(language: str) -> None:
    whole = newest()
    words = whole.wording(language)
    headings = ["Team", *words.items.values()]
    row = ["marketing", *(words.labels[n % 5] for n in range(len(words.items) - 1)), words.unknown]
    found = read_sheet(headings, [row], questionnaire=whole, given=SheetAnswers(), file="f.csv")
    expected = {id: n % 5 + 1 for n, id in enumerate(words.items)} | {list(words.items)[-1]: None}
    assert found.responses == (Response("marketing", expected),)


def test_the_side_is_asked_for_where_it_is_not_clear() -> None:
    with pytest.raises(
        AnswerNeeded, match=r"No column clearly says whether a person is in sales or in marketing\. Name the column: Unit\."
    ):
        read(["Unit", OWNER], ["North", "3"])
    with pytest.raises(AnswerNeeded, match=r"More than one column could say .* Name the column: Team, Works with\."):
        read(["Team", "Works with", OWNER], ["Sales", "Marketing", "3"])
    with pytest.raises(AnswerNeeded, match="column “Unit”, row 2: “North” does not say sales or marketing"):
        read(["Unit", OWNER], ["North", "3"], given=SheetAnswers("Unit"))
    given = SheetAnswers("Unit", {"North": "sales"})
    assert read(["Unit", OWNER], ["North", "3"], given=given).responses == (Response("sales", {"roles_owner": 3}),)
    with pytest.raises(AnswerNeeded, match="“Sales and marketing” does not say"):
        read(["Team", OWNER], ["Sales and marketing", "3"], given=SheetAnswers("Team"))
    with pytest.raises(ColumnError, match="column “Dept”: There is no such column"):
        read(["Team", OWNER], ["Sales", "3"], given=SheetAnswers("Dept"))


@pytest.mark.parametrize("answer", ["6", "0", "2.5", "true", "1 - Mostly true", "12"])
def test_an_answer_off_the_scale_is_refused_with_its_place(answer: str) -> None:
    with pytest.raises(ColumnError, match=f"answers.csv, column “{OWNER}”, row 3: "):
        read(["Team", OWNER], ["Sales", "3"], ["Sales", answer])


def test_a_file_without_statements_is_refused() -> None:
    with pytest.raises(FileRefused, match="No column has a statement of the survey as its heading"):
        read(["Deal", "Amount"], ["1", "2"])
    with pytest.raises(ColumnError, match="Two columns hold the same statement"):
        read(["Team", OWNER, f"{OWNER} (2)"], ["Sales", "3", "4"])
