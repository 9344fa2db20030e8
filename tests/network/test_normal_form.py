from fractions import Fraction

import networks
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.errors import InvalidValueError, ShapeError
from prelu_rules.network.normal_form import NormalForm, UnitLabel


@given(networks.seeds, networks.widths)
def test_evaluation_is_the_layer_by_layer_forward_pass(seed, widths):
    layers = networks.random_layers(seed, widths)
    form = NormalForm.from_layers(*layers)
    x = np.random.default_rng(seed).normal(size=(5, widths[0]))
    for row, y, z in zip(x, form.predict(x), form.pre_activations(x), strict=True):
        twin_z, twin_y = networks.forward(*layers, row)
        np.testing.assert_allclose(z, twin_z, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(y, twin_y, rtol=1e-9, atol=1e-9)
        np.testing.assert_array_equal(form.predict(row), form.predict(row[None])[0])


@given(networks.seeds, networks.widths, st.data())
def test_elimination_fixes_slopes(seed, widths, data):
    layers = networks.random_layers(seed, widths)
    form = NormalForm.from_layers(*layers)
    units = data.draw(st.permutations(range(form.n_units)))[: data.draw(st.integers(0, form.n_units))]
    fixed, constant = np.random.default_rng(seed).uniform(-1, 2, (2, len(units)))
    at_once = form.eliminate(units, fixed, constant)

    one_by_one, left = form, list(range(form.n_units))
    for unit, slope, offset in zip(units, fixed, constant, strict=True):
        one_by_one = one_by_one.eliminate([left.index(unit)], slope, offset)
        left.remove(unit)
    for name in ("A", "B", "b", "C", "D", "e", "slopes"):
        np.testing.assert_allclose(getattr(at_once, name), getattr(one_by_one, name), rtol=1e-8, atol=1e-8)
    assert at_once.labels == tuple(form.labels[unit] for unit in sorted(left))

    # The twin: units that were fixed are lines.
    def activate(z, unit):
        if unit in units:
            return fixed[units.index(unit)] * z + constant[units.index(unit)]
        return z if z >= 0 else form.slopes[unit] * z

    x = np.random.default_rng(seed + 1).normal(size=widths[0])
    p = np.zeros(form.n_units)
    for unit in range(form.n_units):
        p[unit] = activate(form.A[unit] @ x + form.B[unit] @ p + form.b[unit], unit)
    np.testing.assert_allclose(at_once.predict(x), form.C @ x + form.D @ p + form.e, rtol=1e-8, atol=1e-8)


@given(networks.seeds, networks.widths)
def test_affine_map_on_a_pattern(seed, widths):
    layers = networks.random_layers(seed, widths)
    form = NormalForm.from_layers(*layers)
    rng = np.random.default_rng(seed)
    pattern = rng.random(form.n_units) < 0.5
    z, y = form.affine_on(pattern)
    x = rng.normal(size=widths[0])
    twin_z, twin_y = networks.forward_on(*layers, pattern, x)
    np.testing.assert_allclose(z(x), twin_z, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(y(x), twin_y, rtol=1e-8, atol=1e-8)
    # On its own pattern the map is the network.
    np.testing.assert_allclose(form.affine_on(form.pattern(x))[1](x), form.predict(x), rtol=1e-8, atol=1e-8)


@given(networks.seeds, networks.widths)
def test_exact_form_has_no_rounding(seed, widths):
    kernels, biases, slopes = networks.random_layers(seed, widths)
    form = NormalForm.from_layers(kernels, biases, slopes).exact()
    x = np.array([Fraction(int(v), 7) for v in np.random.default_rng(seed).integers(-9, 9, widths[0])])

    def exact(arrays):
        return [np.vectorize(Fraction, otypes=[object])(array) for array in arrays]

    twin_z, twin_y = networks.forward(exact(kernels), exact(biases), exact(slopes), x)
    assert (form.predict(x) == twin_y).all()
    pattern = form.pattern(x)
    assert (pattern == (twin_z >= 0)).all()
    assert (form.affine_on(pattern)[1](x) == twin_y).all()
    linear = np.flatnonzero(form.slopes == 1)
    assert (form.eliminate(linear, 1).predict(x) == twin_y).all()


def test_zero_is_non_negative():
    form = NormalForm.from_layers([[[1.0]], [[1.0]]], [[0.0], [0.0]], [[0.5]])
    assert form.pattern([[0.0], [-0.0], [-1e-300]])[:, 0].tolist() == [True, True, False]


def test_blocks_are_the_layers():
    form = networks.random_form(0, (2, 3, 1, 4, 1))
    assert [(block.start, block.stop) for block in form.blocks] == [(0, 3), (3, 4), (4, 8)]
    assert form.labels[3] == UnitLabel(level=2, number=1)


def test_a_form_is_a_value():
    form = networks.random_form(0, (2, 3, 1))
    assert form == networks.random_form(0, (2, 3, 1))
    assert form != networks.random_form(1, (2, 3, 1))
    assert form != form.eliminate([0], 1)
    with pytest.raises(ValueError, match="read-only"):
        form.A[0, 0] = 1
    with pytest.raises(TypeError, match="unhashable"):
        hash(form)


FORM = {"A": [[1.0, 2.0]], "B": [[0.0]], "b": [0.0], "C": [[0.0, 0.0]], "D": [[1.0]], "e": [0.0], "slopes": [0.5]}


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"b": [0.0, 1.0]}, ShapeError, r"b has shape \(2,\), but must have shape \(1,\)"),
        ({"D": [[1.0, 2.0]]}, ShapeError, "D has shape"),
        ({"A": [1.0]}, ShapeError, "A has shape"),
        ({"B": [[1.0]]}, InvalidValueError, "B must be strictly lower triangular"),
        ({"A": [[1.0, np.nan]]}, InvalidValueError, r"A holds nan at index \(0, 1\)"),
        ({"slopes": [np.inf]}, InvalidValueError, "slopes holds inf"),
        ({"e": ["one"]}, InvalidValueError, "e must hold numbers"),
        ({"labels": ((1, 1), (1, 2))}, ShapeError, "2 labels for 1 units"),
    ],
)
def test_bad_arrays_are_named(change, error, message):
    with pytest.raises(error, match=message):
        NormalForm(**{**FORM, **change})


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (([[[1.0]]], [], []), "1 kernels, 0 biases and 0 slope vectors"),
        (([[[1.0]], [[1.0], [2.0]]], [[0.0], [0.0]], [[0.5]]), "kernel 1 has shape"),
        (([[[1.0]], [[1.0]]], [[0.0, 1.0], [0.0]], [[0.5]]), "bias 0 has shape"),
        (([[[1.0]], [[1.0]]], [[0.0], [0.0]], [[0.5, 0.5]]), "slope vector 0 has shape"),
    ],
)
def test_layers_that_do_not_fit_are_named(layers, message):
    with pytest.raises(ShapeError, match=message):
        NormalForm.from_layers(*layers)


def test_bad_use_is_named():
    form = NormalForm(**FORM)
    with pytest.raises(ShapeError, match="must have 2 columns"):
        form.predict([[1.0, 2.0, 3.0]])
    with pytest.raises(InvalidValueError, match="the input holds nan"):
        form.predict([[1.0, np.nan]])
    with pytest.raises(InvalidValueError, match=r"units \[0, 0\] must be distinct"):
        form.eliminate([0, 0], 1)
    with pytest.raises(InvalidValueError, match=r"units \[1\]"):
        form.eliminate([1], 1)
    with pytest.raises(InvalidValueError, match="must be integer indices; for a mask, give np.flatnonzero"):
        form.eliminate(form.slopes < 1, 1)
    with pytest.raises(ShapeError, match=r"slopes has shape \(2,\), but there are 1 units"):
        form.eliminate([0], [1, 1])
    with pytest.raises(ShapeError, match="the pattern has shape"):
        form.affine_on([True, False])
