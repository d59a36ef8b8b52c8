"""A small questionnaire whose arithmetic can be done in the head."""

from __future__ import annotations

import pytest

from app.survey.questionnaire import Dimension, Item, Questionnaire, Scale


@pytest.fixture
def small() -> Questionnaire:
    """Two dimensions: roles with three items, the last of them reverse-keyed, and budget with one."""
    return Questionnaire(
        version="2000-01",
        scale=Scale("true-of-us-5", 5),
        dimensions=(Dimension("roles", ("owner",)), Dimension("budget", ("plan",))),
        items=(
            Item("owner", "roles", False, None),
            Item("handover", "roles", False, None),
            Item("nobody", "roles", True, None),
            Item("money", "budget", False, None),
        ),
        wordings={},
    )
