"""From bytes to a `RawTable`: tell by its content what a file is, and open it or say why not."""

from __future__ import annotations

import re

from app.errors import FileRefused
from app.ingest.limits import Limits
from app.ingest.model import Answers
from app.ingest.raw import RawTable

_CSV_REMEDY = "Export the table as CSV or as an Excel workbook (.xlsx)."
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "This is a PDF."),
    (b"\x1f\x8b", "This is a compressed file (gzip)."),
    (b"7z\xbc\xaf\x27\x1c", "This is a compressed file (7z)."),
    (b"Rar!", "This is a compressed file (rar)."),
    (b"PAR1", "This is a Parquet file."),
    (b"ARROW1", "This is an Arrow file."),
    (b"SQLite format 3", "This is a database file."),
    (b"\x89PNG", "This is a picture."),
    (b"\xff\xd8\xff", "This is a picture."),
    (b"GIF8", "This is a picture."),
    (b"{\\rtf", "This is a text document (RTF)."),
    (b"RDX2", "This is an R data file."),
    (b"WEBVTT", "This is a transcript (WebVTT), not a table."),
)
_HTML = re.compile(rb"\s*<(!doctype html|html|head|body|table|meta|script)\b", re.IGNORECASE)
_XML = re.compile(rb"\s*<\?xml\b", re.IGNORECASE)
_JSON = re.compile(rb'\s*(\{\s*("|\})|\[\s*(\{|\[|\]))')


def open_file(data: bytes, *, name: str, answers: Answers, limits: Limits) -> RawTable:
    """Open an uploaded file.

    Parameters
    ----------
    data
        The whole file.
    name
        Its name, for messages only: what a file is, is told by its content.
    answers
        What the user has decided (encoding, delimiter, sheet, head row).
    limits
        What the file may cost.

    Raises
    ------
    FileRefused
        With the reason and the remedy, when the file is empty, too large, dangerous, of another kind, or no table.
    """
    if not data:
        raise FileRefused("The file is empty.", "Export it again; nothing was imported.", file=name)
    if len(data) > limits.file_bytes:
        raise FileRefused(
            f"The file has {len(data) / 1024**2:,.0f} MB; at most {limits.file_bytes / 1024**2:,.0f} MB are read.",
            "Export a shorter period or fewer columns.",
            file=name,
        )
    if data.startswith(b"PK\x03\x04") or data.startswith(b"PK\x05\x06"):
        # Imported here so that a text does not pay for the workbook reader.
        from app.ingest.workbook import open_workbook

        return open_workbook(data, name=name, answers=answers, limits=limits)
    _refuse_other_kinds(data, name)
    from app.ingest.delimited import open_delimited

    return open_delimited(data, name=name, answers=answers, limits=limits)


def _refuse_other_kinds(data: bytes, name: str) -> None:
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise FileRefused("The workbook is protected by a password.", "Save it without a password.", file=name)
        raise FileRefused("This is a workbook in the old Excel format (.xls).", "Save it as .xlsx or CSV.", file=name)
    for signature, sentence in _SIGNATURES:
        if data.startswith(signature):
            raise FileRefused(sentence, _CSV_REMEDY, file=name)
    start = data[:2_048].removeprefix(b"\xef\xbb\xbf")
    if _HTML.match(start):
        raise FileRefused("This is a web page, although it may be named like a table.", _CSV_REMEDY, file=name)
    if _XML.match(start):
        raise FileRefused("This is an XML file.", _CSV_REMEDY, file=name)
    if _JSON.match(start):
        raise FileRefused("This is a JSON file.", _CSV_REMEDY, file=name)
