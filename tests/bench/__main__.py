"""`python -m tests.bench [answers] [deploy] [imports] [load] [numbers] [reruns] [start] [report]`: measure and print; all when none is
named.

`python -m tests.bench soak [--minutes 30]` runs for as long as it says, and only when it is named.
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
from pathlib import Path

PARTS = ("answers", "deploy", "imports", "load", "numbers", "reruns", "start", "report")
ALONE = ("soak",)
"""Too long to be among all of them."""


def main(arguments: list[str]) -> None:
    """Run the named measurements and print their lines."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("names", nargs="*", metavar="part", help=", ".join((*PARTS, *ALONE)))
    parser.add_argument("--minutes", type=float, default=30.0, help="how long the soak takes")
    parser.add_argument("--samples", type=Path, help="a file for what the soak notes every ten seconds")
    options = parser.parse_args(arguments)
    names: list[str] = options.names
    unknown = set(names) - {*PARTS, *ALONE}
    if unknown:
        raise SystemExit(f"unknown: {', '.join(sorted(unknown))}; choose from {', '.join((*PARTS, *ALONE))}")
    out = sys.stdout
    out.write(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.system()}\n")
    for name in names or PARTS:
        measure = importlib.import_module(f"tests.bench.{name}").measure
        for line in measure(minutes=options.minutes, samples_to=options.samples) if name in ALONE else measure():
            out.write(line + "\n")
            out.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
