import keras
import numpy as np
import pytest
import tensorflow as tf

from prelu_rules.losses.named import loss_named
from prelu_rules.losses.squared import Squared
from prelu_rules.population.population import Population
from prelu_rules.population.settings import PopulationSettings
from prelu_rules.rows.rows import Rows

pytestmark = pytest.mark.slow

QUICK = PopulationSettings(members=3, hidden=(4, 3), warm_up_steps=100, force_steps=200, jit=False)


def rows(n_rows=200, loss="squared", seed=0):
    x = np.random.default_rng(seed).normal(size=(n_rows, 2))
    y = np.abs(x[:, :1]) if loss == "squared" else (x[:, 0] > 0) * 1.0 + (x[:, 1] > 0) * (loss == "softmax")
    return Rows(x, y, np.ones(n_rows))


def weights_of(population):
    return [np.array(v) for v in (population.linear, population.slopes)]


@pytest.mark.parametrize(("loss", "n_outputs"), [("squared", 1), ("logistic", 1), ("softmax", 3)])
@pytest.mark.parametrize("force", ["ramp", "error"])
def test_a_member_is_what_it_is_alone(loss, n_outputs, force):
    settings = PopulationSettings(
        members=3, hidden=(4, 3), force=force, warm_up_steps=10, force_steps=20, refresh_every=5
    )
    data = rows(loss=loss)
    together = Population(2, n_outputs, loss_named(loss), settings, seeds=[5, 6, 7])
    alone = Population(2, n_outputs, loss_named(loss), settings, seeds=[6])
    for population in (together, alone):
        population.compile(keras.optimizers.Adam(3e-3), jit_compile=False)
        batches = tf.data.Dataset.from_tensor_slices(tuple(np.float32(part) for part in data)).batch(20)
        population.fit(batches, epochs=4, shuffle=False, verbose=0)
    for many, single in zip(weights_of(together), weights_of(alone), strict=True):
        np.testing.assert_allclose(many[1], single[0], rtol=1e-4, atol=1e-5)


def test_a_divergence_is_noted_when_it_happens():
    data, settings = rows(80), PopulationSettings(members=2, hidden=(3,))
    data.y[30] = np.inf
    population = Population(2, 1, Squared(), settings, seeds=[0, 1])
    population.compile(keras.optimizers.Adam(3e-3), jit_compile=False)
    batches = tf.data.Dataset.from_tensor_slices(tuple(np.float32(part) for part in data)).batch(20)
    population.fit(batches, epochs=2, shuffle=False, verbose=0)
    assert population.divergences() == {0: (2, "the loss"), 1: (2, "the loss")}
