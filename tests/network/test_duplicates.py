"""Merged units: the same function, found equal in whatever order and scale its units are."""

from fractions import Fraction

import networks
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.network.duplicates import without_duplicates
from prelu_rules.network.normal_form import NormalForm


def repeated(form, seed):
    """The same function with some units repeated: multiples of them, which share what they contribute."""
    rng = np.random.default_rng(seed)
    A, B, b, D, slopes = form.A, form.B, form.b, form.D, form.slopes
    for unit in rng.integers(form.n_units, size=3):
        n, scale = len(b), Fraction(int(rng.integers(1, 9)), 7)
        A = np.vstack([A, scale * A[unit]])
        b = np.append(b, scale * b[unit])
        slopes = np.append(slopes, slopes[unit])
        column, share = np.zeros(n, dtype=object) + Fraction(0), Fraction(int(rng.integers(-3, 4)), 5)
        B = np.block([[B, column[:, None]], [scale * B[unit][None], np.array([[Fraction(0)]], dtype=object)]])
        D = np.hstack([D, (share * D[:, unit] / scale)[:, None]])
        D[:, unit] = D[:, unit] * (1 - share)
    return NormalForm(A, B, b, form.C, D, form.e, slopes)


@given(networks.seeds, st.sampled_from([(2, 4, 3, 2), (1, 3, 1), (3, 2, 2, 2, 1)]))
def test_repeated_units_are_merged_and_the_function_stays(seed, widths):
    form = networks.random_form(seed, widths, slopes=(0.0, 0.25, -0.5)).exact()
    longer = repeated(form, seed)
    found = without_duplicates(longer)
    rows = np.array(
        [[Fraction(int(v), 8) for v in x] for x in np.random.default_rng(0).integers(-30, 30, (20, widths[0]))]
    )
    assert (found.predict(rows) == form.predict(rows)).all() and (longer.predict(rows) == form.predict(rows)).all()
    assert found.n_units == form.n_units


def test_opposite_units_and_units_of_other_slopes_are_kept():
    form = NormalForm([[1], [-1], [1]], np.zeros((3, 3)), [0, 0, 0], [[0]], [[1, 1, 1]], [0], slopes=[0, 0, 0.5])
    assert without_duplicates(form).n_units == 3


def test_constant_units_are_constants():
    form = NormalForm([[0], [1]], [[0, 0], [2, 0]], [-3, 1], [[0]], [[1, 1]], [5], slopes=[0.5, 0])
    found = without_duplicates(form)
    assert found.n_units == 1 and found.b.tolist() == [-2] and found.e.tolist() == [Fraction(7, 2)]
