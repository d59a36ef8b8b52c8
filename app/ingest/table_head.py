"""Where the head row of a table is, whether it has two lines, and how the columns are called."""

from __future__ import annotations

import re
import unicodedata

from app.errors import FileRefused
from app.ingest.model import LineKind
from app.ingest.source import DATE, NUMBER, Source, commonest

HEAD_ZONE = 60
_SAMPLE = 200
_YEAR = re.compile(r"(19|20)\d\d")


def headings(written: list[str], width: int) -> tuple[str, ...]:
    """The headings as written, in normal form C, made unique: "Origem (2)"; an empty one becomes "column 4"."""
    made: list[str] = []
    cleaned = [unicodedata.normalize("NFC", text.replace("\ufeff", "")).strip() for text in written]
    cleaned += [""] * (width - len(cleaned))
    reserved = set(cleaned)
    for position, text in enumerate(cleaned[:width], start=1):
        base = text or f"column {position}"
        candidate, count = base, 2
        while candidate in made or (candidate != text and candidate in reserved):
            candidate = f"{base} ({count})"
            count += 1
        made.append(candidate)
    return tuple(made)


def find_head(source: Source, begin: int, end: int, kinds: dict[int, LineKind], name: str, head_line: int | None) -> tuple[int | None, int]:
    """The head record (None: there is none) and the number of columns."""
    usable = [i for i in range(begin, min(end, begin + 2_000)) if i not in kinds]
    rest = source.fields[begin:end][~source.blank[begin:end]]
    if not usable:
        raise FileRefused("The file holds no table.", "Export it again with its rows.", file=name)
    width = commonest(rest)
    if head_line == 0:
        return None, width
    if head_line is not None:
        for index in usable if head_line <= source.line[usable[-1]] else range(begin, end):
            if source.line[index] <= head_line < source.line[index + 1]:
                written = len(source.trimmed(index))
                after = source.fields[index + 1 : end][~source.blank[index + 1 : end]]
                return index, max(written, commonest(after) if len(after) else written)
        raise FileRefused("There is no such line for the head row.", "Choose another line.", file=name, row=head_line)
    sample = [i for i in usable[:_SAMPLE] if source.fields[i] == width]
    filled = sorted((sum(1 for cell in source.cells(i) if cell.strip()) for i in sample), reverse=True) or [width]
    # A head row names more than half as many columns as the fullest rows fill; a title line does not.
    typical = filled[min(2, len(filled) - 1)]
    short: int | None = None
    for index in usable[:HEAD_ZONE]:
        cells = source.trimmed(index)
        named = sum(1 for cell in cells if cell.strip())
        if source.fields[index] == width or len(cells) == width:
            if named >= min(2, width) and 2 * named > typical:
                return _confirmed(source, index, short, usable, width, name)
            continue
        if len(cells) > width and named >= 2 and _all_text(cells):
            return _uneven_head(source, index, usable, width, name)
        if short is None and named >= 2 and named >= (width + 1) // 2 and _all_text(cells):
            short = index
    if short is not None:
        return _uneven_head(source, short, usable, width, name)
    return None, width


def _confirmed(source: Source, index: int, short: int | None, usable: list[int], width: int, name: str) -> tuple[int | None, int]:
    """The candidate `index` is the head unless it looks like the rows under it."""
    below = [i for i in usable if i > index and source.fields[i] == width][:_SAMPLE]
    evidence = _head_evidence(source.cells(index), [source.cells(i) for i in below])
    if evidence >= 0:
        return index, width
    if short is not None:
        return _uneven_head(source, short, usable, width, name)
    return None, width


