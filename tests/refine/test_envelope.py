import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prelu_rules.refine.envelope import lower


def envelope(parabolas, room):
    ends, pieces, origins = np.zeros(room), np.zeros((room, 3)), np.zeros((room, 2), dtype=np.intp)
    scratch = (
        np.zeros(3 * room),
        np.zeros((3 * room, 3)),
        np.zeros((3 * room, 2), dtype=np.intp),
        np.zeros(3 * room, dtype=bool),
    )
    n = 0
    for i, parabola in enumerate(parabolas):
        n = lower(n, ends, pieces, origins, tuple(map(float, parabola)), (i, -i), 0.0, scratch)
        if n < 0:
            return None
    return ends[:n], pieces[:n], origins[:n]


# Few different coefficients, so that parabolas touch, coincide, and differ by straight lines.
coefficients = st.tuples(st.integers(1, 3), st.integers(-3, 3), st.integers(-3, 3))


@settings(deadline=None)
@given(st.lists(coefficients, min_size=1, max_size=12))
def test_it_is_the_smallest_everywhere(parabolas):
    ends, pieces, origins = envelope(parabolas, 64)
    assert ends[-1] == np.inf and (np.diff(ends) > 0).all()
    v = np.linspace(-40, 40, 1601)
    all_values = np.array([a * v * v + b * v + c for a, b, c in parabolas])
    where = np.searchsorted(ends, v)
    values = (pieces[where] * np.column_stack([v * v, v, np.ones_like(v)])).sum(axis=1)
    np.testing.assert_allclose(values, all_values.min(axis=0), atol=1e-9)
    for piece, (i, j) in zip(pieces, origins, strict=True):
        assert tuple(piece) == parabolas[i] and j == -i
    # Two neighbours are never of one origin.
    assert (np.diff(origins[:, 0]) != 0).all()


def test_without_room_it_says_so():
    assert envelope([(1, 0, 0), (0, 0, 4)], 2) is None
    assert len(envelope([(1, 0, 0), (0, 0, 4)], 3)[0]) == 3


def test_what_is_hardly_lower_is_not_lower():
    ends, pieces, origins = np.zeros(4), np.zeros((4, 3)), np.zeros((4, 2), dtype=np.intp)
    scratch = np.zeros(12), np.zeros((12, 3)), np.zeros((12, 2), dtype=np.intp), np.zeros(12, dtype=bool)
    lower(0, ends, pieces, origins, (1.0, 0.0, 1.0), (0, 0), 0.0, scratch)
    lower(1, ends, pieces, origins, (1.0, 0.0, 0.9), (1, 1), 0.2, scratch)
    assert origins[0].tolist() == [0, 0]
    lower(1, ends, pieces, origins, (1.0, 0.0, 0.9), (1, 1), 0.05, scratch)
    assert origins[0].tolist() == [1, 1] and pieces[0] == pytest.approx([1, 0, 0.9])
