from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.domains.box import Box
from prelu_rules.domains.polytope import Polytope
from prelu_rules.errors import ShapeError
from prelu_rules.geometry import framing as framings
from prelu_rules.geometry.framing import Framing
from prelu_rules.values import exact_array


def test_a_function_is_the_same_in_the_frame_but_for_its_length():
    rng = np.random.default_rng(0)
    unit = Box(np.zeros(3), np.ones(3))
    for domain in (Box([1.0, -2.0, 3.0], [4.0, 5.0, 3.0]), Polytope(unit, np.ones((1, 3)), [1.0], [True])):
        framing, row = Framing(domain, 3), rng.normal(size=4)
        framed, frame = framing.of(row), framing.frame
        for t in rng.uniform(-1, 1, (5, frame.n_coordinates)):
            value = row[:-1] @ (frame.centre + frame.basis @ t) + row[-1]
            assert framed.length * (framed.row[:-1] @ t + framed.row[-1]) == pytest.approx(value)


@given(st.integers(0, 10_000))
def test_the_error_bounds_what_rounding_does_to_values(seed):
    rng = np.random.default_rng(seed)
    centre, row = 10 ** rng.uniform(-3, 3, 3) * rng.normal(size=3), rng.normal(size=4)
    framing = Framing(Box(centre - 1e-3, centre + 1e-3), 3)
    framed, t = framing.of(row), rng.uniform(-1, 1, 3)
    frame, exact = framing.frame, exact_array(row)
    inputs = exact_array(frame.centre) + exact_array(frame.basis) @ exact_array(t)
    value = (exact[:-1] @ inputs + exact[-1]) / Fraction(framed.length)
    said = exact_array(framed.row)
    assert abs(said[:-1] @ exact_array(t) + said[-1] - value) <= framed.error


def test_it_is_shared_and_functions_are_kept():
    box, row = Box([0.0], [1.0]), np.array([1.0, -0.5])
    assert Framing.shared(box, 1) is Framing.shared(box, 1)
    assert Framing.shared(None, 1) is not Framing.shared(None, 1)
    assert Framing.shared(box, 1).of(row) is Framing.shared(box, 1).of(row.copy())
    with pytest.raises(ShapeError):
        Framing.shared(box, 2)


def test_gradients_too_short_for_floats_have_no_length():
    framing = Framing(Box([0.0], [1.0]), 1)
    assert framing.of(np.array([framings.LEAST_LENGTH / 10, 1.0])).length == 0


def test_multiples_of_halfspaces_are_proofs():
    framing = Framing(Box([0.0, 0.0], [1.0, 1.0]), 2)
    asked, cut = framing.of(np.array([1.0, 0.0, -0.5])), framing.of(np.array([-1.0, -1.0, 0.4]))
    rows, errors = cut.row[None], np.array([cut.error])

    def cannot(by, multiplier, function=asked):
        return framing.cannot(function, by, np.array([multiplier]), rows, errors)

    assert not cannot(0.0, 0.0) and cannot(0.6, 0.0)
    # `x - 0.5 + (0.4 - x - y) = -0.1 - y` is below 0; the lengths in the frame are 0.5 and 0.5 times the root of 2.
    assert cannot(0.0, np.sqrt(2)) and not cannot(0.0, 0.2)
    assert not Framing(None, 2).cannot(asked, 0.0, np.zeros(1), rows, errors)
