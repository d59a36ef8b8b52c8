"""Survey: ask both sides, follow how many have answered, close."""

from __future__ import annotations

from app.ui.components.new_round import new_round
from app.ui.components.rounds import all_rounds, closed_list, draft_card, only_here, open_card
from app.ui.frame import head, next_step
from app.ui.guard import enter

visit = enter("survey")
head(visit)
rounds = all_rounds(visit)
only_here(rounds)
for shown in rounds:
    if shown.state == "open":
        open_card(visit, shown)
for shown in rounds:
    if shown.state == "draft":
        draft_card(visit, shown)
if not visit.team.is_example:
    new_round(visit, first=not rounds)
closed_list(visit, tuple(shown for shown in rounds if shown.state == "closed"))
next_step(visit)
