"""`python -m tests.survey.attack FIRMS [TOOL]`: work out small groups from everything that invented firms publish.

Each firm has 4 to 60 people, up to four rounds, people who come and go, answers that are left out or not known, and sometimes a side
that is all of one mind. For each the attack tries

- **within a round**: every number that is linear in the answers as an equation over the unknown answers, solved for small groups;
- **between rounds**: the same over all rounds, as if nobody had changed their mind, wherever a reader can know who answered;
- **by likeness**: every set of answers that fits what is shown of an item; is more than half of a group certain of one answer?

TOOL is a file with `leaks(views, people, groups, k)` and `pair_rule(views, k)`: a second attack by other hands, over the same views.
"""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from itertools import combinations, combinations_with_replacement
from pathlib import Path
from random import Random
from types import ModuleType

import numpy as np

from app.survey.between_rounds import Earlier, shown_of
from app.survey.disclosure import publish
from app.survey.model import SIDES, Answer, Response, Side
from app.survey.published import Distribution, Group, Published, Score, Share, Suppressed, index, total
from app.survey.questionnaire import Item, Questionnaire, newest

LIKENESS_UP_TO = 12
"""All sets of answers are tried for groups up to this size."""


@dataclass(frozen=True)
class Person:
    """Somebody of a firm, with the opinion that the answers follow."""

    name: str
    side: Side
    tenure: str
    opinion: float


@dataclass(frozen=True)
class Round:
    """One round as it was: what was asked, who was invited, who answered what, and what was published."""

    questionnaire: Questionnaire
    invited: tuple[Person, ...]
    answers: dict[Person, Response]
    known: bool
    published: Published

    def members(self, group: Group) -> list[Person]:
        """Those of a group who answered."""
        return [person for person in self.answers if group in ("together", person.side)]

    def everybody_answered(self, group: Group) -> bool:
        """Whether a reader knows who answered, because it was everybody."""
        return len(self.members(group)) == sum(group in ("together", person.side) for person in self.invited)

    def answering(self, group: Group, item: Item) -> frozenset[Person]:
        """Those of a group who gave a point to an item."""
        return frozenset(p for p in self.members(group) if self.answers[p].answers.get(item.id) is not None)

    def value(self, person: Person, item: Item) -> int:
        """A person's point, 5 the best."""
        given = self.answers[person].answers[item.id]
        assert given is not None
        return 6 - given if item.reverse else given


@dataclass
class Found:
    """What an attack on one firm found; empty when nothing was.

    `insider` and `swap` are what the rules do not claim to prevent: somebody who knows who answered each item, with nobody's mind
    changed; and rounds by a shared link in which as many came as left and everybody answered.
    """

    rounds: int = 0
    shown: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    within: list[str] = field(default_factory=list)
    between: list[str] = field(default_factory=list)
    alike: list[str] = field(default_factory=list)
    by_tool: list[str] = field(default_factory=list)
    insider: bool = False
    swap: bool = False

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not (self.wrong or self.within or self.between or self.alike or self.by_tool)


# --- Firms ----------------------------------------------------------------------------------------------------------


def firm(seed: int) -> list[Round]:
    """A firm's rounds, the same for the same seed."""
    random = Random(seed)
    size = random.randint(4, 60)
    share = random.choice((0.15, 0.35, 0.5, 0.65))
    staff = [_person(f"p{number}", random, share) for number in range(size)]
    minimum = random.choice((5, 5, 5, 6, 8))
    personal = random.random() < 0.5
    everybody = random.random() < 0.5
    alike = {side: random.random() < 0.15 for side in SIDES}
    rounds: list[Round] = []
    earlier: list[Earlier] = []
    for number in range(random.randint(1, 4)):
        if number:
            leaving = random.choice((0, 0, 1, 2, 6))
            staff = random.sample(staff, max(len(staff) - leaving, 2))
            # By a shared link nobody is listed: as many who come as left would be a change that only colleagues see.
            coming = random.choice((0, 1, 2, 7)) if personal or not leaving else leaving + random.choice((1, 3, 8))
            staff += [_person(f"p{number}-{new}", random, share) for new in range(coming)]
        whole = newest()
        ids = [dimension.id for dimension in whole.dimensions]
        asked = whole if random.random() < 0.4 else whole.only(random.sample(ids, random.randint(1, 3)))
        answering = [p for p in staff if everybody or random.random() < 0.85]
        answers = {p: _response(asked, p, random, alike=alike[p.side]) for p in answering}
        answers = {p: response for p, response in answers.items() if response.answers}
        invited = {side: sum(p.side == side for p in staff) for side in SIDES}
        marks: dict[Side, frozenset[str]] = {side: frozenset(p.name for p in staff if p.side == side) for side in SIDES}
        published = publish(
            asked,
            list(answers.values()),
            minimum=minimum,
            invited=invited,
            people=marks if personal else {},
            earlier=earlier,
        )
        earlier.append(Earlier(shown_of(published), marks if personal else {}))
        rounds.append(Round(asked, tuple(staff), answers, personal, published))
        minimum += random.choice((0, 0, 0, 1))
    return rounds


