"""How many numbers a reader reads: coefficients, constants, weights and thresholds.

A weight of 1 or -1 is not printed, nor is a number that is 0 in a sum of others.
"""

from __future__ import annotations

from prelu_rules.rules.presentation.presentation import Formula, Presentation, PresentedOutput, PresentedRule
from prelu_rules.rules.presentation.statements import Clause, Sum


def n_numbers(presentation: Presentation) -> int:
    """The numbers of the formula, the rules and the decisions.

    Args:
        presentation: the presentation.

    Returns:
        The count.

    Example:
        >>> fee = PresentedRule(1, (), False, (PresentedOutput(Sum(2.5, ())),))
        >>> n_numbers(Presentation((), ("fee",), None, (fee,)))
        1
    """
    formula = 0 if presentation.formula is None else n_numbers_of_formula(presentation.formula)
    return formula + sum(map(n_numbers_of_rule, (*presentation.rules, *presentation.decisions)))


def n_numbers_of_formula(formula: Formula) -> int:
    """The numbers of the formula.

    Args:
        formula: the formula.

    Returns:
        The count: of the bases, of what each output has for each unit of a bend, and of the bends, once.

    Example:
        >>> from prelu_rules.rules.presentation.presentation import OutputFormula
        >>> n_numbers_of_formula(Formula((OutputFormula("y", Sum(2.0, ()), ()),), ()))
        1
    """
    outputs = sum(_n_of_sum(o.base) + sum(abs(weight) != 1 for weight, _ in o.bends) for o in formula.outputs)
    cases = [case for bend in formula.bends for case in bend.cases]
    return outputs + sum(n_weights(case.total) + (case.threshold is not None) for case in cases)


def n_numbers_of_rule(rule: PresentedRule) -> int:
    """The numbers of a rule's conditions, where they are said, and of its outputs.

    Args:
        rule: the rule.

    Returns:
        The count.

    Example:
        >>> n_numbers_of_rule(PresentedRule(1, (), True, (PresentedOutput(Sum(0.0, ()), like=1),)))
        0
    """
    conditions = 0 if rule.otherwise else sum(map(n_numbers_of_clause, rule.clauses))
    outputs = () if rule.decision is not None else rule.outputs
    return conditions + sum(map(n_numbers_of_output, outputs))


def n_numbers_of_output(output: PresentedOutput) -> int:
    """The numbers that a rule says of an output.

    Args:
        output: the output.

    Returns:
        The count; an output that is 0 is one number.

    Example:
        >>> n_numbers_of_output(PresentedOutput(Sum(0.0, ())))
        1
    """
    if output.like is not None:
        return 0
    return n_weights(output.total) + (output.total.constant != 0) if output.relative else _n_of_sum(output.total)


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
    return sum(n_weights(c.total) + (c.lower is not None) + (c.upper is not None) for c in comparisons)


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


def n_weights(total: Sum) -> int:
    """The weights of a sum that are printed.

    Args:
        total: the sum.

    Returns:
        The count, without the constant.

    Example:
        >>> from prelu_rules.rules.presentation.statements import Term
        >>> n_weights(Sum(0.0, (Term(1.0, "age"), Term(2.0, "kwh"))))
        1
    """
    return sum(term.of is None or abs(term.weight) != 1 for term in total.terms)


def _n_of_sum(total: Sum) -> int:
    return n_weights(total) + (total.constant != 0 or not total.terms)
