"""`.streamlit/config.toml`: options that exist, values that are safe, colours that can be read."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Any

import pytest
from streamlit import config as streamlit_config

from app.charts.theme import DARK, LIGHT, Palette
from app.settings import read

CONFIG = tomllib.loads((Path(__file__).parents[2] / ".streamlit" / "config.toml").read_text(encoding="utf-8"))

SAFE = {
    "server.address": "127.0.0.1",
    "server.headless": True,
    "server.enableXsrfProtection": True,
    "server.enableCORS": True,
    "server.enableStaticServing": False,
    "server.enableAgentApi": False,
    "server.fileWatcherType": "none",
    "client.showErrorDetails": "none",
    "client.showErrorLinks": False,
    "client.toolbarMode": "viewer",
    "client.disableDataExport": True,
    "runner.magicEnabled": False,
    "runner.postScriptGC": False,
    "runner.fastReruns": False,
    "browser.gatherUsageStats": False,
}


# What is left of red, green and blue light without one kind of cone, in linear RGB: Viénot, Brettel and Mollon (1999).
WITHOUT = {
    "red": ((0.11238, 0.88762, 0.0), (0.11238, 0.88762, 0.0), (0.00401, -0.00401, 1.0)),
    "green": ((0.29275, 0.70725, 0.0), (0.29275, 0.70725, 0.0), (-0.02234, 0.02234, 1.0)),
    "blue": ((1.0, 0.14461, -0.14461), (0.0, 0.85924, 0.14076), (0.0, 0.85924, 0.14076)),
}


def flat(table: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """The options of a table by their full names."""
    found: dict[str, Any] = {}
    for name, value in table.items():
        found |= flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
    return found


def linear(colour: str) -> list[float]:
    """Red, green and blue of an "#rrggbb" colour as shares of light, IEC 61966-2-1."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    red, green, blue = linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21, WCAG 2.2."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def lab(light: list[float]) -> tuple[float, float, float]:
    """CIE 1976 L*a*b* of linear RGB, white point D65; the distance of two is how different they look."""
    red, green, blue = light
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883
    fx, fy, fz = (t ** (1 / 3) if t > (6 / 29) ** 3 else t / (3 * (6 / 29) ** 2) + 4 / 29 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def test_the_measure_of_contrast() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    # The lightest grey that WCAG allows for text on white: #767676 gives 4.54.
    assert round(contrast("#767676", "#ffffff"), 2) == 4.54


def test_every_option_exists() -> None:
    assert set(flat(CONFIG)) - set(streamlit_config.get_config_options()) == set()


def test_unsafe_values_are_not_set() -> None:
    options = flat(CONFIG)
    assert {name: options.get(name) for name in SAFE} == SAFE
    # An identity from a header would be believed over the login, and a cookie's secret does not belong in a file.
    assert {"server.trustedUserHeaders", "server.cookieSecret", "global.developmentMode"} & set(options) == set()


def test_the_largest_upload_is_that_of_the_settings() -> None:
    assert CONFIG["server"]["maxUploadSize"] == read({}).max_upload_mb


@pytest.mark.parametrize(("mode", "palette"), [("light", LIGHT), ("dark", DARK)])
def test_screen_and_charts_have_the_same_colours(mode: str, palette: Palette) -> None:
    theme = CONFIG["theme"][mode]
    assert theme["chartCategoricalColors"] == [palette.sales, palette.marketing, palette.accent, palette.muted, palette.reference]
    assert (theme["backgroundColor"], theme["textColor"], theme["linkColor"]) == (palette.paper, palette.ink, palette.accent)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_what_is_read_stands_out(mode: str) -> None:
    theme = CONFIG["theme"][mode]
    sales, marketing = theme["chartCategoricalColors"][:2]
    grounds = theme["backgroundColor"], theme["secondaryBackgroundColor"]
    read = {name: theme[name] for name in ("textColor", "linkColor")} | {"sales": sales, "marketing": marketing}
    pale = {
        name: round(contrast(colour, ground), 2) for name, colour in read.items() for ground in grounds if contrast(colour, ground) < 4.5
    }
    assert pale == {}
    # The text on a button is white, and the button itself must be seen.
    assert contrast("#ffffff", theme["primaryColor"]) >= 4.5
    assert contrast(theme["backgroundColor"], theme["primaryColor"]) >= 3


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("missing", ["red", "green", "blue"])
def test_sales_and_marketing_stay_apart_without_one_kind_of_cone(mode: str, missing: str) -> None:
    sales, marketing = (
        lab([sum(factor * value for factor, value in zip(row, linear(colour), strict=True)) for row in WITHOUT[missing]])
        for colour in CONFIG["theme"][mode]["chartCategoricalColors"][:2]
    )
    # A difference of about 2.3 is the smallest that people notice (Mahy, van Eycken and Oosterlinck, 1994); ten times that is plain.
    assert math.dist(sales, marketing) > 23
