"""`python -m tests.bench [answers] [imports] [numbers] [reruns] [start] [report]`: measure and print; all of them when none is named."""

from __future__ import annotations

import importlib
import os
import platform
import sys

PARTS = ("answers", "imports", "numbers", "reruns", "start", "report")


def main(names: list[str]) -> None:
    """Run the named measurements and print their lines."""
    unknown = set(names) - set(PARTS)
    if unknown:
        raise SystemExit(f"unknown: {', '.join(sorted(unknown))}; choose from {', '.join(PARTS)}")
    out = sys.stdout
    out.write(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.system()}\n")
    for name in names or PARTS:
        for line in importlib.import_module(f"tests.bench.{name}").measure():
            out.write(line + "\n")
            out.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
