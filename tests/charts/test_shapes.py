"""Every chart shape becomes a vector with its text in it, in both themes, whatever the labels are."""

from __future__ import annotations

import json
import re
import subprocess
from math import inf
from pathlib import Path
from typing import Any

import pytest

from app.charts.export import convert, export
from app.charts.figure import Figure, export_spec, finish
from app.charts.shapes import (
    amounts_over_time,
    changes_against_claims,
    diverging_bars,
    levels,
    profile,
    rates_by_group,
    rates_over_time,
    score_against_rate,
    scores_over_time,
    survival,
    two_sides,
    values_by_label,
)
from app.charts.shapes.events import Event
from app.charts.theme import DARK, LIGHT, Mode, Palette, palette
from app.charts.workers import stop

HOSTILE = "</script> datum.x a.b[0] Žluťoučký שלום =cmd|'/C calc'!A0"


def shapes(colours: Palette, label: str) -> dict[str, Any]:
    """One chart of each shape, with `label` wherever a file's text can come."""
    return {
        "rates_over_time": rates_over_time.chart(
            [
                rates_over_time.RatePoint("2025 Q1", 0.3, 0.2, 0.4, 50, partial=True),
                rates_over_time.RatePoint("2025 Q2", 0.35, 0.3, 0.4, 80),
                rates_over_time.RatePoint(label, None, None, None, 0),
            ],
            colours=colours,
            title="Win rate",
            event=Event("2025 Q2", 1 / 3, "programme began 1 May 2025"),
        ),
        "rates_by_group": rates_by_group.chart(
            [
                rates_by_group.GroupPoint(label, 0.5, 0.4, 0.6, 90, small=False),
                rates_by_group.GroupPoint("B", 0.2, 0.1, 0.4, 9, small=True),
            ],
            overall=0.4,
            colours=colours,
            title="Win rate",
        ),
        "amounts_over_time": amounts_over_time.chart(
            [amounts_over_time.AmountPoint(label, 1e6, partial=True), amounts_over_time.AmountPoint("2025", -5.0)],
            colours=colours,
            title="Revenue",
        ),
        "changes_against_claims": changes_against_claims.chart(
            [
                changes_against_claims.ChangeRow(label, 0.1, -0.05, inf, 0.2),
                changes_against_claims.ChangeRow("none", None, None, None, -0.3),
            ],
            colours=colours,
        ),
        "levels": levels.chart(
            [levels.LevelRow(label, 0.1, 0.05, 0.2, published=False), levels.LevelRow("Published", 0.3, None, None, published=True)],
            colours=colours,
            title="Growth",
        ),
        "survival": survival.chart([survival.SurvivalPoint(0, 1, 1, 1, 9), survival.SurvivalPoint(5, 0.5, 0.3, 0.7, 4)], colours=colours),
        "two_sides": two_sides.chart(
            [two_sides.TwoSidesRow(label, 2.4, 3.6, clear=True), two_sides.TwoSidesRow("Budget", None, None, 3.0)],
            colours=colours,
            title="Score",
            domain=(1, 5),
            format=".1f",
            bands=[(1, label), (2, "Defined")],
        ),
        "profile": profile.chart(
            [profile.ProfilePoint(label, "Sales", 2.4), profile.ProfilePoint("Budget", "Marketing", None)],
            levels=[(1, 3, "Low"), (3, 5, label)],
            colours=colours,
            title="Score",
        ),
        "diverging_bars": diverging_bars.chart(
            [
                diverging_bars.SpreadRow(label, "Sales", (diverging_bars.Part(1, 2, 0.3), diverging_bars.Part(3, 5, 0.7))),
                diverging_bars.SpreadRow("B", "Sales", tuple(diverging_bars.Part(n, n, 0.2) for n in range(1, 6))),
            ],
            colours=colours,
        ),
        "scores_over_time": scores_over_time.chart(
            [scores_over_time.RoundScore(label, "Sales", 48, 0), scores_over_time.RoundScore("Autumn", "Sales", 52, 1)],
            rounds=[label, "Autumn"],
            breaks=["Autumn"],
            colours=colours,
            title="Total",
            domain=(20, 100),
        ),
        "score_against_rate": score_against_rate.chart(
            [score_against_rate.TeamPoint(label, 44, 0.3, 0.2, 0.4), score_against_rate.TeamPoint("South", 90, 0.4, None, None)],
            colours=colours,
            title="Index",
            rate_title="Win rate",
            domain=(20, 100),
            bands=[(20, label), (40, "Defined")],
        ),
        "values_by_label": values_by_label.chart(
            [values_by_label.LabelledValue(label, 0.5, chosen=True), values_by_label.LabelledValue("b", 0.4, chosen=False)],
            colours=colours,
            title="Win rate",
        ),
    }


