from dataclasses import replace
from itertools import pairwise

import networks
import numpy as np
from formulas import run_formulas
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.network.compact import CompactForm
from prelu_rules.network.fewest_numbers import compact_form, turned_compact_form
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.network.precision import Precision
from prelu_rules.rules.extraction import extract_rules


def numbers(form):
    return sum(int(np.count_nonzero(a)) for a in (form.A, form.B, form.b, form.C, form.D, form.e))


@given(networks.seeds, networks.widths)
def test_the_compact_form_is_the_network(seed, widths):
    form = networks.random_form(seed, widths)
    small = compact_form(form)
    assert (small.slopes == 0).all()
    x = np.random.default_rng(seed).normal(size=(20, widths[0]))
    size = 1 + max(np.abs(f.pre_activations(x)).max(initial=0) * np.abs(f.D).max(initial=1) for f in (form, small))
    np.testing.assert_allclose(small.predict(x), form.predict(x), rtol=0, atol=1e-9 * size)


@given(networks.seeds, networks.widths)
def test_each_bend_is_divided_by_its_largest_weight(seed, widths):
    small = compact_form(networks.random_form(seed, widths, slopes=(0.25, 0.9)))
    np.testing.assert_allclose(np.abs(small.A).max(axis=1), 1)


def test_a_unit_is_turned_to_the_side_with_fewer_numbers():
    # |x1| + x1 - x2 written the long way round.
    form = NormalForm(A=[[-2, 0]], B=[[0]], b=[0], C=[[2, -1]], D=[[1]], e=[0], slopes=[0])
    small = compact_form(form)
    assert (small.A.tolist(), small.C.tolist(), small.D.tolist()) == ([[1, 0]], [[0, -1]], [[2]])
    assert numbers(small) == 3 < numbers(form) == 4


def with_bends_written_out(form):
    """The same function with `a z + (1 - a) max(0, z)` for each unit, and no side chosen."""
    d, k = form.n_inputs, form.n_units
    z = np.hstack([form.A, np.zeros((k, k)), form.b[:, None]])
    y = np.hstack([form.C, np.zeros((form.n_outputs, k)), form.e[:, None]])
    for unit, slope in enumerate(form.slopes):
        activation = slope * z[unit] + (1 - slope) * np.eye(d + k + 1)[d + unit]
        z += np.outer(form.B[:, unit], activation)
        y += np.outer(form.D[:, unit], activation)
    return NormalForm(z[:, :d], z[:, d:-1], z[:, -1], y[:, :d], y[:, d:-1], y[:, -1], np.zeros(k))


@given(networks.seeds, networks.widths)
def test_turning_never_adds_numbers(seed, widths):
    # Small whole weights cancel often, so that the side matters.
    rng = np.random.default_rng(seed)
    kernels = [rng.integers(-1, 2, shape) for shape in pairwise(widths)]
    biases = [rng.integers(-1, 2, width) for width in widths[1:]]
    form = NormalForm.from_layers(kernels, biases, [rng.choice([0.0, 0.5], width) for width in widths[1:-1]])
    written_out = with_bends_written_out(form)
    x = rng.normal(size=(5, widths[0]))
    np.testing.assert_allclose(written_out.predict(x), form.predict(x), rtol=1e-9, atol=1e-9)
    assert numbers(compact_form(form)) <= numbers(written_out)


@given(networks.seeds, networks.widths.filter(lambda widths: sum(widths[1:-1]) <= 4), st.integers(1, 6))
def test_the_rounded_form_is_what_is_printed(seed, widths, digits):
    form = networks.random_form(seed, widths, slopes=(0.0, 0.3))
    precision = Precision(digits, np.ones(widths[0]), np.ones(widths[-1]))
    rules = replace(extract_rules(form), precision=precision)
    x = np.random.default_rng(seed).normal(size=(10, widths[0]))
    printed = run_formulas(rules.export("compact"), x)
    np.testing.assert_allclose(
        printed, CompactForm.of(form, precision).rounded(precision).form.predict(x), rtol=1e-12, atol=1e-12
    )


def test_units_that_nothing_depends_on_vanish():
    form = NormalForm(
        A=[[1], [1], [1]],
        B=[[0, 0, 0], [1, 0, 0], [0, 1, 0]],
        b=[0, 1, 2],
        C=[[1]],
        D=[[1, 0, 0]],
        e=[0],
        slopes=[0.5, 0.5, 0.5],
    )
    assert compact_form(form).labels == form.labels[:1]
    # A slope of 1 bends nothing.
    assert compact_form(NormalForm(A=[[1]], B=[[0]], b=[0], C=[[1]], D=[[1]], e=[0], slopes=[1])).n_units == 0


@given(networks.seeds, st.integers(1, 5), st.booleans())
def test_units_of_one_sign_vanish(seed, n_chained, negative):
    # One bend of the input, and units that add up bends, or subtract them.
    rng = np.random.default_rng(seed)
    k = 1 + n_chained
    between = np.tril(rng.integers(0, 3, (k, k)), -1) * 1.0
    constants = np.concatenate([[rng.normal()], rng.integers(0, 2, n_chained)])
    if negative:
        between[-1], constants[-1] = -between[-1], -constants[-1]
    weights = np.zeros((k, 2))
    weights[0] = rng.normal(size=2)
    form = NormalForm(weights, between, constants, [[1.0, 0]], rng.normal(size=(1, k)), [0.5], np.zeros(k))
    small = compact_form(form)
    assert small.n_units <= 1
    x = rng.normal(size=(30, 2))
    np.testing.assert_allclose(small.predict(x), form.predict(x), rtol=1e-9, atol=1e-9)


def test_units_that_add_and_subtract_bends_stay():
    form = NormalForm(
        A=[[1], [0], [0]],
        B=[[0, 0, 0], [1, 0, 0], [2, 0, 0]],
        b=[0, -1, 0],
        C=[[0]],
        D=[[0, 1, 1]],
        e=[0],
        slopes=[0, 0, 0],
    )
    small = compact_form(form)
    # max(0, max(0, x) - 1) bends once more; max(0, 2 max(0, x)) does not.
    assert (small.n_units, small.D.tolist()) == (2, [[2, 1]])


def test_rounding_leaves_no_unit_that_only_zeros_use():
    form = NormalForm(A=[[1], [1]], B=np.zeros((2, 2)), b=[0, -0.5], C=[[0]], D=[[1, 1e-9]], e=[0], slopes=[0, 0])
    precision = Precision(3, [1.0], [1.0])
    assert CompactForm.of(form, precision).rounded(precision).n_units == 1


@given(networks.seeds, networks.widths)
def test_it_is_known_which_units_are_turned(seed, widths):
    """Where a unit of the compact form is above 0, the network's is below 0 if it is turned, and above 0 if not."""
    form = networks.random_form(seed, widths, slopes=(0.0, 0.25, -0.5, 1.5))
    compact, turned = turned_compact_form(form)
    assert len(turned) == compact.n_units
    x = np.random.default_rng(seed).normal(size=(20, widths[0]))
    original = dict(zip(form.labels, form.pre_activations(x).T, strict=True))
    for label, z, is_turned in zip(compact.labels, compact.pre_activations(x).T, turned, strict=True):
        clear = np.abs(original[label]) > 1e-9
        np.testing.assert_array_equal(z[clear] > 0, (original[label][clear] > 0) != is_turned)
