"""Whether what is printed agrees with rules on rows."""

import numpy as np

from prelu_rules.columns.column import Column
from prelu_rules.domains.box import Box
from prelu_rules.network.affine import AffineMap
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.network.precision import Precision
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.presentation.agreement import Agreement, real_rows
from prelu_rules.rules.presentation.presented import presented
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem


def interval(lower, upper, value):
    return Rule((Condition([1.0], -lower, True), Condition([1.0], -upper, False)), AffineMap([[0.0]], [value]))


def test_a_row_that_no_printed_rule_covers_is_seen():
    """0.43 is below 0.44, but not below 0.4; 0.58 is above 0.57, and then above 0.6 no more."""
    rules = RuleSystem((interval(0.0, 0.44, 0.0), interval(0.57, 1.0, 0.0)), ("x",), ("y",))
    x = np.array([[0.43], [0.58]])
    agreement = Agreement(rules, x, rules.predict(x))
    found = [agreement.error(Precision(digits, [1.0], [1.0]), np.array([0.1])) for digits in (1, 2)]
    assert found[0] is None and found[1].tolist() == [0.0]


def test_what_is_too_far_off_is_seen():
    rules = RuleSystem((Rule((), AffineMap([[0.0]], [0.44])),), ("x",), ("y",))
    agreement = Agreement(rules, np.array([[1.0]]), np.array([[0.44]]))
    assert agreement.error(Precision(1, [1.0], [1.0]), np.array([0.03])) is None
    np.testing.assert_allclose(agreement.error(Precision(1, [1.0], [1.0]), np.array([0.05])), [0.04])


def test_rows_on_a_boundary_that_a_letter_says():
    """Of three inputs, so that it is a letter; every other row lies on it."""
    form = NormalForm(A=[[1.0, 1, 1]], B=[[0]], b=[-2], C=[[0, 0, 0]], D=[[5.0]], e=[1], slopes=[0])
    x = np.array(np.meshgrid([0, 1], [0, 1], [0, 1])).reshape(3, -1).T.astype(float)
    for one in (form, NormalForm(-form.A, form.B, -form.b, [[5.0, 5, 5]], form.D, [-9], form.slopes)):
        shown = presented(extract_rules(one, x))
        sides = [clause[0].bends for rule in shown.rules for clause in rule.clauses]
        assert all(len(bends) == 1 for bends in sides) and len({side for ((_, side),) in sides}) == 2


def test_a_row_on_a_boundary_may_fall_under_a_rule_that_is_folded():
    """0.2 * 3 is above 0.6 by a rounding error only; as it is printed, the row at -3 is on the boundary."""
    form = NormalForm(
        A=[[0.2, 0.0], [1.0, 0.0]], B=np.zeros((2, 2)), b=[0.6, 3.5], C=[[0, 1]], D=[[1, 1]], e=[0], slopes=[0, 0]
    )
    x = np.array([[-5.0, 0.0], [-3.0, 1.0], [-4.0, 2.0]])
    rules = extract_rules(form, Box([-5, 0], [0, 2]), x=x)
    assert form.pre_activations(x)[1, 0] != 0.0 and rules.rules[-1].count == 0
    assert presented(rules).folded == 1
    np.testing.assert_allclose(presented(rules).formula.predict(rules.columns, x), rules.predict(x), atol=0.05)


def test_points_of_a_domain_become_rows():
    smoker, kind = Column("smoker", "yes/no", missing=True), Column("kind", "category", ("farm", "home"), missing=True)
    x = np.array([[0.7, 0.2, 0.2, 0.5, 0.3], [0.7, 0.6, 0.2, 0.1, 0.7]])
    np.testing.assert_array_equal(real_rows([smoker, kind], x), [[1, 0, 0, 1, 0], [0, 1, 0, 0, 1]])
