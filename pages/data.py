"""Your data: upload a file, see what it is taken for, answer its questions, check the receipt; and what is loaded."""

from __future__ import annotations

from app.ui.components.datasets import history_of
from app.ui.components.importing import pending_import, uploader
from app.ui.components.joining import join_box
from app.ui.components.passport import passport_box
from app.ui.frame import head, next_step
from app.ui.guard import enter

visit = enter("data")
head(visit)
if not pending_import(visit):
    uploader(visit)
    passport_box()
join_box(visit)
history_of(visit)
next_step(visit)
