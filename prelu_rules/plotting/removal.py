"""Score against the share of nonlinearities that were removed."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter


def plot_removal(
    removed: Sequence[float],
    train: Sequence[float],
    validation: Sequence[float],
    chosen: tuple[float, float] | None = None,
    score: str = "score",
) -> Axes:
    """Draw scores as more and more nonlinearities are removed.

    Args:
        removed: shares from 0 to 1.
        train: the scores on the training rows.
        validation: the scores on the validation rows.
        chosen: the share and validation score of the one to mark.
        score: the name of the score.

    Returns:
        The axes; `axes.figure` is the figure.

    Example:
        >>> plot_removal([0, 0.5, 1], [1, 1, 0.9], [0.9, 0.9, 0.8], chosen=(0.5, 0.9)).get_xlabel()
        'PReLUs removed'
    """
    axes: Axes = Figure(figsize=(5, 3.2), layout="constrained").subplots()
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
