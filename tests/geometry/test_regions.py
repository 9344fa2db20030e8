from collections import Counter

import networks
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_networks import reference_network
from scipy.optimize import linprog

from prelu_rules.domains.box import Box
from prelu_rules.errors import InvalidValueError, LimitError, ShapeError
from prelu_rules.geometry.regions import linear_regions
from prelu_rules.network.normal_form import NormalForm

pytestmark = pytest.mark.slow

small = networks.widths.filter(lambda widths: 1 <= sum(widths[1:-1]) <= 8)


def unit_box(n_inputs):
    return Box(-np.ones(n_inputs), np.ones(n_inputs))


@given(networks.seeds, small, st.booleans())
def test_each_input_is_in_its_region_and_the_region_is_the_network(seed, widths, bounded):
    form = networks.random_form(seed, widths)
    x = np.random.default_rng(seed).uniform(-1, 1, (30, widths[0]))
    regions = {tuple(r.pattern): r for r in linear_regions(form, unit_box(widths[0]) if bounded else None)}
    for row, pattern in zip(x, form.pattern(x), strict=True):
        region = regions[tuple(pattern)]
        size = 1 + np.abs(form.pre_activations(row)).max() * np.abs(form.D).max()
        np.testing.assert_allclose(region.outputs(row), form.predict(row), rtol=0, atol=1e-9 * size)
        np.testing.assert_array_equal(region.coef @ row + region.intercept, region.outputs(row))
        G, h = region.conditions()
        assert (G @ row <= h + 1e-9 * size).all()
        for other in regions.values():
            if other is not region:
                G, h = other.conditions()
                assert (G @ row > h - 1e-9 * size).any()


@given(networks.seeds, small, st.booleans())
def test_no_condition_follows_from_the_others(seed, widths, bounded):
    """An outside judge for each condition: some input of the domain breaks it and no other."""
    form = networks.random_form(seed, widths)
    domain = unit_box(widths[0]) if bounded else None
    bounds = [(-1, 1)] * widths[0] if bounded else [(None, None)] * widths[0]
    for region in linear_regions(form, domain):
        G, h = region.conditions()
        assert len(h) <= len(region.halfspaces)
        for k in range(len(h)):
            others = np.arange(len(h)) != k
            # How far one can go beyond the condition, up to 1.
            A = np.vstack([G[others], G[k]])
            b = np.append(h[others], h[k] + np.linalg.norm(G[k]))
            found = linprog(-G[k], A_ub=A, b_ub=b, bounds=bounds, method="highs")
            assert found.status == 0 and -found.fun > h[k]


@pytest.mark.parametrize(("dimension", "widths", "count"), [(2, (16, 16), 345), (4, (10, 10), 1758)])
def test_known_counts(dimension, widths, count):
    form = reference_network(dimension, widths)
    assert sum(1 for _ in linear_regions(form, unit_box(dimension))) == count


def test_a_repeated_hyperplane_is_one_condition():
    form = NormalForm(
        A=[[1, 0], [2, 0], [-1, 0]], B=np.zeros((3, 3)), b=[0, 0, 0], C=[[0, 0]], D=[[1, 1, 1]], e=[0], slopes=[0] * 3
    )
    assert [region.conditions()[0].tolist() for region in linear_regions(form)] == [[[1, 0]], [[-1, 0]]]
    (occupied,) = linear_regions(form, rows=[[1.0, 0.0]])
    assert occupied.halfspaces.tolist() == [[1, 0, 0], [2, 0, 0], [1, 0, 0]]
    assert occupied.conditions()[0].tolist() == [[-1, 0]]


def test_what_the_domain_says_is_not_repeated():
    form = NormalForm(A=[[1, 0], [0, 1]], B=np.zeros((2, 2)), b=[-1, 0], C=[[0, 0]], D=[[1, 1]], e=[0], slopes=[0, 0])
    (below, above) = linear_regions(form, rows=[[0.0, -1.0], [0.0, 1.0], [0.5, 0.5]], domain=unit_box(2))
    assert (below.count, above.count) == (2, 1)
    assert below.conditions()[0].tolist() == [[0, -1]] and above.conditions()[0].tolist() == [[0, 1]]


@given(networks.seeds, st.sampled_from([(2, 3, 1), (3, 40, 40, 1), (1, 1), (2, 130, 1)]), st.booleans())
def test_occupied_regions_are_those_of_the_rows(seed, widths, bounded):
    form = networks.random_form(seed, widths)
    x = np.random.default_rng(seed).normal(size=(50, widths[0])).round(1)
    inside = x[unit_box(widths[0]).contains(x)] if bounded else x
    expected = Counter(tuple(form.pattern(row).tolist()) for row in inside)
    regions = list(linear_regions(form, unit_box(widths[0]) if bounded else None, rows=x))
    assert {tuple(r.pattern.tolist()): r.count for r in regions} == expected
    counts = [r.count for r in regions]
    assert counts == sorted(counts, reverse=True)
    for region in regions[:3]:
        own = inside[(form.pattern(inside) == region.pattern).all(axis=1)]
        np.testing.assert_allclose(region.outputs(own), form.predict(own), rtol=1e-6, atol=1e-6)


def test_more_rows_than_fit_into_one_chunk():
    form = networks.random_form(0, (2, 3, 1))
    x = np.random.default_rng(0).normal(size=(40_000, 2))
    assert sum(region.count for region in linear_regions(form, rows=x)) == 40_000


