"""`python -m app passport "Deal ID;Stage;…"`: which numbers an export with this head row gives, and what gives the others."""

from __future__ import annotations

import argparse
import sys

from app.errors import AppError
from app.ingest.export_formats import catalogue
from app.ingest.head_row import read_head_row
from app.services.passport import Missing, passport
from app.tables import TABLES

NAME = "passport"
HELP = "say from a head row alone which numbers an export gives, and which export gives the others"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("head", metavar="HEADINGS", help="the head row as it stands in the file, in quotes")
    parser.add_argument("--system", help="the system the export comes from, where the headings do not tell, such as hubspot")


def run(options: argparse.Namespace) -> int:
    """Print what is given and what lacks."""
    if options.system is not None and options.system not in catalogue().systems:
        raise AppError(f"The system “{options.system}” is not known.", f"Known are: {', '.join(catalogue().systems)}.")
    found = passport(read_head_row(options.head), system=options.system)
    table = "no table the scorecard uses" if found.head.table is None else TABLES[found.head.table].label.lower()
    lines = [f"Taken for: {table}{f' from {found.system_label}' if found.system_label else ''}"]
    lines += ["", "You will get"] + [f"  {number.label}" for number in found.given] if found.given else ["", "This gives no number yet."]
    if found.missing:
        lines += ["", "Not yet"] + [f"  {one.number.label}: {needs(one)}" for one in found.missing]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def needs(one: Missing) -> str:
    """What a number needs, in one sentence."""
    columns = ", ".join(one.lacking)
    sentence = f"add the columns {columns}" if one.more_columns else f"export {TABLES[one.table].label.lower()} with {columns}"
    if one.headings:
        sentence += f" (there called {', '.join(one.headings)})"
    if one.menu:
        sentence += f"; {one.menu}" if one.menu_sure else f"; usually {one.menu}"
    return f"{sentence}."
