"""Where the records of a delimited text begin and end, and which delimiter and quote separate their fields.

The whole file is looked at, never only its first rows: one damaged line must neither turn a table into a single column
nor swallow the lines after it. A file whose quotes all stand where they may is *regular* and is scanned as arrays;
any other is read line by line (`exact_records`), so that a stray quote costs one line and not the rest of the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

import numpy as np

from app.ingest.fields import Dialect, split_line, split_record, strict_record
from app.ingest.scan import Ints, Scan, scan_text

DELIMITERS: tuple[bytes, ...] = (b",", b";", b"\t", b"|")
NAMES: dict[bytes, str] = {b",": "comma", b";": "semicolon", b"\t": "tab", b"|": "bar"}
ESCAPED = b"\x01\x02"
"""Stands for a quote that was written behind a backslash, and is as long."""
_SAMPLED_LINES = 20_000
_TYPED_RECORDS = 300
_VALUE = re.compile(
    r"[-+(]?\s*[$€£¥₹R]{0,2}\s*\d[\d.,\s\u00a0'’]*\s*[%$€£¥]?\)?"
    r"|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?\s*([AaPp][Mm]|Z|[+-]\d{2}:?\d{2})?)?"
    r"|true|false|yes|no|null|n/a",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Records:
    """The records of a text, as arrays of the same length n.

    `start` and `end` are byte positions (without the line end), `line` the physical line each starts on, from 1, with one
    more entry at its end, so that record i spans `line[i + 1] - line[i]` lines. `fields` counts its fields.
    `repaired` holds the fields of records whose quotes had to be read leniently. `escaped` is the quote for which `ESCAPED` stands in the
    text, where the file writes it behind a backslash.
    """

    text: bytes
    dialect: Dialect
    start: Ints
    end: Ints
    line: Ints
    fields: Ints
    repaired: dict[int, list[bytes]] = field(default_factory=dict)
    escaped: bytes = b""

    def __len__(self) -> int:
        return len(self.start)

    @property
    def lines(self) -> int:
        """How many physical lines the text has."""
        return int(self.line[-1]) - 1

    def split(self, index: int) -> list[bytes]:
        """The fields of record `index`, without the quotes around them."""
        known = self.repaired.get(index)
        if known is None:
            known = split_record(self.text[self.start[index] : self.end[index]], self.dialect)
        return [cell.replace(ESCAPED, self.escaped) for cell in known] if self.escaped else known


def read_records(text: bytes, *, delimiter: bytes | None = None) -> Records | None:
    """The records of `text`, under the given delimiter or the one the file speaks for.

    Returns
    -------
    Records or None
        None when the delimiter cannot be told and the text does not look like a single column either.
    """
    quotes = [b'"'] if b'"' in text or not _single_quoted(text) else [b"'"]
    quote = quotes[0] if quotes[0] in text else b""
    candidates = (delimiter,) if delimiter is not None else tuple(d for d in DELIMITERS if d in text)
    scan = scan_text(text, quote, tuple(d for d in candidates if d))
    escaped = _without_backslashes(text, quote, scan)
    if escaped is not None:
        found = read_records(escaped, delimiter=delimiter)
        return None if found is None else replace(found, escaped=quote)
    best: tuple[float, bytes, int] | None = None
    decent = False
    for candidate in sorted((d for d in candidates if d), key=lambda d: not scan.regular[d]):
        regular = scan.regular[candidate]
        if not regular and decent:
            continue
        counts = scan.fields[candidate] if regular else _line_counts(text, Dialect(candidate, quote))
        share, width, coverage = _consistency(counts)
        if width < 2:
            continue
        sample = _sampled_fields(text, scan, Dialect(candidate, quote), regular)
        # Coverage keeps a mark that occurs in a few lines only from winning; it is not all, for titles may outnumber rows.
        score = (0.25 + 0.75 * coverage) * share * _cleanness(sample, candidate) * width / (width + 1) * (1.0 if regular else 0.9)
        decent = decent or (regular and share > 0.9)
        if best is None or score > best[0]:
            best = (score, candidate, width)
    if delimiter is not None:
        width = best[2] if best is not None else 1
        return _records(text, scan, Dialect(delimiter, quote), width)
    if best is None or best[0] < 0.2 or not scan.regular[best[1]]:
        spaced = _by_spaces(text, quote)
        if spaced is not None:
            return spaced
    if best is not None and (_in_head(text, best[1]) or (best[0] >= 0.2 and _recurs(text, best[1]))):
        return _records(text, scan, Dialect(best[1], quote), best[2])
    if best is not None and not _is_single_column(text, scan, quote):
        return None
    return _records(text, scan, Dialect(b"", quote), 1)


def _without_backslashes(text: bytes, quote: bytes, scan: Scan) -> bytes | None:
    """The text with a mark in the place of each quote behind a backslash, when only that makes all quotes fit; else None."""
    # A single byte is found much faster than two, and most files have no backslash at all.
    if not quote or b"\\" not in text or b"\\" + quote not in text or not scan.regular or any(scan.regular.values()) or ESCAPED in text:
        return None
    marked = re.sub(rb"(?<!\\)((?:\\\\)*)\\" + re.escape(quote), rb"\1" + ESCAPED, text)
    return marked if any(scan_text(marked, quote, tuple(scan.regular)).regular.values()) else None


def _by_spaces(text: bytes, quote: bytes) -> Records | None:
    """The records of a text whose every line has the same number of fields, at least three, with one space between them; else None.

    No line may differ, because words are separated by spaces as well.
    """
    scan = scan_text(text, quote, (b" ",))
    counts = scan.fields[b" "]
    if not scan.regular[b" "] or len(counts) < 3 or counts[0] < 3 or b"  " in text or not (counts == counts[0]).all():
        return None
    return Records(text, Dialect(b" ", quote), scan.start, scan.end, scan.line, counts)


def _single_quoted(text: bytes) -> bool:
    """Whether most lines quote their fields with an apostrophe."""
    lines = max(1, text.count(b"\n"))
    return any(text.count(d + b"'") >= 0.5 * lines and text.count(b"'" + d) >= 0.5 * lines for d in DELIMITERS)


def _in_head(text: bytes, delimiter: bytes) -> bool:
    """Whether the first line that is neither empty nor a comment contains the delimiter."""
    for line in re.split(rb"\r\n|\r|\n", text[:65_536]):
        if line.strip() and not line.startswith(b"#"):
            return delimiter in line
    return False


def _recurs(text: bytes, delimiter: bytes) -> bool:
    """Whether more than a quarter of the lines, and more than two, contain the delimiter."""
    lines = [line for line in re.split(rb"\r\n|\r|\n", text) if line.strip()]
    return sum(1 for line in lines if delimiter in line) > max(2, len(lines) // 4)


def _is_single_column(text: bytes, scan: Scan, quote: bytes) -> bool:
    """Whether no delimiter has a claim: each is missing from most lines."""
    for delimiter, counts in scan.fields.items():
        used = counts if scan.regular[delimiter] else _line_counts(text, Dialect(delimiter, quote))
        filled = max(1, int((used > 0).sum()))
        if int((used > 1).sum()) > 0.7 * filled:
            return False
    return True


def _consistency(counts: Ints) -> tuple[float, int, float]:
    """The share of records with the commonest number of fields above one, that number, and the share it has of all records.

    For the first share, single-field records before the first and after the last record of several fields (titles,
    footers) do not count.
    """
    several = np.flatnonzero(counts > 1)
    if not len(several):
        return 0.0, 1, 0.0
    core = counts[several[0] : several[-1] + 1]
    core = core[core > 0]
    frequent = np.bincount(np.minimum(core, 100_000))
    frequent[:2] = 0
    width = int(frequent.argmax())
    return float(frequent[width]) / len(core), width, float(frequent[width]) / int((counts > 0).sum())


def _line_counts(text: bytes, dialect: Dialect) -> Ints:
    """Field counts of physical lines read one by one, evenly spread over the whole text; 0 for an empty line."""
    lines = re.split(rb"\r\n|\r|\n", text)
    step = max(1, len(lines) // _SAMPLED_LINES)
    return np.array([len(split_line(line, dialect)) if line else 0 for line in lines[::step]], dtype=np.int64)


def _sampled_fields(text: bytes, scan: Scan, dialect: Dialect, regular: bool) -> list[list[str]]:
    """The fields of up to 300 records from the whole file."""
    if regular:
        step = max(1, len(scan.start) // _TYPED_RECORDS)
        pieces = [text[scan.start[i] : scan.end[i]] for i in range(0, len(scan.start), step)]
    else:
        lines = re.split(rb"\r\n|\r|\n", text)
        pieces = lines[:: max(1, len(lines) // _TYPED_RECORDS)]
    return [[cell.decode("utf-8", "replace") for cell in split_line(piece, dialect)] for piece in pieces if piece.strip()]


def _cleanness(sample: list[list[str]], delimiter: bytes) -> float:
    """The share of cells that look like one value: no other delimiter that separates something, no quote left open."""
    cells = [cell.strip() for fields in sample if len(fields) > 1 for cell in fields]
    if not cells:
        return 0.1
    foreign = "".join(d.decode() for d in DELIMITERS if d != delimiter)
    splits = re.compile(rf"[{re.escape(foreign)}](?=\S)|\t")
    clean = sum(1 for cell in cells if not cell or _VALUE.fullmatch(cell) or not splits.search(cell))
    return max(0.05, clean / len(cells))


def _records(text: bytes, scan: Scan, dialect: Dialect, width: int) -> Records:
    if not dialect.delimiter:
        if dialect.quote and not _quotes_fit(text, dialect):
            dialect = Dialect(b"", b"")
        plain = scan_text(text, dialect.quote, ())
        return Records(text, dialect, plain.start, plain.end, plain.line, np.ones(len(plain.start), dtype=np.int64))
    if scan.regular[dialect.delimiter]:
        records = Records(text, dialect, scan.start, scan.end, scan.line, scan.fields[dialect.delimiter])
        if not _swallows(records, width):
            return records
    return exact_records(text, dialect, width)


def _quotes_fit(text: bytes, dialect: Dialect) -> bool:
    """Whether the quotes of a single-column text enclose whole cells. A line feed can stand for the missing delimiter."""
    return scan_text(text, dialect.quote, (b"\n",)).regular[b"\n"]


def _swallows(records: Records, width: int) -> bool:
    """Whether a record of several lines may be a stray quote that swallowed the lines after it."""
    several = np.flatnonzero(np.diff(records.line) > 1)
    for index in several:
        if records.fields[index] != width:
            return True
        piece = records.text[records.start[index] : records.end[index]]
        if piece.count(records.dialect.delimiter) >= 2 * (width - 1) and _each_line_is_whole(piece, records.dialect, width):
            return True
    return False


def _each_line_is_whole(piece: bytes, dialect: Dialect, width: int) -> bool:
    """Whether every physical line of the piece has the table's number of fields by itself: then it is no cell with line ends."""
    if width < 3:
        return False
    return all(len(split_line(line, dialect)) == width for line in re.split(rb"\r\n|\r|\n", piece))


