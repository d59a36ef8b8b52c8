"""A chart as a PDF of its own, set by Typst from its SVG.

It is tagged, says its alternative text, has its fonts inside and its text can be selected; and the same chart gives the same bytes, which
vl-convert's own PDF does not.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import typst

FONTS = Path(__file__).parent / "fonts"
STANDARD: Literal["ua-1"] = "ua-1"
# What is said goes in as data, so a text of a user's file is never read as markup.
LAYOUT = """
#let told = json("told.json")
#set document(title: told.title, author: "Alignment Scorecard", date: none)
#set page(width: auto, height: auto, margin: 0pt)
#image("chart.svg", alt: told.alt)
"""


@cache
def fonts() -> typst.Fonts:
    """The app's own fonts and no others, read once in each process."""
    import typst

    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])


def chart_pdf(svg: bytes, *, title: str, alt: str) -> bytes:
    """The page of one chart, as large as the chart."""
    import typst

    with TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "main.typ").write_text(LAYOUT, encoding="utf-8")
        (root / "told.json").write_text(json.dumps({"title": title or "Chart", "alt": alt or title or "Chart"}), encoding="utf-8")
        (root / "chart.svg").write_bytes(svg)
        return typst.compile(root / "main.typ", root=root, font_paths=fonts(), format="pdf", pdf_standards=STANDARD, timestamp=0)
