"""What invented firms publish is attacked; `python -m tests.survey.attack 1000` does the same for a thousand of them."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from app.survey.published import Score
from tests.survey.attack import Person, _sums_leak, attack, firm, load

FIRMS = 40


@pytest.fixture(scope="module")
def tool() -> ModuleType | None:
    """The other attack, where it lies beside the repository."""
    path = Path(__file__).parents[3] / "shared" / "tools" / "differencing_attack.py"
    return load(path) if path.exists() else None


def test_nothing_about_a_small_group_can_be_worked_out(tool: ModuleType | None) -> None:
    found = {seed: attack(firm(seed), tool) for seed in range(FIRMS)}
    assert {seed: result for seed, result in found.items() if not result.clean} == {}
    # The sample has something to attack: rounds with both sides, and rounds that hide what an earlier one would give away.
    assert sum(result.shown["sales"] for result in found.values()) > 20
    codes = {
        getattr(view.score, "code", None)
        for seed in range(FIRMS)
        for of_round in firm(seed)
        for item in of_round.published.items
        for view in item.views
        if not isinstance(view.score, Score)
    }
    assert codes == {"too_few", "other_side", "apart", "few_answers", "between_rounds"}


def test_the_attack_finds_what_is_there_to_find(tool: ModuleType | None) -> None:
    people = [Person(f"p{i}", "sales" if i < 9 else "marketing", "1 to 3", 3.0) for i in range(12)]
    # Sales and the total, of twelve people of whom three are in marketing.
    views = [("sales", frozenset(people[:9])), ("all", frozenset(people))]
    assert _sums_leak(views, 5)
    assert not _sums_leak(views, 3)
    if tool is not None:
        named = [(name, {person.name for person in who}) for name, who in views]
        marketing = {person.name for person in people[9:]}
        assert tool.leaks(named, [p.name for p in people], [("marketing", marketing)], 5) == [("marketing", 3, "-[sales] +[all]")]
