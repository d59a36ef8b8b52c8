"""How much one file may cost before it is refused."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """The limits of one import; the settings give the numbers.

    Parameters
    ----------
    file_bytes
        Size of the file as uploaded.
    unpacked_bytes, members, ratio
        Of a workbook (a zip archive): total size unpacked, number of parts, unpacked over packed size. The ratio is
        not looked at below `ratio_floor_bytes` unpacked, because small files pack very well.
    rows, columns, cells
        Of the table. Cells also bound the rectangle that a sheet spans, filled or not.
    memory_bytes, cpu_seconds, wall_seconds
        Of the process that reads the file. Memory and processor time are enforced where the system can (Linux), the
        clock on the wall everywhere.
    """

    file_bytes: int = 800 * 1024**2
    unpacked_bytes: int = 300 * 1024**2
    members: int = 2_000
    ratio: int = 100
    ratio_floor_bytes: int = 10 * 1024**2
    rows: int = 6_000_000
    columns: int = 500
    cells: int = 20_000_000
    memory_bytes: int = 4_096 * 1024**2
    cpu_seconds: int = 240
    wall_seconds: float = 600.0
