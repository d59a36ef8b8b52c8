"""Labels of a chart's rows: long names go over several lines instead of being cut, so that names with the same beginning stay apart."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

WIDTH = 38
"""Characters of a line that fit beside a plot of print width."""
LINES = 3
LINE = 14
"""Points from line to line."""
LEAST = 8
"""Characters of a shortened name's beginning and end that are never given up for a whole word."""
_AS_LINES = "split(datum.label, '\\n')"
"""The expression that makes Vega draw the parts of a label as lines."""
NAMES: dict[str, Any] = {
    "labelExpr": _AS_LINES,
    # Vega puts the middle of the first line beside the mark; it is to be the middle of all lines.
    "labelOffset": {
        "condition": [{"test": f"length({_AS_LINES}) === {lines}", "value": -LINE * (lines - 1) / 2} for lines in range(2, LINES + 2)],
        "value": 0,
    },
    "labelLimit": 0,
    "ticks": False,
    "domain": False,
}
"""The axis of names: each in its lines, beside the middle of its row."""


def label(name: str) -> str:
    """A name in lines; only one that does not fit into three loses its middle, and the chart's table has it whole."""
    lines = textwrap.wrap(short(name, WIDTH * LINES), WIDTH) or [""]
    return "\n".join(lines[: LINES + 1])


def short(name: str, most: int) -> str:
    """A name of at most `most` characters, without its middle where it is longer; whole words are kept where they are not too long."""
    if len(name) <= most:
        return name
    half = most // 2 - 2
    head, tail = name[:half], name[-half:]
    if not name[half].isspace() and head.rfind(" ") >= LEAST:
        head = head[: head.rindex(" ")]
    if not name[-half - 1].isspace() and 0 <= tail.find(" ") <= half - LEAST:
        tail = tail[tail.index(" ") :]
    return f"{head.rstrip()} … {tail.lstrip()}"


def row(names: Sequence[str], *, least: int) -> int:
    """The height in points of one row that holds the longest of these names, at least `least`."""
    return row_of([label(name) for name in names], least=least)


def row_of(labels: Sequence[str], *, least: int) -> int:
    """The same of labels that are in lines already."""
    return max([least, *((one.count("\n") + 1) * LINE + 8 for one in labels)])
