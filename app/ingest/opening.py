"""From bytes to a `RawTable`: tell by its content what a file is, and open it or say why not."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace

from app.errors import FileRefused
from app.ingest.limits import Limits
from app.ingest.model import Answers
from app.ingest.raw import RawTable

_CSV_REMEDY = "Export the table as CSV or as an Excel workbook (.xlsx)."
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "This is a PDF."),
    (b"7z\xbc\xaf\x27\x1c", "This is a compressed file (7z)."),
    (b"Rar!", "This is a compressed file (rar)."),
    (b"ARROW1", "This is an Arrow file."),
    (b"SQLite format 3", "This is a database file."),
    (b"\x89PNG", "This is a picture."),
    (b"\xff\xd8\xff", "This is a picture."),
    (b"GIF8", "This is a picture."),
    (b"{\\rtf", "This is a text document (RTF)."),
    (b"RDX2", "This is an R data file."),
    (b"WEBVTT", "This is a transcript (WebVTT), not a table."),
)
_OLE = b"\xd0\xcf\x11\xe0"
_HTML = re.compile(rb"\s*<(!doctype html|html|head|body|table|meta|script)\b", re.IGNORECASE)
_XML = re.compile(rb"\s*<\?xml\b", re.IGNORECASE)
_JSON = re.compile(rb'\s*(\{\s*("|\})|\[\s*(\{|\[|\]|"))')


def open_file(data: bytes, *, name: str, answers: Answers, limits: Limits, sha256: str | None = None) -> RawTable:
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
    sha256
        The hash of the bytes, when it is known already.

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
    raw = _opened(data, name=name, answers=answers, limits=limits)
    return replace(raw, facts=replace(raw.facts, size=len(data), sha256=sha256 or hashlib.sha256(data).hexdigest()))


def _opened(data: bytes, *, name: str, answers: Answers, limits: Limits) -> RawTable:
    # The readers are imported where they are needed, so that a text does not pay for the others.
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _open_archive(data, name=name, answers=answers, limits=limits)
    if data.startswith(b"\x1f\x8b"):
        from app.ingest.packed import from_gzip

        return _unpacked(from_gzip(data, name=name, limits=limits), name=name, answers=answers, limits=limits)
    if data.startswith(b"PAR1"):
        from app.ingest.columnar import open_parquet

        return open_parquet(data, name=name, answers=answers, limits=limits)
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise FileRefused("The workbook is protected by a password.", "Save it without a password.", file=name)
        from app.ingest.workbook import open_workbook

        return open_workbook(data, name=name, kind="xls", answers=answers, limits=limits)
    if _HTML.match(data[:2_048].removeprefix(b"\xef\xbb\xbf")):
        from app.ingest.web_table import open_web_table

        return open_web_table(data, name=name, answers=answers, limits=limits)
    _refuse_other_kinds(data, name)
    from app.ingest.delimited import open_delimited

    return open_delimited(data, name=name, answers=answers, limits=limits)


def _open_archive(data: bytes, *, name: str, answers: Answers, limits: Limits) -> RawTable:
    from app.ingest.archive import examine, kind_of

    kind = kind_of(data, name, limits)
    if kind == "zip":
        from app.ingest.packed import from_zip

        return _unpacked(from_zip(data, name=name, limits=limits), name=name, answers=answers, limits=limits)
    from app.ingest.workbook import open_workbook

    parts = examine(data, name, limits)
    return open_workbook(data, name=name, kind=kind, answers=answers, limits=limits, parts=parts)


def _unpacked(inner: tuple[str, bytes], *, name: str, answers: Answers, limits: Limits) -> RawTable:
    """The table of a file that was packed; packed twice is not opened. Name, size and hash stay those of what was uploaded."""
    inside, content = inner
    if content.startswith(b"\x1f\x8b") or (content.startswith(b"PK\x03\x04") and _is_plain_archive(content, name, limits)):
        raise FileRefused("The file is packed twice.", "Unpack it and upload the table inside.", file=name)
    if not content:
        raise FileRefused("The file is empty.", "Export it again; nothing was imported.", file=name)
    raw = _opened(content, name=name, answers=answers, limits=replace(limits, file_bytes=limits.unpacked_bytes))
    return replace(raw, notes=(f"Unpacked from the archive: {inside}.", *raw.notes))


def _is_plain_archive(content: bytes, name: str, limits: Limits) -> bool:
    from app.ingest.archive import kind_of

    return kind_of(content, name, limits) == "zip"


def _refuse_other_kinds(data: bytes, name: str) -> None:
    for signature, sentence in _SIGNATURES:
        if data.startswith(signature):
            raise FileRefused(sentence, _CSV_REMEDY, file=name)
    start = data[:2_048].removeprefix(b"\xef\xbb\xbf")
    if _XML.match(start):
        raise FileRefused("This is an XML file.", _CSV_REMEDY, file=name)
    if _JSON.match(start):
        raise FileRefused("This is a JSON file.", _CSV_REMEDY, file=name)
