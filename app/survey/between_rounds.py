"""Whether two or more publications about nearly the same people give away the few in whom they differ.

Nine people answer in March and everybody is in the average; ten answer in June, the same nine and Anna. If the nine have not changed
their minds, ten times the average of June minus nine times that of March is Anna's answer. More generally, the sums over several sets
of people can be added and taken away until few people are left. `gives_away` finds out whether that is possible.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations

from app.survey.model import SIDES, Side
from app.survey.published import GROUPS, Group, Published, Suppressed, Turnout

MOST_ATOMS = 16
"""With more small groups of people than this, the answer is yes without a search: rather hidden too often than shown too often."""


@dataclass(frozen=True)
class Shown:
    """Of a publication, all that later ones are held against: who answered, and which items it showed of which groups. No score."""

    minimum: int
    turnout: tuple[Turnout, ...]
    items: tuple[tuple[str, tuple[Group, ...]], ...]


@dataclass(frozen=True)
class Earlier:
    """An earlier publication of the same organization.

    `people` holds marks of the people invited to a side, where they are known. They count only where everybody invited answered:
    otherwise nobody can know whose answers are in the sum. `elsewhere` says that it is another team's: two teams of about the same size
    are other people, unless the marks say that they are not.
    """

    shown: Shown
    people: Mapping[Side, frozenset[str]] = field(default_factory=dict)
    elsewhere: bool = False


@dataclass(frozen=True)
class _Known:
    """A sum that is shown, of people whom the company knows: all who were invited to these sides."""

    sides: frozenset[Side]
    size: int
    people: frozenset[str] | None
    elsewhere: bool = False


def shown_of(published: Published) -> Shown:
    """What of a publication later ones are held against."""
    items = tuple((item.id, tuple(view.group for view in item.views if not isinstance(view.score, Suppressed))) for item in published.items)
    return Shown(published.minimum, published.turnout, items)


def given_away_items(
    turnout: Sequence[Turnout], people: Mapping[Side, frozenset[str]], earlier: Sequence[Earlier], *, minimum: int
) -> dict[Group, frozenset[str]]:
    """For each group the items that may not be shown, because earlier rounds have shown them of nearly the same people.

    Parameters
    ----------
    turnout
        Who answered in the round that is about to be published.
    people
        Marks of the people invited, by side, where they are known.
    earlier
        What earlier rounds of the same team have published, and those of the organization's other teams.
    """
    blocked: dict[Group, set[str]] = {group: set() for group in GROUPS}
    now = _known(turnout, people)
    for id in {id for before in earlier for id, _ in before.shown.items} if now else ():
        shown = []
        for before in earlier:
            groups = {group for item, of_item in before.shown.items if item == id for group in of_item}
            known_of = _known(before.shown.turnout, before.people, elsewhere=before.elsewhere)
            shown.extend(_with_sum([known for group, known in known_of.items() if group in groups]))
        # Where the minimum was raised later, older rounds may differ by fewer; they are out, and hiding all that follows would not help.
        level = minimum if _safe([], shown, minimum=minimum) else min(before.shown.minimum for before in earlier)
        added: list[_Known] = []
        for group, known in now.items():
            # The two sides of this round add up as well, so the second is looked at together with the first.
            if _safe(_with_sum([*added, known]), shown, minimum=level):
                added.append(known)
            else:
                blocked[group].add(id)
    return {group: frozenset(ids) for group, ids in blocked.items()}


def _known(turnout: Sequence[Turnout], people: Mapping[Side, frozenset[str]], *, elsewhere: bool = False) -> dict[Group, _Known]:
    """The groups that are shown and of which everybody answered, so that the company knows who they are."""
    found: dict[Group, _Known] = {}
    for of_group in turnout:
        if not isinstance(of_group.answered, Suppressed) and of_group.answered == of_group.invited:
            sides: tuple[Side, ...] = SIDES if of_group.group == "together" else (of_group.group,)
            marks = frozenset().union(*(people[side] for side in sides)) if all(side in people for side in sides) else None
            found[of_group.group] = _Known(frozenset(sides), of_group.answered, marks, elsewhere)
    return found


def _with_sum(of_round: list[_Known]) -> list[_Known]:
    """What one round shows, and the sum of its two sides."""
    if len(of_round) < 2:
        return of_round
    marks = [known.people for known in of_round if known.people is not None]
    both = frozenset().union(*marks) if len(marks) == len(of_round) else None
    return [*of_round, _Known(frozenset(SIDES), sum(known.size for known in of_round), both, of_round[0].elsewhere)]


def _safe(new: Sequence[_Known], shown: Sequence[_Known], *, minimum: int) -> bool:
    every = [*shown, *new]
    if gives_away([known.people for known in every if known.people is not None], minimum=minimum):
        return False
    for one in new:
        for other in shown:
            if other.elsewhere or (one.people is not None and other.people is not None):
                continue
            # Who they are is not known here, but everybody in the company knows who came and who left.
            apart = abs(one.size - other.size)
            if one.sides & other.sides and apart < minimum and (apart > 0 or one.sides != other.sides):
                return False
    return True


def gives_away(publications: Sequence[frozenset[str]], *, minimum: int) -> bool:
    """Whether a sum over fewer than `minimum` people can be had from the sums over these sets.

    Parameters
    ----------
    publications
        For each publication of the same question, the people whose answers it adds up.
    minimum
        The smallest group that may be known.

    Returns
    -------
    bool
        True when adding and subtracting the publications, each as often as one likes, can leave a sum over at least one and fewer than
        `minimum` people.

    Notes
    -----
    People who are in exactly the same publications cannot be told apart and form an atom. A combination whose sum is over fewer than
    `minimum` people is zero on every atom of that size or more, so only the combinations that vanish there are looked at: the null space
    of the large atoms' membership. It is nearly always empty, and then nothing can be had at all.
    """
    sets = sorted({people for people in publications if people}, key=sorted)
    atoms: dict[tuple[bool, ...], int] = {}
    for person in frozenset().union(*sets):
        pattern = tuple(person in people for people in sets)
        atoms[pattern] = atoms.get(pattern, 0) + 1
    large = [pattern for pattern, size in atoms.items() if size >= minimum]
    free = _null_space(large, len(sets))
    if not free:
        return False
    small = [
        (size, values)
        for pattern, size in atoms.items()
        if size < minimum and any(values := [sum((c for c, inside in zip(v, pattern, strict=True) if inside), Fraction()) for v in free])
    ]
    # Without an atom left, every free combination is zero on everybody and says nothing.
    if len(free) == 1:
        left = sum(size for size, _ in small)
        return 0 < left < minimum
    if len(small) > MOST_ATOMS:
        return True
    rank = _rank([values for _, values in small])
    for count in range(1, minimum):
        for chosen in combinations(range(len(small)), count):
            if sum(small[i][0] for i in chosen) < minimum:
                rest = [values for i, (_, values) in enumerate(small) if i not in chosen]
                if _rank(rest) < rank:
                    return True
    return False


def _null_space(rows: Iterable[Sequence[bool]], width: int) -> list[list[Fraction]]:
    """A basis of the vectors that are orthogonal to every row."""
    matrix, pivots = _reduced([[Fraction(value) for value in row] for row in rows], width)
    basis = []
    for column in range(width):
        if column not in pivots:
            vector = [Fraction()] * width
            vector[column] = Fraction(1)
            for row, pivot in zip(matrix, pivots, strict=True):
                vector[pivot] = -row[column]
            basis.append(vector)
    return basis


def _rank(rows: Sequence[Sequence[Fraction]]) -> int:
    return len(_reduced([list(row) for row in rows], len(rows[0]))[1]) if rows else 0


def _reduced(matrix: list[list[Fraction]], width: int) -> tuple[list[list[Fraction]], list[int]]:
    """The reduced row echelon form without its zero rows, and the columns of the pivots. Gauss and Jordan, in exact fractions."""
    pivots: list[int] = []
    for column in range(width):
        row = next((i for i in range(len(pivots), len(matrix)) if matrix[i][column]), None)
        if row is None:
            continue
        top = len(pivots)
        matrix[top], matrix[row] = matrix[row], matrix[top]
        matrix[top] = [value / matrix[top][column] for value in matrix[top]]
        for i, other in enumerate(matrix):
            if i != top and other[column]:
                matrix[i] = [a - other[column] * b for a, b in zip(other, matrix[top], strict=True)]
        pivots.append(column)
    return matrix[: len(pivots)], pivots
