import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.domains.box import Box
from prelu_rules.domains.domain import frame_of
from prelu_rules.domains.polytope import Polytope
from prelu_rules.errors import InvalidValueError, ShapeError

SQUARE = Box([0, 0], [1, 1])


def points_of(frame, rng, n_points=500):
    """Points of a frame by rejection."""
    t = rng.uniform(-frame.bound, frame.bound, (n_points, frame.n_coordinates))
    t = t[(t @ frame.rows[:, :-1].T + frame.rows[:, -1] >= 0).all(axis=1)]
    return t @ frame.basis.T + frame.centre


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(1, 3))
def test_a_frame_is_its_domain(seed, dimension, n_constraints):
    rng = np.random.default_rng(seed)
    lower = rng.uniform(-5, 5, dimension)
    box = Box(lower, lower + rng.choice([0, 0.1, 10], dimension))
    inside = (box.lower + box.upper) / 2
    coef, equal = rng.normal(size=(n_constraints, dimension)), rng.random(n_constraints) < 0.3
    limit = coef @ inside + np.where(equal, 0, rng.uniform(0.01, 1, n_constraints))
    domain = Polytope(box, coef, limit, equal)
    frame = frame_of(domain, dimension)
    moving = int((box.upper > box.lower).sum())
    assert frame.n_coordinates == max(0, moving - equal.sum())
    points = points_of(frame, rng)
    wide = Polytope(Box(box.lower - 1e-9, box.upper + 1e-9), coef, limit + np.where(equal, 0, 1e-9), equal)
    assert wide.contains(points).all()
    # And every point of the domain is one of the frame.
    found = box.lower + rng.random((500, dimension)) * (box.upper - box.lower)
    found = found[domain.contains(found)]
    t = np.linalg.lstsq(frame.basis, (found - frame.centre).T)[0].T
    np.testing.assert_allclose(t @ frame.basis.T + frame.centre, found, atol=1e-9)
    assert (np.abs(t) <= frame.bound + 1e-9).all()
    assert (t @ frame.rows[:, :-1].T + frame.rows[:, -1] >= -1e-9).all()


def test_inequalities_that_are_equations_cost_a_dimension():
    assert frame_of(Polytope(SQUARE, [[1, 1], [-1, -1]], [1, -1]), 2).n_coordinates == 1
    assert frame_of(Polytope(SQUARE, [[1, 1]], [0]), 2).n_coordinates == 0
    np.testing.assert_allclose(frame_of(Polytope(SQUARE, [[1, 1]], [2], [True]), 2).centre, [1, 1])


@pytest.mark.parametrize(
    ("coef", "limit", "equal", "message"),
    [
        ([[1, 1]], [-1], [False], "satisfies the constraints"),
        ([[1, 1]], [3], [True], "satisfies the constraints"),
        ([[1, 0], [1, 0]], [0, 1], [True, True], "satisfies the equations"),
        ([[0, 0]], [-1], [False], "satisfies the constraints"),
    ],
)
def test_empty_domains_are_refused(coef, limit, equal, message):
    with pytest.raises(InvalidValueError, match=message):
        frame_of(Polytope(SQUARE, coef, limit, equal), 2)


def test_one_hot_columns_sum_to_one():
    domain = Polytope.one_hot(Box([0, 0, 0, -5], [1, 1, 1, 5]), [[0, 2]])
    np.testing.assert_array_equal(
        domain.contains([[1, 0.5, 0, 2], [0, 0, 0.9, 2], [0.3, 0, 0.7, 9]]), [True, False, False]
    )
    for groups, message in (
        ([[0, 4]], "column 4 is not one of the 4"),
        ([[0, 1], [1, 2]], "column 1 is in the groups twice"),
    ):
        with pytest.raises(InvalidValueError, match=message):
            Polytope.one_hot(Box([0] * 4, [1] * 4), groups)


def test_bad_shapes_are_named():
    with pytest.raises(ShapeError, match="limit has shape"):
        Polytope(SQUARE, [[1, 1]], [1, 2])
    with pytest.raises(InvalidValueError, match="coef holds nan"):
        Polytope(SQUARE, [[1, np.nan]], [1])
    with pytest.raises(InvalidValueError, match="the domain is of type ndarray; give a Box, such as Box.from_data"):
        frame_of(np.zeros((3, 2)), 2)
    with pytest.raises(ShapeError, match="the domain has 2 dimensions, but the network has 3 inputs"):
        frame_of(SQUARE, 3)
