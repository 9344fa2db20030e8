"""How long what is printed is: the numbers that a reader reads.

A number is every constant that is not 0, every threshold, and every weight; a weight of 1 or -1 of something that has a
name is not printed.
"""

from __future__ import annotations

from prelu_rules.rules.presentation.presentation import Formula
from prelu_rules.rules.presentation.statements import Bend, Sum


def n_numbers(formula: Formula) -> int:
    """The numbers of a formula.

    Args:
        formula: the formula.

    Returns:
        How many are printed.

    Example:
        >>> from prelu_rules.rules.presentation.presentation import OutputFormula
        >>> from prelu_rules.rules.presentation.statements import Term
        >>> n_numbers(Formula((OutputFormula("y", Sum(3.0, (Term(0.5, "a"), Term(1.0, "b"))), ()),), ()))
        2
    """
    outputs = sum(
        numbers_of_sum(output.base) + sum(weight_is_printed(weight) for weight, _ in output.bends)
        for output in formula.outputs
    )
    return outputs + sum(map(numbers_of_bend, formula.bends))


def numbers_of_sum(total: Sum) -> int:
    """The numbers of a sum.

    Args:
        total: the sum.

    Returns:
        How many are printed.
    """
    return (total.constant != 0) + sum(term.of is None or weight_is_printed(term.weight) for term in total.terms)


def numbers_of_bend(bend: Bend) -> int:
    """The numbers of a bend; of cases with the same total, it is printed once.

    Args:
        bend: the bend.

    Returns:
        How many are printed.
    """
    totals = {case.total for case in bend.cases}
    return sum(map(numbers_of_sum, totals)) + sum(case.threshold is not None for case in bend.cases)


def weight_is_printed(weight: float) -> bool:
    """Whether the weight of something that has a name is printed.

    Args:
        weight: the weight.

    Returns:
        False for 1 and -1.
    """
    return abs(weight) != 1
