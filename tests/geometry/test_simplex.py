"""The compiled search against linear programs, which know nothing of corners and pivots."""

import time
from itertools import pairwise

import networks
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_networks import reference_network

from prelu_rules.domains.box import Box
from prelu_rules.domains.domain import frame_of
from prelu_rules.domains.frame import Frame
from prelu_rules.domains.polytope import Polytope
from prelu_rules.geometry import dictionary, simplex, walks
from prelu_rules.geometry.cells import compiled_frame, to_frame
from prelu_rules.geometry.patterns import reachable_patterns
from prelu_rules.geometry.simplex import simplex_patterns
from prelu_rules.network.normal_form import NormalForm


def unit_box(dimension):
    return Box(-np.ones(dimension), np.ones(dimension))


def found(form, domain, prefix=None, negligible=None):
    batches = list(simplex_patterns(form, frame_of(domain, form.n_inputs), prefix, negligible))
    return [np.concatenate(arrays) for arrays in zip(*batches, strict=True)]


def assert_same(form, domain):
    signs, decides, outputs, _ = found(form, domain)
    expected = list(reachable_patterns(form, domain))
    assert signs.tolist() == [pattern.signs.tolist() for pattern in expected]
    assert decides.tolist() == [pattern.decides.tolist() for pattern in expected]
    for pattern, output in zip(signs, outputs, strict=True):
        affine = form.affine_on(pattern)[1]
        size = 1 + np.abs(form.D).max(initial=0) * np.abs(form.affine_on(pattern)[0].coef).max(initial=0)
        np.testing.assert_allclose(output[:, :-1], affine.coef, rtol=1e-9, atol=1e-9 * size)
        np.testing.assert_allclose(output[:, -1], affine.intercept, rtol=1e-9, atol=1e-9 * size)


def ternary(seed, widths):
    """Hyperplanes through one point, twice the same, dead units: weights of -1, 0 and 1, biases of 0."""
    rng = np.random.default_rng(seed)
    kernels = [rng.integers(-1, 2, shape).astype(float) for shape in pairwise(widths)]
    biases = [np.zeros(width) for width in widths[1:]]
    slopes = [rng.choice([0.0, 1.0, 0.5, -1.0], width) for width in widths[1:-1]]
    return NormalForm.from_layers(kernels, biases, slopes)


layers = st.tuples(st.integers(1, 6), st.lists(st.integers(1, 4), min_size=1, max_size=3)).map(
    lambda shape: (shape[0], *shape[1], 1)
)


@given(networks.seeds, layers)
def test_random_networks(seed, widths):
    lower = np.random.default_rng(seed).uniform(-3, 0, widths[0])
    assert_same(networks.random_form(seed, widths), Box(lower, lower + np.geomspace(0.5, 50, widths[0])))


@given(networks.seeds, layers)
def test_degenerate_networks(seed, widths):
    assert_same(ternary(seed, widths), unit_box(widths[0]))


@given(networks.seeds, layers)
def test_random_networks_on_all_inputs(seed, widths):
    assert_same(networks.random_form(seed, widths), None)


@given(networks.seeds, layers)
def test_degenerate_networks_on_all_inputs(seed, widths):
    assert_same(ternary(seed, widths), None)


@given(networks.seeds, layers.filter(lambda widths: widths[0] >= 2), st.integers(1, 3))
def test_polytopes(seed, widths, n_constraints):
    """Half-spaces and equations through a point of the box, some twice."""
    rng = np.random.default_rng(seed)
    coef = rng.integers(-2, 3, (n_constraints, widths[0])).astype(float)
    coef[rng.random(n_constraints) < 0.3] = coef[0]
    inside = rng.uniform(-0.5, 0.5, widths[0])
    equal = rng.random(n_constraints) < 0.3
    limit = coef @ inside + np.where(equal, 0, rng.uniform(0, 0.5, n_constraints))
    # Equations that say the same leave a point to stand on, others may not.
    limit[(coef == coef[0]).all(axis=1) & equal[0]] = limit[0]
    domain = Polytope(unit_box(widths[0]), coef, np.where(equal, coef @ inside, limit), equal)
    form = networks.random_form(seed, widths)
    if frame_of(domain, widths[0]).n_coordinates:
        assert_same(form, domain)


