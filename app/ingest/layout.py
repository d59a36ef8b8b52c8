"""Which records of a file are its table: where the head row is, and which lines before, after and between are no data.

The same rules serve a delimited text and a sheet: they see records through `Source`. A record is looked at closely only
near the head and the end, and where its number of fields is unusual; the rest is decided on arrays.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.errors import FileRefused
from app.ingest.model import LineKind

_HEAD_ZONE = 60
_TAIL_ZONE = 60
_SAMPLE = 200
_PAD_SHARE = 0.05

_TOTAL = re.compile(
    r"((grand |overall |sub|sub-|report )?totals?|sum|(gesamt|zwischen|end)?summe|gesamt(betrag|ergebnis)?|insgesamt|somme"
    r"|(sous-)?total (général|general)|sous-total|suma( total)?|(sub)?totale?s?( generale?)?|total geral|soma|totaal|razem|итого"
    r"|average|mean|count|mittelwert|durchschnitt|anzahl"
    r"|moyenne|promedio)\b(\s*:\s*[\d.,]+|\W*(\(\s*[\d.,]+( [^\W\d]+)?\s*\)|[\d.,]+ [^\W\d]+)?\W*)",
    re.IGNORECASE,
)
_FOOTER = re.compile(
    r"grand totals?\b|confidential information\b|copyright (\(c\)|©)|\bsalesforce\.com\b|all rights reserved|generated (by|at|on)\b"
    r"|gesamtsumme|vertrauliche informationen|alle rechte vorbehalten|(erstellt|generiert) (von|am|um)\b|informations confidentielles"
    r"|tous droits réservés|généré (par|le)\b|información confidencial|todos los derechos|generado (por|el)\b",
    re.IGNORECASE,
)
_COMMENT_LIKE = re.compile(r"#(\s*[-=*#]{3,}|\s*$|\s+\S|\s*[\w ]+:)")
_NUMBER = re.compile(r"[-+(]?[$€£¥]?\s*\d[\d.,\u00a0 ]*%?\)?(\s*([$€£¥]|[A-Z]{3}))?")
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ].*)?")
_YEAR = re.compile(r"(19|20)\d\d")

Ints = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]
TOP_LINES, TOP_CELLS, TOP_CHARACTERS = 25, 12, 60
"""How much of the beginning of a file is shown when its head row is to be pointed at."""


@dataclass(frozen=True)
class Source:
    """Records as the layout sees them.

    `fields` counts the fields of each record (0: nobody can tell), `blank` marks those without any text, `hash` those that begin with "#",
    `ends_empty` those whose last field is empty, `line` is the line each starts on (one more entry at the end), and
    `cells` gives the text of one record's fields.
    """

    fields: Ints
    blank: Marks
    hash: Marks
    ends_empty: Marks
    line: Ints
    cells: Callable[[int], list[str]]

    def __len__(self) -> int:
        return len(self.fields)

    def trimmed(self, index: int) -> list[str]:
        """The record's fields without the empty ones at its end."""
        cells = self.cells(index)
        while cells and not cells[-1].strip():
            cells = cells[:-1]
        return cells


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
    mode = _commonest(source.fields[filled])
    if not mode:
        raise FileRefused(
            "The quotation marks of the lines do not pair up, so nobody can tell where their fields end.",
            "Choose another delimiter, or export the file again.",
            file=name,
        )
    comments = _comments(source, mode, kinds)
    begin, end, others = _largest_section(source, kinds, comments, head_line)
    head, width = _find_head(source, begin, end, kinds, name, head_line)
    first = begin if head is None else head + 1
    second: int | None = None
    if head is not None and head_line is None:
        head, second = _two_line_head(source, head, end, width, kinds)
        first = max(head, second if second is not None else head) + 1
    if second is not None:
        kinds[second] = "head"
    for index in (*range(first), *range(end, len(source))):
        if index not in kinds and index != head:
            kinds[index] = "preamble" if index < first else "footer"
    adjusted, unreadable = _sort_rows(source, first, end, width, kinds)
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
    names = _of_two_lines(source.cells(head), source.cells(second)) if head is not None and second is not None and second > head else None
    comments_told = _comment_text(source, kinds, begin, first)
    return Layout(head, width, data, adjusted, unreadable, kinds, comments_told, notes, _top(source), names)


