"""Cells against Fourier-Motzkin elimination in fractions, on numbers and domains of every scale."""

from fractions import Fraction

import networks
import numpy as np
import pytest
from fourier_motzkin import inequality, solvable
from hypothesis import given, settings
from hypothesis import strategies as st

from prelu_rules.domains.box import Box
from prelu_rules.domains.domain import frame_of
from prelu_rules.domains.linear_program import CellProgram, Optimum
from prelu_rules.domains.polytope import Polytope
from prelu_rules.errors import SolverError
from prelu_rules.geometry import cell as cells
from prelu_rules.geometry.cell import FEW, Cell
from prelu_rules.geometry.dual_simplex import Maximum
from prelu_rules.geometry.witnesses import KEPT, Witnesses
from prelu_rules.values import exact_array

numbers = st.one_of(
    st.integers(-3, 3).map(float),
    st.floats(-2, 2),
    st.builds(lambda digit, power: digit * 10.0**power, st.integers(-9, 9), st.integers(-14, 12)),
)
SMALL = settings(max_examples=120, deadline=None)


@st.composite
def boxes(draw, n_inputs):
    """Ordinary, flat, thin, wide, and far from the origin."""
    centre = np.array(draw(st.lists(numbers, min_size=n_inputs, max_size=n_inputs)))
    width = draw(st.lists(st.sampled_from([0.0, 1e-9, 1.0, 3.0, 1e9]), min_size=n_inputs, max_size=n_inputs))
    return Box(centre - width, centre + width)


@st.composite
def domains(draw, n_inputs):
    kind = draw(st.sampled_from(["box", "box", "box", "none", "polytope"]))
    if kind == "none":
        return None
    if kind == "box":
        return draw(boxes(n_inputs))
    # The corner of a cube, or a slice of it in which the inputs sum to 1, as those of one-hot columns do.
    unit = Box(np.zeros(n_inputs), np.ones(n_inputs))
    return Polytope(unit, np.ones((1, n_inputs)), [1.0], [draw(st.booleans())])


def constraints(domain):
    """A domain as inequalities."""
    if domain is None:
        return []
    unit = np.eye(domain.n_inputs)
    found = [inequality([*row, -low]) for row, low in zip(unit, domain.lower, strict=True)]
    found += [inequality([*-row, high]) for row, high in zip(unit, domain.upper, strict=True)]
    if isinstance(domain, Polytope):
        for coef, limit, equal in zip(domain.coef, domain.limit, domain.equal, strict=True):
            found.append(inequality([*-coef, limit]))
            if equal:
                found.append(inequality([*coef, -limit]))
    return found


def rows_of(n_inputs):
    return st.lists(
        st.lists(numbers, min_size=n_inputs + 1, max_size=n_inputs + 1).map(np.array), min_size=1, max_size=4
    )


@SMALL
@given(st.data())
def test_answers_are_those_of_elimination(data):
    n_inputs = data.draw(st.integers(1, 3))
    domain = data.draw(domains(n_inputs))
    *cuts, asked = data.draw(rows_of(n_inputs))
    cell, held = Cell(domain, n_inputs), constraints(domain)
    for row in [*cuts, asked, *(-cut for cut in cuts)]:
        expected = solvable([*held, inequality(row, strict=True)])
        assert cell.exceeds(row) == expected
        assert cell.exceeds(exact_array(row)) == expected
        assert expected or not cell.shown(np.array([row]))
        assert cell.touches(row) == solvable([*held, inequality(row)])
        if expected:
            cell.push(row)
            held.append(inequality(row))


@SMALL
@given(st.data())
def test_by_how_much(data):
    n_inputs = data.draw(st.integers(1, 2))
    domain = data.draw(domains(n_inputs))
    row = data.draw(rows_of(n_inputs))[0]
    by = abs(data.draw(numbers))
    shifted = [*exact_array(row[:-1]), Fraction(row[-1]) - Fraction(by)]
    assert Cell(domain, n_inputs).exceeds(row, by) == solvable([*constraints(domain), inequality(shifted, strict=True)])


def test_a_relaxed_cut_does_not_count():
    cell = Cell(Box([0], [1]), 1)
    cell.push(np.array([1.0, -0.5]))
    cell.push(np.array([-1.0, 0.75]))
    low, high = np.array([-1.0, 0.5]), np.array([1.0, -0.75])
    assert not cell.exceeds(low)
    cell.relax(0)
    assert cell.exceeds(low)
    assert not cell.exceeds(high)
    cell.restore(0)
    assert not cell.exceeds(low)
    cell.pop()
    assert cell.exceeds(high)


def test_many_functions_are_shown_at_once():
    """In a small cell, inputs that answered one question answer others; functions that may overflow are not shown."""
    cell = Cell(Box([0, 0], [1, 1]), 2)
    for cut in ([1.0, 0.0, -0.5], [-1.0, 0.0, 0.5001]):
        cell.push(np.array(cut))
    rows = np.array([[0.0, 1.0, -0.1], [0.0, -1.0, 0.0], [1.0, 0.0, -0.6], [np.inf, 0.0, 0.0]])
    assert not cell.shown(rows).any()
    assert cell.exceeds(rows[0])
    assert cell.shown(rows).tolist() == [True, False, False, False]


