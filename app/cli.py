"""The command line: `python -m app COMMAND …`. Results go to standard output, errors to standard error with exit status 2."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from app.errors import AppError

COMMANDS = (
    "run",
    "answers",
    "found",
    "inspect",
    "read",
    "scorecard",
    "passport",
    "report",
    "survey",
    "sample",
    "check",
    "database",
    "backup",
    "restore",
)


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m app", description="The Alignment Scorecard without a browser.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    modules = {}
    for name in COMMANDS:
        if arguments and arguments[0] in COMMANDS and arguments[0] != name:
            # Each command imports what it needs, and nobody waits for the imports of the others.
            commands.add_parser(name)
            continue
        module = modules[name] = importlib.import_module(f"app.commands.{name}")
        module.arguments(commands.add_parser(name, help=module.HELP, description=module.HELP))
    options = parser.parse_args(list(arguments))
    try:
        status: int = modules[options.command].run(options)
    except AppError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except BrokenPipeError:
        return 0
    return status
