"""Columns of numbers: which decimal mark a column uses, which currencies it names, and its exact values.

The decimal mark is decided by the whole column. "1.234" alone fits both readings, so a column of nothing else is asked about.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from app.ingest.column_bytes import byte_at, text_of

DecimalMark = Literal["decimal point", "decimal comma"]

MONEY = pa.decimal128(18, 4)
_SHORT = r"^-?\d{1,13}(\.\d{1,4})?$"
"""A number as a program writes it: no sign but the minus, one point at most, no more digits than `MONEY` keeps."""
_FIRST = 100
_STRANGE = np.ones(256, bool)
_STRANGE[list(b"0123456789.-")] = False
"""Bytes that a number as a program writes it does not have."""
_WIDE = pa.decimal128(38, 12)
_CODE_OF_SIGN = {
    "€": "EUR", "₹": "INR", "R$": "BRL", "US$": "USD", "A$": "AUD", "AU$": "AUD", "C$": "CAD", "CA$": "CAD", "NZ$": "NZD",
    "HK$": "HKD", "S$": "SGD", "MX$": "MXN", "NT$": "TWD", "zł": "PLN", "Kč": "CZK", "Ft": "HUF", "₩": "KRW", "₺": "TRY", "₽": "RUB",
    "₪": "ILS", "฿": "THB", "₫": "VND", "₴": "UAH", "₦": "NGN", "₱": "PHP", "₡": "CRC", "₲": "PYG", "₸": "KZT", "₾": "GEL",
    "Fr.": "CHF", "kr.": "kr", "Rs": "Rs", "Rs.": "Rs",
}  # fmt: skip
CURRENCY_CODES = frozenset(
    [
        "AED", "AFN", "ALL", "AMD", "ANG", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BGN", "BHD", "BIF", "BMD", "BND",
        "BOB", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CLP", "CNY", "COP", "CRC", "CUP", "CVE", "CZK", "DJF",
        "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP", "GEL", "GHS", "GIP", "GMD", "GNF", "GTQ", "GYD", "HKD",
        "HNL", "HTG", "HUF", "IDR", "ILS", "INR", "IQD", "IRR", "ISK", "JMD", "JOD", "JPY", "KES", "KGS", "KHR", "KMF", "KPW", "KRW",
        "KWD", "KYD", "KZT", "LAK", "LBP", "LKR", "LRD", "LSL", "LYD", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR",
        "MVR", "MWK", "MXN", "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "OMR", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN",
        "PYG", "QAR", "RON", "RSD", "RUB", "RWF", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD", "SSP", "STN",
        "SVC", "SYP", "SZL", "THB", "TJS", "TMT", "TND", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "UGX", "USD", "UYU", "UZS", "VES",
        "VND", "VUV", "WST", "XAF", "XCD", "XOF", "XPF", "YER", "ZAR", "ZMW",
    ]
)  # fmt: skip
"""The codes of ISO 4217 that are money in use."""
UNCLEAR_CODES = frozenset(["ALL", "TOP", "BAM", "LAK"])
"""Codes that are words or numbers as well; beside a number in a cell they are not taken for money."""

_SIGNS = (
    r"(?:R\$|[A-Z]{0,2}\$|[€£¥₹₩₺₽₪฿₫₴₦₱₡₲₸₾]|kr\.?|zł|Kč|Ft|Rs\.?|Fr\.|(?i:" + "|".join(sorted(CURRENCY_CODES - UNCLEAR_CODES)) + r"))"
)
_SPACE = r"['’ \x{00A0}\x{202F}\x{2009}]"
_TIMES: dict[str, int] = {
    "k": 10**3, "tsd": 10**3, "thousand": 10**3, "lakh": 10**5, "lakhs": 10**5, "m": 10**6, "mm": 10**6, "mn": 10**6, "mio": 10**6,
    "million": 10**6, "millions": 10**6, "crore": 10**7, "crores": 10**7, "b": 10**9, "bn": 10**9, "mrd": 10**9, "billion": 10**9,
}  # fmt: skip
# "mil" is a thousand in Spanish and short for a million in English, so it is none of them.
_CELL = (
    r"^(?P<open>\()?\s*(?P<minus>[-+−–])?\s*(?P<before>" + _SIGNS + r")?\s*(?P<minus2>[-−–])?\s*"
    r"(?P<body>\d[\d.,'’ \x{00A0}\x{202F}\x{2009}]*|[.,]\d+)(?P<power>[eE][-+]?\d+)?"
    r"\s*(?P<times>(?i:"
    + "|".join(sorted(_TIMES, key=lambda word: (-len(word), word)))
    + r")\.?)?\s*(?P<percent>%)?\s*(?P<minus3>[-−])?\s*"
    r"(?P<after>" + _SIGNS + r")?\s*(?P<close>\))?\s*(?P<minus4>[-−])?$"
)
# A space or an apostrophe separates thousands or nothing: "3 4" and "5'11" are no numbers.
_SPACED = r"^(?:[\d.,]*|\d{1,3}(?:" + _SPACE + r"\d{3})+(?:[.,]\d*)?|\d{1,2}(?:" + _SPACE + r"\d{2})*" + _SPACE + r"\d{3}(?:[.,]\d*)?)$"
SIGN_OF: dict[str, frozenset[str]] = {
    "$": frozenset(
        [
            "USD", "AUD", "CAD", "NZD", "HKD", "SGD", "MXN", "TWD", "ARS", "CLP", "COP", "UYU", "DOP", "BBD", "BMD", "BND", "BSD", "BZD",
            "CVE", "FJD", "GYD", "JMD", "KYD", "LRD", "MOP", "NAD", "SBD", "SRD", "TTD", "XCD",
        ]
    ),
    "¥": frozenset(["JPY", "CNY"]),
    "kr": frozenset(["SEK", "NOK", "DKK", "ISK"]),
    "Rs": frozenset(["INR", "PKR", "LKR", "NPR", "MUR", "SCR"]),
    "£": frozenset(["GBP", "EGP", "FKP", "GIP", "LBP", "SDG", "SHP", "SSP", "SYP"]),
}  # fmt: skip
"""The currencies that are written with a sign of several."""
SHARED_SIGNS = tuple(SIGN_OF)
"""Signs of several currencies."""
ALONE = {"£": "GBP"}
"""What such a sign means where nothing in the file says otherwise."""
_FEW = 20
NO_MINOR_UNIT = frozenset(["CLP", "ISK", "JPY", "KRW", "VND", "UGX", "XAF", "XOF", "XPF", "PYG", "RWF"])
"""Currencies without a smaller unit, for which an amount in the smallest unit is the amount."""
THOUSANDTHS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])
"""Currencies of which a thousand of the smallest unit make one."""


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
    `scaled` those whose k or M was worked out, `percent` those with a percent sign, `power` those such as 1.2E+06.
    """

    values: pa.Array
    currency: pa.Array
    rounded: pa.Array
    scaled: pa.Array
    percent: pa.Array
    power: pa.Array