def exact_records(text: bytes, dialect: Dialect, width: int) -> Records:
    """The records of a text with damaged quotes, read line by line.

    A record may span lines only when its quotes are strictly right and its lines are no records of their own. A line
    with a stray quote is read leniently: a quote that neither opens nor closes a field is a character like any other.
    Where that leaves two fields with half a pair of quotes, nobody knows where the line divides: it gets 0 fields.
    """
    strict = strict_record(dialect)
    start: list[int] = []
    end: list[int] = []
    line: list[int] = []
    fields: list[int] = []
    repaired: dict[int, list[bytes]] = {}
    number = 1
    at = 0
    breaks = re.compile(rb"\r\n|\r|\n")
    while at < len(text):
        found = breaks.search(text, at)
        stop, following = (found.start(), found.end()) if found else (len(text), len(text))
        piece = text[at:stop]
        lines = 1
        if not dialect.quote or dialect.quote not in piece:
            count = piece.count(dialect.delimiter) + 1
        else:
            right = strict.match(text, at)
            count = 0
            if right is not None and right.end() == stop:
                count = len(split_record(piece, dialect))
            elif right is not None and right.end() > stop:
                longer = text[at : right.end()]
                if len(split_record(longer, dialect)) == width and not _each_line_is_whole(longer, dialect, width):
                    count = width
                    lines = 1 + len(breaks.findall(longer))
                    stop = right.end()
                    closing = breaks.match(text, stop)
                    following = closing.end() if closing else stop
            if count != width:
                lenient = split_line(piece, dialect, width=width)
                if count == 0 or len(lenient) == width:
                    count = len(lenient) if _quotes_apart(lenient, dialect.quote) else 0
                    repaired[len(start)] = lenient
        start.append(at)
        end.append(stop)
        line.append(number)
        fields.append(count)
        number += lines
        at = following
    line.append(number)
    starts, ends, lines_at, counts = (np.array(values, dtype=np.int64) for values in (start, end, line, fields))
    return Records(text, dialect, starts, ends, lines_at, counts, repaired)


def _quotes_apart(fields: list[bytes], quote: bytes) -> bool:
    """Whether stray quotes are no pair around a delimiter, so that the line is divided where its writer divided it."""
    return sum(field.count(quote) % 2 for field in fields) < 2
