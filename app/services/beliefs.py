"""What people believe beside what the records say: the statements of the survey that a recorded measure can check."""

from __future__ import annotations

from dataclasses import dataclass

from app.metrics import leads
from app.metrics.model import Filters
from app.services.scorecard.headlines import leads_headline, span_words, win_rate_headline
from app.services.scorecard.model import Headline
from app.services.scorecard.request import Request
from app.services.scorecard.sources import Sources
from app.statistics.intervals import Absent
from app.survey.published import Group, Published, Score, Suppressed
from app.survey.questionnaire import MASTER, Measure, Questionnaire
from app.wording import count, duration, percent, percent_range

NOTE = (
    "Scores are on a scale of 1 to 5, 5 the best. The records hold what somebody wrote down, people what they have seen: where the two "
    "part, look at which of them misses something."
)
ALL = Filters()


@dataclass(frozen=True)
class Record:
    """What the records say about a statement: the finding, what it rests on with its days, and what is counted."""

    finding: str
    basis: str
    definition: str


@dataclass(frozen=True)
class Belief:
    """A statement of the survey as each group that is shown scored it, and the record that can check it or why there is none."""

    statement: str
    subject: str
    reverse: bool
    said: tuple[tuple[Group, Score | Suppressed], ...]
    record: Record | Absent


def beliefs(published: Published, questionnaire: Questionnaire, sources: Sources) -> tuple[Belief, ...]:
    """The statements that name a measure, in the order they were asked; none where no group of the round is shown."""
    words = questionnaire.wording(MASTER)
    scored = {item.id: item for item in published.items}
    return tuple(
        Belief(
            words.items[item.id],
            words.dimensions[item.dimension].name,
            item.reverse,
            tuple((group, scored[item.id].view(group).score) for group in published.groups),
            record(item.measure, sources),
        )
        for item in questionnaire.items
        if item.measure is not None and item.id in scored and published.groups
    )


def record(measure: Measure, sources: Sources) -> Record | Absent:
    """What all loaded records say about a measure."""
    if measure == "win_rate":
        return _of_headline(win_rate_headline(sources, Request(filters=ALL)), "of the closed deals were won")
    if sources.leads is None:
        return leads.NO_LEADS
    if measure == "lead_conversion":
        return _of_headline(leads_headline(sources, Request(filters=ALL)), "of the leads became customers")
    found = leads.follow_up(sources.leads, ALL)
    if found.absent is not None or found.median is None:
        return found.absent or leads.NO_CONTACT
    info = sources.leads.info
    days = span_words(ALL, info.first, info.last)
    if measure == "leads_never_contacted":
        never = found.leads - found.contacted
        return Record(
            f"{percent(never / found.leads)} of the leads have no first contact on record",
            f"{count(never)} of {count(found.leads)} leads, {days}",
            "Never contacted = leads without a day of first contact / all leads",
        )
    return Record(
        f"Half of the contacted leads were called within {duration(found.median)}, "
        f"{percent(found.within_24_hours / found.leads)} of all leads within 24 hours",
        f"{count(found.contacted)} of {count(found.leads)} leads were contacted, {days}",
        "Time to the first contact = first contact \u2212 creation of the lead",
    )


def _of_headline(found: Headline, what: str) -> Record | Absent:
    if found.value is None:
        return found.absent or leads.NO_RESULT
    likely = f" (likely {percent_range(found.interval)})" if found.interval is not None else ""
    return Record(f"{percent(found.value)} {what}{likely}", f"{found.basis}, {found.period}", found.definition)
