"""Boundaries have one spelling, whatever the conditions are scaled by."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.columns.column import Column
from prelu_rules.network.affine import AffineMap
from prelu_rules.network.precision import Precision
from prelu_rules.rules.presentation.boundaries import Boundaries, from_first_levels
from prelu_rules.rules.rule import Condition, Rule

KIND = Column("kind", "category", ("farm", "home", "shop"))
COLUMNS = (Column("kwh"), Column("age"), KIND)


def rules_of(*conditions):
    return [Rule((one,), AffineMap(np.zeros((1, 5)), [0.0])) for one in conditions]


@given(st.sampled_from((0.3, 1.0, -7.0, -1e-3)), st.booleans(), st.sampled_from((0.0, 2.0, -0.3)))
def test_multiples_and_shifted_levels_are_one_boundary(factor, nonnegative, shift):
    """A weight that all levels have is a constant."""
    row = np.array([2.0, 1.0, 5.0, 0.0, 0.0, -400.0])
    other = factor * (row + shift * np.array([0, 0, 1, 1, 1, -1]))
    rules = rules_of(Condition(row[:-1], row[-1], True), Condition(other[:-1], other[-1], nonnegative))
    for precision in (None, Precision(4, [500.0, 90.0, 1, 1, 1], [1.0])):
        found = Boundaries(rules, COLUMNS, precision)
        assert len(found.all) == 1
        assert found.all[0].total.weights == {"kwh": Fraction(1), "age": Fraction(1, 2)}
        assert sorted(value for _, value in found.all[0].thresholds) == [Fraction(395, 2), Fraction(200)]
        (first,), (second,) = found.sides
        assert (first.above, first.included) == (True, True)
        assert (second.above, second.included) == ((factor > 0) == nonnegative, nonnegative)


def test_many_combinations_of_states_stand_in_the_sum():
    columns = (Column("kwh"), *(Column(f"c{k}", "yes/no") for k in range(5)))
    rule = Rule((Condition([1.0, 1, 2, 4, 8, 16], -3.0, True),), AffineMap(np.zeros((1, 6)), [0.0]))
    (boundary,) = Boundaries([rule], columns, None).all
    assert boundary.thresholds is None and len(boundary.terms) == 6 and boundary.constant == -3


def test_weights_that_cancel_are_0():
    weights, constant = from_first_levels([KIND], np.array([0.1 + 0.2, 0.3, 1.0]), 0.0)
    np.testing.assert_allclose(weights, [0.0, 0.0, 0.7])
    assert weights[1] == 0.0 and constant == 0.1 + 0.2
