"""What each stage word means: won, lost, no decision, open or ignored.

Words come from the catalogue of all systems and languages. A word that means one thing here and another there ("Closed",
"Done") is asked about; so is a word nobody knows, unless the file itself shows that its rows are open.
"""

from __future__ import annotations

import re
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from app.ingest.column import Column
from app.ingest.export_formats import Catalogue
from app.ingest.headings import fold
from app.ingest.model import Answers, Choice, FileFacts, Question, StageWord
from app.tables import TABLES, Outcome

_WON = re.compile(r"\bwon\b|\bganho\b|\bgewonnen\b")
_WON_NAME = re.compile(r"gewonn|\bwon\b|\bwins\b|\bganad|\bganh|\bgagn")
_LOST = re.compile(r"\blost\b|\bperdido\b|\bverloren\b|\bloss\b")
_ENDED = re.compile(
    r"\b(closed|cancel|reject|declin|fail|accepted|dead|ab(ge|sage|lehn|bruch)|angenommen|verloren|storn|refus|annul|rechaz|recus|perd)"
)
_CHOICES = (
    Choice("won", "Won", "Counts as a deal that was won."),
    Choice("lost", "Lost", "Counts as a deal that was lost."),
    Choice("no_decision", "No decision", "Ended without a decision; in or out of the win rate as you set it."),
    Choice("open", "Open", "Still being worked on; not in the win rate."),
    Choice("ignored", "Ignore", "Left out of everything."),
)
_LABELS = {choice.value: choice.label for choice in _CHOICES}
SURE_SHARE = 0.9
WITHOUT_STAGE = ""
"""The word that stands for a missing column of stages, so that its answer is kept and recalled like that of any other word."""


def stage_words(
    column: Column, catalogue: Catalogue, *, system: str | None, answers: Answers, closed: Column | None = None
) -> tuple[StageWord, ...]:
    """The words of a stage or status column with what they are taken for; None where the user must say."""
    dated = _dated_share(column, closed) if closed is not None else {}
    counted = [(word, rows) for word, rows in column.words() if word]
    first = [_word(word, rows, catalogue, system, answers) for word, rows in counted]
    ended = [dated.get(w.word, 0.0) for w in first if w.outcome in ("won", "lost")]
    telling = bool(ended) and min(ended) >= SURE_SHARE
    return tuple(
        StageWord(w.word, w.rows, "open", "None of its deals has a closing date, while the won and lost ones have.")
        if w.outcome is None and telling and dated.get(w.word) == 0.0 and fold(w.word) not in catalogue.stages.ask and w.reason == _UNKNOWN
        else replace(w, probably="open")
        if w.reason == _UNKNOWN and telling and dated.get(w.word, 1.0) <= 1 - SURE_SHARE
        else w
        for w in first
    )


_UNKNOWN = "It is a word of your own."


def _word(word: str, rows: int, catalogue: Catalogue, system: str | None, answers: Answers) -> StageWord:
    folded = fold(word)
    stages = catalogue.stages
    if word in answers.stages:
        return StageWord(word, rows, answers.stages[word], "You said so.")
    own = stages.of_system.get(system or "", {}).get(folded)
    if own is not None and system is not None:
        return StageWord(word, rows, own, f"{catalogue.systems[system].label} uses this word so.")
    if folded in stages.certain:
        return StageWord(word, rows, stages.certain[folded], "A known stage word.")
    if folded in stages.ask:
        return StageWord(word, rows, None, "Teams use this word for different ends.", stages.unverified.get(folded))
    if folded in stages.unverified:
        probably = stages.unverified[folded]
        return StageWord(word, rows, None, f"It probably means “{_LABELS[probably].lower()}”.", probably)
    won, lost = bool(_WON.search(folded)), bool(_LOST.search(folded))
    if won != lost and not re.search(r"\bnot?\b|\bun", folded):
        outcome: Outcome = "won" if won else "lost"
        return StageWord(word, rows, outcome, f"It contains the word “{outcome}”.")
    if not won and not lost and folded.startswith(stages.open_beginnings) and not _ENDED.search(folded):
        return StageWord(word, rows, "open", "It names a step of selling.")
    return StageWord(word, rows, None, _UNKNOWN)


def _dated_share(column: Column, closed: Column) -> dict[str, float]:
    """For each word the share of its rows that have a closing date."""
    filled = closed.spread(pc.not_equal(closed.values, ""))
    table = pa.table({"word": column.index, "filled": pc.cast(filled, pa.int64())}).group_by("word").aggregate([("filled", "mean")])
    values = column.values.to_pylist()
    return {values[i]: share for i, share in zip(table["word"].to_pylist(), table["filled_mean"].to_pylist(), strict=True)}


def stage_questions(words: tuple[StageWord, ...], heading: str) -> tuple[Question, ...]:
    """One question for each word that is still open."""
    return tuple(
        Question(
            key=f"stage_word:{word.word}",
            kind="stage_word",
            text=f"What does “{word.word}” in “{heading}” mean? {word.rows:,} rows have it. {word.reason}",
            choices=_CHOICES,
            answer_in="stages",
            answer_key=word.word,
            column=heading,
            example=word.word,
            rows=word.rows,
            proposed=word.probably,
        )
        for word in words
        if word.outcome is None
    )


def without_stages(file: FileFacts) -> Question:
    """What to ask where no column says which deals were won: whether all were. The file's own words may say so."""
    named = next((name for name in (file.sheet or "", file.name) if _WON_NAME.search(fold(name))), "")
    hint = f" “{named}” sounds like it." if named else ""
    return Question(
        key="all_won",
        kind="field",
        text=f"No column says which deals were won or lost. Were all of them won?{hint} If not, export the stage or the status too. "
        f"If one row is an order or an invoice, choose “{TABLES['revenue_line'].label}” under “This file holds”: growth and retention come "
        "from those.",
        choices=(
            Choice("won", "Yes, all of these were won", "They give growth. There is no win rate, because the lost ones are missing."),
        ),
        answer_in="stages",
        answer_key=WITHOUT_STAGE,
        proposed="won" if named else None,
    )


def customer_words(column: Column, catalogue: Catalogue, *, answers: Answers) -> tuple[StageWord, ...]:
    """The words of a churn flag or subscription status: "lost" has left, "open" is still a customer."""
    found = []
    for word, rows in column.words():
        folded = fold(word)
        if not word:
            continue
        if word in answers.stages:
            found.append(StageWord(word, rows, answers.stages[word], "You said so."))
        elif folded in catalogue.status["customer_ended"]:
            found.append(StageWord(word, rows, "lost", "The customer has left."))
        elif folded in catalogue.status["customer_alive"]:
            found.append(StageWord(word, rows, "open", "The customer is still one."))
        else:
            found.append(StageWord(word, rows, None, "It does not say whether the customer has left."))
    return tuple(found)


def customer_questions(words: tuple[StageWord, ...], heading: str) -> tuple[Question, ...]:
    """One question for each status word that does not say whether the customer has left."""
    choices = (
        Choice("lost", "Has left", "Counts as a lost customer."),
        Choice("open", "Still a customer", "Counts as kept."),
        Choice("ignored", "Not known", "Stays empty."),
    )
    return tuple(
        Question(
            f"stage_word:{word.word}", "stage_word",
            f"Does “{word.word}” in “{heading}” mean that the customer has left? {word.rows:,} rows have it.",
            choices, "stages", word.word, heading, word.word, word.rows,
        )
        for word in words
        if word.outcome is None
    )  # fmt: skip
