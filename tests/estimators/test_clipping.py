import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.errors import InvalidValueError
from prelu_rules.estimators.clipping import STEPS, check_clip, extremes_of, output_bounds
from prelu_rules.estimators.fit import fit_rules
from prelu_rules.estimators.regressor import PReLURuleRegressor
from prelu_rules.losses.huber import Huber
from prelu_rules.rules.output_bounds import OutputBounds
from prelu_rules.tolerances import OUTPUT_MARGIN

QUICK = {
    "starts": "force",
    "members": 2,
    "hidden": (2,),
    "warm_up_steps": 60,
    "force_steps": 60,
    "jit": False,
    "random_state": 0,
}
NUMBERS = st.floats(-1e12, 1e12)


@given(NUMBERS, NUMBERS)
def test_the_range_is_widened_by_the_margin_and_a_step(one, other):
    low, high = sorted((one, other))
    found = output_bounds("training", np.array([[low], [high]]))
    ((lower, upper),) = found.pairs
    margin, step = OUTPUT_MARGIN * (high - low), (high - low) / STEPS
    slack = 1e-9 * max(abs(low), abs(high), 1e-300)
    assert low - margin - step - slack <= lower <= low - margin + slack or lower == low
    assert high + margin - slack <= upper <= high + margin + step + slack or upper == high
    assert lower <= low and high <= upper


def test_equal_targets_are_their_own_bounds():
    assert output_bounds("training", np.array([[5.0], [5.0]])) == OutputBounds([5.0], [5.0])
    tiny = np.array([[0.0], [5e-324]])
    assert output_bounds("training", tiny) == OutputBounds([0.0], [5e-324])


def test_bounds_are_short():
    found = output_bounds("training", np.array([[0.123456789, -3e7], [0.987654321, 2.345e9]]))
    assert max(len(f"{end:g}") for pair in found.pairs for end in pair) <= 8
    assert found == OutputBounds([0.037, -270000000.0], [1.075, 2590000000.0])


def test_given_bounds_are_those_of_every_output():
    assert output_bounds((0, None), np.zeros((2, 3))) == OutputBounds([0.0] * 3, [None] * 3)
    assert output_bounds(None, np.zeros((2, 3))) is None


@pytest.mark.parametrize("clip", ["range", 3.0, (1.0,), (None, None), (2.0, 1.0), ("a", 1.0), (np.nan, 1.0)])
def test_what_is_not_a_bound_is_refused(clip):
    with pytest.raises(InvalidValueError, match="clip is "):
        check_clip(clip)
    with pytest.raises(InvalidValueError, match="clip is "):
        PReLURuleRegressor(clip=clip).fit([[1.0], [2.0]], [1.0, 2.0])


def test_extremes_are_of_rows_with_a_weight():
    x, y = np.zeros((4, 1)), np.array([[1.0, 5.0], [2.0, 9.0], [-3.0, 7.0], [99.0, -99.0]])
    np.testing.assert_array_equal(extremes_of(x, y, [1, 2, 1, 0]), [[-3, 5], [2, 9]])
    np.testing.assert_array_equal(extremes_of(x, y[:, 0]), [[-3], [99]])


@pytest.mark.slow
def test_extremes_of_a_dataset_are_those_of_its_rows():
    import tensorflow as tf

    x, y, weights = np.zeros((6, 1)), np.array([3.0, 1, 2, 8, 50, 60]), np.array([1.0, 1, 1, 1, 0, 0])
    data = tf.data.Dataset.from_tensor_slices((x, y, weights)).batch(2)
    np.testing.assert_array_equal(extremes_of(data, None), [[1], [8]])


@pytest.mark.slow
def test_a_row_far_out_is_kept_within():
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (80, 2))
    y = 3 * x[:, 0] - x[:, 1] + 0.1 * rng.normal(size=80)
    model = PReLURuleRegressor(**QUICK).fit(x, y)
    low, high = y.min(), y.max()
    assert model.rules_.bounds == output_bounds("training", np.array([[low], [high]]))
    assert high < model.predict([[1000.0, 0.0]])[0] < high + (high - low) * (OUTPUT_MARGIN + 2 / STEPS)
    free = PReLURuleRegressor(clip=None, **QUICK).fit(x, y)
    assert free.rules_.bounds is None and free.predict([[1000.0, 0.0]])[0] > 2000
    np.testing.assert_array_equal(free.predict(x), model.predict(x))
    # Another choice from the path has the same bounds; other bounds need no training.
    assert model.choose(0).rules_.bounds is not None
    assert model.set_params(clip=(0, 1)).choose(0).predict([[1000.0, 0.0]])[0] == 1


@pytest.mark.slow
def test_fit_rules_says_its_bounds():
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 1, 100)
    quick = {**QUICK}
    fitted = fit_rules({"x": x, "y": 2 * x + rng.standard_t(1.5, 100)}, "y", loss="huber", clip=(None, 2.5), **quick)
    assert "(y is kept at most 2.5)" in str(fitted) and fitted.predict({"x": [9.0]})[0] == 2.5
    assert isinstance(fitted.estimator.loss, str)
    for option in ({"loss": "huber"}, {"clip": (0, 1)}):
        with pytest.raises(InvalidValueError, match=f"{next(iter(option))} is .*, but the target 'y' has classes"):
            fit_rules({"x": x, "y": np.where(x > 0.5, "a", "b")}, "y", **option, **quick)


@pytest.mark.slow
def test_huge_targets_do_not_decide_with_hubers_loss():
    """A tenth of the targets are 100 too high; the mean follows them, and Huber's estimate hardly does."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (300, 1))
    truth = 2 * x[:, 0]
    y = truth + 0.1 * rng.normal(size=300) + np.where(rng.uniform(size=300) < 0.1, 100.0, 0.0)
    errors = {}
    for name, loss in (("squared", "squared"), ("huber", "huber"), ("unscaled", Huber())):
        model = PReLURuleRegressor(loss=loss, clip=None, outliers="keep", **QUICK).fit(x, y)
        errors[name] = float(np.median(np.abs(model.choose(0).predict(x) - truth)))
    assert errors["squared"] > 5 and errors["huber"] < 0.5
    # In standard deviations, which the huge targets inflate, its delta is far too large.
    assert errors["unscaled"] > 2 * errors["huber"]


@pytest.mark.parametrize("loss", ["logistic", "softmax"])
def test_losses_of_classes_are_refused(loss):
    with pytest.raises(InvalidValueError, match=f"loss is '{loss}', whose outputs are not the targets"):
        PReLURuleRegressor(loss=loss).fit([[1.0], [2.0]], [1.0, 2.0])
