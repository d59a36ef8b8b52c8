"""A figure on a page: the finding, the chart, its account, its numbers, and its files."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from typing import TYPE_CHECKING

import streamlit as st
from streamlit import dataframe_util

from app.charts import workers
from app.charts.export import FORMATS, MEDIA_TYPES, export
from app.charts.figure import Figure
from app.later import Later
from app.ui import downloads
from app.ui.guard import Visit

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = Later("pandas")

TABLE_ROWS = 60
"""Longer tables scroll."""


def show(visit: Visit, figure: Figure | None) -> None:
    """Show a figure; nothing when there is none."""
    if figure is None:
        return
    with st.container(border=True):
        st.markdown(f"##### {escape(figure.title)}")
        st.vega_lite_chart(spec=_sent(visit, figure), width="stretch", theme=None, alt=figure.alt)
        st.caption(escape(figure.caption))
        opened = st.expander(
            "Numbers and files", icon=":material/table_chart:", on_change="rerun", key=f"numbers-{figure.key}-{visit.page.name}"
        )
        if opened.open:
            with opened:
                table(figure.columns, figure.rows, alt=f"The numbers of the chart: {figure.title}")
                files(visit, figure)


def _sent(visit: Visit, figure: Figure) -> dict[str, object]:
    """The specification with its data as the bytes that are sent, which Streamlit would otherwise make anew at each rerun."""
    datasets = figure.spec.get("datasets")
    if not isinstance(datasets, dict):
        return dict(figure.spec)
    content = sha256(json.dumps(datasets, default=str).encode()).hexdigest()

    def make() -> dict[str, bytes]:
        return {name: dataframe_util.convert_anything_to_arrow_bytes(rows) for name, rows in datasets.items()}

    return {**figure.spec, "datasets": dict(visit.result("chart data", content, make=make, keep=False))}


def table(columns: tuple[str, ...], rows: tuple[tuple[object, ...], ...], *, alt: str) -> None:
    """A table of words and numbers as they are written for readers."""
    frame = pd.DataFrame(list(rows), columns=list(columns)).fillna("")
    if len(frame) > TABLE_ROWS:
        st.dataframe(frame, hide_index=True, width="stretch", alt=alt)
    else:
        st.table(frame.map(escape).set_index(columns[0]))


def files(visit: Visit, figure: Figure) -> None:
    """Links to the figure as SVG, PDF and PNG, with title and caption in the picture."""
    content = sha256(
        json.dumps(figure.spec, sort_keys=True, default=str).encode() + figure.caption.encode() + figure.title.encode()
    ).hexdigest()
    workers.warm_up()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("Chart as")
        for kind in FORMATS:
            address = downloads.offer(
                visit.actor,
                file_name=f"{figure.key}.{kind}",
                media_type=MEDIA_TYPES[kind],
                content_key=f"{content}.{kind}",
                make=lambda kind=kind: export(figure, kind),  # type: ignore[misc]  # the loop's value is bound on purpose
            )
            st.link_button(kind.upper(), f"/{address}", icon=":material/download:", type="tertiary")


def escape(text: object) -> str:
    """Text as it is, wherever Streamlit would read Markdown: no links, no images, no icons, no formulas."""
    plain = str(text)
    for sign in "\\`*_{}[]()<>#+-.!|~$:^=":
        if sign in "()+-.=":
            continue
        plain = plain.replace(sign, f"\\{sign}")
    # A number and its percent sign stay on one line.
    return re.sub(r"(?<=\d) %", "\u00a0%", plain)
