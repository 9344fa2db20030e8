"""Functions that are corrected, against those that are computed anew."""

import networks
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.geometry.patterns import pre_activations_on
from prelu_rules.geometry.planar.layer_functions import FRESH, layer_functions, update


def all_of(functions, signs):
    return [update(functions, signs, block) for block in range(len(functions.age))]


@given(networks.seeds, st.lists(st.integers(1, 5), min_size=1, max_size=4), st.integers(1, 2 * FRESH))
def test_after_any_number_of_corrections(seed, widths, steps):
    form = networks.random_form(seed, (3, *widths, 2))
    rng = np.random.default_rng(seed)
    functions = layer_functions(form)
    signs = rng.random(form.n_units) < 0.5
    all_of(functions, signs)
    for _ in range(steps):
        signs = signs ^ (rng.random(form.n_units) < 0.2)
        all_of(functions, signs)
    outputs = form.affine_on(signs)[1]
    expected = np.vstack([pre_activations_on(form, signs), np.column_stack([outputs.coef, outputs.intercept])])
    np.testing.assert_allclose(functions.values.T, expected, atol=1e-11 * np.abs(functions.largest).max())


def test_nothing_is_done_where_no_sign_changed():
    form = networks.random_form(0, (2, 3, 4, 1), slopes=(0.5,))
    functions, signs = layer_functions(form), np.zeros(7, dtype=bool)
    assert all_of(functions, signs) == [0, 3, 4]
    assert all_of(functions, signs) == [0, 0, 0]
    signs[4:] = True
    assert all_of(functions, signs) == [0, 0, 3]


def test_what_cancels_is_exactly_zero_after_a_correction_too():
    form = networks.cancelling_form()
    functions = layer_functions(form)
    for signs in ([True, True, True], [False, True, True], [False, False, True]):
        all_of(functions, np.array(signs))
    assert functions.values[:, 2].tolist() == [0, 0, 0]


def test_weights_that_overflow_are_still_right():
    form = networks.random_form(0, (2, 2, 2, 2, 1))
    huge = form.__class__(
        A=form.A * 1e200, B=form.B, b=form.b, C=form.C, D=form.D * 1e200, e=form.e, slopes=form.slopes, labels=()
    )
    functions = layer_functions(huge)
    all_of(functions, np.ones(6, dtype=bool))
    assert np.isinf(functions.largest[:, -1]).any()
    np.testing.assert_allclose(
        functions.values[:, :6].T, pre_activations_on(huge, np.ones(6, dtype=bool)), rtol=1e-12, atol=1e190
    )
