"""What people answered is turned into numbers in one room, and shown from one object.

Pages, charts, the report and the command line see a round as `app.survey.published.Published`. Only the rooms listed here handle what
single people answered: the survey itself, the services that take, keep and hand over answers, and the import of answers.
"""

from __future__ import annotations

from tests.boundaries.sources import imported_modules, python_files

CODE = python_files("app", "pages", "streamlit_app.py")

HANDS_ANSWERS_OVER = (
    "app/survey/",
    "app/services/rounds/",
    "app/services/alignment.py",
    "app/services/survey_file.py",
    "app/services/play_survey.py",
    "app/ui/respondent/",
)
"""Everybody else has no business with a `Response`."""

COMPUTES = {
    "app.survey.scoring",
    "app.statistics.agreement",
    "app.statistics.gap",
    "app.survey.disclosure",
    "app.survey.between_rounds",
}
"""What makes numbers of answers; `app.services` may start it and gets a `Published`."""

MAY_COMPUTE = {
    "app/survey/scoring.py": {"app.statistics.agreement"},
    "app/survey/disclosure.py": COMPUTES,
    # Weights are checked there; no answer comes near it.
    "app/services/survey_weights.py": {"app.survey.scoring"},
    "app/services/alignment.py": {"app.survey.disclosure", "app.survey.between_rounds"},
    "app/services/survey_file.py": {"app.survey.disclosure"},
}


def test_answers_of_people_are_handled_by_few() -> None:
    found = [
        name
        for name, tree in CODE.items()
        if not name.startswith(HANDS_ANSWERS_OVER)
        and {"app.survey.model.Response", "app.services.rounds.closed.closed_responses", "app.services.rounds.closed.closed_comments"}
        & imported_modules(tree)
    ]
    assert found == []


def test_numbers_are_made_of_answers_in_one_place() -> None:
    found = {
        name: sorted(wrong) for name, tree in CODE.items() if (wrong := (imported_modules(tree) & COMPUTES) - MAY_COMPUTE.get(name, set()))
    }
    assert found == {}


def test_the_pages_have_no_other_door_to_results() -> None:
    stored = "app.storage.queries.survey_answers"
    found = [name for name, tree in CODE.items() if stored in imported_modules(tree) and not name.startswith("app/services/rounds/")]
    assert found == []
