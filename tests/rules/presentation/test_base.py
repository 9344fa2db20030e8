"""The reference that leaves the fewest numbers, and sums that say the same."""

from fractions import Fraction

import networks
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typed_columns import random_rows, random_weights, some_columns

from prelu_rules.columns.column import Column
from prelu_rules.rules.presentation.base import base_and_adjustments
from prelu_rules.rules.presentation.by_state import Linear, Part, function_of
from prelu_rules.rules.presentation.length import numbers_of_sum
from prelu_rules.rules.presentation.statements import Cells, Letter, Term, Test, all_hold, states_of

SMOKER = Column("smoker", "yes/no")
AGE = Column("age", missing=True)
KIND = Column("kind", "category", ("farm", "home", "shop"))


def as_is(linear):
    return linear


@given(some_columns(), networks.seeds)
def test_it_is_the_function(columns, seed):
    rng, x = np.random.default_rng(seed), random_rows(columns, seed)
    row = random_weights(rng, x.shape[1] + 1, short=True)
    total = base_and_adjustments(columns, function_of(columns, row[:-1], row[-1]), as_is)
    np.testing.assert_allclose(total.of(Cells(columns, x)), x @ row[:-1] + row[-1], atol=1e-12)
    assert all(len(term.where) <= 1 and term.weight != 0 for term in total.terms)


@given(some_columns(), networks.seeds)
def test_parts_with_any_tests(columns, seed):
    rng, cells = np.random.default_rng(seed), Cells(columns, random_rows(columns, seed))
    parts = []
    for _ in range(4):
        tests = [
            Test(column, tuple(s for s, keep in zip(states_of(column), chosen, strict=True) if keep))
            for column in columns
            if 0 < (chosen := rng.integers(0, 2, len(states_of(column)))).sum() < len(chosen) and rng.random() < 0.6
        ]
        names = {name: Fraction(int(rng.integers(1, 4))) for name in cells.numbers if rng.random() < 0.5}
        parts.append(Part(tuple(tests), Linear(Fraction(int(rng.integers(-2, 3))), names)))
    total = base_and_adjustments(columns, tuple(parts), as_is)
    wanted = np.zeros(cells.n_rows)
    for where, linear in parts:
        value = sum((float(w) * cells.value(of) for of, w in linear.weights.items()), float(linear.constant))
        wanted += all_hold(where, cells) * value
    np.testing.assert_allclose(total.of(cells), wanted, atol=1e-12)


@given(st.lists(st.integers(-2, 2), min_size=2, max_size=6), st.integers(-2, 2))
def test_no_other_reference_leaves_fewer_numbers(effects, constant):
    levels = Column("level", "category", tuple("abcdef"[: len(effects)]))
    total = base_and_adjustments([levels], function_of([levels], effects, constant), as_is)
    others = [
        (constant + reference != 0) + len({effect - reference for effect in effects} - {0}) for reference in effects
    ]
    assert numbers_of_sum(total) == min(others)


@pytest.mark.parametrize(("constant", "effect"), [(0.0, 2.0), (0.0, -7.0), (3.0, 2.0)])
def test_no_and_there_are_references(constant, effect):
    for column, row in ((SMOKER, [effect]), (AGE, [0.5, effect])):
        total = base_and_adjustments([column], function_of([column], row, constant), as_is)
        assert total.constant == constant
        assert Term(effect, None, (Test(column, (column.features[-1],)),)) in total.terms


def test_what_holds_for_no_is_counted_always():
    total = base_and_adjustments(
        [SMOKER], (Part((), Linear(Fraction(3))), Part((Test(SMOKER, (None,)),), Linear(Fraction(5)))), as_is
    )
    assert (total.constant, total.terms) == (8.0, (Term(-5.0, None, (Test(SMOKER, SMOKER.features),)),))


def test_a_number_less_goes_before_the_usual_reference():
    total = base_and_adjustments([SMOKER], function_of([SMOKER], [-3.0], 3.0), as_is)
    assert (total.constant, total.terms) == (0.0, (Term(3.0, None, (Test(SMOKER, (None,)),)),))


def test_the_reference_is_what_most_levels_do():
    total = base_and_adjustments([KIND], function_of([KIND], [0.0, 15.0, 15.0], 10.0), as_is)
    assert (total.constant, total.terms) == (25.0, (Term(-15.0, None, (Test(KIND, (KIND.features[0],)),)),))


def test_a_number_is_not_asked_whether_it_is_there():
    there = (Test(AGE, (None,)),)
    total = base_and_adjustments([AGE], (Part(there, Linear(Fraction(0), {"age": Fraction(2)})),), as_is)
    assert total.terms == (Term(2.0, "age"),)


def test_slopes_have_references_too():
    parts = [
        Part((Test(KIND, (state,)),), Linear(Fraction(0), {"kwh": Fraction(w)}))
        for state, w in zip(KIND.features, (4, 5, 5), strict=True)
    ]
    total = base_and_adjustments([Column("kwh"), KIND], tuple(parts), as_is)
    assert total.terms == (Term(5.0, "kwh"), Term(-1.0, "kwh", (Test(KIND, (KIND.features[0],)),)))


def test_bends_come_last():
    linear = Linear(Fraction(1), {Letter(0): Fraction(2), "age": Fraction(3)})
    total = base_and_adjustments(
        [AGE, SMOKER], (Part((), linear), Part((Test(SMOKER, (None,)),), Linear(Fraction(5)))), as_is
    )
    assert [term.of for term in total.terms] == ["age", None, Letter(0)]
