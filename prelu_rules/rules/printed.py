"""Honest rounding: the fewest digits with which the printed rules still give the answers of the rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import numpy as np
import numpy.typing as npt

from prelu_rules.errors import InvalidValueError, RoundingError
from prelu_rules.network.affine import AffineMap
from prelu_rules.network.compact import CompactForm
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.network.precision import Precision, rounded
from prelu_rules.rules.presentation.agreement import Agreement
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.tolerances import CANCELLED, PRINTED_OUTPUT, ROUND_OFF
from prelu_rules.values import Array, FloatArray

FEWEST_DIGITS, MOST_DIGITS = 2, 17


def printed_condition(condition: Condition, precision: Precision) -> Condition:
    """A condition as it reads once it has been printed: normalised and rounded.

    Args:
        condition: the condition.
        precision: how it is printed.

    Returns:
        The condition with exactly the numbers of the printed text.

    Example:
        >>> printed_condition(Condition([3.0, 1.0], 2.0, nonnegative=True), Precision(2, [1.0, 1.0], [1.0])).coef
        array([1.  , 0.33])
    """
    normal = condition.normalised()
    weights, constant = precision.condition_places(normal.coef)
    return replace(normal, coef=_rounded_row(normal.coef, weights), intercept=rounded(normal.intercept, constant))


def printed_rule(rule: Rule, precision: Precision) -> Rule:
    """A rule as it reads once it has been printed.

    Args:
        rule: the rule.
        precision: how it is printed.

    Returns:
        The rule with exactly the numbers of the printed text.

    Example:
        >>> printed_rule(Rule((), AffineMap([[1 / 3]], [2 / 3])), Precision(2, [1.0], [1.0])).outputs
        AffineMap(coef=array([[0.33]]), intercept=array([0.67]))
    """
    places = [precision.output_places(k) for k in range(len(rule.outputs.coef))]
    outputs = AffineMap(
        np.array([_rounded_row(row, weights) for row, (weights, _) in zip(rule.outputs.coef, places, strict=True)]),
        np.array([rounded(v, constant) for v, (_, constant) in zip(rule.outputs.intercept, places, strict=True)]),
    )
    return replace(rule, conditions=tuple(printed_condition(c, precision) for c in rule.conditions), outputs=outputs)


def _rounded_row(row: Array, places: npt.NDArray[np.intp]) -> Array:
    return np.array([rounded(v, p) for v, p in zip(row.tolist(), places.tolist(), strict=True)])


def with_honest_precision(system: RuleSystem, x: npt.ArrayLike, tolerance: float = PRINTED_OUTPUT) -> RuleSystem:
    """The system, with the fewest digits that keep its printed text honest on given rows.

    Args:
        system: the rules.
        x: `(n_rows, n_inputs)`, the rows on which printed rules, printed compact form and rules must agree.
        tolerance: the largest difference allowed, as a share of the range of each output over the rows. An output that
            is constant up to rounding errors has no range: its share is that of the size of its terms. What rounding
            errors of these terms amount to is allowed as well.

    Returns:
        The system with its `precision` set, and in it the largest difference of its presentation. On every row each
        printed form gives the answer of the rules, up to the tolerance, under each printed rule that covers it, and one
        does; in the presentation exactly one does, if the row is of the domain. Decision rules name the same class.

    Raises:
        RoundingError: if all digits of float64 do not suffice; the tolerance is then too small to be met.
        InvalidValueError: if the tolerance is negative or NaN.
        ShapeError: if `x` has another number of columns.

    Example:
        >>> system = RuleSystem((Rule((), AffineMap([[1 / 3]], [0.0])),), ("x",), ("y",))
        >>> precision = with_honest_precision(system, [[0.0], [1.0]], tolerance=1e-4).precision
        >>> assert precision is not None
        >>> precision.digits
        4
    """
    y = system.unbounded.predict(x)
    size = _sizes_in_rules(system, np.asarray(x, dtype=np.float64))
    agreement = Agreement(system, np.asarray(x), y)

    def agrees(precision: Precision, y: Array, of_rules: Array, allowed: Array) -> Precision | None:
        if not _rules_agree(system, precision, x, y, of_rules) or (
            system.form is not None and not _compact_agrees(system.form, precision, x, y, allowed)
        ):
            return None
        error = agreement.error(precision, allowed)
        return None if error is None else replace(precision, error=error)

    largest = size if system.form is None else np.maximum(size, _sizes_in_network(system.form, x))
    return replace(system, precision=_honest(agrees, x, y, tolerance, size, largest))


def compact_precision(form: NormalForm, x: npt.ArrayLike, tolerance: float = PRINTED_OUTPUT) -> Precision:
    """The fewest digits that keep a printed compact form honest on given rows.

    Args:
        form: the network.
        x: `(n_rows, n_inputs)`, the rows on which the printed form and the network must agree.
        tolerance: the largest difference allowed, as a share of the range of each output over the rows. An output that
            is constant up to rounding errors has no range: its share is that of the size of its terms. What rounding
            errors of these terms amount to is allowed as well.

    Returns:
        The precision.

    Raises:
        RoundingError: if all digits of float64 do not suffice; the tolerance is then too small to be met.
        InvalidValueError: if the tolerance is negative or NaN.
        ShapeError: if `x` has another number of columns.

    Example:
        >>> form = NormalForm.from_layers([[[1 / 3]]], [[0.0]], [])
        >>> compact_precision(form, [[0.0], [1.0]], tolerance=1e-4).digits
        4
    """

    def agrees(precision: Precision, y: Array, _: Array, allowed: Array) -> Precision | None:
        return precision if _compact_agrees(form, precision, x, y, allowed) else None

    size = _sizes_in_network(form, x)
    return _honest(agrees, x, form.predict(x), tolerance, size, size)


def _honest(
    agrees: Callable[[Precision, Array, Array, Array], Precision | None],
    x: npt.ArrayLike,
    y: Array,
    tolerance: float,
    size: FloatArray,
    largest: FloatArray,
) -> Precision:
    """The precision of fewest digits with which something printed agrees with outputs, up to what is allowed.

    Rounding errors are allowed for: no printed form is closer to the rules than sums in another order are. Where that
    is not enough, so is what a network may differ from its rules by, for what is printed of the network, and then for
    the rules as well. The size of an output is that of its terms in the rules, and the largest one that in the network,
    too.
    """
    if not tolerance >= 0:
        raise InvalidValueError(f"tolerance is {tolerance}; it must be at least 0.")
    allowances = ((ROUND_OFF, ROUND_OFF), (ROUND_OFF, CANCELLED), (CANCELLED, CANCELLED))
    for round_offs, digits in product(allowances, range(FEWEST_DIGITS, MOST_DIGITS + 1)):
        precision = Precision.of_data(digits, x, y, size)
        share = tolerance * precision.output_scale
        found = agrees(
            precision, y, *(np.maximum(share, np.minimum(r * largest, tolerance * size)) for r in round_offs)
        )
        if found is not None:
            return found
    raise RoundingError(
        f"{MOST_DIGITS} digits do not keep the printed rules within {tolerance} of the outputs' range; "
        "allow a larger tolerance."
    )


def _sizes_in_rules(system: RuleSystem, x: FloatArray) -> FloatArray:
    """How large the sum of the absolute terms of each output gets in the rules of rows, `(n_outputs,)`."""
    index = system.assign(x)
    sizes = np.zeros(len(system.output_names))
    for number in np.unique(index).tolist():
        outputs = system.rules[number].outputs
        sizes = np.maximum(sizes, _largest(np.abs(x[index == number]), outputs.coef, outputs.intercept))
    return sizes


def _sizes_in_network(form: NormalForm, x: npt.ArrayLike) -> FloatArray:
    """The same in the network, where terms of units may cancel that rules do not have."""
    terms = np.abs(np.asarray(x, dtype=np.float64))
    steepest = np.maximum(1.0, np.abs(form.slopes.astype(np.float64)))
    rows = np.abs(np.hstack([form.A, form.B, form.b[:, None]]).astype(np.float64))
    terms = np.hstack([terms, np.zeros((len(terms), form.n_units)), np.ones((len(terms), 1))])
    for unit, row in enumerate(rows):
        terms[:, form.n_inputs + unit] = steepest[unit] * (terms @ row)
    return _largest(terms[:, :-1], np.hstack([form.C, form.D]), form.e)


def _largest(terms: FloatArray, weights: Array, constant: Array) -> FloatArray:
    """The largest sums of absolute terms over rows."""
    sums = terms @ np.abs(weights.astype(np.float64)).T + np.abs(constant.astype(np.float64))
    return np.asarray(sums.max(axis=0, initial=0))


def _rules_agree(system: RuleSystem, precision: Precision, x: npt.ArrayLike, y: Array, allowed: Array) -> bool:
    rules = [printed_rule(rule, precision) for rule in system.rules]
    covers = np.array([rule.covers(x) for rule in rules])
    if not covers.any(axis=0).all():
        return False
    # A row on a boundary may fall under two rules, and either has to be right.
    for rule, covered in zip(rules, covers, strict=True):
        if (np.abs(rule.outputs(np.asarray(x)[covered]) - y[covered]) > allowed).any():
            return False
    decisions = np.array([rule.decision for rule in rules])
    return not system.decides or bool((decisions[covers.argmax(axis=0)] == decisions[system.assign(x)]).all())


def _compact_agrees(form: NormalForm, precision: Precision, x: npt.ArrayLike, y: Array, allowed: Array) -> bool:
    printed = CompactForm.of(form, precision).rounded(precision).form
    return not (np.abs(printed.predict(x) - y) > allowed).any()