def _top(source: Source) -> tuple[tuple[int, tuple[str, ...]], ...]:
    return tuple(
        (int(source.line[index]), tuple(cell.strip()[:TOP_CHARACTERS] for cell in source.cells(index)[:TOP_CELLS]))
        for index in range(min(TOP_LINES, len(source)))
    )


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


def _commonest(counts: Ints) -> int:
    """The commonest number of fields, one field only where nothing has more."""
    frequent = np.bincount(np.minimum(counts, 100_000))
    if len(frequent) > 2 and frequent[2:].any():
        frequent[:2] = 0
    return int(frequent.argmax())


def _comments(source: Source, mode: int, kinds: dict[int, LineKind]) -> list[int]:
    """Mark the comment lines: "#" and then text in the first field only, or a comment's form before the first row."""
    found: list[int] = []
    leading = True
    previous = -1
    suspects = np.flatnonzero(source.hash & ~source.blank & ((source.fields != mode) | source.ends_empty | (mode == 1)))
    early = np.flatnonzero(source.hash[:_HEAD_ZONE] & ~source.blank[:_HEAD_ZONE])
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
        width = _commonest(counts) if len(counts) else 0
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


def _find_head(
    source: Source, begin: int, end: int, kinds: dict[int, LineKind], name: str, head_line: int | None
) -> tuple[int | None, int]:
    """The head record (None: there is none) and the number of columns."""
    usable = [i for i in range(begin, min(end, begin + 2_000)) if i not in kinds]
    rest = source.fields[begin:end][~source.blank[begin:end]]
    if not usable:
        raise FileRefused("The file holds no table.", "Export it again with its rows.", file=name)
    width = _commonest(rest)
    if head_line == 0:
        return None, width
    if head_line is not None:
        for index in usable if head_line <= source.line[usable[-1]] else range(begin, end):
            if source.line[index] <= head_line < source.line[index + 1]:
                written = len(source.trimmed(index))
                after = source.fields[index + 1 : end][~source.blank[index + 1 : end]]
                return index, max(written, _commonest(after) if len(after) else written)
        raise FileRefused("There is no such line for the head row.", "Choose another line.", file=name, row=head_line)
    sample = [i for i in usable[:_SAMPLE] if source.fields[i] == width]
    filled = sorted((sum(1 for cell in source.cells(i) if cell.strip()) for i in sample), reverse=True) or [width]
    # A head row names more than half as many columns as the fullest rows fill; a title line does not.
    typical = filled[min(2, len(filled) - 1)]
    short: int | None = None
    for index in usable[:_HEAD_ZONE]:
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


def _two_line_head(source: Source, head: int, end: int, width: int, kinds: dict[int, LineKind]) -> tuple[int, int | None]:
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
        typed = [value for value in values if _NUMBER.fullmatch(value) or _DATE.fullmatch(value)]
        if not text or len(typed) <= 0.7 * len(values) or not values:
            continue
        if _NUMBER.fullmatch(text) or _DATE.fullmatch(text) or not re.search(r"[^\W\d_]", text) or text in values:
            return head, None
        against += 1
    if against < 2:
        return head, None
    names_above, names_below = [[cell.strip() for cell in cells if cell.strip()] for cells in (upper, lower)]
    groups = len(set(names_above)) < len(names_above) or len(names_above) < len(names_below)
    whole = len(set(names_below)) == len(names_below) >= len(names_above)
    return (below[0], head) if groups and whole else (head, below[0])


def _of_two_lines(upper: list[str], lower: list[str]) -> tuple[str, ...] | None:
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
    return all(not _NUMBER.fullmatch(cell.strip()) and not _DATE.fullmatch(cell.strip()) for cell in cells if cell.strip())


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
        typed = sum(1 for value in values if _NUMBER.fullmatch(value) or _DATE.fullmatch(value)) > 0.7 * len(values)
        if _NUMBER.fullmatch(text) or _DATE.fullmatch(text):
            if typed and not (_YEAR.fullmatch(text) and not all(_YEAR.fullmatch(value) for value in values)):
                evidence -= 1.0
        elif typed:
            evidence += 1.0
        elif text in values:
            evidence -= 0.5
    return evidence


