"""Team settings: name, time zone, currency, the programme's first day, own benchmarks, what counts in the survey; the other teams."""

from __future__ import annotations

from app.ui.components.team import benchmarks, settings_form, survey_weights, teams
from app.ui.frame import head, next_step
from app.ui.guard import enter

visit = enter("team")
head(visit)
settings_form(visit)
benchmarks(visit)
survey_weights(visit)
teams(visit)
next_step(visit)