def test_limits_yield_what_was_found_and_then_say_so():
    form = networks.random_form(0, (2, 6, 1))
    stream = linear_regions(form, max_regions=3)
    assert len([next(stream) for _ in range(3)]) == 3
    with pytest.raises(LimitError, match="there are more than max_regions=3 regions; raise it"):
        next(stream)
    n_regions = len(list(linear_regions(form)))
    assert len(list(linear_regions(form, max_regions=n_regions))) == n_regions
    with pytest.raises(LimitError, match=r"time_limit=1e-09 seconds passed after 0 regions"):
        list(linear_regions(form, time_limit=1e-9))


@pytest.mark.parametrize("domain", [None, unit_box(2)])
def test_a_partial_result_is_marked_as_partial(domain):
    form = networks.random_form(0, (2, 6, 1))
    whole = linear_regions(form, domain)
    assert not whole.complete
    n_regions = len(list(whole))
    assert whole.complete
    part = linear_regions(form, domain, max_regions=n_regions - 1, partial=True)
    assert len(list(part)) == n_regions - 1 and not part.complete
    just = linear_regions(form, domain, max_regions=n_regions, partial=True)
    assert len(list(just)) == n_regions and just.complete
    late = linear_regions(form, domain, time_limit=1e-9, partial=True)
    assert list(late) == [] and not late.complete


@pytest.mark.parametrize("domain", [None, unit_box(2), Box([-1, -1, 0], [1, 1, 1])])
def test_batches_are_the_regions_as_arrays(domain):
    form = networks.random_form(0, (2 if domain is None else domain.n_inputs, 6, 4, 2))
    regions = list(linear_regions(form, domain))
    stream = linear_regions(form, domain)
    batches = list(stream.batches())
    assert stream.complete and min(map(len, batches)) > 0
    for name, one in (("signs", "pattern"), ("coef", "coef"), ("intercept", "intercept")):
        together = np.concatenate([getattr(batch, name) for batch in batches])
        np.testing.assert_array_equal(together, [getattr(region, one) for region in regions])


@pytest.mark.parametrize("method", ["polygons", "simplex", "linear programs"])
def test_limits_cut_batches_to_size(method):
    form = networks.random_form(0, (2, 6, 4, 2))
    n_regions = len(list(linear_regions(form, unit_box(2))))
    for limit in (1, 5, n_regions - 1):
        stream = linear_regions(form, unit_box(2), method=method, max_regions=limit, partial=True)
        found = list(stream.batches())
        assert sum(map(len, found)) == limit and not stream.complete
        whole = linear_regions(form, unit_box(2), method=method)
        for batch in found:
            if method == "polygons":
                assert len(batch.polygons.areas) == len(batch)
            for number in range(len(batch)):
                expected = next(whole)
                np.testing.assert_array_equal(batch.signs[number], expected.pattern)
                np.testing.assert_allclose(batch.conditions(number)[0], expected.conditions()[0], atol=1e-12)
    strict = linear_regions(form, unit_box(2), method=method, max_regions=5).batches()
    with pytest.raises(LimitError, match="more than max_regions=5 regions"):
        list(strict)
    late = linear_regions(form, unit_box(2), method=method, time_limit=1e-9, partial=True)
    assert list(late.batches()) == [] and not late.complete


def test_batches_and_single_regions_share_one_stream():
    form = networks.random_form(0, (2, 6, 4, 2))
    everything = [region.pattern.tolist() for region in linear_regions(form, unit_box(2))]
    stream = linear_regions(form, unit_box(2))
    first = [next(stream).pattern.tolist() for _ in range(3)]
    rest = [pattern for batch in stream.batches() for pattern in batch.signs.tolist()]
    assert first + rest == everything and list(stream) == [] and stream.complete


def test_auto_takes_what_the_domain_allows():
    form = networks.random_form(0, (2, 4, 1))
    for domain in (unit_box(2), Box([-1, 0], [1, 0]), Box([0, 0], [0, 0]), None):
        auto, programs = (
            [region.pattern.tolist() for region in linear_regions(form, domain, method=method)]
            for method in ("auto", "linear programs")
        )
        assert auto == programs
    assert len(list(linear_regions(form.exact(), unit_box(2)))) == len(list(linear_regions(form, unit_box(2))))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"method": "guess"}, InvalidValueError, "method is 'guess'"),
        ({"method": "data"}, InvalidValueError, "method 'data' needs rows"),
        ({"method": "linear programs", "rows": [[0, 0]]}, InvalidValueError, "takes no rows"),
        ({"domain": Box([0, 0], [1, 1]), "n_jobs": 0}, InvalidValueError, "n_jobs is 0; give a number of workers"),
        ({"method": "polygons"}, InvalidValueError, "needs floats and a bounded domain of two dimensions"),
        ({"method": "polygons", "rows": [[0, 0]]}, InvalidValueError, "takes no rows"),
        ({"method": "polygons", "domain": Box([0, 0], [0, 1])}, InvalidValueError, "bounded domain of two dimensions"),
        ({"method": "simplex", "domain": Box([0, 0], [0, 0])}, InvalidValueError, "a domain of positive width"),
        ({"max_regions": 0}, InvalidValueError, "max_regions is 0"),
        ({"time_limit": -1.0}, InvalidValueError, r"time_limit is -1\.0"),
        ({"domain": Box([0], [1])}, ShapeError, "the domain has 1 dimensions"),
        ({"domain": Box([0], [1]), "rows": [[0, 0]]}, ShapeError, "the domain has 1 dimensions"),
        ({"rows": [[0, 0, 0]]}, ShapeError, "must have 2 columns"),
        ({"rows": [[0, np.nan]]}, InvalidValueError, "holds nan"),
    ],
)
def test_bad_use_is_named(arguments, error, message):
    with pytest.raises(error, match=message):
        list(linear_regions(networks.random_form(0, (2, 2, 1)), **arguments))
