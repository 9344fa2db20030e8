"""A rule that is shown alone, without the system that knows its columns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from prelu_rules.network.affine import AffineMap
from prelu_rules.rules.names import default_names
from prelu_rules.rules.presentation.presentation import Presentation
from prelu_rules.rules.presentation.presented import presented
from prelu_rules.rules.rule import Rule
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.values import FloatArray

DIGITS = 4
"""Significant digits of a rule alone, of which nobody knows how large its columns are."""

NOTE = f"alone a rule does not know its columns; its numbers are rounded to {DIGITS} digits"


def presented_alone(rule: Rule) -> Presentation:
    """A rule as a person reads it.

    Args:
        rule: the rule.

    Returns:
        A presentation of this rule with columns `in1`, `in2`, ..., outputs `out1`, `out2`, ..., classes 0, 1, ...,
        and rounded numbers.

    Example:
        >>> from prelu_rules.network.affine import AffineMap
        >>> presented_alone(Rule((), AffineMap([[2.0]], [1.0]))).rules[0].outputs[0].total.constant
        1.0
    """
    n_outputs, n_inputs = rule.outputs.coef.shape
    n_classes = max(2, n_outputs) if rule.decision is not None or rule.class_counts is not None else 0
    classes = tuple(range(n_classes)) if n_classes else None
    names = default_names(None, "in", n_inputs), default_names(None, "out", n_outputs)
    found = presented(RuleSystem((_short(rule),), *names, classes=classes))
    relative = any(output.relative for output in found.rules[0].outputs)
    # Nothing is known of the rows of other rules; the formula of a rule is the rule.
    return replace(found, n_rows=None, formula=found.formula if relative else None)


def _short(rule: Rule) -> Rule:
    """The rule with numbers of few digits."""
    conditions = [c.normalised() for c in rule.conditions]
    return replace(
        rule,
        conditions=tuple(replace(c, coef=_rounded(c.coef), intercept=float(_rounded(c.intercept))) for c in conditions),
        outputs=AffineMap(_rounded(rule.outputs.coef), _rounded(rule.outputs.intercept)),
    )


def _rounded(values: npt.ArrayLike) -> FloatArray:
    """Numbers of `DIGITS` significant digits."""
    return np.vectorize(lambda value: float(f"{float(value):.{DIGITS}g}"), otypes=[np.float64])(values)
