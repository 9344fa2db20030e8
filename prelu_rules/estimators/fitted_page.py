"""A fitted result as a notebook shows it: what it is, the rules, the path and the scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prelu_rules.markup import Html, folded, joined, name, page, table, tag
from prelu_rules.refine.path_table import path_table

if TYPE_CHECKING:
    from prelu_rules.estimators.fitted_rules import FittedRules


def fitted_page(fitted: FittedRules) -> Html:
    """A fitted result.

    Args:
        fitted: the result.

    Returns:
        A part of a page.
    """
    rows, columns = counted(fitted.n_rows, "row"), counted(len(fitted.rules.columns), "column")
    parts = f"{fitted.n_rows - fitted.n_test} to learn from and {fitted.n_test} held out"
    head = [f"{fitted.task.capitalize()} of ", name(fitted.target), f" by {columns}: {rows}, {parts}"]
    reason = "the best within the limits" if fitted.limited else "the smallest that is not clearly worse than the best"
    held_out = f"On the {counted(fitted.n_test, 'row')} that {'was' if fitted.n_test == 1 else 'were'} held out"
    return page(
        tag("p", tag("b", joined(head)), style="line"),
        Html(fitted.rules.export("html")),
        folded(f"Networks by their nonlinear units, on validation rows; chosen is {reason}", path_table(fitted.path)),
        tag("p", held_out, style="heading"),
        _scores(fitted),
    )


def _scores(fitted: FittedRules) -> Html:
    """The scores of the rules, and of the network before the force if one was trained."""
    header = ["", *fitted.scores, "nonlinear units", "rules"]
    rows: list[list[object]] = [
        ["these rules", *map(score_text, fitted.scores.values()), fitted.chosen.n_nonlinear, len(fitted.rules)],
    ]
    if fitted.full_scores is not None:
        full = map(score_text, fitted.full_scores.values())
        rows.append(["network that was not made simpler", *full, fitted.full_nonlinear, ""])
    return table(header, rows, numbers=range(1, len(header)))


def counted(number: int, thing: str) -> str:
    """A number of things.

    Args:
        number: how many.
        thing: what one is called.

    Returns:
        Its text.

    Example:
        >>> counted(1, "row"), counted(2, "row")
        ('1 row', '2 rows')
    """
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def score_text(value: float) -> str:
    """A score in three decimals, or of numbers in the target's units in as many significant digits.

    Args:
        value: the score.

    Returns:
        Its text.

    Example:
        >>> score_text(0.98765), score_text(1234.5)
        ('0.988', '1234')
    """
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.0f}" if 1e3 <= abs(value) < 1e9 else f"{value:.4g}"
