from dataclasses import replace

import networks
import numpy as np
import pytest
from hypothesis import given

from prelu_rules.errors import ShapeError
from prelu_rules.geometry.difference import difference
from prelu_rules.network.normal_form import NormalForm


@given(networks.seeds, networks.widths)
def test_it_is_the_other_network_less_the_first(seed, widths):
    rng = np.random.default_rng(seed)
    form, stranger = networks.random_form(seed, widths), networks.random_form(seed + 1, widths)
    gone = np.flatnonzero(rng.random(form.n_units) < 0.4)
    x = rng.normal(size=(20, widths[0]))
    for other in (form.eliminate(gone, 0.5, 1.0), stranger):
        parts = difference(form, other)
        np.testing.assert_allclose(parts.form.predict(x), other.predict(x) - form.predict(x), rtol=1e-9, atol=1e-8)
        own = parts.partners >= 0
        assert (parts.partners < np.arange(parts.form.n_units)).all()
        assert not own[: form.n_units].any()
        assert len(set(parts.partners[own])) == own.sum()
        labels = parts.form.labels
        assert all(labels[unit] == labels[parts.partners[unit]] for unit in np.flatnonzero(own))
        assert (parts.form.slopes[own] == parts.form.slopes[parts.partners[own]]).all()


def test_what_both_have_is_there_once():
    form = networks.random_form(0, (2, 4, 3, 1), slopes=(0.5,))
    assert difference(form, form).form.n_units == form.n_units
    assert not difference(form, form).form.predict([[1.0, 2.0]]).any()
    # All of the second layer reads the unit that is replaced, none of the first does.
    parts = difference(form, form.eliminate([1], 1))
    assert parts.partners.tolist() == [-1] * 7 + [4, 5, 6]
    # Nothing but the outputs reads a unit of the last layer.
    assert difference(form, form.eliminate([5], 1)).form.n_units == form.n_units


def test_units_with_the_same_label_twice_have_one_partner_each():
    form = networks.random_form(0, (2, 2, 1), slopes=(0.5,))
    twice = type(form)(form.A, form.B, form.b, form.C, form.D, form.e, form.slopes, ((1, 1), (1, 1)))
    parts = difference(form, twice)
    x = np.random.default_rng(0).normal(size=(10, 2))
    np.testing.assert_allclose(parts.form.predict(x), 0, atol=1e-12)
    assert parts.partners.tolist() == [-1, -1, -1]


def test_a_unit_that_differs_in_anything_is_another_one():
    form = NormalForm(np.ones((2, 1)), np.zeros((2, 2)), [0, 0], [[0]], [[1, 1]], [0], [0.5, 0.5])
    changes = [
        {"A": [[1], [2]]},
        {"b": [0, 1]},
        {"slopes": [0.5, 0.6]},
        {"B": [[0, 0], [1, 0]]},
        # The second unit reads the first, which is another one as well.
        {"b": [1, 0], "B": [[0, 0], [1, 0]]},
    ]
    x = np.linspace(-3, 3, 13)[:, None]
    for change in changes:
        other = replace(form, **change)
        parts = difference(form, other)
        np.testing.assert_allclose(parts.form.predict(x), other.predict(x) - form.predict(x), atol=1e-12)
        assert parts.form.n_units == 2 + (2 if len(change) == 2 else 1)


def test_exact_forms_stay_exact():
    form = networks.random_form(0, (2, 3, 3, 1)).exact()
    parts = difference(form, form.eliminate([0], 1))
    assert {getattr(parts.form, name).dtype for name in ("A", "B", "b", "C", "D", "e", "slopes")} == {np.dtype(object)}
    x = np.array([form.b[0], form.b[1]])
    assert parts.form.predict(x) == form.eliminate([0], 1).predict(x) - form.predict(x)
    assert difference(form, networks.random_form(0, (2, 3, 3, 1))).form.predict(x) == 0


def test_networks_that_do_not_fit_are_named():
    with pytest.raises(ShapeError, match="have 2 and 3 inputs, 1 and 1 outputs"):
        difference(networks.random_form(0, (2, 1)), networks.random_form(0, (3, 1)))
