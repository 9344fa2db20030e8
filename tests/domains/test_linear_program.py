import highspy
import numpy as np
import pytest

from prelu_rules.domains.box import Box
from prelu_rules.domains.domain import frame_of
from prelu_rules.domains.linear_program import OTHER_WAYS, CellProgram
from prelu_rules.errors import SolverError

RUNS = 2 + len(OTHER_WAYS)


def triangle():
    """The half of a square of width 2 above its diagonal."""
    cell = CellProgram(frame_of(Box([0, 0], [2, 2]), 2))
    cell.push(np.array([1.0, 1.0]), -2.0)
    return cell


def failing(monkeypatch, times):
    """HiGHS gives up so many times; the options that each run had are written down, and whether it started afresh."""
    options, fresh = [], []
    run, clear, status = highspy.Highs.run, highspy.Highs.clearSolver, highspy.Highs.getModelStatus

    def written_down(solver):
        options.append([bool(fresh), *(solver.getOptionValue(name)[1] for name, _ in OTHER_WAYS)])
        fresh.clear()
        return run(solver)

    def cleared(solver):
        fresh.append(solver)
        return clear(solver)

    def given_up(solver):
        return highspy.HighsModelStatus.kUnknown if len(options) <= times else status(solver)

    monkeypatch.setattr(highspy.Highs, "run", written_down)
    monkeypatch.setattr(highspy.Highs, "clearSolver", cleared)
    monkeypatch.setattr(highspy.Highs, "getModelStatus", given_up)
    return options


@pytest.mark.parametrize("times", range(RUNS))
def test_what_fails_is_tried_in_other_ways(monkeypatch, times):
    options = failing(monkeypatch, times)
    # From x1 + x2 = 3 to the corner.
    assert triangle().reach(np.array([1.0, 1.0]), -3.0) == pytest.approx(np.sqrt(0.5))
    warm, *own = options[0]
    others = [[True, *own[:k], way, *own[k + 1 :]] for k, (_, way) in enumerate(OTHER_WAYS)]
    assert not warm and options == [options[0], [True, *own], *others][: times + 1]


def test_what_fails_every_way_is_an_error_and_leaves_the_options_as_they_were(monkeypatch):
    options = failing(monkeypatch, RUNS)
    cell = triangle()
    with pytest.raises(SolverError, match="HiGHS stopped with Unknown; rescale the inputs"):
        cell.reach(np.array([1.0, 1.0]), -3.0)
    assert cell.reach(np.array([1.0, 1.0]), -3.0) == pytest.approx(np.sqrt(0.5))
    assert len(options) == RUNS + 1 and options[-1] == options[0]
