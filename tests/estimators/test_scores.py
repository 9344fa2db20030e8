"""Scores against their definitions, written out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.estimators.scores import scores_of
from prelu_rules.estimators.target import Target


@given(st.integers(0, 10**6), st.integers(2, 30))
def test_of_numbers(seed, n_rows):
    rng = np.random.default_rng(seed)
    y, outputs = rng.normal(size=n_rows), rng.normal(size=(n_rows, 1))
    scores = scores_of(Target("y", y), outputs)
    assert list(scores) == ["R2", "MAE"]
    rest = ((y - outputs[:, 0]) ** 2).sum() / ((y - y.mean()) ** 2).sum()
    assert scores["R2"] == pytest.approx(1 - rest)
    assert scores["MAE"] == pytest.approx(np.abs(y - outputs[:, 0]).mean())


def test_the_mean_absolute_error_is_in_the_units_of_the_target():
    y = np.array([1.0, 2.0, 4.0])
    one, thousand = (scores_of(Target("y", scale * y), scale * (y + 0.5)[:, None]) for scale in (1.0, 1000.0))
    assert thousand["MAE"] == pytest.approx(1000 * one["MAE"]) == pytest.approx(500) and thousand["R2"] == one["R2"]


@given(st.integers(0, 10**6), st.integers(2, 4), st.booleans(), st.integers(6, 20))
def test_of_classes(seed, n_classes, one_logit, n_rows):
    rng = np.random.default_rng(seed)
    labels = np.append(np.arange(n_classes), rng.integers(n_classes, size=n_rows))
    logits = rng.integers(-3, 4, (len(labels), 1 if one_logit and n_classes == 2 else n_classes)) * 1.0
    scores = scores_of(Target("y", labels, tuple(f"c{k}" for k in range(n_classes))), logits)
    full = np.column_stack([np.zeros(len(labels)), logits]) if logits.shape[1] == 1 else logits
    right = [row.argmax() == label for row, label in zip(full, labels, strict=True)]
    losses = [np.log(np.exp(row).sum()) - row[label] for row, label in zip(full, labels, strict=True)]
    by_class = [np.mean([r for r, label in zip(right, labels, strict=True) if label == k]) for k in range(n_classes)]
    expected = {"accuracy": np.mean(right), "balanced accuracy": np.mean(by_class), "log-loss": np.mean(losses)}
    if n_classes == 2:
        margin = full[:, 1] - full[:, 0]
        pairs = [np.sign(a - b) / 2 + 0.5 for a in margin[labels == 1] for b in margin[labels == 0]]
        expected["AUC"] = np.mean(pairs)
    assert list(scores) == list(expected)
    assert scores == pytest.approx(expected)


def test_of_logits_beyond_what_a_probability_can_tell():
    labels = np.array([0, 1, 0, 1])
    scores = scores_of(Target("y", labels, ("no", "yes")), np.array([[50.0], [60.0], [70.0], [80.0]]))
    assert scores["AUC"] == 0.75 and np.isfinite(scores["log-loss"])


def test_where_a_score_says_nothing():
    assert np.isnan(scores_of(Target("y", [1.0]), np.array([[2.0]]))["R2"])
    only_one = scores_of(Target("y", [1.0, 1.0], ("no", "yes")), np.array([[3.0], [-1.0]]))
    assert "AUC" not in only_one and only_one["balanced accuracy"] == only_one["accuracy"] == 0.5
