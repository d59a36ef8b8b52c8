"""The editions of the catalogue: complete, converted once, held to their own rules; and no uplift number outside them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Literal

import pytest

from app.benchmarks.catalogue import (
    FOLDER,
    LEGEND,
    LINES,
    UPLIFTS,
    Claim,
    Edition,
    Metric,
    Reading,
    at_least,
    custom_claim,
    editions,
    load,
)
from app.errors import AppError, CatalogueError

EDITION = load("2026-11")
ROOT = Path(__file__).parents[2]
TEXT = (FOLDER / "2026-11.toml").read_text(encoding="utf-8")

IDS = (
    *("W38", "R36a", "R36b", "G32", "S24", "S27"),
    *("G5", "G20", "S19", "C67", "M208", "A108", "MH10"),
    *("F82", "F8", "L90", "LD17", "GA3", "GA15", "H103", "LI87", "I10", "T1"),
    *("HJK08", "HJ07", "LFM19", "AL15", "KY10"),
    *("BR-WIN", "BR-INDUSTRY", "BR-FORECAST-18", "BR-FORECAST-16", "BR-DENOMINATOR", "BR-LEAD", "BR-MQL", "BR-FUNNEL"),
    *("BR-NRR", "BR-NRR-DEFINITION", "BR-RESPONSE-AUDIT", "BR-RESPONSE-EFFECT", "BR-RESPONSE-5V30"),
)


def readings(edition: Edition) -> Iterator[tuple[Claim, Reading]]:
    for claim in edition.claims:
        yield claim, claim.reading
        if claim.quoted is not None:
            yield claim, claim.quoted


# --- What is in it ---------------------------------------------------------------------------------------------------


def test_every_row_is_there_in_order() -> None:
    assert tuple(claim.id for claim in EDITION.claims) == IDS


def test_editions_end_with_the_newest() -> None:
    names = editions()
    assert "2026-11" in names
    assert list(names) == sorted(names)
    assert load(names[-1]).name == names[-1]


def test_every_edition_in_the_folder_loads() -> None:
    assert [load(name).name for name in editions()] == list(editions())


def test_the_five_figures_in_the_customers_words_and_order() -> None:
    table = [
        (figure.as_written, figure.percent, figure.quoted.id, figure.meaningful.id, figure.misquoted) for figure in EDITION.cited_figures
    ]
    assert table == [
        ("32 % higher revenue", 0.32, "G32", "G32", True),
        ("38 % higher win rates", 0.38, "W38", "W38", False),
        ("36 % more customers retained", 0.36, "R36b", "R36a", True),
        ("24 % faster growth", 0.24, "S24", "S24", True),
        ("27 % faster revenue growth", 0.27, "S27", "S27", True),
    ]


def test_the_five_figures_in_both_readings() -> None:
    quoted = [(f.quoted_reading.unit, f.quoted_reading.metric, f.quoted_reading.ratio) for f in EDITION.cited_figures]
    assert quoted == [
        ("relative_ratio", "revenue", 1.32),
        ("relative_ratio", "win_rate", 1.38),
        ("relative_ratio", "logo_retention", 1.36),
        ("relative_ratio", "revenue_growth", 1.24),
        ("relative_ratio", "revenue_growth", 1.27),
    ]
    meant = [(f.meaningful_reading.unit, f.meaningful_reading.metric, f.meaningful_reading.grade) for f in EDITION.cited_figures]
    assert meant == [
        ("abs_growth_rate_pair", "revenue_growth", "C-"),
        ("relative_ratio", "win_rate", "C"),
        ("relative_churn_reduction", "churn", "C"),
        ("cagr_ratio", "revenue_cagr_3y", "C-"),
        ("cagr_ratio", None, "C-"),
    ]
    # Only 38 % means what it says; the other four wordings are misquotes, and each says what was found.
    assert [f.quoted_reading.grade for f in EDITION.cited_figures] == ["D", "C", "D", "D", "D"]


def test_the_source_article_credits_two_publishers() -> None:
    article = EDITION.source_article
    assert (article.publisher, article.updated, article.opened) == ("CallHippo", date(2021, 2, 15), False)
    assert [(a.attributed_to, a.verdict, a.grade) for a in article.attributions] == [
        ("Harvard Business Review", "unsupported", "D"),
        ("Aberdeen Group, CMO's Agenda report", "not confirmed", None),
    ]
    assert [(q.wording, q.attribution.id) for q in EDITION.claim("R36b").quoted_in] == [
        ("retaining 36% more customers", "hbr"),
        ("retain 36% more customers", "aberdeen"),
    ]
    assert {claim.id: len(claim.quoted_in) for claim in EDITION.claims if claim.quoted_in} == {
        "W38": 2,
        "R36b": 2,
        "G32": 2,
        "S24": 1,
        "S27": 1,
    }


def test_numbers_are_converted_once() -> None:
    table = {
        id: (r.stated, r.ratio, r.aligned_level, r.baseline_level, r.years, r.lower_is_better)
        for id in ("W38", "R36a", "R36b", "G32", "S24", "S27", "G5", "G20", "C67", "M208", "A108", "MH10", "H103")
        for r in [EDITION.claim(id).reading]
    }
    assert table == {
        "W38": (0.38, 1.38, None, None, None, False),  # (100 + 38) / 100
        "R36a": (0.36, 0.64, None, None, None, True),  # (100 - 36) / 100
        "R36b": (None, None, None, None, None, False),
        "G32": (None, None, 0.32, -0.07, None, False),
        "S24": (0.24, 1.24, None, None, 3, False),
        "S27": (0.27, 1.27, None, None, 3, False),
        "G5": (5.4 / 100, None, None, None, None, False),  # the unit is not stated, so there is no ratio
        "G20": (None, None, 0.20, -0.04, None, False),
        "C67": (0.67, 35 / 21, 0.35, 0.21, None, False),
        "M208": (2.09, 28 / 9, 0.28, 0.09, None, False),
        "A108": (1.08, 75 / 36, 0.75, 0.36, None, False),
        "MH10": (None, 29 / 24, 0.29, 0.24, None, False),
        "H103": (1.03, 2.03, None, None, None, False),
    }
    assert EDITION.claim("G32").reading.gap == pytest.approx(0.39)  # 32 - (-7) = 39 points


def test_values_of_the_context_rows() -> None:
    stated = {v.label: (v.value, v.high, v.unit, v.computed) for v in EDITION.claim("BR-MQL").values}
    assert stated["Software as a service, another"] == (0.18, 0.22, "percent", False)
    assert EDITION.claim("BR-RESPONSE-AUDIT").value("Mean time among those who answered within 30 days").value == 42
    assert EDITION.claim("F8").value("Likely range of 5 in 66").computed
    assert [v.value for v in EDITION.claim("BR-NRR").values] == [1.0, 1.02, 1.03, 1.05, 1.07, 1.1, 0.9, 0.9, 0.92, 0.93, 0.93, 0.93]
    with pytest.raises(CatalogueError, match="Claim F8 has no value “Nothing”"):
        EDITION.claim("F8").value("Nothing")


def test_grades() -> None:
    found = {claim.id: claim.grade for claim in EDITION.claims}
    assert {id for id, grade in found.items() if grade == "A"} == {"HJK08", "HJ07", "LFM19"}
    assert {id for id, grade in found.items() if grade == "D"} == {"R36b", "S19", "I10", "T1", "BR-MQL"}
    assert {id for id, grade in found.items() if grade == "C-"} == {"G32", "S24", "S27"}
    assert {id for id, grade in found.items() if grade == "none"} == {"BR-DENOMINATOR"}
    assert found["MH10"] == "B"


def test_the_order_of_grades() -> None:
    assert [grade for grade in LEGEND if at_least(grade, "C+")] == ["A", "B+", "B", "B-", "C+"]
    assert not at_least("own", "D")
    assert not at_least("none", "D")
    assert [EDITION.meaning(line.grade) for line in EDITION.grades] == [line.meaning for line in EDITION.grades]
    assert EDITION.meaning("own") == "The team's own figure; its evidence has not been graded here."


def test_what_may_be_drawn_beside_a_result() -> None:
    assert [c.id for c in EDITION.for_metric("win_rate")] == ["W38"]
    assert [c.id for c in EDITION.for_metric("churn")] == ["R36a"]
    assert [c.id for c in EDITION.for_metric("logo_retention")] == []
    assert [c.id for c in EDITION.for_metric("revenue_growth")] == ["G20", "G32"]
    assert [c.id for c in EDITION.for_metric("lead_conversion")] == ["MH10", "C67"]
    assert [c.id for c in EDITION.context("lead_response")] == ["BR-RESPONSE-AUDIT", "BR-RESPONSE-EFFECT", "BR-RESPONSE-5V30"]
    assert [c.id for c in EDITION.family("siriusdecisions")] == ["S24", "S27", "S19"]


# --- The rules of use ------------------------------------------------------------------------------------------------


def test_every_reading_obeys_the_grade_rules() -> None:
    broken = []
    for claim, reading in readings(EDITION):
        if reading.unit in UPLIFTS and reading.grade == "A":
            broken.append((claim.id, "an uplift with an A"))
        if reading.usable_as == "target" and not at_least(reading.grade, "C+"):
            broken.append((claim.id, "a target below C+"))
        if reading.usable_as == "reference_line" and not at_least(reading.grade, "C"):
            broken.append((claim.id, "a line below C without its caveat"))
        if reading.grade == "D" and reading.usable_as in LINES:
            broken.append((claim.id, "a D as a line"))
        if reading.usable_as in LINES and reading.metric is None:
            broken.append((claim.id, "a line beside nothing"))
        if bool(reading.metric) == bool(reading.no_metric_why):
            broken.append((claim.id, "neither a metric nor a reason, or both"))
    assert broken == []


def test_the_only_target() -> None:
    assert [claim.id for claim, reading in readings(EDITION) if reading.usable_as == "target"] == ["MH10"]


def test_every_misquote_has_its_correction() -> None:
    for claim in EDITION.claims:
        if claim.quoted is not None or claim.usable_as == "misquote_only":
            assert claim.misquotes, claim.id
    assert EDITION.claim("R36b").misquotes[0].points_to == "R36a"


def test_every_row_has_an_address_or_says_why_not() -> None:
    assert {c.id: c.no_address_why for c in EDITION.claims if not c.addresses} == {"S19": "No page was found that supports it."}


def test_the_marks_of_the_five() -> None:
    assert {id: EDITION.claim(id).how for id in ("W38", "R36a", "G32", "S24", "S27", "G5", "G20", "S19", "MH10")} == {
        "W38": "read",
        "R36a": "read",
        "G32": "second_hand",
        "S24": "second_hand",
        "S27": "second_hand",
        "G5": "read",
        "G20": "read",
        "S19": "not_verified",
        "MH10": "read",
    }
    assert [address.url for address in EDITION.claim("S27").addresses] == [
        "https://blog.hubspot.com/sales/sales-marketing-alignment-increases-revenue-infographic",
        "http://www.calliduscloud.com/blog/marketing/leads-labor-lost-the-gruesome-reality-of-sales-and-marketing-misalignment/",
        "http://www.wheelhouseadvisors.net/how-to-align-sales-marketing-to-boost-revenue-by-208-infographic/",
    ]


def test_the_addresses_are_those_of_the_research(shared_data: Path) -> None:
    notes = shared_data.parent / "facts" / "benchmarks.md"
    if not notes.is_file():
        pytest.skip("The research notes beside the repository are not here.")

    def urls(text: str) -> set[str]:
        return {found.rstrip(".,;") for found in re.findall(r'https?://[^\s")|`>]+', text)}

    assert urls(TEXT) == urls(notes.read_text(encoding="utf-8"))


def test_sentences_are_for_people() -> None:
    wrong = [
        text
        for claim in EDITION.claims
        for text in (claim.label, claim.reading.sentence, claim.caveat, claim.grade_reason)
        if "!" in text or "  " in text or text != text.strip()
    ]
    assert wrong == []
    assert all(reading.sentence.endswith(".") and reading.caveat.endswith(".") for _, reading in readings(EDITION))


# --- What is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["2019-01", "", "newest", "../2026-11", "2026-11.toml"])
def test_an_unknown_edition_is_an_error(name: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        load(name)
    assert caught.value.message == f"There is no edition “{name}” of the benchmarks."
    assert "2026-11" in caught.value.remedy


def test_an_unknown_claim_is_an_error() -> None:
    with pytest.raises(CatalogueError, match="Edition 2026-11 has no claim “W39”"):
        EDITION.claim("W39")


def changed(tmp_path: Path, old: str, new: str) -> Path:
    """A copy of the edition with the first `old` replaced."""
    assert old in TEXT, old
    (tmp_path / "2026-11.toml").write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    return tmp_path


W38 = 'unit = "relative_ratio"\nvalue = 38\nmetric = "win_rate"'
W38_USE = 'tables were not read."\nusable_as = "reference_line_with_caveat"'
MH10_GRADE = 'grade = "B"\ngrade_reason = "Sample, outcomes and a journal paper exist; it is still'


@pytest.mark.parametrize(
    ("old", "new", "where", "why"),
    [
        (W38, f"{W38}\nuplift = 1", "claim W38, field “reading.uplift”", "the key is unknown"),
        ('label = "38 % higher win rate"', 'label = "x"\nfoo = 1', "claim W38, field “foo”", "the key is unknown"),
        ('edition = "2026-11"', 'edition = "2026-11"\nfoo = 1', "field “foo”", "the key is unknown"),
        ('edition = "2026-11"', 'edition = "2026-10"', "field “edition”", "must be named as the file"),
        ("value = 38\n", 'value = "38"\n', "claim W38, field “reading.value”", "must be a number"),
        ("value = 38\n", "value = true\n", "claim W38, field “reading.value”", "must be a number"),
        ("value = 38\n", "value = nan\n", "claim W38, field “reading.value”", "finite"),
        ("value = 38\n", "", "claim W38, field “reading.value”", "give the value or the two levels"),
        (W38, W38.replace("relative_ratio", "ratio"), "claim W38, field “reading.unit”", "is not one of relative_ratio"),
        (W38, W38.replace("win_rate", "wins"), "claim W38, field “reading.metric”", "is not one of win_rate"),
        ('label = "38 % higher win rate"\n', "", "claim W38, field “label”", "it is missing"),
        ('label = "38 % higher win rate"', 'label = " "', "claim W38, field “label”", "it is empty"),
        ('id = "R36a"', 'id = "W38"', "claim W38, field “id”", "two claims"),
        (W38_USE, W38_USE.replace("reference_line_with_caveat", "target"), "claim W38, field “reading.usable_as”", "needs grade C+"),
        (MH10_GRADE, MH10_GRADE.replace('"B"', '"A"'), "claim MH10, field “reading.grade”", "no uplift figure earns an A"),
        (MH10_GRADE, MH10_GRADE.replace('"B"', '"C"'), "claim MH10, field “reading.usable_as”", "needs grade C+"),
        (MH10_GRADE, MH10_GRADE.replace('"B"', '"E"'), "claim MH10, field “reading.grade”", "is not one of A"),
        ("aligned_level = 32\n", "", "claim G32, field “reading.aligned_level”", "belong together"),
        ("aligned_level = 35\n", "aligned_level = 40\n", "claim C67, field “reading.value”", "does not agree with the levels"),
        ("years = 3\n", "", "claim S24, field “reading.years”", "belongs to “cagr_ratio”"),
        ('no_address_why = "No page was found that supports it."\n', "", "claim S19, field “addresses”", "at least one address"),
        ('points_to = "R36a"', 'points_to = "R99"', "claim R36a, field “misquotes.points_to”", "there is no claim “R99”"),
        ('quoted = "R36b"', 'quoted = "W38"', "field “cited_figures[3].percent”", "quoted with another number"),
        ('claim = "S27" }', 'claim = "S99" }', "field “source_article.attributions”", "there is no claim “S99”"),
        (
            'how = "read", shows = "the figure as published"',
            'how = "seen", shows = "x"',
            "claim W38, field “addresses[1].how”",
            "not one of",
        ),
        ('url = "https://align.me', 'url = "align.me', "claim W38, field “addresses[1].url”", "not a web address"),
        ('grade = "B+"\nmeaning', 'grade = "B"\nmeaning', "field “grades”", "in this order"),
        ("updated = 2021-02-15", 'updated = "2021-02-15"', "field “source_article.updated”", "must be a date"),
    ],
)
def test_a_wrong_file_is_named_with_claim_and_field(tmp_path: Path, old: str, new: str, where: str, why: str) -> None:
    folder = changed(tmp_path, old, new)
    with pytest.raises(CatalogueError) as caught:
        load("2026-11", folder=folder)
    assert caught.value.message.startswith(f"2026-11.toml, {where}: "), caught.value.message
    assert why in caught.value.message


def test_a_file_that_is_no_toml(tmp_path: Path) -> None:
    (tmp_path / "2026-12.toml").write_text("edition = ", encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"2026-12\.toml cannot be read"):
        load("2026-12", folder=tmp_path)


def test_a_grade_d_uplift_cannot_become_a_line(tmp_path: Path) -> None:
    old = 'grade_reason = "The wrong noun: a figure on profit is quoted as one on revenue."\nusable_as = "misquote_only"'
    folder = changed(tmp_path, old, old.replace("misquote_only", "reference_line_with_caveat"))
    with pytest.raises(CatalogueError, match=r"claim S27, field “quoted\.usable_as”: grade D cannot be a line"):
        load("2026-11", folder=folder)


# --- A team's own benchmark ------------------------------------------------------------------------------------------


def own(
    *,
    label: str = "Win rate of our best region",
    metric: Metric = "win_rate",
    kind: Literal["ratio", "level"] = "ratio",
    value: float = 12,
    source: str = "Board paper, May",
    year: int = 2026,
    checked: date | str = date(2026, 11, 24),
    address: str = "",
) -> Claim:
    return custom_claim(label, metric=metric, kind=kind, value=value, source=source, year=year, checked=checked, address=address)


def test_an_own_ratio() -> None:
    claim = own()
    reading = claim.reading
    assert (reading.unit, reading.metric, reading.stated, reading.ratio, reading.lower_is_better) == (
        "relative_ratio",
        "win_rate",
        0.12,
        1.12,  # (100 + 12) / 100
        False,
    )
    assert (claim.grade, claim.usable_as, claim.own, claim.reading.drawable) == ("own", "reference_line_with_caveat", True, True)
    assert claim.caveat == "The team's own benchmark, from Board paper, May (2026). Its evidence has not been graded here."
    assert (claim.addresses, claim.no_address_why) == ((), "The team gave no address.")


def test_an_own_reduction_of_churn() -> None:
    reading = own(metric="churn", value=-20).reading
    # (100 - 20) / 100 = .8
    assert (reading.unit, reading.stated, reading.ratio, reading.lower_is_better) == ("relative_churn_reduction", 0.2, 0.8, True)


def test_an_own_level() -> None:
    reading = own(kind="level", value=25, metric="revenue_growth").reading
    assert (reading.unit, reading.aligned_level, reading.baseline_level, reading.ratio) == ("level", 0.25, None, None)


def test_an_own_benchmark_from_stored_fields_is_the_same() -> None:
    assert own(checked="2026-11-24", address="https://example.com/a") == own(checked=date(2026, 11, 24), address=" https://example.com/a ")
    assert own(address="https://example.com/a").addresses[0].url == "https://example.com/a"


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        (lambda: own(label=" "), "The benchmark has no name."),
        (lambda: own(source=""), "The benchmark has no source."),
        (lambda: own(label="x" * 121), "The benchmark's name has 121 characters."),
        (lambda: own(address="javascript:alert(1)"), "The benchmark's address is not a web address."),
        (lambda: own(year=2027), "The year 2027 cannot be the year of a figure."),
        (lambda: own(value=0), "A change of 0 % is no benchmark to reach."),
        (lambda: own(value=-5), "A change of -5 % is no benchmark to reach."),
        (lambda: own(value=float("nan")), "The benchmark's value is not a number."),
        (lambda: own(value=True), "The benchmark's value is not a number."),
        (lambda: own(metric="churn", value=20), "A change of 20 % is no benchmark for customers lost."),
        (lambda: own(metric="churn", value=-100), "A change of -100 % is no benchmark for customers lost."),
        (lambda: own(kind="level", value=101), "A level of 101 % is not possible here."),
        (lambda: own(kind="level", metric="lead_response"), "This result has no level in percent to compare with."),
        (lambda: own(checked="yesterday"), "“yesterday” is not a day."),
    ],
)
def test_an_own_benchmark_that_makes_no_sense(claim: object, message: str) -> None:
    assert callable(claim)
    with pytest.raises(AppError) as caught:
        claim()
    assert caught.value.message == message
    assert caught.value.remedy


# --- No uplift number in code ----------------------------------------------------------------------------------------

NAMED = (1.38, 0.64, 1.36, 1.32, 1.24, 1.27)
"""The ratios of the five figures. Whatever else the catalogue converts to a ratio is looked for as well."""


def uplift_numbers() -> tuple[float, ...]:
    return tuple(sorted({*NAMED, *(r.ratio for _, r in readings(EDITION) if r.ratio is not None)}))


def folded(node: ast.AST) -> float | None:
    """The value of an expression made of numbers alone, or of a text that is a number, so that 1 + 0.38 and Decimal("1.38") count too."""
    match node:
        case ast.Constant(value=bool()):
            return None
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Constant(value=str() as text) if re.fullmatch(r"\d+\.\d+", text):
            return float(text)
        case ast.BinOp(left=left, op=op, right=right):
            a, b = folded(left), folded(right)
            if a is None or b is None:
                return None
            match op:
                case ast.Add():
                    return a + b
                case ast.Sub():
                    return a - b
                case ast.Mult():
                    return a * b
                case ast.Div() if b:
                    return a / b
    return None


def uplifts_in(source: str, numbers: tuple[float, ...]) -> list[tuple[int, float]]:
    """(line, number) of every expression that is one of `numbers`."""
    found = []
    for node in ast.walk(ast.parse(source)):
        value = folded(node)
        if value is not None and any(abs(value - number) < 1e-9 for number in numbers):
            found.append((getattr(node, "lineno", 0), round(value, 9)))
    return found


@pytest.mark.parametrize("source", ["x = 1.38", "x = 1 + 0.38", "x = 138 / 100", 'Decimal("0.64")', "f(y=1 - .36)", "x = 29 / 24"])
def test_the_search_finds_an_uplift(source: str) -> None:
    assert len(uplifts_in(source, uplift_numbers())) == 1


@pytest.mark.parametrize("source", ['"""20 % × 1.38 = 27.6 %."""', "x = 38", "x = 0.32  # 1.32", "x = 1.3", "x = 64"])
def test_the_search_leaves_other_numbers_alone(source: str) -> None:
    assert uplifts_in(source, uplift_numbers()) == []


def test_no_uplift_number_is_written_in_code() -> None:
    files = [*(ROOT / "app").rglob("*.py"), *(ROOT / "pages").rglob("*.py")]
    assert ROOT / "app" / "benchmarks" / "comparison.py" in files
    numbers = uplift_numbers()
    found = {
        f"{path.relative_to(ROOT)}:{line}": number
        for path in files
        for line, number in uplifts_in(path.read_text(encoding="utf-8"), numbers)
    }
    assert found == {}
