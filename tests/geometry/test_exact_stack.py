import numpy as np

from prelu_rules.domains.box import Box
from prelu_rules.domains.polytope import Polytope
from prelu_rules.geometry.exact_stack import ExactStack
from prelu_rules.values import exact_array


def row(*numbers):
    return exact_array(np.array(numbers, dtype=float))


def test_cuts_that_are_kept_and_cuts_that_are_new():
    stack = ExactStack(Box([0, 0, 0], [1, 1, 1]), 3)
    right, high, asked = row(1, 0, 0, -0.5), row(0, 1, 0, -0.5), row(-1, -1, 0, 1)
    for cuts, expected in (([right], True), ([right, high], False), ([high], True), ([], True), ([right, high], False)):
        cell = stack.cell(cuts, asked)
        assert cell is not None and cell.exceeds(stack.part(asked)) == expected


def test_inputs_that_nothing_uses_are_left_out_until_something_does():
    stack = ExactStack(Box(np.zeros(100), np.ones(100)), 100)
    first, second = np.zeros((2, 101))
    first[[0, -1]], second[[7, -1]] = (1, -0.5), (1, -0.5)
    assert stack.cell([exact_array(first)], exact_array(first)) is not None
    assert len(stack.part(exact_array(first))) == 2
    assert stack.cell([exact_array(first)], exact_array(second)) is not None
    assert len(stack.part(exact_array(first))) == 3


def test_domains_and_cells_without_points():
    unit = Box([0, 0], [1, 1])
    assert ExactStack(unit, 2).cell([row(-1, 0, -1)], row(1, 0, 0)) is None
    stack = ExactStack(Polytope(unit, np.array([[1.0, 1.0], [1.0, 1.0]]), [0.5, 0.6], [True, True]), 2)
    assert stack.cell([], row(1, 0, 0)) is None and not stack.has_points