def _person(name: str, random: Random, share: float) -> Person:
    side: Side = "sales" if random.random() < share else "marketing"
    return Person(name, side, random.choice(("below 1", "1 to 3", "above 3")), random.gauss(3, 0.9))


def _response(asked: Questionnaire, person: Person, random: Random, *, alike: bool) -> Response:
    answers: dict[str, Answer] = {}
    careless = random.choice((0.0, 0.0, 0.05, 0.3))
    for item in asked.items:
        if random.random() < careless:
            if random.random() < 0.7:
                answers[item.id] = None
            continue
        value = 5 if alike else min(max(round(random.gauss(person.opinion, 0.8)), 1), 5)
        answers[item.id] = 6 - value if item.reverse else value
    return Response(person.side, answers)


# --- The attacks ----------------------------------------------------------------------------------------------------


def attack(rounds: list[Round], tool: ModuleType | None = None) -> Found:
    """Everything that can be worked out of a firm's publications."""
    found = Found(rounds=len(rounds))
    for number, of_round in enumerate(rounds):
        found.shown.update(of_round.published.groups or ("nothing",))
        for name, finding in _within(of_round):
            getattr(found, name).append(f"round {number}: {finding}")
    _between(rounds, found, tool)
    return found


def _within(of_round: Round) -> Iterator[tuple[str, str]]:
    """Equations over the unknowns (person, item, point) of one round, from every number shown; then the answers that fit each item."""
    published, minimum = of_round.published, of_round.published.minimum
    equations: list[dict[tuple[Person, str, int], Fraction]] = []
    for group in ("sales", "marketing", "together"):
        turnout = published.answered(group)
        if not isinstance(turnout, Suppressed) and turnout < minimum:
            yield "within", f"{group} of {turnout} is shown"
        for dimension in published.dimensions:
            view = dimension.view(group)
            if not isinstance(view.score, Score):
                continue
            items = [item for item in of_round.questionnaire.items_of(dimension.id) if _score(published, item, group)]
            averages = []
            for item in items:
                who = of_round.answering(group, item)
                mean = Fraction(sum(of_round.value(p, item) for p in who), len(who))
                averages.append(min(max(mean, Fraction(3, 2)), Fraction(9, 2)))
                equations.append({(p, item.id, point): Fraction(point, len(who)) for p in who for point in range(1, 6)})
                score = _score(published, item, group)
                if score is not None and abs(float(averages[-1]) - score.value) > 0.0501:
                    yield "wrong", f"{group} {item.id}: {score} is not {float(mean):.3f}"
            if abs(float(sum(averages, Fraction()) / len(averages)) - view.score.value) > 0.0501:
                yield "wrong", f"{group} {dimension.id}: {view.score} is not the average of its items"
            # The dimension's own equation: its items' sums with equal weight.
            equations.append({key: value / len(items) for one in equations[-len(items) :] for key, value in one.items()})
            if isinstance(view.unknown, Share):
                ids = {item.id for item in of_round.questionnaire.items_of(dimension.id)}
                reached = [p for p in of_round.members(group) if ids & of_round.answers[p].answers.keys()]
                if len(reached) < minimum:
                    yield "within", f"{group} {dimension.id}: the share of unknown is of {len(reached)}"
        for item in of_round.questionnaire.items:
            spread = next(i for i in published.items if i.id == item.id).view(group).distribution
            if isinstance(spread, Distribution):
                who = of_round.answering(group, item)
                for segment in spread.segments:
                    inside = sum(segment.low <= of_round.value(p, item) <= segment.high for p in who)
                    if inside < minimum:
                        yield "within", f"{group} {item.id}: {inside} people answered {segment.low} to {segment.high}"
                    if abs(inside / len(who) - segment.share) > 0.051:
                        yield "wrong", f"{group} {item.id}: {segment} is not {inside} of {len(who)}"
                    equations.append({(p, item.id, point): Fraction(1) for p in who for point in range(segment.low, segment.high + 1)})
    # Totals and the index are made of published cells; that they are is checked by making them of nothing else.
    for group in published.groups:
        total(published, group)
    index(published)
    people = list(of_round.answers)
    columns = _columns(equations)
    for names, group_of in _small_groups(people, minimum):
        if _solvable(columns, group_of):
            yield "within", f"an equation about {names} alone"
            break
    for item in of_round.questionnaire.items:
        yield from _alike(of_round, item)


