"""What a first import and a first comparison say: which column decides, what a choice means, why a column makes no groups."""

from __future__ import annotations

from tests.ui.conftest import Open, shows
from tests.ui.test_pages import click, settled, upload

DEALS = "Deal ID,Account,Stage,Status,Amount,Created,Closed,Region,Lost reason\n" + "".join(
    f"D{n},A{n % 40},{('Coffee', 'Workshop', 'Champagne')[n % 3]},{'Lost' if n % 3 else 'Won'},{100 + n},2025-{n % 12 + 1:02d}-02,"
    f"2025-{n % 12 + 1:02d}-{n % 27 + 1:02d},{'North' if n % 2 else 'South'},{('Price', 'Silence')[n % 2] if n % 3 else ''}\n"
    for n in range(1, 121)
)


def test_the_words_shown_are_those_of_the_column_that_decides(open_page: Open) -> None:
    page = upload(open_page("data"), DEALS)
    assert [box.label for box in page.expander if "mean" in box.label] == ["What the words in “Status” mean"]
    (told,) = [found.value for found in page.markdown if "decide nothing" in found.value]
    assert told == (
        "“Status” says which deals were won or lost. The stages in “Stage” (Workshop, Champagne, Coffee) are kept as they are and decide "
        "nothing."
    )
    click(page, "Import")
    page = open_page("compare")
    (way,) = [group for group in page.button_group if "Two groups" in group.options]
    page = shows(way.set_value(["groups"]).run()) if isinstance(way.value, list) else shows(way.set_value("groups").run())
    (groups,) = [box for box in page.selectbox if box.label == "Compare groups of"]
    assert groups.help.replace("\\", "").replace("\xa0", " ") == (
        "Not in this list:  \n“Reason lost” makes no groups: each of its values belongs only to lost or only to won deals, so every group "
        "would read 0 % or 100 %."
    )


def test_what_a_choice_means_is_part_of_what_is_clicked(open_page: Open) -> None:
    text = "ID,Status,Created Date,Owner\n" + "".join(f"{n},Open,2025-01-{n:02d},Ann\n" for n in range(1, 20))
    page = upload(open_page("data"), text, name="rows.csv")
    assert "**Leads** · :small[One row is one lead (person or company that may become a customer).]" in page.radio[0].options
    page = settled(page.radio[0].set_value("lead").run())
    assert page.selectbox[0].value == "lead"
