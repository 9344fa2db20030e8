"""Rules that have lost their network find the formula again."""

from dataclasses import replace

import networks
import numpy as np
import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st
from typed_columns import random_table, random_weights, some_columns

from prelu_rules.columns.column import Column, features_of
from prelu_rules.columns.feature_rows import feature_rows
from prelu_rules.domains.as_domain import as_domain
from prelu_rules.network.affine import AffineMap
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.presentation.formula import formula_of
from prelu_rules.rules.presentation.meeting import meeting_form
from prelu_rules.rules.presentation.statements import Cells
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem


def network(rng, n_inputs, n_units, deep, short):
    return NormalForm(
        A=random_weights(rng, (n_units, n_inputs), short),
        B=np.tril(random_weights(rng, (n_units, n_units), short), -1) * deep,
        b=random_weights(rng, n_units, short),
        C=random_weights(rng, (2, n_inputs), short),
        D=random_weights(rng, (2, n_units), short),
        e=random_weights(rng, 2, short),
        slopes=rng.choice((0.0, 0.25, -0.5, 1.5), n_units),
    )


# Some rules of this one cover mixtures of levels alone.
@example((Column("c0", "category", ("p", "q", "r")),), 1, 3, False, False)
@given(some_columns(max_size=3, max_levels=3), networks.seeds, st.integers(0, 3), st.booleans(), st.booleans())
def test_rules_of_one_layer_meet(columns, seed, n_units, short, everywhere):
    rng, table = np.random.default_rng(seed), random_table(columns, seed)
    form = network(rng, len(features_of(columns)), n_units, deep=False, short=short)
    rules = extract_rules(form, None if everywhere else as_domain(table, columns), columns=columns, x=table)
    formula = formula_of(replace(rules, form=None), None)
    x = feature_rows(columns, table)
    y = rules.predict(x)
    np.testing.assert_allclose(formula.predict(columns, x), y, rtol=1e-9, atol=1e-9 * (1 + np.abs(y).max()))
    event(f"{len(formula.bends)} bends")


@given(networks.seeds, st.integers(2, 3), st.booleans())
def test_rules_of_two_layers_have_a_right_formula_or_none(seed, n_units, short):
    rng, columns = np.random.default_rng(seed), (Column("x"), Column("y"))
    rules = extract_rules(network(rng, 2, n_units, deep=True, short=short), columns=columns)
    formula = formula_of(replace(rules, form=None), None)
    event(f"formula: {formula is not None}")
    if formula is not None:
        x = rng.normal(size=(60, 2))
        y = rules.predict(x)
        np.testing.assert_allclose(formula.predict(columns, x), y, rtol=1e-9, atol=1e-9 * (1 + np.abs(y).max()))


def tent(at_zero, inside=0.0):
    """`-|x|`, whose peak belongs to one of the sides."""
    left = Rule((Condition([1.0], inside, nonnegative=False),), AffineMap([[1.0]], [0.0]))
    right = Rule((Condition([1.0], inside, nonnegative=True),), AffineMap([[-1.0]], [0.0]))
    if at_zero == "left":
        left = replace(left, conditions=(Condition([-1.0], -inside, nonnegative=True),))
        right = replace(right, conditions=(Condition([-1.0], -inside, nonnegative=False),))
    return RuleSystem((left, right), ("x",), ("y",))


@pytest.mark.parametrize("owner", ["left", "right"])
@pytest.mark.parametrize("base", ["first", "last"])
def test_a_row_on_a_bend_is_on_the_side_of_its_rule(owner, base):
    system = tent(owner)
    if base == "last":
        system = replace(system, rules=system.rules[::-1])
    formula = formula_of(system, None)
    x = np.array([[-1.0], [0.0], [1.0]])
    holds = Cells(system.columns, x, formula.bends).bends_hold[0]
    of_base = system.rules[1 if base == "last" else 0].covers(x)
    # The bend holds in one rule, and not in the other.
    np.testing.assert_array_equal(holds, ~of_base if holds[0] != of_base[0] else of_base)
    assert holds[1] == holds[0 if owner == "left" else 2]


def test_of_equally_short_formulas_no_bend_is_turned():
    _, strict = meeting_form(tent("right"))
    assert not strict.any()


def test_the_base_is_the_rule_that_leaves_the_fewest_numbers():
    flat = Rule((Condition([1.0], -3.0, nonnegative=True),), AffineMap([[0.0]], [0.0]))
    steep = Rule((Condition([1.0], -3.0, nonnegative=False),), AffineMap([[0.7]], [-2.1]))
    form, strict = meeting_form(RuleSystem((steep, flat), ("x",), ("y",)))
    np.testing.assert_array_equal(form.weights, [[-1.0, 0.0, 3.0], [0.0, -0.7, 0.0]])
    assert strict.all()


def test_rules_that_jump_do_not_meet():
    system = tent("right")
    assert meeting_form(system) is not None
    moved = replace(system.rules[1], outputs=AffineMap([[-1.0]], [1e-6]))
    assert meeting_form(replace(system, rules=(system.rules[0], moved))) is None


def test_a_bend_that_changes_less_elsewhere_has_no_single_weight():
    """Right of the y axis the function bends at the x axis by 1, left of it by 2."""
    corners = [(False, False, 0.0), (False, True, 2.0), (True, False, 0.0), (True, True, 1.0)]
    rules = tuple(
        Rule((Condition([1.0, 0.0], 0.0, a), Condition([0.0, 1.0], 0.0, b)), AffineMap([[0.0, slope]], [0.0]))
        for a, b, slope in corners
    )
    assert meeting_form(RuleSystem(rules, ("x", "y"), ("z",))) is None