def currency_code(sign: str) -> str:
    """The code a currency sign stands for; the sign itself where it belongs to several countries ("$", "¥", "£", "kr")."""
    stripped = sign.strip()
    known = _CODE_OF_SIGN.get(stripped)
    return known if known is not None else stripped.upper() if stripped.isalpha() and stripped != "kr" else stripped


def read_marks(values: pa.Array, counts: pa.Array, *, exact: pa.Array | None = None) -> NumberReading:
    """The decimal mark of a column from all its different values (without blanks); `exact` is what `as_a_program_writes` made of them."""
    exact = as_a_program_writes(values) if exact is None else exact
    currencies: tuple[tuple[str, int], ...] = ()
    if exact is not None:
        fits = int(pc.sum(counts).as_py() or 0)
        length, at = _sizes(values)
        first, second = (byte_at(values, place) for place in (0, 1))
        minus = first == ord("-")
        whole, decimals = at - minus, length - at - 1
        zero = (whole == 1) & (np.where(minus, second, first) == ord("0"))
        marked = at >= 0
        thousands = marked & (decimals == 3) & (whole <= 3) & ~zero
        point, either = pa.array(marked & ~thousands), pa.array(thousands)
        comma, plain = pa.array(np.zeros(len(values), bool)), not marked.any()
    else:
        parts, body, number = _taken_apart(values)
        fits, currencies = _rows(number, counts), tuple(_tally(_sign(parts), counts))
        point, comma, either = _marked(body)
        plain = not pc.any(_matches(body, r"[.,]")).as_py()
    if not fits:
        return NumberReading(None, "No cell holds a number.", 0)
    points, commas, open_ = _rows(point, counts), _rows(comma, counts), _rows(either, counts)
    reading = NumberReading(None, "", fits, currencies=currencies, whole=plain)
    if points and commas:
        return replace(
            reading,
            reason=f"{points:,} cells use a decimal point and {commas:,} a decimal comma.",
            ambiguous=True,
            example=values.filter(point if points < commas else comma)[0].as_py(),
        )
    if points or commas:
        mark: DecimalMark = "decimal point" if points else "decimal comma"
        example = values.filter(point if points else comma)[0].as_py()
        if open_ > _FEW * (points + commas):
            # Decimals that nearly always have three places are thousands, and the few that speak for decimals may be slips.
            return replace(
                reading,
                reason=f"In {open_:,} cells the mark can separate thousands or decimals; only cells such as {example} speak for a {mark}.",
                ambiguous=True,
                example=values.filter(either)[0].as_py(),
            )
        return replace(reading, mark=mark, reason=f"Cells such as {example} can only have a {mark}.")
    if open_:
        example = values.filter(either)[0].as_py()
        return replace(reading, reason="The mark in every number can separate thousands or decimals.", ambiguous=True, example=example)
    return replace(reading, mark="decimal point", reason="The numbers carry no marks.")


