import keras
import numpy as np
import pytest

import prelu_rules as pr
from prelu_rules.errors import InvalidValueError, TrainingError
from prelu_rules.estimators.fit import FitSettings, fewest_not_worse, fit_rules
from prelu_rules.readers.table import Table
from prelu_rules.training import phases
from prelu_rules.training.network import build_network

rng = np.random.default_rng(0)
X = rng.uniform(-1, 1, (400, 3)) * [1, 100, 1] + [0, 50, 0]
X[:, 2] = 7.0  # a constant feature
QUICK = {"warm_up_steps": 1000, "force_steps": 1500, "refit_steps": 800}


def table(y, classes=None):
    return Table(X, y, ("a", "b", "c"), "y", classes)


@pytest.fixture(scope="module")
def bent():
    y = 1000 + 300 * np.abs(X[:, 0]) + 2 * X[:, 1] + rng.normal(0, 5, len(X))
    return fit_rules(table(y), FitSettings(hidden=(6,), **QUICK))


def test_a_bend_is_found_and_told_in_the_users_units(bent):
    assert bent.score > 0.98
    (low, high) = sorted(bent.rules.rules, key=lambda rule: rule.outputs.coef[0, 0])[:: len(bent.rules) - 1]
    np.testing.assert_allclose(low.outputs.coef[0, :2], [-300, 2], rtol=0.15)
    np.testing.assert_allclose(high.outputs.coef[0, :2], [300, 2], rtol=0.15)
    assert bent.full_nonlinear >= bent.rules.form.n_units >= 1


def test_the_rules_are_the_model_that_is_saved(bent):
    predicted = bent.model.predict(X.astype("float32"), verbose=0)
    np.testing.assert_allclose(bent.rules.predict(X), predicted, rtol=1e-4)
    again = pr.extract(bent.model, X, feature_names=["a", "b", "c"], output_names=["y"])
    assert [rule.outputs for rule in again.rules] != []
    np.testing.assert_array_equal(again.predict(X), bent.rules.predict(X))


def test_a_refit_freezes_the_slopes_with_the_linear_ones_at_one():
    core = build_network(2, [3], 1, seed=0)
    core.layers[1].alpha.assign([0.9996, 0.5, 1.0])
    x = rng.normal(size=(100, 2))
    trainer = phases.PhaseTrainer(core, keras.losses.MeanSquaredError(), seed=0)
    before = core.get_weights()
    trainer.refit(before, x, x[:, 0], steps=100, name="refit")
    assert core.layers[1].slopes.tolist() == [1.0, 0.5, 1.0]
    assert core.layers[1].trainable and not np.array_equal(core.get_weights()[0], before[0])


def test_linear_slopes_of_the_saved_model_are_exactly_one(bent):
    slopes = np.concatenate([layer.slopes for layer in bent.model.layers if isinstance(layer, pr.PReLU)])
    assert set(slopes[slopes > 0.9995]) == {1.0}
    assert (slopes <= 0.9995).sum() == bent.rules.form.n_units


def test_counts_are_of_the_rows_that_were_learned_from(bent):
    assert bent.rules.n_rows + bent.n_test == len(X)


def test_a_straight_line_needs_no_unit():
    fitted = fit_rules(table(3 * X[:, 0] + X[:, 1]), FitSettings(hidden=(4,), **QUICK))
    assert fitted.rules.form.n_units == 0
    assert fitted.score > 0.999


@pytest.mark.parametrize(
    ("labels", "classes", "outputs"),
    [
        (X[:, 0] > np.abs(X[:, 1] - 50) / 100, ("no", "yes"), ("logit(y = yes)",)),
        (np.digitize(X[:, 0], [-0.3, 0.3]), (1, 2, 3), ("logit(y = 1)", "logit(y = 2)", "logit(y = 3)")),
    ],
)
def test_classes(labels, classes, outputs):
    fitted = fit_rules(table(labels.astype(float), classes), FitSettings(hidden=(6,), **QUICK))
    assert fitted.rules.output_names == outputs
    assert fitted.score > 0.9
    right = fitted.rules.classify(X) == np.array(classes)[labels.astype(int)]
    assert right.mean() > 0.9


def test_a_seed_is_a_fit():
    y = np.abs(X[:, 0]) + X[:, 1]
    settings = FitSettings(hidden=(3,), warm_up_steps=100, force_steps=300, refit_steps=100, seed=5)
    assert fit_rules(table(y), settings).rules == fit_rules(table(y), settings).rules


def test_the_one_standard_error_rule():
    best = np.array([1.0, 2.0, 3.0, 4.0])
    assert fewest_not_worse({1: best, 0: best + 0.5}) == 1  # worse by the same on each row, so surely
    assert fewest_not_worse({1: best, 0: np.add(best, [2, -2, 1, 0])}) == 0  # worse on average, but not surely
    assert fewest_not_worse({0: best, 1: best + 1}) == 0


def test_a_loss_that_is_not_finite_stops_with_a_reason(monkeypatch):
    monkeypatch.setattr(phases, "LEARNING_RATE", 1e30)
    with pytest.raises(TrainingError, match=r"the loss is no longer finite in phase 'warm up'"):
        fit_rules(table(X[:, 0]), FitSettings(hidden=(3,), **QUICK))


def test_numbers_that_training_cannot_hold_are_named():
    y = X[:, 0].copy()
    y[3] = -1e200
    with pytest.raises(InvalidValueError, match=r"column 'y' holds -1e\+200, .* give it in another unit"):
        fit_rules(table(y))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hidden": ()}, r"hidden is \[\]"),
        ({"hidden": (3, 0)}, r"hidden is \[3, 0\]"),
        ({"max_nonlinear": 6}, "max_nonlinear is 6; it must be from 0 to 5"),
        ({"refit_steps": 0}, "refit_steps is 0"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_bad_settings_are_named(settings, message):
    with pytest.raises(InvalidValueError, match=message):
        FitSettings(**settings)
