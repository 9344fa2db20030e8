import networks
import numpy as np
from hypothesis import given

from prelu_rules.normal_form import NormalForm
from prelu_rules.rules.compact import compact_form, rounded_compact_form
from prelu_rules.rules.precision import Precision


def numbers(form):
    return sum(int(np.count_nonzero(a)) for a in (form.A, form.B, form.b, form.C, form.D, form.e))


@given(networks.seeds, networks.widths)
def test_the_compact_form_is_the_network(seed, widths):
    form = networks.random_form(seed, widths)
    small = compact_form(form)
    assert (small.slopes == 0).all()
    x = np.random.default_rng(seed).normal(size=(20, widths[0]))
    size = 1 + max(np.abs(f.pre_activations(x)).max(initial=0) * np.abs(f.D).max(initial=1) for f in (form, small))
    np.testing.assert_allclose(small.evaluate(x), form.evaluate(x), rtol=0, atol=1e-9 * size)


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


def test_rounding_leaves_no_unit_that_only_zeros_use():
    form = NormalForm(A=[[1], [1]], B=np.zeros((2, 2)), b=[0, -0.5], C=[[0]], D=[[1, 1e-9]], e=[0], slopes=[0, 0])
    assert rounded_compact_form(form, Precision(3, [1.0], [1.0])).n_units == 1
