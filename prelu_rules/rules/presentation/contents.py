"""What a presentation is made of: all its sums, and the bends that its conditions name."""

from __future__ import annotations

from collections.abc import Iterator

from prelu_rules.rules.presentation.presentation import Presentation
from prelu_rules.rules.presentation.statements import Alternative, Letter, Sum, Test


def sums_of(presentation: Presentation) -> Iterator[Sum]:
    """All sums that are printed.

    Args:
        presentation: what is printed.

    Yields:
        Those of the formula, of the rules, and of conditions.

    Example:
        >>> from prelu_rules.rules.presentation.presentation import PresentedOutput, PresentedRule
        >>> rule = PresentedRule(1, (), False, (PresentedOutput(Sum(3.0, ())),))
        >>> [total.constant for total in sums_of(Presentation((), ("y",), None, (rule,)))]
        [3.0]
    """
    if presentation.formula is not None:
        yield from (output.base for output in presentation.formula.outputs)
        yield from (case.total for bend in presentation.formula.bends for case in bend.cases)
    yield from (output.total for rule in presentation.rules for output in rule.outputs if output.like is None)
    for alternative in _alternatives(presentation):
        if alternative.comparison is not None:
            yield alternative.comparison.total


def cell_tests(presentation: Presentation) -> Iterator[Test]:
    """All tests of cells that are printed.

    Args:
        presentation: what is printed.

    Yields:
        Those of sums, of the cases of bends, and of conditions.

    Example:
        >>> list(cell_tests(Presentation((), ("y",), None, ())))
        []
    """
    yield from (test for total in sums_of(presentation) for term in total.terms for test in term.where)
    bends = () if presentation.formula is None else presentation.formula.bends
    yield from (test for bend in bends for case in bend.cases for test in case.where)
    yield from (test for alternative in _alternatives(presentation) for test in alternative.where)


def comparisons_of(presentation: Presentation) -> Iterator[tuple[Sum, float]]:
    """All sums that are compared with a number.

    Args:
        presentation: what is printed.

    Yields:
        Each sum and a number that it is compared with, of bends and of conditions.

    Example:
        >>> list(comparisons_of(Presentation((), ("y",), None, ())))
        []
    """
    if presentation.formula is not None:
        cases = (case for bend in presentation.formula.bends for case in bend.cases)
        yield from ((case.total, case.threshold) for case in cases if case.threshold is not None)
    for alternative in _alternatives(presentation):
        if (compared := alternative.comparison) is not None:
            yield from ((compared.total, bound.value) for bound in (compared.lower, compared.upper) if bound)


def letters_in_conditions(presentation: Presentation) -> frozenset[int]:
    """The places of the bends of which a condition says that they hold or do not.

    Args:
        presentation: what is printed.

    Returns:
        The places, of conditions of rules, of decisions and of other bends.

    Example:
        >>> letters_in_conditions(Presentation((), ("y",), None, ()))
        frozenset()
    """
    bends = () if presentation.formula is None else presentation.formula.bends
    named = [letter for bend in bends for case in bend.cases for letter, _ in case.bends]
    named += [letter for alternative in _alternatives(presentation) for letter, _ in alternative.bends]
    return frozenset(letter.place for letter in named)


def letters_in_sums(presentation: Presentation) -> frozenset[int]:
    """The places of the bends that stand in a sum, or whose part a rule adds to its base.

    Args:
        presentation: what is printed.

    Returns:
        The places.

    Example:
        >>> letters_in_sums(Presentation((), ("y",), None, ()))
        frozenset()
    """
    named = [term.of.place for total in sums_of(presentation) for term in total.terms if isinstance(term.of, Letter)]
    named += [letter.place for rule in presentation.rules for output in rule.outputs for letter in output.bends]
    return frozenset(named)


def _alternatives(presentation: Presentation) -> Iterator[Alternative]:
    """The alternatives of all conditions that are printed: none of a rule that reads `otherwise`."""
    for rule in (*presentation.rules, *presentation.decisions):
        if not rule.otherwise:
            yield from (alternative for clause in rule.clauses for alternative in clause)
