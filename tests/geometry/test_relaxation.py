import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.geometry.relaxation import TANGENTS, line_above, line_below

slopes = st.floats(-2, 3)


@given(slopes, slopes, st.floats(-5, 5), st.floats(0, 5), st.sampled_from(TANGENTS))
def test_lines_are_above_and_below_everywhere(negative, positive, lower, width, tangent):
    ends = np.array([lower]), np.array([lower + width])
    w = np.linspace(lower, lower + width, 101)
    f = np.where(w >= 0, positive * w, negative * w)
    slope, offset = line_above([negative], [positive], *ends, tangent)
    assert (slope * w + offset >= f - 1e-12).all()
    slope, offset = line_below([negative], [positive], *ends, tangent)
    assert (slope * w + offset <= f + 1e-12).all()


@pytest.mark.parametrize("tangent", TANGENTS)
def test_ranges_of_one_sign_are_exact(tangent):
    ends = np.array([1.0, -2.0, 0.0]), np.array([2.0, 0.0, 0.0])
    for line in (line_above, line_below):
        slope, offset = line([0.25] * 3, [1.0] * 3, *ends, tangent)
        assert slope.tolist() == [1.0, 0.25, 1.0]
        assert not offset.any()


def test_tangents_are_what_they_are_called():
    ends = np.array([-1.0]), np.array([3.0])
    found = [line_below([0.0], [1.0], *ends, tangent)[0][0] for tangent in TANGENTS]
    assert found == [1.0, 0.75, 1.0]
    assert [line_below([0.0], [1.0], -ends[1], -ends[0], tangent)[0][0] for tangent in TANGENTS] == [0.0, 0.25, 1.0]
