import keras
import numpy as np
import pytest

import prelu_rules as pr
from prelu_rules.errors import InvalidValueError
from prelu_rules.experiments.layered_network import paper_network
from prelu_rules.experiments.paper_training import _Watch, train
from prelu_rules.experiments.reproduction import reproduce_as_paper
from prelu_rules.experiments.toy import XOR
from prelu_rules.tolerances import SETTLED_ERROR

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def short():
    return train(XOR, seed=0, max_steps=4000)


def test_a_run_keeps_its_trace(short):
    assert short.trace_steps.tolist() == [1000, 2000, 3000, 4000]
    assert short.trace_slopes.shape == (4, 20)
    assert short.trace_mse[0] > short.trace_mse[-1]
    assert short.steps == 4000


def test_a_seed_is_a_run(short):
    again = train(XOR, seed=0, max_steps=2000)
    np.testing.assert_array_equal(again.trace_slopes, short.trace_slopes[:2])
    assert not np.array_equal(train(XOR, seed=1, max_steps=1000).trace_slopes, short.trace_slopes[:1])


def test_not_getting_there_is_a_result_with_a_reason():
    result = reproduce_as_paper(XOR, seed=0, max_steps=4000)
    assert not result.run.reached and result.rules is None
    assert "20 nonlinear units are left" in result.problem
    assert result.record().keys() == set(
        "seed steps mse nonlinear correct_net correct_rules correct_text correct_noisy seconds".split()
    )
    assert not result.record()["correct_rules"]


def test_a_run_that_gets_there_stops_by_itself():
    """Seed 0 reaches two units after 33,000 steps on this code; the patience is cut to keep the test short."""
    result = reproduce_as_paper(XOR, seed=0, max_steps=100_000, patience=12_000)
    assert result.problem is None
    assert result.run.reached and result.run.steps < 100_000
    assert result.run.mse < SETTLED_ERROR
    assert result.correct_net and result.correct_rules and result.correct_text
    # No unit was lost while it waited, and what is returned is no later relapse.
    assert result.run.nonlinear == result.run.trace_nonlinear[result.run.trace_mse < SETTLED_ERROR].min()
    assert len(result.rules.form.labels) == result.run.nonlinear <= 5


def watched(*states):
    """What is kept of a training that passes through these states: (extra error, extra nonlinear units)."""
    published = paper_network()
    parts = [keras.Input((4,))]
    for width in (5, 5, 5, 5):
        parts += [keras.layers.Dense(width), pr.PReLU()]
    model = keras.Sequential([*parts, keras.layers.Dense(3)])
    watch = _Watch(XOR, patience=2000)
    watch.set_model(model)
    model.stop_training = False
    for epoch, (shift, extra) in enumerate(states):
        for layer, kernel, bias in zip(model.layers[::2], published.kernels, published.biases, strict=True):
            layer.set_weights([kernel, bias])
        for layer, slopes in zip(model.layers[1::2], published.slopes, strict=True):
            layer.alpha.assign(np.where(slopes > 0.9995, 1.0, slopes))
        model.layers[1].alpha.assign(np.concatenate([[0.9994] * extra, published.slopes[0][extra:]]))
        model.layers[-1].bias.assign(published.biases[-1] + shift)
        watch.on_epoch_end(epoch)
    return watch.run(seed=0), model.stop_training


def test_the_best_state_is_right_then_settled_then_small_then_exact():
    unsettled, rough, fine, wrong = (0.07, 0), (0.02, 0), (0.0, 0), (0.9, 0)
    assert watched((0.01, 1), unsettled)[0].nonlinear == 3
    assert watched((0.0, 1), rough)[0].nonlinear == 2
    assert watched(rough, fine, wrong)[0].mse < watched(rough, wrong)[0].mse < SETTLED_ERROR
    assert not watched(wrong)[0].reached and not watched(unsettled)[0].reached


def test_patience_runs_from_the_last_unit_that_was_lost():
    assert not watched((0.0, 1), (0.0, 1))[1]
    assert watched((0.0, 1), (0.0, 1), (0.0, 1))[1]
    assert not watched((0.0, 1), (0.0, 1), (0.0, 0), (0.0, 0))[1]
    # A smaller error is no lost unit.
    assert watched((0.02, 0), (0.01, 0), (0.0, 0))[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seed": 0, "max_steps": 10}, "max_steps is 10; it must be at least 1000"),
        ({"seed": 0, "patience": 0}, "patience is 0"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(InvalidValueError, match=message):
        train(XOR, **arguments)
