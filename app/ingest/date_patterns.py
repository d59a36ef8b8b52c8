"""The ways to write a date: their names and patterns, and the months in the languages of the survey."""

from __future__ import annotations

from typing import Literal

DateFormat = Literal[
    "year first", "day first", "month first", "month first, day first with dots", "short year first", "month name", "year and month",
    "yyyymmdd", "yyyymmddhh", "nth day", "excel serial", "excel serial 1904", "epoch milliseconds", "epoch seconds",
]  # fmt: skip
TIME = (
    r"(?:(?:[T ]|, ?| - | um | at | à | a las )\s*(?P<h>\d{1,2})[:.](?P<mi>\d{2})(?:[:.](?P<s>\d{2})(?:[.,](?P<f>\d{1,9}))?)?"
    r"\s*(?:Uhr)?(?P<ap>[AaPp]\.?[Mm]\.?)?\s*(?P<z>Z|z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?$"
)
YEAR_FIRST = r"^(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})" + TIME
YEAR_LAST = r"^(?P<a>\d{1,2})(?P<mark>[-/.])(?P<b>\d{1,2})[-/.](?P<y>\d{4}|\d{2})" + TIME
SHORT_YEAR_FIRST = r"^(?P<y>\d{2})[-/](?P<m>\d{2})[-/](?P<d>\d{2})" + TIME
DAY_NAME = (
    r"^(?:[^\s\d]+ )?(?P<d>\d{1,2})(?:st|nd|rd|th|er|º|°)?\.?[ /.-]+(?:de )?(?P<name>[^\s\d./,-]{3,10})\.?,?[ /.-]+"
    r"(?:de |del )?(?P<y>\d{4}|\d{2})" + TIME
)
NAME_DAY = r"^(?:[^\s\d]+ )?(?P<name>[^\s\d./,-]{3,10})\.? (?P<d>\d{1,2})(?:st|nd|rd|th)?,? (?P<y>\d{4})" + TIME
YEAR_NAME = r"^(?P<y>\d{4})[ /.-](?P<name>[^\s\d./,-]{3,10})\.?[ /.-](?P<d>\d{1,2})" + TIME
YEAR_MONTH = r"^(?P<y>\d{4})[-/](?P<m>\d{1,2})$"
MONTH_YEAR = r"^(?P<m>\d{1,2})[-/.](?P<y>\d{4})$"
NAMED_MONTH = r"^(?P<name>[^\s\d./,-]{3,10})\.?[ -](?:de )?(?P<y>\d{4})$"
YEAR_NAMED_MONTH = r"^(?P<y>\d{4})[ -](?P<name>[^\s\d./,-]{3,10})\.?$"
DAY = r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
COMPACT = r"^(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?P<h>\d{2})?$"
SERIAL = r"^[2-6]\d{4}([.,]\d+)?$"
MONTHS: dict[str, int] = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar jän jänner janvier janv enero ene janeiro gennaio",
            "feb february februar février févr fevrier febrero fevereiro fev",
            "mar march märz mär maerz mars marzo março marco mrz",
            "apr april avril avr abril abr",
            "may mai mayo maio",
            "jun june juni juin junio junho",
            "jul july juli juillet juil julio julho",
            "aug august août aout agosto ago",
            "sep sept september septembre septiembre setembro set",
            "oct october oktober okt octobre octubre outubro out",
            "nov november novembre noviembre novembro",
            "dec december dezember dez décembre déc decembre diciembre dic dezembro",
        ),
        start=1,
    )
    for name in names.split()
}
TOLD_APART = ("year first", "day first", "month first", "month first, day first with dots", "month name", "yyyymmdd")
"""The formats beside which dates written in another way that cannot be mistaken are read as well."""
