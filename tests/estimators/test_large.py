import numpy as np
import pytest
import tensorflow as tf

from prelu_rules import PReLURuleClassifier, PReLURuleRegressor
from prelu_rules.errors import InvalidValueError
from prelu_rules.estimators import large

pytestmark = pytest.mark.slow

QUICK = {
    "starts": "force",
    "members": 2,
    "hidden": (3,),
    "warm_up_steps": 200,
    "force_steps": 200,
    "jit": False,
    "random_state": 0,
}
X = np.random.default_rng(0).uniform(-1, 1, (600, 2))
BEND = np.abs(X[:, 0])


def batches(*parts):
    return tf.data.Dataset.from_tensor_slices(parts).batch(50)


def test_a_regressor_of_a_dataset():
    model = PReLURuleRegressor(**QUICK).fit(batches(X, BEND, np.ones(600)))
    assert model.n_features_in_ == 2 and model.rules_.feature_names == ("x0", "x1") and model.rules_.n_rows == 600
    assert model.predict(X).shape == (600,) and model.score(X, BEND) > 0.95
    both = PReLURuleRegressor(**QUICK).fit(batches(X, np.column_stack([BEND, X[:, 1]])))
    assert both.rules_.output_names == ("y1", "y2") and both.predict(X).shape == (600, 2)


@pytest.mark.parametrize("labels", [np.where(BEND > 0.5, "far", "near"), (BEND > 0.5) * 2 + 1])
def test_a_classifier_of_a_dataset(labels):
    model = PReLURuleClassifier(**QUICK).fit(batches(X, labels))
    counts = np.sum([rule.class_counts for rule in model.rules_], axis=0)
    assert counts.tolist() == np.unique(labels, return_counts=True)[1].tolist() and model.rules_.typical.shape == (2, 2)
    assert model.classes_.tolist() == np.unique(labels).tolist() and model.score(X, labels) > 0.9
    assert model.rules_.output_names == (f"logit(class = {model.classes_[1]})",)


def test_large_arrays_are_read_where_they_are(tmp_path, monkeypatch):
    mapped = np.memmap(tmp_path / "x.dat", dtype=np.float64, mode="w+", shape=X.shape)
    mapped[:] = X
    usual = PReLURuleRegressor(**QUICK).fit(mapped, BEND)
    monkeypatch.setattr(large, "LARGE", 0)
    monkeypatch.delattr("prelu_rules.estimators.rule_estimator.encoded_cells")
    model = PReLURuleRegressor(**QUICK).fit(mapped, BEND, sample_weight=np.full(600, 2.0))
    classifier = PReLURuleClassifier(**QUICK).fit(mapped, BEND > 0.5)
    monkeypatch.undo()
    assert model.score(X, BEND) > 0.95 and usual.score(X, BEND) > 0.95
    assert classifier.score(X, BEND > 0.5) > 0.9
    errors = [rule.errors[0] * rule.count for rule in model.rules_]
    assert sum(errors) == pytest.approx(np.abs(model.predict(X) - BEND).sum())
    assert np.sum([rule.class_counts for rule in classifier.rules_], axis=0)[1] == (BEND > 0.5).sum()
    with pytest.raises(InvalidValueError, match="leave out y and sample_weight"):
        model.fit(batches(X, BEND), BEND)


@pytest.mark.parametrize("as_dataset", [False, True])
def test_rows_without_a_weight_are_not_drawn(as_dataset):
    weights = np.arange(600) % 2.0
    if as_dataset:
        x, y, drawn = large.some_rows(batches(X, BEND, weights), None, None, 50, seed=0)
    else:
        x, y, drawn = large.some_rows(X, BEND, weights, 50, seed=0)
    assert (drawn == 1).all() and len(x) == 50 and (np.abs(x[:, 0]) == y).all() and set(y) <= set(BEND[1::2])
