"""Columns of numbers: which decimal mark a column uses, which currencies it names, and its exact values.

The decimal mark is decided by the whole column. "1.234" alone fits both readings, so a column of nothing else is asked about.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

DecimalMark = Literal["decimal point", "decimal comma"]

MONEY = pa.decimal128(18, 4)
_WIDE = pa.decimal128(38, 12)
_SIGNS = r"(?:R\$|[A-Z]{0,2}\$|[€£¥₹₩₺₽₪฿₫]|[A-Za-z]{3}|kr\.?|zł|Kč|Ft|CHF|Fr\.)"
_CELL = (
    r"^(?P<open>\()?\s*(?P<minus>[-+−–])?\s*(?P<before>" + _SIGNS + r")?\s*(?P<minus2>[-−–])?\s*"
    r"(?P<body>\d[\d.,'’ \x{00A0}\x{202F}\x{2009}]*|[.,]\d+)(?P<power>[eE][-+]?\d+)?"
    r"\s*(?P<times>k|K|m|M|Mio\.?|mn|bn)?\s*(?P<percent>%)?\s*"
    r"(?P<after>" + _SIGNS + r")?\s*(?P<close>\))?(?P<minus3>-)?$"
)
_SPACES = r"['’ \x{00A0}\x{202F}\x{2009}]"
_TIMES = {"k": 1_000, "m": 1_000_000, "mio": 1_000_000, "mn": 1_000_000, "bn": 1_000_000_000}
_CODE_OF_SIGN = {
    "€": "EUR", "£": "GBP", "₹": "INR", "R$": "BRL", "US$": "USD", "A$": "AUD", "AU$": "AUD", "C$": "CAD", "CA$": "CAD", "NZ$": "NZD",
    "zł": "PLN", "Kč": "CZK",
    "Ft": "HUF", "₩": "KRW", "₺": "TRY", "₽": "RUB", "₪": "ILS", "฿": "THB", "₫": "VND", "Fr.": "CHF", "kr.": "kr",
}  # fmt: skip
CURRENCY_CODES = frozenset(
    [
        "AED", "ARS", "AUD", "BGN", "BRL", "CAD", "CHF", "CLP", "CNY", "COP", "CZK", "DKK", "EGP", "EUR", "GBP", "HKD", "HUF", "IDR",
        "ILS", "INR", "ISK", "JPY", "KES", "KRW", "MAD", "MXN", "MYR", "NGN", "NOK", "NZD", "PEN", "PHP", "PKR", "PLN", "QAR", "RON",
        "RSD", "RUB", "SAR", "SEK", "SGD", "THB", "TRY", "TWD", "UAH", "USD", "VND", "ZAR",
    ]
)  # fmt: skip
NO_MINOR_UNIT = frozenset(["CLP", "ISK", "JPY", "KRW", "VND", "UGX", "XAF", "XOF", "XPF", "PYG", "RWF"])
"""Currencies without a smaller unit, for which an amount in the smallest unit is the amount."""


@dataclass(frozen=True)
class NumberReading:
    """How a column of numbers is written.

    `mark` is None when "1.234" could be one thousand or one and a bit (then `ambiguous`). `fits` counts rows that look like a
    number. `currencies` are the codes (or signs, where a sign belongs to several) found in the cells, most frequent first, with rows.
    """

    mark: DecimalMark | None
    reason: str
    fits: int
    ambiguous: bool = False
    example: str | None = None
    currencies: tuple[tuple[str, int], ...] = ()
    whole: bool = False


@dataclass(frozen=True)
class Amounts:
    """Exact values, decimal128(18, 4), one for each different value of the column; null where it cannot be read.

    `currency` is the code or sign in each cell, null where there is none. `rounded` marks values that had more than four decimals,
    `scaled` those whose k or M was worked out.
    """

    values: pa.Array
    currency: pa.Array
    rounded: pa.Array
    scaled: pa.Array


def currency_code(sign: str) -> str:
    """The code a currency sign stands for; the sign itself where it belongs to several countries ("$", "¥", "kr")."""
    stripped = sign.strip()
    return _CODE_OF_SIGN.get(stripped, stripped if not stripped.isalpha() or stripped == "kr" else stripped.upper())


def read_marks(values: pa.Array, counts: pa.Array) -> NumberReading:
    """The decimal mark of a column from all its different values (without blanks)."""
    parts = pc.extract_regex(values, _CELL)
    number = pc.is_valid(parts)
    fits = _rows(number, counts)
    if not fits:
        return NumberReading(None, "No cell holds a number.", 0)
    body = pc.replace_substring_regex(pc.struct_field(parts, "body"), _SPACES, "")
    currencies = tuple(_tally(_sign(parts), counts))
    one_point = r"^(\d{1,3}(,\d{2,3})+\.\d*|\d*\.\d{1,2}|\d*\.\d{4,}|0?\.\d+|\d{4,}\.\d+|\d{1,3}(,\d{2,3}){2,})$"
    one_comma = r"^(\d{1,3}(\.\d{3})+,\d*|\d*,\d{1,2}|\d*,\d{4,}|0?,\d+|\d{4,},\d+|\d{1,3}(\.\d{3}){2,})$"
    point, comma = _matches(body, one_point), _matches(body, one_comma)
    either = _matches(body, r"^\d{1,3}[.,]\d{3}$")
    either = pc.and_(either, pc.and_(pc.invert(point), pc.invert(comma)))
    points, commas, open_ = _rows(point, counts), _rows(comma, counts), _rows(either, counts)
    whole = not pc.any(_matches(body, r"[.,]")).as_py()
    if points and commas:
        example = values.filter(point if points < commas else comma)[0].as_py()
        return NumberReading(
            None,
            f"{points:,} cells use a decimal point and {commas:,} a decimal comma.",
            fits,
            ambiguous=True,
            example=example,
            currencies=currencies,
        )
    if points or commas:
        mark: DecimalMark = "decimal point" if points else "decimal comma"
        example = values.filter(point if points else comma)[0].as_py()
        return NumberReading(mark, f"Cells such as {example} can only have a {mark}.", fits, currencies=currencies)
    if open_:
        example = values.filter(either)[0].as_py()
        return NumberReading(
            None,
            "The mark in every number can separate thousands or decimals.",
            fits,
            ambiguous=True,
            example=example,
            currencies=currencies,
        )
    return NumberReading("decimal point", "The numbers carry no marks.", fits, currencies=currencies, whole=whole)


def convert(values: pa.Array, mark: DecimalMark) -> Amounts:
    """Read `values` under `mark`; what does not fit becomes null. Percentages become shares (45 % → 0.45)."""
    parts = pc.extract_regex(values, _CELL)
    body = pc.replace_substring_regex(pc.struct_field(parts, "body"), _SPACES, "")
    decimal, thousands = (".", ",") if mark == "decimal point" else (",", ".")
    d, t = re.escape(decimal), re.escape(thousands)
    grouped = rf"^(\d+|\d{{1,3}}({t}\d{{3}})+|\d{{1,2}}({t}\d{{2}})+{t}\d{{3}})?({d}\d*)?$"
    good = pc.and_(_matches(body, grouped), _matches(body, r"\d"))
    plain = pc.replace_substring(pc.replace_substring(body, thousands, ""), decimal, ".")
    opened = _filled(parts, "open")
    good = pc.and_(good, pc.equal(opened, _filled(parts, "close")))
    power = _filled(parts, "power")
    times = pc.utf8_lower(pc.struct_field(parts, "times"))
    scaled = pc.fill_null(pc.not_equal(times, ""), fill_value=False)
    zero = pc.fill_null(_matches(plain, r"^0*\.?0*$"), fill_value=False)
    consistent = pc.all(pc.or_(pc.or_(scaled, zero), pc.invert(good))).as_py()
    if not consistent:
        # "1.2k" beside "950" may be a slip of the pen: only a column that is written so throughout is read so.
        good = pc.and_(good, pc.invert(scaled))
    percent = _filled(parts, "percent")
    special = pc.and_(good, pc.or_(pc.or_(pc.and_(scaled, consistent), percent), power))
    negative = pc.or_(opened, pc.or_(_minus(parts, "minus"), pc.or_(_minus(parts, "minus2"), _filled(parts, "minus3"))))
    text = pc.if_else(good, pc.if_else(negative, pc.binary_join_element_wise("-", plain, ""), plain), None)
    whole_digits = pc.utf8_length(pc.replace_substring_regex(pc.fill_null(plain, ""), r"\..*$", ""))
    text = pc.if_else(pc.less_equal(whole_digits, 13), text, None)
    simple = pc.if_else(special, None, text)
    exact = pc.cast(pc.replace_substring_regex(_tidy(simple), r"(\.\d{12})\d+$", r"\1"), _WIDE)
    if pc.any(special).as_py():
        exact = pc.coalesce(exact, _one_by_one(text, special, times, percent, pc.struct_field(parts, "power")))
    rounded = pc.round(exact, 4)
    money = pc.cast(rounded, MONEY, safe=False)
    changed = pc.fill_null(pc.not_equal(rounded, exact), fill_value=False)
    return Amounts(money, _sign(parts), changed, pc.and_(scaled, pc.is_valid(money)))


def _tidy(text: pa.Array) -> pa.Array:
    """Write "12." and ".5" as Arrow reads them."""
    text = pc.replace_substring_regex(text, r"\.$", "")
    bare = _matches(text, r"^-?\.")
    return pc.if_else(bare, pc.replace_substring(text, ".", "0.", max_replacements=1), text)


def _one_by_one(text: pa.Array, special: pa.Array, times: pa.Array, percent: pa.Array, power: pa.Array) -> pa.Array:
    """Values with k, M, % or an exponent; a loop over the different values, which is exact."""
    found: list[Decimal | None] = []
    for body, is_special, factor, is_percent, exponent in zip(
        text.to_pylist(), special.to_pylist(), times.to_pylist(), percent.to_pylist(), power.to_pylist(), strict=True
    ):
        if not is_special or body is None:
            found.append(None)
            continue
        number = Decimal(body + (exponent or ""))
        number *= _TIMES.get((factor or "").strip("."), 1)
        number = number / 100 if is_percent else number
        found.append(number.quantize(Decimal(1).scaleb(-12)) if abs(number) < 10**13 else None)
    return pa.array(found, _WIDE)


def _sign(parts: pa.Array) -> pa.Array:
    """The currency code of each cell, null where there is none."""
    before, after = pc.struct_field(parts, "before"), pc.struct_field(parts, "after")
    sign = pc.if_else(pc.equal(before, ""), after, before)
    encoded = sign.dictionary_encode()
    codes = pa.array([currency_code(word) if word else None for word in encoded.dictionary.to_pylist()], pa.string())
    return codes.take(encoded.indices)


def _tally(codes: pa.Array, counts: pa.Array) -> list[tuple[str, int]]:
    table = pa.table({"code": codes, "rows": counts}).group_by("code").aggregate([("rows", "sum")])
    pairs = zip(table["code"].to_pylist(), table["rows_sum"].to_pylist(), strict=True)
    return sorted(((code, rows) for code, rows in pairs if code), key=lambda pair: (-pair[1], pair[0]))


def _rows(mask: pa.Array, counts: pa.Array) -> int:
    return int(pc.sum(pc.if_else(mask, counts, 0)).as_py() or 0)


def _matches(text: pa.Array, pattern: str) -> pa.Array:
    return pc.fill_null(pc.match_substring_regex(text, pattern), fill_value=False)


def _filled(parts: pa.Array, name: str) -> pa.Array:
    return pc.fill_null(pc.not_equal(pc.struct_field(parts, name), ""), fill_value=False)


def _minus(parts: pa.Array, name: str) -> pa.Array:
    return _matches(pc.struct_field(parts, name), r"^[-−–]$")
