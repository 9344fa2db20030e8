"""A real cluster of two processes searches without different parts of the rows."""

import sys

import joblib
import numpy as np
import pytest
from dask.distributed import Client, LocalCluster
from sklearn.model_selection import GridSearchCV

import prelu_rules as pr
from prelu_rules.search.path import train_path
from prelu_rules.search.settings import PathSettings

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def client():
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        yield client


def bend(n_rows):
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (n_rows, 3))
    return x, np.maximum(x[:, 0], x[:, 1]) + 0.1 * rng.normal(size=n_rows)


def test_folds_on_a_cluster_give_the_same_path(client):
    x, y = bend(150)
    alone = train_path(x, y, settings=PathSettings(max_nonlinear=2))
    with joblib.parallel_config(backend="dask"):
        assert joblib.effective_n_jobs(None) == 2
        assert train_path(x, y, settings=PathSettings(max_nonlinear=2)) == alone


def test_seeds_on_a_cluster_score_the_same_without_tensorflow(client):
    x, y = bend(100)
    search = GridSearchCV(pr.PReLURuleRegressor(max_nonlinear=1), {"random_state": [0, 1]}, cv=2)
    with joblib.parallel_config(backend="dask"):
        found = search.fit(x, y).cv_results_["mean_test_score"]
    assert found.tolist() == search.fit(x, y).cv_results_["mean_test_score"].tolist()
    # A worker that imported it would take seconds before its first step.
    assert not any(client.run(lambda: "tensorflow" in sys.modules or "keras" in sys.modules).values())