def _score(published: Published, item: Item, group: Group) -> Score | None:
    score = next(found for found in published.items if found.id == item.id).view(group).score
    return score if isinstance(score, Score) else None


def _small_groups(people: list[Person], minimum: int) -> Iterator[tuple[str, frozenset[Person]]]:
    """Every person, every pair of an attribute's values that is small enough, and some pairs of people."""
    seen = set()
    named: dict[str, set[Person]] = {}
    for person in people:
        named.setdefault(f"only {person.name}", set()).add(person)
        named.setdefault(f"side {person.side}", set()).add(person)
        named.setdefault(f"tenure {person.tenure}", set()).add(person)
        named.setdefault(f"{person.side}, {person.tenure}", set()).add(person)
    for name, members in named.items():
        group = frozenset(members)
        if 0 < len(group) < minimum and group not in seen:
            seen.add(group)
            yield name, group


def _columns(equations: list[dict[tuple[Person, str, int], Fraction]]) -> dict[tuple[tuple[int, float], ...], set[Person]]:
    """Whose unknowns stand in the same equations with the same weights: one column of the matrix each; the rank stays the same."""
    of_unknown: dict[tuple[Person, str, int], list[tuple[int, float]]] = {}
    for number, equation in enumerate(equations):
        for unknown, weight in equation.items():
            of_unknown.setdefault(unknown, []).append((number, float(weight)))
    columns: dict[tuple[tuple[int, float], ...], set[Person]] = {}
    for (person, _, _), column in of_unknown.items():
        columns.setdefault(tuple(column), set()).add(person)
    return columns


def _solvable(columns: dict[tuple[tuple[int, float], ...], set[Person]], group: frozenset[Person]) -> bool:
    """Whether a combination of the equations is about these people alone: taking their columns out lowers the rank."""
    others = [not members <= group for members in columns.values()]
    if all(others):
        # Each of their unknowns has a twin among the others, so nothing can be about them alone.
        return False
    matrix = np.zeros((1 + max(number for column in columns for number, _ in column), len(columns)))
    for at, column in enumerate(columns):
        for number, weight in column:
            matrix[number, at] = weight
    rest = matrix[:, others]
    return bool((np.linalg.matrix_rank(rest) if rest.size else 0) < np.linalg.matrix_rank(matrix))


def _alike(of_round: Round, item: Item) -> Iterator[tuple[str, str]]:
    """Whether all sets of answers that fit what is shown have more than half of a group, rounded up, at one point of the scale."""
    result = next(found for found in of_round.published.items if found.id == item.id)
    for view in result.views:
        size = len(of_round.answering(view.group, item))
        if isinstance(view.score, Score) and size <= LIKENESS_UP_TO:
            spread = view.distribution if isinstance(view.distribution, Distribution) else None
            for point, count in _certain(size, view.score, spread).items():
                if count > (size + 1) // 2:
                    yield "alike", f"{view.group} {item.id}: at least {count} of {size} answered {point}"


@cache
def _certain(size: int, score: Score, spread: Distribution | None) -> dict[int, int]:
    """For each point how many people of a group must have answered it, in every set of answers that fits."""
    certain = dict.fromkeys(range(1, 6), size)
    for answers in combinations_with_replacement(range(1, 6), size):
        if _fits(answers, score, spread):
            certain = {point: min(count, answers.count(point)) for point, count in certain.items()}
            if not any(certain.values()):
                break
    return certain


def _fits(answers: tuple[int, ...], score: Score, spread: Distribution | None) -> bool:
    mean = sum(answers) / len(answers)
    if score.bound == "or_lower":
        fits = mean <= score.value + 1e-9
    elif score.bound == "or_higher":
        fits = mean >= score.value - 1e-9
    else:
        fits = abs(mean - score.value) <= 0.05 + 1e-9
    if not fits or spread is None:
        return fits
    return all(abs(sum(s.low <= a <= s.high for a in answers) / len(answers) - s.share) <= 0.0501 for s in spread.segments)


