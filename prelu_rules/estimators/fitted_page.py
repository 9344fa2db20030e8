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
    columns = len(fitted.rules.columns)
    head = f"{fitted.n_rows} rows, {columns} column{'' if columns == 1 else 's'}, {fitted.task} of "
    reason = "the best within the limits" if fitted.limited else "the smallest that is not clearly worse than the best"
    return page(
        tag("p", tag("b", joined([head, name(fitted.target)])), style="line"),
        Html(fitted.rules.export("html")),
        folded(f"Networks to choose from; {reason} was chosen", path_table(fitted.path)),
        tag("p", f"Scores on {fitted.n_test} held-out rows", style="heading"),
        _scores(fitted),
    )


def _scores(fitted: FittedRules) -> Html:
    """The scores of the rules, and of the network before the force."""
    header = ["", *fitted.scores, "nonlinear units", "rules"]
    rows: list[list[object]] = [
        ["rules", *map(score_text, fitted.scores.values()), fitted.chosen.n_nonlinear, len(fitted.rules)],
        ["network before the force", *map(score_text, fitted.full_scores.values()), fitted.full_nonlinear, ""],
    ]
    return table(header, rows, numbers=range(1, len(header)))


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
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.4g}"
