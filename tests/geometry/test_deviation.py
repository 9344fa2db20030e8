from fractions import Fraction

import networks
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from prelu_rules.domains.box import Box
from prelu_rules.errors import InvalidValueError, ShapeError
from prelu_rules.geometry.deviation import deviation_bounds, probes
from prelu_rules.geometry.difference import difference
from prelu_rules.geometry.regions import linear_regions
from prelu_rules.network.normal_form import NormalForm


def replaced(form, seed):
    rng = np.random.default_rng(seed)
    gone = np.flatnonzero(rng.random(form.n_units) < 0.3)
    return form.eliminate(gone, rng.uniform(0, 1, len(gone)), rng.normal(0, 0.1, len(gone)))


def by_regions(form, other, box):
    """The largest difference by a linear program for each sign and each region where both networks are affine."""
    largest = np.zeros(form.n_outputs)
    for region in linear_regions(difference(form, other).form, box):
        for output in range(form.n_outputs):
            for sign in (1.0, -1.0):
                result = linprog(
                    -sign * region.coef[output],
                    A_ub=-region.halfspaces[:, :-1],
                    b_ub=region.halfspaces[:, -1],
                    bounds=np.column_stack([box.lower, box.upper]),
                )
                assert result.status == 0
                largest[output] = max(largest[output], sign * region.intercept[output] - result.fun)
    return largest


@settings(max_examples=20)
@given(networks.seeds, st.sampled_from([(1, 4, 3, 1), (2, 4, 2), (2, 3, 2, 1), (3, 3, 1), (2, 2, 2, 2, 1)]))
def test_it_is_the_largest_difference_of_all_regions(seed, widths):
    form = networks.random_form(seed, widths)
    other, box = replaced(form, seed), Box(-np.ones(widths[0]), np.arange(widths[0]) + 0.5)
    truth = by_regions(form, other, box)
    propagated = deviation_bounds(form, other, box, method="propagation")
    solved = deviation_bounds(form, other, box, method="milp")
    size = np.maximum(np.abs(truth), 1e-6)
    # The twin is a little off itself: slivers thinner than CUT are no regions.
    assert (propagated.upper >= truth - 1e-6 * size).all()
    assert (solved.upper >= truth - 1e-6 * size).all()
    assert (solved.upper <= propagated.upper).all()
    assert (propagated.lower <= solved.lower * (1 + 1e-12)).all()
    assert (solved.lower <= truth + 1e-6 * size).all()
    # Tight: the solver has closed all but its own gap, and what its tolerances may hide.
    assert (solved.upper <= solved.lower + 5e-3 * propagated.upper + 1e-12).all()


@given(networks.seeds, networks.widths)
def test_bounds_hold_on_samples_and_the_lower_one_is_attained(seed, widths):
    form, rng = networks.random_form(seed, widths), np.random.default_rng(seed)
    other, box = replaced(form, seed), Box(-np.ones(widths[0]), rng.uniform(-1, 1, widths[0]))
    deviation = deviation_bounds(form, other, box, method="propagation")
    x = rng.uniform(box.lower, box.upper, (5000, widths[0]))
    assert (np.abs(form.predict(x) - other.predict(x)) <= deviation.upper + 1e-9).all()
    assert box.contains(deviation.at).all()
    for output, at in enumerate(deviation.at):
        x = np.array([Fraction(v) for v in at], dtype=object)
        exact = abs(form.exact().predict(x)[output] - other.exact().predict(x)[output])
        assert 0 <= exact - Fraction(deviation.lower[output]) <= Fraction(1, 10**9) * max(exact, 1)
    assert (deviation.lower <= deviation.upper).all()


def test_sharing_units_is_what_makes_the_bound_small():
    """One unit of the first layer is almost linear; bounding the networks one by one would see none of that."""
    form = networks.random_form(0, (3, 8, 8, 1), slopes=(0.2,))
    slopes = form.slopes.copy()
    slopes[0] = 0.999
    form = NormalForm(form.A, form.B, form.b, form.C, form.D, form.e, slopes, form.labels)
    other, box = form.eliminate([0], 1), Box([-1] * 3, [1] * 3)
    strangers = NormalForm(
        other.A, other.B, other.b, other.C, other.D, other.e, other.slopes, tuple((9, k) for k in range(other.n_units))
    )
    shared, apart = (deviation_bounds(form, one, box, method="propagation").upper for one in (other, strangers))
    assert shared < 0.05 * apart


