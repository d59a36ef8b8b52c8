"""What the import makes of every odd and every real file beside the repository: `python -m tests.torture_table [FOLDER …]`.

Each file goes through the import's own gate, with its time and memory. The gate itself refuses as a defect a file of which
a line is not accounted for; checked here is that the receipt's rows read are rows used plus rows set aside. A file is *read*,
leads to a *question*, is *no table of the scorecard*, or is *refused*; a line that is lost, a receipt that does not add up, a
traceback or a death is *wrong*.

Each table opened is also compared, cell by cell, with another reader (`tests.other_readings`). The last column says whether both agree;
where they do not, it says how many rows differ and shows the first, to be looked at by eye.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from app.errors import AppError
from app.ingest.gate import inspect_file, read_file
from app.ingest.limits import Limits
from app.ingest.model import Answers
from app.ingest.opening import open_file
from app.ingest.worker_processes import end_waiting
from tests.other_readings import compare

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
NO_INPUT = {".md", ".py", ".gitattributes", ""}


def files(folders: list[Path]) -> Iterator[Path]:
    """Every file that somebody could upload."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix.lower() not in NO_INPUT and "ground_truth" not in path.parts:
                yield path


def look(path: Path) -> dict[str, Any]:
    """What one file leads to; run in a process of its own, so that the worker's peak of memory is its children's."""
    start = time.perf_counter()
    try:
        found = _look(path)
    except AppError as refusal:
        # A defect of the worker is shown with a reference, and is what this table looks for.
        defect = "report reference" in str(refusal)
        found = {"result": "wrong" if defect else "refused", "why": str(refusal)}
    seconds = found.pop("took", time.perf_counter() - start)
    # A worker that stays with its file counts once it has ended.
    end_waiting()
    return found | {"seconds": round(seconds, 2), "megabytes": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024}


def _look(path: Path) -> dict[str, Any]:
    data, name = path.read_bytes(), path.name
    start = time.perf_counter()
    inspection = inspect_file(data, name=name)
    took = time.perf_counter() - start
    also: dict[str, Any] = {"took": took, "other": compare(path, open_file(data, name=name, answers=Answers(), limits=Limits()))}
    if inspection.table is None and not any(question.kind == "encoding" for question in inspection.questions):
        return {"result": "no table of ours", "why": f"{inspection.file.kind}, {inspection.file.rows} rows"} | also
    if inspection.questions:
        return {"result": "question", "why": inspection.questions[0].text} | also
    receipt = read_file(data, name=name, answers=Answers()).receipt
    aside = sum(item.count for item in receipt.set_aside)
    if receipt.rows_read != receipt.rows_used + aside:
        return {"result": "wrong", "why": f"{receipt.rows_read} rows read, {receipt.rows_used} used, {aside} set aside"}
    return {
        "result": "read",
        "why": f"{receipt.table} from {receipt.system or 'no known system'}, {receipt.rows_used} of {receipt.rows_read} rows",
    } | also


def _apart(path: Path) -> tuple[str, dict[str, Any]]:
    name = str(path.relative_to(SHARED) if path.is_relative_to(SHARED) else path)
    done = subprocess.run([sys.executable, "-m", "tests.torture_table", "--one", str(path)], capture_output=True, text=True, cwd=ROOT)
    try:
        return name, json.loads(done.stdout)
    except ValueError:
        return name, {"result": "wrong", "why": f"process ended: {done.stderr.strip().splitlines()[-1:]}", "seconds": 0, "megabytes": 0}


def main(arguments: list[str]) -> int:
    """Print the table, then the counts and the ten that cost most; exit status 1 when a file went wrong."""
    if arguments[:1] == ["--one"]:
        print(json.dumps(look(Path(arguments[1]))))
        return 0
    folders = [Path(a) for a in arguments] or [SHARED / "torture", SHARED / "data"]
    rows: list[tuple[str, dict[str, Any]]] = []
    with ThreadPoolExecutor(2) as pool:
        for name, found in pool.map(_apart, files(folders)):
            rows.append((name, found))
            cost = f"{found['seconds']:>6} s {found['megabytes']:>5} MB"
            print(f"{name:<80} {found['result']:<17} {cost}  {found['why'][:110]}  | {found.get('other', '')}", flush=True)
    print()
    print(", ".join(f"{number} {result}" for result, number in Counter(found["result"] for _, found in rows).most_common()))
    told = Counter(str(found.get("other", "")).partition(":")[0] for _, found in rows)
    print("another reader: " + ", ".join(f"{number} {word}" for word, number in told.most_common() if word))
    for key, unit in (("seconds", "s"), ("megabytes", "MB")):
        worst = sorted(rows, key=lambda row: -float(row[1][key]))[:10]
        print(f"most {key}: " + "; ".join(f"{name.rpartition('/')[2]} {found[key]} {unit}" for name, found in worst))
    return 1 if any(found["result"] == "wrong" for _, found in rows) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
