import numpy as np
import pytest

from prelu_rules.domains.box import Box
from prelu_rules.errors import InvalidValueError, ShapeError


def test_a_box_of_data_holds_just_the_data():
    x = np.random.default_rng(0).normal(size=(50, 3))
    box = Box.from_data(x)
    assert box.contains(x).all()
    assert not box.contains(np.add(box.upper, [0, 0, 1e-9])).any()


def test_a_margin_is_a_share_of_each_range():
    assert Box.from_data([[0, 7, 10], [1, 7, 30]], margin=0.5) == Box([-0.5, 7, 0], [1.5, 7, 40])
    for margin in (-0.1, np.nan, np.inf):
        with pytest.raises(InvalidValueError, match=f"margin is {margin}"):
            Box.from_data([[0.0]], margin=margin)


@pytest.mark.parametrize(
    ("bounds", "error", "message"),
    [
        (([0, 2], [1, 1]), InvalidValueError, "input 1 has lower bound 2.0 above its upper bound 1.0"),
        (([0], [np.inf]), InvalidValueError, "upper holds inf"),
        (([0], [1, 2]), ShapeError, "upper has shape"),
    ],
)
def test_bad_bounds_are_named(bounds, error, message):
    with pytest.raises(error, match=message):
        Box(*bounds)


def test_no_rows_make_no_box():
    with pytest.raises(InvalidValueError, match="0 rows"):
        Box.from_data(np.empty((0, 2)))
