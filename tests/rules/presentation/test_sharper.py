"""What pruning sharpens a condition to is not what its letter says."""

import numpy as np

from prelu_rules.columns.column import Column
from prelu_rules.domains.box import Box
from prelu_rules.domains.polytope import Polytope
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.rules.extraction import extract_rules


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
