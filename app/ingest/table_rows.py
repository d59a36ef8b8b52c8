"""Which records below the head are rows: totals and footers are told, and rows with too many or too few fields repaired or set aside."""

from __future__ import annotations

import re

import numpy as np

from app.ingest.model import LineKind
from app.ingest.source import NUMBER, Source

_TAIL_ZONE = 60
_PAD_SHARE = 0.05
_TOTAL = re.compile(
    r"((grand |overall |sub|sub-|report )?totals?|sum|(gesamt|zwischen|end)?summe|gesamt(betrag|ergebnis)?|insgesamt|somme"
    r"|(sous-)?total (général|general)|sous-total|suma( total)?|(sub)?totale?s?( generale?)?|total geral|soma|totaal|razem|итого"
    r"|average|mean|count|mittelwert|durchschnitt|anzahl"
    r"|moyenne|promedio)\b(\s*:\s*[\d.,]+|\W*(\(\s*[\d.,]+( [^\W\d]+)?\s*\)|[\d.,]+ [^\W\d]+)?\W*)",
    re.IGNORECASE,
)
_FOOTER = re.compile(
    r"grand totals?\b|confidential information\b|copyright (\(c\)|©)|\bsalesforce\.com\b|all rights reserved|generated (by|at|on)\b"
    r"|gesamtsumme|vertrauliche informationen|alle rechte vorbehalten|(erstellt|generiert) (von|am|um)\b|informations confidentielles"
    r"|tous droits réservés|généré (par|le)\b|información confidencial|todos los derechos|generado (por|el)\b",
    re.IGNORECASE,
)


def sort_rows(source: Source, first: int, end: int, width: int, kinds: dict[int, LineKind]) -> tuple[dict[int, list[str]], dict[int, str]]:
    """Mark totals and footers among the records from `first` to `end`, and repair or set aside those of another width."""
    for index in range(first, min(end, first + 3)):
        if index in kinds:
            continue
        if _is_total(source.trimmed(index), width, source.cells(index)):
            kinds[index] = "total"
    _mark_footers(source, first, end, width, kinds)
    adjusted: dict[int, list[str]] = {}
    unreadable: dict[int, str] = {}
    odd = [i for i in (np.flatnonzero((source.fields[first:end] != width) & ~source.blank[first:end]) + first).tolist() if i not in kinds]
    short = [i for i in odd if source.fields[i] < width]
    whole = source.fields[first:end] == width
    omits = len(short) >= 3 and len(short) >= _PAD_SHARE * int((~source.blank[first:end]).sum())
    omits = omits and not (whole & source.ends_empty[first:end] & ~source.blank[first:end]).any()
    for index in odd:
        cells = source.trimmed(index)
        fields = int(source.fields[index])
        if _is_total(cells, width, source.cells(index)):
            kinds[index] = "total"
        elif (fields > width and len(cells) <= width) or (1 < fields < width and omits):
            adjusted[index] = cells + [""] * (width - len(cells))
        else:
            unreadable[index] = f"has {fields} fields instead of {width}" if fields else "has quotation marks that do not pair up"
    return adjusted, unreadable


def names_total(text: str) -> bool:
    """Whether a cell says no more than that its row is a total, such as "Gesamt: 914 Datensätze".

    >>> names_total("Grand total (12 records)"), names_total("Total Energies")
    (True, False)
    """
    return _TOTAL.fullmatch(text.strip()) is not None


def _is_total(cells: list[str], width: int, whole: list[str]) -> bool:
    """A row of totals: its first text is "Total" and everything else a number, or it has a "Grand total" too much."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    if not filled:
        return False
    if len(whole) == width + 1 and _TOTAL.fullmatch(filled[-1]):
        return True
    if not _TOTAL.fullmatch(filled[0]):
        return False
    # A row of full width that says no more than "Total" may be a name.
    return all(NUMBER.fullmatch(cell) for cell in filled[1:]) and (len(filled) > 1 or len(whole) < width)


def _mark_footers(source: Source, first: int, end: int, width: int, kinds: dict[int, LineKind]) -> None:
    """Mark the text under the table: the short records at its very end, when a blank line or a known phrase sets them off."""
    tail: list[int] = []
    set_off = False
    known = False
    index = end - 1
    while index >= max(first, end - _TAIL_ZONE):
        if kinds.get(index) == "blank":
            set_off = set_off or bool(tail)
            index -= 1
            continue
        if index in kinds and kinds[index] != "total":
            index -= 1
            continue
        cells = source.trimmed(index)
        text = " ".join(cells)
        total = _is_total(cells, width, source.cells(index))
        phrase = _FOOTER.search(text) is not None
        single = len([cell for cell in cells if cell.strip()]) <= 1 and width >= 3
        if not (total or single or (phrase and len(cells) < max(2, width)) or (phrase and width == 1)):
            if set_off and source.fields[index] < width and len(cells) < width:
                tail.append(index)
                index -= 1
                continue
            break
        set_off_here = index > 0 and kinds.get(index - 1) == "blank"
        known = known or phrase or total
        set_off = set_off or set_off_here
        tail.append(index)
        if total:
            kinds[index] = "total"
        index -= 1
    keep_going = known or _blank_above(tail, kinds)
    if not keep_going:
        return
    for found in tail:
        if kinds.get(found) != "total":
            kinds[found] = "footer"


def _blank_above(tail: list[int], kinds: dict[int, LineKind]) -> bool:
    return bool(tail) and kinds.get(min(tail) - 1) == "blank"
