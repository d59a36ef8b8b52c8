"""Which records of a file are its table: where the head row is, and which lines before, after and between are no data.

The same rules serve a delimited text and a sheet: they see records through `Source`. A record is looked at closely only
near the head and the end, and where its number of fields is unusual; the rest is decided on arrays.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from app.errors import FileRefused
from app.ingest.model import LineKind
from app.ingest.source import Marks, Source, commonest
from app.ingest.table_head import HEAD_ZONE, find_head, of_two_lines, two_line_head
from app.ingest.table_rows import sort_rows

_COMMENT_LIKE = re.compile(r"#(\s*[-=*#]{3,}|\s*$|\s+\S|\s*[\w ]+:)")
TOP_LINES, TOP_CELLS, TOP_CHARACTERS = 25, 12, 60
"""How much of the beginning of a file is shown when its head row is to be pointed at."""


@dataclass(frozen=True)
class Layout:
    """The table found in the records.

    `head` is the index of the head record (None when there is none), `width` the number of columns, `data` marks the
    records that are rows. `adjusted` gives the cells of rows that had empty fields too many, or too few. `unreadable`
    are records that could not be laid into the columns, with the reason. `kinds` gives the other records' kinds. `top` are the first
    records as they stand in the file, (line, cells), so that a reader can point at the head row. `names` are the
    headings where they are made of two lines, else None.
    """

    head: int | None
    width: int
    data: Marks
    adjusted: dict[int, list[str]]
    unreadable: dict[int, str]
    kinds: dict[int, LineKind]
    comments: tuple[str, ...]
    notes: tuple[str, ...] = ()
    top: tuple[tuple[int, tuple[str, ...]], ...] = ()
    names: tuple[str, ...] | None = None


def find_table(source: Source, *, name: str, head_line: int | None = None) -> Layout:
    """Find the table.

    Parameters
    ----------
    source
        The records of the file.
    name
        The file's name, for messages.
    head_line
        The user's answer: the line (or sheet row) of the head row, 0 for none; None to find it.

    Raises
    ------
    FileRefused
        When no table can be told from the text around it.
    """
    kinds: dict[int, LineKind] = dict.fromkeys(np.flatnonzero(source.blank).tolist(), "blank")
    filled = np.flatnonzero(~source.blank)
    if not len(filled):
        raise FileRefused("The file is empty.", "Export it again; nothing was imported.", file=name)
    mode = commonest(source.fields[filled])
    if not mode:
        raise FileRefused(
            "The quotation marks of the lines do not pair up, so nobody can tell where their fields end.",
            "Choose another delimiter, or export the file again.",
            file=name,
        )
    comments = _comments(source, mode, kinds)
    begin, end, others = _largest_section(source, kinds, comments, head_line)
    head, width = find_head(source, begin, end, kinds, name, head_line)
    first = begin if head is None else head + 1
    second: int | None = None
    if head is not None and head_line is None:
        head, second = two_line_head(source, head, end, width, kinds)
        first = max(head, second if second is not None else head) + 1
    if second is not None:
        kinds[second] = "head"
    for index in (*range(first), *range(end, len(source))):
        if index not in kinds and index != head:
            kinds[index] = "preamble" if index < first else "footer"
    adjusted, unreadable = sort_rows(source, first, end, width, kinds)
    data = np.zeros(len(source), dtype=bool)
    data[first:end] = True
    data[list(kinds)] = False
    data[list(unreadable)] = False
    if head is not None:
        data[head] = False
        kinds[head] = "head"
    notes = _notes(source, head, others)
    if len(unreadable) > max(5, int(data.sum())):
        row, reason = next(iter(unreadable.items()))
        raise FileRefused(
            f"Most lines do not fit the columns of the head row ({reason}).",
            "Check the delimiter and the head row, or export the file again.",
            file=name,
            row=int(source.line[row]),
        )
    names = of_two_lines(source.cells(head), source.cells(second)) if head is not None and second is not None and second > head else None
    comments_told = _comment_text(source, kinds, begin, first)
    return Layout(head, width, data, adjusted, unreadable, kinds, comments_told, notes, _top(source), names)


def _top(source: Source) -> tuple[tuple[int, tuple[str, ...]], ...]:
    return tuple(
        (int(source.line[index]), tuple(cell.strip()[:TOP_CHARACTERS] for cell in source.cells(index)[:TOP_CELLS]))
        for index in range(min(TOP_LINES, len(source)))
    )


def _comments(source: Source, mode: int, kinds: dict[int, LineKind]) -> list[int]:
    """Mark the comment lines: "#" and then text in the first field only, or a comment's form before the first row."""
    found: list[int] = []
    leading = True
    previous = -1
    suspects = np.flatnonzero(source.hash & ~source.blank & ((source.fields != mode) | source.ends_empty | (mode == 1)))
    early = np.flatnonzero(source.hash[:HEAD_ZONE] & ~source.blank[:HEAD_ZONE])
    for index in np.union1d(suspects, early).tolist():
        leading = leading and not (~source.blank[previous + 1 : index]).any()
        cells = source.trimmed(index)
        written = _COMMENT_LIKE.match(cells[0]) is not None
        # A number sign alone proves nothing: order numbers are written "#1001".
        alone = len(cells) <= 1 and mode > 1 and (written or (leading and source.fields[index] == 1))
        formed = leading and written and (mode == 1 or source.fields[index] != mode or ":" in cells[0])
        if alone or formed:
            kinds[index] = "comment"
            found.append(index)
            previous = index
    return found


