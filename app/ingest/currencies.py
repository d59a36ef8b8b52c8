"""The currency of the amounts: of the file, and of each row where a file mixes several, which are never added up.

A code can stand in the amount's own cells ("USD 24,120,000"), in a column beside it ("Amount Currency") or in its heading. Where there are
several the user takes the rows of one, or gives a rate for each of the others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import pyarrow as pa
import pyarrow.compute as pc

from app.ingest import numbers
from app.ingest.column import Column
from app.ingest.column_bytes import is_one_of
from app.ingest.export_formats import HOME_CURRENCY, Catalogue
from app.ingest.headings import fold, words
from app.ingest.model import Answers, Changed, Choice, Question
from app.ingest.totals import total_lines
from app.tables import TABLES, TableName

CONVERT = "to "
"""An answer "to EUR" converts the other currencies by the rates given; "EUR" alone takes the rows in euro."""
_OFFERED = 3
_MOST_CODES = 60


@dataclass(frozen=True)
class Currency:
    """The one currency of the amounts, None when unknown.

    `rows` gives the code of each row where the file says one for rows; `several` says that there are different ones. Then rows of others
    than `code` are set aside, unless `rates` (units of `code` for one unit of the other) converts them. `of_team` says that the file names
    none and the team's was taken.
    """

    code: str | None
    rows: pa.Array = None
    several: bool = False
    rates: tuple[tuple[str, Decimal], ...] = ()
    questions: tuple[Question, ...] = ()
    of_team: bool = False


def money_field(table: TableName) -> str | None:
    """The field of `table` that holds its amount, None when it has none."""
    return next((field.name for field in TABLES[table].stored if field.kind == "money"), None)


def settle_currency(
    table: TableName, mapped: dict[str, Column], columns: tuple[Column, ...], catalogue: Catalogue, answers: Answers
) -> Currency:
    """The currency of a table's amounts; asks where there are several."""
    amount = mapped.get(money_field(table) or "", mapped.get("unit_price"))
    if amount is None:
        return Currency(answers.currency)
    home = any(known.field == HOME_CURRENCY for known in catalogue.known(table, amount.heading))
    beside = _column_beside(amount, mapped, columns, catalogue, home=home)
    rows = _codes_of_rows(amount, beside, catalogue)
    counted = {} if rows is None else _tally(rows)
    if set(counted) & set(numbers.SHARED_SIGNS):
        rows = _told_by_the_file(rows, set(counted), heading_currency(amount.heading))
        counted = _tally(rows)
    if rows is not None and len(counted) > 1:
        # A line of totals often leaves the currency out, and is no deal of another one.
        counted = _tally(rows.filter(pc.invert(total_lines(columns, None)))) or counted
    if not counted:
        named = _plain(answers.currency) or heading_currency(amount.heading)
        return Currency(named or answers.home_currency, of_team=named is None and answers.home_currency is not None)
    if len(counted) == 1:
        only = next(iter(counted))
        if only not in numbers.SHARED_SIGNS:
            return Currency(only, rows)
        return Currency(_plain(answers.currency) or heading_currency(amount.heading) or only, rows)
    chosen = _plain(answers.currency)
    if chosen in counted and answers.currency == chosen:
        return Currency(chosen, rows, several=True)
    if chosen in counted:
        return _with_rates(str(chosen), counted, rows, answers)
    return Currency(None, rows, several=True, questions=(_which(counted, beside or amount),))


def _plain(answer: str | None) -> str | None:
    return None if answer is None else answer.removeprefix(CONVERT) or None


def _column_beside(
    amount: Column, mapped: dict[str, Column], columns: tuple[Column, ...], catalogue: Catalogue, *, home: bool
) -> Column | None:
    """The column that says each row's currency: the mapped one, else one of nothing but different codes."""
    column = mapped.get("currency")
    if home:
        return column if column is not None and "converted" in fold(column.heading) else None
    if column is not None:
        return column
    taken = {other.position for other in mapped.values()}
    found = [
        other
        for other in columns
        if other.position not in taken and other.filled and not other.more_than(_MOST_CODES) and _holds_codes(other, catalogue)
    ]
    return min(found, key=lambda other: (abs(other.position - amount.position), -other.position), default=None)


def _holds_codes(column: Column, catalogue: Catalogue) -> bool:
    found = [word.upper() for word, _ in column.words() if fold(word) not in catalogue.blanks]
    return bool(found) and all(word in numbers.CURRENCY_CODES for word in found)


