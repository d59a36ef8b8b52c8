"""One theme for every chart, on the screen and in print.

Sales and marketing keep their two colours everywhere. Colour is never the only carrier: series also differ in shape, dash
or label. All text colours have a contrast of at least 4.5:1 on their background, all marks at least 3:1; a test computes it.
The same values stand in `.streamlit/config.toml`, and a test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from app.wording import MARKS, MINUS, NBSP, number_style

Mode = Literal["light", "dark"]

FONT = "Liberation Sans"
"""Carried by vl-convert, metric-compatible with Arial, so that label widths in files are what was measured."""


@dataclass(frozen=True)
class Palette:
    """The colours of one mode, as hex.

    `accent` marks the observed result, `muted` the thing it is held against, `reference` a cited figure,
    `band` an interval's fill, `grid` rules and axes, `ink` text, `soft` secondary text, `paper` the background.
    """

    sales: str
    marketing: str
    accent: str
    muted: str
    reference: str
    band: str
    grid: str
    ink: str
    soft: str
    paper: str


LIGHT = Palette(
    sales="#1f5fa8",
    marketing="#b3500b",
    accent="#0f6b63",
    muted="#6b7480",
    reference="#7a2e78",
    band="#0f6b63",
    grid="#dfe3e8",
    ink="#0f1722",
    soft="#55606d",
    paper="#ffffff",
)
DARK = Palette(
    sales="#7fb2f0",
    marketing="#f0a35e",
    accent="#5fc9bd",
    muted="#9aa5b1",
    reference="#d9a0d8",
    band="#5fc9bd",
    grid="#343d48",
    ink="#eef1f5",
    soft="#b4bdc8",
    paper="#12171d",
)


def palette(mode: Mode) -> Palette:
    """The colours of a mode."""
    return LIGHT if mode == "light" else DARK


def config(mode: Mode) -> dict[str, Any]:
    """The Vega-Lite `config` of a mode: fonts, axes, legends, backgrounds, and how numbers are written: as everywhere else."""
    colours = palette(mode)
    thousands, point = MARKS[number_style()]
    marks = {"decimal": point, "thousands": thousands, "grouping": [3], "currency": ["", ""], "minus": MINUS, "percent": f"{NBSP}%"}
    text = {"labelFont": FONT, "titleFont": FONT, "labelColor": colours.soft, "titleColor": colours.soft}
    return {
        "font": FONT,
        "locale": {"number": marks},
        "background": "transparent",
        "view": {"stroke": None},
        "axis": {
            **text,
            "labelFontSize": 12,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
            "domainColor": colours.grid,
            "gridColor": colours.grid,
            "tickColor": colours.grid,
            "labelPadding": 6,
            "titlePadding": 10,
            "labelLimit": 220,
        },
        "axisY": {"domain": False, "ticks": False},
        "axisX": {"grid": False},
        "legend": {**text, "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "orient": "top", "symbolSize": 90},
        "title": {
            "font": FONT,
            "subtitleFont": FONT,
            "color": colours.ink,
            "subtitleColor": colours.soft,
            "fontSize": 16,
            "anchor": "start",
        },
        "text": {"font": FONT, "color": colours.ink, "fontSize": 12},
        "range": {"category": [colours.sales, colours.marketing, colours.accent, colours.muted, colours.reference]},
    }
