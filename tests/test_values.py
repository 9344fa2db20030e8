from fractions import Fraction

import numpy as np
import pytest

from prelu_rules.domains.box import Box
from prelu_rules.errors import InvalidValueError, ShapeError
from prelu_rules.network.affine import AffineMap
from prelu_rules.values import checked_weights, frozen_array, input_rows


def test_arrays_are_copied_and_frozen():
    given = np.array([1.0, 2.0])
    kept = frozen_array(given, "x", (2,))
    given[0] = 9
    assert kept.tolist() == [1.0, 2.0]
    assert not kept.flags.writeable


def test_equality_is_of_type_and_every_field():
    assert AffineMap([[1.0]], [2.0]) == AffineMap([[1]], [2])
    assert AffineMap([[1.0]], [2.0]) != AffineMap([[1.0]], [2.0 + 1e-15])
    assert AffineMap([[1.0]], [2.0]) != Box([1.0], [2.0])


def test_rows():
    rows, single = input_rows([1, 2], 2)
    assert rows.dtype == np.float64 and single
    with pytest.raises(ShapeError, match=r"shape \(2, 2, 1\)"):
        input_rows([[[1], [2]], [[1], [2]]], 2)
    with pytest.raises(InvalidValueError, match=r"inf at index \(1, 0\)"):
        input_rows([[1.0], [np.inf]], 1)
    with pytest.raises(InvalidValueError, match="must hold numbers"):
        input_rows([["a"]], 1)


def test_only_rationals_stay_objects():
    """Tables with columns of several types arrive as arrays of objects, and may hold anything."""
    kept = frozen_array([Fraction(1, 3), Fraction(2)], "x", (2,))
    assert kept.tolist() == [Fraction(1, 3), 2] and kept.dtype == object
    mixed = frozen_array(np.array([1, 2.5, True], dtype=object), "x", (3,))
    assert mixed.dtype == np.float64 and mixed.tolist() == [1.0, 2.5, 1.0]
    with pytest.raises(InvalidValueError, match=r"x holds nan at index \(1,\)"):
        frozen_array(np.array([1, None], dtype=object), "x", (2,))
    with pytest.raises(InvalidValueError, match="x must hold numbers, but .*'red'"):
        frozen_array(np.array([1, "red"], dtype=object), "x", (2,))


@pytest.mark.parametrize(
    ("weights", "error", "message"),
    [
        ([1, 2, 3], ShapeError, r"sample_weight has shape \(3,\), but must have \(2,\)"),
        ([[1], [2]], ShapeError, r"sample_weight has shape \(2, 1\)"),
        ([1, -2], InvalidValueError, "sample_weight is -2.0 in row 1"),
        ([np.nan, 1], InvalidValueError, "sample_weight is nan in row 0"),
        ([0, 0], InvalidValueError, "sample_weight is zero in every row"),
    ],
)
def test_weights_that_rows_cannot_have(weights, error, message):
    with pytest.raises(error, match=message):
        checked_weights(weights, 2)
