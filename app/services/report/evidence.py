"""The parts of the report that let every number be traced: evidence cards, methods, receipts."""

from __future__ import annotations

from app import wording
from app.benchmarks import catalogue
from app.ingest.model import Receipt
from app.report.content import Block, Bullets, Card, Grid, Heading, Paragraph
from app.services.report.material import Imported, Material
from app.services.scorecard.words import HOW, evidence_lines, grade_letter
from app.services.systems import system_name

METHODS: tuple[tuple[str, str], ...] = (
    (
        "Win rate",
        "Won deals divided by won and lost deals, by the day a deal closed. Open deals are left out. Range: Wilson score interval, 95 % "
        "(Wilson 1927, Journal of the American Statistical Association 22).",
    ),
    (
        "Retention",
        "Customers at the start of a span who are still customers at its end, divided by customers at its start. New customers do not "
        "count. Range: Wilson score interval, 95 %. Where customers buy without contracts: those of one period who buy again in the next.",
    ),
    (
        "How long customers stay",
        "Kaplan-Meier estimate with Greenwood's interval on the log-log scale (Kaplan and Meier 1958, Journal of the American Statistical "
        "Association 53): customers who are still there count for as long as they have been seen.",
    ),
    (
        "Growth",
        "Revenue of a span divided by the revenue of the equal span before, minus one. Partial periods are never compared. Range: whole "
        "accounts are drawn again and again (bootstrap, Efron 1979), because the lines of one account go together.",
    ),
    (
        "Ratio of two rates",
        "The rate of one side divided by the rate of the other. Range: score interval of Miettinen and Nurminen (1985, Statistics in "
        "Medicine 4). Where accounts have several deals, whole accounts are drawn again and the wider range counts.",
    ),
    (
        "Difference of two rates",
        "In percentage points. Range: Newcombe's hybrid score interval (1998, Statistics in Medicine 17, method 10).",
    ),
    (
        "Verdict",
        "Above: the whole range lies at or beyond the cited figure. Better, and may reach it: the range lies beyond no change and holds "
        "the cited figure. Falls short: the whole range lies below the cited figure. Cannot tell yet: the range holds both no change and "
        "the cited figure.",
    ),
    (
        "Chance of reaching the figure",
        "The share of ratios at or beyond the cited one when both rates are drawn from their Beta posterior under Jeffreys priors.",
    ),
    ("Likely range", wording.likely_range_note()),
)


def cards(material: Material) -> tuple[Block, ...]:
    """A card for every cited figure that is used, and what the grades mean."""
    edition = catalogue.load(material.card.edition)
    blocks: list[Block] = [Paragraph(edition.no_uplift_earns_an_a, "lead")]
    for line in material.card.lines:
        claim = line.claim
        lines = [*evidence_lines(claim)]
        lines += [("Address", f"{address.url} ({HOW[address.how]})") for address in claim.addresses if address.url]
        lines.append(("Checked", f"on {wording.day(claim.checked)}"))
        blocks.append(Card(line.words, f"Evidence {grade_letter(line.reading.grade)}", tuple(lines)))
    blocks += [
        Heading("What the grades mean"),
        Bullets(tuple(f"{grade_letter(grade.grade)}. {grade.meaning}" for grade in edition.grades)),
    ]
    return tuple(blocks)


def methods(material: Material) -> tuple[Block, ...]:
    """Definitions, intervals and references."""
    definitions = tuple((head.label, f"{head.definition}.") for head in material.card.headlines if head.definition)
    return (
        Paragraph("Every rate has a range, and a verdict is given only when the whole range allows it.", "lead"),
        Grid("Definitions used in this report", ("Number", "Definition"), definitions, widths=(1, 4)),
        Grid("Methods", ("What", "How"), METHODS, widths=(1, 4)),
    )


def receipts(material: Material) -> tuple[Block, ...]:
    """What was read of each file: every row and every amount is somewhere."""
    return tuple(block for one in material.imported for block in _receipt(one))


def _receipt(one: Imported) -> list[Block]:
    found = one.receipt
    aside = found.rows_read - found.rows_used
    lines = [
        ("File", _file(one)),
        ("Rows", f"{wording.count(found.rows_read)} read = {wording.count(found.rows_used)} used + {wording.count(aside)} set aside"),
        *(("Set aside", f"{wording.count(part.count)}: {part.reason}") for part in found.set_aside),
    ]
    if found.amounts is not None:
        lines.append(("Amounts", _amounts(found)))
    lines += [("Changed", f"{change.column}: {change.what} ({wording.count(change.cells)} cells)") for change in found.changed]
    if found.segments:
        lines.append(("Kept as groups", ", ".join(found.segments)))
    if found.dropped_personal:
        lines.append(("Dropped as personal", ", ".join(found.dropped_personal)))
    lines += [("Remark", warning) for warning in found.warnings]
    return [Card(one.label, "", tuple(lines))]


def _file(one: Imported) -> str:
    day = f", imported on {wording.day(one.imported_on)}" if one.imported_on is not None else ""
    return one.file_name + day + (f", from {system_name(one.receipt.system)}" if one.receipt.system else "")


def _amounts(found: Receipt) -> str:
    if found.amounts is None:
        return ""
    check = found.amounts
    currency = f"{check.currency} " if check.currency else ""
    read, used, aside = (wording.exact_money(float(amount)) for amount in (check.read, check.used, check.set_aside))
    return f"{check.column}: {currency}{read} read = {used} used + {aside} set aside"
