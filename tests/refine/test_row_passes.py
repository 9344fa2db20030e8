from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from refine_networks import random_system, random_task

import prelu_rules.refine.room as room_module
from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.curvature import curvature_by_products, gradient
from prelu_rules.refine.refit import refit, refit_by_products
from prelu_rules.refine.row_passes import RowPasses, from_moments
from prelu_rules.refine.task import Task, objective


@st.composite
def cases(draw):
    """Networks with gaps in their support, dead units and equal columns; rows with weights, some of them 0."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    loss, n_outputs = draw(st.sampled_from([("squared", 1), ("squared", 3), ("logistic", 1)]))
    n_inputs, n_units = draw(st.integers(1, 5)), draw(st.integers(0, 6))
    system = random_system(rng, n_inputs, n_units, n_outputs)
    task = random_task(
        rng, loss, draw(st.integers(1, 70)), n_inputs, n_outputs, draw(st.sampled_from([0.0, 1e-3, 2.0]))
    )
    x = task.x.copy()
    x[:, -1] = x[:, 0] if draw(st.booleans()) else x[:, -1]
    weights = task.weights * (rng.random(len(task)) < draw(st.sampled_from([0.5, 1.0])))
    task = replace(task, x=x, weights=weights)
    system = system.with_support(
        system.support & (rng.random(system.support.shape) < draw(st.sampled_from([0.5, 1.0])))
    )
    if n_units and draw(st.booleans()):
        numbers = system.weights.copy()
        numbers[0, -1] = -100.0
        support = system.support.copy()
        support[0, -1] = True
        system = CompactForm(numbers, support, n_inputs)
    return system, task


@settings(max_examples=150, deadline=None)
@given(cases())
def test_derivatives_are_those_of_jacobian_products(case):
    system, task = case
    passes = RowPasses(system, task)
    assert from_moments(system, task)
    assert passes.objective() == pytest.approx(objective(system, task), rel=1e-12)
    first, second = passes.curvature()
    slow_first, slow_second = curvature_by_products(system, task)
    np.testing.assert_allclose(first, slow_first, atol=1e-10 * (1 + np.abs(slow_first).max(initial=0)))
    np.testing.assert_allclose(second, slow_second, atol=1e-10 * (1 + np.abs(slow_second).max(initial=0)))
    np.testing.assert_allclose(first, gradient(system, task)[1], atol=1e-10 * (1 + np.abs(first).max(initial=0)))


@settings(max_examples=60, deadline=None)
@given(cases())
def test_moments_that_are_kept_are_those_computed_anew(case):
    """Rows change groups from one call to the next, and groups come and go."""
    system, task = case
    passes, rng = RowPasses(system, task), np.random.default_rng(0)
    support = passes.weights != 0
    for size in (0.1, 1.0, 1.0, 0.0, 3.0, 0.1):
        passes.weights += support * rng.normal(size=support.shape) * size
        passes.objective()
        second = np.tril(passes.differentiate()[1])
        fresh = RowPasses(system, task)
        fresh.weights[:] = passes.weights
        fresh.objective()
        expected = np.tril(fresh.differentiate()[1])
        np.testing.assert_allclose(second, expected, atol=1e-10 * (1 + np.abs(expected).max(initial=0)))


@settings(max_examples=60, deadline=None)
@given(cases(), st.integers(0, 4))
def test_steps_are_those_of_the_slow_refit(case, steps):
    system, task = case
    if not system.support.any():
        return
    # Without a penalty, steps along directions that change nothing are arbitrary.
    task = replace(task, ridge=max(task.ridge, 1e-3))
    fast, value = refit(system, task, steps, 1e-9)
    slow, expected = refit_by_products(system, task, steps, 1e-9)
    assert value == pytest.approx(expected, rel=1e-9)
    assert value == pytest.approx(objective(fast, task), rel=1e-12)
    np.testing.assert_array_equal(fast.support, system.support)
    np.testing.assert_allclose(fast.weights, slow.weights, atol=1e-6 * (1 + np.abs(slow.weights).max()))


@pytest.mark.parametrize("most", [1, 200])
@pytest.mark.parametrize("loss", ["squared", "logistic"])
def test_more_groups_than_there_is_room_for(most, loss, monkeypatch):
    monkeypatch.setattr(room_module, "MOST_MOMENTS", most)
    rng = np.random.default_rng(0)
    system, task = random_system(rng, n_units=8), random_task(rng, loss, 100)
    _, expected = refit_by_products(system, task, 5, 0)
    assert refit(system, task, 5, 0)[1] == pytest.approx(expected, rel=1e-9)


def test_more_units_than_bits_in_a_word():
    rng = np.random.default_rng(0)
    system, task = random_system(rng, n_inputs=2, n_units=70), random_task(rng, "squared", 40, 2)
    keep = rng.random(system.support.shape) < 0.1
    system = system.with_support(system.support & keep)
    passes = RowPasses(system, task)
    expected = curvature_by_products(system, task)
    np.testing.assert_allclose(passes.curvature()[1], expected[1], atol=1e-10 * np.abs(expected[1]).max())


def test_a_nearly_perfect_fit_keeps_its_digits():
    rng = np.random.default_rng(3)
    teacher = random_system(rng, n_units=2)
    x = rng.normal(size=(400, 3))
    task = Task(x, teacher.predict(x) + 1000.0, np.full(400, 1 / 400), random_task(rng, "squared").loss, 0.0)
    weights = teacher.weights.copy()
    weights[-1, -1] += 1000.0
    exact = CompactForm(weights, teacher.support, 3)
    fitted, value = refit(exact.with_free(exact.free + rng.normal(size=exact.free.size) * 0.01), task, 100, 1e-9)
    assert value == pytest.approx(objective(fitted, task), rel=1e-6)
    assert value < 1e-16


def test_arrays_of_any_kind_are_compiled_for_once():
    from prelu_rules.refine.second_order import squared_steps

    rng = np.random.default_rng(0)
    system, task = random_system(rng), random_task(rng, "squared")
    expected = refit(system, task)[1]
    before = len(squared_steps.signatures)
    x, y = np.asfortranarray(task.x), task.y.copy()
    x.flags.writeable = y.flags.writeable = False
    for other in (x, x[::1], np.repeat(x, 2, axis=1)[:, ::2]):
        assert refit(system, replace(task, x=other, y=y))[1] == expected
    assert len(squared_steps.signatures) == before == 1


def test_an_overflow_is_infinitely_bad():
    rng = np.random.default_rng(0)
    system, task = random_system(rng), random_task(rng, "squared")
    huge = system.with_free(system.free * 1e200)
    assert RowPasses(huge, task).objective() == np.inf
    assert refit(huge, task, 0)[1] == np.inf