def figure(name: str, *, mode: Mode, label: str = "Anna") -> Figure:
    return Figure(
        key=name,
        title=f"The finding of {name}",
        spec=finish(shapes(palette(mode), label)[name], mode=mode),
        alt="What it shows.",
        n="9 deals",
        period="2025",
        definition="Win rate = won / closed",
        filters="none",
        source="deals.csv",
        columns=("Group", "Rate"),
        rows=(("Anna", "50 %"),),
    )


NAMES = sorted(shapes(LIGHT, "x"))


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("label", ["Anna", HOSTILE, "a very long name of a group " * 6])
def test_every_shape_renders_with_title_and_caption(name: str, mode: Mode, label: str) -> None:
    svg = convert(json.dumps(export_spec(figure(name, mode=mode, label=label))), "svg").decode()
    text = " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", svg))
    assert f"The finding of {name}" in text
    assert "9 deals. 2025. Win rate = won / closed. Filters: none. Source: deals.csv." in text
    assert "<script" not in svg
    assert "NaN" not in svg
    assert "Liberation Sans" in svg


@pytest.mark.parametrize("name", NAMES)
def test_the_same_chart_is_the_same_file_whatever_was_drawn_before(name: str) -> None:
    spec = json.dumps(export_spec(figure(name, mode="light", label="Anna")))
    first, again = convert(spec, "svg"), convert(spec, "svg")
    assert first == again
    named = re.findall(rb' id="([^"]+)"', first)
    assert len(named) == len(set(named))
    assert set(re.findall(rb"url\(#([^)]+)\)", first)) <= set(named)


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_chart_is_no_crash(name: str) -> None:
    empty: dict[str, Any] = {
        "rates_over_time": lambda: rates_over_time.chart([], colours=LIGHT, title="x"),
        "rates_by_group": lambda: rates_by_group.chart([], overall=None, colours=LIGHT, title="x"),
        "amounts_over_time": lambda: amounts_over_time.chart([], colours=LIGHT, title="x"),
        "changes_against_claims": lambda: changes_against_claims.chart([], colours=LIGHT),
        "levels": lambda: levels.chart([], colours=LIGHT, title="x"),
        "survival": lambda: survival.chart([], colours=LIGHT),
        "values_by_label": lambda: values_by_label.chart([], colours=LIGHT, title="x"),
        "two_sides": lambda: two_sides.chart([], colours=LIGHT, title="x", domain=(1, 5), format=".1f"),
        "profile": lambda: profile.chart([], levels=[(1, 5, "All")], colours=LIGHT, title="x"),
        "diverging_bars": lambda: diverging_bars.chart([], colours=LIGHT),
        "score_against_rate": lambda: score_against_rate.chart([], colours=LIGHT, title="x", rate_title="y", domain=(20, 100)),
        "scores_over_time": lambda: scores_over_time.chart([], rounds=[], breaks=[], colours=LIGHT, title="x", domain=(20, 100)),
    }
    assert convert(json.dumps(finish(empty[name](), mode="light")), "svg").lstrip().startswith(b"<svg")


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_file_has_the_paper_that_its_text_is_written_for(mode: Mode) -> None:
    spec = export_spec(figure("levels", mode=mode))
    caption = spec["vconcat"][1]["mark"]["color"]
    for ink in (spec["config"]["title"]["color"], spec["config"]["axis"]["labelColor"], caption):
        assert contrast(ink, spec["background"]) >= 4.5


