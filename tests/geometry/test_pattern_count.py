import sys

import networks
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.domains.box import Box
from prelu_rules.domains.polytope import Polytope
from prelu_rules.errors import InvalidValueError, ShapeError, SolverError
from prelu_rules.geometry import pattern_count, simplex
from prelu_rules.geometry.pattern_count import PatternCounter, count_patterns
from prelu_rules.geometry.patterns import reachable_patterns
from prelu_rules.network.normal_form import NormalForm

SIZES = networks.widths.filter(lambda widths: 1 <= sum(widths[1:-1]) <= 6)


class BySolver(PatternCounter):
    def _is_slow(self):
        return False


class ByCompiledCode(PatternCounter):
    def _is_slow(self):
        return bool(self._frame.n_coordinates) and np.isfinite(self._frame.bound)


WAYS = [BySolver, ByCompiledCode]


def domains(n_inputs):
    box = Box(-np.ones(n_inputs), np.ones(n_inputs))
    return [box, None, Polytope(box, np.ones((1, n_inputs)), [0.5]), Polytope(box, np.ones((1, n_inputs)), [0.5], [1])]


def listed(form, domain):
    """The obvious way: find all of them, one by one."""
    return len(list(reachable_patterns(form, domain)))


@pytest.mark.parametrize("way", WAYS)
@given(networks.seeds, SIZES, st.integers(0, 3))
def test_as_many_as_there_are(way, seed, widths, kind):
    form = networks.random_form(seed, widths)
    domain = domains(form.n_inputs)[kind]
    assert way(domain, form.n_inputs).count(form) == listed(form, domain)


@pytest.mark.parametrize("way", WAYS)
@given(networks.seeds, st.integers(1, 5), st.integers(0, 3))
def test_as_many_where_units_coincide_and_bends_touch_corners(way, seed, n_units, kind):
    rng = np.random.default_rng(seed)
    form = NormalForm(
        A=rng.integers(-1, 2, (n_units, 2)),
        B=np.tril(rng.integers(-1, 2, (n_units, n_units)), -1),
        b=rng.integers(-2, 3, n_units),
        C=np.zeros((1, 2)),
        D=rng.integers(0, 2, (1, n_units)),
        e=[0],
        slopes=rng.choice([0.0, 0.5], n_units),
    )
    domain = domains(2)[kind]
    assert way(domain, 2).count(form) == listed(form, domain)


@given(st.lists(st.integers(0, 99), min_size=2, max_size=4), st.integers(0, 3))
def test_a_counter_keeps_nothing_of_the_networks_before(seeds, kind):
    forms = [networks.random_form(seed, (3, 2 + seed % 3, 1)) for seed in seeds]
    domain = domains(3)[kind]
    counter = BySolver(domain, 3)
    assert [counter.count(form) for form in forms] == [listed(form, domain) for form in forms]


@pytest.mark.parametrize("way", WAYS)
@given(networks.seeds, SIZES, st.integers(1, 12))
def test_counting_stops_where_more_do_not_matter(way, seed, widths, at_most):
    form = networks.random_form(seed, widths)
    box = Box(-np.ones(form.n_inputs), np.ones(form.n_inputs))
    assert way(box, form.n_inputs).count(form, at_most) == min(at_most, listed(form, box))


def test_no_units_make_one_pattern():
    flat = NormalForm(np.zeros((0, 2)), np.zeros((0, 0)), [], [[1, 2]], np.zeros((1, 0)), [0], [])
    assert count_patterns(flat) == count_patterns(flat, Box([0, 0], [1, 1])) == 1


def test_every_bend_of_an_exact_network_counts():
    form = NormalForm(A=[[1], [1]], B=np.zeros((2, 2)), b=[0, 1e-20], C=[[0]], D=[[1, 1]], e=[0], slopes=[0, 0])
    box = Box([-1], [1])
    assert (count_patterns(form, box), count_patterns(form.exact(), box)) == (2, 3)
    assert PatternCounter(box, 1).count(form.exact(), 2) == 2


def hidden_in_a_corner(n_inputs=12):
    """A unit and one that only bends in a corner that no random input meets."""
    return NormalForm(
        A=np.vstack([np.linspace(-1, 1, n_inputs), np.linspace(1, 2, n_inputs)]),
        B=np.zeros((2, 2)),
        b=[0.0, 1e-3 - np.linspace(1, 2, n_inputs).sum()],
        C=np.zeros((1, n_inputs)),
        D=[[1.0, 1.0]],
        e=[0],
        slopes=[0.0, 0.0],
    )


def test_compiled_code_takes_over_only_when_it_is_worth_loading(monkeypatch):
    form = hidden_in_a_corner()
    box = Box(-np.ones(12), np.ones(12))
    enumerated = []
    monkeypatch.setattr(PatternCounter, "_enumerated", lambda *arguments: enumerated.append(1) or 99)
    monkeypatch.setattr("prelu_rules.geometry.numba_internals.is_compiled", lambda function: False)
    monkeypatch.setattr("prelu_rules.geometry.search.search", type("Uncompiled", (), {"signatures": []}))
    monkeypatch.setattr(pattern_count, "FEW", 2)
    monkeypatch.setattr(pattern_count, "MANY", 3)
    counter = PatternCounter(box, 12)
    assert [counter.count(form) for _ in range(3)] == [listed(form, box), 99, 99]
    assert len(enumerated) == 2


def test_a_small_network_does_not_load_compiled_code(monkeypatch):
    form = hidden_in_a_corner()
    box = Box(-np.ones(12), np.ones(12))
    for name in ("prelu_rules.geometry.search", "prelu_rules.geometry.numba_internals"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    assert count_patterns(form, box) == listed(form, box)
    assert "prelu_rules.geometry.search" not in sys.modules


def test_where_compiled_code_does_not_converge_the_solver_counts(monkeypatch):
    def stuck(*arguments, **options):
        raise SolverError("the simplex method did not converge")

    monkeypatch.setattr(simplex, "simplex_patterns", stuck)
    form = hidden_in_a_corner()
    box = Box(-np.ones(12), np.ones(12))
    assert ByCompiledCode(box, 12).count(form) == listed(form, box)


def test_many_units():
    """The search does not recurse."""
    n = 3000
    form = NormalForm(
        A=np.ones((n, 1)), B=np.zeros((n, n)), b=-np.arange(n), C=[[0]], D=np.ones((1, n)), e=[0], slopes=[0.9999] * n
    )
    assert PatternCounter(Box([-1], [n]), 1).count(form, 5) == 5


def test_bad_domains_are_named():
    with pytest.raises(ShapeError, match="the domain has 1 dimensions, but the network has 2 inputs"):
        count_patterns(networks.random_form(0, (2, 1, 1)), Box([0], [1]))
    empty = Polytope(Box([0], [1]), [[1.0]], [-1.0])
    with pytest.raises(InvalidValueError, match="no point of the box"):
        count_patterns(networks.random_form(0, (1, 1, 1)), empty)
