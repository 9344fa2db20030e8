import numpy as np
import pytest
from refine_networks import random_form, random_system

from prelu_rules.network.compact import CompactForm
from prelu_rules.network.normal_form import NormalForm


@pytest.mark.parametrize("seed", range(10))
def test_a_system_is_the_function_of_its_form(seed):
    rng = np.random.default_rng(seed)
    form = random_form(rng, n_outputs=2)
    x = rng.normal(size=(50, 3)) * 3
    system = CompactForm.of(form)
    np.testing.assert_allclose(system.predict(x), form.predict(x), atol=1e-12)
    np.testing.assert_allclose(system.form.predict(x), form.predict(x), atol=1e-12)
    np.testing.assert_allclose(system.scaled().predict(x), form.predict(x), atol=1e-12)
    np.testing.assert_allclose(system.with_free(system.free).predict(x), form.predict(x), atol=1e-12)


@pytest.mark.parametrize("always", [False, True])
@pytest.mark.parametrize("unit", range(4))
def test_without_a_unit_it_is_one_of_its_sides(unit, always):
    rng = np.random.default_rng(unit)
    system = random_system(rng)
    smaller = system.without(unit, always)
    # The slow twin: the normal form's own elimination.
    twin = system.form.eliminate([unit], 1.0 if always else 0.0)
    x = rng.normal(size=(50, 3))
    np.testing.assert_allclose(smaller.predict(x), twin.predict(x), atol=1e-12)
    assert smaller.n_units == 3


def test_weights_off_the_support_are_zero():
    rng = np.random.default_rng(0)
    system = random_system(rng)
    support = system.support & (rng.uniform(size=system.support.shape) < 0.5)
    sparse = system.with_support(support)
    assert not sparse.weights[~support].any()
    assert sparse.n_numbers == np.count_nonzero(sparse.weights) <= support.sum()
    assert sparse.with_free(np.ones(support.sum())).n_numbers == support.sum()


def test_a_unit_without_weights_is_not_scaled():
    weights = np.array([[1e-200, 0.0, 0.5], [1.0, 2.0, 0.0]])
    system = CompactForm(weights, np.array([[1, 0, 1], [1, 1, 1]], dtype=bool), 1)
    np.testing.assert_array_equal(system.scaled().weights, weights)


def test_a_unit_joins_behind_the_others():
    rng = np.random.default_rng(0)
    system, weights, uses = random_system(rng, n_outputs=2), rng.normal(size=8), rng.normal(size=2)
    x = rng.normal(size=(20, 3))
    unit = np.maximum(system.features(x) @ weights, 0)
    larger = system.with_unit(weights, uses)
    np.testing.assert_allclose(larger.predict(x), system.predict(x) + unit[:, None] * uses)
    # Taken out on its silent side, it leaves what was there.
    assert larger.without(4, always=False) == system


def test_shallow_units_use_the_inputs_only():
    rng = np.random.default_rng(0)
    system = random_system(rng, n_outputs=2)
    shallow = system.shallow()
    assert {label.level for label in system.form.labels} != {1} == {label.level for label in shallow.form.labels}
    # The slow twin: the form without what is between units.
    form = system.form
    twin = NormalForm(form.A, np.zeros((4, 4)), form.b, form.C, form.D, form.e, form.slopes)
    x = rng.normal(size=(50, 3))
    np.testing.assert_allclose(shallow.predict(x), twin.predict(x), atol=1e-12)
    assert shallow.support.sum() == system.support.sum() - 6
    assert shallow.shallow() == shallow


def test_levels_say_what_units_use():
    weights = np.zeros((4, 5))
    weights[:, 0], weights[2, 1], weights[3, 2] = 1, 1, 1
    system = CompactForm(weights, weights != 0, 1)
    assert system.n_units == 3
    assert system.form.labels == ((1, 1), (1, 2), (2, 1))


def test_what_is_not_free_stays_so_when_units_come_and_go():
    system = random_system(np.random.default_rng(0))
    support = system.support.copy()
    support[0, 1] = support[2, 3] = support[4, 2] = support[0, -1] = support[4, -1] = False
    sparse = system.with_support(support)
    larger = sparse.with_unit(np.ones(8), np.ones(1))
    np.testing.assert_array_equal(np.delete(np.delete(larger.support, 4, axis=0), 7, axis=1), support)
    assert larger.support[4].tolist() == [True] * 7 + [False, True] and larger.support[5, 7]
    smaller = sparse.without(0, always=False)
    np.testing.assert_array_equal(smaller.support, np.delete(np.delete(support, 0, axis=0), 3, axis=1))
    # Unit 1 uses unit 0, and inherits the use of column 0 from it, but not of column 1, which neither uses.
    support[1, :2] = False
    kept = system.with_support(support).without(0, always=True)
    assert not kept.support[0, 1] and kept.support[0, 0]
