"""Score against the share of nonlinearities that were removed."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from prelu_rules.plotting.shown import one_of


def plot_removal(
    removed: Sequence[float],
    train: Sequence[float],
    validation: Sequence[float],
    chosen: tuple[float, float] | None = None,
    score: str = "score",
    ax: Axes | None = None,
) -> Axes:
    """Draw scores as more and more nonlinearities are removed.

    Args:
        removed: shares from 0 to 1.
        train: the scores on the training rows.
        validation: the scores on the validation rows.
        chosen: the share and validation score of the one to mark.
        score: its name.
        ax: where to draw; a new figure by default.

    Returns:
        The axes; `axes.figure` is the figure.

    Raises:
        InvalidValueError: if `ax` is something else.

    Example:
        >>> plot_removal([0, 0.5, 1], [1, 1, 0.9], [0.9, 0.9, 0.8], chosen=(0.5, 0.9)).get_xlabel()
        'PReLUs removed'
    """
    axes = one_of(ax, 5, 3.2)
    axes.plot(removed, train, "o-", color="#999999", label="training rows")
    axes.plot(removed, validation, "o-", color="#1f77b4", label="validation rows")
    if chosen is not None:
        share, value = chosen
        axes.plot([share], [value], "o", markersize=13, markerfacecolor="none", color="#d62728", label="chosen")
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.set_xlabel("PReLUs removed")
    axes.set_ylabel(score)
    axes.grid(alpha=0.3)
    axes.legend(loc="lower left", frameon=False)
    return axes
