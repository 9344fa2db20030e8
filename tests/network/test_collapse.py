from dataclasses import replace

import networks
import numpy as np
import pytest
from hypothesis import given

from prelu_rules.errors import InvalidValueError
from prelu_rules.network.collapse import collapse_form, without_unused
from prelu_rules.network.slopes import is_linear


@given(networks.seeds, networks.widths)
def test_collapsing_slopes_of_one_keeps_the_function(seed, widths):
    form = networks.random_form(seed, widths, slopes=(1.0, 0.3))
    small = collapse_form(form)
    assert small.n_units == int((form.slopes != 1).sum())
    x = np.random.default_rng(seed).normal(size=(10, widths[0]))
    np.testing.assert_allclose(small.predict(x), form.predict(x), rtol=1e-8, atol=1e-8)


def test_the_threshold_is_the_papers():
    assert is_linear([0.9995, 0.99951, 1.00003, 1.0006]).tolist() == [False, True, True, False]
    with pytest.raises(InvalidValueError, match="threshold is 1"):
        is_linear([0.5], threshold=1)


@given(networks.seeds, networks.widths)
def test_units_that_nothing_depends_on_vanish(seed, widths):
    rng = np.random.default_rng(seed)
    form = networks.random_form(seed, widths, slopes=(0.3,))
    D, B = np.array(form.D), np.array(form.B)
    D[:, rng.random(form.n_units) < 0.5] = 0
    B[rng.random(B.shape) < 0.5] = 0
    form = replace(form, B=B, D=D)
    left = without_unused(form)
    x = rng.normal(size=(10, widths[0]))
    np.testing.assert_allclose(left.predict(x), form.predict(x), atol=1e-9)
    # A path of weights leads from each unit that is left to an output, and from no other.
    reached = (D != 0).any(axis=0)
    for _ in range(form.n_units):
        reached = reached | (B[reached] != 0).any(axis=0)
    assert left.labels == tuple(label for label, used in zip(form.labels, reached, strict=True) if used)
