from fractions import Fraction

import numpy as np
import pytest

from prelu_rules.errors import InvalidValueError, ShapeError
from prelu_rules.network.affine import AffineMap


def test_a_map_is_a_sum_of_products():
    rng = np.random.default_rng(0)
    coef, intercept, x = rng.normal(size=(2, 3)), rng.normal(size=2), rng.normal(size=(4, 3))
    twin = [[sum(coef[k, i] * row[i] for i in range(3)) + intercept[k] for k in range(2)] for row in x]
    np.testing.assert_allclose(AffineMap(coef, intercept)(x), twin, rtol=1e-12)
    np.testing.assert_array_equal(AffineMap(coef, intercept)(x[0]), AffineMap(coef, intercept)(x)[0])


def test_rationals_stay_exact():
    third = AffineMap([[Fraction(1, 3)]], [Fraction(1, 7)])
    assert third([Fraction(1, 2)]).tolist() == [Fraction(13, 42)]


def test_a_map_checks_its_shapes():
    with pytest.raises(ShapeError, match="coef has shape"):
        AffineMap([1.0], [1.0])
    with pytest.raises(ShapeError, match="intercept has shape"):
        AffineMap([[1.0]], [1.0, 2.0])
    with pytest.raises(ShapeError, match="must have 1 columns"):
        AffineMap([[1.0]], [1.0])([1.0, 2.0])
    with pytest.raises(InvalidValueError, match="coef holds inf"):
        AffineMap([[np.inf]], [1.0])
