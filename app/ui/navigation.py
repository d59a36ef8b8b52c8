"""The pages, as data: menu, titles, links and tests are made from this one tuple."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

PAGES_FOLDER = Path(__file__).resolve().parents[2] / "pages"

PageName = Literal[
    "overview", "data", "numbers", "compare", "evidence", "survey", "alignment", "next_steps", "report", "team", "members", "privacy"
]


@dataclass(frozen=True)
class PageSpec:
    """One page: its file's name, what the menu calls it, its icon, the question it answers, and the page that comes next.

    One that `needs_login` has nothing to say where the app serves one person.
    """

    name: PageName
    title: str
    icon: str
    question: str
    next: PageName
    next_label: str
    needs_login: bool = False

    @property
    def path(self) -> Path:
        """The page's file."""
        return PAGES_FOLDER / f"{self.name}.py"


PAGES: tuple[PageSpec, ...] = (
    PageSpec(
        "overview",
        "Overview",
        ":material/dashboard:",
        "Where do we stand, and what should we look at next?",
        "compare",
        "Compare with the cited figures",
    ),
    PageSpec(
        "data", "Your data", ":material/upload_file:", "What is loaded, and what does the app make of it?", "overview", "See the overview"
    ),
    PageSpec(
        "numbers",
        "Numbers",
        ":material/monitoring:",
        "What are our win rate, retention and growth?",
        "compare",
        "Compare with the cited figures",
    ),
    PageSpec(
        "compare", "Compare", ":material/balance:", "Do our numbers reach the cited figures?", "evidence", "See what the figures rest on"
    ),
    PageSpec(
        "evidence", "Evidence", ":material/fact_check:", "What do the cited figures really say?", "compare", "Compare with our numbers"
    ),
    PageSpec("survey", "Survey", ":material/forum:", "How do both sides see their work together?", "alignment", "See the alignment"),
    PageSpec(
        "alignment",
        "Alignment",
        ":material/join_inner:",
        "Where do sales and marketing see it differently?",
        "next_steps",
        "See the next steps",
    ),
    PageSpec(
        "next_steps",
        "Next steps",
        ":material/checklist:",
        "What should we start with, and did the last steps work?",
        "overview",
        "See the overview",
    ),
    PageSpec("report", "Report", ":material/picture_as_pdf:", "What do we hand to the board?", "overview", "See the overview"),
    PageSpec("team", "Team settings", ":material/groups:", "How does the app know our team?", "overview", "See the overview"),
    PageSpec(
        "members",
        "Members",
        ":material/badge:",
        "Who is in our organization, and what may they do?",
        "overview",
        "See the overview",
        needs_login=True,
    ),
    PageSpec(
        "privacy",
        "Data and privacy",
        ":material/shield_person:",
        "How long is what kept, who did what, and how do we take it with us?",
        "overview",
        "See the overview",
    ),
)


def pages(*, login: bool) -> tuple[PageSpec, ...]:
    """The pages of the menu, with or without a login."""
    return tuple(spec for spec in PAGES if login or not spec.needs_login)


def page(name: PageName) -> PageSpec:
    """The page called `name`."""
    return next(spec for spec in PAGES if spec.name == name)