def _codes_of_rows(amount: Column, beside: Column | None, catalogue: Catalogue) -> pa.Array | None:
    """The code of each row that has an amount, from its cell, else from the column beside it; null where neither says one."""
    in_cells = numbers.currencies_of(amount.values)
    if beside is None:
        return amount.spread(in_cells) if len(pc.drop_null(in_cells)) else None
    written = [numbers.currency_code(word) if fold(word) not in catalogue.blanks else None for word in beside.values.to_pylist()]
    aside = beside.spread(pa.array(written, pa.string()))
    if len(pc.drop_null(in_cells)):
        # "$" in the cell and "CAD" beside it agree; "€" in the cell and "USD" beside it do not, and the cell is nearer.
        clear = pc.if_else(pc.is_in(in_cells, pa.array(numbers.SHARED_SIGNS)), None, in_cells)
        aside = pc.coalesce(amount.spread(clear), aside, amount.spread(in_cells))
    blank = is_one_of(amount.values, catalogue.blanks)
    return pc.if_else(amount.spread(blank), None, aside)


def _told_by_the_file(rows: pa.Array, found: set[str], heading: str | None) -> pa.Array:
    """The codes of the rows, in which "$" is the one dollar that other rows (or the heading) name; several leave it open."""
    for sign in found & set(numbers.SHARED_SIGNS):
        known = found & numbers.SIGN_OF[sign] or numbers.SIGN_OF[sign] & {heading or ""}
        code = next(iter(known)) if len(known) == 1 else numbers.ALONE.get(sign)
        if code is not None:
            rows = pc.if_else(pc.fill_null(pc.equal(rows, sign), fill_value=False), code, rows)
    return rows


def _tally(rows: pa.Array) -> dict[str, int]:
    counted = pc.value_counts(pc.drop_null(rows)).to_pylist()
    return {item["values"]: item["counts"] for item in sorted(counted, key=lambda item: (-item["counts"], item["values"]))}


def _which(counted: dict[str, int], column: Column) -> Question:
    alone = [
        Choice(code, f"Only {code}", f"{rows:,} {'row' if rows == 1 else 'rows'}; the others are set aside")
        for code, rows in counted.items()
    ]
    together = [
        Choice(f"{CONVERT}{code}", f"All, converted to {code}", "you give the rates")
        for code in list(counted)[:_OFFERED]
        if code not in numbers.SHARED_SIGNS
    ]
    return Question(
        key="currency",
        kind="currency",
        text=f"The amounts are in {len(counted)} currencies, which cannot be added up. Which shall be used?",
        choices=(*alone, *together),
        answer_in="currency",
        answer_key="currency",
        column=column.heading,
        example=next(iter(counted)),
        rows=next(iter(counted.values())),
    )


def _with_rates(code: str, counted: dict[str, int], rows: pa.Array, answers: Answers) -> Currency:
    rates: list[tuple[str, Decimal]] = []
    questions: list[Question] = []
    for other, number in counted.items():
        if other == code:
            continue
        rate = rate_of(answers.rates.get(other))
        if rate is not None:
            rates.append((other, rate))
            continue
        questions.append(
            Question(
                key=f"rate:{other}",
                kind="rate",
                text=f"How many {code} is one {other}? Write the rate, such as 0.92.",
                choices=(),
                answer_in="rates",
                answer_key=other,
                example=other,
                rows=number,
            )
        )
    return Currency(code, rows, several=True, rates=tuple(rates), questions=tuple(questions))


def rate_of(text: str | None) -> Decimal | None:
    """The rate that was written, None when it is no number above zero. A comma may stand for the decimal point."""
    try:
        rate = Decimal((text or "").strip().replace(",", "."))
    except InvalidOperation:
        return None
    return rate if rate.is_finite() and Decimal("0.000000001") <= rate <= Decimal(1_000_000_000) else None


