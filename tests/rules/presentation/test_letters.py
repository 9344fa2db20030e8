import numpy as np

from prelu_rules.domains.box import Box
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.rules.extraction import extract_rules


def test_letters_say_no_condition_whose_bend_depends_on_many_others():
    """Such a bend has other boundaries where the others do not hold as in the rule, so that two rules covered a row."""
    form = NormalForm(
        A=[
            [0.0012, 0, -1, -0.0039],
            [-0.013, 0.0037, 1, 0],
            [-0.025, 0, -1, 0],
            [0, -0.00013, -1, 0],
            [0, 0, 1, 0],
            [0, 0, 1, 0],
            [1, -0.27, 0, 0],
            [0, -0.0054, 0, 1],
        ],
        B=[
            [0, 0, 0, 0, 0, 0, 0, 0],
            [13, 0, 0, 0, 0, 0, 0, 0],
            [-16, 0, 0, 0, 0, 0, 0, 0],
            [0.49, 0, -0.15, 0, 0, 0, 0, 0],
            [17, 0.39, 1.2, 0, 0, 0, 0, 0],
            [0, 0, 0, 5.7, 0, 0, 0, 0],
            [-630, 52, 0, 0, 0, -80, 0, 0],
            [0, 2, 0, 0, -2.2, 0, 0, 0],
        ],
        b=[0.069, -1.3, 1.5, 0.36, -1.7, -0.38, 170, -0.87],
        C=[[0, 0, 0.87, -0.064]],
        D=[[0, -0.09, 0.17, -0.75, 0, -0.8, -0.0058, 0.064]],
        e=[1.8],
        slopes=np.zeros(8),
    )
    domain = Box([0.16, 126, 0.0007, 1], [100, 1756, 0.997, 11])
    rows = np.random.default_rng(0).uniform(domain.lower, domain.upper, (300, 4))
    # Raises an error if printed rules do not cover each row once.
    rules = extract_rules(form, domain, max_nonlinear=8, x=rows)
    np.testing.assert_allclose(rules.predict(rows), form.predict(rows), atol=1e-9)
