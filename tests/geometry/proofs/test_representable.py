from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.domains.box import Box
from prelu_rules.domains.polytope import Polytope
from prelu_rules.geometry.proofs.exact import ExactCell
from prelu_rules.geometry.proofs.representable import inner_input, nearest_input
from prelu_rules.values import exact_array


@given(st.integers(0, 2**32), st.integers(2, 5))
def test_shares_sum_to_exactly_1(seed, n_shares):
    rng = np.random.default_rng(seed)
    domain = Polytope.one_hot(Box(np.zeros(n_shares + 1), np.append(np.ones(n_shares), 1e9)), [range(n_shares)])
    cell = ExactCell.of_domain(domain, n_shares + 1)
    strict = exact_array(np.append(rng.normal(size=n_shares), [0.0, 0.0]))
    if cell.exceeds(strict):
        x = inner_input(cell.cut(strict), [strict])
        row = [Fraction(v) for v in x.tolist()]
        assert x.dtype == np.float64 and sum(row[:-1]) == 1 and min(row) >= 0 and strict[:-1] @ np.array(row) > 0


def test_neighbours_of_the_closest_float_are_tried():
    third = np.array([Fraction(1, 3)], dtype=object)
    above = nearest_input(third, lambda point: third[0] < point[0] < third[0] + Fraction(1, 10**16))
    assert above.tolist() == [np.nextafter(1 / 3, 1)]
    assert nearest_input(third, lambda point: False) is None


def test_equations_without_floats_are_answered_in_fractions():
    """A third of 1 is no float."""
    cell = ExactCell.of_domain(Polytope(Box([0], [1]), [[3]], [1], [True]), 1)
    assert inner_input(cell).tolist() == [Fraction(1, 3)]