def in_one_currency(amounts: pa.Array, currency: Currency, heading: str) -> tuple[pa.Array, list[Changed], list[str], pa.Array | None]:
    """The amounts in `currency.code`, what was changed, what to warn of, and which rows stay out because their currency is another.

    Parameters
    ----------
    amounts
        decimal128(18, 4), one for each row, in the row's own currency.

    Returns
    -------
    tuple
        Amounts that are not in the currency and have no rate are null, so that no sum can ever contain them.
    """
    if not currency.several or currency.code is None:
        return amounts, [], [], None
    changed: list[Changed] = []
    warnings: list[str] = []
    filled = pc.is_valid(amounts)
    own = pc.fill_null(pc.equal(currency.rows, currency.code), fill_value=False)
    result = pc.if_else(own, amounts, None)
    for other, rate in currency.rates:
        of_other = pc.and_(filled, pc.fill_null(pc.equal(currency.rows, other), fill_value=False))
        before = amounts.filter(of_other)
        if not len(before):
            continue
        after = pa.array([_exact(value * rate) for value in before.to_pylist()], numbers.MONEY)
        result = pc.replace_with_mask(result, of_other, after)
        sums = f"{_sum(before)} {other} became {_sum(after)} {currency.code}"
        changed.append(Changed(heading, f"Converted at 1 {other} = {rate:f} {currency.code}, the rate you gave: {sums}.", len(before)))
    left = pc.and_(filled, pc.is_null(result))
    if not pc.any(left).as_py():
        return result, changed, warnings, None
    codes = pc.fill_null(currency.rows, "no currency")
    left_out = _tally(codes.filter(left))
    for code, rows in left_out.items():
        total = _sum(amounts.filter(pc.and_(left, pc.equal(codes, code))))
        warnings.append(f"Left out, because it is not in {currency.code}: {total} {code} in {rows:,} {'row' if rows == 1 else 'rows'}.")
    return result, changed, warnings, left


def _exact(value: Decimal) -> Decimal | None:
    rounded = value.quantize(Decimal("0.0001"))
    return rounded if abs(rounded) < Decimal(10) ** 14 else None


def _sum(amounts: pa.Array) -> str:
    total = pc.sum(pc.cast(amounts, pa.decimal128(38, 4))).as_py() or Decimal(0)
    return f"{total:,.2f}"


def heading_currency(heading: str) -> str | None:
    """The currency a heading names ("Sale_Value_AED", "Amount (€)"), None when none."""
    for sign in ("€", "£", "₹", "$"):
        if sign in heading:
            code = numbers.currency_code(sign)
            return numbers.ALONE.get(code, code)
    clear = (word.upper() for word in words(heading))
    return next((word for word in clear if word in numbers.CURRENCY_CODES and word not in numbers.UNCLEAR_CODES), None)


_THOUSANDS = re.compile(
    r"\b[kt]\s?(?:€|£|\$|eur|usd|gbp|chf)(?!\w)|(?:€|£|\$)\s?k\b|\b(?:tsd|tausend|thousands?|milliers?|miles)\b|['’(]\s?000s?\b|\b000s\b",
    re.IGNORECASE,
)
_MILLIONS = re.compile(r"\b(?:mio|mill?ions?|millionen|millones)\b|\bm\s?(?:€|£|\$|eur|usd|gbp|chf)(?!\w)|(?:€|£|\$)\s?m\b", re.IGNORECASE)


def heading_scale(heading: str) -> str | None:
    """What a heading says its amounts count in ("Net value (kEUR)", "Umsatz in Tsd. €"): "thousands", "millions", None when nothing.

    >>> heading_scale("Net value (kEUR)"), heading_scale("Amount in M€"), heading_scale("Ticket value")
    ('thousands', 'millions', None)
    """
    return "thousands" if _THOUSANDS.search(heading) else "millions" if _MILLIONS.search(heading) else None


def said_of_scale(heading: str) -> str | None:
    """What is said of amounts that count in thousands or millions; None for others."""
    scale = heading_scale(heading)
    if scale is None:
        return None
    return f"“{heading}” seems to count in {scale}. The amounts are kept as they are written, so every sum is in {scale} as well."


def hundredths(currency: Currency, rows: int) -> pa.Array:
    """For each row the share of a unit that the smallest unit of its currency is: 0.01 for cents, 1 for yen, 0.001 for dinars."""
    codes = currency.rows if currency.rows is not None else pa.array([currency.code] * rows, pa.string())
    upper = pc.fill_null(pc.utf8_upper(codes), "")
    kind = pa.decimal128(4, 3)
    whole, thousandth = pc.is_in(upper, pa.array(sorted(numbers.NO_MINOR_UNIT))), pc.is_in(upper, pa.array(sorted(numbers.THOUSANDTHS)))
    cents = pc.if_else(thousandth, pa.scalar(Decimal("0.001"), kind), pa.scalar(Decimal("0.010"), kind))
    return pc.if_else(whole, pa.scalar(Decimal("1.000"), kind), cents)
