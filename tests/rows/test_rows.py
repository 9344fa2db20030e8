import tracemalloc
from itertools import islice

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.errors import InvalidValueError, ShapeError
from prelu_rules.losses.logistic import Logistic
from prelu_rules.losses.squared import Squared
from prelu_rules.population.settings import PopulationSettings
from prelu_rules.population.stream import held_out, split_dataset
from prelu_rules.rows.rows import split_arrays
from prelu_rules.rows.scale import Moments
from prelu_rules.search.path import train_path
from prelu_rules.search.settings import PathSettings

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:max_nonlinear is")]

QUICK = PopulationSettings(members=2, hidden=(3,), warm_up_steps=200, force_steps=200, jit=False)


def rng():
    return np.random.default_rng(0)


@given(st.integers(0, 10**6), st.lists(st.integers(1, 6), min_size=1, max_size=5))
def test_moments_do_not_depend_on_the_parts(seed, sizes):
    x = np.random.default_rng(seed).normal(1e3, 1, size=(sum(sizes), 2)) * [1, 1e-3]
    moments = Moments("x")
    for part in np.split(x, np.cumsum(sizes)[:-1]):
        moments.add(part)
    np.testing.assert_allclose(moments.mean, x.mean(axis=0), rtol=1e-12)
    expected = np.where(np.ptp(x, axis=0) > 0, x.std(axis=0), 1)
    np.testing.assert_allclose(moments.deviation, expected, rtol=1e-7)
    np.testing.assert_array_equal([moments.lower, moments.upper], [x.min(axis=0), x.max(axis=0)])


def bend(n_rows=1000):
    x = np.random.default_rng(1).uniform(0, 100, (n_rows, 2))
    return x, np.abs(x[:, 0] - 50) + x[:, 1]


def test_rows_are_shared_out_and_standardised():
    x, y = bend()
    split = split_arrays(x, y, None, Squared(), 0.2, 100, 0, rng())
    assert [len(part.y) for part in (split.train, split.everything, split.held)] == [100] * 3
    passed = next(split.population.blocks(800, seed=0))[0] * x.std(axis=0) + x.mean(axis=0)
    where = {tuple(row): number for number, row in enumerate(x.round(6))}
    seen = {where[tuple(row)] for row in passed.round(6)}
    held = {where[tuple(row)] for row in split.held.x.round(6)}
    # One pass has each of the 800 once, none of which is held out.
    assert len(seen) == 800 and not seen & held
    assert {where[tuple(row)] for row in split.train.x.round(6)} <= seen


def test_a_memory_mapped_array_is_never_copied(tmp_path):
    """An array of 80 MB is shared out and read in batches within 20 MB."""
    mapped = np.memmap(tmp_path / "x.dat", dtype=np.float32, mode="w+", shape=(50_000, 400))
    mapped[:] = rng().normal(size=(50_000, 400))
    y = np.zeros(50_000)
    tracemalloc.start()
    try:
        split = split_arrays(mapped, y, None, Squared(), 0.2, 200, 0, rng())
        for _ in islice(split.population.blocks(800, seed=0), 60):
            pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < mapped.nbytes / 2
    np.testing.assert_allclose(split.scale.x_mean, np.mean(mapped, axis=0, dtype=np.float64), atol=1e-9)
    mapped[5000, 7] = np.nan
    with pytest.raises(InvalidValueError, match="x holds nan in column 7"):
        split_arrays(mapped, y, None, Squared(), 0.2, 200, 0, rng())


def test_where_an_array_is_does_not_matter(tmp_path):
    x, y = bend(300)
    mapped = np.memmap(tmp_path / "x.dat", dtype=np.float64, mode="w+", shape=x.shape)
    mapped[:] = x
    settings = PathSettings(QUICK, "force", max_nonlinear=1)
    assert train_path(mapped, y, settings=settings) == train_path(x, y, settings=settings)


def batches(x, y, *weights, size=64):
    return tf.data.Dataset.from_tensor_slices((x, y, *weights)).batch(size)


