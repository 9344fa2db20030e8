"""Numbers to read are counted a second time, in what each learner prints of itself."""

import re

import numpy as np
import pytest
from peers import PEERS
from sklearn.base import clone
from sklearn.datasets import load_iris, make_friedman1, make_moons
from sklearn.tree import export_text

NUMBER = re.compile(r"[-+]?\d+\.\d+")


def fitted(name, data, settings=None):
    model = PEERS[name].variants(data != "friedman1")
    settings = list(model) if settings is None else settings
    x, y = {
        "friedman1": lambda: make_friedman1(200, noise=1.0, random_state=0),
        "moons": lambda: make_moons(200, noise=0.25, random_state=0),
        "iris": lambda: load_iris(return_X_y=True),
    }[data]()
    return [clone(model[setting]).fit(x, y) for setting in settings]


@pytest.mark.parametrize("data", ["friedman1", "moons", "iris"])
def test_tree(data):
    for model in fitted("tree", data):
        text = export_text(model, decimals=3, max_depth=100)
        splits = len(re.findall(r"<= ", text))
        leaves = len(re.findall(r"value: |class: ", text))
        assert PEERS["tree"].numbers(model) == splits + leaves


@pytest.mark.parametrize(("data", "n_numbers"), [("friedman1", 11), ("moons", 3), ("iris", 15)])
def test_linear_models_have_a_coefficient_for_each_feature_and_a_constant(data, n_numbers):
    (model,) = fitted("linear", data, [""])
    assert PEERS["linear"].numbers(model) == n_numbers


@pytest.mark.filterwarnings("ignore")
def test_what_an_l1_penalty_has_set_to_0_is_not_read():
    (model,) = fitted("linear", "friedman1", ["L1"])
    # With one of the coefficients that are 0 made other than 0, there is one number more.
    before = PEERS["linear"].numbers(model)
    coef = model[-1].coef_
    assert before == 1 + np.count_nonzero(coef)
    coef[np.flatnonzero(coef == 0)[0]] = 1.0
    assert PEERS["linear"].numbers(model) == before + 1


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("data", "n_numbers"), [("friedman1", 1201), ("moons", 2 * 100 + 100 + 100 + 1), ("iris", 4 * 100 + 100 + 300 + 3)]
)
def test_mlp(data, n_numbers):
    (model,) = fitted("MLP", data, [""])
    assert PEERS["MLP"].numbers(model) == n_numbers


def test_cubist():
    pytest.importorskip("cubist")
    for model in fitted("Cubist", "friedman1"):
        # Its own file format names every threshold and every coefficient.
        counted = model.model_.count('cut="') + model.model_.count('coeff="')
        assert PEERS["Cubist"].numbers(model) == counted > 0


def test_cubist_is_not_for_classes():
    assert PEERS["Cubist"].variants(True) == {}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("data", ["friedman1", "moons", "iris"])
def test_figs(data):
    pytest.importorskip("imodels")
    for model in fitted("FIGS", data, ["4 splits", "8 splits"]):
        printed = "\n".join(map(print_tree, model.trees_))
        assert PEERS["FIGS"].numbers(model) == len(NUMBER.findall(printed))


def print_tree(node):
    if node.left is None:
        values = np.ravel(node.value)
        return " ".join(f"{value:.6f}" for value in (values[values != 0] if values.any() else values[:1]))
    return f"{node.threshold:.6f}\n{print_tree(node.left)}\n{print_tree(node.right)}"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("data", ["friedman1", "moons"])
def test_rulefit(data):
    pytest.importorskip("imodels")
    for model in fitted("RuleFit", data, ["4 rules", "16 rules"]):
        shown = model.visualize(decimals=12)
        thresholds = sum(len(re.findall(r"[<>]=?", rule)) for rule in shown["rule"])
        constant = int(np.count_nonzero(model.intercept))
        assert PEERS["RuleFit"].numbers(model) == len(shown) + thresholds + constant


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("data", "outputs"), [("friedman1", 1), ("iris", 3)])
def test_linear_tree(data, outputs):
    pytest.importorskip("lineartree")
    x, _ = make_friedman1(200, random_state=0) if data == "friedman1" else load_iris(return_X_y=True)
    for model in fitted("linear-tree", data, ["4 leaves"]):
        leaves = set(model.apply(x))
        assert len(leaves) <= 4
        most = len(leaves) - 1 + len(leaves) * outputs * (x.shape[1] + 1)
        assert len(leaves) < PEERS["linear-tree"].numbers(model) <= most


@pytest.mark.filterwarnings("ignore")
def test_ebm():
    glassbox = pytest.importorskip("interpret.glassbox")
    x, y = make_moons(200, noise=0.25, random_state=0)
    quick = glassbox.ExplainableBoostingClassifier(n_jobs=1, random_state=0, outer_bags=1, max_rounds=20)
    model = quick.fit(x, y)
    counted = int(np.count_nonzero(model.intercept_))
    for features, scores in zip(model.term_features_, model.term_scores_, strict=True):
        # Each axis has a bin for missing values and one for unknown ones, which these data have not.
        bins = [size - 2 for size in np.shape(scores)[: len(features)]]
        counted += int(np.prod(bins)) + sum(size - 1 for size in bins)
    assert PEERS["EBM"].numbers(model) == counted
