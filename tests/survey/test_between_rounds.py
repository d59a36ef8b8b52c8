"""Whether sums over several sets of people give few of them away, against a search over all combinations of small groups."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.survey.between_rounds import gives_away


def people(*names: str) -> frozenset[str]:
    return frozenset("".join(names))


def by_search(publications: list[frozenset[str]], minimum: int) -> bool:
    """A sum over a small group can be had when taking that group's columns out of the membership matrix lowers its rank."""
    everybody = sorted(frozenset().union(*publications))
    matrix = np.array([[person in members for person in everybody] for members in publications], dtype=float)
    whole = np.linalg.matrix_rank(matrix)
    for size in range(1, minimum):
        for group in combinations(range(len(everybody)), size):
            rest = np.delete(matrix, group, axis=1)
            if (np.linalg.matrix_rank(rest) if rest.size else 0) < whole:
                return True
    return False


@pytest.mark.parametrize(
    ("publications", "answer"),
    [
        pytest.param([people("abcdefghi")], False, id="one round"),
        pytest.param([people("abcdefghi"), people("abcdefghi")], False, id="the same people twice"),
        pytest.param([people("abcdefghi"), people("abcdefghij")], True, id="one came"),
        pytest.param([people("abcdefghi"), people("abcdefghj")], True, id="one left and one came"),
        pytest.param([people("abcdefghi"), people("abcdefghijklmn")], False, id="five came"),
        pytest.param([people("abcde"), people("fghij")], False, id="other people"),
        # Every pair differs by five or more, and the third minus the other two is one person.
        pytest.param([people("abcde"), people("fghij"), people("abcdefghijk")], True, id="three rounds together"),
        pytest.param([people("abcdefghi"), people("abcdefghi"), people("abcdefghij")], True, id="twice the same, then one came"),
    ],
)
def test_examples(publications: list[frozenset[str]], answer: bool) -> None:
    assert gives_away(publications, minimum=5) is answer
    assert by_search(publications, 5) is answer


@given(st.lists(st.frozensets(st.sampled_from("abcdefghij"), min_size=3), min_size=1, max_size=4))
def test_the_answer_is_that_of_a_search(publications: list[frozenset[str]]) -> None:
    assert gives_away(publications, minimum=3) is by_search(publications, 3)


def test_too_many_small_groups_are_refused_without_a_search() -> None:
    # Twenty-one people and sixteen sets that overlap all over: hidden rather than searched for minutes.
    letters = "abcdefghijklmnopqrstu"
    sets = [frozenset(letters[i : i + 5]) for i in range(17)]
    assert gives_away([*sets, frozenset(letters)], minimum=5) is True
