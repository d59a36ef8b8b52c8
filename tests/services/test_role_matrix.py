"""Which role may do what: found by trying every use case, complete, and published as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.role_matrix import NAMES_NOTHING, PAGE, Answer, Who, found, make_world, page, tried

Answers = dict[str, dict[Who, Answer]]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory, upgraded_sqlite: Path) -> Answers:
    """What each of the four may do of each use case."""
    folder = tmp_path_factory.mktemp("roles")
    return tried(make_world(folder, upgraded_sqlite), folder)


def test_every_use_case_in_the_code_is_tried(answers: Answers) -> None:
    assert set(answers) == set(found())


def test_an_owner_may_do_everything_and_a_manager_what_a_viewer_may(answers: Answers) -> None:
    assert {name: one["owner"] for name, one in answers.items() if one["owner"] != "yes"} == {}
    assert [name for name, one in answers.items() if one["viewer"] == "yes" != one["manager"]] == []


def test_to_another_organization_nothing_of_this_one_is_there(answers: Answers) -> None:
    seen = {name: one["another organization"] for name, one in answers.items()}
    assert {name for name, answer in seen.items() if answer != "not there"} == NAMES_NOTHING
    assert {seen[name] for name in NAMES_NOTHING} == {"own"}


def test_a_viewer_changes_nothing_but_what_is_their_own(answers: Answers) -> None:
    reads = {
        "alignment.results",
        "audit.record_export",
        "datasets.history",
        "datasets.read_receipt",
        "deletion.deleted",
        "mappings.saved_mappings",
        "members.list_members",
        "members.organization_name",
        "next_steps.next_steps",
        "own_claims.list_own_claims",
        "own_claims.own_claims",
        "planned_actions.list_actions",
        "report.gather.data_hash",
        "report.gather.gather",
        "report.kept.fresh",
        "report.kept.list_reports",
        "report.kept.read_report",
        "report.kept.report_numbers",
        "report.kept.report_pdf",
        "report.survey.survey_words",
        "retention.read_retention",
        "rounds.closed.closed_comments",
        "rounds.closed.closed_responses",
        "rounds.closed.closed_rounds",
        "rounds.manage.list_rounds",
        "rounds.manage.progress",
        "rounds.manage.read_round",
        "rounds.manage.shared_path",
        "snapshots.arrival",
        "snapshots.snapshot_key",
        "snapshots.snapshots",
        "survey_weights.read_weights",
        "teams.example_team",
        "teams.list_teams",
        "teams.read_team",
        "teams.shown",
        "teams.shown_team",
        "teams_beside.teams_beside",
    }
    own = {"members.leave", "teams.choose_team"}
    assert {name for name, one in answers.items() if one["viewer"] == "yes"} == reads | own


def test_only_owners_decide_about_people_teams_and_the_organization(answers: Answers) -> None:
    assert {name for name, one in answers.items() if one["manager"] == "no"} == {
        "actor.add_member",
        "audit.trail",
        "audit.trail_csv",
        "everything.delete_everything",
        "everything.export_everything",
        "deletion.delete_team",
        "members.hand_over",
        "members.invite",
        "members.list_invitations",
        "members.remove_member",
        "members.rename_organization",
        "members.revoke_invitation",
        "members.set_role",
        "members.sign_out_member",
        "retention.set_retention",
    }


def test_the_published_page_says_so(answers: Answers) -> None:
    assert PAGE.read_text(encoding="utf-8") == page(answers), "write it again: python -m tests.role_matrix"
