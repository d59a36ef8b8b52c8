"""The list of people, however it was pasted."""

from __future__ import annotations

import pytest

from app.errors import FileError
from app.services.rounds.model import Person
from app.services.rounds.people import read_people

ANN = Person("Ann Lee", "ann@example.com", "sales")
BEN = Person("Ben Ruiz", "ben@example.com", "marketing")


@pytest.mark.parametrize(
    "text",
    [
        "Ann Lee, ann@example.com, sales\nBen Ruiz, ben@example.com, marketing",
        "\ufeffName;E-Mail;Team\r\nAnn Lee;ann@example.com;Vertrieb\r\n\r\nBen Ruiz;ben@example.com;Marketing\r\n",
        "sales\tann@example.com\tAnn Lee\nmkt\tben@example.com\tBen Ruiz\n",
        'Ann Lee <ann@example.com>, Sales\n"Ruiz, Ben" <x>, nobody\n'.replace('"Ruiz, Ben" <x>, nobody', "Ben,Ruiz,ben@example.com,M"),
        "Ann  Lee,ann@example.com,ventas\nBen Ruiz,ben@example.com,marketing\nAgain,ANN@example.com,marketing",
    ],
    ids=["commas", "german", "tabs", "mail", "twice"],
)
def test_people_are_read(text: str) -> None:
    assert read_people(text) == (ANN, BEN)


def test_one_side_may_be_said_for_everybody() -> None:
    assert read_people("ann@example.com\nAnn without mail", side="sales") == (
        Person("", "ann@example.com", "sales"),
        Person("Ann without mail", "", "sales"),
    )
    assert read_people("  \n\n") == ()


def test_a_line_that_cannot_be_understood_is_named() -> None:
    with pytest.raises(FileError) as refused:
        read_people("Ann Lee, ann@example.com, sales\n\nBen Ruiz, ben@example.com")
    assert str(refused.value) == (
        "list of people, row 3: this line does not say whether the person is in sales or in marketing. "
        "Write a line as: Ann Lee, ann@example.com, sales"
    )
