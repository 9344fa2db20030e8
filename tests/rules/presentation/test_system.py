"""Rules that are made of a presentation answer as it does, evaluated statement by statement."""

import numpy as np
import presentations
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.errors import PReLURulesError
from prelu_rules.rules.presentation.statements import Cells
from prelu_rules.rules.presentation.system import as_rules

ROUND_OFF = 1e-7


def made(presentation, part):
    """The rules; None where a presentation makes none, or far too many."""
    try:
        return as_rules(presentation, part)
    except PReLURulesError as error:
        assert any(word in str(error) for word in ("pieces", "class", "0 rules")), error
        return None


def close(found, expected):
    return np.abs(found - expected) <= ROUND_OFF * (1 + np.abs(expected).max(initial=0))


@pytest.mark.slow
@given(presentations.presentations(), st.integers(0, 10**6))
def test_the_pieces_of_a_formula(presentation, seed):
    if presentation.formula is None or (rules := made(presentation, "formula")) is None:
        return
    x = presentations.encoded_rows(presentation.columns, seed)
    assert close(rules.predict(x), presentation.formula.predict(presentation.columns, x)).all()


@pytest.mark.slow
@given(presentations.presentations(), st.integers(0, 10**6))
def test_rules(presentation, seed):
    if not presentation.rules or (rules := made(presentation, "rules")) is None:
        return
    x = presentations.encoded_rows(presentation.columns, seed)
    covered, y = answers(presentation, x)
    found = np.any([rule.covers(x) for rule in rules.rules], axis=0)
    np.testing.assert_array_equal(found, covered)
    assert close(rules.predict(x[covered]), y[covered]).all()


def answers(presentation, x):
    """Which rows are covered, and what the first rule that covers them says, or the formula where rules are folded."""
    formula = presentation.formula
    cells = Cells(presentation.columns, x, () if formula is None else formula.bends)
    covered, y = np.zeros(len(x), dtype=bool), np.zeros((len(x), len(presentation.output_names)))
    for rule in presentation.rules:
        here = ~covered if rule.otherwise else rule.covers(cells) & ~covered
        for place, output in enumerate(rule.outputs):
            y[here, place] = value(presentation, place, output, cells)[here]
        covered |= here
    if presentation.folded:
        y[~covered] = formula.predict(presentation.columns, x)[~covered]
        covered[:] = True
    return covered, y


def value(presentation, place, output, cells):
    while output.like is not None:
        output = next(rule for rule in presentation.rules if rule.number == output.like).outputs[place]
    total = output.total.of(cells)
    if output.relative:
        base = presentation.formula.outputs[place]
        weights = {letter: weight for weight, letter in base.bends}
        total = total + base.base.of(cells) + sum(weights[letter] * cells.value(letter) for letter in output.bends)
    return total