@pytest.mark.parametrize(
    ("dimension", "widths", "count"),
    [
        (2, (16, 16), 345),
        (2, (32, 32), 1142),
        (2, (32, 32, 32), 2121),
        (4, (10, 10), 1758),
        (4, (16, 16), 8037),
        (8, (8, 8), 9496),
    ],
)
def test_known_counts(dimension, widths, count):
    assert len(found(reference_network(dimension, widths), unit_box(dimension))[0]) == count


@pytest.mark.parametrize("size", [1, 2, 3])
def test_small_batches_and_frequent_refreshes_find_the_same(size, monkeypatch):
    """Where a batch has room for one pattern only, the last unit cuts the cell as all others do."""
    form = reference_network(2, (8, 8))
    whole = found(form, unit_box(2))
    monkeypatch.setattr(simplex, "BATCH", size)
    monkeypatch.setattr(simplex, "WORK", 50)
    frame = Frame.of_box(unit_box(2))
    sizes = [len(batch.signs) for batch in simplex_patterns(form, frame)]
    assert max(sizes) <= size and 0 in sizes
    for ours, theirs in zip(whole, found(form, unit_box(2)), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("room", [0, 12, 30])
@pytest.mark.parametrize("widths", [(7,), (4, 3), (2, 5, 2)])
def test_outputs_are_the_same_where_there_is_no_space_for_all_sums(widths, room, monkeypatch):
    form = reference_network(3, widths)
    whole = found(form, unit_box(3))
    monkeypatch.setattr(simplex, "SUMS", room)
    for ours, theirs in zip(whole, found(form, unit_box(3)), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@given(networks.seeds, layers.filter(lambda widths: sum(widths[1:-1]) > 2))
def test_a_prefix_picks_the_patterns_that_begin_with_it(seed, widths):
    form = networks.random_form(seed, widths)
    signs, decides, _, _ = found(form, unit_box(widths[0]))
    prefixes = np.unique(signs[:, :2], axis=0)
    parts = [found(form, unit_box(widths[0]), prefix) for prefix in prefixes]
    assert np.concatenate([part[0] for part in parts]).tolist() == signs.tolist()
    assert np.concatenate([part[1] for part in parts]).tolist() == decides.tolist()


def test_the_tight_rows_of_a_pattern_meet_in_a_corner_of_its_cell():
    form = reference_network(3, (6, 6))
    frame = Frame.of_box(Box([-1, 0, -5], [1, 3, 5]))
    base = frame.halfspaces
    for batch in simplex_patterns(form, frame):
        for signs, decides, tight in zip(batch.signs, batch.decides, batch.tight, strict=True):
            z, _ = form.affine_on(signs)
            halfspaces = [
                np.append(
                    *frame.row(*(np.where(signs[unit], 1, -1) * row for row in (z.coef[unit], z.intercept[unit])))
                )
                for unit in np.flatnonzero(decides)
            ]
            rows = np.vstack([base, *halfspaces])
            corner = np.linalg.solve(rows[tight, :-1], -rows[tight, -1])
            assert (rows[:, :-1] @ corner + rows[:, -1] >= -1e-9).all()


def walked(d, n, rng, steps):
    """Take random steps along edges of the cell."""
    for _ in range(steps):
        leaving = int(rng.integers(len(d.tight)))
        entering, _, _, other = walks.blocking(d, n, leaving, 1.0, False)
        walks.step_to(d, n, entering, leaving, other)


def random_cell(rng, k, n_more, bound=1.0):
    """Rows that hold at the lower corner of the box, and the dictionary there."""
    rows = rng.normal(size=(n_more, k + 1))
    rows[:, -1] = rows[:, :-1].sum(axis=1) + rng.uniform(0, 1, n_more)
    d = dictionary.new_dictionary(k, n_more + 1, bound)
    for number, row in enumerate(rows):
        dictionary.append(d, number, 2 * k + number, row)
    return rows, d


@given(networks.seeds, st.integers(1, 4), st.integers(0, 4))
def test_refreshing_a_dictionary_gives_what_the_pivots_gave(seed, k, n):
    rng = np.random.default_rng(seed)
    rows, d = random_cell(rng, k, n)
    walked(d, n, rng, 5)
    fresh = dictionary.new_dictionary(k, n + 1, 1.0)
    assert dictionary.go_to(fresh, rows, n, d.tight, np.zeros(3 * k + n + 1, dtype=bool))
    assert sorted(fresh.tight) == sorted(d.tight)
    # A coordinate that is not tight may be measured from either bound.
    corners = np.empty((2, k))
    for corner, which in zip(corners, (d, fresh), strict=True):
        dictionary.write_corner(which, n, corner)
    np.testing.assert_allclose(corners[1], corners[0], atol=1e-9)
    places = [d.tight.tolist().index(number) for number in fresh.tight]
    for column in range(n):
        if fresh.loose[column] >= 2 * k:
            (same,) = np.flatnonzero(d.loose[:n] == fresh.loose[column])
            np.testing.assert_allclose(fresh.table[:-1, column], d.table[places, same], atol=1e-9)
            np.testing.assert_allclose(fresh.table[-1, column], d.table[-1, same], atol=1e-9)


@given(networks.seeds, st.integers(1, 4), st.integers(0, 4), st.sampled_from([1.0, 3.0]))
def test_a_dictionary_knows_its_slacks(seed, k, n, bound):
    """At every corner of a walk, each slack is what its row says, and none is negative."""
    rng = np.random.default_rng(seed)
    rows, d = random_cell(rng, k, n, bound)
    rows[:, -1] = rows[:, :-1].sum(axis=1) * bound + 1
    for number, row in enumerate(rows):
        dictionary.append(d, number, 2 * k + number, row)
    every = np.vstack([np.column_stack([sign * np.eye(k), np.full(k, bound)]) for sign in (1, -1)] + [rows])
    corner = np.empty(k)
    for _ in range(6):
        dictionary.write_corner(d, n, corner)
        slacks = every[:, :-1] @ corner + every[:, -1]
        assert (slacks > -1e-9).all()
        np.testing.assert_allclose(slacks[d.tight], 0, atol=1e-9)
        np.testing.assert_allclose(d.table[-1, :n], slacks[d.loose[:n]], atol=1e-9)
        walked(d, n, rng, 1)


@given(networks.seeds)
def test_rows_of_a_frame_are_the_same_compiled(seed):
    rng = np.random.default_rng(seed)
    frame = Frame(rng.normal(size=3), rng.integers(-1, 2, (3, 2)), 1.0, np.empty((0, 3)))
    function, row = rng.integers(-2, 3, 4).astype(float), np.empty(3)
    to_frame(function, compiled_frame(frame), row)
    weights, constant = frame.row(function[:-1], function[-1])
    np.testing.assert_allclose(row, [*weights, constant], atol=1e-12)


@pytest.mark.parametrize(("offset", "count"), [(1e-7, 3), (1e-11, 2)])
def test_slivers(offset, count):
    form = NormalForm(
        A=[[1, 0], [1, 0]], B=np.zeros((2, 2)), b=[0, -offset], C=[[0, 0]], D=[[1, 1]], e=[0], slopes=[0, 0]
    )
    assert len(found(form, unit_box(2))[0]) == count


@pytest.mark.parametrize("sign", [1, -1])
def test_weights_that_cancel_are_zero(sign):
    form = networks.cancelling_form(sign)
    assert_same(form, unit_box(2))
    assert len(found(form, unit_box(2))[0]) == 5


def test_a_constant_input_is_no_dimension():
    form = NormalForm(A=[[1, 0], [0, 1]], B=np.zeros((2, 2)), b=[0, -5], C=[[0, 0]], D=[[1, 1]], e=[0], slopes=[0, 0])
    assert found(form, Box([-1, 5], [1, 5]))[0].tolist() == [[False, True], [True, True]]


def units(A, b, slopes=0.0):
    """A network of independent units."""
    n, d = np.shape(A)
    return NormalForm(A, np.zeros((n, n)), b, np.zeros((1, d)), np.ones((1, n)), [0], np.full(n, slopes))


@pytest.fixture
def questions(monkeypatch):
    """The answers that were given in exact arithmetic."""
    answers = []
    decide = simplex.reaches_beyond

    def noted(*arguments):
        answers.append(decide(*arguments))
        return answers[-1]

    monkeypatch.setattr(simplex, "reaches_beyond", noted)
    return answers


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize(("offset", "count"), [(np.nextafter(0.999999999, 0), 4), (0.999999999, 2)])
def test_what_floats_cannot_decide_is_decided_exactly(offset, count, side, questions):
    """The first unit reaches 1.0000001e-9 and 0.9999999e-9 beyond 0, nearer to `CUT` than rounding errors."""
    signs = found(units([[side, 0], [0, 1]], [-offset, 0]), unit_box(2))[0]
    assert len(signs) == count and len(np.unique(signs, axis=0)) == count
    assert questions and all(answer == (count == 4) for answer in questions)


@pytest.mark.parametrize(("gap", "count"), [(1e-9 * (1 + 1e-8), 6), (1e-9 * (1 - 1e-8), 4)])
def test_doubt_on_all_inputs(gap, count, questions):
    assert len(found(units([[1, 0], [1, 0], [0, 1]], [0, -gap, 0]), None)[0]) == count
    assert len(questions) == 1


def test_ordinary_degenerate_networks_leave_no_doubt(questions):
    for seed in range(20):
        for domain in (unit_box(4), None):
            found(ternary(seed, (4, 5, 4, 1)), domain)
    assert not questions


@pytest.mark.parametrize("w", [1e3, 1e8, 1e9, 3e9, 1e11])
def test_bends_that_matter_are_found_on_wide_domains(w):
    """A hat of height 1: three bends at distances of 1 in a domain of width 2w."""
    form = units([[1, 0]] * 3, [0, -1, -2])
    box = Box([-w, 0], [w, 1])
    expected = [[0, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1]]
    assert found(form, box, negligible=np.full(3, 1e-3))[0].tolist() == np.array(expected, dtype=bool).tolist()
    # Slivers that change no pre-activation by more than 10 count only where they are not thin.
    assert len(found(form, box, negligible=np.full(3, 10.0))[0]) == (4 if w < 1e9 else 2 if w > 1e9 else 3)


@given(networks.seeds, layers)
def test_nothing_negligible_changes_nothing_in_ordinary_networks(seed, widths):
    form, box = networks.random_form(seed, widths), unit_box(widths[0])
    assert found(form, box, negligible=np.full(form.n_units, 1e-12))[0].tolist() == found(form, box)[0].tolist()


def test_kept_and_recomputed_dictionaries_are_the_same(monkeypatch):
    form = reference_network(4, (8, 8))
    for domain in (unit_box(4), None):
        whole = found(form, domain)
        monkeypatch.setattr(simplex, "KEPT", 100)
        for ours, theirs in zip(whole[:3], found(form, domain)[:3], strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-12)
        monkeypatch.undo()


def test_a_thousand_units_are_no_recursion():
    rng = np.random.default_rng(0)
    form = units(rng.normal(size=(1500, 2)), rng.normal(size=1500))
    batches = simplex_patterns(form, Frame.of_everything(2))
    assert sum(len(batch.signs) for batch, _ in zip(batches, range(20), strict=False)) > 0


def test_many_inputs_are_no_hindrance():
    """Of 128 units few are open in a small box around a picture of 28 x 28; and the clock is read in a large one."""
    form, centre = reference_network(784, (64, 64)), np.random.default_rng(0).uniform(0, 1, 784)
    small = Box(centre - 5e-4, centre + 5e-4)
    signs, decides, _, _ = found(form, small)
    assert 1 < len(signs) < 100 and decides.any(axis=0).sum() < 10
    x = np.random.default_rng(1).uniform(small.lower, small.upper, (300, 784))
    assert {tuple(row) for row in form.pattern(x).tolist()} <= {tuple(row) for row in signs.tolist()}
    start, longest = time.thread_time(), 0.0
    for batch, _ in zip(simplex_patterns(form, frame_of(Box(centre - 1, centre + 1), 784)), range(40), strict=False):
        assert len(batch.signs) <= simplex.BATCH_NUMBERS
        longest, start = max(longest, time.thread_time() - start), time.thread_time()
    assert longest < 0.5
