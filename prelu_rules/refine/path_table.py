"""A path of networks as a notebook shows it: a table with a row for each size, the chosen one marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prelu_rules.markup import Html, joined, table, tag
from prelu_rules.refine.choice import compared

if TYPE_CHECKING:
    from prelu_rules.refine.path import RulePath

HEADER = ("units", "rules", "numbers", "training score", "validation score", "validation loss", "")


def path_table(path: RulePath) -> Html:
    """The networks of a path, one per size.

    Args:
        path: the path.

    Returns:
        A table; where none was taken from the path, the one that it would choose is marked.
    """
    chosen = path.chosen or path.choose()
    points = path.with_point(chosen)
    losses = compared({point.n_nonlinear: point.validation_losses for point in points}, path.validation_weights)
    rows = [
        (
            point.n_nonlinear,
            point.n_rules,
            point.n_numbers,
            f"{point.train_score:.3f}",
            f"{point.validation_score:.3f}",
            f"{loss.loss:.3g} ± {loss.standard_error:.2g}",
            "chosen" if point is chosen else "",
        )
        for point, loss in zip(points, losses.values(), strict=True)
    ]
    note = "The loss is that of the validation rows, ± the standard error of its difference from the smallest."
    numbers, marked = range(len(HEADER) - 1), [chosen.n_nonlinear]
    return joined([table(HEADER, rows, numbers=numbers, marked=marked, called="sizes"), tag("p", note, style="aside")])
