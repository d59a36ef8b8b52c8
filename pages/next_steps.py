"""Next steps: what to start with after the latest round of the survey, and what became of the last steps."""

from __future__ import annotations

from app.ui.components.next_steps import finished, look_first, start_with, steps_of, under_way
from app.ui.frame import head, next_step
from app.ui.guard import enter

visit = enter("next_steps")
head(visit)
found = steps_of(visit)
look_first(visit, found)
start_with(visit, found)
next_step(visit)
under_way(visit, found)
finished(visit, found)