def test_the_files_of_a_chart(tmp_path: Path) -> None:
    made = figure("rates_by_group", mode="light")
    try:
        assert export(made, "svg").lstrip().startswith(b"<svg")
        png = export(made, "png")
        pdf = export(made, "pdf")
        assert export(made, "pdf") == pdf
    finally:
        stop()
    # 200 dots an inch on a picture of more than 640 points: width stands in bytes 16 to 20 of a PNG.
    assert int.from_bytes(png[16:20], "big") > 640 * 200 / 72
    path = tmp_path / "chart.pdf"
    path.write_bytes(pdf)
    try:
        text = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True).stdout
        fonts = subprocess.run(["pdffonts", str(path)], capture_output=True, text=True, check=True).stdout
    except FileNotFoundError:
        pytest.skip("poppler is not installed. On Debian and Ubuntu: sudo apt-get install poppler-utils")
    assert "The finding of rates_by_group" in text
    assert "Source: deals.csv." in text
    assert "Anna" in text
    embedded = [line.split()[-5] for line in fonts.splitlines()[2:]]
    assert embedded
    assert set(embedded) == {"yes"}


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_text_and_marks_stand_out(colours: Palette) -> None:
    for name in ("ink", "soft"):
        assert contrast(getattr(colours, name), colours.paper) >= 4.5
    for name in ("sales", "marketing", "accent", "muted", "reference"):
        assert contrast(getattr(colours, name), colours.paper) >= 3


def contrast(one: str, two: str) -> float:
    """The contrast ratio of WCAG 2."""
    low, high = sorted((luminance(one), luminance(two)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_what_began_within_a_period_is_marked_at_its_place() -> None:
    points = [rates_over_time.RatePoint(label, 0.3, 0.2, 0.4, 50) for label in ("2025 Q1", "2025 Q2")]
    drawn = rates_over_time.chart(points, colours=LIGHT, title="Win rate", event=Event("2025 Q2", 30 / 91, "programme began 1 May 2025"))
    layers = drawn.to_dict()["layer"]
    placed = [one["encoding"]["x"]["bandPosition"] for one in layers if "bandPosition" in one["encoding"].get("x", {})]
    assert placed == [30 / 91, 30 / 91]
    assert {one["encoding"]["x"]["scale"]["type"] for one in layers} == {"band"}


@pytest.mark.parametrize(("period", "align"), [("2025 Q1", "left"), ("2025 Q2", "center"), ("2025 Q3", "right")])
def test_the_words_of_what_began_run_inwards(period: str, align: str) -> None:
    points = [rates_over_time.RatePoint(f"2025 Q{n}", 0.3, 0.2, 0.4, 50) for n in (1, 2, 3)]
    drawn = rates_over_time.chart(points, colours=LIGHT, title="Win rate", event=Event(period, 0.5, "programme began 1 May 2025"))
    assert [one["mark"]["align"] for one in drawn.to_dict()["layer"] if one["mark"]["type"] == "text"] == [align]


def test_long_names_make_fewer_rows_never_smaller_ones() -> None:
    def groups(name: str) -> list[rates_by_group.GroupPoint]:
        return [rates_by_group.GroupPoint(f"{name} {n}", 0.5, 0.4, 0.6, 90, small=False) for n in range(40)]

    long = groups("Services near production for engineering firms of middle size in the region of North Rhine and Westphalia, customers")
    assert (rates_by_group.most(groups("North")), rates_by_group.most(long), rates_by_group.most([])) == (24, 10, 24)
    assert rates_by_group.chart(long, overall=None, colours=LIGHT, title="x").to_dict()["height"] <= rates_by_group.HIGHEST
