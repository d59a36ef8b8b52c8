"""The commands in the documents: each line is one that the program takes, and those that the README shows do what it says."""

from __future__ import annotations

import argparse
import csv
import importlib
import io
import json
import re
import shlex
from pathlib import Path

import pytest

from app import cli

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
OPTION = re.compile(r"`(--[a-z][a-z-]+)")
PROGRAM = [".venv/bin/python", "-m", "app"]


def blocks(document: Path) -> list[str]:
    """The shell blocks of a document."""
    return BLOCK.findall(document.read_text(encoding="utf-8"))


def lines(document: Path) -> list[str]:
    """The commands of a document's shell blocks, without what is said about them."""
    return [line for block in blocks(document) for line in block.splitlines() if line.strip() and not line.startswith("#")]


def words(line: str) -> list[str]:
    """A command cut into words as the shell does, without its comment."""
    return shlex.split(line, comments=True)


def app_lines(document: Path) -> list[list[str]]:
    """The arguments of every `python -m app …` of a document."""
    return [words(line)[3:] for line in lines(document) if words(line)[1:3] == ["-m", "app"]]


def parser_of(command: str) -> argparse.ArgumentParser:
    """The parser of one command."""
    parser = argparse.ArgumentParser(prog=command, exit_on_error=False)
    importlib.import_module(f"app.commands.{command}").arguments(parser)
    return parser


ALL_LINES = [(document, arguments) for document in DOCUMENTS for arguments in app_lines(document)]


@pytest.mark.parametrize(("document", "arguments"), ALL_LINES, ids=[f"{d.name}: {' '.join(a)}" for d, a in ALL_LINES])
def test_every_line_is_taken(document: Path, arguments: list[str]) -> None:
    command, *rest = arguments
    assert command in cli.COMMANDS, document.name
    parser_of(command).parse_args(rest)


def test_the_readme_shows_every_command_for_scripts() -> None:
    shown = {arguments[0] for arguments in app_lines(ROOT / "README.md")}
    assert {"inspect", "read", "scorecard"} <= shown
    assert all(words(line)[:3] == PROGRAM for line in lines(ROOT / "README.md") if "-m app" in line)


def test_every_option_named_in_the_readme_is_one() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    known = {name for command in cli.COMMANDS for action in parser_of(command)._actions for name in action.option_strings}
    # The options of the lines themselves are held above; these are the ones the text names.
    assert OPTION.findall(text)
    assert set(OPTION.findall(text)) - known == set()


def test_every_make_target_in_the_documents_is_one() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {
        target for document in DOCUMENTS for target in re.findall(r"(?:`|^|&& |\n)make ([a-z-]+)", document.read_text(encoding="utf-8"))
    }
    assert named
    assert named - targets == set()


@pytest.fixture
def deals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the play company's deals.csv, in which the README's commands are typed."""
    assert cli.main(["sample", "--out", str(tmp_path)]) == 0
    monkeypatch.chdir(tmp_path)
    return tmp_path / "deals.csv"


def test_the_readmes_commands_do_what_it_says(deals: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    told = {}
    for arguments in app_lines(ROOT / "README.md"):
        assert cli.main(arguments) == 0, arguments
        done = capsys.readouterr()
        assert done.err == ""
        told[" ".join(arguments)] = done.out
    # "what the file is, how its columns are read, what would be asked"
    inspected = json.loads(told["inspect deals.csv --json"])
    assert (inspected["table"], inspected["questions"]) == ("deal", [])
    assert all(column["reason"] for column in inspected["columns"])
    # "the cells as decoded, all text, headings first"
    with (deals.parent / "clean.csv").open(encoding="utf-8", newline="") as clean:
        assert list(csv.reader(clean)) == list(csv.reader(io.StringIO(deals.read_text(encoding="utf-8"))))
    # "every number, range, claim, verdict and reason"
    found = json.loads(told["scorecard deals.csv --json"])
    assert found["numbers"]["win_rate"]["interval"]["low"] < found["numbers"]["win_rate"]["value"]
    assert all(claim["verdict"] or claim["absent"] for claim in found["claims"])
    assert "38 % higher win rates" in told["scorecard deals.csv --group Region"]


def test_the_readmes_options_do_what_it_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "own.csv"
    path.write_text(
        "Deal ID,Stage,Amount,Deal value,Close Date\n1,Won,1,10,03/04/2025\n2,Lost,1,30,05/06/2025\n3,Pending,1,50,\n", encoding="utf-8"
    )
    options = re.findall(r"`(--(?:set|column|stage) [^`]+)`", (ROOT / "README.md").read_text(encoding="utf-8"))
    capsys.readouterr()
    assert [option.split()[0] for option in options] == ["--set", "--column", "--stage"]
    arguments = [word for option in options for word in shlex.split(option)]
    assert cli.main(["scorecard", str(path), "--json", "--by-value", *arguments]) == 0
    told = json.loads(capsys.readouterr().out)
    # The amounts are those of “Deal value”, the days have the day first, and the pending deal is open.
    assert told["numbers"]["win_rate"]["parts"] == {"won_amount": 10.0, "closed_amount": 40.0}
    assert (told["sources"][0]["first"], told["sources"][0]["last"]) == ("2025-04-03", "2025-06-05")
    # "Errors go to the error stream, and the exit status is then 2."
    assert cli.main(["scorecard", str(path)]) == 2
    assert capsys.readouterr().out == ""