def test_a_dataset_is_shared_out_by_what_its_rows_hold():
    x, y = bend()
    held = held_out(x, y[:, None], 0.2)
    assert 150 < held.sum() < 250
    split = split_dataset(batches(x, y), Squared(), 0.2, 10_000, rng())
    np.testing.assert_array_equal(split.held.x, x[held])
    np.testing.assert_array_equal(split.train.x, x[~held])
    np.testing.assert_array_equal(split.everything.y[:, 0], y)
    np.testing.assert_allclose(split.scale.x_deviation, x.std(axis=0))
    shuffled = split_dataset(batches(x, y).unbatch().shuffle(1000, seed=3).batch(7), Squared(), 0.2, 10_000, rng())
    assert {tuple(row) for row in shuffled.held.x} == {tuple(row) for row in x[held]}
    # Passes go on where the last block ended: in as many blocks as 4 passes have, each row comes four times.
    blocks = [block[0] for block in islice(split.population.blocks(100, seed=0), 40)]
    back = np.concatenate(blocks) * x.std(axis=0) + x.mean(axis=0)
    counts = np.unique(back.round(6), axis=0, return_counts=True)[1]
    assert len(counts) == (~held).sum() and counts.min() >= 3 and counts.max() <= 7


def test_a_sample_of_a_stream_is_even():
    x = np.arange(4000.0)[:, None]
    split = split_dataset(batches(x, x, size=50), Squared(), 0.2, 400, rng())
    assert len(split.everything.y) == len(split.held.y) == 400
    assert abs(split.everything.x.mean() - 2000) < 4 * 4000 / np.sqrt(12 * 400)


@pytest.mark.parametrize("strategy", [False, True])
def test_a_path_of_a_dataset(strategy):
    x, y = bend(2000)
    weights = np.full(2000, 3.0)
    settings = PathSettings(QUICK, "force", max_nonlinear=2, refine_rows=300)
    scope = tf.distribute.MirroredStrategy(["/cpu:0"]).scope() if strategy else tf.name_scope("none")
    with scope:
        point = train_path(batches(x, y, weights), settings=settings)[1]
    np.testing.assert_allclose(point.form.predict(x)[:, 0], y, atol=3)
    assert point.domain.lower.tolist() == x.min(axis=0).tolist() and point.validation_losses.shape == (300,)


def test_classes_of_a_dataset():
    x, y = bend(600)
    labels = (y > np.median(y)).astype(np.int64)
    path = train_path(batches(x, labels), loss="softmax", settings=PathSettings(QUICK, "force", max_nonlinear=1))
    assert path[1].form.n_outputs == 2 and path[1].train_score > 0.9


X, Y = np.zeros((20, 2)), np.arange(20.0)


@pytest.mark.parametrize(
    ("data", "options", "error", "message"),
    [
        (tf.data.Dataset.from_tensor_slices(X).batch(4), {}, ShapeError, "give batches"),
        (tf.data.Dataset.from_tensor_slices((X, Y)), {}, ShapeError, "give batches"),
        (tf.data.Dataset.from_tensor_slices((X.astype(str), Y)).batch(4), {}, ShapeError, "x of numbers"),
        (batches(X, Y).repeat(), {}, InvalidValueError, "never ends"),
        (batches(X, Y).take(0), {}, InvalidValueError, "no row with a positive weight"),
        (batches(X, Y, -Y), {}, InvalidValueError, "weights of the dataset must be"),
        (batches(X, Y * np.nan), {}, InvalidValueError, "y holds nan in column 0"),
        (batches(X, Y), {"y": Y}, InvalidValueError, "contains its targets and weights"),
        (batches(X, Y), {"validation_data": (X, Y)}, InvalidValueError, "contains its targets"),
        (batches(X, Y), {"validation_fraction": 0.0}, InvalidValueError, "validation_fraction is 0.0"),
        (X, {}, InvalidValueError, "y is missing"),
    ],
)
def test_what_cannot_be_learned_from(data, options, error, message):
    with pytest.raises(error, match=message):
        train_path(data, **options)


