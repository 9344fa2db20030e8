"""Boxes and linear functions on their parts in a polytope, against linear programs."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from prelu_rules.domains.box import Box
from prelu_rules.domains.polytope import Polytope
from prelu_rules.geometry.comparison.parts_of_polytopes import slack, tightened


def polytope(rng, kind):
    box = Box(np.zeros(4), np.ones(4))
    if kind == "groups":
        return Polytope.one_hot(box, [[0, 1], [2, 3]])
    coef = rng.normal(size=(3, 4))
    return Polytope(box, coef, coef @ np.full(4, 0.5) + rng.uniform(0, 0.3, 3), [kind == "mixed", False, False])


def program(domain, lower, upper, objective):
    rows, equal = domain.coef, domain.equal
    return linprog(
        -objective,
        A_ub=rows[~equal] if (~equal).any() else None,
        b_ub=domain.limit[~equal] if (~equal).any() else None,
        A_eq=rows[equal] if equal.any() else None,
        b_eq=domain.limit[equal] if equal.any() else None,
        bounds=np.column_stack([lower, upper]),
    )


@given(st.integers(0, 10**6), st.sampled_from(["groups", "mixed", "inequalities"]))
def test_bounds_hold_and_are_exact_for_separate_groups(seed, kind):
    rng = np.random.default_rng(seed)
    domain = polytope(rng, kind)
    lower = rng.uniform(0, 0.5, (1, 4))
    upper = rng.uniform(0.5, 1, (1, 4))
    gradient = rng.normal(size=(1, 2, 4))
    found = slack(gradient, lower, upper, domain)
    half = (upper - lower)[0] / 2
    new_lower, new_upper, there = tightened(lower, upper, domain)
    for k in range(2):
        objective = gradient[0, k] / half
        result = program(domain, lower[0], upper[0], objective)
        if result.status == 2:
            continue
        assert there[0]
        assert (result.x >= new_lower[0] - 1e-9).all() and (result.x <= new_upper[0] + 1e-9).all()
        truth = np.abs(gradient[0, k]).sum() - (-result.fun - objective @ (lower + upper)[0] / 2)
        assert 0 <= found[0, k] <= truth + 1e-9
        if kind == "groups":
            assert found[0, k] >= truth - 1e-9


def test_boxes_outside_are_noticed():
    domain = Polytope.one_hot(Box([0, 0], [1, 1]), [[0, 1]])
    lower, upper = np.array([[0.0, 0.0], [0.75, 0.5], [0.75, 0.0]]), np.array([[0.25, 0.5], [1.0, 1.0], [1.0, 0.5]])
    new_lower, new_upper, there = tightened(lower, upper, domain)
    assert there.tolist() == [False, False, True]
    assert new_upper[2].round(9).tolist() == [1.0, 0.25] and (new_upper[2] >= [1.0, 0.25]).all()
    assert new_lower[2].tolist() == [0.75, 0.0]
