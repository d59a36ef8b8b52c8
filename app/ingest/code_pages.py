"""Which code page a text that is no Unicode was written in, or between which ones its letters cannot decide.

The same byte is "ê" in Western Europe, "ę" in Central Europe and "к" in Russia, and every code page gives *some* text. So each candidate
is read and judged by what stands there: do letters belong to one language's alphabet, do capitals stand where capitals stand, do signs
stand where signs stand, are the characters of East Asia common ones. Two readings that are equally good are a question for the user,
shown with words from the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

LABELS: dict[str, str] = {
    "cp1252": "Western Europe (Windows-1252)",
    "cp1250": "Central Europe (Windows-1250)",
    "cp1251": "Cyrillic (Windows-1251)",
    "mac_roman": "Western Europe (old Mac)",
    "cp850": "Western Europe (DOS 850)",
    "cp932": "Japanese (Shift-JIS)",
    "gb18030": "Chinese (GBK)",
    "big5": "Chinese, traditional (Big5)",
    "cp949": "Korean",
}
"""The candidates, the most usual first."""

ALPHABETS: dict[str, str] = {
    "German": "äöüß",
    "French": "àâæçéèêëîïôœùûüÿ",
    "Spanish": "áéíóúüñ",
    "Portuguese": "ãáâàçéêíóôõúü",
    "Italian": "àèéìòù",
    "Nordic": "åäöæøé",
    "Icelandic": "áéíóúýþðæö",
    "Catalan": "àçéèíïóòúü",
    "Polish": "ąćęłńóśźż",
    "Czech": "áčďéěíňóřšťúůýž",
    "Slovak": "áäčďéíĺľňóôŕšťúýž",
    "Hungarian": "áéíóöőúüű",
    "Romanian": "ăâîşţșț",
    "South Slavic": "čćđšž",
    "Turkish": "çğıöşüâîû",
}
_SIGNS = frozenset("\xa0€£¥©®™°–—‘’‚“”„«»‹›…•·§½¼¾×±µ‰†№\xad")
_WITHIN_WORDS = frozenset("’‘·\xad")
_RAISED = frozenset("¹²³ºª")
_ONE_LETTER_WORDS = frozenset("авиокусяыэàáâãèéêíóôúåöäæ")
_LINES = re.compile(rb"[^\r\n]+")
_EVIDENCE = 512 * 1024
_DOUBT = 0.34
_CLEARLY_WORSE = 0.15
_WORD = re.compile(r"[^\s,;|\t\"]*[^\x00-\x7f][^,;|\t\"\r\n]*")
# "£ 100" is one thing, "Café 42" is two: only a character that stands alone belongs to the number beside it.
_SPACE_TO_NUMBER = re.compile(r"(?<=\d)[ \xa0](?=[^\x00-\x7f](?![^\W\d_]))|(?<=(?<![^\W\d_])[^\x00-\x7f])[ \xa0](?=\d)")
_MARKED_WORD = re.compile(r"\w*[^\W\x00-\x7f]\w*")
_FEW_WORDS = 5
_SHOWN = 3
_ASKED = 4


@dataclass(frozen=True)
class Reading:
    """One candidate: which share of its characters cannot stand as they do, and how many alphabets are needed for its letters.

    `typographic` when it has no letters beyond ASCII, only signs that stand where print puts them: "don’t", "€ 20", "a – b".
    """

    encoding: str
    text: str
    odd: float
    languages: int
    typographic: bool

    @property
    def words(self) -> tuple[str, ...]:
        """A few different words with letters beyond ASCII, as this candidate reads them."""
        found = dict.fromkeys(match.group().strip()[:40] for match in _WORD.finditer(self.text))
        return tuple(word for word in found if word)[:_SHOWN]


@dataclass(frozen=True)
class Told:
    """The best reading, and those that are as good but read otherwise."""

    best: Reading
    rivals: tuple[Reading, ...]


def tell(data: bytes) -> Told | None:
    """The code page of a text that is not Unicode; None when no candidate reads like a text.

    Parameters
    ----------
    data
        The whole file. Its lines with bytes above 127 are the evidence, the first half megabyte of them.
    """
    evidence = _evidence(data)
    readings = [reading for encoding in LABELS if (reading := _read(evidence, encoding)) is not None]
    if not readings:
        return None
    best = min(readings, key=lambda reading: (round(reading.odd, 2), reading.languages))
    if best.odd > _DOUBT:
        return None
    # A best reading that mixes languages is weak evidence itself, so one that mixes one more is a rival. So it is where there are only a
    # few words: two French and Spanish names can look like one language in another code page.
    few = len(set(_MARKED_WORD.findall(best.text))) <= _FEW_WORDS
    most = best.languages + max(best.languages > 1, few)
    rivals: list[Reading] = []
    for reading in readings if not best.typographic else ():
        as_good = reading.odd <= best.odd + _CLEARLY_WORSE and reading.languages <= most
        if as_good and reading.text not in {best.text, *(rival.text for rival in rivals)}:
            rivals.append(reading)
    return Told(best, tuple(rivals))


def doubtful(data: bytes) -> tuple[Reading, ...]:
    """The few least odd readings of a text that none of the candidates reads well, all different."""
    evidence = _evidence(data)
    readings = [reading for encoding in LABELS if (reading := _read(evidence, encoding)) is not None]
    kept: list[Reading] = []
    for reading in sorted(readings, key=lambda reading: (round(reading.odd, 2), reading.languages)):
        if reading.text not in {other.text for other in kept}:
            kept.append(reading)
    return tuple(kept[:_ASKED])


def _evidence(data: bytes) -> bytes:
    kept: list[bytes] = []
    size = 0
    for found in _LINES.finditer(data):
        line = found.group()
        if line.isascii():
            continue
        kept.append(line)
        size += len(line)
        if size > _EVIDENCE:
            break
    return b"\n".join(kept)


def _read(evidence: bytes, encoding: str) -> Reading | None:
    try:
        text = evidence.decode(encoding)
    except UnicodeError:
        return None
    odd, count, in_print, clear = 0, 0, 0, 0
    closes = "“" in text or "„" in text
    letters: set[str] = set()
    scripts: set[str] = set()
    for before, character, after in _around(text):
        count += 1
        script = _script(character)
        if script == "latin":
            letters.add(character.lower())
            odd += _odd_letter(before, character, after)
        elif script == "cyrillic":
            scripts.add(script)
            odd += _odd_cyrillic(before, character, after)
        elif script == "east":
            scripts.add(encoding)
            odd += not _is_common(character, encoding)
        else:
            odd += _odd_sign(before, character, after)
            printed = _as_in_print(before, character, after)
            in_print += printed
            # In DOS the dots are à and the closing quote is ö, which end words too: alone they prove nothing.
            clear += printed and character != "…" and (character != "”" or closes)
    if not count:
        return None
    known = frozenset("".join(ALPHABETS.values()))
    odd += sum(1 for letter in letters if letter not in known)
    languages = max(1, _cover(letters & known) + len(scripts))
    return Reading(encoding, text, min(1.0, odd / count), languages, in_print == count and clear > 0)


def _around(text: str) -> Iterator[tuple[str, str, str]]:
    """(before, character, after) of each character beyond ASCII; a number with a space between counts as beside it: "£ 100"."""
    text = _SPACE_TO_NUMBER.sub("", text)
    for position, character in enumerate(text):
        if character > "\x7f":
            yield (text[position - 1] if position else "\n"), character, (text[position + 1] if position + 1 < len(text) else "\n")


def _script(character: str) -> str:
    code = ord(character)
    if 0x0400 <= code <= 0x04FF:
        return "cyrillic"
    if (
        0x3040 <= code <= 0x30FF
        or 0x3400 <= code <= 0x9FFF
        or 0xAC00 <= code <= 0xD7A3
        or 0xFF01 <= code <= 0xFF5E
        or 0x3000 <= code <= 0x303F
    ):
        return "east"
    return "latin" if character.isalpha() and code < 0x0250 and character not in "ªº" else "sign"


def _odd_letter(before: str, character: str, after: str) -> bool:
    """A capital behind a small letter or between a capital and a small one, a letter at a digit or beside another script."""
    if character.isupper() and (before.islower() or (before.isupper() and after.islower())):
        return True
    if before.isdigit() or after.isdigit():
        return True
    if before == " " and after == " " and character.lower() not in _ONE_LETTER_WORDS:
        return True
    return _script(before) in ("cyrillic", "east") or _script(after) in ("cyrillic", "east")


def _odd_cyrillic(before: str, character: str, after: str) -> bool:
    if character.isupper() and before.islower():
        return True
    for neighbour in (before, after):
        if neighbour.isdigit() or (neighbour.isalpha() and _script(neighbour) != "cyrillic"):
            return True
    return not before.isalpha() and not after.isalpha() and character.lower() not in _ONE_LETTER_WORDS


def _odd_sign(before: str, character: str, after: str) -> bool:
    if character in _RAISED:
        return after.isalnum() or not before.isalnum()
    if character in "¿¡":
        return before.isalnum()
    if character not in _SIGNS:
        return True
    if character in "‚„":
        # These open a quotation and stand nowhere else; in DOS they are é and ä, which end many a word.
        return before.isalnum() or not after.isalnum()
    return before.isalpha() and after.isalpha() and character not in _WITHIN_WORDS


def _as_in_print(before: str, character: str, after: str) -> bool:
    if character == "’":
        return before.isalpha() and (after.isalpha() or after.isspace())
    if character in "–—":
        return before == after == " " or (before.isdigit() and after.isdigit())
    if character in "€£¥°½¼¾²³":
        return before.isdigit() or after.isdigit()
    if character in "“‘„«":
        return not before.isalnum() and after.isalnum()
    if character in "”»…":
        return not before.isspace() and not after.isalnum()
    return character in "©®™\xa0•" and not (before.isalpha() and after.isalpha())


def _is_common(character: str, encoding: str) -> bool:
    """Whether an East Asian character is one of the common ones of its standard."""
    code = ord(character)
    if 0x3000 <= code <= 0x30FF or 0xFF01 <= code <= 0xFF5E:
        return encoding in ("cp932", "gb18030") or code < 0x3040 or code >= 0xFF01
    try:
        lead = character.encode({"gb18030": "gb2312"}.get(encoding, encoding))[0]
    except UnicodeError:
        return False
    low, high = {"cp932": (0x88, 0x98), "gb18030": (0xB0, 0xD7), "big5": (0xA4, 0xC6), "cp949": (0xB0, 0xC8)}[encoding]
    return low <= lead <= high


def _cover(letters: set[str] | frozenset[str]) -> int:
    """How many alphabets are needed for these letters, at most (greedy)."""
    left, needed = set(letters), 0
    while left:
        best = max(ALPHABETS.values(), key=lambda alphabet: len(left & set(alphabet)))
        left -= set(best)
        needed += 1
    return needed
