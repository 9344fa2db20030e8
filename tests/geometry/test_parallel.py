import threading

import joblib
import numpy as np
import pytest
from dask.distributed import Client, LocalCluster
from reference_networks import reference_network

from prelu_rules.domains.box import Box
from prelu_rules.geometry import parallel
from prelu_rules.geometry.regions import linear_regions

FORM, BOX = reference_network(4, (10, 10)), Box(-np.ones(4), np.ones(4))


def assert_same_stream(left, right):
    left, right = list(left), list(right)
    assert len(left) == len(right) == 1758
    for ours, theirs in zip(left, right, strict=True):
        np.testing.assert_array_equal(ours.pattern, theirs.pattern)
        np.testing.assert_array_equal(ours.coef, theirs.coef)
        np.testing.assert_array_equal(ours.intercept, theirs.intercept)


def test_two_threads_find_the_same_regions_in_the_same_order():
    assert_same_stream(linear_regions(FORM, BOX, n_jobs=2), linear_regions(FORM, BOX))


def test_two_processes_find_the_same_regions_in_the_same_order():
    with joblib.parallel_config(backend="loky"):
        assert_same_stream(linear_regions(FORM, BOX, n_jobs=2), linear_regions(FORM, BOX))


def test_threads_are_the_default(monkeypatch):
    names = set()
    found = parallel.simplex_patterns

    def noted(*arguments):
        names.add(threading.current_thread().name)
        return found(*arguments)

    monkeypatch.setattr(parallel, "simplex_patterns", noted)
    list(linear_regions(FORM, BOX, n_jobs=2))
    # The main thread only looks for subtrees.
    assert len(names) > 1


@pytest.mark.slow
def test_a_dask_cluster_finds_the_same_regions():
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster),
        joblib.parallel_config(backend="dask"),
    ):
        assert joblib.effective_n_jobs(None) == 2
        assert_same_stream(linear_regions(FORM, BOX), linear_regions(FORM, BOX, n_jobs=1))


def test_a_reader_who_stops_early_leaves_nothing_behind():
    stream = linear_regions(FORM, BOX, n_jobs=2, max_regions=10, partial=True)
    assert len(list(stream)) == 10 and not stream.complete


def test_a_network_without_units_is_one_region_for_any_number_of_workers():
    form = reference_network(2, (1,)).eliminate([0], 1)
    (region,) = linear_regions(form, Box([0, 0], [1, 1]), n_jobs=2)
    np.testing.assert_array_equal(region.coef, form.C)
