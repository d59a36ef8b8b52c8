"""What a closed round publishes, as tables for a spreadsheet: the same cells as on the page, and nothing else."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping

from app.services.downloads import NO_TIME, harmless_text
from app.services.figures.survey import NAMES, spread_words, words
from app.services.rounds.model import RoundView
from app.services.rounds.views import asked
from app.survey.published import GROUPS, Agreement, Gap, Guess, Published, Reliability, Score, Share, Suppressed, index, total

HEAD = ("Round", "What", "Subject", "Statement", "Group", "Value", "In words")
Row = tuple[str, str, str, str, str, float | None, str]


def rows(shown: RoundView, published: Published, *, weights: Mapping[str, float] | None = None) -> Iterator[Row]:
    """Every cell as a row: what it is, whose, its value (None when hidden) and the value or the reason in words."""
    text = asked(shown).wording("en")

    def row(what: str, subject: str, statement: str, group: str, cell: object) -> Row:
        return (shown.name, what, subject, statement, group, *_cell(cell))

    for turnout in published.turnout:
        yield row("people who answered", "", "", NAMES[turnout.group], turnout.answered)
        if turnout.invited is not None:
            yield row("people asked", "", "", NAMES[turnout.group], turnout.invited)
    yield row("alignment index (20 to 100)", "", "", "", index(published, weights=weights))
    for group in GROUPS:
        yield row("total (20 to 100)", "", "", NAMES[group], total(published, group, weights=weights))
    yield row("reliability (alpha)", "", "", "", published.reliability)
    for dimension in published.dimensions:
        name = text.dimensions[dimension.id].name
        yield row("sales minus marketing (points)", name, "", "", dimension.gap)
        for view in dimension.views:
            yield row("score (1 to 5)", name, "", NAMES[view.group], view.score)
            yield row("agreement (r*wg)", name, "", NAMES[view.group], view.agreement)
            yield row("“I don't know”", name, "", NAMES[view.group], view.unknown)
            if view.guess is not None:
                yield row("guess of the other side's score", name, "", NAMES[view.group], view.guess)
    for item in published.items:
        name, statement = text.dimensions[item.dimension].name, text.items[item.id]
        for of_item in item.views:
            yield row("score (1 to 5)", name, statement, NAMES[of_item.group], of_item.score)
            if isinstance(of_item.distribution, Suppressed):
                yield row("answers", name, statement, NAMES[of_item.group], of_item.distribution)
            else:
                for segment in of_item.distribution.segments:
                    ends = str(segment.low) if segment.low == segment.high else f"{segment.low} to {segment.high}"
                    yield row(f"share of answers {ends}", name, statement, NAMES[of_item.group], segment.share)
                yield row("answers", name, statement, NAMES[of_item.group], spread_words(of_item.distribution))
    for comments in published.comments:
        name = text.dimensions[comments.dimension].name
        for written in comments.texts:
            yield row("comment", name, "", NAMES[comments.group], written)


def as_csv(shown: RoundView, published: Published, *, weights: Mapping[str, float] | None = None) -> bytes:
    """The rows as CSV (UTF-8 with byte order mark) in which no cell is a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(HEAD)
    for found in rows(shown, published, weights=weights):
        writer.writerow(["" if cell is None else harmless_text(cell) if isinstance(cell, str) else cell for cell in found])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def as_workbook(shown: RoundView, published: Published, *, weights: Mapping[str, float] | None = None) -> bytes:
    """The rows as a workbook with typed cells and no formula."""
    import xlsxwriter

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"created": NO_TIME})
        sheet, bold = book.add_worksheet("Alignment"), book.add_format({"bold": True})
        sheet.write_row(0, 0, HEAD, bold)
        sheet.freeze_panes(1, 0)
        sheet.set_column(1, 3, 30)
        sheet.set_column(6, 6, 60)
        for line, found in enumerate(rows(shown, published, weights=weights), start=1):
            for column, cell in enumerate(found):
                if isinstance(cell, str):
                    sheet.write_string(line, column, cell)
                elif cell is not None:
                    sheet.write_number(line, column, cell)
    return out.getvalue()


def _cell(cell: object) -> tuple[float | None, str]:
    """The number of a cell and what is said of it in words."""
    if isinstance(cell, Suppressed):
        return None, cell.reason
    if isinstance(cell, (Score, Share)):
        return cell.value, words(cell)
    if isinstance(cell, Agreement):
        return cell.value, cell.word
    if isinstance(cell, Gap):
        spread = f"; effect {cell.effect:.1f} ({cell.low} to {cell.high}), {cell.size}"
        return cell.points, ("clear" if cell.clear else "not clear") + spread
    if isinstance(cell, Guess):
        return cell.value, f"distance {cell.distance:+.1f}"
    if isinstance(cell, Reliability):
        return cell.alpha, f"{cell.low} to {cell.high}, {cell.items} statements"
    return (None, cell) if isinstance(cell, str) else (float(str(cell)), "")
