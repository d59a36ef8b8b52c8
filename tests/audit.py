"""`python -m tests.audit`: known holes in the locked versions, as the package index tells them.

The exit status is 0 when every version was looked up and none has a known hole, 1 when one has, and 3 when the index could not be asked
about all of them: then nothing is known, which is not the same as nothing being wrong.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
HOLES, UNKNOWN = 1, 3


def verdict(dependencies: Sequence[Mapping[str, Any]]) -> tuple[int, list[str]]:
    """The exit status, and what to print, from what pip-audit says of each dependency."""
    said = [
        f"{one['name']} {one['version']}: {hole['id']}, mended in {', '.join(hole['fix_versions']) or 'no version yet'}"
        for one in dependencies
        for hole in one.get("vulns", ())
    ]
    asked = [one for one in dependencies if "skip_reason" not in one]
    if said:
        return HOLES, said
    if len(asked) < len(dependencies) or not dependencies:
        return UNKNOWN, [
            f"The package index told about {len(asked)} of {len(dependencies)} locked versions; the others were not looked up."
        ]
    return 0, [f"No known hole in {len(asked)} locked versions."]


def main() -> int:
    """Ask, and print what came of it."""
    command = [sys.executable, "-m", "pip_audit", "--require-hashes", "--disable-pip", "--progress-spinner", "off", "--format", "json"]
    done = subprocess.run([*command, "--requirement", "requirements.txt"], cwd=ROOT, capture_output=True, text=True, check=False)
    try:
        dependencies = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        sys.stdout.write(f"The package index could not be asked: {done.stderr.strip().splitlines()[-1:]}\n")
        return UNKNOWN
    status, lines = verdict(dependencies)
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return status


if __name__ == "__main__":
    sys.exit(main())
