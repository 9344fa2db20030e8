"""Trainings that collapse and trainings that do not, each as it would be alone."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from prelu_rules.errors import InvalidValueError
from prelu_rules.experiments.collapse_training import compiled, network, train
from prelu_rules.experiments.collapse_variants import BASELINE, VARIANTS, variants_named

pytestmark = pytest.mark.slow


def test_the_baseline_collapses_and_the_stable_loss_does_not():
    baseline, stable = variants_named(["stable", "probabilities"])
    # Rounding, which differs between processors, decides which of these end at one class and which still tell two.
    for bad in train(baseline, [0, 1, 2], epochs=18):
        assert bad.outcome in ("collapsed", "fell") and bad.best > 0.8 and bad.final < 0.25
        assert bad.logit_size > 1000 and bad.without_gradient > 0.9 and bad.majority > 0.4
        assert (bad.lost_at is not None and 3 < bad.lost_at <= 16) == (bad.outcome == "collapsed")
    (good,) = train(stable, [0], epochs=18)
    assert good.outcome == "learned"
    assert good.final > 0.8 and good.lost_at is None and good.majority < 0.3


def test_a_run_is_what_it_is_alone():
    """The compiled model is used again; nothing is left of the run before, in weights, moments or order of rows."""
    small = replace(BASELINE, hidden=(16,), batch_norm=True, optimizer="sgd", momentum=0.9)
    first, second = train(small, [3, 4], epochs=4)
    assert train(small, [4], epochs=4) == (second,) and first != second


LOSSES = {
    "probabilities": -np.log(1e-7),
    "not clipped": np.nan,
    "keras": 120,
    "keras hidden": -np.log(1e-7),
    "stable": 120,
}


@pytest.mark.parametrize("kind", LOSSES)
def test_every_loss_is_what_its_name_says(kind):
    """Of a row whose class has a logit 120 below that of another, so that its probability is rounded to 0."""
    logits = keras.Sequential([keras.Input((10,)), keras.layers.Activation("linear")])
    model = compiled(replace(BASELINE, loss=kind), logits)
    x = np.zeros((1, 10), "float32")
    x[0, 3] = 120
    loss = float(model.test_on_batch(x, np.array([5]))[0])
    np.testing.assert_allclose(loss, LOSSES[kind], rtol=1e-5)


def kinds(variant):
    return [type(layer).__name__ for layer in network(variant, seed=0).layers]


def test_every_variant_is_built_as_it_says():
    by_name = {variant.name: variant for variant in VARIANTS}
    assert len(by_name) == len(VARIANTS) and by_name["probabilities"] == BASELINE
    assert kinds(by_name["batch-norm"])[:3] == ["Dense", "BatchNormalization", "LeakyReLU"]
    assert kinds(by_name["prelu"])[1] == "PReLU" and kinds(by_name["relu"])[1] == "ReLU"
    assert [layer.units for layer in network(by_name["shallow"], 0).layers[::2]] == [512, 10]
    clamped = network(by_name["clamp"], 0).layers
    assert {layer.kernel_constraint.max_value for layer in clamped[::2]} == {2.0}
    regularised = [float(layer.kernel_regularizer.l2) for layer in network(by_name["l2"], 0).layers[::2]]
    assert regularised == pytest.approx([1e-3] * 4)
    for name, kind, expected in (
        ("momentum", keras.optimizers.SGD, {"learning_rate": 0.03, "momentum": 0.9}),
        ("rmsprop", keras.optimizers.RMSprop, {"learning_rate": 0.03}),
        ("epsilon", keras.optimizers.Adam, {"learning_rate": 0.03, "epsilon": 0.01}),
        ("rate-0.003", keras.optimizers.Adam, {"learning_rate": 0.003, "epsilon": 1e-7}),
    ):
        optimizer = compiled(by_name[name], network(by_name[name], 0)).optimizer
        assert type(optimizer) is kind
        assert {key: optimizer.get_config()[key] for key in expected} == pytest.approx(expected)
    # One change at a time, but for the momentum of SGD and those that join two.
    for variant in VARIANTS[1:]:
        changed = [key for key in vars(variant) if getattr(variant, key) != getattr(BASELINE, key)]
        assert len(changed) - 2 == 1 + (variant.name in ("momentum", "rmsprop-stable", "wide-stable")), variant.name


def test_weights_depend_on_the_seed_alone():
    one, same, other = (network(BASELINE, seed).get_weights()[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 0.1


def test_unknown_variants_and_too_few_epochs_are_named():
    with pytest.raises(InvalidValueError, match="no variant 'magic'; choose from probabilities, stable"):
        variants_named(["stable", "magic"])
    with pytest.raises(InvalidValueError, match="at least 4 epochs"):
        train(replace(BASELINE, hidden=(4,)), [0], epochs=2)
