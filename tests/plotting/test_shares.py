import matplotlib.pyplot as plt
import pytest
from matplotlib.collections import LineCollection

from prelu_rules.errors import ShapeError
from prelu_rules.plotting.shares import plot_shares

SHARES = {"failed": [0.9, 0.0, 0.5], "worked": [0.1, 1.0, 0.5]}
INTERVALS = [(0.7, 0.99), (0.0, 0.2), (0.3, 0.7)]


def test_bars_end_to_end_and_the_interval_of_the_first_outcome():
    axes = plot_shares(["a", "b", "c"], SHARES, INTERVALS)
    bars = [(bar.get_x(), bar.get_width(), round(bar.get_y() + bar.get_height() / 2)) for bar in axes.patches]
    expected = [(0, 0.9, 0), (0, 0, 1), (0, 0.5, 2), (0.9, 0.1, 0), (0, 1, 1), (0.5, 0.5, 2)]
    assert bars == [pytest.approx(bar) for bar in expected]
    (whiskers,) = [part for part in axes.collections if isinstance(part, LineCollection)]
    ends = [(*segment[:, 0].tolist(), *segment[:, 1].tolist()) for segment in whiskers.get_segments()]
    assert ends == [pytest.approx((low, high, row, row)) for row, (low, high) in enumerate(INTERVALS)]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b", "c"]
    assert axes.yaxis_inverted(), "the first name is not at the top"
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["failed", "worked"]
    assert plt.get_fignums() == []


def test_bad_use_is_named():
    with pytest.raises(ShapeError, match="'worked' has 3 entries for 2 names"):
        plot_shares(["a", "b"], {"failed": [1, 0], "worked": [0, 1, 0]}, INTERVALS[:2])
    with pytest.raises(ShapeError, match="'intervals' has 3 entries"):
        plot_shares(["a", "b"], {"failed": [1, 0]}, INTERVALS)
    with pytest.raises(ShapeError, match="5 outcomes; give at most 4"):
        plot_shares(["a"], {name: [0.2] for name in "abcde"}, INTERVALS[:1])
