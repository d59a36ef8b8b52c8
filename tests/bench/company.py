"""A company of its own to measure with: the play company's files as if they had been uploaded, a closed survey, and an open one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.ingest.limits import Limits
from app.services.actor import Actor, local_actor
from app.services.commits import commit_upload
from app.services.play_company import ANSWERS, END, generate, programme_start
from app.services.play_survey import ensure_play_survey
from app.services.rounds.secret import server_secret
from app.services.teams import leave_example, set_currency, set_programme_start
from app.services.uploads import keep_upload
from app.storage.engine import make_engine
from tests import survey_rounds


@dataclass(frozen=True)
class Company:
    """Who owns it, its team, and the tokens of the people who are asked in its open round."""

    actor: Actor
    team_id: str
    tokens: tuple[str, ...]


def company(database: str, *, people: int, secret: str, folder: Path) -> Company:
    """Fill an upgraded database without a login, and ask `people` people.

    Parameters
    ----------
    secret, folder
        `SCORECARD_SECRET` and the data folder of the servers that will run on it.
    """
    engine = make_engine(database)
    actor = local_actor(engine)
    team = leave_example(actor, engine=engine)
    for file in generate():
        upload = keep_upload(
            actor, engine=engine, team_id=team.id, data=file.text.encode(), name=file.name, limits=Limits(), answers=ANSWERS[file.name]
        )
        commit_upload(actor, engine=engine, upload_id=upload.id, limits=Limits(), mode="replace")
    set_programme_start(actor, engine=engine, team_id=team.id, day=programme_start())
    set_currency(actor, engine=engine, team_id=team.id, currency="EUR")
    ensure_play_survey(actor, engine=engine, team_id=team.id, end=END)
    opening = server_secret(secret, data_dir=folder)
    shown = survey_rounds.opened_round(actor, engine, team.id, people=survey_rounds.team_of(people, 0), secret=opening)
    tokens = survey_rounds.personal_tokens(actor, engine, shown.id, secret=opening)
    engine.dispose()
    return Company(actor, team.id, tuple(tokens.values()))