def _marked(body: pa.Array) -> tuple[pa.Array, pa.Array, pa.Array]:
    """Which numbers can only have a decimal point, which only a decimal comma, and which either."""
    one_point = r"^(\d{1,3}(,\d{2,3})+\.\d*|\d*\.\d{1,2}|\d*\.\d{4,}|0?\.\d+|\d{4,}\.\d+|\d{1,3}(,\d{2,3}){2,})$"
    one_comma = r"^(\d{1,3}(\.\d{2,3})+,\d*|\d*,\d{1,2}|\d*,\d{4,}|0?,\d+|\d{4,},\d+|\d{1,3}(\.\d{3}){2,})$"
    point, comma = _matches(body, one_point), _matches(body, one_comma)
    either = _matches(body, r"^\d{1,3}[.,]\d{3}$")
    return point, comma, pc.and_(either, pc.and_(pc.invert(point), pc.invert(comma)))


def convert(values: pa.Array, mark: DecimalMark, counts: pa.Array | None = None, *, exact: pa.Array | None = None) -> Amounts:
    """Read `values` under `mark`; what does not fit becomes null. Percentages become shares (45 % → 0.45).

    Where some cells carry "%" and others do not, "3" beside "45 %" may mean three or 3 %, so the fewer of them (`counts` says in how
    many rows each value stands) are not read.
    """
    if mark == "decimal point" and exact is None:
        exact = as_a_program_writes(values)
    if mark == "decimal point" and exact is not None:
        none = pa.array(np.zeros(len(values), bool))
        return Amounts(exact, pa.nulls(len(values), pa.string()), none, none, none, none)
    parts, body, number = _taken_apart(values)
    decimal, thousands = (".", ",") if mark == "decimal point" else (",", ".")
    d, t = re.escape(decimal), re.escape(thousands)
    grouped = rf"^(\d+|\d{{1,3}}({t}\d{{3}})+|\d{{1,2}}({t}\d{{2}})+{t}\d{{3}})?({d}\d*)?$"
    good = pc.and_(pc.and_(number, _matches(body, grouped)), _matches(body, r"\d"))
    plain = pc.replace_substring(pc.replace_substring(body, thousands, ""), decimal, ".")
    opened = _filled(parts, "open")
    good = pc.and_(good, pc.equal(opened, _filled(parts, "close")))
    negative = opened
    twice = pc.and_(opened, pc.invert(opened))
    for place in ("minus", "minus2", "minus3", "minus4"):
        twice = pc.or_(twice, pc.and_(negative, _minus(parts, place)))
        negative = pc.or_(negative, _minus(parts, place))
    good = pc.and_(good, pc.invert(twice))
    percent = _filled(parts, "percent")
    good = pc.and_(good, _one_scale(percent, good, plain, counts))
    power = _filled(parts, "power")
    times = pc.utf8_lower(pc.struct_field(parts, "times"))
    scaled = pc.fill_null(pc.not_equal(times, ""), fill_value=False)
    special = pc.and_(good, pc.or_(pc.or_(scaled, percent), power))
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
    real = pc.is_valid(money)
    return Amounts(money, _sign(parts), changed, pc.and_(scaled, real), pc.and_(percent, real), pc.and_(power, real))


