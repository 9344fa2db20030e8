"""The paper's figure 1: a network with weights as coloured lines and PReLUs as boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from prelu_rules.network.normal_form import NormalForm
from prelu_rules.network.slopes import is_linear
from prelu_rules.plotting.shown import one_of
from prelu_rules.rules.names import default_names
from prelu_rules.tolerances import LINEAR_SLOPE
from prelu_rules.values import FloatArray

POSITIVE, NEGATIVE = "#c0392b", "#2469b3"
LINEAR, NONLINEAR = "#2e8b57", "#c0392b"
BOX_WIDTH, BOX_HEIGHT = 0.62, 0.34
"""In units of the distance between two units of the widest layer, and between two layers."""

NAME_LENGTH = 8
"""Names with up to this many letters are written side by side; longer ones are slanted."""


def plot_network(
    kernels: Sequence[npt.ArrayLike],
    biases: Sequence[npt.ArrayLike],
    slopes: Sequence[npt.ArrayLike],
    *,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    threshold: float = LINEAR_SLOPE,
    ax: Axes | None = None,
) -> Axes:
    """Draw a feed-forward network, inputs on top (paper, figure 1).

    Red lines are positive weights and blue lines negative ones; stronger lines are larger weights. The lines from the
    right are the biases. Each PReLU is a box, green if it is linear and red if not, with its function drawn inside.

    Args:
        kernels: Keras-shaped `(n_in, n_out)`, one more than there are slope vectors.
        biases: `(n_out,)` each, as many as kernels.
        slopes: `(n_out,)` each, for every layer except the last.
        input_names: `in1`, `in2`, ... by default.
        output_names: `out1`, `out2`, ... by default.
        threshold: a slope above this counts as linear.
        ax: the axes to draw on; by default those of a new figure, `result.figure`.

    Returns:
        The axes.

    Raises:
        ShapeError: if the layers or the names do not fit together.
        InvalidValueError: if a weight is NaN or infinite, the threshold is not in [0, 1), or `ax` is not axes.

    Example:
        >>> axes = plot_network([[[1.0, -1.0]], [[1.0], [1.0]]], [[0, 0], [0]], [[0.5, 1.0]])
        >>> len([box for box in axes.patches if isinstance(box, Rectangle)])
        2
    """
    NormalForm.from_layers(kernels, biases, slopes)
    weights = [np.asarray(kernel, dtype=np.float64) for kernel in kernels]
    constants = [np.asarray(bias, dtype=np.float64) for bias in biases]
    widths = [weights[0].shape[0], *(kernel.shape[1] for kernel in weights)]
    layout = _Layout(max(widths), len(widths))
    names = (default_names(input_names, "in", widths[0]), default_names(output_names, "out", widths[-1]))
    size = min(max(5.0, 1.1 * layout.widest + 2), 24.0)
    ax = one_of(ax, size, max(1.25, size / 8) * layout.n_rows + 0.6)
    largest = max(float(np.abs(values).max(initial=0)) for values in [*weights, *constants]) or 1.0
    for row, (kernel, constant) in enumerate(zip(weights, constants, strict=True)):
        starts = layout.places(row, widths[row]) - [0, BOX_HEIGHT / 2 if row else 0.08]
        ends = layout.places(row + 1, widths[row + 1])
        ends[:, 1] += BOX_HEIGHT / 2 if row < len(weights) - 1 else 0.12
        _draw_weights(ax, starts, ends, kernel, largest)
        _draw_weights(ax, layout.constant(row)[None], ends, constant[None], largest)
        x, y = layout.constant(row)
        ax.plot(x, y, marker="o", color="0.4", markersize=4)
        ax.annotate("1", (x, y), xytext=(6, 0), textcoords="offset points", va="center", color="0.4")
    for row, values in enumerate(slopes, start=1):
        for place, slope in zip(layout.places(row, widths[row]), np.asarray(values, dtype=np.float64), strict=True):
            _draw_prelu(ax, place, float(slope), bool(is_linear(slope, threshold)))
    for row, row_names, align in ((0, names[0], "bottom"), (len(weights), names[1], "top")):
        crowded = len(row_names) > 1 and max(map(len, row_names)) > NAME_LENGTH
        for (x, y), name in zip(layout.places(row, widths[row]), row_names, strict=True):
            side = ("left" if align == "bottom" else "right") if crowded else "center"
            ax.text(x, y, name, ha=side, va=align, rotation=45 * crowded, rotation_mode="anchor")
    # Crowded output names hang down to where the legend would be.
    _finish(ax, layout, below=0.25 if crowded else 0.0)
    return ax


@dataclass(frozen=True)
class _Layout:
    """The positions of units: one row per layer, a distance of one unit in the widest layer, all centred."""

    widest: int
    n_rows: int

    def places(self, row: int, width: int) -> FloatArray:
        """`(width, 2)`, the centres of a layer's units; narrow layers are spread a little more."""
        gap = (self.widest / width) ** 0.5 if width < self.widest else 1.0
        x = (np.arange(width) - (width - 1) / 2) * gap + (self.widest - 1) / 2
        return np.column_stack([x, np.full(width, -float(row))])

    def constant(self, row: int) -> FloatArray:
        """`(2,)`, the position of a layer's constant 1."""
        return np.array([self.widest + 0.1, -float(row)])


