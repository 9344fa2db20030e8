"""Sums of terms as people write them: no zero terms, no factor of 1, a minus instead of plus a negative."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from prelu_rules.errors import InvalidValueError
from prelu_rules.rules.precision import Precision
from prelu_rules.rules.rounding import printed_rule
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.values import Array


def number(value: float) -> str:
    """The shortest decimal that parses back to the float; whole numbers have no point.

    Args:
        value: the number.

    Returns:
        Its text.

    Example:
        >>> number(2.0), number(-0.1), number(0.1 + 0.2)
        ('2', '-0.1', '0.30000000000000004')
    """
    text = repr(float(value))
    return text.removesuffix(".0")


def linear_sum(
    weights: Array, names: Sequence[str], constant: float, *, times: str = " * ", write: Callable[[float], str] = number
) -> str:
    """A sum of weighted names and a constant.

    Args:
        weights: `(n_names,)`.
        names: what is weighted, as text of the target language.
        constant: the constant.
        times: what stands between a weight and its name.
        write: how a non-negative number is written.

    Returns:
        The sum; "0" if nothing is left of it.

    Example:
        >>> linear_sum([1.0, 0.0, -2.0], ["a", "b", "c"], -1.0)
        'a - 2 * c - 1'
    """
    parts: list[tuple[bool, str]] = []
    for weight, name in zip(weights, names, strict=True):
        if weight != 0:
            parts.append((weight < 0, name if abs(weight) == 1 else f"{write(abs(float(weight)))}{times}{name}"))
    if constant != 0 or not parts:
        parts.append((constant < 0, write(abs(float(constant)))))
    first, *rest = parts
    return ("-" if first[0] else "") + first[1] + "".join(f" {'-' if minus else '+'} {t}" for minus, t in rest)


def printed_rules(system: RuleSystem) -> list[Rule]:
    """The rules with the numbers that are printed.

    Args:
        system: the rules.

    Returns:
        Rounded where the system has a precision; otherwise only with normalised conditions.

    Example:
        >>> from prelu_rules.affine import AffineMap
        >>> halved = Rule((Condition([2.0], 1.0, nonnegative=True),), AffineMap([[1.0]], [0.0]))
        >>> printed_rules(RuleSystem((halved,), ("x",), ("y",)))[0].conditions[0].coef
        array([1.])
    """
    precision: Precision | None = system.precision
    if precision is not None:
        return [printed_rule(rule, precision) for rule in system.rules]
    return [replace(rule, conditions=tuple(c.normalised() for c in rule.conditions)) for rule in system.rules]


def decided_class(system: RuleSystem, rule: Rule) -> str | int | float | bool:
    """The class that a rule decides for.

    Args:
        system: decision rules.
        rule: one of them, or as it is printed.

    Returns:
        The label.

    Raises:
        InvalidValueError: if the rule does not decide.

    Example:
        >>> from prelu_rules.affine import AffineMap
        >>> rule = Rule((), AffineMap([[1.0]], [0.0]), decision=1)
        >>> decided_class(RuleSystem((rule,), ("x",), ("logit",), classes=("no", "yes")), rule)
        'yes'
    """
    if system.classes is None or rule.decision is None:
        raise InvalidValueError(f"{system!r} does not decide for classes; use its decision_rules.")
    return system.classes[rule.decision]


def condition_sides(condition: Condition) -> tuple[Array, bool, float]:
    """A condition with its constant on the right, turned so that its first weight is positive.

    Args:
        condition: the condition.

    Returns:
        The weights on the left; whether they were turned, which turns `<` into `>` and `>=` into `<=`; and the
        right-hand side.

    Example:
        >>> condition_sides(Condition([0.0, -1.0], 3.0, nonnegative=True))
        (array([0., 1.]), True, 3.0)
    """
    leading = next((w for w in condition.coef if w != 0), 1.0)
    turned = bool(leading < 0)
    coef = -condition.coef if turned else condition.coef
    right = condition.intercept if turned else -condition.intercept
    return coef + 0.0, turned, right + 0.0
