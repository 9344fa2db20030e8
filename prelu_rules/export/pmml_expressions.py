"""Expressions of a program as elements of PMML, and the derived fields that hold what others need."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element

from prelu_rules.export.program import All, AtLeast, Expression, Number, Positive, Reference, Weighted
from prelu_rules.rules.names import free_name

LONGEST_SUM = 100
"""Terms in a row, since each is a level deeper; parsers refuse elements that are nested some hundreds deep."""

Terms = tuple[tuple[float, str], ...]
"""Weights and fields."""


def element(tag: str, *inner: Element, text: str | None = None, **attributes: str) -> Element:
    """An element.

    Args:
        tag: its name.
        inner: the elements within it.
        text: the text within it.
        attributes: by name.

    Returns:
        The element.

    Example:
        >>> element("Value", value="red").attrib
        {'value': 'red'}
    """
    found = Element(tag, attributes)
    found.text = text
    found.extend(inner)
    return found


def double(value: float) -> str:
    """A number that is read back as the same double.

    Args:
        value: the number.

    Returns:
        Its text.

    Example:
        >>> double(3), double(1e-5)
        ('3.0', '1e-05')
    """
    return repr(float(value))


def apply(function: str, *inner: Element) -> Element:
    """A function of expressions.

    Args:
        function: a built-in function.
        inner: what it is applied to.

    Returns:
        The element.

    Example:
        >>> apply("max", constant(0.0)).attrib
        {'function': 'max'}
    """
    return element("Apply", *inner, function=function)


def constant(value: float) -> Element:
    """A number as an expression.

    Args:
        value: the number; without a type a whole one would be an integer of 32 bits to some.

    Returns:
        The element.

    Example:
        >>> constant(2).text
        '2.0'
    """
    return element("Constant", text=double(value), dataType="double")


def reference(field: str) -> Element:
    """The value of a field.

    Args:
        field: its name.

    Returns:
        The element.

    Example:
        >>> reference("age").attrib
        {'field': 'age'}
    """
    return element("FieldRef", field=field)


class DerivedFields:
    """Derived fields as they are added, each of columns and of those before it."""

    def __init__(self, taken: Iterable[str], steps: dict[int, str]) -> None:
        """Start without any.

        Args:
            taken: the names of other fields.
            steps: the fields of steps that are there already.
        """
        self.elements: list[Element] = []
        self.steps = dict(steps)
        self._taken = set(taken)

    @property
    def taken(self) -> set[str]:
        """The names of all fields."""
        return self._taken

    def add(self, name: str, expression: Element, is_test: bool = False) -> str:
        """A further field.

        Args:
            name: what it should be called.
            expression: its value.
            is_test: whether it is true or false rather than a number.

        Returns:
            What it is called.
        """
        found = free_name(name, self._taken)
        self._taken.add(found)
        optype, data_type = ("categorical", "boolean") if is_test else ("continuous", "double")
        self.elements.append(element("DerivedField", expression, name=found, optype=optype, dataType=data_type))
        return found

    def terms(self, name: str, value: Weighted) -> tuple[Terms, float]:
        """A sum that is not too long; what it would be too long for becomes fields of their own.

        Args:
            name: what those should be called.
            value: a weighted sum of steps.

        Returns:
            Weights and fields, and the constant.
        """
        terms = tuple((weight, self.steps[term.step]) for weight, term in value.terms if isinstance(term, Reference))
        rest = value.constant
        while len(terms) + (rest != 0) > LONGEST_SUM:
            starts = range(0, len(terms) + (rest != 0), LONGEST_SUM)
            *groups, last = (terms[start : start + LONGEST_SUM] for start in starts)
            sums = [*(added(group, 0.0) for group in groups), added(last, rest)]
            terms = tuple((1.0, self.add(f"part of {name}", one)) for one in sums)
            rest = 0.0
        return terms, rest

    def write(self, name: str, value: Expression) -> Element:
        """An expression of steps.

        Args:
            name: what parts of it should be called where it is too long.
            value: the expression.

        Returns:
            The element.
        """
        match value:
            case Reference(step):
                return reference(self.steps[step])
            case Number(number):
                return constant(number)
            case Weighted():
                return added(*self.terms(name, value))
            case Positive(inner):
                return apply("max", constant(0.0), self.write(name, inner))
            case AtLeast(inner, bound, negated):
                function = "lessThan" if negated else "greaterOrEqual"
                return apply(function, self.write(name, inner), self.write(name, bound))
            case All(tests):
                written = [self.write(name, test) for test in tests]
                return written[0] if len(written) == 1 else apply("and", *written)
        raise TypeError(f"{value!r} is not an expression of steps.")


def added(terms: Terms, rest: float) -> Element:
    """A sum as an expression, added from left to right.

    Args:
        terms: weights and fields.
        rest: the constant.

    Returns:
        The element.

    Example:
        >>> added(((1.0, "age"),), -3.0).attrib
        {'function': '+'}
    """
    parts = [reference(f) if weight == 1 else apply("*", constant(weight), reference(f)) for weight, f in terms]
    total, *others = [*parts, constant(rest)] if rest != 0 or not parts else parts
    for part in others:
        total = apply("+", total, part)
    return total
