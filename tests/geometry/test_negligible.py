"""What is called negligible changes no output by more than rounding errors."""

import networks
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.domains.box import Box
from prelu_rules.geometry.negligible import negligible, sensitivity
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.tolerances import CANCELLED


@given(networks.seeds, st.integers(1, 3))
def test_sensitivity_bounds_what_a_moved_activation_changes(seed, n_inputs):
    form = networks.random_form(seed, (n_inputs, 3, 2, 2))
    x = np.random.default_rng(seed).normal(size=(20, n_inputs))
    allowed = sensitivity(form)
    for unit in range(form.n_units):
        b = form.b.copy()
        # An activation moves by at least as much as its bias, times the smaller of the two slopes.
        b[unit] += 1e-3
        moved = NormalForm(form.A, form.B, b, form.C, form.D, form.e, form.slopes, form.labels)
        most = 1e-3 * max(1.0, abs(form.slopes[unit])) * allowed[:, unit]
        assert (np.abs(moved.predict(x) - form.predict(x)) <= most + 1e-12).all()


@given(networks.seeds, st.sampled_from([1e-9, 1.0, 1e9]))
def test_signs_within_the_bound_do_not_matter(seed, width):
    """Moving each unit's bend by that much moves the outputs by a rounding error."""
    form = networks.random_form(seed, (2, 3, 2, 1))
    domain = Box([-width, -width], [width, width])
    bound = negligible(form, domain)
    x = np.random.default_rng(seed).uniform(-width, width, (50, 2))
    size = np.abs(form.predict(x)).max() + np.abs(form.e).max() + np.abs(form.C).sum() * width
    terms = size + (np.abs(form.pre_activations(x)) * np.maximum(1, np.abs(form.slopes))).max(axis=0) @ np.abs(form.D[0])
    effect = np.abs(1 - form.slopes) * sensitivity(form)[0]
    used = np.isfinite(bound)
    assert (bound[used] * effect[used] <= CANCELLED * 10 * terms).all()


def test_what_no_output_uses_never_matters():
    form = NormalForm(A=[[1], [1]], B=np.zeros((2, 2)), b=[0, 0], C=[[1]], D=[[0, 1]], e=[0], slopes=[0, 1])
    assert np.isinf(negligible(form, Box([-1], [1]))).all()


def test_every_sign_of_an_exact_network_matters():
    form = networks.random_form(0, (2, 3, 1)).exact()
    assert (negligible(form, None) == 0).all()
