"""How a file was opened: characters, separator, sheet and head row, to be changed when it was opened wrongly."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from app import wording
from app.ingest.model import Answers, Inspection, LineKind
from app.later import Later
from app.services import uploads
from app.services.uploads import UploadView
from app.ui.components.figure import escape
from app.ui.guard import Visit

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = Later("pandas")

ENCODINGS = {
    "utf-8": "Unicode (UTF-8)",
    "utf-16": "Unicode (UTF-16)",
    "cp1252": "Western European (Windows-1252)",
    "cp1250": "Central European (Windows-1250)",
    "cp1251": "Cyrillic (Windows-1251)",
    "mac_roman": "Western European (Mac)",
    "shift_jis": "Japanese (Shift JIS)",
}
SEPARATORS = {",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Vertical bar"}
_LINES: dict[LineKind, tuple[str, str]] = {
    "head": ("line of headings", "lines of headings"),
    "comment": ("line of remarks", "lines of remarks"),
    "blank": ("empty line", "empty lines"),
    "preamble": ("line above the table", "lines above the table"),
    "total": ("line of totals", "lines of totals"),
    "footer": ("line under the table", "lines under the table"),
}
_SHOWN = 8
_TEXT = 60


def opening_box(visit: Visit, upload: UploadView, found: Inspection | None) -> None:
    """The facts, the first lines of the file, and a form to open it otherwise."""
    if found is not None:
        st.markdown(escape(_facts(found)) + ".")
        if found.top:
            _first_lines(found)
    text = found is None or found.file.kind == "csv"
    with st.form(f"opening-{upload.id}", border=False):
        head = _head_line(upload, found)
        encoding = _choice("Characters", ENCODINGS, upload.answers.encoding, found.file.encoding if found else None) if text else None
        mark = _choice("Separator", SEPARATORS, upload.answers.delimiter, found.file.delimiter if found else None) if text else None
        if st.form_submit_button("Open again", icon=":material/refresh:"):
            save(visit, upload, replace(upload.answers, encoding=encoding, delimiter=mark, head_line=head))
    if found is not None and len(found.file.sheets) > 1:
        _sheet(visit, upload, found)


def _facts(found: Inspection) -> str:
    file = found.file
    facts = [f"{wording.count(file.lines)} lines", f"head row on line {file.head_line}" if file.head_line else "no head row"]
    facts += [_left_out(kind, count) for kind, count in file.apart if kind != "head" and count]
    return ", ".join(facts)


def _left_out(kind: LineKind, count: int) -> str:
    one, more = _LINES[kind]
    return f"{wording.count(count)} {one if count == 1 else more} left out"


def _first_lines(found: Inspection) -> None:
    width = max(len(cells) for _, cells in found.top)
    shown = found.top[: max(_SHOWN, sum(1 for line, _ in found.top if line <= found.file.head_line) + 3)]
    rows = [[line, *cells, *[""] * (width - len(cells))] for line, cells in shown]
    st.dataframe(
        pd.DataFrame(rows, columns=["Line", *[f"{number}" for number in range(1, width + 1)]]),
        hide_index=True,
        width="stretch",
        height="content",
        column_config={"Line": st.column_config.NumberColumn("Line", pinned=True, width="small")},
        alt="The first lines of the file as they stand in it",
    )


def _head_line(upload: UploadView, found: Inspection | None) -> int | None:
    """The line of the head row; None leaves it to be found."""
    chosen = upload.answers.head_line
    if found is None:
        st.caption("The head row is looked for anew.")
        return None
    lines = {line: f"Line {line}: {_cells(cells)}" for line, cells in found.top}
    lines.setdefault(found.file.head_line, f"Line {found.file.head_line}")
    options = [0, *sorted(line for line in lines if line)]
    lines[0] = "There is none"
    line = st.selectbox("Which line holds the headings?", options, index=options.index(found.file.head_line), format_func=lines.__getitem__)
    return chosen if line == found.file.head_line else line


def _cells(cells: tuple[str, ...]) -> str:
    text = " | ".join(cell for cell in cells if cell)
    return text if len(text) <= _TEXT else f"{text[:_TEXT].rstrip()} …"


def _choice(label: str, names: dict[str, str], chosen: str | None, found: str | None) -> str | None:
    """One of the names, None for what was found."""
    as_found = f"As found ({names.get(found or '', found or 'none')})"
    options: list[str | None] = [None, *names]
    if chosen is not None and chosen not in names:
        options.append(chosen)
    return st.selectbox(
        label, options, index=options.index(chosen), format_func=lambda value: as_found if value is None else names.get(value, value)
    )


def _sheet(visit: Visit, upload: UploadView, found: Inspection) -> None:
    sheets = list(found.file.sheets)
    now = found.file.sheet
    sheet = st.selectbox("Sheet", sheets, index=sheets.index(now) if now in sheets else None, key=f"sheet-{upload.id}-{now}")
    if sheet is not None and sheet != now:
        # Another sheet has its own head row and columns, so what was decided about those of this one is taken back.
        save(visit, upload, Answers(time_zone=upload.answers.time_zone, home_currency=upload.answers.home_currency, sheet=sheet))


def save(visit: Visit, upload: UploadView, answers: Answers) -> None:
    """Put the answers in the place of those given so far, and show what comes of them."""
    if answers != upload.answers:
        uploads.answer(visit.actor, engine=visit.engine, upload_id=upload.id, answers=answers)
        st.rerun()
