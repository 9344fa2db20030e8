"""Networks without their stable units against the networks themselves."""

import networks
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from reference_networks import reference_network

from prelu_rules.domains.box import Box
from prelu_rules.domains.frame import Frame
from prelu_rules.geometry import stable
from prelu_rules.geometry.propagation import bounds_on
from prelu_rules.geometry.stable import reduction
from prelu_rules.network.normal_form import NormalForm


def reduced(form, frame):
    *_, last = reduction(form, frame)
    return last


@given(networks.seeds, networks.widths, st.sampled_from([1e-3, 0.1, 1.0, 10.0]))
def test_it_is_the_same_function_on_the_domain(seed, widths, width):
    form, rng = networks.random_form(seed, widths), np.random.default_rng(seed)
    centre = rng.normal(size=form.n_inputs)
    box = Box(centre - width, centre + width)
    smaller = reduced(form, Frame.of_box(box))
    x = rng.uniform(box.lower, box.upper, (200, form.n_inputs))
    y = form.predict(x)
    np.testing.assert_allclose(smaller.form.predict(x), y, rtol=1e-9, atol=1e-9 * (1 + np.abs(y).max()))
    is_stable = np.ones(form.n_units, dtype=bool)
    is_stable[smaller.open_units] = False
    pattern = form.pattern(x)
    np.testing.assert_array_equal(pattern[:, is_stable], np.repeat(smaller.signs[None, is_stable], 200, axis=0))
    assert smaller.form.labels == tuple(form.labels[unit] for unit in smaller.open_units)


def test_in_a_small_box_most_units_are_stable():
    form, centre = reference_network(784, (64, 64)), np.random.default_rng(0).uniform(0, 1, 784)
    box = Box(centre - 5e-4, centre + 5e-4)
    n_open = len(reduced(form, Frame.of_box(box)).open_units)
    bounds = bounds_on(form, box)
    # As many as by linear propagation, which is slower, or almost.
    assert n_open <= ((bounds.lower < 0) & (bounds.upper >= 0)).sum() + 3 < 12


def test_many_open_units_take_more_columns():
    form = reference_network(3, (30, 30))
    assert len(reduced(form, Frame.of_box(Box([-1, -1, -1], [1, 1, 1]))).open_units) > 40


def test_a_unit_that_is_always_0_is_stable_and_not_negative():
    form = NormalForm([[0.0], [0.0]], np.zeros((2, 2)), [0.0, -1e-30], [[1.0]], [[1.0, 1.0]], [0.0], [0.0, 0.5])
    smaller = reduced(form, Frame.of_box(Box([-1], [1])))
    assert smaller.signs.tolist() == [True, False] and smaller.form.n_units == 0
    assert smaller.form.e.tolist() == [-5e-31]


def test_without_bounds_all_are_open():
    form = reference_network(2, (4,))
    assert reduced(form, Frame.of_everything(2)).form is form


def test_the_caller_can_look_at_the_clock(monkeypatch):
    monkeypatch.setattr(stable, "WORK", 0)
    steps = list(reduction(reference_network(3, (4, 4, 4)), Frame.of_box(Box([-1] * 3, [1] * 3))))
    assert steps[:-1] == [None, None] and steps[-1] is not None
