"""What to start with after the latest round, and what became of what was taken up after earlier ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine

from app.services.actor import Actor
from app.services.planned_actions import PlannedActionView, list_actions
from app.services.rounds.model import RoundView
from app.services.rounds.views import asked
from app.statistics.intervals import Absent
from app.survey.advice import Advice, advise
from app.survey.practices import Practice, practices
from app.survey.published import Published
from app.survey.review import Review, review

NO_ROUND = Absent(
    "No round of the survey is closed yet.",
    "Let both teams answer and close the round; the first steps follow from what it shows.",
    "no_round",
)


@dataclass(frozen=True)
class ActionLine:
    """An action with its practice (None when that is no longer offered) and, where two rounds can be compared, what changed since."""

    action: PlannedActionView
    practice: Practice | None
    review: Review | None = None


@dataclass(frozen=True)
class NextSteps:
    """What the page shows.

    Parameters
    ----------
    round
        The latest closed round, None before the first.
    advice
        What to start with after it, or why there is nothing.
    taken
        By practice, the action it has become since that round.
    to_review
        Open actions from before that round: the first thing to look at.
    under_way
        Open actions since.
    finished
        What is done or dropped, the latest first.
    """

    round: RoundView | None
    advice: Advice | Absent
    taken: Mapping[str, PlannedActionView]
    to_review: tuple[ActionLine, ...]
    under_way: tuple[ActionLine, ...]
    finished: tuple[ActionLine, ...]


def next_steps(
    actor: Actor,
    *,
    engine: Engine,
    team_id: str,
    results: Sequence[tuple[RoundView, Published]],
    weights: Mapping[str, float] | None = None,
) -> NextSteps:
    """Put together the advice after the latest round and the team's actions.

    Parameters
    ----------
    results
        The closed rounds of the team with what each publishes, the oldest first.
    weights
        Of the dimensions; equal when not given.
    """
    known = practices()
    by_id = {practice.id: practice for practice in known}
    actions = list_actions(actor, engine=engine, team_id=team_id)
    latest, found = results[-1] if results else (None, None)
    since = {action.id for action in actions if latest is not None and action.round_id == latest.id}
    earlier = [action for action in actions if action.id not in since]
    if latest is None or found is None:
        advice: Advice | Absent = NO_ROUND
    else:
        advice = advise(found, asked(latest), known, weights=weights, leave_out={action.practice for action in earlier})
    settled = sorted((action for action in actions if action.state != "open"), key=lambda action: str(action.settled_on), reverse=True)
    return NextSteps(
        round=latest,
        advice=advice,
        taken={action.practice: action for action in actions if action.id in since},
        to_review=tuple(_line(action, by_id, results) for action in earlier if action.state == "open"),
        under_way=tuple(
            ActionLine(action, by_id.get(action.practice)) for action in actions if action.id in since and action.state == "open"
        ),
        finished=tuple(_line(action, by_id, results) for action in settled),
    )


def _line(action: PlannedActionView, by_id: Mapping[str, Practice], results: Sequence[tuple[RoundView, Published]]) -> ActionLine:
    before = next((published for shown, published in results if shown.id == action.round_id), None)
    compared = None
    if before is not None and results[-1][0].id != action.round_id:
        latest, after = results[-1]
        compared = review(action.practice, then=before, now=after, questionnaire=asked(latest))
    return ActionLine(action, by_id.get(action.practice), compared)
