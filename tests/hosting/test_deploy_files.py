"""The files of `deploy/`: they parse, name what is there, give the processes no power, and the container's steps do what they say."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from app import cli
from app.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
KNOWN = {"FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "CMD"}
IMAGE = re.compile(r"[a-z]+:[0-9][a-z0-9.-]*")
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions in order: the word and the rest, with continued lines joined."""
    text = re.sub(r"\\\n\s*", " ", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"))
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.partition(" ")[0], line.partition(" ")[2].strip()) for line in lines]


def compose() -> dict[str, Any]:
    """The compose file."""
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    return found


def copied() -> list[tuple[str, str]]:
    """What the first stage copies from the project, and where to."""
    return [
        (source, target) for word, rest in instructions() if word == "COPY" and "--from" not in rest for source, target in [rest.split()]
    ]


def test_the_container_is_no_root_and_installs_by_hash() -> None:
    words = instructions()
    assert {word for word, _ in words} <= KNOWN
    bases = [rest.partition(" ")[0] for word, rest in words if word == "FROM"]
    assert len(bases) == 2
    assert all(IMAGE.fullmatch(base) and "latest" not in base for base in bases)
    users = [rest for word, rest in words if word == "USER"]
    assert users == ["10001:10001"]
    # Nothing is done as another user afterwards.
    assert not {"RUN", "COPY"} & {word for word, _ in words[[word for word, _ in words].index("USER") :]}
    installs = [rest for word, rest in words if word == "RUN" and "install " in rest and "pip" in rest]
    assert installs
    assert all("--require-hashes" in rest and rest.endswith("--requirement requirements.txt") for rest in installs)
    assert not any("curl" in rest or "wget" in rest for word, rest in words if word == "RUN")
    settings = dict(part.split("=", 1) for word, rest in words if word == "ENV" for part in shlex.split(rest))
    assert {name.removeprefix(PREFIX).lower() for name in settings if name.startswith(PREFIX)} <= set(Settings.__dataclass_fields__)


def test_the_builder_sees_only_what_is_copied() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    allowed = {line[1:] for line in lines if line.startswith("!")}
    assert lines[1] == "*"
    assert allowed == {source for source, _ in copied()}
    assert all((ROOT / source).exists() for source in allowed)


def test_the_steps_are_gone_through_in_order(tmp_path: Path) -> None:
    """Each step but the making of a user (this computer's stay) and the download, which `make install` does from the same file."""
    here, done = tmp_path / "app", []
    here.mkdir()
    for word, rest in instructions():
        if word == "COPY" and "--from" not in rest:
            source, target = rest.split()
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, here / target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                to = here / source if target == "./" else here / target
                to.parent.mkdir(exist_ok=True)
                shutil.copyfile(ROOT / source, to)
        elif word == "RUN" and rest.startswith(("python -m venv", ".venv/bin/python -m pip install")):
            (here / ".venv").unlink(missing_ok=True)
            (here / ".venv").symlink_to(Path(sys.executable).parents[1])
        elif word == "RUN" and not rest.startswith(("groupadd", "useradd", "install -d")):
            subprocess.run(["sh", "-ec", rest], cwd=here, check=True, timeout=120)
        done.append(word)
    assert done.count("RUN") == 6
    # What was copied is enough: the program finds its own code and data there, and everything the server imports.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SCORECARD_", "STREAMLIT_", "PYTHON"))}
    environment |= {"SCORECARD_DATA_DIR": str(tmp_path / "data"), "PYTHONDONTWRITEBYTECODE": "1"}
    before = sorted(path for path in here.rglob("*") if ".venv" not in path.parts)
    code = "import app, app.ui.routes, app.ui.lifespan; print(app.__file__)"
    for command in (["-c", code], ["-m", "app", "database", "upgrade"], ["-m", "app", "check"]):
        ran = subprocess.run([".venv/bin/python", *command], cwd=here, env=environment, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
        assert str(here) in ran.stdout or command[0] == "-m"
    # And nothing is written beside it, so the file system may be read-only.
    assert sorted(path for path in here.rglob("*") if ".venv" not in path.parts) == before


def test_the_commands_are_the_programs() -> None:
    commands = [rest for word, rest in instructions() if word == "CMD"]
    assert commands == ['[".venv/bin/python", "-m", "app", "run", "--no-browser"]']
    for service in compose()["services"].values():
        command = service.get("command", [])
        if command[1:3] == ["-m", "app"]:
            assert command[3] in cli.COMMANDS


def test_compose_gives_no_process_power() -> None:
    services = compose()["services"]
    assert set(services) == {"database", "upgrade", "app-a", "app-b", "proxy"}
    for name, service in services.items():
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "privileged" not in service
        assert IMAGE.fullmatch(service["image"]) or service["image"] == "alignment-scorecard"
        assert "mem_limit" in service, name
        if name != "database":
            assert service["read_only"] is True, name
        # Only the proxy is reached from outside.
        assert ("ports" in service) == (name == "proxy")
    replicas = [services["app-a"], services["app-b"]]
    assert [one["environment"]["SCORECARD_REPLICA"] for one in replicas] == ["a", "b"]
    for one in (*replicas, services["upgrade"]):
        assert one["cap_drop"] == ["ALL"]
        assert {name.removeprefix(PREFIX).lower() for name in one["environment"] if name.startswith(PREFIX)} <= set(
            Settings.__dataclass_fields__
        )
        assert "SCORECARD_MIGRATION_URL" not in one["environment"] or one is services["upgrade"]
    # A process is given longer to end than it drains.
    drain = re.search(r"^SCORECARD_DRAIN_SECONDS=(\d+)$", (DEPLOY / "scorecard.env").read_text(encoding="utf-8"), re.MULTILINE)
    assert drain is not None
    assert all(int(drain[1]) + 10 <= int(one["stop_grace_period"].removesuffix("s")) for one in replicas)


@pytest.mark.parametrize("path", UNITS, ids=[path.name for path in UNITS])
def test_a_unit_runs_the_program_without_power(path: Path) -> None:
    unit = configparser.RawConfigParser(strict=False, delimiters=("=",), comment_prefixes=("#",))
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(path.read_text(encoding="utf-8"))
    service = unit["Service"]
    program, *rest = shlex.split(service["ExecStart"])
    assert program.endswith("/.venv/bin/python")
    assert rest[:2] == ["-m", "app"]
    assert rest[2] in cli.COMMANDS
    assert (service["User"], service["NoNewPrivileges"], service["ProtectSystem"], service["CapabilityBoundingSet"]) == (
        "scorecard",
        "true",
        "strict",
        "",
    )
    if rest[2] == "run":
        # The workers of an import are not told to stop with the server, which drains first.
        assert service["KillMode"] == "mixed"
        drain = re.search(r"^SCORECARD_DRAIN_SECONDS=(\d+)$", (DEPLOY / "scorecard.env").read_text(encoding="utf-8"), re.MULTILINE)
        assert drain is not None
        assert int(service["TimeoutStopSec"]) >= int(drain[1]) + 10
