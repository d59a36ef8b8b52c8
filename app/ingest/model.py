"""The values that pass between the import's steps, and between the import and everything else.

All are frozen and made of plain values, so that they cross a process boundary and are stored as JSON
(`app.ingest.wire`). Nothing here reads a file.

The walk: bytes ──inspect──▶ `Inspection` (proposals and open questions) ──answers──▶ `Inspection` … ──read──▶
`TypedTable` (Parquet bytes, `SnapshotInfo`, `Receipt`, rows set aside). The only state between the steps is `Answers`:
the same bytes and the same answers always give the same table.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from app.tables import Outcome, SnapshotInfo, TableName

Role = Literal["field", "segment", "personal", "ignored"]
QuestionKind = Literal["encoding", "table", "date_order", "decimal_mark", "stage_word", "amount", "currency", "rate", "field", "time_zone"]
FileKind = Literal["csv", "xlsx", "xls", "xlsb", "ods", "html", "parquet"]
LineKind = Literal["head", "comment", "blank", "preamble", "total", "footer"]


@dataclass(frozen=True)
class Answers:
    """What the user (or the command line) has decided. Empty means: take the proposals.

    Parameters
    ----------
    table, system
        The kind of table and the system it came from, when the proposal was changed.
    encoding, delimiter, sheet, head_line
        How the file is opened; `head_line` counts from 1 in lines (CSV) or sheet rows (workbook), 0 for "no head row".
    fields
        field name → heading (several fields may not share a heading). A heading of None un-maps the field.
    roles
        heading → role, for columns that are not mapped: keep as a segment, drop as personal, ignore.
    formats
        heading → format name as offered by a question, e.g. "day first", "decimal comma", "%d/%m/%Y".
    stages
        stage word → outcome.
    steps
        Of a log: field of the lead → the word of the step that reaches it; None where no step does.
    currency
        The one currency to use: a code to take the rows of, or to name amounts that carry none; "to EUR" to convert the others.
    home_currency
        The team's currency, for amounts of which the file names none.
    rates
        currency code → how many units of the chosen currency one unit is, as text such as "0.92".
    time_zone
        IANA name of the team's time zone; instants with an offset are put on its wall clock.
    """

    table: TableName | None = None
    system: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    head_line: int | None = None
    fields: dict[str, str | None] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)
    formats: dict[str, str] = field(default_factory=dict)
    stages: dict[str, Outcome] = field(default_factory=dict)
    steps: dict[str, str | None] = field(default_factory=dict)
    currency: str | None = None
    rates: dict[str, str] = field(default_factory=dict)
    time_zone: str = "UTC"
    home_currency: str | None = None


@dataclass(frozen=True)
class Choice:
    """One possible answer to a question. `means` shows what the example from the file would become."""

    value: str
    label: str
    means: str = ""


@dataclass(frozen=True)
class Question:
    """Something the file does not settle. Nothing is imported while one is open.

    `key` is stable for the same file and column, e.g. "date_order:Close Date"; `column` is the heading it is about;
    `example` is a value from the file; `text` is one sentence for a sales manager. The answer goes into `Answers` at
    (`answer_in`, `answer_key`), e.g. ("formats", "Close Date") or ("stages", "Pending"). A question without choices (kind "rate") is
    answered with a number. `proposed` is the value of the choice that is probably right, to be confirmed.
    """

    key: str
    kind: QuestionKind
    text: str
    choices: tuple[Choice, ...]
    answer_in: str
    answer_key: str
    column: str | None = None
    example: str | None = None
    rows: int | None = None
    proposed: str | None = None


@dataclass(frozen=True)
class ColumnProposal:
    """What is proposed for one column of the file, and why.

    `position` counts from 0. `heading` is unique within the file (a repeated heading gets " (2)"). `field` is set when
    `role` is "field". `confidence` in [0, 1]. `reason` is one plain sentence. `format` is the format the column will be
    converted with, in words. `samples` are up to five different values as text; `filled` counts non-blank cells and
    `distinct` their different values, None where nearly every row has its own and nobody counted them.
    """

    position: int
    heading: str
    role: Role
    field: str | None
    confidence: float
    reason: str
    format: str | None
    samples: tuple[str, ...]
    filled: int
    distinct: int | None


@dataclass(frozen=True)
class StageWord:
    """One word of the stage (or status) column, how many rows have it, and what it is taken for.

    `outcome` is None while the user must say; `probably` is then what to propose, if anything.
    """

    word: str
    rows: int
    outcome: Outcome | None
    reason: str
    probably: Outcome | None = None


@dataclass(frozen=True)
class FileFacts:
    """How the file was opened.

    `sha256` and `size` are those of the bytes that were uploaded, packed as they were; they are filled in once the file is open.
    `kind` is what the bytes are, whatever the name says. `lines` counts the file's lines (rows of the sheet for a workbook). `apart`
    counts the lines that are no data, by kind; `head_line` is where the head row stands (from 1; 0 when there is none).
    `rows` is the number of data rows, so that lines = rows' lines + sum(apart).
    """

    name: str
    sha256: str
    size: int
    kind: FileKind
    encoding: str | None
    delimiter: str | None
    sheet: str | None
    sheets: tuple[str, ...]
    head_line: int
    lines: int
    rows: int
    columns: int
    apart: tuple[tuple[LineKind, int], ...]
    encoding_reason: str = ""
    period_stated: tuple[str, str] | None = None


@dataclass(frozen=True)
class Inspection:
    """All that is known and proposed before anything is stored.

    `table` is None when the kind could not be told (then a question of kind "table" is open). `table_confidence` in
    [0, 1]. `notes` are sentences worth reading, e.g. that a probability column was left out on purpose.
    `missing` are required-for-something fields that no column fills, as sentences. `stages` are the words that say how a record ended, and
    `stages_of` is the heading of their column. `top` are the first lines of the file, (line,
    cells), to point at the head row; they are shown, and kept no longer than the upload.
    """

    file: FileFacts
    table: TableName | None
    table_confidence: float
    table_reason: str
    system: str | None
    system_label: str | None
    columns: tuple[ColumnProposal, ...]
    stages: tuple[StageWord, ...]
    questions: tuple[Question, ...]
    notes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    top: tuple[tuple[int, tuple[str, ...]], ...] = ()
    stages_of: str = ""


@dataclass(frozen=True)
class SetAside:
    """Rows that were read but not used, by reason. `rows` are up to 20 line numbers; the full list is in the rejected file.

    `code` is stable ("duplicate", "deleted", "no_date", "older_version", "other_currency", "unreadable:Close Date" …).
    """

    code: str
    reason: str
    count: int
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Changed:
    """Cells whose value was changed in a way worth knowing (e.g. a time zone applied, a currency sign taken off).

    `what` is one plain sentence, `column` the heading, `cells` how many.
    """

    column: str
    what: str
    cells: int


@dataclass(frozen=True)
class AmountCheck:
    """The sum of the amount column, so that it can be compared with the CRM's own total.

    All sums are exact decimals written as text. `read` = `used` + sum of what was set aside.
    """

    column: str
    currency: str | None
    read: str
    used: str
    set_aside: str


@dataclass(frozen=True)
class FoldedEvents:
    """A log that was turned into records: `events` of the file went into `records` rows of the table."""

    events: int
    records: int


@dataclass(frozen=True)
class Finding:
    """Rows that were used and deserve a look: how many, and the first of them with the cells that show why.

    `code` is stable ("closed_before_created", "amount_out_of_scale" …). `headings` name the cells of each of `rows`, which begin with
    the line number; `count` may be more than the rows shown.
    """

    code: str
    text: str
    count: int
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class LoadedTable:
    """What must be known of a loaded table to join a file to it; `headings` are (stored column, heading it had in its file)."""

    info: SnapshotInfo
    headings: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class JoinChoice:
    """How a loaded table and another file are put together by an id.

    `key` is a stored column of the loaded table, `other_key` the heading of the same thing in the file. `fields` are (field of the
    table, heading of the file), `segments` further headings kept to compare groups by. `converted` says that whoever is in
    the file, and has a date where the file gives one, became a customer, and nobody else.
    """

    table: TableName
    key: str
    other_key: str
    fields: tuple[tuple[str, str], ...] = ()
    segments: tuple[str, ...] = ()
    converted: bool = False


@dataclass(frozen=True)
class JoinCounts:
    """What matches: rows = matched + alone + blank of the loaded table, and other_rows = the sum of the other_… of the file.

    `alone` rows have an id that the other side lacks, `blank` rows have none. `ids` and `ids_matched` count different ids of the loaded
    table. `other_double` are rows of the file whose id comes again with other values: nothing is taken from them but a first date.
    """

    rows: int
    matched: int
    alone: int
    blank: int
    ids: int
    ids_matched: int
    other_rows: int
    other_matched: int
    other_alone: int
    other_double: int
    other_blank: int


@dataclass(frozen=True)
class JoinOffer:
    """A join that can be made, as data: which two columns meet, what the loaded table gains, and what would match."""

    choice: JoinChoice
    key_label: str
    gained: tuple[str, ...]
    counts: JoinCounts
    text: str


@dataclass(frozen=True)
class Receipt:
    """The account of one import: every row and every amount is somewhere. rows_read = rows_used + sum(set_aside).

    `folded` is filled when the file was a log; its rows are events then. `findings` are rows that were used and deserve a look.
    `joined` is filled when the file was joined to a loaded table; the rows are the file's then.
    """

    file: FileFacts
    table: TableName
    system: str | None
    answers: Answers
    mapping: tuple[tuple[str, str], ...]
    segments: tuple[str, ...]
    dropped_personal: tuple[str, ...]
    ignored: tuple[str, ...]
    rows_read: int
    rows_used: int
    set_aside: tuple[SetAside, ...]
    changed: tuple[Changed, ...]
    amounts: AmountCheck | None
    stages: tuple[StageWord, ...]
    warnings: tuple[str, ...] = ()
    folded: FoldedEvents | None = None
    findings: tuple[Finding, ...] = ()
    joined: JoinCounts | None = None


@dataclass(frozen=True)
class TypedTable:
    """An imported table: Parquet bytes in the canonical columns, what must be known of it, its receipt.

    `rejected_csv` holds the rows set aside as CSV (UTF-8 with BOM): line number, reason, then the cells as read, with
    personal columns left out and formula cells made harmless.
    """

    parquet: bytes
    info: SnapshotInfo
    receipt: Receipt
    rejected_csv: bytes
