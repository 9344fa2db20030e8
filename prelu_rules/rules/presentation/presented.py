"""From a rule system to what is printed of it."""

from __future__ import annotations

from prelu_rules.rules.presentation.decided import decisions_of
from prelu_rules.rules.presentation.formula import formula_of
from prelu_rules.rules.presentation.presentation import Presentation
from prelu_rules.rules.presentation.rules import presented_rules
from prelu_rules.rules.presentation.typical import typical_of
from prelu_rules.rules.rule_system import RuleSystem


def presented(system: RuleSystem) -> Presentation:
    """A rule system as a person reads it.

    Args:
        system: the rules.

    Returns:
        The formula, the rules and, for a classifier, decisions and typical rows, with the numbers that are printed.

    Raises:
        SolverError: if the linear programming solver fails.

    Example:
        >>> from prelu_rules.domains.box import Box
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-200], C=[[0.1]], D=[[0.15]], e=[10], slopes=[0])
        >>> low, high = presented(extract_rules(form, domain=Box([0], [500]))).rules
        >>> below = low.clauses[0][0].comparison
        >>> below and below.upper, high.otherwise, high.outputs[0].total.constant
        (Bound(value=200.0, included=False), True, -20.0)
    """
    formula = formula_of(system, system.precision)
    rules, folded = presented_rules(system, formula)
    error = None if system.precision is None else system.precision.error
    within = error if system.rounding_error is None else system.rounding_error
    return Presentation(
        columns=system.columns,
        output_names=system.output_names,
        formula=formula,
        rules=rules,
        folded=folded,
        n_rows=system.n_rows,
        classes=system.classes,
        decisions=() if formula is None else decisions_of(system, formula),
        typical=typical_of(system),
        within=None if within is None else tuple(float(one) for one in within),
        proven=system.rounding_error is not None,
        bounds=system.bounds,
    )
