"""Whether functions are ever above 0, beside a search over all patterns with SciPy's linear programs."""

from fractions import Fraction
from itertools import product

import networks
import numpy as np
import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from scipy.optimize import linprog

from prelu_rules.columns.column import Column
from prelu_rules.domains.as_domain import as_domain
from prelu_rules.domains.box import Box
from prelu_rules.domains.polytope import Polytope
from prelu_rules.rules.presentation import room as room_file
from prelu_rules.rules.presentation.by_state import Linear
from prelu_rules.rules.presentation.decimals import exact
from prelu_rules.rules.presentation.room import Room, Situation
from prelu_rules.rules.presentation.statements import Letter, Test

X, Y = Column("x"), Column("y")
CLEARLY = 1e-6
"""Random functions are further from 0 than this, where they are not 0."""


def linear(weights, constant, letters=()):
    found = {name: Fraction(float(w)) for name, w in zip("xy", weights, strict=True) if w}
    return Linear(
        Fraction(float(constant)), found | {Letter(k): Fraction(float(w)) for k, w in enumerate(letters) if w}
    )


def highest(domain, function, sums, assuming):
    """The largest value of a function, over all patterns of the bends."""
    found = -np.inf
    for pattern in product((False, True), repeat=len(sums)):
        if any(pattern[letter.place] != side for letter, side in assuming.items()):
            continue
        rows = []
        for total in [*sums, function]:
            row = np.array([*(float(total.weights.get(name, 0)) for name in "xy"), float(total.constant)])
            for k, (inner, holds) in enumerate(zip(rows, pattern, strict=False)):
                row = row + holds * float(total.weights.get(Letter(k), 0)) * inner
            rows.append(row)
        signed = np.array([row if holds else -row for row, holds in zip(rows, pattern, strict=False)]).reshape(-1, 3)
        result = linprog(
            -rows[-1][:2],
            A_ub=np.vstack([-signed[:, :2], domain.coef]),
            b_ub=np.append(signed[:, 2], domain.limit),
            bounds=list(zip(domain.lower, domain.upper, strict=True)),
        )
        if result.status == 0:
            found = max(found, rows[-1][2] - result.fun)
    return found


@given(networks.seeds, st.integers(0, 3), st.booleans(), st.booleans())
def test_it_is_what_a_search_over_all_patterns_says(seed, n_bends, cut, assumed):
    rng = np.random.default_rng(seed)
    coef = rng.normal(size=(2 * cut, 2))
    domain = Polytope(Box([-1, -2], [2, 1]), coef, coef @ [0.3, 0.2] + 0.5)
    sums = [linear(rng.normal(size=2), rng.normal(), rng.normal(size=k)) for k in range(n_bends)]
    function = linear(rng.normal(size=2), rng.normal() - 2, rng.normal(size=n_bends))
    assuming = {Letter(0): bool(rng.integers(2))} if assumed and n_bends else {}
    situation = Situation(Room([X, Y], domain), (), {Letter(k): total for k, total in enumerate(sums)})
    wanted = highest(domain, function, sums, assuming)
    event(f"above: {wanted > 0}")
    if abs(wanted) > CLEARLY:
        assert situation.ever_above(function, assuming) == (wanted > 0)


def test_all_inputs():
    situation = Situation(Room([X, Y], None), (), {Letter(0): linear([1, 0], 0)})
    assert situation.ever_above(linear([1, 0], -100))
    assert not situation.ever_above(linear([0, 0], -1))
    # x is below 0 where the bend does not hold.
    assert not situation.ever_above(linear([1, 0], -1), {Letter(0): False})
    assert situation.ever_above(linear([1, 0], -1), {Letter(0): True})


def test_what_touches_0_is_not_above_it():
    situation = Situation(Room([X, Y], Box([0, 0], [0.3, 600])), (), {})
    assert not situation.ever_above(linear([10, 0], -3))
    assert situation.ever_above(linear([10, 0], -3 + 1e-6))
    assert not situation.ever_above(linear([0, 1], -600))
    # 0.1 + 0.2 - 0.3 is 5e-17 in floats.
    situation = Situation(Room([X, Y], Box([0, 0], [0.1, 0.2])), (), {})
    assert not situation.ever_above(Linear(-exact(0.3), {"x": exact(1.0), "y": exact(1.0)}))


def test_the_range_of_a_number_is_that_of_cells_that_are_there():
    """Missing ages count as 0, and 0 is far below the youngest."""
    columns = (Column("age", missing=True), Column("kind", "category", ("p", "q")))
    table = {"age": [30.0, 50.0, None], "kind": ["p", "q", "q"]}
    room = Room(columns, as_domain(table, columns))
    assert room.range_of("age") == (30.0, 50.0)
    assert room.ranges_are_exact


def test_a_constraint_of_several_numbers_says_nothing_of_one():
    room = Room([X, Y], Polytope(Box([0, -1], [2, 1]), [[1, 1]], [1]))
    assert room.range_of("x") == (0, 2)
    assert not room.ranges_are_exact


def test_states_cut_the_domain():
    """In the polytope of the table the age of p is at most 40 only if a constraint says so."""
    kind = Column("kind", "category", ("p", "q"))
    box = Box([0, 0, 0], [50, 1, 1])
    domain = Polytope(box, [[0, 1, 1], [1, 10, 0]], [1, 50], [True, False])
    room = Room((X, kind), domain)
    assert not room.ranges_are_exact
    p, q = ((Test(kind, (state,)),) for state in kind.features)
    above_45 = Linear(Fraction(-45), {"x": Fraction(1)})
    assert not Situation(room, p, {}).ever_above(above_45)
    assert Situation(room, q, {}).ever_above(above_45)


def test_a_cell_that_says_yes_cuts_the_domain_too():
    smoker = Column("smoker", "yes/no")
    room = Room((X, smoker), Polytope(Box([0, 0], [50, 1]), [[1, 10]], [50]))
    no, yes = ((Test(smoker, (state,)),) for state in (None, *smoker.features))
    above_45 = Linear(Fraction(-45), {"x": Fraction(1)})
    assert Situation(room, no, {}).ever_above(above_45)
    assert not Situation(room, yes, {}).ever_above(above_45)


def test_a_level_that_the_domain_excludes_is_not_told_about():
    """Nothing is known there, so nothing is certain."""
    kind = Column("kind", "category", ("p", "q"))
    domain = Polytope(Box([0, 1, 0], [1, 1, 0]), [[0, 1, 1], [1, 1, 0]], [1, 2], [True, False])
    q = (Test(kind, (kind.features[1],)),)
    assert Situation(Room((X, kind), domain), q, {}).ever_above(Linear(Fraction(-1, 2), {"x": Fraction(1)}))


def test_too_many_bends_are_not_worked_out(monkeypatch):
    situation = Situation(Room([X, Y], None), (), {Letter(0): linear([1, 0], 0)})
    assert not situation.ever_above(linear([1, 0], -1), {Letter(0): False})
    monkeypatch.setattr(room_file, "MOST_INNER", 0)
    assert situation.ever_above(linear([1, 0], -1), {Letter(0): False})


@pytest.mark.parametrize("constant", [-1.0, 0.0, 1.0])
def test_a_bend_that_is_constant(constant):
    situation = Situation(Room([X, Y], Box([0, 0], [1, 1])), (), {Letter(0): linear([0, 0], constant)})
    total = linear([0.5, 0], -0.6, [1.0])
    assert situation.ever_above(total) == (constant > 0.1)
