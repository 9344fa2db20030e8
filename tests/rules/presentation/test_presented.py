"""What is printed of rules says what they say, in few numbers, and nothing twice."""

from dataclasses import replace

import numpy as np
from hypothesis import event, given, settings
from presented_systems import cells_of, covering, presented_deviation, systems

from prelu_rules.rules.presentation.length import n_numbers as n_numbers_of_formula
from prelu_rules.rules.presentation.numbers import n_numbers_of_rule, n_thresholds
from prelu_rules.rules.presentation.presented import presented


@given(systems())
@settings(max_examples=300)
def test_every_row_falls_under_one_printed_rule_that_gives_its_answer(case):
    rules, x = case
    shown = presented(rules)
    deviation = presented_deviation(shown, rules, x)
    assert (deviation <= np.array(shown.within) * (1 + 1e-9) + 1e-12).all()
    event(f"{len(shown.rules)} rules, {shown.folded} folded")
    event(f"relative: {any(o.relative for r in shown.rules for o in r.outputs)}")


@given(systems())
@settings(max_examples=200)
def test_rules_hold_few_numbers(case):
    rules, _ = case
    shown = presented(rules)
    if shown.formula is not None:
        conditions = sum(n_thresholds(c) for rule in shown.rules if not rule.otherwise for c in rule.clauses)
        numbers = sum(map(n_numbers_of_rule, shown.rules))
        assert numbers <= 2 * n_numbers_of_formula(shown.formula) + conditions


@given(systems())
@settings(max_examples=200)
def test_no_two_printed_rules_say_the_same(case):
    rules, _ = case
    shown = presented(rules).rules
    assert len({rule.clauses for rule in shown}) == len(shown)
    assert len({(rule.clauses, rule.outputs) for rule in shown}) == len(shown)