def test_a_cleared_cell_is_as_good_as_new():
    rng = np.random.default_rng(0)
    domain = Box([-1] * 3, [1] * 3)
    used = Cell(domain, 3)
    for _ in range(30):
        rows = rng.normal(size=(6, 4))
        new = Cell(domain, 3)
        for row in rows:
            if new.exceeds(row):
                assert used.exceeds(row)
                used.push(row)
                new.push(row)
            else:
                assert not used.exceeds(row)
        used.clear()


def test_a_cleared_cell_keeps_the_latest_inputs():
    cell = Cell(Box([0], [1]), 1)
    for point in np.linspace(0.1, 0.9, 2 * KEPT):
        cell._witnesses.add(np.array([point]))
    cell.clear()
    assert len(cell._witnesses._points) == KEPT and cell._witnesses._points[-1] == 0.9


def test_touching_halfspaces_that_rounding_makes_equal():
    """0.1 + 0.2 is above 0.3 as a float; in exact arithmetic there is room between the two."""
    cell = Cell(Box([0], [1]), 1)
    cell.push(np.array([1.0, -0.3]))
    assert cell.exceeds(np.array([-1.0, 0.1 + 0.2]))
    assert not cell.exceeds(np.array([-1.0, 0.3]))


def fails(*_):
    raise SolverError("HiGHS stopped")


@pytest.fixture(params=["here", "HiGHS", "nowhere"])
def solved(request, monkeypatch):
    """Linear programs are solved by the method for small cells, by HiGHS, or not at all."""
    if request.param != "here":
        monkeypatch.setattr(cells, "maximum", lambda *_: None)
    if request.param == "nowhere":
        monkeypatch.setattr(CellProgram, "optimum", fails)
        monkeypatch.setattr(CellProgram, "inner_point_of_cell", fails)


def test_the_answers_are_the_same_whatever_solves_linear_programs(solved):
    rng = np.random.default_rng(0)
    domain = Box([-1] * 3, [1] * 3)
    for _ in range(10):
        cell, held = Cell(domain, 3), constraints(domain)
        for row in rng.normal(size=(5, 4)).round(1):
            expected = solvable([*held, inequality(row, strict=True)])
            assert cell.exceeds(row) == expected
            if expected:
                cell.push(row)
                held.append(inequality(row))


@given(networks.seeds, st.sampled_from([1.0, 1e6]))
def test_inputs_that_are_spread_lie_in_the_cell(seed, scale):
    rng = np.random.default_rng(seed)
    domain = Polytope(
        Box([0] * 2, [scale, 1 / scale]), np.array([[1 / scale, scale]]), np.array([1.5]), np.array([False])
    )
    cell, cuts = Cell(domain, 2), []
    for cut in rng.normal(size=(4, 3)) @ np.diag([1 / scale, scale, 1]):
        if cell.exceeds(cut):
            cell.push(cut)
            cuts.append(cut)
    rows = cell.spread(201, rng)
    assert rows.shape == (201, 2)
    assert (rows >= domain.lower).all() and (rows <= domain.upper).all() and (rows @ domain.coef[0] <= 1.5).all()
    assert all((rows @ cut[:-1] + cut[-1] > 0).all() for cut in cuts)


def test_inputs_are_spread_to_the_ends():
    rows = Cell(Box([-1, 0], [1, 8]), 2).spread(200, np.random.default_rng(0))
    assert (rows.min(axis=0) < [-0.95, 0.2]).all() and (rows.max(axis=0) > [0.95, 7.8]).all()


def test_no_inputs_are_spread_where_lines_do_not_end_or_no_inner_input_is_found(monkeypatch):
    rng = np.random.default_rng(0)
    assert Cell(None, 2).spread(10, rng).shape == (0, 2)
    monkeypatch.setattr(cells, "maximum", lambda *_: None)
    monkeypatch.setattr(CellProgram, "inner_point_of_cell", fails)
    assert Cell(Box([0, 0], [1, 1]), 2).spread(10, rng).shape == (0, 2)


def test_a_walk_that_rounding_starts_outside_ends(monkeypatch):
    cell = Cell(Box([-1, -1], [1, 1]), 2)
    cell.push(np.array([1.0, 1.0, -1.9]))
    monkeypatch.setattr(cells, "maximum", lambda rows, *_: Maximum(np.array([-0.9, -0.9, 0.1]), np.zeros(len(rows))))
    rows = cell.spread(1000, np.random.default_rng(0))
    assert len(rows) < 1000 and (rows.sum(axis=1) >= 1.9).all()