def two_line_head(source: Source, head: int, end: int, width: int, kinds: dict[int, LineKind]) -> tuple[int, int | None]:
    """The head row and, where the head has two lines, the other one: names of groups above it, or units below it.

    The line under the head belongs to it when it holds words in several columns where every row has numbers or dates. A line with gaps or
    repeats above a full one names groups of columns, so the full one is the head row.
    """
    below = [i for i in range(head + 1, min(end, head + _SAMPLE)) if i not in kinds and source.fields[i] == width]
    if len(below) < 3 or below[0] != head + 1:
        return head, None
    upper, lower, rows = source.cells(head), source.cells(below[0]), [source.cells(i) for i in below[1:]]
    against = 0
    for position, cell in enumerate(lower):
        text = cell.strip()
        values = [row[position].strip() for row in rows if position < len(row) and row[position].strip()]
        typed = [value for value in values if NUMBER.fullmatch(value) or DATE.fullmatch(value)]
        if not text or len(typed) <= 0.7 * len(values) or not values:
            continue
        if NUMBER.fullmatch(text) or DATE.fullmatch(text) or not re.search(r"[^\W\d_]", text) or text in values:
            return head, None
        against += 1
    if against < 2:
        return head, None
    names_above, names_below = [[cell.strip() for cell in cells if cell.strip()] for cells in (upper, lower)]
    groups = len(set(names_above)) < len(names_above) or len(names_above) < len(names_below)
    whole = len(set(names_below)) == len(names_below) >= len(names_above)
    return (below[0], head) if groups and whole else (head, below[0])


def of_two_lines(upper: list[str], lower: list[str]) -> tuple[str, ...] | None:
    """The headings of two lines of a head: what stands below belongs to a name above that covers several columns or stands twice.

    None where each column has its own name above: then the line below holds units or hints.
    """
    names: list[str] = []
    carried, parted = "", False
    for place, (above, below) in enumerate(zip(map(str.strip, upper), map(str.strip, lower), strict=True)):
        carried = above or (carried if below else "")
        covers = bool(above) and place + 1 < len(upper) and not upper[place + 1].strip() and bool(lower[place + 1].strip())
        if below and (not above or covers or [cell.strip() for cell in upper].count(above) > 1):
            names.append(f"{carried} {below}".strip())
            parted = True
        else:
            names.append(above)
    return tuple(names) if parted else None


def _uneven_head(source: Source, index: int, usable: list[int], width: int, name: str) -> tuple[int | None, int]:
    """A head row with another number of fields than the rows: accepted only where no cell would lose its heading."""
    written = len(source.trimmed(index))
    below = [i for i in usable if i > index][:_SAMPLE]
    if written < width and all(len(source.trimmed(i)) <= written for i in below):
        return index, width
    if written > width and max((int(source.fields[i]) for i in below), default=0) == written:
        # Some rows are as long as the head row: the others may have left out empty cells at their end.
        return index, written
    raise FileRefused(
        f"The head row names {written} columns, but most rows have {width}.",
        "Correct the head row, or choose another line as the head row.",
        file=name,
        row=int(source.line[index]),
    )


def _all_text(cells: list[str]) -> bool:
    return all(not NUMBER.fullmatch(cell.strip()) and not DATE.fullmatch(cell.strip()) for cell in cells if cell.strip())


def _head_evidence(head: list[str], rows: list[list[str]]) -> float:
    """Positive when the row names its columns, negative when it looks like one of them.

    A text above numbers or dates speaks for a head row; a number above numbers, or a text that occurs again below,
    against it. A year above numbers says nothing: years are usual headings.
    """
    evidence = 0.0
    for position, cell in enumerate(head):
        text = cell.strip()
        values = [row[position].strip() for row in rows if position < len(row) and row[position].strip()]
        if not text or not values:
            continue
        typed = sum(1 for value in values if NUMBER.fullmatch(value) or DATE.fullmatch(value)) > 0.7 * len(values)
        if NUMBER.fullmatch(text) or DATE.fullmatch(text):
            if typed and not (_YEAR.fullmatch(text) and not all(_YEAR.fullmatch(value) for value in values)):
                evidence -= 1.0
        elif typed:
            evidence += 1.0
        elif text in values:
            evidence -= 0.5
    return evidence
