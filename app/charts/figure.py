"""A figure: one chart with everything it needs to be understood alone, on the screen, in a file and by a screen reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.charts.theme import Mode, config, palette

if TYPE_CHECKING:
    import altair as alt

EXPORT_WIDTH = 640
EXPORT_HEIGHT = 320
CAPTION_LINE = 118

Cell = str | float | int | None


@dataclass(frozen=True)
class Figure:
    """A chart and its account.

    Parameters
    ----------
    key
        A stable short name, used in file names: "win-rate-by-quarter".
    title
        The finding, as a sentence.
    spec
        The Vega-Lite specification without title and caption, in the theme of its mode; data are inline values.
    alt
        What a reader who cannot see the chart needs to know: its kind, its finding, its extremes.
    n, period, definition, filters, source
        How many of what; from when to when; what is counted; what was filtered out ("none"); which file or which publication.
    columns, rows
        The numbers of the chart as a table, written for readers.
    """

    key: str
    title: str
    spec: dict[str, Any]
    alt: str
    n: str
    period: str
    definition: str
    filters: str
    source: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def caption(self) -> str:
        """n, period, definition, filters and source in one paragraph."""
        parts = (self.n, self.period, self.definition, f"Filters: {self.filters}.", f"Source: {self.source}.")
        return " ".join(part if part.endswith((".", ":")) else f"{part}." for part in parts if part)


def finish(chart: alt.TopLevelMixin, *, mode: Mode) -> dict[str, Any]:
    """The specification of `chart` in the theme of `mode`, as a plain dictionary."""
    spec: dict[str, Any] = chart.to_dict(validate=False)
    spec["config"] = {**spec.get("config", {}), **config(mode)}
    # The width follows the page; the height is the plot's own, or a chart of two rows would be squeezed flat.
    spec["autosize"] = {"type": "fit-x", "contains": "padding"}
    return spec


def theme_of(spec: Mapping[str, Any]) -> Mode:
    """The mode whose colours a specification has."""
    return "dark" if spec.get("config", {}).get("title", {}).get("color") == palette("dark").ink else "light"


def print_spec(figure: Figure, *, width: int = EXPORT_WIDTH, height: int = 260) -> dict[str, Any]:
    """The specification without title and caption, on transparent paper, at a print size in points."""
    spec = {key: value for key, value in figure.spec.items() if key != "autosize"}
    spec["width"] = width
    if not isinstance(spec.get("height"), (int, float, dict)):
        spec["height"] = height
    return {**spec, "autosize": {"type": "fit-x", "contains": "padding"}, "padding": 2}


def export_spec(figure: Figure, *, width: int = EXPORT_WIDTH, height: int = EXPORT_HEIGHT) -> dict[str, Any]:
    """The specification with title above and caption below, on the paper of its theme, at a print size in points.

    Sizes written into the chart by its builder (a height that follows the number of rows) are kept.
    """
    colours = palette(theme_of(figure.spec))
    inner = {key: value for key, value in figure.spec.items() if key not in {"$schema", "config", "data", "datasets", "autosize"}}
    inner["width"] = width
    if not isinstance(inner.get("height"), (int, float, dict)):
        inner["height"] = height
    spec: dict[str, Any] = {
        "$schema": figure.spec.get("$schema"),
        "background": colours.paper,
        "padding": 16,
        "title": {"text": wrap(figure.title, 72), "anchor": "start", "fontSize": 17, "offset": 14, "frame": "bounds"},
        "config": {**figure.spec.get("config", {}), "concat": {"spacing": 18}},
        "align": "none",
        "bounds": "full",
        "vconcat": [
            inner,
            {
                "data": {"values": [{"t": 1}]},
                "width": width,
                "height": 13 * len(wrap(figure.caption, CAPTION_LINE)),
                "view": {"stroke": None},
                "mark": {
                    "type": "text",
                    "align": "left",
                    "baseline": "top",
                    "x": 0,
                    "y": 0,
                    "fontSize": 10,
                    "lineHeight": 13,
                    "color": colours.soft,
                    "text": wrap(figure.caption, CAPTION_LINE),
                },
            },
        ],
    }
    for shared in ("data", "datasets"):
        if shared in figure.spec:
            spec[shared] = figure.spec[shared]
    return spec


def wrap(text: str, width: int) -> list[str]:
    """`text` in lines of at most `width` characters, broken at spaces."""
    import textwrap

    return textwrap.wrap(text, width, break_long_words=True) or [""]