def as_a_program_writes(values: pa.Array) -> pa.Array | None:
    """The exact values where none (nulls aside) needs to be taken apart, else None; most large columns are so.

    They are digits with one point at most and a minus in front, no more of them than `MONEY` keeps.
    """
    if values.null_count == len(values) or (_STRANGE[text_of(values)]).any():
        return None
    if not pc.all(pc.match_substring_regex(values.slice(0, _FIRST), _SHORT)).as_py() or not _short_enough(values):
        return None
    try:
        return pc.cast(values, MONEY)
    except pa.ArrowInvalid:
        return None


def _short_enough(values: pa.Array) -> bool:
    """Whether no value that is made of digits, points and minuses alone has an end without digits, or more digits than `MONEY` keeps."""
    length, point = _sizes(values)
    minus = pc.fill_null(pc.starts_with(values, "-"), fill_value=False).to_numpy(zero_copy_only=False)
    whole = np.where(point < 0, length, point) - minus
    decimals = np.where(point < 0, 1, length - point - 1)
    valid = pc.is_valid(values).to_numpy(zero_copy_only=False)
    return bool(((whole >= 1) & (whole <= 13) & (decimals >= 1) & (decimals <= 4))[valid].all())


def _sizes(values: pa.Array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """How long each value is, and where its first point stands (-1 where there is none); 0 and -1 for null."""
    length = pc.fill_null(pc.binary_length(values), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    return length, pc.fill_null(pc.find_substring(values, "."), -1).to_numpy(zero_copy_only=False).astype(np.int64)


def _taken_apart(values: pa.Array) -> tuple[pa.Array, pa.Array, pa.Array]:
    """The parts of each cell, its digits and marks without spaces and apostrophes, and whether it is a number at all."""
    parts = pc.extract_regex(values, _CELL)
    written = pc.utf8_trim_whitespace(pc.struct_field(parts, "body"))
    body = pc.replace_substring_regex(written, _SPACE, "")
    before, after = _code(parts, "before"), _code(parts, "after")
    agree = pc.or_(pc.equal(before, after), pc.is_in(before, pa.array(SHARED_SIGNS)))
    return parts, body, pc.and_(pc.and_(pc.is_valid(parts), _matches(written, _SPACED)), pc.fill_null(agree, fill_value=True))


def _one_scale(percent: pa.Array, good: pa.Array, plain: pa.Array, counts: pa.Array | None) -> pa.Array:
    """False where a cell has a percent sign and most have none, or the other way round; zero is zero either way."""
    zero = _matches(plain, r"^0*\.?0*$")
    weights = counts if counts is not None else pa.array([1] * len(good), pa.int64())
    with_, without = pc.and_(good, percent), pc.and_(good, pc.and_(pc.invert(percent), pc.invert(zero)))
    marked, bare = _rows(with_, weights), _rows(without, weights)
    if not marked or not bare:
        return pc.or_(good, True)
    return pc.invert(with_ if marked < bare else without)


def currencies_of(values: pa.Array) -> pa.Array:
    """The currency code (or shared sign) in each of the values that is a number, null where there is none."""
    if not _STRANGE[text_of(values)].any():
        return pa.nulls(len(values), pa.string())
    parts, _, number = _taken_apart(values)
    return pc.if_else(number, _sign(parts), None)


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
        number *= _TIMES.get((factor or "").rstrip("."), 1)
        number = number / 100 if is_percent else number
        found.append(number.quantize(Decimal(1).scaleb(-12)) if abs(number) < 10**13 else None)
    return pa.array(found, _WIDE)


def _sign(parts: pa.Array) -> pa.Array:
    """The currency code of each cell, null where there is none; "$5 USD" says which dollar it is."""
    before, after = _code(parts, "before"), _code(parts, "after")
    return pc.if_else(pc.and_(pc.is_in(before, pa.array(SHARED_SIGNS)), pc.is_valid(after)), after, pc.coalesce(before, after))


def _code(parts: pa.Array, place: str) -> pa.Array:
    encoded = pc.struct_field(parts, place).dictionary_encode()
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