def _draw_weights(ax: Axes, starts: FloatArray, ends: FloatArray, weights: FloatArray, largest: float) -> None:
    lines = np.stack(np.broadcast_arrays(starts[:, None], ends[None, :]), axis=2).reshape(-1, 2, 2)
    flat = weights.reshape(-1)
    strength = np.abs(flat) / largest
    # The strongest line last, so that no weak line covers it.
    order = np.argsort(strength)
    colours = [POSITIVE if weight > 0 else NEGATIVE for weight in flat[order]]
    ax.add_collection(
        LineCollection(
            list(lines[order]),
            colors=colours,
            linewidths=0.4 + 2.6 * strength[order],
            alpha=np.clip(0.06 + 0.94 * strength[order], 0, 1),
            zorder=1,
        )
    )


def _draw_prelu(ax: Axes, place: FloatArray, slope: float, linear: bool) -> None:
    colour = LINEAR if linear else NONLINEAR
    corner = place - [BOX_WIDTH / 2, BOX_HEIGHT / 2]
    ax.add_patch(
        Rectangle(
            (corner[0], corner[1]), BOX_WIDTH, BOX_HEIGHT, facecolor="white", edgecolor=colour, linewidth=1.8, zorder=3
        )
    )
    # z from -1 to 1 fills the box; a slope outside [-1, 1] is cut off at its edge.
    reach = 1 / max(1.0, abs(slope))
    z = np.array([-reach, 0.0, 1.0])
    curve = place + 0.42 * np.column_stack([z * BOX_WIDTH, np.where(z < 0, slope * z, z) * BOX_HEIGHT])
    ax.plot(curve[:, 0], curve[:, 1], color=colour, linewidth=1.6, zorder=4, solid_capstyle="round")
    ax.plot(*place, marker=".", color=colour, markersize=3, zorder=5)
    if not linear:
        ax.text(
            place[0] + BOX_WIDTH * 0.46,
            place[1] - BOX_HEIGHT * 0.44,
            f"{slope:.2f}",
            fontsize=6.5,
            color=colour,
            ha="right",
            va="bottom",
            zorder=5,
        )


def _finish(ax: Axes, layout: _Layout, below: float) -> None:
    ax.set_xlim(-0.8, layout.widest + 0.7)
    ax.set_ylim(-layout.n_rows + 0.45, 0.45)
    ax.set_axis_off()
    ax.legend(
        handles=[
            Line2D([], [], color=POSITIVE, linewidth=2, label="positive weight"),
            Line2D([], [], color=NEGATIVE, linewidth=2, label="negative weight"),
            Patch(facecolor="white", edgecolor=LINEAR, linewidth=1.8, label="linear PReLU"),
            Patch(facecolor="white", edgecolor=NONLINEAR, linewidth=1.8, label="nonlinear PReLU"),
        ],
        loc="upper center",
        bbox_to_anchor=(0.5, -below),
        ncols=4,
        frameon=False,
        fontsize=8,
    )
