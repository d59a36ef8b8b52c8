"""Answers: each person sends one whole survey and tries again until it is acknowledged, as the respondents' page does.

Then the round is closed: every acknowledged set of answers must be there exactly once, and none that was never sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random

from sqlalchemy import Engine

from app.services.actor import found_organization
from app.services.rounds import closed
from app.services.rounds.secret import server_secret
from app.services.teams import list_teams
from app.survey.model import Answer
from tests import survey_rounds
from tests.kill_writes.play import SETTING, Client, Found, Kind

PEOPLE_AT_ONCE = 16


class Answers(Kind):
    """Everybody at once, through the process that serves the survey alone."""

    name = "answer"
    application = "app.ui.respondent.server:app"
    lanes = PEOPLE_AT_ONCE

    def prepare(self) -> Sequence[Sequence[str]]:
        """The personal links of an open round."""
        self.secret = server_secret(SETTING, data_dir=self.data)
        self.actor = found_organization(self.engine, name="Killed", iss="https://id", sub="anna", display_name="Anna")
        team_id = list_teams(self.actor, engine=self.engine)[0].id
        people = survey_rounds.team_of(self.writes, 0)
        self.round_id = survey_rounds.opened_round(self.actor, self.engine, team_id, people=people, secret=self.secret).id
        tokens = list(survey_rounds.personal_tokens(self.actor, self.engine, self.round_id, secret=self.secret).values())
        self.sent: dict[str, dict[str, Answer]] = {token: survey_rounds.random_answers(Random(self.random.random())) for token in tokens}
        self.acknowledged: set[str] = set()
        return [tokens[lane :: self.lanes] for lane in range(self.lanes)]

    def write(self, client: Client, what: str) -> None:
        """Send the whole sheet; the page sends the same again when nothing came back."""
        client.ask(f"/s/{what}/answers", method="PUT", answers=self.sent[what])
        self.acknowledged.add(what)

    def check(self, owner: Engine) -> tuple[int, Found]:
        """Close the round, and lay what is there beside what was sent."""
        closed.close_round(self.actor, engine=self.engine, secret=self.secret, round_id=self.round_id)
        responses = closed.closed_responses(self.actor, engine=self.engine, round_id=self.round_id)
        stored = Counter(repr(sorted(response.answers.items())) for response in responses)
        wanted = {repr(sorted(self.sent[token].items())) for token in self.acknowledged}
        return stored.total(), Found(
            lost=tuple(f"lost: {one}" for one in wanted - set(stored)),
            half=tuple(f"never sent so: {one}" for one in set(stored) - wanted),
            doubled=tuple(f"twice: {one}" for one, number in stored.items() if number > 1),
        )
