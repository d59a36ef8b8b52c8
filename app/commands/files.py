"""The files that a command is given: read with the answers of its options, and opened for counting."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Sequence
from pathlib import Path

from app.clock import today
from app.commands import answering
from app.errors import AppError
from app.ingest.model import TypedTable
from app.metrics.engine import Engine, Snapshot
from app.services.scorecard.sources import Sources, of
from app.settings import settings

Given = Sequence[tuple[Path, TypedTable]]


def read(options: argparse.Namespace) -> Given:
    """Every file of the options as a typed table.

    Raises
    ------
    AppError
        When two files hold the same kind of rows, or an answer fits no file.
    """
    given = answering.answers(options)
    found: list[tuple[Path, TypedTable]] = []
    for path in options.files:
        typed = answering.read(path, given, limits=settings().limits(), today=today(given.time_zone))
        if typed.info.table in {before.info.table for _, before in found}:
            raise AppError(f"{path.name}: another file of {typed.info.table} rows was given before it.", "Give one file of each kind.")
        found.append((path, typed))
    answering.all_heeded(given, [typed.receipt for _, typed in found])
    return found


def opened(given: Given, *, engine: Engine, folder: Path) -> Sources:
    """The tables of these files, opened for counting; their Parquet is put into `folder`."""
    snapshots: list[Snapshot] = []
    for _, typed in given:
        sha256 = hashlib.sha256(typed.parquet).hexdigest()
        stored = folder / f"{sha256}.parquet"
        stored.write_bytes(typed.parquet)
        snapshots.append(engine.open(stored, info=typed.info, sha256=sha256))
    return of(snapshots)


def version(given: Given) -> str:
    """A short hash of everything read, like that of what is loaded in the app."""
    parts = sorted(f"{typed.info.table}:{hashlib.sha256(typed.parquet).hexdigest()}" for _, typed in given)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]
