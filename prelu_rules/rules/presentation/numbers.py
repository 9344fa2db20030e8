"""How many numbers a reader reads: coefficients, constants, weights and thresholds.

A weight of 1 or -1 is not printed, nor is a number that is 0 in a sum of others.
"""

from __future__ import annotations

from prelu_rules.rules.presentation.length import n_numbers as n_numbers_of_formula
from prelu_rules.rules.presentation.length import numbers_of_sum
from prelu_rules.rules.presentation.presentation import Presentation, PresentedOutput, PresentedRule
from prelu_rules.rules.presentation.statements import Clause


def n_numbers(presentation: Presentation) -> int:
    """The numbers of the formula, the rules and the decisions.

    Args:
        presentation: the presentation.

    Returns:
        The count.

    Example:
        >>> from prelu_rules.rules.presentation.statements import Sum
        >>> fee = PresentedRule(1, (), False, (PresentedOutput(Sum(2.5, ())),))
        >>> n_numbers(Presentation((), ("fee",), None, (fee,)))
        1
    """
    formula = 0 if presentation.formula is None else n_numbers_of_formula(presentation.formula)
    return formula + sum(map(n_numbers_of_rule, (*presentation.rules, *presentation.decisions)))


def n_numbers_of_rule(rule: PresentedRule) -> int:
    """The numbers of a rule's conditions, where they are said, and of its outputs.

    Args:
        rule: the rule.

    Returns:
        The count.

    Example:
        >>> from prelu_rules.rules.presentation.statements import Sum
        >>> n_numbers_of_rule(PresentedRule(1, (), True, (PresentedOutput(Sum(0.0, ()), like=1),)))
        0
    """
    conditions = 0 if rule.otherwise else sum(map(n_numbers_of_clause, rule.clauses))
    return conditions + sum(map(n_numbers_of_output, rule.outputs))


def n_numbers_of_output(output: PresentedOutput) -> int:
    """The numbers that a rule says of an output.

    Args:
        output: the output.

    Returns:
        The count; an output that is 0 is one number.

    Example:
        >>> from prelu_rules.rules.presentation.statements import Sum
        >>> n_numbers_of_output(PresentedOutput(Sum(0.0, ())))
        1
    """
    if output.like is not None:
        return 0
    zero = not output.relative and not output.total.terms and output.total.constant == 0
    return numbers_of_sum(output.total) + zero


def n_numbers_of_clause(clause: Clause) -> int:
    """The numbers of a condition.

    Args:
        clause: the condition.

    Returns:
        The count.

    Example:
        >>> n_numbers_of_clause(())
        0
    """
    comparisons = [one.comparison for one in clause if one.comparison is not None]
    return sum(numbers_of_sum(c.total) + (c.lower is not None) + (c.upper is not None) for c in comparisons)


def n_thresholds(clause: Clause) -> int:
    """How many conditions of a rule a clause is, each of which has a threshold: a lower and an upper bound.

    Args:
        clause: the clause.

    Returns:
        0, 1 or 2.

    Example:
        >>> n_thresholds(())
        0
    """
    comparisons = [one.comparison for one in clause if one.comparison is not None]
    return any(c.lower is not None for c in comparisons) + any(c.upper is not None for c in comparisons)
