import numpy as np
import pytest
from intervals import Interval, interval
from scipy import stats


def test_agrees_with_scipy():
    values = np.random.default_rng(0).normal(size=10)
    found = stats.ttest_1samp(values, 0.0).confidence_interval(0.9)
    assert (interval(values, level=0.9).low, interval(values, level=0.9).high) == pytest.approx(tuple(found))


def test_covers_the_mean_as_often_as_it_says():
    rng = np.random.default_rng(1)
    found = [interval(values) for values in rng.normal(3.0, 2.0, size=(500, 5))]
    assert np.mean([one.low <= 3.0 <= one.high for one in found]) == pytest.approx(0.95, abs=0.03)


def test_values_that_share_rows_say_less():
    values = [1.0, 2.0, 4.0, 3.0, 2.5]
    # 1/5 + 1/4 in the place of 1/5 (Nadeau and Bengio 2003, with a quarter as many test rows as training rows).
    assert interval(values, overlap=1 / 4).reach == pytest.approx(interval(values).reach * np.sqrt(0.45 / 0.2))


@pytest.mark.parametrize(("mean", "reach", "sign"), [(2, 1, 1), (-2, 1, -1), (1, 2, 0), (1, 1, 0), (0, 0, 0)])
def test_sign(mean, reach, sign):
    assert Interval(mean, reach).sign == sign
