"""The one table inside a ZIP or gzip file."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import IO

from app.errors import FileRefused
from app.ingest.limits import Limits

_PIECE = 4 * 1024 * 1024
_IGNORED = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")
_NAMED = 6


def from_zip(data: bytes, *, name: str, limits: Limits) -> tuple[str, bytes]:
    """(name, bytes) of the only file in an archive whose directory was checked.

    Raises
    ------
    FileRefused
        When it holds no file, more than one, a protected one, or one that unpacks to too much.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [
                m for m in archive.infolist() if not m.is_dir() and not any(part in _IGNORED for part in PurePosixPath(m.filename).parts)
            ]
            if not members:
                raise FileRefused("The archive is empty.", "Export the table again.", file=name)
            if len(members) > 1:
                shown = ", ".join(PurePosixPath(m.filename).name for m in members[:_NAMED])
                more = f" and {len(members) - _NAMED} more" if len(members) > _NAMED else ""
                raise FileRefused(
                    f"The archive holds {len(members)} files: {shown}{more}.", "Unpack it and upload the tables one by one.", file=name
                )
            with archive.open(members[0]) as stream:
                return PurePosixPath(members[0].filename).name, _read(stream, name, limits)
    except RuntimeError as error:
        raise FileRefused("The archive is protected by a password.", "Unpack it and upload the table inside.", file=name) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError) as error:
        raise FileRefused("The archive is damaged and cannot be opened.", "Export the table again.", file=name) from error


def from_gzip(data: bytes, *, name: str, limits: Limits) -> tuple[str, bytes]:
    """(name, bytes) of what a gzip file holds; FileRefused when it is damaged or unpacks to too much."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            return name.removesuffix(".gz"), _read(stream, name, limits)
    except (zlib.error, EOFError, OSError, ValueError) as error:
        raise FileRefused("The compressed file is damaged and cannot be opened.", "Export the table again.", file=name) from error


def _read(stream: IO[bytes] | gzip.GzipFile, name: str, limits: Limits) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while piece := stream.read(_PIECE):
        size += len(piece)
        if size > limits.unpacked_bytes:
            raise FileRefused(
                f"The file unpacks to more than {limits.unpacked_bytes / 1024**2:,.0f} MB.", "Export a shorter period.", file=name
            )
        pieces.append(piece)
    return b"".join(pieces)
