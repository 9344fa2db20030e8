"""What only rounding sets apart gets the same numbers; everything else keeps its own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.domains.box import Box
from prelu_rules.network.affine import AffineMap
from prelu_rules.rules.alignment import aligned
from prelu_rules.rules.rule import Condition, Rule

OUTPUTS = AffineMap([[0.0, 0.0]], [0.0])
SQUARE = Box([-1, -1], [1, 1])


def rules_of(*rows):
    return [Rule((Condition(row[:-1], row[-1], nonnegative=True),), OUTPUTS) for row in rows]


def rows_after(*rows, domain):
    return [np.append(rule.conditions[0].coef, rule.conditions[0].intercept) for rule in aligned(rules_of(*rows), domain)]


@pytest.mark.parametrize("domain", [SQUARE, None])
def test_the_same_line_up_to_rounding(domain):
    first, second = rows_after([0.1, 0.3, -0.2], [-1.0, -(0.1 + 0.2) * 10, 2.0 + 4e-16], domain=domain)
    assert (second == -first).all()


@pytest.mark.parametrize("domain", [SQUARE, None])
def test_parallel_lines_stay_apart(domain):
    first, second = rows_after([0.1, 0.3, -0.2], [1.0, (0.1 + 0.2) * 10, -1.0], domain=domain)
    assert (second[:-1] == first[:-1]).all()
    assert second[-1] == pytest.approx(-0.1, rel=1e-12)


@given(st.integers(-12, 12), st.sampled_from([SQUARE, None, Box([-1e9, -1e9], [1e9, 1e9])]))
def test_exact_multiples_keep_their_numbers(power, domain):
    rows = [[1.0, 3.0, -0.5], [2.0**power, 3 * 2.0**power, 0.3]]
    assert [row.tolist() for row in rows_after(*rows, domain=domain)] == rows


@given(st.integers(-8, 0), st.sampled_from([SQUARE, Box([-1e3, -1e3], [1e3, 1e3])]))
def test_what_matters_stays(power, domain):
    """Moved or turned by more than rounding errors."""
    moved, turned = 10.0**power, 1.0 + 10.0**power
    rows = [[1.0, 3.0, -0.5], [1.0, 3.0, -0.5 + moved], [1.0, 3.0 * turned, -0.5]]
    assert [row.tolist() for row in rows_after(*rows, domain=domain)] == rows


def test_lines_a_millionth_of_a_millionth_apart_on_a_wide_domain():
    rows = [[1.0, 0.0, 0.0], [1.0, 0.0, -1.0]]
    assert [row.tolist() for row in rows_after(*rows, domain=Box([-1e12, 0], [1e12, 1]))] == rows


def test_exact_numbers_stay():
    exact = [rule.exact() for rule in rules_of([0.1, 0.3, -0.2], [1.0, (0.1 + 0.2) * 10, -2.0])]
    assert aligned(exact, SQUARE) == exact
