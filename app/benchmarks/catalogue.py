"""The cited figures: read from `data/benchmarks/<edition>.toml`, checked whole, converted once, and given out.

A claim has one `reading`, the meaningful one, and, where the figure is usually quoted as something else, a second one, `quoted`,
with its own (worse) grade. `app.benchmarks.readings` says how a published number becomes one to compute with.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import get_args

from app.benchmarks.claims import (
    LEGEND,
    LINES,
    UPLIFTS,
    Address,
    Attribution,
    CitedFigure,
    Claim,
    Contradiction,
    Edition,
    Family,
    Grade,
    GradeMeaning,
    How,
    Metric,
    Misquote,
    Passage,
    Quotation,
    Reading,
    SourceArticle,
    at_least,
)
from app.benchmarks.own import custom_claim
from app.benchmarks.readings import reading_of, set_aside_of, value_of
from app.benchmarks.section import Section, each
from app.errors import CatalogueError

# Whoever uses the catalogue needs these with it.
__all__ = [
    "FOLDER", "LEGEND", "LINES", "UPLIFTS", "CitedFigure", "Claim", "Edition", "Grade", "Metric", "Reading", "at_least", "custom_claim",
    "editions", "load",
]  # fmt: skip

FOLDER = Path(__file__).parents[2] / "data" / "benchmarks"

_EDITION_NAME = re.compile(r"\d{4}-\d{2}")
_HOWS: tuple[How, ...] = get_args(How)


def editions(*, folder: Path = FOLDER) -> tuple[str, ...]:
    """The names of the editions, the newest last."""
    return tuple(sorted(path.stem for path in folder.glob("*.toml") if _EDITION_NAME.fullmatch(path.stem)))


def load(edition: str, *, folder: Path = FOLDER) -> Edition:
    """Read one edition, check it whole and convert its numbers.

    Raises
    ------
    CatalogueError
        When there is no such edition, or its file is wrong; the message names file, claim and field. An unknown edition is never
        replaced by another.
    """
    if not _EDITION_NAME.fullmatch(edition) or not (folder / f"{edition}.toml").is_file():
        known = ", ".join(editions(folder=folder)) or "none"
        raise CatalogueError(f"There is no edition “{edition}” of the benchmarks.", f"Known editions: {known}.")
    return _load(folder / f"{edition}.toml")


@lru_cache(maxsize=8)
def _load(path: Path) -> Edition:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CatalogueError(f"{path.name} cannot be read: {error}.", "Restore the file from the project.") from error
    return _edition(Section(path.name, "", "", data), name=path.stem)


def _edition(top: Section, *, name: str) -> Edition:
    if top.text("edition") != name:
        raise top.wrong("edition", f"it must be named as the file, “{name}”.")
    marks_section = top.section("marks")
    marks = tuple((how, marks_section.text(how)) for how in _HOWS)
    marks_section.done()
    grades = each(top.rows("grades"), lambda row: GradeMeaning(row.choice("grade", LEGEND), row.text("meaning")))
    if tuple(line.grade for line in grades) != LEGEND:
        raise top.wrong("grades", f"the legend must list {', '.join(LEGEND)} in this order.")
    families = each(top.rows("families"), lambda row: Family(row.text("id"), row.text("label"), row.text("note")))
    article, quotations = _article(top.section("source_article"))
    why = top.section("why_contrasts_are_not_uplifts")
    passage = Passage(why.text("title"), why.text("text"), _addresses(why))
    why.done()
    claims = tuple(_claim(row, families=families, quotations=quotations) for row in top.rows("claims"))
    by_id: dict[str, Claim] = {}
    for claim in claims:
        if claim.id in by_id:
            raise Section(top.file, claim.id, "", {}).wrong("id", "two claims have this id.")
        by_id[claim.id] = claim
    for id in quotations:
        if id not in by_id:
            raise top.wrong("source_article.attributions", f"there is no claim “{id}”.")
    for claim in claims:
        for misquote in claim.misquotes:
            if misquote.points_to is not None and misquote.points_to not in by_id:
                raise Section(top.file, claim.id, "misquotes", {}).wrong("points_to", f"there is no claim “{misquote.points_to}”.")
    edition = Edition(
        name=name,
        title=top.text("title"),
        checked=top.day("checked"),
        findings=top.texts("findings"),
        orientation=top.texts("orientation"),
        use=top.texts("use"),
        no_uplift_earns_an_a=top.text("no_uplift_earns_an_a"),
        how_to_say_it=top.text("how_to_say_it"),
        literature=top.text("literature"),
        base_rates_note=top.text("base_rates_note"),
        why_contrasts_are_not_uplifts=passage,
        unverified=top.texts("unverified"),
        not_found=top.texts("not_found"),
        marks=marks,
        grades=grades,
        families=families,
        source_article=article,
        cited_figures=each(top.rows("cited_figures"), lambda row: _cited(row, by_id)),
        claims=claims,
    )
    top.done()
    return edition


def _article(section: Section) -> tuple[SourceArticle, dict[str, tuple[Quotation, ...]]]:
    quotations: dict[str, tuple[Quotation, ...]] = {}

    def attribution(row: Section) -> Attribution:
        found = Attribution(
            id=row.text("id"),
            attributed_to=row.text("attributed_to"),
            verdict=row.text("verdict"),
            sentence=row.text("sentence"),
            grade=row.choice("grade", LEGEND) if "grade" in row.data else None,
            addresses=_addresses(row),
        )
        for figure in row.rows("figures"):
            claim = figure.text("claim")
            quotations[claim] = (*quotations.get(claim, ()), Quotation(figure.text("wording"), found))
            figure.done()
        return found

    article = SourceArticle(
        publisher=section.text("publisher"),
        updated=section.day("updated"),
        opened=section.flag("opened"),
        note=section.text("note"),
        attributions=each(section.rows("attributions"), attribution),
    )
    section.done()
    return article, quotations


def _cited(row: Section, by_id: Mapping[str, Claim]) -> CitedFigure:
    def claim(key: str) -> Claim:
        id = row.text(key)
        if id not in by_id:
            raise row.wrong(key, f"there is no claim “{id}”.")
        return by_id[id]

    figure = CitedFigure(
        as_written=row.text("as_written"),
        percent=row.needed("percent") / 100,
        quoted=claim("quoted"),
        meaningful=claim("meaningful"),
        explanation=row.text("explanation"),
    )
    if figure.quoted_reading.stated != figure.percent:
        raise row.wrong("percent", f"claim {figure.quoted.id} is quoted with another number.")
    return figure


def _addresses(section: Section) -> tuple[Address, ...]:
    def address(row: Section) -> Address:
        url = row.text("url")
        if not re.fullmatch(r"https?://\S+", url):
            raise row.wrong("url", f"“{url}” is not a web address.")
        return Address(url, row.choice("how", _HOWS), row.text("shows"))

    return each(section.rows("addresses"), address)


def _claim(row: Section, *, families: Sequence[Family], quotations: Mapping[str, tuple[Quotation, ...]]) -> Claim:
    id = row.text("id")
    row = Section(row.file, id, "", row.data, {"id"})
    quoted = row.maybe("quoted")
    claim = Claim(
        id=id,
        label=row.text("label"),
        family=row.choice("family", [family.id for family in families]),
        as_quoted=row.texts("as_quoted"),
        quoted_in=quotations.get(id, ()),
        as_published=row.text("as_published"),
        how=row.choice("how", _HOWS),
        metric_definition=row.text("metric_definition"),
        population=row.text("population"),
        sample=row.text("sample"),
        originator=row.text("originator"),
        year=row.whole("year"),
        year_note=row.text("year_note", optional=True),
        reading=reading_of(row.section("reading")),
        quoted=None if quoted is None else reading_of(quoted),
        set_aside=each(row.rows("set_aside", optional=True), set_aside_of),
        values=each(row.rows("values", optional=True), value_of),
        contradictions=each(row.rows("contradictions"), lambda r: Contradiction(r.text("text"), r.text("url", optional=True))),
        misquotes=each(
            row.rows("misquotes"), lambda r: Misquote(r.text("wording"), r.text("correction"), r.text("points_to", optional=True) or None)
        ),
        addresses=_addresses(row),
        no_address_why=row.text("no_address_why", optional=True),
        checked=row.day("checked"),
    )
    if bool(claim.addresses) == bool(claim.no_address_why):
        raise row.wrong("addresses", "give at least one address, or say in “no_address_why” why there is none.")
    if claim.year is None and not claim.year_note:
        raise row.wrong("year", "give the year, or say in “year_note” why there is none.")
    if claim.quoted is not None and (claim.quoted.grade != "D" or claim.quoted.usable_as != "misquote_only"):
        raise row.wrong("quoted", "a reading that differs from what was found has grade D and is usable only as a misquote.")
    row.done()
    return claim
