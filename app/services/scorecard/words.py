"""The scorecard's results as sentences, plain text for the page, the report and the slides alike."""

from __future__ import annotations

from app import wording
from app.benchmarks.catalogue import Claim, Grade
from app.benchmarks.comparison import Comparison, LevelComparison, RatioComparison
from app.benchmarks.sentences import VerdictWord
from app.benchmarks.stakes import Stake
from app.services.scorecard.model import ClaimLine, Headline, Outlook, Scorecard
from app.statistics.intervals import Absent

VERDICTS: dict[VerdictWord, str] = {
    "above": "Above",
    "reaches": "Better, and may reach it",
    "falls_short": "Falls short",
    "cannot_tell": "Cannot tell yet",
}

HOW = {
    "read": "read there",
    "second_hand": "quoted by another source",
    "not_verified": "not verified",
    "computed": "calculated for this catalogue",
    "not_recorded": "how it was read is not recorded",
}


def grade_letter(grade: Grade) -> str:
    """The grade as it is printed."""
    return "not graded" if grade == "none" else grade.replace("-", "−")


def value_of(head: Headline) -> str:
    """A headline's number as it is written, "not computed" when there is none."""
    if head.value is None:
        return "not computed"
    return wording.signed_percent(head.value) if head.is_change else wording.percent(head.value)


def range_of(head: Headline) -> str:
    """A headline's likely range, "" when there is none."""
    if head.interval is None:
        return ""
    return wording.signed_range(head.interval) if head.is_change else wording.percent_range(head.interval)


def absent_sentence(absent: Absent) -> str:
    """Why a number is not there, and what would supply it."""
    return f"{absent.reason} {absent.remedy}".strip()


def chance_words(probability: float) -> str:
    """A chance as it is written: never more exact than it is."""
    if probability < 0.01:
        return "less than 1 %"
    return "more than 99 %" if probability > 0.99 else wording.percent(probability, digits=0)


def needed_sentence(found: Comparison) -> str:
    """How much more would settle the comparison; "" when it is settled."""
    if isinstance(found.needed, Absent):
        return absent_sentence(found.needed)
    if not found.needed:
        return ""
    where = "after" if found.way == "before_after" else f"in “{found.observed.label}”"
    many = f"more {found.many}" if found.many else "more"
    return f"About {wording.count(found.needed)} {many} {where} would settle whether the claim is reached, if the rate stays as it is."


def outlook_sentence(outlook: Outlook) -> str:
    """Where a claim would lead, in one sentence; and where the team is, where that is another number."""
    if isinstance(outlook.after, Absent):
        return f"Impossible for you. {outlook.after.reason}" if outlook.after.code == "impossible" else outlook.after.reason
    written = wording.signed_percent if outlook.is_change else wording.percent
    of = f" {outlook.of}" if outlook.of else ""
    said = f"If it held for you: {outlook.what.lower()} from {written(outlook.before)}{of} to {written(outlook.after)}."
    return said if outlook.now is None else f"{said} You are at {written(outlook.now)}."


def rates_sentence(line: ClaimLine) -> str:
    """Both rates of a comparison and what the claim would need: “31.5 % → 40.9 %; the claim would need 43.5 %”, "" without them."""
    found = line.comparison
    if found is None or isinstance(found, LevelComparison) or found.ratio is None:
        return ""
    if isinstance(found, Comparison) and found.observed.rate is not None and found.baseline.rate is not None:
        first, then, target = str(wording.percent(found.baseline.rate)), str(wording.percent(found.observed.rate)), found.target
    elif isinstance(found, RatioComparison) and found.sides is not None:
        then, first, target = (*(side.written for side in found.sides), found.target)
    else:
        return ""
    need = f"; the claim would need {wording.percent(target)}" if isinstance(target, float) else ""
    # Below a figure on customers retained, a bare rate would be read as one of those who stay.
    what = "customers lost " if line.reading.metric == "churn" else ""
    return f"{what}{then} against {first}{need}" if found.way == "groups" else f"{what}{first} → {then}{need}"


def stake_sentence(stake: Stake | Absent | None) -> str:
    """What reaching the claim would be worth, from which number to which; "" when there is nothing to say."""
    if stake is None or (isinstance(stake, Absent) and stake.code in ("own_history", "nothing_lost")):
        return ""
    if isinstance(stake, Absent):
        return stake.reason if stake.code == "reached" else absent_sentence(stake)
    span = ""
    if stake.low is not None and stake.high is not None:
        low, high = wording.money(stake.low, stake.currency), wording.money(stake.high, stake.currency)
        span = f" (likely {low} to {high})" if stake.low > 0 else f" (likely between nothing and {high})"
    goal = f": {stake.goal}" if stake.goal else ""
    return f"Worth about {wording.money(stake.amount, stake.currency)} {stake.per}{span}{goal}."