def test_auto_calls_the_solver_only_where_it_helps(monkeypatch):
    form = networks.random_form(0, (3, 8, 8, 1), slopes=(0.2,))
    box = Box([-1] * 3, [1] * 3)
    shallow = networks.random_form(0, (3, 8, 1), slopes=(0.2,))
    assert deviation_bounds(form, form.eliminate([0], 1), box) == deviation_bounds(
        form, form.eliminate([0], 1), box, method="milp"
    )
    monkeypatch.delattr("prelu_rules.geometry.deviation.DeviationProgram")
    # One unit that sees only inputs is bounded exactly by the lines that replace it.
    for slope in (1.0, 0.6):
        deviation_bounds(shallow, shallow.eliminate([0], slope), box)
    with pytest.raises(NameError):
        deviation_bounds(form, form.eliminate([0], 1), box)


def test_without_time_the_propagated_bound_stays():
    form = networks.random_form(1, (6, 12, 12, 1), slopes=(0.2,))
    other, box = form.eliminate([0, 3, 5], 1), Box([-1] * 6, [1] * 6)
    propagated = deviation_bounds(form, other, box, method="propagation")
    hurried = deviation_bounds(form, other, box, method="milp", time_limit=1e-9)
    assert (hurried.upper <= propagated.upper).all() and (hurried.lower <= hurried.upper).all()


@pytest.mark.parametrize("method", ["auto", "propagation", "milp"])
def test_degenerate_cases(method):
    form = networks.random_form(2, (2, 3, 2))
    point = Box([0.5, -1.0], [0.5, -1.0])
    here = deviation_bounds(form, form.eliminate([0], 3, 1), point, method=method)
    np.testing.assert_allclose(here.upper, here.lower, rtol=1e-9)
    assert (here.at == point.lower).all()
    same = deviation_bounds(form, form, Box([-1, -1], [1, 1]), method=method)
    assert not same.upper.any() and not same.lower.any()
    # A unit that sees a constant, and networks without any unit.
    constant = NormalForm([[0.0]], [[0.0]], [-1.0], [[1.0]], [[1.0]], [0.0], [0.5])
    found = deviation_bounds(constant, constant.eliminate([0], 1), Box([-1], [1]), method=method)
    np.testing.assert_allclose((found.lower[0], found.upper[0]), 0.5, rtol=1e-9)
    line = constant.eliminate([0], 0.5)
    assert deviation_bounds(line, line, Box([-1], [1]), method=method).upper.tolist() == [0.0]


def test_exact_networks_are_compared_as_they_are():
    form = networks.random_form(4, (2, 3, 1), slopes=(0.5,))
    box = Box([-1, -1], [1, 1])
    floats = deviation_bounds(form, form.eliminate([0], 1), box, method="propagation")
    exact = deviation_bounds(form.exact(), form.exact().eliminate([0], 1), box, method="propagation")
    np.testing.assert_allclose(exact.upper, floats.upper, rtol=1e-9)


def test_probes_are_in_the_box_and_the_same_each_time():
    box = Box([-1.0, 3.0], [2.0, 3.0])
    assert box.contains(probes(box)).all()
    assert (probes(box) == probes(box)).all()
    assert {(-1.0, 3.0), (2.0, 3.0), (0.5, 3.0)} <= {tuple(row) for row in probes(box).tolist()}
    assert len(probes(Box([0] * 30, [1] * 30))) < 5000


def test_bad_use_is_named():
    form, box = networks.random_form(0, (2, 2, 1)), Box([-1, -1], [1, 1])
    with pytest.raises(InvalidValueError, match="method is 'guess'; it must be one of auto, propagation, milp"):
        deviation_bounds(form, form, box, method="guess")
    with pytest.raises(InvalidValueError, match="time_limit is 0"):
        deviation_bounds(form, form, box, time_limit=0)
    with pytest.raises(ShapeError, match="the domain has 1 dimensions"):
        deviation_bounds(form, form, Box([0], [1]))
    with pytest.raises(ShapeError, match="1 and 2 outputs"):
        deviation_bounds(form, networks.random_form(0, (2, 2, 2)), box)
