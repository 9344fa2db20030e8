"""Functions by the states of columns, checked row by row."""

from fractions import Fraction

import networks
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from typed_columns import random_rows, random_weights, some_columns

from prelu_rules.columns.column import Column
from prelu_rules.rules.presentation.by_state import Linear, Part, by_state, function_of, joined, substituted
from prelu_rules.rules.presentation.statements import Cells, Letter, Sum, Test, all_hold, states_of

KIND = Column("kind", "category", ("farm", "home", "shop"))


def value(linear, columns, cells):
    return Sum(float(linear.constant), linear.terms(columns)).of(cells)


@given(some_columns(), networks.seeds, st.booleans())
def test_exactly_one_combination_passes_and_tells_the_value(columns, seed, short):
    rng, x = np.random.default_rng(seed), random_rows(columns, seed)
    rows = random_weights(rng, (2, x.shape[1] + 1), short)
    functions = [function_of(columns, row[:-1], row[-1]) for row in rows]
    cells = Cells(columns, x)
    pieces = by_state(columns, functions, most=1000)
    passed = np.array([all_hold(where, cells) for where, _ in pieces])
    assert (passed.sum(axis=0) == 1).all()
    for k, row in enumerate(rows):
        found = sum(p * value(linears[k], columns, cells) for p, (_, linears) in zip(passed, pieces, strict=True))
        np.testing.assert_allclose(found, x @ row[:-1] + row[-1], rtol=1e-12, atol=1e-12)


@given(some_columns(), networks.seeds)
def test_joined_combinations_say_the_same(columns, seed):
    rng, x = np.random.default_rng(seed), random_rows(columns, seed)
    row = random_weights(rng, x.shape[1] + 1, short=True)
    pieces = by_state(columns, [function_of(columns, row[:-1], row[-1])], most=1000)
    cells, fewer = Cells(columns, x), joined(pieces)
    assert len(fewer) <= len(pieces)
    passed = np.array([all_hold(where, cells) for where, _ in fewer])
    assert (passed.sum(axis=0) == 1).all()
    for where, (linear,) in fewer:
        inside = all_hold(where, cells)
        np.testing.assert_allclose(value(linear, columns, cells)[inside], x[inside] @ row[:-1] + row[-1], atol=1e-12)


def test_states_of_equal_weight_are_one():
    ((first, _), (second, (shop,))) = by_state([KIND], [function_of([KIND], [2.0, 2.0, 5.0], 1.0)])
    assert [state.level for state in first[0].states] == ["farm", "home"]
    assert [state.level for state in second[0].states] == ["shop"]
    assert shop == Linear(Fraction(6))


def test_a_category_of_equal_weights_makes_no_difference():
    assert by_state([KIND], [function_of([KIND], [2.0, 2.0, 2.0], 1.0)]) == [((), (Linear(Fraction(3)),))]


def test_two_functions_are_told_apart_by_the_states_of_either():
    both = [function_of([KIND], [2.0, 2.0, 5.0], 1.0), function_of([KIND], [0.0, 1.0, 1.0], 0.0)]
    assert len(by_state([KIND], both)) == 3
    assert len(by_state([KIND], both[:1])) == 2


def test_more_combinations_than_are_of_use():
    columns = [Column(f"c{k}", "yes/no") for k in range(5)]
    cost = function_of(columns, [1.0, 2.0, 4.0, 8.0, 16.0], 0.0)
    assert by_state(columns, [cost]) is None
    assert len(by_state(columns, [cost], most=32)) == 32
    assert len(by_state(columns, [function_of(columns, [1.0, 2.0, 4.0, 8.0, 0.0], 0.0)])) == 16


def test_pieces_that_differ_in_two_columns_stay_apart():
    columns = [Column("a", "yes/no"), Column("b", "yes/no")]
    tests = [[Test(c, (state,)) for state in states_of(c)] for c in columns]
    corners = [((tests[0][k], tests[1][k]), "same") for k in (0, 1)]
    assert joined(corners) == corners


def test_what_stands_for_a_bend_counts_where_both_tests_pass():
    farm, home, shop = KIND.features
    outer = (Part((Test(KIND, (farm, home)),), Linear(weights={Letter(0): Fraction(2)})),)
    inner = (Part((Test(KIND, (home, shop)),), Linear(Fraction(5))), Part((Test(KIND, (shop,)),), Linear(Fraction(7))))
    assert substituted([KIND], outer, {Letter(0): inner}) == (Part((Test(KIND, (home,)),), Linear(Fraction(10))),)
    assert substituted([KIND], outer, {Letter(1): inner}) == outer


def test_numbers_add_up_as_people_add_them():
    total = function_of([Column("a"), Column("b")], [0.1, 1 / 3], 0.2, bends=[0.0, 0.7])[0].linear
    other = function_of([Column("a"), Column("b")], [0.2, 2 / 3], 0.1)[0].linear
    assert total.plus(other) == Linear(
        Fraction(3, 10), {"a": Fraction(3, 10), "b": Fraction(1), Letter(1): Fraction(7, 10)}
    )
    assert total.times(Fraction(0)) == Linear()