def test_more_cuts_than_there_is_room_for_at_first():
    rng = np.random.default_rng(0)
    cell = Cell(Box([-1] * 2, [1] * 2), 2)
    sides = rng.normal(size=(3 * FEW, 2))
    sides /= np.linalg.norm(sides, axis=1, keepdims=True)
    for side in sides:
        cell.push(np.append(side, 0.5))
    # The cell is nearly a disc of radius 0.5 around the origin.
    assert all(not cell.exceeds(np.append(-side, -0.5001)) for side in sides)
    assert all(cell.exceeds(np.append(side, -0.49)) for side in sides)


def test_an_answer_does_not_depend_on_the_size_at_which_highs_takes_over(monkeypatch):
    asked = [np.array([1.0, -1.0, by]) for by in (-1.1, -0.9, 0.0)]
    found = []
    for small in (0, cells.SMALL):
        monkeypatch.setattr(cells, "SMALL", small)
        cell = Cell(Box([0, 0], [1, 1]), 2)
        cell.push(np.array([-1.0, 2.0, -0.5]))
        cell.push(np.array([1.0, 1.0, -1.9]))
        cell.relax(1)
        found.append([cell.exceeds(row) for row in asked])
        assert (cell._solver is None) == (small > 0)
        cell.restore(1)
        found[-1] += [cell.exceeds(np.array([-1.0, 0.0, 0.89])), cell.exceeds(np.array([-1.0, 0.0, 0.91]))]
        cell.pop()
        found[-1].append(cell.exceeds(np.array([-1.0, 0.0, 0.1])))
    assert found[0] == found[1]


@pytest.mark.parametrize("wrong", [-1.0, 1.0])
@pytest.mark.parametrize("here", [True, False])
def test_the_solution_of_a_linear_program_is_not_trusted(monkeypatch, wrong, here):
    """Whatever the solver says, the answer is right."""

    def lies(self, coef, intercept):
        return Optimum(wrong, np.array([0.3, 0.3]), np.zeros(0), np.full(len(self._bounds), 5.0))

    def wrongly(rows, weights, reach):
        return Maximum(wrong * np.cos(np.pi * np.arange(len(weights))), np.full(len(rows), 5.0)) if here else None

    monkeypatch.setattr(cells, "maximum", wrongly)
    monkeypatch.setattr(CellProgram, "optimum", lies)
    cell = Cell(Box([0, 0], [1, 1]), 2)
    cell.push(np.array([1.0, 1.0, -1.9999]))
    assert cell.exceeds(np.array([1.0, -1.0, 0.0]))
    assert not cell.exceeds(np.array([-1.0, 0.0, 0.9998]))


def test_many_columns_that_no_row_uses_cost_nothing():
    """Exact arithmetic leaves out the inputs that occur nowhere."""
    cell = Cell(Box(np.zeros(500), np.ones(500)), 500)
    row = np.zeros(501)
    row[[3, 7, -1]] = 1.0, 1.0, -2.0
    assert not cell.exceeds(row)
    assert cell.touches(row)


def test_witnesses_are_inside():
    """Each input that is found lies strictly in the half-spaces, in fractions."""
    box = Box([0, 0], [1e9, 1e-9])

    witnesses = Witnesses(box, frame_of(box, 2))
    cut = np.array([1e-9, 1e9, -1.0])
    witnesses.push(cut)
    assert witnesses.show(cut, 0.0)
    assert not witnesses.show(-cut, 0.0)
    assert not witnesses.show(np.array([1e-9, 1e9, -2.0]), 0.0)
    near = np.array([1e-9, 1e9, -1.9])
    assert witnesses.found(np.array([1e9, 1e-9]), near, 0.0)
    assert witnesses.show(near, 0.0)


def test_columns_that_later_questions_use():
    """Exact arithmetic starts anew when a question is about other inputs than the ones before."""
    cell = Cell(Box([0, 0, 0], [1, 1, 1]), 3)
    cell.push(np.array([1.0, 0.0, 0.0, -0.5]))
    assert cell.touches(np.array([-1.0, 0.0, 0.0, 0.5]))
    assert not cell.exceeds(np.array([-1.0, 0.0, 0.0, 0.5]))
    assert cell.touches(np.array([-1.0, -1.0, 0.0, 0.5]))
    assert not cell.exceeds(np.array([-1.0, 0.0, -1.0, 0.5]))


@given(st.integers(0, 10_000))
def test_rounding_errors_prove_nothing(seed):
    """At the only input of a domain, a function is 0 but for rounding: what is shown of it is true in fractions."""
    rng = np.random.default_rng(seed)
    point, weights = rng.normal(size=(2, 5))
    row = np.append(weights, -(weights @ point))
    domain = Box(point, point)
    witnesses = Witnesses(domain, frame_of(domain, 5))
    for sign in (1.0, -1.0):
        exact = exact_array(sign * row)
        if witnesses.show(sign * row, 0.0):
            assert exact[:-1] @ exact_array(point) + exact[-1] > 0
