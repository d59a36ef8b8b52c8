"""Scores, gaps and reliability of public surveys of two groups, beside what was computed independently."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import brunnermunzel

from app.statistics.agreement import Alpha, r_wg
from app.statistics.gap import RankGap, rank_gap
from app.survey.model import Response, Side
from app.survey.questionnaire import Dimension, Item, Questionnaire, Scale
from app.survey.scoring import keyed, person_means, reliability

Groups = dict[str, list[Response]]
MASS = ["Strongly Disagree", "Disagree", "Neutral", "Agree", "Strongly Agree"]
PISA = [label.capitalize() for label in ("strongly disagree", "disagree", "agree", "strongly agree")]
PISA_REVERSE = {"ST24Q01", "ST24Q04", "ST24Q06", "ST24Q09"}


@pytest.fixture(scope="module")
def truth(shared_data: Path) -> Any:
    return json.loads((shared_data / "ground_truth" / "likert_surveys.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def table(shared_data: Path) -> Callable[[str], pd.DataFrame]:
    return lambda name: pd.read_csv(shared_data / name)


def asked(items: list[str], *, points: int, reverse: frozenset[str] | set[str] = frozenset()) -> Questionnaire:
    """A questionnaire of one dimension that asks these columns."""
    return Questionnaire(
        version="2000-01",
        scale=Scale(f"real-{points}", points),
        dimensions=(Dimension("all", ()),),
        items=tuple(Item(item, "all", item in reverse, None) for item in items),
        wordings={},
    )


def responses(frame: pd.DataFrame, by: str, items: list[str], side: Mapping[str, Side]) -> Groups:
    """One response a row, by group; an empty cell is a question that was not answered."""
    groups: Groups = {group: [] for group in side}
    for row in frame.to_dict("records"):
        if row[by] in side:
            answers = {item: int(row[item]) for item in items if not pd.isna(row[item])}
            groups[row[by]].append(Response(side[row[by]], answers))
    return groups


def coded(frame: pd.DataFrame, items: list[str], labels: list[str]) -> pd.DataFrame:
    codes = {label: point for point, label in enumerate(labels, start=1)}
    return frame.assign(**{item: frame[item].map(codes) for item in items})


def item_values(questionnaire: Questionnaire, people: list[Response], item: Item) -> list[int]:
    """The points given to an item, 5 the best."""
    given = (person.answers.get(item.id) for person in people)
    return [keyed(item, answer, points=questionnaire.scale.points) for answer in given if answer is not None]


def means(questionnaire: Questionnaire, groups: Groups) -> dict[str, dict[str, float]]:
    """The mean of each item in each group, on the scale as it was asked."""
    return {
        group: {item.id: round(float(np.mean(item_values(questionnaire, people, item))), 4) for item in questionnaire.items}
        for group, people in groups.items()
    }


def test_mass(truth: Any, table: Callable[[str], pd.DataFrame]) -> None:
    frame = table("likert_surveys/mass.csv")
    items = list(frame.columns[1:])
    frame = coded(frame, items, MASS)
    groups = responses(frame, "Gender", items, {"Female": "sales", "Male": "marketing"})
    questionnaire = asked(items, points=5)
    assert {group: len(people) for group, people in groups.items()} == truth["mass"]["n"]
    assert means(questionnaire, groups) == truth["mass"]["mean_by_group"]
    women, men = (person_means(questionnaire, groups[group], "all") for group in ("Female", "Male"))
    compare(women, men, frame.loc[frame.Gender == "Female", items].mean(axis=1), frame.loc[frame.Gender == "Male", items].mean(axis=1))


def test_pisa(truth: Any, table: Callable[[str], pd.DataFrame]) -> None:
    items = [f"ST24Q{number:02}" for number in range(1, 12)]
    frame = coded(table("likert_surveys/pisa_two_groups.csv"), items, PISA)
    groups = responses(frame, "CNT", items, {"Canada": "sales", "United States": "marketing"})
    plain = asked(items, points=4)
    both = [person for people in groups.values() for person in people]
    assert {group: len(people) for group, people in groups.items()} == truth["pisa_two_groups"]["n"]
    assert means(plain, groups) == truth["pisa_two_groups"]["mean_by_group"]
    assert {item.id: len(item_values(plain, both, item)) for item in plain.items} == truth["pisa_two_groups"]["answered"]

    # Turned round and averaged within a person by another way: in the frame.
    questionnaire = asked(items, points=4, reverse=PISA_REVERSE)
    turned = frame.assign(**{item: 5 - frame[item] for item in PISA_REVERSE})
    for group in groups:
        scores = person_means(questionnaire, groups[group], "all")
        expected = turned.loc[turned["CNT"] == group, items].mean(axis=1).dropna()
        assert (len(scores), np.mean(scores)) == (len(expected), pytest.approx(expected.mean()))
        whole = turned.loc[turned["CNT"] == group, items].dropna()
        alpha = reliability(questionnaire, groups[group])
        assert isinstance(alpha, Alpha)
        # 11 / 10 · (1 - trace of the covariance matrix / sum of it)
        covariance = np.cov(whole.to_numpy().T)
        assert (alpha.people, alpha.items) == (len(whole), 11)
        assert alpha.value == pytest.approx(11 / 10 * (1 - np.trace(covariance) / covariance.sum()))
        assert alpha.interval.contains(alpha.value)
    compare(
        person_means(questionnaire, groups["Canada"], "all"),
        person_means(questionnaire, groups["United States"], "all"),
        turned.loc[turned["CNT"] == "Canada", items].mean(axis=1).dropna(),
        turned.loc[turned["CNT"] == "United States", items].mean(axis=1).dropna(),
    )


def test_departments_of_a_company(truth: Any, table: Callable[[str], pd.DataFrame]) -> None:
    frame = table("ibm_hr_likert/WA_Fn-UseC_-HR-Employee-Attrition.csv")
    expected = truth["ibm_hr"]
    items = list(expected["mean_by_group"]["Sales"])
    groups = responses(
        frame, "Department", items, {"Sales": "sales", "Research & Development": "marketing", "Human Resources": "marketing"}
    )
    questionnaire = asked(items, points=4)
    assert {group: len(people) for group, people in groups.items()} == expected["n"]
    assert means(questionnaire, groups) == expected["mean_by_group"]
    for group, people in groups.items():
        for item in questionnaire.items:
            given = item_values(questionnaire, people, item)
            assert round(sum(value >= 3 for value in given) / len(given), 4) == expected["share_3_or_4"][group][item.id]
            column = frame.loc[frame.Department == group, item.id]
            # σ² of a uniform answer on four points is 15 / 12.
            assert r_wg(item_values(questionnaire, people, item), points=4) == pytest.approx(1 - column.var(ddof=1) / 1.25)


def compare(first: tuple[float, ...], second: tuple[float, ...], one: pd.Series, other: pd.Series) -> None:
    """The gap of two groups as SciPy and counting of pairs have it."""
    gap = rank_gap(first, second)
    assert isinstance(gap, RankGap)
    # Means of the same answers may differ in the last place between the two ways, which would break ties.
    x, y = one.round(9).to_numpy(), other.round(9).to_numpy()
    assert gap.delta == pytest.approx(np.sign(x[:, None] - y[None, :]).mean(), abs=1e-12)
    assert gap.p == pytest.approx(brunnermunzel(x, y).pvalue, abs=1e-9)
    assert gap.interval.contains(gap.superiority)
