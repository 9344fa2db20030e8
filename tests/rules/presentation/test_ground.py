"""Parts of a domain by states, and what is left of them."""

import numpy as np
import pytest

from prelu_rules.columns.column import Column
from prelu_rules.columns.feature_rows import feature_rows
from prelu_rules.domains.as_domain import domain_of_rows
from prelu_rules.domains.box import Box
from prelu_rules.rules.presentation.ground import Cut, Ground, contradictory
from prelu_rules.rules.presentation.statements import Test

AGE, KIND = Column("age", missing=True), Column("kind", "category", ("farm", "home"))
THERE, MISSING = Test(AGE, (None,)), Test(AGE, AGE.features[1:])


def at_least(age, strict=False):
    return Cut(np.array([1.0, 0, 0, 0, -age]), strict)


@pytest.mark.parametrize("whole", [True, False])
def test_a_missing_number_is_0_and_others_are_in_their_range(whole):
    rows = feature_rows((AGE, KIND), {"age": [20.0, 60.0, None], "kind": ["farm", "home", "farm"]})
    ground = Ground((AGE, KIND), domain_of_rows((AGE, KIND), rows) if whole else None)
    missing, there = ground.part((MISSING,)), ground.part((THERE,))
    assert missing.possible([at_least(0.0)]) and not missing.possible([at_least(0.0, strict=True)])
    assert there.possible([at_least(60.0)])
    assert there.possible([at_least(60.5)]) is not whole
    assert there.possible([at_least(20.0, strict=True).opposite]) is True
    assert there.possible([at_least(19.5).opposite]) is not whole


def test_touching_is_decided_exactly():
    ground = Ground((Column("a"),), Box([0.0], [0.3]))
    part = ground.part(())
    for strict in (False, True):
        assert part.possible([Cut(np.array([1.0, -0.3]), strict)]) is not strict
        assert part.possible([Cut(np.array([1.0, -0.3 - 1e-12]), strict)]) is False


def test_states_that_the_domain_does_not_have():
    ground = Ground((KIND,), Box([0, 1], [0, 1]))
    assert ground.part((Test(KIND, KIND.features[:1]),)) is None
    assert ground.part((Test(KIND, KIND.features[1:]),)) is not None


def test_two_sides_of_a_hyperplane():
    closed, open_ = at_least(5.0), at_least(5.0, strict=True)
    assert contradictory([closed, closed.opposite]) and contradictory([open_, open_.opposite])
    assert not contradictory([closed, Cut(-closed.row, False)])
