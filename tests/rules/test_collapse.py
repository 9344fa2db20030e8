import networks
import numpy as np
import pytest
from hypothesis import given

from prelu_rules.errors import InvalidValueError
from prelu_rules.rules.collapse import collapse_form, is_linear


@given(networks.seeds, networks.widths)
def test_collapsing_slopes_of_one_keeps_the_function(seed, widths):
    form = networks.random_form(seed, widths, slopes=(1.0, 0.3))
    small = collapse_form(form)
    assert small.n_units == int((form.slopes != 1).sum())
    x = np.random.default_rng(seed).normal(size=(10, widths[0]))
    np.testing.assert_allclose(small.evaluate(x), form.evaluate(x), rtol=1e-8, atol=1e-8)


def test_the_threshold_is_the_papers():
    assert is_linear([0.9995, 0.99951, 1.00003, 1.0006]).tolist() == [False, True, True, False]
    with pytest.raises(InvalidValueError, match="threshold is 1"):
        is_linear([0.5], threshold=1)