def _between(rounds: list[Round], found: Found, tool: ModuleType | None) -> None:
    """Sums of the same item over several rounds, as if nobody had changed their mind."""
    done: set[object] = set()
    for id in sorted({item.id for of_round in rounds for item in of_round.questionnaire.items}):
        known: list[tuple[str, frozenset[Person]]] = []
        every: list[tuple[str, frozenset[Person]]] = []
        for number, of_round in enumerate(rounds):
            item = next((item for item in of_round.questionnaire.items if item.id == id), None)
            for group in ("sales", "marketing", "together") if item else ():
                if item is None or _score(of_round.published, item, group) is None:
                    continue
                who = of_round.answering(group, item)
                every.append((f"round {number} {group}", who))
                if of_round.everybody_answered(group) and len(who) == len(of_round.members(group)):
                    if not of_round.known and any(len(before) == len(who) and before != who for _, before in known):
                        # By a shared link as many came as left: the limit that the decision record states, counted apart.
                        found.swap = True
                    else:
                        known.append((f"round {number} {group}", who))
        minimum = min(of_round.published.minimum for of_round in rounds)
        found.insider = found.insider or _sums_leak(every, minimum, pairs=False)
        if tuple(known) not in done and _sums_leak(known, minimum):
            found.between.append(f"{id}: {[name for name, _ in known]}")
        done.add(tuple(known))
        # The other attack solves in exact fractions, which takes its time: one item of each pattern of rounds.
        pattern = tuple(name for name, _ in every)
        if tool is not None and pattern not in done:
            found.by_tool.extend(_by_tool(tool, rounds, known, every, minimum))
        done.add(pattern)


def _sums_leak(views: list[tuple[str, frozenset[Person]]], minimum: int, *, pairs: bool = True) -> bool:
    people = sorted({person for _, who in views for person in who}, key=lambda p: p.name)
    matrix = np.array([[person in who for person in people] for _, who in views], dtype=float)
    if not matrix.size:
        return False
    rank = np.linalg.matrix_rank(matrix)
    # Only people whom no other resembles can be singled out: those in the same views as `minimum` others cannot.
    patterns = Counter(tuple(column) for column in matrix.T)
    few = [i for i, column in enumerate(matrix.T) if patterns[tuple(column)] < minimum]
    groups = [group for size in (1, 2)[: 2 if pairs else 1] for group in combinations(few, size)]
    groups += [tuple(i for i in few if tuple(matrix.T[i]) == pattern) for pattern, size in patterns.items() if size < minimum]
    for group in groups:
        rest = np.delete(matrix, group, axis=1)
        if (np.linalg.matrix_rank(rest) if rest.size else 0) < rank:
            return True
    return False


def _by_tool(
    tool: ModuleType,
    rounds: list[Round],
    known: list[tuple[str, frozenset[Person]]],
    every: list[tuple[str, frozenset[Person]]],
    minimum: int,
) -> Iterator[str]:
    """The other attack over the views of which a reader can know the people, and over those of each round alone."""
    families = [known, *[[view for view in every if view[0].startswith(f"round {number} ")] for number in range(len(rounds))]]
    for views in families:
        people = {p.name: {"side": p.side, "tenure": p.tenure} for _, who in views for p in who}
        named = [(name, {p.name for p in who}) for name, who in views]
        groups = list(tool.all_groups(people, ["side", "tenure"]))
        for number in range(1, len(rounds)):
            before, after = ({p.name for p in r.answers} for r in (rounds[number - 1], rounds[number]))
            changed = {f"came in round {number}": after - before, f"left before round {number}": before - after}
            # Of people who are in no view the sum is nothing, and that is always known.
            groups += [(name, group & people.keys()) for name, group in changed.items()]
        groups = list({frozenset(group): (name, group) for name, group in groups if 0 < len(group) < minimum}.values())
        for name, size, recipe in tool.leaks(named, people, groups, minimum):
            yield f"{name} ({size}): {recipe}"
        for pair in tool.pair_rule(named, minimum):
            yield f"pair {pair}"


def load(path: Path) -> ModuleType:
    """The other attack, from its file."""
    spec = importlib.util.spec_from_file_location("differencing_attack", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main(arguments: list[str]) -> int:
    """Attack that many firms and print what was found."""
    number = int(arguments[0]) if arguments else 1000
    tool = load(Path(arguments[1])) if len(arguments) > 1 else None
    results = [attack(firm(seed), tool) for seed in range(number)]
    shown: Counter[str] = Counter()
    for result in results:
        shown.update(result.shown)
    print(f"{number} firms, {sum(result.rounds for result in results)} rounds; shown: {dict(shown)}")
    for name in ("wrong", "within", "between", "alike", "by_tool"):
        bad = [(seed, getattr(result, name)) for seed, result in enumerate(results) if getattr(result, name)]
        print(f"{name}: {len(bad)} firms", *bad[:3], sep="\n  " if bad else "")
    print(f"someone who knows who answered each item, and that nobody changed their mind: {sum(r.insider for r in results)} firms")
    print(
        f"by a shared link everybody answered twice, as many came as left, which only colleagues know: {sum(r.swap for r in results)} firms"
    )
    return 0 if all(result.clean for result in results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