def answer_of(line: ClaimLine) -> str:
    """What the scorecard says of one cited figure, in one sentence."""
    if line.verdict is not None:
        return line.verdict.sentence
    if line.outlook is not None:
        return outlook_sentence(line.outlook)
    return absent_sentence(line.absent) if line.absent is not None else ""


def verdict_word(line: ClaimLine) -> str:
    """The verdict as a word, "No verdict" when there is none."""
    return "No verdict" if line.verdict is None else VERDICTS[line.verdict.word]


def observed_and_cited(line: ClaimLine) -> tuple[str, str]:
    """(what was observed, what is cited), each as it is written; "" where there is none."""
    found = line.comparison
    if isinstance(found, LevelComparison):
        written = wording.signed_percent if found.is_change else wording.percent
        return (written(found.observed) if found.observed is not None else "", written(found.aligned_level))
    if isinstance(found, (Comparison, RatioComparison)):
        # Next to “customers retained” a bare number would be read as a change of those who stay.
        of = " customers lost" if line.reading.metric == "churn" else ""
        return ("" if found.ratio is None else f"{wording.change(found.ratio)}{of}"), f"{wording.change(found.claimed)}{of}"
    if line.reading.ratio is not None:
        return "", wording.change(line.reading.ratio)
    return "", wording.signed_percent(line.reading.aligned_level) if line.reading.aligned_level is not None else ""


def evidence_lines(claim: Claim) -> tuple[tuple[str, str], ...]:
    """Everything known of a claim's evidence, as named lines; empty ones are left out."""
    rows = [
        ("As quoted", _as_quoted(claim)),
        ("As published", claim.as_published),
        ("What it means", wording.restyled(claim.reading.sentence)),
        ("Measured", claim.metric_definition),
        ("Who found it", f"{claim.originator}. {claim.year_note}" if claim.year_note else f"{claim.originator}, {claim.year}"),
        ("Of whom", " ".join(part for part in (claim.population, _sample(claim)) if part)),
        ("Grade", f"{grade_letter(claim.grade)}: {claim.grade_reason}" if claim.grade_reason else ""),
        ("Caveat", wording.restyled(claim.reading.caveat)),
        *(("Also seen", contradiction.text) for contradiction in claim.contradictions),
    ]
    return tuple((label, text) for label, text in rows if text)


def _sample(claim: Claim) -> str:
    """Who was asked, or that it is not known: a bare “Unknown.” behind another sentence would say nothing."""
    known = {"None.": "", "Unknown.": "The sample is unknown.", "None found.": "No sample was found."}
    return known.get(claim.sample, claim.sample)


def _as_quoted(claim: Claim) -> str:
    if claim.as_quoted:
        return "; ".join(claim.as_quoted)
    wrong = "; ".join(f"“{misquote.wording}”" for misquote in claim.misquotes)
    return f"hardly ever as published, but as {wrong}" if wrong else "not usually quoted"


STAKED = {"win_rate": "win rate", "churn": "customers lost", "revenue_growth": "growth of revenue"}


def look_next(found: Scorecard) -> tuple[str, str]:
    """The one thing to look at next, and why."""
    staked = [(line, line.stake) for line in found.lines if isinstance(line.stake, Stake) and line.stake.amount > 0]
    if staked:
        line, stake = max(staked, key=lambda pair: pair[1].amount)
        return (
            STAKED.get(line.reading.metric or "", line.words),
            f"Of the distances that can be put in money, the one to “{line.words}” is the largest: "
            f"about {wording.money(stake.amount, stake.currency)} {stake.per} for {stake.goal}, if it held for you.",
        )
    unclear = [line for line in found.lines if line.verdict is not None and line.verdict.word == "cannot_tell"]
    if unclear:
        return unclear[0].words, "The data cannot tell yet. Compare shows how many more would settle it."
    missing = [headline for headline in found.headlines if headline.value is None and headline.absent is not None]
    if missing and missing[0].absent is not None:
        return missing[0].label.lower(), absent_sentence(missing[0].absent)
    return "your own trend", "Numbers shows how each rate moves over time, and for which groups."
