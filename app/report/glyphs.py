"""Which signs the report's fonts can show. A sign that none of them has is shown as an empty box, never left out in silence."""

from __future__ import annotations

from functools import cache

from app.charts.paper import FONTS

BOX = "\u25a1"
_INVISIBLE = frozenset("\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff\u00ad")
"""Signs without a picture that only steer how others are set. Those that turn the direction of text are taken out of what users typed."""


def showable(text: str) -> str:
    """`text` with every sign that no font has replaced by a box, and control signs by a space."""
    have = covered()
    if text.isascii() and text.isprintable():
        return text
    shown = []
    for sign in text:
        if sign in _INVISIBLE:
            continue
        if sign in "\r\n\t" or (not sign.isprintable() and ord(sign) not in have):
            shown.append("\n" if sign == "\n" else " ")
        elif ord(sign) in have:
            shown.append(sign)
        else:
            shown.append(BOX)
    return "".join(shown)


@cache
def covered() -> frozenset[int]:
    """The code points that the fonts of the report can show."""
    from fontTools.ttLib import TTFont

    found: set[int] = set()
    for path in sorted(FONTS.glob("*.ttf")):
        with TTFont(path, lazy=True) as font:
            found |= set(font.getBestCmap())
    return frozenset(found)
