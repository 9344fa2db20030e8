import numpy as np

from prelu_rules.columns.column import Column
from prelu_rules.domains.box import Box
from prelu_rules.domains.polytope import Polytope
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


def test_a_letter_does_not_stand_for_a_condition_that_other_conditions_sharpened():
    """Two bends together rule out a sex, and the pruned rules say so in one of them, which its letter does not."""
    columns = (Column("education", missing=True), Column("age", kind="integer"), Column("sex", "category", ("f", "m")))
    A = [
        [0, 0, 0.0607, 0, -1],
        [0.571, 7.62, 0.0547, 0, 1],
        [0.348, 4.64, -0.127, 0, 1],
        [-0.17, -2.265, -0.0813, 0, -1],
    ]
    b, D = [-2.155, -9.669, -1.382, 6.36], [[-3.437, 2.278, -3.178, -2.784]]
    form = NormalForm(A, np.zeros((4, 4)), b, np.zeros((1, 5)), D, [17.7], np.zeros(4))
    rng = np.random.default_rng(0)
    missing, male = rng.uniform(size=(2, 2000)) < [[0.05], [0.5]]
    education = np.where(missing, 0, rng.integers(0, 21, 2000))
    x = np.column_stack([education, missing, rng.integers(16, 70, 2000), ~male, male]) * 1.0
    box = Box([0, 0, 16, 0, 0], [20, 1, 69, 1, 1])
    domain = Polytope(box, [[0, 0, 0, 1, 1], [1, 20, 0, 0, 0]], [1, 20], [True, False])
    rules = extract_rules(form, domain, columns=columns, x=x)
    assert rules.precision is not None and rules.precision.digits < 6
