"""What a network is trained on of categories: no redundant input, and the same function afterwards."""

import networks
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typed_columns import random_rows, some_columns

from prelu_rules.columns.column import Column
from prelu_rules.columns.contrasts import REFERENCE, Contrasts
from prelu_rules.columns.substitutes import is_rare
from prelu_rules.domains.as_domain import domain_of_inputs, domain_of_rows

KIND = Column("kind", "category", ("farm", "home", "inn", "pub", "shop"))
SMOKER = Column("smoker", "yes/no", missing=True)


def rows_of(column, *counts):
    """Encoded rows, so many of each state; the first state of yes and no has no feature."""
    n_features = len(column.features)
    states = np.vstack([np.zeros(n_features), np.eye(n_features)]) if column.kind == "yes/no" else np.eye(n_features)
    return np.repeat(states, counts, axis=0)


def places(column, *counts):
    x = rows_of(column, *counts)
    return Contrasts.of_rows([column], x, np.ones(len(x))).places.tolist()


def test_the_most_frequent_level_is_the_reference_and_rare_ones_share_an_input():
    assert places(KIND, 300, 400, 100, 100, 100) == [0, REFERENCE, 1, 2, 3]
    assert places(KIND, 300, 400, 4, 100, 3) == [0, REFERENCE, 1, 2, 1]
    assert places(KIND, 300, 400, 2, 100, 2) == [0, REFERENCE, REFERENCE, 1, REFERENCE]
    # The first of two that are equally frequent.
    assert places(Column("sex", "category", ("f", "m")), 50, 50) == [REFERENCE, 0]
    assert places(Column("sex", "category", ("f", "m"), missing=True), 50, 49, 1) == [REFERENCE, 0, REFERENCE]


def test_of_yes_and_no_the_reference_is_no_and_what_is_rare_counts_as_the_more_frequent():
    assert places(SMOKER, 500, 400, 100) == [0, 1]
    assert places(SMOKER, 500, 400, 1) == [0, REFERENCE]
    assert places(SMOKER, 400, 500, 1) == [0, 0]
    # The first keeps its input where nothing would be left.
    assert places(SMOKER, 500, 1, 1) == [0, 1]


def test_few_levels_of_small_tables_are_not_rare():
    assert places(KIND, 4, 5, 1, 1, 1) == [0, REFERENCE, 1, 2, 3]
    assert not is_rare(1, 20) and is_rare(1, 21) and is_rare(99, 100_000) and not is_rare(100, 100_000)


@given(some_columns(), st.integers(0, 99), st.integers(2, 5))
def test_weights_count_as_rows_whatever_their_unit_and_order(columns, seed, times):
    x = random_rows(columns, seed, 60)
    rng = np.random.default_rng(seed)
    weights, order = rng.integers(1, 4, len(x)).astype(float), rng.permutation(len(x))
    weights[0] = 1
    found = Contrasts.of_rows(columns, x, weights)
    copies = np.repeat(x, weights.astype(int), axis=0)
    assert found == Contrasts.of_rows(columns, copies, np.ones(len(copies)))
    assert found == Contrasts.of_rows(columns, x[order], weights[order] * times / 3)


@given(some_columns(), st.integers(0, 99))
def test_inputs_of_indicators_are_fewer_than_states_and_the_function_stays_the_same(columns, seed):
    x = random_rows(columns, seed)
    contrasts = Contrasts.of_rows(columns, x, np.ones(len(x)))
    seen, start = contrasts.inputs(x), 0
    for column in columns:
        stop = start + len(column.features)
        mine = set(contrasts.places[start:stop].tolist()) - {REFERENCE}
        if column.kind == "category" and contrasts.n_inputs < len(contrasts.places):
            assert len(mine) < max(2, len(column.features))
        start = stop
    form = networks.random_form(seed, (contrasts.n_inputs, 3, 2, 1))
    np.testing.assert_allclose(contrasts.unfolded(form).predict(x), form.predict(seen), rtol=1e-12, atol=1e-12)
    # Exactly what a loop adds up.
    twin = np.zeros_like(seen)
    for row, cells in enumerate(x):
        for place, value in zip(contrasts.places, cells, strict=True):
            if place >= 0:
                twin[row, place] += value
    np.testing.assert_array_equal(seen, twin)


@given(some_columns(), st.integers(0, 99))
def test_the_domain_of_inputs_is_the_image_of_that_of_rows(columns, seed):
    x = random_rows(columns, seed)
    contrasts = Contrasts.of_rows(columns, x, np.ones(len(x)))
    whole = domain_of_rows(columns, x)
    domain = domain_of_inputs(whole, contrasts, contrasts.inputs(x))
    shares = np.random.default_rng(seed).dirichlet(np.full(len(x), 0.2), 50)
    # Sums of shares of a constant are only about that constant.
    assert domain.contains(np.clip(contrasts.inputs(shares @ x), domain.lower, domain.upper)).all()
    levels = [k for k, place in enumerate(contrasts.places) if place >= 0 and columns[0].kind == "category"]
    mine = [k for k in levels if k < len(columns[0].features)]
    if len({contrasts.places[k] for k in mine}) > 1:
        # No row has two levels.
        two = contrasts.inputs(x[:1] * 0 + x[0])
        two[:, list({contrasts.places[k] for k in mine})] = 1.0
        assert not domain.contains(two).any()


def test_a_table_that_does_not_vary_keeps_its_inputs():
    only = Column("kind", "category", ("farm",))
    assert Contrasts.of_rows([only], np.ones((20, 1)), np.ones(20)).is_identity


@pytest.mark.parametrize("dtype", [float, object])
def test_weights_of_any_type_are_unfolded(dtype):
    weights = np.array([[1, 2]], dtype=dtype)
    assert Contrasts(np.array([1, -1, 0, 0])).unfolded_rows(weights).tolist() == [[2, 0, 1, 1]]
