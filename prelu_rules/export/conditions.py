"""The conditions of each rule as a line of text that needs nothing else to be understood."""

from __future__ import annotations

from prelu_rules.export.sentences import Sentences, in_line
from prelu_rules.rules.presentation.presentation import Presentation
from prelu_rules.rules.presentation.rules import presented_rules
from prelu_rules.rules.rule_system import RuleSystem

ALWAYS, NEVER = "always", "no row of the domain"


def conditions_of(system: RuleSystem) -> tuple[str, ...]:
    """What has to hold for each rule, without letters that a formula explains.

    Args:
        system: the rules.

    Returns:
        A line for each rule, with the numbers that are printed: "always" for one without conditions, and "no row of the
        domain" for one that none can fall under.

    Raises:
        SolverError: if the linear programming solver fails.

    Example:
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-3], C=[[1]], D=[[1]], e=[0], slopes=[0])
        >>> conditions_of(extract_rules(form, feature_names=["age"]))
        ('age < 3', 'age >= 3')
    """
    rules, _ = presented_rules(system, None)
    phrases = Sentences(Presentation(system.columns, system.output_names, None, rules)).phrases
    said = {rule.number: in_line(phrases.conditions(rule.clauses)) if rule.clauses else ALWAYS for rule in rules}
    return tuple(said.get(number, NEVER) for number in range(1, len(system) + 1))
