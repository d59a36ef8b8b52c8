"""Members: who is in the organization, with which role; invitations; the organization's name; the way out."""

from __future__ import annotations

from app.ui.components.members import invitations, organization, people, yourself
from app.ui.frame import head, next_step
from app.ui.guard import enter

visit = enter("members")
head(visit)
people(visit)
invitations(visit)
organization(visit)
yourself(visit)
next_step(visit)
