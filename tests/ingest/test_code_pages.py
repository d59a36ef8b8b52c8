"""Small files in code pages: a word or two of evidence is read right or asked about, never silently misread."""

from __future__ import annotations

import random

import pytest

from app.ingest.encoding import decode
from tests.ingest.test_round_trip import ASCII, WORDS


@pytest.mark.parametrize("encoding", ["cp1252", "cp1250", "cp1251", "mac_roman", "cp850", "shift_jis", "gb18030"])
def test_a_few_words_are_read_or_asked_about(encoding: str) -> None:
    chance = random.Random(5)
    words = (*ASCII, *WORDS[encoding])
    for _ in range(200):
        names = [" ".join(chance.choices(words, k=chance.randint(1, 4))) for _ in range(chance.choice((1, 1, 2, 3, 8)))]
        mark = chance.choice(",;\t|")
        text = f"id{mark}name\n" + "".join(f"{number}{mark}{name}{mark}5\n" for number, name in enumerate(names))
        decoded = decode(text.encode(encoding), name="names.csv")
        assert decoded.rivals or decoded.text.decode() == text, (names, decoded.encoding)


@pytest.mark.parametrize(
    "names",
    [
        "Müller Söhne Straße Jäger Größe Köln Übersee Ärzte",
        "Société Générale forêt naïve Crédit Gérard François Île Hôtel Zoë",
        "Peña Núñez José García Compañía Málaga Ramírez",
        "São Conceição João Comércio Indústria Não",
        "Åse Malmö Göteborg Västerås Ängelholm Öberg",
        "Ærø Ålborg Sørensen Kjær Nørrebro Århus",
    ],
)
def test_the_names_of_one_country_are_not_asked_about(names: str) -> None:
    text = "id,name\n" + "".join(f"{number},{name} Ltd\n" for number, name in enumerate(names.split()))
    decoded = decode(text.encode("cp1252"), name="names.csv")
    assert (decoded.text.decode(), decoded.encoding, decoded.rivals) == (text, "cp1252", ())
