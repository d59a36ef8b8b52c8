"""Numbers and dates: what a whole column settles, what it leaves open, and exact values."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.ingest import date_order, dates, numbers
from app.ingest.date_patterns import DateFormat


def ones(values: list[str]) -> tuple[pa.Array, pa.Array]:
    return pa.array(values), pa.array([1] * len(values), pa.int64())


@pytest.mark.parametrize(
    ("format", "written", "read"),
    [
        ("year first", "2025-10-14", datetime(2025, 10, 14)),
        ("year first", "2025-10-14 09:12", datetime(2025, 10, 14, 9, 12)),
        ("year first", "2026-03-01 10:00:00", datetime(2026, 3, 1, 10)),
        ("year first", "2022-02-13T14:06:20Z", datetime(2022, 2, 13, 15, 6, 20)),
        ("year first", "2022-07-13T14:06:20Z", datetime(2022, 7, 13, 16, 6, 20)),
        ("year first", "2020-05-12T00:53:57.688+0000", datetime(2020, 5, 12, 2, 53, 57, 688000)),
        ("year first", "2020-11-25 13:49:44.000000 UTC", datetime(2020, 11, 25, 14, 49, 44)),
        ("year first", "2025-07-01T00:00:00-05:30", datetime(2025, 7, 1, 7, 30)),
        ("year first", "2023-02-29", None),
        ("year first", "2024-02-29", datetime(2024, 2, 29)),
        ("month first", "10/20/2016", datetime(2016, 10, 20)),
        ("month first", "12/1/2010 8:45", datetime(2010, 12, 1, 8, 45)),
        ("month first", "5/1/21 12:05 AM", datetime(2021, 5, 1, 0, 5)),
        ("month first", "1/9/2021 11:05 PM", datetime(2021, 1, 9, 23, 5)),
        ("month first", "20/10/2016", None),
        ("day first", "20/10/2016", datetime(2016, 10, 20)),
        ("day first", "20.10.2016", datetime(2016, 10, 20)),
        ("day first", "26-02-2018 19:58", datetime(2018, 2, 26, 19, 58)),
        ("day first", "31/04/2020", None),
        ("month name", "15 Apr, 2021 00:03:00", datetime(2021, 4, 15, 0, 3)),
        ("month name", "15-Apr-2021", datetime(2021, 4, 15)),
        ("month name", "Apr 15, 2021", datetime(2021, 4, 15)),
        ("month name", "3. März 2021", datetime(2021, 3, 3)),
        ("month name", "1er août 2020", datetime(2020, 8, 1)),
        ("month name", "10 de junio de 2022", datetime(2022, 6, 10)),
        ("month name", "01-May", None),
        ("yyyymmdd", "20240416", datetime(2024, 4, 16)),
        ("yyyymmddhh", "2024041623", datetime(2024, 4, 16, 23)),
        ("excel serial", "45580.375", datetime(2024, 10, 15, 9)),
        ("excel serial 1904", "44118.375", datetime(2024, 10, 15, 9)),
        ("epoch milliseconds", "1571673600000", datetime(2019, 10, 21, 18)),
        ("epoch seconds", "1571673600", datetime(2019, 10, 21, 18)),
        ("short year first", "25-03-14", datetime(2025, 3, 14)),
        ("month name", "15/ene/2024", datetime(2024, 1, 15)),
        ("month name", "2024-Apr-15", datetime(2024, 4, 15)),
        ("day first", "20.10.2016 um 10:05 Uhr", datetime(2016, 10, 20, 10, 5)),
        ("year and month", "2020-Dec", datetime(2020, 12, 1)),
        ("year and month", "Dez. 2020", datetime(2020, 12, 1)),
        ("year and month", "3/2024", datetime(2024, 3, 1)),
        ("day first", "2024-03-05", datetime(2024, 3, 5)),
        ("month first", "3. Mai 2024", datetime(2024, 5, 3)),
        ("month first, day first with dots", "03.04.2024", datetime(2024, 4, 3)),
        ("month first, day first with dots", "03/04/2024", datetime(2024, 3, 4)),
    ],
)
def test_ways_to_write_a_date(format: DateFormat, written: str, read: datetime | None) -> None:
    assert dates.convert(pa.array([written]), format, time_zone="Europe/Berlin").values.to_pylist() == [read]


@pytest.mark.parametrize(
    ("cells", "format", "options"),
    [
        (["2024-03-01", "15 Apr 2024", "20240416"], "year first", ()),
        (["2024-03-01", "03/14/2024"], "month first", ()),
        (["2024-03-01", "03/04/2024"], None, ("day first", "month first")),
        (["13.02.2024", "02/14/2024", "02/03/2024"], "month first, day first with dots", ()),
        (["13.02.2024", "02/03/2024"], None, ("day first", "month first, day first with dots")),
        (["25-03-14", "25-04-02"], None, ("day first", "short year first")),
        (["25-03-14", "25-04-31"], None, ("day first", "short year first")),
        (["99-03-14", "98-12-02"], "short year first", ()),
        (["01/05/21", "30/06/21"], "day first", ()),
        (["45580", "45581.5"], None, ("excel serial", "excel serial 1904")),
        (["1571673600", "1571673601"], "epoch seconds", ()),
        (["16042024"], None, ()),
    ],
)
def test_several_ways_in_one_column_are_told_apart_or_asked(cells: list[str], format: str | None, options: tuple[str, ...]) -> None:
    reading = date_order.read_format(*ones(cells))
    assert (reading.format, reading.options) == (format, options)


def test_numbered_days_need_the_start_from_the_head() -> None:
    values, counts = ones(["0000", "0001", "0027"])
    assert date_order.read_format(values, counts, heading="nth day", anchored=False).format is None
    assert date_order.read_format(values, counts, heading="nth day", anchored=True).format == "nth day"
    read = dates.convert(values, "nth day", anchor=datetime(2026, 2, 26)).values.to_pylist()
    assert read == [datetime(2026, 2, 26), datetime(2026, 2, 27), datetime(2026, 3, 25)]


def test_serial_numbers_are_dates_only_where_the_workbook_says_so() -> None:
    values, counts = ones(["45580", "45581.5"])
    assert date_order.read_format(values, counts).format is None
    assert date_order.read_format(values, counts, serial=True).format == "excel serial"


@given(
    days=st.lists(st.dates(date(1970, 1, 1), date(2069, 12, 31)), min_size=1, max_size=30),
    order=st.sampled_from(["day first", "month first"]),
    mark=st.sampled_from("/-."),
)
@settings(max_examples=150, deadline=None)
def test_a_column_of_dates_comes_back_or_is_asked_about(days: list[date], order: DateFormat, mark: str) -> None:
    written = [
        mark.join([str(d.day), str(d.month), str(d.year)] if order == "day first" else [str(d.month), str(d.day), str(d.year)])
        for d in days
    ]
    values, counts = ones(written)
    reading = date_order.read_format(values, counts)
    settled = any(d.day > 12 for d in days)
    same = all(d.day == d.month for d in days)
    assert reading.ambiguous == (not settled and not same)
    assert (reading.format == order) == settled or same
    format = order if reading.ambiguous else reading.format
    assert format is not None
    assert [moment.date() for moment in dates.convert(values, format).values.to_pylist()] == days


@given(st.lists(st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)), min_size=1, max_size=20))
@settings(max_examples=60, deadline=None)
def test_instants_move_to_the_clock_of_the_team(moments: list[datetime]) -> None:
    from datetime import UTC
    from zoneinfo import ZoneInfo

    values = pa.array([moment.isoformat() + "Z" for moment in moments])
    expected = [moment.replace(tzinfo=UTC).astimezone(ZoneInfo("America/New_York")).replace(tzinfo=None) for moment in moments]
    assert dates.convert(values, "year first", time_zone="America/New_York").values.to_pylist() == expected


@pytest.mark.parametrize(
    ("cells", "mark", "read"),
    [
        (["$22,700.00", "-$5.50", "($1,200.00)"], "decimal point", ["22700", "-5.5", "-1200"]),
        (["1.234,56", "1 234,56", "1\u00a0234,56 €", "1'234,00", "EUR 5"], "decimal comma", ["1234.56", "1234.56", "1234.56", "1234", "5"]),
        (["24,120,000", "USD 24,120,000"], "decimal point", ["24120000", "24120000"]),
        (["12,34,567", "1,00,000.50"], "decimal point", ["1234567", "100000.5"]),
        (["0.27%", "45.0%"], "decimal point", ["0.0027", "0.45"]),
        (["$342.09K", "$1,117.10K"], "decimal point", ["342090", "1117100"]),
        (["1.2k", "950"], "decimal point", ["1200", "950"]),
        (["1054", "-5", "12."], "decimal point", ["1054", "-5", "12"]),
        (["2.5", "n. a.", "2.41E+18"], "decimal point", ["2.5", None, None]),
        (["1,2,3", "1.50"], "decimal point", [None, "1.5"]),
        (["1.234,56-", "EUR 1.234,50-", "1.234,50- €", "(1.200)"], "decimal comma", ["-1234.56", "-1234.5", "-1234.5", "-1200"]),
        (["1,5 Mio. €", "1,2 Mrd", "10 Tsd."], "decimal comma", ["1500000", "1200000000", "10000"]),
        (["3 4", "5'11", "1 2345", "12 Mar", "12 pcs", "--5", "(-5)", "7.5"], "decimal point", [None] * 7 + ["7.5"]),
        (["$5.00 USD", "€5 USD", "C$4"], "decimal point", ["5", None, "4"]),
        (["45%", "12.5 %", "3", "0"], "decimal point", ["0.45", "0.125", None, "0"]),
    ],
)
def test_ways_to_write_a_number(cells: list[str], mark: str, read: list[str | None]) -> None:
    values, counts = ones(cells)
    reading = numbers.read_marks(values, counts)
    assert reading.mark == mark
    assert numbers.convert(values, reading.mark).values.to_pylist() == [None if text is None else Decimal(text) for text in read]


@pytest.mark.parametrize("cells", [["1.234", "2.345"], ["$21,042", "$550"], ["1,2", "3.4"], [*(f"{n}.250" for n in range(1, 30)), "7.5"]])
def test_a_mark_that_could_be_either_is_left_open(cells: list[str]) -> None:
    reading = numbers.read_marks(*ones(cells))
    assert (reading.mark, reading.ambiguous) == (None, True)


@given(
    amounts=st.lists(st.decimals(-(10**9), 10**9, places=2), min_size=1, max_size=30),
    mark=st.sampled_from(
        [("decimal point", ".", ","), ("decimal comma", ",", "."), ("decimal comma", ",", " "), ("decimal point", ".", "'")]
    ),
    sign=st.sampled_from(["", "$", "EUR "]),
    decimals=st.sampled_from([0, 2, 3]),
)
@settings(max_examples=200, deadline=None)
def test_a_column_of_numbers_comes_back_or_is_asked_about(
    amounts: list[Decimal], mark: tuple[numbers.DecimalMark, str, str], sign: str, decimals: int
) -> None:
    name, decimal, thousands = mark

    def write(amount: Decimal) -> str:
        text = f"{abs(amount):,.{decimals}f}".replace(",", "t").replace(".", decimal).replace("t", thousands)
        return ("-" if amount < 0 else "") + sign + text

    values, counts = ones([write(amount) for amount in amounts])
    reading = numbers.read_marks(values, counts)
    if reading.mark is None:
        assert reading.ambiguous
    elif any(mark_ in text for text in values.to_pylist() for mark_ in ".,"):
        assert reading.mark == name
    expected = [Decimal(f"{amount:.{decimals}f}") for amount in amounts]
    assert numbers.convert(values, name).values.to_pylist() == expected
