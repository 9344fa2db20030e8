"""The numbers of the learners of real tables against what they print, or show elsewhere."""

import re

import numpy as np
import pytest
from peers import aplr, boosting, mars, parc, pilot
from sklearn.datasets import load_iris, make_friedman1

NUMBERS = make_friedman1(150, 5, noise=1.0, random_state=0)
CLASSES = load_iris(return_X_y=True)
pytestmark = pytest.mark.filterwarnings("ignore")


def fitted(peer, classes):
    (model,) = peer.variants(classes).values()
    return model.fit(*(CLASSES if classes else NUMBERS))


@pytest.mark.parametrize("classes", [False, True])
def test_boosted_trees_have_one_split_less_than_leaves(classes):
    model = fitted(boosting.HISTOGRAMS, classes)
    leaves = [tree.get_n_leaf_nodes() for trees in model._predictors for tree in trees]
    assert boosting.HISTOGRAMS.numbers(model) == sum(2 * n - 1 for n in leaves) > 100


@pytest.mark.parametrize("classes", [False, True])
def test_lightgbm(classes):
    pytest.importorskip("lightgbm")
    model = fitted(boosting.LIGHTGBM, classes)
    assert boosting.LIGHTGBM.numbers(model) == len(model.booster_.trees_to_dataframe()) > 100


@pytest.mark.slow
@pytest.mark.parametrize("classes", [False, True])
def test_mars(classes):
    pytest.importorskip("pymars")
    model = fitted(mars.PEER, classes)
    assert model.score(*(CLASSES if classes else NUMBERS)) > 0.8
    knots = sum(str(term).count("max(0") for term in model.basis_)
    weights = model.classifier_.coef_ if classes else model.coef_
    constants = np.count_nonzero(model.classifier_.intercept_) if classes else 0
    assert np.all(weights) and mars.PEER.numbers(model) == np.size(weights) + constants + knots
    assert knots > 1


@pytest.mark.slow
def test_aplr():
    pytest.importorskip("aplr")
    model = fitted(aplr.PEER, False)
    weights = np.array(model.get_term_coefficients())
    printed = [name for name, weight in zip(model.get_term_names(), weights, strict=True) if weight]
    # Thresholds are written after a sign, as in max(X5-0.350222,0) and min(X1--1.25,0).
    thresholds = sum(len(re.findall(r"X\d+[-+]", name)) for name in printed)
    assert aplr.PEER.numbers(model) == np.count_nonzero(weights) + thresholds > 10
    of_classes = fitted(aplr.PEER, True)
    assert of_classes.predict(CLASSES[0]).dtype == CLASSES[1].dtype
    assert of_classes.score(*CLASSES) > 0.9 and aplr.PEER.numbers(of_classes) > 3


def test_pilot():
    pytest.importorskip("pilot")
    assert not pilot.PEER.variants(True)
    model = fitted(pilot.PEER, False)
    assert model.score(*NUMBERS) > 0.8
    steps = model.tree_.tree_summary()
    # A line has two numbers, a broken one five, and a constant one; a threshold between constants has three.
    most = steps["node_type"].map({"con": 1, "lin": 2, "blin": 5, "plin": 5, "pcon": 3, "pconc": 99}).sum()
    assert len(steps) < pilot.PEER.numbers(model) <= most


@pytest.mark.slow
@pytest.mark.parametrize("classes", [False, True])
def test_parc(classes):
    pytest.importorskip("pyparc")
    model = fitted(parc.PEER, classes)
    x, y = CLASSES if classes else NUMBERS
    assert model.score(x, y) > 0.8
    cells, width = model.model_.K, x.shape[1] + 1
    outputs = 3 if classes else 1
    assert cells < parc.PEER.numbers(model) <= cells * width * (outputs + 1)