def _largest_section(source: Source, kinds: dict[int, LineKind], comments: list[int], head_line: int | None) -> tuple[int, int, list[int]]:
    """The section with the most rows (or with the user's head row), as (begin, end), and where the other tables begin.

    A new section begins after comments that follow records, and after blank lines where the number of fields changes for good.
    """
    size = len(source)
    usable = np.ones(size, dtype=bool)
    usable[list(kinds)] = False
    positions = np.flatnonzero(usable)
    if not len(positions):
        raise FileRefused("The file has comments but no table.", "Export it again with its rows.")
    breaks = {0}
    comment_marks = np.zeros(size + 1, dtype=np.int64)
    comment_marks[[index + 1 for index in comments]] = 1
    passed = np.cumsum(comment_marks)
    gaps = np.flatnonzero(np.diff(positions) > 1)
    for gap in gaps.tolist():
        before, after = int(positions[gap]), int(positions[gap + 1])
        follower = after + 1
        if passed[after] > passed[before + 1] or (
            source.fields[after] != source.fields[before]
            and source.fields[after] > 1
            and follower < size
            and usable[follower]
            and source.fields[follower] == source.fields[after]
            and _rows_of(source, usable, after) >= 3
        ):
            breaks.add(after)
    starts = sorted(breaks)
    bounds = [(start, starts[i + 1] if i + 1 < len(starts) else size) for i, start in enumerate(starts)]
    if len(bounds) == 1:
        return 0, size, []
    weights = []
    tables: list[int] = []
    for begin, end in bounds:
        counts = source.fields[begin:end][usable[begin:end]]
        width = commonest(counts) if len(counts) else 0
        weights.append(int((counts == width).sum()))
        # Lines of one field are titles, not a table, beside one of several.
        if weights[-1] > 1 and width > 1:
            tables.append(len(weights) - 1)
    chosen = int(np.argmax(weights))
    if head_line:
        for i, (begin, end) in enumerate(bounds):
            if source.line[begin] <= head_line < source.line[end]:
                chosen = i
    heads = [begin + int(np.argmax(usable[begin:])) for begin, _ in bounds]
    return bounds[chosen][0], bounds[chosen][1], [heads[i] for i in tables if i != chosen]


def _rows_of(source: Source, usable: Marks, start: int) -> int:
    """How many records from `start` on have its number of fields, without a gap."""
    count = 0
    for index in range(start, min(len(source), start + 5)):
        if not usable[index] or source.fields[index] != source.fields[start]:
            break
        count += 1
    return count


def _comment_text(source: Source, kinds: dict[int, LineKind], begin: int, first: int) -> tuple[str, ...]:
    """The comments and titles that belong to the table: those right above it, then those at the top of the file."""
    above: list[str] = []
    index = begin - 1
    while index >= 0 and kinds.get(index) in ("comment", "blank"):
        if kinds[index] == "comment":
            above.append(_joined(source, index))
        index -= 1
    above.reverse()
    above += [_joined(source, i) for i in range(begin, first) if kinds.get(i) in ("comment", "preamble")]
    top: list[str] = []
    for leading in range(index + 1):
        kind = kinds.get(leading)
        if kind == "blank":
            continue
        # A title stands alone in its line; a line with more belongs to another table.
        if kind == "comment" or (kind == "preamble" and len(source.trimmed(leading)) <= 1):
            top.append(_joined(source, leading))
        else:
            break
    return tuple(text for text in above + top if text)


def _joined(source: Source, index: int) -> str:
    cells = [cell.strip() for cell in source.trimmed(index)]
    return "  ".join(cell for cell in cells if cell)


def _notes(source: Source, head: int | None, others: list[int]) -> tuple[str, ...]:
    if not others:
        return ()
    lines = ", ".join(str(int(source.line[other])) for other in others)
    here = "" if head is None else f" with its head row in line {int(source.line[head])}"
    return (
        f"The file holds {len(others) + 1} tables one after another. The one{here} is read, the others are set apart; "
        f"to read one of them, choose its head row: line {lines}.",
    )