@pytest.mark.parametrize("loss", [Squared(), Logistic()])
@pytest.mark.parametrize("mapped", [False, True])
def test_copies_are_on_one_side_of_the_split(loss, mapped, tmp_path):
    generator = np.random.default_rng(0)
    # Few different numbers: most rows are there several times, and equal inputs with several targets.
    x, y = generator.integers(0, 5, (300, 2)) * 1.0, generator.integers(0, 2, 300) * 1.0
    if mapped:
        array = np.memmap(tmp_path / "x.dat", dtype=np.float64, mode="w+", shape=x.shape)
        array[:] = x
        x = array
    split = split_arrays(x, y, np.full(300, 4.0), loss, 0.2, 1000, 0, rng())

    def rows(part):
        found = np.column_stack([part.x, part.y] if loss == Squared() else [part.x])
        return {tuple(row) for row in found.tolist()}

    assert rows(split.held) and not rows(split.held) & rows(split.train)
    counts = np.unique(np.column_stack([x, y]), axis=0, return_counts=True)[1]
    assert len(split.everything.y) == len(split.train.y) + len(split.held.y) == len(counts)
    np.testing.assert_allclose(np.sort(split.everything.weights), np.sort(counts / counts.mean()))


def test_copies_among_the_users_validation_rows_are_one_row():
    x, y = bend(40)
    held = np.repeat(x[:7], 3, axis=0), np.repeat(y[:7], 3)
    split = split_arrays(x, y, None, Squared(), held, 100, 0, rng())
    assert split.held.x.tolist() == x[:7].tolist() and split.held.weights.tolist() == [1.0] * 7


def test_a_row_that_outweighs_the_others_is_not_held_out():
    x, y = bend(100)
    for row in range(100):
        weights = np.ones(100)
        weights[row] = 1e5
        split = split_arrays(x, y, weights, Squared(), 0.2, 1000, 0, rng())
        assert len(split.held.y) == 20 and x[row].tolist() not in split.held.x.tolist()
    # Twenty of them are rows like others.
    weights = np.where(np.arange(100) < 20, 1e5, 1.0)
    assert split_arrays(x, y, weights, Squared(), 0.2, 1000, 0, rng()).held.weights.max() > 1


def test_moments_count_rows_as_often_as_they_weigh():
    x, weights = rng().normal(size=(30, 2)), rng().integers(1, 4, 30)
    moments, repeated = Moments("x"), Moments("x")
    moments.add(x[:10], weights[:10] * 1.0)
    moments.add(x[10:], weights[10:] * 1.0)
    repeated.add(np.repeat(x, weights, axis=0))
    np.testing.assert_allclose([moments.mean, moments.deviation], [repeated.mean, repeated.deviation])


def test_copies_in_a_dataset_share_their_fate():
    x, y = bend(500)
    order = np.random.default_rng(2).permutation(np.repeat(np.arange(500), 4))
    for most in (10_000, 60):
        split = split_dataset(batches(x[order], y[order], size=100), Squared(), 0.2, most, rng())
        held, train = ({tuple(row) for row in part.x.tolist()} for part in (split.held, split.train))
        assert len(held) == len(split.held.x) and len(train) == len(split.train.x) and not held & train
    # A row that is kept is kept with its copies, but for the last one.
    assert len(split.train.x) >= 15 and np.ptp(np.sort(split.train.weights)[1:]) == 0


@pytest.mark.parametrize(
    ("inputs", "target", "message"),
    [
        (1e-300, 1.0, "column 0 of x differ by at most .*, so little that the square underflows"),
        (1.0, 1e-200, "column 0 of y differ by at most"),
        (1e160, 1.0, "whose square overflows"),
        (1e150, 1e-149, "too far apart"),
        (1e-149, 1e150, "too far apart"),
    ],
)
def test_numbers_that_no_float_can_compute_with_are_refused_before_training(inputs, target, message):
    x, y = bend(50)
    with pytest.raises(InvalidValueError, match=message):
        split_arrays(x * inputs, y * target, None, Squared(), 0.2, 100, 0, rng())
