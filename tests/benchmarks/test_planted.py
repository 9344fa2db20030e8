import doctest

import numpy as np
import planted as p
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import prelu_rules as pr


def mirrored(form, unit):
    """The same function with `max(0, -z)` in place of `max(0, z) = max(0, -z) + z` of one unit."""
    A, B, b, C, D, e = (np.array(getattr(form, name)) for name in "ABbCDe")
    for later in range(unit + 1, form.n_units):
        used = B[later, unit]
        A[later] += used * A[unit]
        B[later] += used * B[unit]
        b[later] += used * b[unit]
    used = D[:, unit].copy()
    C += np.outer(used, A[unit])
    D += np.outer(used, B[unit])
    e += used * b[unit]
    A[unit], B[unit], b[unit] = -A[unit], -B[unit], -b[unit]
    return pr.NormalForm(A, B, b, C, D, e, form.slopes)


def moved(form, unit, by):
    b = np.array(form.b)
    b[unit] += by
    return pr.NormalForm(form.A, form.B, b, form.C, form.D, form.e, form.slopes)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 5), st.booleans(), st.sampled_from([0.0, 0.8]))
def test_a_form_is_found_in_itself_however_it_is_written(seed, n_hinges, nested, correlation):
    truth = p.planted(n_hinges, nested, correlation, np.random.default_rng(seed))
    order = np.random.default_rng(seed).permutation(n_hinges)
    written = truth.form
    for unit in order:
        written = mirrored(written, unit)
    assert written.predict(truth.sample) == pytest.approx(truth.form.predict(truth.sample))
    found = p.recovery(truth, written)
    assert found.size and found.columns and found.within(1e-9)


def test_planted_hinges_are_as_described(monkeypatch):
    # Stricter than usual, so that many draws are refused.
    monkeypatch.setattr(p, "LEAST_BEND", 0.13)
    monkeypatch.setattr(p, "MOST_ALIKE", 0.3)
    for seed in range(10):
        truth = p.planted(4, seed % 2 == 1, 0.0, np.random.default_rng(seed))
        form = truth.form
        used = np.count_nonzero(form.A, axis=1)
        assert 3 <= form.n_inputs <= 10 and ((1 <= used) & (used <= 3)).all()
        assert np.argwhere(form.B).tolist() == ([[3, 0]] if seed % 2 else [])
        found = p.bends(form, truth.sample)
        assert found.std(axis=0).min() >= p.LEAST_BEND * form.predict(truth.sample).std()
        assert np.abs(np.corrcoef(found.T) - np.eye(4)).max() <= p.MOST_ALIKE


def test_columns_are_uniform_and_as_correlated_as_asked():
    rng = np.random.default_rng(0)
    for correlation in (0.0, 0.8):
        x = p.columns(20_000, 3, correlation, rng)
        assert np.sort(x[:, 0]) == pytest.approx(np.linspace(-1, 1, len(x)), abs=0.03)
        assert np.corrcoef(x.T)[0, 1] == pytest.approx(correlation, abs=0.03)


def test_noise_is_relative_to_the_signal():
    truth = p.persistent()
    x, y = truth.rows(20_000, 0.2, np.random.default_rng(0))
    signal = 4.963 * np.maximum(0.609 * x[:, 2] + 0.09, 0)
    signal += 3.978 * np.maximum(-0.636 * x[:, 0] - 1.297 * np.maximum(0.609 * x[:, 2] + 0.09, 0) + 0.23, 0)
    assert (y - signal).std() == pytest.approx(0.2 * signal.std(), rel=0.03)


def test_knots_are_apart_and_alternate():
    for n_knots in (4, 16):
        form = p.knots(n_knots, np.random.default_rng(1)).form
        places = np.concatenate([[-1], -form.b, [1]])
        assert np.diff(places).min() >= 1 / (n_knots + 1) - 1e-12
        assert (np.diff(np.sign(form.D[0])) != 0).all()


def test_the_error_grows_with_the_distance_of_the_bend():
    truth = p.planted(3, False, 0.0, np.random.default_rng(3))
    errors = [p.recovery(truth, moved(truth.form, 1, by)).errors for by in (0.01, 0.05, 0.2)]
    assert errors[0][1] < errors[1][1] < errors[2][1]
    assert all(error[[0, 2]] == pytest.approx(0, abs=1e-12) for error in errors)
    # The bends of max(0, z) and max(0, z + t) differ most, by about half of t times the weight, where z is small.
    assert p.recovery(truth, moved(truth.form, 1, 0.01)).within(0.05)
    assert not p.recovery(truth, moved(truth.form, 1, 0.5)).within(0.05)


def test_the_errors_of_a_bend_are_a_share_of_what_its_hinge_does():
    # |x| / 2 and .9 |x| / 2 on rows that are symmetric around 0: the difference is .05 |x| less its mean.
    truth = p.Planted(pr.NormalForm([[1, 0, 0]], [[0]], [0], [[0, 0, 0]], [[1]], [0], [0]), 0.0)
    other = pr.NormalForm([[1, 0, 0]], [[0]], [0], [[0, 0, 0]], [[0.9]], [0], [0])
    x = truth.sample[:, 0]
    expected = 0.05 * np.abs(x).std() / np.maximum(x, 0).std()
    assert p.recovery(truth, other).errors == pytest.approx(expected, rel=0.02)


def test_missing_and_surplus_hinges():
    truth = p.planted(3, False, 0.0, np.random.default_rng(3))
    fewer = truth.form.eliminate([2], 0)
    found = p.recovery(truth, fewer)
    assert not found.size and not found.columns and np.isinf(found.errors[2]) and found.errors[:2].max() < 1e-9
    none = p.recovery(truth, fewer.eliminate([0, 1], 0))
    assert np.isinf(none.errors).all() and not none.within(0.1)
    more = p.recovery(p.Planted(fewer, 0.0), truth.form)
    assert not more.size and more.columns and more.within(1e-9)


def test_a_hinge_of_other_columns_is_not_that_hinge():
    truth = p.planted(2, False, 0.0, np.random.default_rng(4))
    A = np.array(truth.form.A)
    A[0, np.flatnonzero(A[0] == 0)[0]] = 1e-6
    form = truth.form
    found = p.recovery(truth, pr.NormalForm(A, form.B, form.b, form.C, form.D, form.e, form.slopes))
    assert found.size and found.within(0.05) and not found.columns


def test_the_examples():
    assert doctest.testmod(p).failed == 0
