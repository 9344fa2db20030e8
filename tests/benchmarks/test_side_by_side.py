import numpy as np
import pandas as pd
import pytest
import side_by_side as s
from peers import PEERS, Peer
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import LinearRegression

import prelu_rules as pr

pytestmark = pytest.mark.slow

QUICK = {"members": 2, "hidden": (3,), "warm_up_steps": 100, "force_steps": 100}


@pytest.fixture
def quick(monkeypatch):
    """Short training, of two folds of a part of the rows."""
    for name in ("PReLURuleRegressor", "PReLURuleClassifier"):
        kind = getattr(pr, name)
        monkeypatch.setattr(
            pr, name, type(name, (kind,), {"fit": lambda self, *a, k=kind: k.fit(self.set_params(**QUICK), *a)})
        )
    monkeypatch.setattr(s, "folds", lambda name, x, y: [(np.arange(0, len(x), 2), np.arange(1, len(x), 2))] * 2)


def line(scores, ours, learner="tree", data="iris", setting=""):
    n = len(scores)
    return s.Line(data, learner, setting, np.array(scores), np.full(n, 7.0), np.ones(n), np.array(ours))


@pytest.mark.parametrize(
    ("scores", "ours", "verdict"),
    [
        ([0.5, 0.51, 0.49], [0.9, 0.91, 0.9], "won"),
        ([0.9, 0.91, 0.9], [0.5, 0.51, 0.49], "lost"),
        ([0.5, 0.9, 0.1], [0.6, 0.7, 0.4], "ahead"),
        ([0.6, 0.7, 0.4], [0.5, 0.9, 0.1], "behind"),
        ([0.5, 0.6], [0.5, 0.6], "even"),
        ([0.5, 0.6], [0.5, np.nan], "shorter than ours can be"),
    ],
)
def test_verdict(scores, ours, verdict):
    assert line(scores, ours).verdict == verdict


def test_summary_names_whom_ours_lose_to():
    lines = [
        line([0.5, 0.51, 0.49], [0.9, 0.91, 0.9]),
        line([0.9, 0.91, 0.9], [0.5, 0.51, 0.49], "EBM"),
        line([0.6, 0.7, 0.4], [0.5, 0.9, 0.1], "MLP"),
        line([0.9] * 3, [0.9] * 3, s.OURS),
    ]
    assert s.summary(lines) == (
        "better in 1 of 3 comparisons, clearly in 1; clearly worse than EBM; worse, but not clearly, than MLP."
    )


@pytest.mark.parametrize("data", ["diabetes", "iris"])
def test_a_network_of_the_path_scores_as_the_estimator_with_its_rules(quick, data):
    x, y = load_diabetes(return_X_y=True) if data == "diabetes" else load_iris(return_X_y=True)
    ours = s.Ours(data, (x[::2], y[::2]), (x[1::2], y[1::2]))
    assert ours.score(ours.model.path_.choose()) == pytest.approx(ours.model.score(x[1::2], y[1::2]))
    short = ours.within(12)
    assert short.n_numbers <= 12
    assert ours.score(short) == pytest.approx(ours.model.choose(max_numbers=12).score(x[1::2], y[1::2]))
    # Three classes take a constant each at least; a mean is one number.
    assert (ours.within(1) is None) == (data == "iris")


def test_every_learner_has_its_line_whether_it_runs_or_not(quick, capsys, tmp_path):
    def missing(classes):
        raise ImportError("No module named 'nowhere'")

    class Broken(LinearRegression):
        def fit(self, X, y):
            raise ValueError("is broken\nsince long")

    class Endless(LinearRegression):
        def fit(self, X, y):
            while True:
                pass

    peers = [
        PEERS["tree"],
        PEERS["Cubist"],
        Peer("MLP", missing, lambda model: 0),
        Peer("EBM", lambda classes: {"": Broken(), "endless": Endless()}, lambda model: 0),
    ]
    s.main(["iris"], peers, 0.2, str(tmp_path / "plot.png"), str(tmp_path / "table.csv"))
    shown = capsys.readouterr().out
    assert "Cubist                     is not made for this task" in shown
    assert "cannot be imported: No module named 'nowhere'" in shown
    assert "ValueError: is broken since long" in shown
    assert "takes more than 0.2 CPU seconds for a fold" in shown
    assert (tmp_path / "plot.png").stat().st_size > 10_000
    frame = pd.read_csv(tmp_path / "table.csv", keep_default_na=False)
    assert {"prelu_rules", "tree", "Cubist", "MLP", "EBM"} == set(frame["learner"])
    budgets = frame[frame["setting"].str.startswith("<=")]
    assert len(budgets) > 1 and budgets["numbers"].astype(float).is_monotonic_increasing
    trees = frame[frame["learner"] == "tree"].set_index("setting")
    assert float(trees.loc["4 leaves", "numbers"]) <= 7
    assert float(trees.loc["4 leaves", "score"]) > 0.9
