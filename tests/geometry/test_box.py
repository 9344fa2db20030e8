import numpy as np
import pytest

from prelu_rules.errors import InvalidValueError, ShapeError
from prelu_rules.geometry.box import Box


def test_a_box_of_data_holds_just_the_data():
    x = np.random.default_rng(0).normal(size=(50, 3))
    box = Box.from_data(x)
    assert box.contains(x).all()
    assert not box.contains(np.add(box.upper, [0, 0, 1e-9])).any()


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
