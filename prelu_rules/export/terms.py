"""Sums of terms as people write them: no zero terms, no factors of 1, and minus instead of plus a negative number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from prelu_rules.columns.column import Feature
from prelu_rules.errors import InvalidValueError
from prelu_rules.rules.predictor import Predictor
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.rules.short_numbers import as_fraction
from prelu_rules.values import Array


def number(value: float) -> str:
    """The shortest text that is parsed to a float: a decimal, or a fraction such as 1/3.

    Args:
        value: the number.

    Returns:
        Its text; integers have no decimal point.

    Example:
        >>> number(2.0), number(-0.1), number(0.1 + 0.2), number(1 / 3)
        ('2', '-0.1', '0.30000000000000004', '1/3')
    """
    return str(as_fraction(value) or repr(float(value)).removesuffix(".0"))


def linear_sum(
    weights: Array | Sequence[float],
    names: Sequence[str],
    constant: float,
    *,
    times: str = " * ",
    write: Callable[[float], str] = number,
    longest: int | None = None,
) -> str:
    """Write a sum of weighted names and a constant.

    Args:
        weights: `(n_names,)`.
        names: what is weighted, as text in the target language.
        constant: the constant.
        times: the text between a weight and its name.
        write: how to write a non-negative number.
        longest: the largest number of terms in one sum; longer ones are grouped by parentheses. None for any number.

    Returns:
        The sum; "0" if no terms are left.

    Example:
        >>> linear_sum([1.0, 0.0, -2.0], ["a", "b", "c"], -1.0)
        'a - 2 * c - 1'
        >>> linear_sum([1.0, 1.0, -1.0], ["a", "b", "c"], 0.0, longest=2)
        '(a + b) + (-c)'
    """
    parts: list[tuple[bool, str]] = []
    for weight, name in zip(weights, names, strict=True):
        if weight != 0:
            parts.append((weight < 0, name if abs(weight) == 1 else f"{write(abs(float(weight)))}{times}{name}"))
    if constant != 0 or not parts:
        parts.append((constant < 0, write(abs(float(constant)))))
    most = longest or len(parts)
    while len(parts) > most:
        groups = [parts[start : start + most] for start in range(0, len(parts), most)]
        parts = [(False, f"({_added(group)})") for group in groups]
    return _added(parts)


def _added(parts: Sequence[tuple[bool, str]]) -> str:
    """Parts of a sum, of which some are subtracted."""
    (minus, first), *rest = parts
    return ("-" if minus else "") + first + "".join(f" {'-' if minus else '+'} {text}" for minus, text in rest)


def said(indicator: Feature, holds: bool, write: Callable[[str], str]) -> str:
    """What an indicator says, or that it does not hold.

    Args:
        indicator: a feature that is 0 or 1.
        holds: whether it is 1.
        write: how a name is written.

    Returns:
        Such as `colour = red`, `colour != red`, `smoker is yes`, `age is missing` or `age is not missing`.

    Example:
        >>> said(Feature("age", "missing"), False, str)
        'age is not missing'
    """
    column = write(indicator.column)
    if indicator.says == "level":
        return f"{column} {'=' if holds else '!='} {write(str(indicator.level))}"
    if indicator.says == "yes":
        return f"{column} is {'yes' if holds else 'no'}"
    return f"{column} is {'missing' if holds else 'not missing'}"


def feature_terms(
    system: Predictor, write: Callable[[str], str], write_indicator: Callable[[Feature], str]
) -> list[str]:
    """Write each feature for use in a sum.

    Args:
        system: the rules.
        write: how to write the name of a feature.
        write_indicator: how to write a feature that is 1 where an indicator holds.

    Returns:
        `n_inputs` texts.
    """
    return [write_indicator(one) if one.is_indicator else write(one.column) for one in system.features]


def counted_as_zero(system: Predictor) -> list[str]:
    """The numeric columns whose missing values count as 0 in sums, beside a term of their own.

    Args:
        system: the rules.

    Returns:
        Their names, in order.

    Example:
        >>> from prelu_rules.columns.column import Column
        >>> from prelu_rules.network.affine import AffineMap
        >>> rule = Rule((), AffineMap([[2.0, 25.0]], [0.0]))
        >>> counted_as_zero(RuleSystem((rule,), (Column("cap", missing=True),), ("price",)))
        ['cap']
    """
    numbers = [column for column in system.columns if column.kind in ("number", "integer")]
    return [column.name for column in numbers if column.indicates_missing]


def notes_of_missing(system: Predictor, write: Callable[[str], str]) -> list[str]:
    """What missing numbers count as in sums, which a reader has to know.

    Args:
        system: the rules.
        write: how to write the name of a column.

    Returns:
        Lines without parentheses.

    Example:
        >>> from prelu_rules.columns.column import Column
        >>> from prelu_rules.network.affine import AffineMap
        >>> columns = (Column("cap", missing=True, fill=41.0), Column("age", missing=True))
        >>> rule = Rule((), AffineMap([[2.0, 25.0, 1.0]], [0.0]))
        >>> notes_of_missing(RuleSystem((rule,), columns, ("price",)), str)
        ['counted as 0 where missing: age', 'filled with 41 where missing: cap']
    """
    zero = counted_as_zero(system)
    notes = [f"counted as 0 where missing: {', '.join(map(write, zero))}"] if zero else []
    fills: dict[float, list[str]] = {}
    for column in system.columns:
        if column.fill is not None:
            fills.setdefault(column.fill, []).append(column.name)
    for value, names in sorted(fills.items()):
        text = repr(value).removesuffix(".0")
        notes.append(f"filled with {text} where missing: {', '.join(map(write, names))}")
    return notes


def decided_class(system: RuleSystem, rule: Rule) -> str | int | float | bool:
    """The class that a rule decides for.

    Args:
        system: decision rules.
        rule: one of them, or its printed version.

    Returns:
        The label.

    Raises:
        InvalidValueError: if the rule does not decide.

    Example:
        >>> from prelu_rules.network.affine import AffineMap
        >>> rule = Rule((), AffineMap([[1.0]], [0.0]), decision=1)
        >>> decided_class(RuleSystem((rule,), ("x",), ("logit",), classes=("no", "yes")), rule)
        'yes'
    """
    if system.classes is None or rule.decision is None:
        raise InvalidValueError(f"{system!r} does not decide for classes; use its decision_rules().")
    return system.classes[rule.decision]


class Relation(NamedTuple):
    """Conditions on one sum: `lower <= sum < upper`, where either bound may be missing.

    Attributes:
        coef: `(n_inputs,)`, the weights of the sum; the first nonzero one is positive.
        lower: the lower bound and the condition that it comes from; None if there is none.
        upper: the upper bound and its condition.
    """

    coef: Array
    lower: tuple[float, Condition] | None
    upper: tuple[float, Condition] | None

    @property
    def lower_included(self) -> bool:
        """Whether the sum may be equal to the lower bound."""
        return self.lower is not None and self.lower[1].nonnegative

    @property
    def upper_included(self) -> bool:
        """Whether the sum may be equal to the upper bound."""
        return self.upper is not None and self.upper[1].nonnegative

    def indication(self, system: RuleSystem) -> tuple[Feature, bool] | None:
        """The meaning of the relation, if it is about one indicator.

        Args:
            system: the rules.

        Returns:
            The indicator, and whether it has to be 1; None if the relation is about more than one feature, or holds for
            both of 0 and 1, or for neither.
        """
        used = np.flatnonzero(self.coef)
        if len(used) != 1 or not system.features[used[0]].is_indicator:
            return None
        conditions = [bound[1] for bound in (self.lower, self.upper) if bound is not None]
        zero, one = (
            all((c.coef[used[0]] * value + c.intercept >= 0) == c.nonnegative for c in conditions) for value in (0, 1)
        )
        return None if zero == one else (system.features[used[0]], one)

    def write(self, total: str, value: Callable[[float], str], signs: tuple[str, str, str, str]) -> str:
        """Write the relation.

        Args:
            total: the sum.
            value: how to write a bound.
            signs: how to write `<`, `<=`, `>` and `>=`.

        Returns:
            Such as `20 <= age < 65`, or `age >= 20` if there is one bound.
        """
        less, at_most, more, at_least = signs
        if self.lower is not None and self.upper is not None:
            left, right = at_most if self.lower_included else less, at_most if self.upper_included else less
            return f"{value(self.lower[0])} {left} {total} {right} {value(self.upper[0])}"
        if self.lower is not None:
            return f"{total} {at_least if self.lower_included else more} {value(self.lower[0])}"
        assert self.upper is not None
        return f"{total} {at_most if self.upper_included else less} {value(self.upper[0])}"


def relations(conditions: Iterable[Condition]) -> list[Relation]:
    """Move constants to the other side, and combine lower and upper bounds of the same sum.

    Args:
        conditions: the conditions of one rule; normalised, so that equal sums have equal weights.

    Returns:
        The relations, in the order of the first condition of each.

    Example:
        >>> ages = [Condition([1.0], -20.0, nonnegative=True), Condition([1.0], -65.0, nonnegative=False)]
        >>> [relation.write("age", number, ("<", "<=", ">", ">=")) for relation in relations(ages)]
        ['20 <= age < 65']
    """
    found: list[Relation] = []
    for condition in conditions:
        coef, bound, is_lower = _bound(condition)
        for place, other in enumerate(found):
            if np.array_equal(other.coef, coef) and (other.lower if is_lower else other.upper) is None:
                mine = (bound, condition)
                found[place] = other._replace(lower=mine) if is_lower else other._replace(upper=mine)
                break
        else:
            found.append(Relation(coef, *((bound, condition), None) if is_lower else (None, (bound, condition))))
    return found


def _bound(condition: Condition) -> tuple[Array, float, bool]:
    """A condition as a bound of a sum whose first weight is positive, and whether it is a lower one."""
    leading = next((w for w in condition.coef if w != 0), 1.0)
    sign = -1.0 if leading < 0 else 1.0
    # Adding 0 turns -0 into 0.
    return sign * condition.coef + 0.0, -sign * condition.intercept + 0.0, condition.nonnegative == (sign > 0)
