"""What a classifier decides, as rules that name a class."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from prelu_rules.network.affine import AffineMap
from prelu_rules.rules.merging import merged
from prelu_rules.rules.names import ClassLabel
from prelu_rules.rules.presentation.length import n_numbers as n_numbers_of_formula
from prelu_rules.rules.presentation.numbers import n_numbers_of_rule
from prelu_rules.rules.presentation.presentation import Formula, PresentedRule
from prelu_rules.rules.presentation.rules import presented_decisions
from prelu_rules.rules.rule import Rule
from prelu_rules.rules.rule_system import RuleSystem

MOST_CLASSES = 6
"""Classes up to which decisions are looked for; each pair of them is a boundary."""

MOST_RULES = 24
"""Rules up to which decisions are looked for, and decision rules up to which they are merged."""

MOST_DECISIONS = 10
"""Decisions that a person still reads; of more the logits are easier to follow."""


def decisions_of(system: RuleSystem, formula: Formula) -> tuple[PresentedRule, ...]:
    """The decisions of a classifier, where they are shorter than its logits.

    Args:
        system: the rules.
        formula: the formula of the logits.

    Returns:
        Rules that name a class and say nothing of the logits, those of one class together; the last class is that of
        all other rows, the one that takes most numbers to say. None where they hold more numbers than the formula, or
        the rules are too many, or hold for all inputs.
    """
    if system.classes is None or system.decides or system.domain is None:
        return ()
    if len(system.classes) > MOST_CLASSES or len(system) > MOST_RULES:
        return ()
    decided = replace(system, precision=None).decision_rules()
    if len(decided) > MOST_RULES:
        return ()
    rules = merged([_without_logits(rule) for rule in decided.rules], system.domain)
    if len(rules) > MOST_DECISIONS:
        return ()
    for short in (False, True):
        found = _ordered(presented_decisions(replace(system, rules=rules, typical=None), formula, short))
        if sum(map(n_numbers_of_rule, found)) <= n_numbers_of_formula(formula):
            return found
    return ()


def _without_logits(rule: Rule) -> Rule:
    shape = rule.outputs.coef.shape
    return replace(rule.without_evidence(), outputs=AffineMap(np.zeros(shape), np.zeros(shape[0])))


def _ordered(rules: tuple[PresentedRule, ...]) -> tuple[PresentedRule, ...]:
    """Rules by classes, the class that takes most numbers to say last."""
    groups: dict[ClassLabel | None, list[PresentedRule]] = {}
    for rule in rules:
        groups.setdefault(rule.decision, []).append(rule)
    last = max(reversed(groups), key=lambda label: sum(map(n_numbers_of_rule, groups[label])))
    order = [*(label for label in groups if label != last), last]
    found = [(rule, label == last) for label in order for rule in groups[label]]
    return tuple(
        replace(rule, number=place, otherwise=is_last and len(order) > 1)
        for place, (rule, is_last) in enumerate(found, start=1)
    )