def _sort_rows(source: Source, first: int, end: int, width: int, kinds: dict[int, LineKind]) -> tuple[dict[int, list[str]], dict[int, str]]:
    """Mark totals and footers among the records from `first` to `end`, and repair or set aside those of another width."""
    for index in range(first, min(end, first + 3)):
        if index in kinds:
            continue
        if _is_total(source.trimmed(index), width, source.cells(index)):
            kinds[index] = "total"
    _mark_footers(source, first, end, width, kinds)
    adjusted: dict[int, list[str]] = {}
    unreadable: dict[int, str] = {}
    odd = [i for i in (np.flatnonzero((source.fields[first:end] != width) & ~source.blank[first:end]) + first).tolist() if i not in kinds]
    short = [i for i in odd if source.fields[i] < width]
    whole = source.fields[first:end] == width
    omits = len(short) >= 3 and len(short) >= _PAD_SHARE * int((~source.blank[first:end]).sum())
    omits = omits and not (whole & source.ends_empty[first:end] & ~source.blank[first:end]).any()
    for index in odd:
        cells = source.trimmed(index)
        fields = int(source.fields[index])
        if _is_total(cells, width, source.cells(index)):
            kinds[index] = "total"
        elif (fields > width and len(cells) <= width) or (1 < fields < width and omits):
            adjusted[index] = cells + [""] * (width - len(cells))
        else:
            unreadable[index] = f"has {fields} fields instead of {width}" if fields else "has quotation marks that do not pair up"
    return adjusted, unreadable


def names_total(text: str) -> bool:
    """Whether a cell says no more than that its row is a total, such as "Gesamt: 914 Datensätze".

    >>> names_total("Grand total (12 records)"), names_total("Total Energies")
    (True, False)
    """
    return _TOTAL.fullmatch(text.strip()) is not None


def _is_total(cells: list[str], width: int, whole: list[str]) -> bool:
    """A row of totals: its first text is "Total" and everything else a number, or it has a "Grand total" too much."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    if not filled:
        return False
    if len(whole) == width + 1 and _TOTAL.fullmatch(filled[-1]):
        return True
    if not _TOTAL.fullmatch(filled[0]):
        return False
    # A row of full width that says no more than "Total" may be a name.
    return all(_NUMBER.fullmatch(cell) for cell in filled[1:]) and (len(filled) > 1 or len(whole) < width)


def _mark_footers(source: Source, first: int, end: int, width: int, kinds: dict[int, LineKind]) -> None:
    """Mark the text under the table: the short records at its very end, when a blank line or a known phrase sets them off."""
    tail: list[int] = []
    set_off = False
    known = False
    index = end - 1
    while index >= max(first, end - _TAIL_ZONE):
        if kinds.get(index) == "blank":
            set_off = set_off or bool(tail)
            index -= 1
            continue
        if index in kinds and kinds[index] != "total":
            index -= 1
            continue
        cells = source.trimmed(index)
        text = " ".join(cells)
        total = _is_total(cells, width, source.cells(index))
        phrase = _FOOTER.search(text) is not None
        single = len([cell for cell in cells if cell.strip()]) <= 1 and width >= 3
        if not (total or single or (phrase and len(cells) < max(2, width)) or (phrase and width == 1)):
            if set_off and source.fields[index] < width and len(cells) < width:
                tail.append(index)
                index -= 1
                continue
            break
        set_off_here = index > 0 and kinds.get(index - 1) == "blank"
        known = known or phrase or total
        set_off = set_off or set_off_here
        tail.append(index)
        if total:
            kinds[index] = "total"
        index -= 1
    keep_going = known or _blank_above(tail, kinds)
    if not keep_going:
        return
    for found in tail:
        if kinds.get(found) != "total":
            kinds[found] = "footer"


def _blank_above(tail: list[int], kinds: dict[int, LineKind]) -> bool:
    return bool(tail) and kinds.get(min(tail) - 1) == "blank"


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
