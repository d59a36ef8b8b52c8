"""Evidence: what each cited figure really says, and how good it is."""

from __future__ import annotations

from app.ui.components.evidence import cited_cards, families, legend, source_article
from app.ui.frame import head, next_step
from app.ui.guard import enter
from app.ui.own import own_claims

visit = enter("evidence")
head(visit)
edition = cited_cards()
next_step(visit)
source_article(edition)
legend(edition)
families(visit, edition, own_claims(visit))
