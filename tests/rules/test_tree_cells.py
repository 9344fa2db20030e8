"""What tests leave of a domain, where exact arithmetic has to decide."""

import numpy as np

from prelu_rules.columns.column import Column
from prelu_rules.domains.box import Box
from prelu_rules.rules.tree_cells import Cell, Side

COLUMNS = Column("a"), Column("b")
A, B, BOTH = np.array([[1.0, 0, 0], [0, 1, 0], [1, 1, 0]])


def test_what_was_left_does_not_count():
    cell = Cell(COLUMNS, None, np.array([A, -A, B, BOTH]))
    cell.enter(Side(0, True))
    for nonnegative in (True, False, True):
        cell.enter(Side(2, nonnegative))
        # On the line where a is 0, all that is left of b.
        assert cell.reaches(Side(1, True)) and cell.reaches(Side(2, nonnegative))
        assert cell.reaches(Side(3, False)) == (not nonnegative)
        cell.leave()
    assert cell.reaches(Side(3, False))


def test_sides_and_their_boundaries():
    cell = Cell(COLUMNS, Box([0, 0], [1, 1]), np.array([A, -A, [-1.0, 0, -1]]))
    assert cell.reaches(Side(0, True)) and not cell.reaches(Side(0, False)) and cell.touches(Side(0, False))
    assert cell.reaches(Side(1, True)) and not cell.is_within(Side(1, True))
    assert not cell.touches(Side(2, True)) and cell.is_within(Side(2, False))
    cell.enter(Side(1, True))
    assert cell.is_within(Side(0, False)) and not cell.reaches(Side(0, False))
