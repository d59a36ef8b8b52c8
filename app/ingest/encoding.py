"""Which characters the bytes stand for.

The order is: the user's answer, a byte order mark, strict UTF-8 over the whole file, the pattern of UTF-16 without a
mark, UTF-8 with a few foreign bytes, the code page whose letters read best, and only then a guess by frequency. Where two
code pages read equally well the user is asked (`Decoded.rivals`).
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from app.errors import FileRefused
from app.ingest.code_pages import LABELS, doubtful, tell

_MARKS: tuple[tuple[bytes, str, str], ...] = (
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32"),
    (codecs.BOM_UTF8, "utf-8", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_MULTIBYTE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x19\x1b-\x1f]")
_SAMPLE = 256 * 1024
_CONTROL_SHARE = 0.01


@dataclass(frozen=True)
class Decoded:
    """A text as UTF-8 without a mark, the encoding it was in and how that was known (one sentence).

    `rivals` are other encodings that fit as well and read otherwise, the one taken first, each with words from the file.
    """

    text: bytes
    encoding: str
    reason: str
    rivals: tuple[tuple[str, tuple[str, ...]], ...] = ()


def decode(data: bytes, *, name: str, encoding: str | None = None) -> Decoded:
    """The text of `data`.

    Parameters
    ----------
    data
        The whole file.
    name
        Its name, for messages.
    encoding
        The user's answer, any name Python knows; None to find out.

    Raises
    ------
    FileRefused
        When the answer does not fit the bytes, or the bytes are no text.
    """
    decoded = _as_answered(data, name, encoding) if encoding else _found(data)
    sample = decoded.text[:_SAMPLE]
    if sample and len(_CONTROL.findall(sample)) > _CONTROL_SHARE * len(sample):
        raise FileRefused(
            "The file is not a text table.",
            "Export it again as CSV or as an Excel workbook (.xlsx).",
            file=name,
        )
    return decoded


def _as_answered(data: bytes, name: str, encoding: str) -> Decoded:
    try:
        known = codecs.lookup(encoding).name
        for mark, marked, _ in _MARKS:
            if data.startswith(mark) and marked.startswith(known.removesuffix("-sig")):
                return Decoded(data[len(mark) :].decode(marked).encode(), known, "Chosen by you.")
        return Decoded(data.decode(known).encode(), known, "Chosen by you.")
    except (LookupError, UnicodeError) as error:
        raise FileRefused(
            f"The file cannot be read in the encoding “{encoding}”.",
            "Choose another encoding, or leave it to be found.",
            file=name,
        ) from error


def _found(data: bytes) -> Decoded:
    for mark, encoding, label in _MARKS:
        if data.startswith(mark):
            body = data[len(mark) :]
            try:
                text = body if encoding == "utf-8" and _is_utf8(body) else body.decode(encoding).encode()
            except UnicodeError:
                continue
            return Decoded(text, encoding, f"The file says so: it begins with the mark of {label}.")
    if _is_utf8(data) and not _utf16_pattern(data):
        return Decoded(data, "utf-8", "Every byte of the file is valid UTF-8.")
    if wide := _utf16_pattern(data):
        try:
            return Decoded(data.decode(wide).encode(), wide, "Every second byte is zero, as in UTF-16.")
        except UnicodeError:
            pass
    valid, foreign = _utf8_evidence(data)
    if valid >= 3 and foreign * 3 <= valid:
        text = data.decode("utf-8", errors="windows_1252_byte").encode()
        return Decoded(text, "utf-8", f"UTF-8, except for {foreign:,} byte(s) that were read as Windows-1252.")
    told = tell(data)
    if told is not None:
        # The evidence was the beginning of a very large file; something else may stand behind it.
        whole = _decoded_as(data, told.best.encoding)
        if whole is not None:
            rivals = tuple((reading.encoding, reading.words) for reading in (told.best, *told.rivals)) if told.rivals else ()
            reason = f"Not Unicode; as {LABELS[told.best.encoding]} its letters make words."
            return Decoded(whole, told.best.encoding, reason, rivals)
    doubt = doubtful(data)
    if len(doubt) > 1:
        # No candidate reads well: whatever is taken, the user is asked.
        whole = _decoded_as(data, doubt[0].encoding)
        if whole is not None:
            rivals = tuple((reading.encoding, reading.words) for reading in doubt)
            return Decoded(whole, doubt[0].encoding, "Not Unicode, and no code page reads well.", rivals)
    return _guess(data) or Decoded(data.decode("latin-1").encode(), "latin-1", "No other encoding fits; Latin-1 accepts every byte.")


def _decoded_as(data: bytes, encoding: str) -> bytes | None:
    try:
        return data.decode(encoding).encode()
    except UnicodeError:
        return None


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode("utf-8")
    except UnicodeError:
        return False
    return True


def _utf16_pattern(data: bytes) -> str | None:
    """The UTF-16 order that the zero bytes betray: in text of mostly Latin letters every second byte is zero."""
    sample = data[: _SAMPLE & ~1]
    half = len(sample) // 2
    if half < 2 or len(data) % 2:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > 0.3 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.3 * half and odd < 0.05 * half:
        return "utf-16-be"
    return None


def _utf8_evidence(data: bytes) -> tuple[int, int]:
    """How many characters of several bytes are valid UTF-8, and how many bytes above 127 belong to none."""
    valid = sum(1 for _ in _MULTIBYTE.finditer(data))
    rest = _MULTIBYTE.sub(b"", data)
    return valid, sum(len(run) for run in _HIGH_RUN.findall(rest))


def _guess(data: bytes) -> Decoded | None:
    # Imported here because it costs 50 ms, and almost no file needs it.
    from charset_normalizer import from_bytes

    best = from_bytes(data[:_SAMPLE]).best()
    if best is None:
        return None
    try:
        text = data.decode(best.encoding).encode()
    except (LookupError, UnicodeError):
        return None
    return Decoded(text, best.encoding, "A guess from how often each character occurs; check names with accents.")


def _windows_1252_byte(error: UnicodeError) -> tuple[str, int]:
    """Read the bytes that are not UTF-8 as Windows-1252, one by one; undefined ones as Latin-1."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    piece = error.object[error.start : error.end]
    return "".join(_one_byte(byte) for byte in piece), error.end


def _one_byte(byte: int) -> str:
    try:
        return bytes((byte,)).decode("cp1252")
    except UnicodeDecodeError:
        return chr(byte)


codecs.register_error("windows_1252_byte", _windows_1252_byte)
