"""What rules say of their outputs."""

import numpy as np

from prelu_rules.columns.column import Column
from prelu_rules.network.affine import AffineMap
from prelu_rules.network.precision import Precision
from prelu_rules.rules.presentation.outputs import full, without_repetitions
from prelu_rules.rules.presentation.presentation import PresentedOutput
from prelu_rules.rules.presentation.statements import Sum, Term
from prelu_rules.rules.rule import Rule

KIND = Column("kind", "category", ("farm", "home", "shop"))


def test_levels_that_are_equal_as_printed_are_joined():
    rule = Rule((), AffineMap([[0.0, 10.004, 30.0, 29.996]], [1.0]))
    (output,) = full((Column("kwh"), KIND), rule, Precision(2, [1.0, 1, 1, 1], [1.0]))
    assert output.total.constant == 31.0
    ((weight, of, (test,)),) = output.total.terms
    assert (weight, of, [state.level for state in test.states]) == (-20.0, None, ["farm"])


def test_a_function_is_said_once_for_each_output():
    one, other = (PresentedOutput(Sum(value, (Term(2.0, "a"),))) for value in (1.0, 3.0))
    found = without_repetitions([1, 2, 5], [(one, other), (one, one), (other, other)])
    assert [[output.like for output in rule] for rule in found] == [[None, None], [1, None], [None, 1]]


def test_numbers_in_millions_have_few_digits():
    rule = Rule((), AffineMap([[1234567.0]], [-7654321.0]))
    (output,) = full((Column("a"),), rule, Precision(2, [1.0], [1e6]))
    assert output.total == Sum(-7650000.0, (Term(1230000.0, "a"),))
    np.testing.assert_array_equal(Precision(2, [1.0], [1e6]).output_places(0)[0], [-4])
