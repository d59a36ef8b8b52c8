"""What a round publishes: whole objects with the arithmetic beside them, and each rule where it bites."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.errors import AppError
from app.survey.between_rounds import Earlier, shown_of
from app.survey.disclosure import publish
from app.survey.model import Response, Side
from app.survey.published import (
    Agreement,
    Comments,
    DimensionResult,
    DimensionView,
    Distribution,
    Gap,
    Guess,
    ItemResult,
    ItemView,
    Published,
    Reliability,
    Score,
    Segment,
    Share,
    Suppressed,
    Turnout,
    index,
    total,
)
from app.survey.questionnaire import newest
from tests.survey.people import ROLES, at_random, one, several

APART = Suppressed("apart", "Not added up: sales and marketing are shown side by side.")
FEW_MARKETING = Suppressed("too_few", "Hidden, because fewer than 5 people of marketing answered.")
FEW_SALES = Suppressed("too_few", "Hidden, because fewer than 5 people of sales answered.")
BY_SIDE = Suppressed(
    "not_enough_for_parts",
    "The spread of a side is shown where 10 people of each side answered; that of both together stands beside it.",
)

SALES = several("sales", (2, 2, 4), (3, 2, 4), (2, 1, 5), (2, 3, 3), (1, 2, 4))
MARKETING = several("marketing", (4, 4, 2), (4, 3, 2), (5, 4, 1), (3, 4, 3), (4, None, 2), (4, 5, 2))
"""Turned round, each item of sales has the average 2 and each of marketing 4 (the second over five people: 20 / 5)."""


def test_two_sides_are_published_whole() -> None:
    spread = Distribution((Segment(1, 3, 0.55), Segment(4, 5, 0.45)))
    no_split = Suppressed("no_split", "Hidden, because the answers of both sides cannot be split into parts of at least 5 people.")

    def item(id: str, *, reverse: bool, both: Distribution | Suppressed) -> ItemResult:
        views = (ItemView("sales", Score(2.0), BY_SIDE), ItemView("marketing", Score(4.0), BY_SIDE), ItemView("together", APART, both))
        return ItemResult(id, "roles", reverse, views)

    assert publish(ROLES, SALES + MARKETING, invited={"sales": 6, "marketing": 6}) == Published(
        rules=1,
        version="2026-11",
        scale=ROLES.scale.id,
        minimum=5,
        turnout=(Turnout("sales", 5, 6), Turnout("marketing", 6, 6), Turnout("together", APART, 12)),
        dimensions=(
            DimensionResult(
                "roles",
                # The mark of the wording has a test of its own.
                publish(ROLES, []).dimensions[0].wording,
                3,
                (
                    # Variances .5, .5, .5: 1 - .5 / 2 = .75, and of so few people no more than .7 is said.
                    DimensionView("sales", Score(2.0), Agreement(0.7, "or_higher", "agree"), Share(0.1, "or_lower"), 3),
                    # One of eighteen answers is "I don't know", 6 %. Variances .4, .5, .4: 1 - .433 / 2 = .783.
                    DimensionView("marketing", Score(4.0), Agreement(0.7, "or_higher", "agree"), Share(0.1, "or_lower"), 3),
                    DimensionView("together", APART, APART, APART, 0),
                ),
                # No person of sales (1.33 to 2.67) is above one of marketing (3.33 to 5): delta -1, said as -.9.
                Gap(-2.0, -0.9, -0.9, -0.3, clear=True, size="large"),
            ),
        ),
        items=(
            # Turned round, both sides together: one 1, three 2, two 3 (one of each side), four 4, one 5: 6 and 5 of 11.
            item("roles_owner", reverse=False, both=spread),
            # One 1, three 2, two 3, three 4, one 5 of ten: 4 and 6, or 6 and 4, and no cut leaves five on both sides.
            item("roles_handover", reverse=False, both=no_split),
            item("roles_nobody", reverse=True, both=spread),
        ),
        # Ten people gave a point to every item.
        reliability=Reliability(0.9, 0.8, 0.9, 3),
        comments=(Comments("roles", "sales", ()), Comments("roles", "marketing", ()), Comments("roles", "together", (), APART)),
    )


def test_where_one_side_is_small_neither_it_nor_a_total_is_shown() -> None:
    found = publish(ROLES, SALES + MARKETING[:4], invited={"sales": 5, "marketing": 6})
    other = Suppressed("other_side", "Hidden, because the answers of marketing could be worked out from it and those of sales.")
    assert found.groups == ("sales",)
    assert found.turnout == (Turnout("sales", 5, 5), Turnout("marketing", FEW_MARKETING, 6), Turnout("together", other, 11))
    roles = found.dimension("roles")
    assert [view.score for view in roles.views] == [Score(2.0), FEW_MARKETING, other]
    assert roles.gap == Suppressed("needs_both", "No gap is shown, because it needs the answers of both sides.")
    for item in found.items:
        assert [view.score for view in item.views] == [Score(2.0), FEW_MARKETING, other]
        assert [view.distribution for view in item.views[1:]] == [FEW_MARKETING, other]
    assert total(found, "sales") == Score(40)
    assert total(found, "marketing") == FEW_MARKETING
    assert index(found) == FEW_MARKETING


def test_where_both_sides_are_small_only_both_together_are_shown() -> None:
    found = publish(ROLES, SALES[:4] + MARKETING[:4])
    assert found.groups == ("together",)
    assert found.answered("together") == 8
    # Owner: 2 3 2 2 4 4 5 3 = 25; hand-over: 2 2 1 3 4 3 4 4 = 23; nobody, turned round: 2 2 1 3 4 4 5 3 = 24; of 8 people each.
    assert [item.view("together").score for item in found.items] == [Score(3.1), Score(2.9), Score(3.0)]
    assert [view.score for view in found.dimension("roles").views] == [FEW_SALES, FEW_MARKETING, Score(3.0)]
    assert index(found) == Score(60)


def test_of_fewer_people_than_the_minimum_nothing_is_shown() -> None:
    found = publish(ROLES, SALES[:2] + MARKETING[:2])
    nobody = Suppressed("too_few", "Hidden, because fewer than 5 people answered in all.")
    assert found.groups == ()
    assert [turnout.answered for turnout in found.turnout] == [FEW_SALES, FEW_MARKETING, nobody]
    assert {view.score for item in found.items for view in item.views} == {FEW_SALES, FEW_MARKETING, nobody}
    assert found == replace(publish(ROLES, []), turnout=found.turnout)


def test_people_who_left_everything_out_are_nobody() -> None:
    assert publish(ROLES, [*SALES, one("sales", "", "", "")]) == publish(ROLES, SALES)


def test_the_minimum_can_be_raised_and_not_lowered() -> None:
    assert publish(ROLES, SALES + MARKETING, minimum=6).groups == ("marketing",)
    with pytest.raises(AppError, match=r"The smallest group that is shown cannot be below 5\. Choose 5 or more\."):
        publish(ROLES, SALES, minimum=4)


def test_all_but_one_do_not_know() -> None:
    found = publish(ROLES, [*several("sales", *[(2, None, 4)] * 8), one("sales", 2, 5, 4), *MARKETING])
    few = Suppressed("few_answers", "Hidden, because fewer than 5 people of sales gave an answer to this question.")
    assert found.items[1].view("sales") == ItemView("sales", few, BY_SIDE)
    # What the ninth answered is in no other number either: the dimension is the average of the two items that are shown.
    assert found.dimension("roles").view("sales").score == Score(2.0)
    assert found.dimension("roles").view("sales").items == 2
    same = publish(ROLES, [*several("sales", *[(2, None, 4)] * 8), one("sales", 2, 1, 4), *MARKETING])
    assert same == found


def test_who_answered_one_item_less_is_not_given_away_by_the_average_of_the_dimension() -> None:
    # Were the average of the dimension one over people's own averages, it and the averages of the items would give the ninth away.
    rows = [(2, 3, 3), (4, 1, 4), (3, 3, 2), (2, 4, 4), (3, 2, 3), (4, 4, 1), (2, 2, 2), (3, 5, 4)]
    low, high = (publish(ROLES, several("sales", *rows, (a, b, ""))) for a, b in ((2, 4), (4, 2)))
    first, second = (found.dimension("roles").view("sales").score for found in (low, high))
    # Owner (23 + 2) / 9, hand-over (24 + 4) / 9, nobody turned round 25 / 8; or (23 + 4) / 9 and (24 + 2) / 9: the sum is the same.
    assert first == second == Score(3.0)


@pytest.mark.parametrize(
    ("answers", "score"),
    [
        ((1, 1, 1, 1, 1), Score(1.5, "or_lower")),
        ((2, 1, 1, 1, 1), Score(1.5, "or_lower")),
        ((2, 2, 1, 1, 2), Score(1.6)),
        ((5, 5, 5, 5, 5), Score(4.5, "or_higher")),
        ((5, 5, 4, 4, 4), Score(4.4)),
        ((3, 3, 3, 3, 3), Score(3.0)),
    ],
)
def test_near_the_ends_an_average_does_not_say_how_near(answers: tuple[int, ...], score: Score) -> None:
    found = publish(ROLES, several("sales", *[(a, a, 6 - a) for a in answers]))
    assert {item.view("sales").score for item in found.items} == {score}
    assert found.dimension("roles").view("sales").score == score


def test_answers_that_are_all_alike_give_nothing_but_a_bound() -> None:
    alike, nearly = (publish(ROLES, several("sales", *[(5, 5, 1)] * 11, last)) for last in ((5, 5, 1), (4, 4, 2)))
    # That a reliability can be had of the second tells only that not all were alike.
    assert replace(nearly, reliability=alike.reliability) == alike
    assert nearly.reliability == Reliability(0.9, 0.9, 0.9, 3)
    view = alike.dimension("roles").view("sales")
    assert (view.agreement, view.unknown) == (Agreement(0.9, "or_higher", "agree"), Share(0.1, "or_lower"))
    no_split = Suppressed("no_split", "Hidden, because the answers of sales cannot be split into parts of at least 5 people.")
    assert {item.view("sales").distribution for item in alike.items} == {no_split}
    assert isinstance(alike.reliability, Suppressed)


@pytest.mark.parametrize(
    ("counts", "segments"),
    [
        ((5, 5, 5, 5, 5), ((1, 1, 0.2), (2, 2, 0.2), (3, 3, 0.2), (4, 4, 0.2), (5, 5, 0.2))),
        # 5, 5 and 7 of 17 are 29, 29 and 41 %: in steps of 5 %, 30, 30 and 40.
        ((3, 2, 5, 4, 3), ((1, 2, 0.3), (3, 3, 0.3), (4, 5, 0.4))),
        ((4, 3, 1, 2, 2), ((1, 2, 0.6), (3, 5, 0.4))),
        # 4 of 10 in the middle: only the cut below 4 leaves five on both sides.
        ((0, 1, 4, 2, 3), ((1, 3, 0.5), (4, 5, 0.5))),
        ((0, 0, 12, 0, 0), None),
        ((4, 0, 0, 0, 8), None),
        ((3, 2, 2, 1, 1), None),
    ],
)
def test_a_spread_has_no_small_segment(counts: tuple[int, ...], segments: tuple[tuple[int, int, float], ...] | None) -> None:
    rows = [(value, 3, 3) for value, count in zip(range(1, 6), counts, strict=True) for _ in range(count)]
    found = publish(ROLES, several("sales", *rows)).items[0].view("sales").distribution
    if segments is None:
        assert isinstance(found, Suppressed)
    else:
        assert found == Distribution(tuple(Segment(*segment) for segment in segments))


def test_spreads_are_shown_of_both_sides_or_of_both_together_never_of_one_and_both() -> None:
    everybody = newest()
    for sales, marketing, shown in ((9, 12, {"together"}), (14, 12, {"sales", "marketing"}), (14, 4, {"sales"}), (4, 3, set[str]())):
        found = publish(everybody, at_random(everybody, "sales", sales, seed=1) + at_random(everybody, "marketing", marketing, seed=2))
        views = [view for item in found.items for view in item.views if isinstance(view.distribution, Distribution)]
        assert {view.group for view in views} == shown


def test_comments_are_of_a_side_that_is_shown_and_in_an_order_of_their_own() -> None:
    notes = ["Meet more", "  We   never talk ", "Fine", "", "Budget first"]
    sales = [replace(person, comments={"roles": note}) for person, note in zip(SALES, notes, strict=True)]
    marketing = [replace(person, comments={"roles": "We four alone"}) for person in MARKETING[:4]]
    found = publish(ROLES, sales + marketing).comments
    assert [(c.group, sorted(c.texts), c.hidden) for c in found[:2]] == [
        ("sales", ["Budget first", "Fine", "Meet more", "We never talk"], None),
        ("marketing", [], FEW_MARKETING),
    ]
    assert publish(ROLES, sales[::-1] + marketing).comments == found


def test_guesses_are_the_third_number() -> None:
    guessing = [replace(person, guesses={"roles": guess}) for person, guess in zip(SALES, (3, 3, 4, 2, 3), strict=True)]
    found = publish(ROLES, guessing + MARKETING).dimension("roles")
    # Sales guess 15 / 5 = 3 of marketing, who say 4.
    assert found.view("sales").guess == Guess(3.0, -1.0)
    assert found.view("marketing").guess is None
    few = publish(ROLES, guessing[:4] + SALES[4:] + MARKETING).dimension("roles").view("sales").guess
    assert few == Suppressed("few_answers", "Hidden, because fewer than 5 people of sales made a guess.")
    alone = publish(ROLES, guessing + MARKETING[:2]).dimension("roles").view("sales").guess
    assert alone == Suppressed("needs_both", "Not compared, because the answers of marketing are not shown.")


def test_weights_move_the_total_and_what_is_not_shown_has_none() -> None:
    two = newest().only(["roles", "communication"])
    ids = [item.id for item in two.items]
    keyed = [(4, 4, 2, 2, 2, 4), (4, 4, 2, 2, 2, 4)]
    people = [Response("sales", dict(zip(ids, keyed[0], strict=True))) for _ in range(6)]
    found = publish(two, people)
    assert [d.view("sales").score for d in found.dimensions] == [Score(4.0), Score(2.0)]
    assert total(found, "sales") == Score(60)
    # 20 · (3 · 4 + 2) / 4 = 70.
    assert total(found, "sales", weights={"roles": 3, "communication": 1}) == Score(70)
    assert isinstance(total(found, "sales", weights={"budget": 1}), Suppressed)


# --- Between rounds -------------------------------------------------------------------------------------------------

GIVEN_AWAY = Suppressed(
    "between_rounds",
    "Hidden, because an earlier round asked nearly the same people of sales: what those who came or left answered could be worked out.",
)
TEN = several("sales", *[(2, 3, 3)] * 4, *[(3, 2, 4)] * 4, (4, 4, 4), (2, 2, 2))


def before_it(published: Published, people: dict[Side, frozenset[str]] | None = None, *, elsewhere: bool = False) -> Earlier:
    """A publication as a later one is held against it."""
    return Earlier(shown_of(published), people or {}, elsewhere)


def test_where_everybody_answered_twice_and_one_came_the_second_round_is_hidden() -> None:
    first = before_it(publish(ROLES, TEN[:9], invited={"sales": 9}))
    second = publish(ROLES, TEN, invited={"sales": 10}, earlier=[first])
    assert {item.view("sales").score for item in second.items} == {GIVEN_AWAY}
    view = second.dimension("roles").view("sales")
    assert (view.score, view.agreement, view.unknown) == (GIVEN_AWAY, GIVEN_AWAY, GIVEN_AWAY)
    # What is hidden gives nothing away, so the third round is held against the first alone.
    third = publish(ROLES, TEN[:9], invited={"sales": 9}, earlier=[first, before_it(second)])
    assert third.items == publish(ROLES, TEN[:9], invited={"sales": 9}).items


@pytest.mark.parametrize(
    ("invited", "asked", "shown"),
    [
        pytest.param(11, 10, True, id="who did not answer is not known"),
        pytest.param(None, 10, True, id="how many were asked is not known"),
        pytest.param(15, 15, False, id="fewer than the raised minimum came"),
    ],
)
def test_only_what_can_be_known_counts(invited: int | None, asked: int, shown: bool) -> None:
    first = before_it(publish(ROLES, TEN[:9], invited={"sales": 9}))
    people = (TEN * 2)[:asked]
    minimum = 5 if shown else 7
    second = publish(ROLES, people, invited={} if invited is None else {"sales": invited}, earlier=[first], minimum=minimum)
    assert isinstance(second.items[0].view("sales").score, Score) is shown


def test_known_people_count_where_numbers_do_not_tell() -> None:
    first = before_it(publish(ROLES, TEN[:9], invited={"sales": 9}), {"sales": frozenset("abcdefghi")})
    same, swapped = (
        publish(ROLES, TEN[1:], invited={"sales": 9}, people={"sales": frozenset(marks)}, earlier=[first]).items[0].view("sales").score
        for marks in ("abcdefghi", "bcdefghij")
    )
    assert isinstance(same, Score)
    assert swapped == GIVEN_AWAY


@pytest.mark.parametrize(("people", "shown"), [("abcdefghi", False), ("klmnopqrs", True), (None, True)])
def test_another_team_counts_where_its_people_are_known(people: str | None, shown: bool) -> None:
    # Nine people asked as another team, and now ten: the same nine and one more, nine others and one more, or nobody knows.
    marks: dict[Side, frozenset[str]] = {} if people is None else {"sales": frozenset(people)}
    first = before_it(publish(ROLES, TEN[:9], invited={"sales": 9}), marks, elsewhere=True)
    now = publish(ROLES, TEN, invited={"sales": 10}, people={"sales": frozenset("abcdefghij")}, earlier=[first])
    assert isinstance(now.items[0].view("sales").score, Score) is shown


def test_the_sides_of_a_round_are_held_together_against_an_earlier_total() -> None:
    # Four and four were shown together; now each side has one more: both sides together minus the eight are two people.
    before = publish(ROLES, TEN[:4] + MARKETING[:4], invited={"sales": 4, "marketing": 4})
    assert before.groups == ("together",)
    now = publish(ROLES, TEN[:5] + MARKETING[:5], invited={"sales": 5, "marketing": 5}, earlier=[before_it(before)])
    assert {view.score.code for item in now.items for view in item.views if isinstance(view.score, Suppressed)} >= {"between_rounds"}
    shown = [view for item in now.items for view in item.views if isinstance(view.score, Score)]
    assert shown == []


def test_a_pulse_is_held_against_the_items_it_shares() -> None:
    full, pulse = newest().only(["roles", "budget"]), newest().only(["budget", "communication"])
    first = before_it(publish(full, at_random(full, "sales", 9, seed=1, unknown=0), invited={"sales": 9}))
    second = publish(pulse, at_random(pulse, "sales", 10, seed=1, unknown=0), invited={"sales": 10}, earlier=[first])
    hidden = {item.dimension for item in second.items if isinstance(item.view("sales").score, Suppressed)}
    assert hidden == {"budget"}


def test_the_mark_of_the_wording_is_that_of_the_words() -> None:
    english = ROLES.wordings["en"]
    changed = replace(english, items={**english.items, "roles_owner": "Something else."})
    other = replace(ROLES, wordings={**ROLES.wordings, "en": changed})
    mark, same, new = (publish(q, []).dimensions[0].wording for q in (ROLES, newest(), other))
    assert mark == same
    assert mark != new
