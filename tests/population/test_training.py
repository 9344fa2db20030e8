from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from prelu_rules.errors import TrainingError
from prelu_rules.population.population import Population
from prelu_rules.population.settings import PopulationSettings
from prelu_rules.population.training import PopulationWatch, train_population
from prelu_rules.rows.rows import Rows

pytestmark = pytest.mark.slow

QUICK = PopulationSettings(members=3, hidden=(4, 3), warm_up_steps=100, force_steps=200, jit=False)


def rows(n_rows=200, seed=0):
    x = np.random.default_rng(seed).normal(size=(n_rows, 2))
    return Rows(x, np.abs(x[:, :1]), np.ones(n_rows))


def test_the_force_makes_units_linear():
    free = train_population(rows(), 2, 1, "squared", replace(QUICK, hidden=(8,), force_steps=500, full_rate=1e-9))
    pulled = train_population(rows(), 2, 1, "squared", replace(QUICK, hidden=(8,), force_steps=500, full_rate=5e-3))
    assert sum(form.n_units for form in pulled) < sum(form.n_units for form in free)


def test_equal_seeds_give_equal_forms_and_others_do_not():
    first, second, other = (train_population(rows(), 2, 1, "squared", QUICK, seed) for seed in (1, 1, 2))
    assert first == second and first != other


def test_one_compiled_loop_is_the_same_as_single_steps():
    loop = train_population(rows(), 2, 1, "squared", replace(QUICK, jit=True), seed=0)
    plain = train_population(rows(), 2, 1, "squared", QUICK, seed=0)
    x = rows().x
    for one, other in zip(loop, plain, strict=True):
        np.testing.assert_allclose(one.predict(x), other.predict(x), atol=0.02)


def test_a_dataset_and_a_strategy():
    data = rows()
    batches = tf.data.Dataset.from_tensor_slices(tuple(np.float32(part) for part in data)).batch(
        64, drop_remainder=True
    )
    assert len(train_population(batches, 2, 1, "squared", QUICK)) == 3
    devices = ["/cpu:0", "/cpu:1"] if len(tf.config.list_logical_devices("CPU")) > 1 else ["/cpu:0"]
    with tf.distribute.MirroredStrategy(devices).scope():
        forms = train_population(data, 2, 1, "squared", QUICK)
    x = data.x
    assert np.mean((forms[0].predict(x) - data.y) ** 2) < 0.2


def test_a_memory_mapped_array_is_read_in_place(tmp_path):
    data = rows()
    mapped = np.memmap(tmp_path / "x.dat", dtype=np.float64, mode="w+", shape=data.x.shape)
    mapped[:] = data.x
    assert train_population(Rows(mapped, *data[1:]), 2, 1, "squared", QUICK) == train_population(
        data, 2, 1, "squared", QUICK
    )


class Epochs(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.losses = []

    def on_epoch_end(self, epoch, logs=None):
        self.losses.append(logs["loss"])


@pytest.mark.parametrize(("spoil", "place"), [("x", "the features"), ("y", "the loss"), ("huge", "the loss")])
def test_all_members_diverged(spoil, place):
    data, epochs = rows(), Epochs()
    # The square overflows in float32, which ends at 3e38.
    spoilt = (
        Rows(data.x * 1e30, *data[1:]) if spoil == "huge" else data._replace(**{spoil: getattr(data, spoil) * np.nan})
    )
    message = (
        f"all 3 networks diverged, the first at step 1 of 300, where {place} stopped being finite; look for extreme"
    )
    with pytest.raises(TrainingError, match=message):
        train_population(spoilt, 2, 1, "squared", QUICK, callbacks=[epochs])
    assert np.isnan(epochs.losses) == [True]


@pytest.mark.parametrize(("level", "place"), [(0, "hidden layer 1"), (1, "hidden layer 2"), (2, "the output layer")])
def test_a_member_that_diverged_is_left_out_and_said_to_be(monkeypatch, level, place):
    restart = Population.restart

    def spoilt(self, seeds):
        restart(self, seeds)
        linear = np.array(self.linear)
        # Kernel and bias of one layer after the other: 2 x 4 + 4, 4 x 3 + 3, 3 x 1 + 1.
        linear[1, [0, 12, 27][level]] = np.inf
        self.linear.assign(linear)

    whole = train_population(rows(), 2, 1, "squared", QUICK)
    monkeypatch.setattr(Population, "restart", spoilt)
    message = rf"1 of 3 networks diverged, the first at step 1 of 300, where {place} .* Lower learning_rate=0.003"
    with pytest.warns(UserWarning, match=message):
        forms = train_population(rows(), 2, 1, "squared", QUICK)
    assert forms == (whole[0], whole[2])


def test_a_watch_sees_the_members_before_the_force():
    watch, warm, epochs = PopulationWatch(), PopulationWatch(), Epochs()
    forms = train_population(rows(), 2, 1, "squared", QUICK, callbacks=[watch, epochs])
    assert len(epochs.losses) == 3 and 0 < epochs.losses[1] < epochs.losses[0] < 1
    only_warm = replace(QUICK, force_steps=1, warm_up_steps=99)
    assert watch.complete and len(watch.before_force) == 3 and watch.before_force != forms
    np.testing.assert_allclose(
        watch.before_force[0].predict(rows().x),
        train_population(rows(), 2, 1, "squared", only_warm, callbacks=[warm])[0].predict(rows().x),
        atol=1e-2,
    )


def test_an_interrupt_keeps_the_networks():
    class Interrupt(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise KeyboardInterrupt

    with pytest.warns(UserWarning, match="interrupted"):
        forms = train_population(rows(), 2, 1, "squared", QUICK, callbacks=[Interrupt()])
    assert len(forms) == 3
