"""Data and privacy: how long things are kept, who did what, everything in one file, and the end."""

from __future__ import annotations

from app.ui.components.privacy import ending, keeping, record, taking_out
from app.ui.frame import head, next_step
from app.ui.guard import enter

visit = enter("privacy")
head(visit)
keeping(visit)
record(visit)
taking_out(visit)
ending(visit)
next_step(visit)
