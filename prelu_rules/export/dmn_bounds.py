"""Conditions as the cells of a decision table: what is compared, and between which bounds it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from prelu_rules.export.feel import number
from prelu_rules.export.program import All, AtLeast, Expression, Weighted


@dataclass(frozen=True)
class Bound:
    """What is compared (`subject`, an expression in FEEL), how, and with what."""

    subject: str
    sign: str
    value: float

    @property
    def is_lower(self) -> bool:
        """Whether it is a lower bound."""
        return self.sign in (">=", ">")


def bounds_of(test: Expression, write: Callable[[Expression], str]) -> list[Bound]:
    """The bounds that a rule sets.

    Args:
        test: of a rule; comparisons of sums with 0.
        write: how an expression is written.

    Returns:
        One for each comparison. Where a sum is one number and a constant, the number is compared with the constant,
        which is the same to the last bit.

    Example:
        >>> from prelu_rules.columns.column import Column
        >>> from prelu_rules.export.program import Cell, Number
        >>> below = AtLeast(Weighted(((-1.0, Cell(Column("age"))),), 3.0), Number(0.0))
        >>> bounds_of(All((below,)), lambda one: "age")
        [Bound(subject='age', sign='<=', value=3.0)]
    """
    assert isinstance(test, All)
    found = []
    for one in test.tests:
        assert isinstance(one, AtLeast)
        match one.value:
            case Weighted(((1.0, term),), constant):
                found.append(Bound(write(term), "<" if one.negated else ">=", -constant))
            case Weighted(((-1.0, term),), constant):
                found.append(Bound(write(term), ">" if one.negated else "<=", constant))
            case total:
                found.append(Bound(write(total), "<" if one.negated else ">=", 0.0))
    return found


def cells_of(bounds: Sequence[Bound]) -> dict[tuple[str, int], str]:
    """Bounds as cells of one row.

    Args:
        bounds: of a rule.

    Returns:
        A test by what it is of, and by a number that is 0 but for further bounds of the same, which are rare.

    Example:
        >>> cells_of([Bound("age", ">=", 20.0), Bound("age", "<", 65.0), Bound("x - y", "<", 0.0)])
        {('age', 0): '[20..65)', ('x - y', 0): '< 0'}
    """
    cells: dict[tuple[str, int], str] = {}
    for subject in dict.fromkeys(bound.subject for bound in bounds):
        mine = dict.fromkeys(bound for bound in bounds if bound.subject == subject)
        place = 0
        while mine:
            first = next(iter(mine))
            del mine[first]
            second = next((other for other in mine if _is_range(first, other)), None)
            if second is None:
                cells[subject, place] = f"{first.sign} {number(first.value)}"
            else:
                del mine[second]
                cells[subject, place] = _range(*sorted((first, second), key=lambda bound: not bound.is_lower))
            place += 1
    return cells


def _is_range(one: Bound, other: Bound) -> bool:
    """Whether two bounds are the ends of a range, which may not be empty: some turn it round."""
    lower, upper = (one, other) if one.is_lower else (other, one)
    return lower.is_lower and not upper.is_lower and lower.value < upper.value


def _range(lower: Bound, upper: Bound) -> str:
    left, right = "[" if lower.sign == ">=" else "(", "]" if upper.sign == "<=" else ")"
    return f"{left}{number(lower.value)}..{number(upper.value)}{right}"
