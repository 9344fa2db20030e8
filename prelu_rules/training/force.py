"""The force that pulls slopes to 1 while a network is trained (paper, section on the force)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from prelu_rules.errors import InvalidValueError, TrainingError, UnsupportedModelError
from prelu_rules.tolerances import FORCE_SLEEPS_ABOVE
from prelu_rules.training.attributes import instance_attribute
from prelu_rules.training.forked import refuse_in_forked_child
from prelu_rules.training.keras_internals import (
    TrainFunction,
    make_train_function,
    set_train_function,
    strategy_of,
    train_function,
    update_variables,
)
from prelu_rules.training.slopes import count_nonlinear, prelu_layers

LEAST_ERROR = 1e-30
"""Smaller training errors are replaced by this, so that the logarithm of an error of 0 is finite."""


class _Batch(NamedTuple):
    """What a model's `compute_loss` was given, and what it returned."""

    y: Any
    y_pred: Any
    loss: Any


class IdentityForce(keras.callbacks.Callback):
    r"""The paper's force, for any Keras model with PReLUs that is trained with `compile` and `fit`.

    After every optimiser step, in addition to back-propagation, each slope `a` moves toward 1:

        a <- max(0, min(1, a + eta_p sgn(1 - a)))
        eta_p = eta_0 * 0.01 * max(0, log10(threshold / error))

    which for the paper's threshold of 0.01 is `max(0, -log10(error) - 2)`: the force sleeps until the error falls below
    the threshold, and grows as the error falls. Within [0, 1] it is the proximal step of `eta_p |1 - a|`, so slopes
    that the data do not hold back become exactly 1 and stay there. While it sleeps, it changes nothing: the slopes of a
    `keras.layers.PReLU`, which has no limits of its own, may leave [0, 1] through back-propagation. Once the force is
    awake, its formula limits them to [0, 1] too.

    It runs inside the compiled training step. Frozen PReLU layers are not changed. After `fit`, even an interrupted
    one, nothing is left of it in the model. Each `fit` starts at step 0 with a rate of 0. `History` gets `force_rate`
    and `nonlinear_units` for every epoch.

    Args:
        eta_0: the scale of the rate; the paper uses the learning rate, 0.01.
        threshold: the error above which the force sleeps.
        refresh_every: the number of steps after which the rate is recomputed from the error of the last batch.
        error: "loss" for the loss of the batch, penalties included, or a function `(y_true, y_pred) -> scalar tensor`.
            For a model whose own `train_step` never calls `compute_loss`, "loss" is the mean loss of the epoch so far.
        rate: None to follow the error; a number for a constant rate; or a function of the step, counted from 0, such as
            a `keras.optimizers.schedules.LearningRateSchedule`.

    Raises:
        InvalidValueError: if an argument is out of range.
        UnsupportedModelError: when training begins, if the model has no PReLU.
        TrainingError: when training begins, if Keras does not run on TensorFlow, or `fit` has two forces.

    Example:
        >>> from prelu_rules.training.prelu import PReLU
        >>> model = keras.Sequential([keras.Input((1,)), PReLU(), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> force = IdentityForce(rate=0.1)
        >>> history = model.fit(np.ones((8, 1)), np.ones((8, 1)), batch_size=1, verbose=0, callbacks=[force])
        >>> history.history["nonlinear_units"], model.layers[0].slopes
        ([0], array([1.]))
    """

    def __init__(
        self,
        eta_0: float = 0.01,
        threshold: float = FORCE_SLEEPS_ABOVE,
        refresh_every: int = 1000,
        error: str | Callable[[Any, Any], Any] = "loss",
        rate: float | Callable[[Any], Any] | None = None,
    ) -> None:
        super().__init__()
        for name, value in (("eta_0", eta_0), ("threshold", threshold)):
            if not (np.isfinite(value) and value > 0):
                raise InvalidValueError(f"{name} is {value}; it must be a positive finite number.")
        if refresh_every != int(refresh_every) or refresh_every < 1:
            raise InvalidValueError(f"refresh_every is {refresh_every}; it must be an integer of at least 1.")
        if error != "loss" and not callable(error):
            raise InvalidValueError(f"error is {error!r}; it must be 'loss' or a function of y_true and y_pred.")
        if rate is not None and not callable(rate) and not (np.isfinite(rate) and rate >= 0):
            raise InvalidValueError(f"rate is {rate}; it must be None, a finite number of at least 0, or a function.")
        self.eta_0, self.threshold, self.refresh_every = float(eta_0), float(threshold), int(refresh_every)
        self.error, self._given_rate = error, rate
        self._step: Any = None
        self._rate: Any = None
        self._armed = False

    @property
    def rate(self) -> float:
        """The force rate `eta_p` of the last step; 0 before the first one."""
        return 0.0 if self._rate is None else float(self._rate.numpy())

    @property
    def follows_error(self) -> bool:
        """Whether the rate is computed from the training error, rather than given."""
        return self._given_rate is None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Add the force to the model's training step."""
        model = self.model
        refuse_in_forked_child()
        if model.built:
            _slopes_of(model)
        # An interrupted fit leaves its function behind; the one to keep is the one before it.
        previous = _ordinary(model)
        other = getattr(train_function(model), "force", None)
        if other is not None and other is not self and other.params is self.params:
            raise TrainingError("fit has two IdentityForce callbacks; give it one.")
        with strategy_of(model).scope():
            self._step, self._rate = (
                tf.Variable(0, dtype=dtype, trainable=False, aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA)
                for dtype in (tf.int64, tf.float32)
            )
        train_step, compute_loss = model.train_step, model.compute_loss
        # Replicas are traced one after the other, each in its own thread.
        seen = threading.local()

        def capturing_loss(x: Any = None, y: Any = None, y_pred: Any = None, *args: Any, **kwargs: Any) -> Any:
            loss = compute_loss(x, y, y_pred, *args, **kwargs)
            seen.batch = _Batch(y, y_pred, loss)
            return loss

        def forced_step(data: Any) -> Any:
            seen.batch = None
            result = train_step(data)
            # Only now has a subclassed model created its weights.
            self._push(_slopes_of(model), self._error_of(seen.batch, result))
            return result

        with instance_attribute(model, "train_step", forced_step):
            forced = make_train_function(model, force=True)

        def announced(iterator: Any) -> Any:
            if not self._armed:
                set_train_function(model, previous)
                return make_train_function(model)(iterator)
            self._armed = False
            with instance_attribute(model, "compute_loss", capturing_loss):
                return forced(iterator)

        announced.ordinary, announced.force = previous, self  # type: ignore[attr-defined]
        set_train_function(model, announced)

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Announce a step; the force acts only on announced steps."""
        self._armed = True

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Log the rate and the number of nonlinear units."""
        if logs is not None:
            logs["force_rate"] = self.rate
            logs["nonlinear_units"] = count_nonlinear(self.model)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Remove the force from the model."""
        set_train_function(self.model, _ordinary(self.model))
        self._armed = False

    def _error_of(self, batch: _Batch | None, logs: Any) -> Any:
        """The error of the batch, over all replicas."""
        if callable(self.error):
            if batch is None:
                raise TrainingError("the model's train_step never calls compute_loss, so error must be 'loss'.")
            error, reduction = self.error(batch.y, batch.y_pred), tf.distribute.ReduceOp.MEAN
        elif batch is not None:
            # Keras has divided each replica's loss by the number of replicas.
            error, reduction = batch.loss, tf.distribute.ReduceOp.SUM
        else:
            error, reduction = logs["loss"], tf.distribute.ReduceOp.MEAN
        error = tf.cast(error, tf.float32)
        replica = tf.distribute.get_replica_context()
        return replica.all_reduce(reduction, error) if replica and replica.num_replicas_in_sync > 1 else error

    def _push(self, slopes: list[tf.Variable], error: Any) -> None:
        step = self._step.read_value()
        if callable(self._given_rate):
            rate = tf.cast(self._given_rate(step), tf.float32)
        elif self._given_rate is not None:
            rate = tf.constant(self._given_rate, tf.float32)
        else:
            refresh = tf.equal((step + 1) % self.refresh_every, 0)
            rate = tf.where(refresh, force_rate(error, self.eta_0, self.threshold), self._rate.read_value())
        update_variables(self._push_on_all_replicas, slopes, rate)

    def _push_on_all_replicas(self, strategy: Any, slopes: list[tf.Variable], rate: Any) -> None:
        def push(slope: tf.Variable, rate: Any) -> None:
            step = tf.cast(rate, slope.dtype) * tf.sign(1 - slope)
            # Limits are part of the force: while it sleeps, it must not impose them on layers that have none.
            slope.assign(tf.where(rate > 0, tf.clip_by_value(slope + step, 0, 1), slope))

        for slope in slopes:
            strategy.extended.update(slope, push, args=(rate,), group=False)
        strategy.extended.update(self._rate, lambda variable, value: variable.assign(value), args=(rate,), group=False)
        strategy.extended.update(self._step, lambda variable: variable.assign_add(1), group=False)


def force_rate(error: Any, eta_0: float, threshold: float) -> Any:
    """The paper's force rate, `eta_p = eta_0 * 0.01 * max(0, log10(threshold / error))`.

    Args:
        error: tensor of any shape, training errors.
        eta_0: the scale of the rate.
        threshold: the error above which the force sleeps.

    Returns:
        A tensor of the same shape; 0 where the error is not finite.

    Example:
        >>> force_rate(tf.constant([1e-3, float("nan")]), 0.01, 0.01).numpy().round(6)
        array([0.0001, 0.    ], dtype=float32)
    """
    orders = tf.math.log(threshold / tf.maximum(error, LEAST_ERROR)) / np.log(10.0)
    rate = eta_0 * 0.01 * tf.maximum(0.0, orders)
    # Slopes of NaN would not help a diverging network.
    return tf.where(tf.math.is_finite(rate), rate, 0.0)


def _ordinary(model: keras.Model) -> TrainFunction | None:
    """The training function without the wrappers of this package."""
    function = train_function(model)
    return getattr(function, "ordinary", function)


def _slopes_of(model: keras.Model) -> list[tf.Variable]:
    slopes = [layer.alpha.value for layer in prelu_layers(model) if layer.trainable]
    if not slopes:
        raise UnsupportedModelError(
            f"the model {model.name!r} has no trainable PReLU layer, so there is nothing to pull; add "
            "prelu_rules.PReLU layers."
        )
    return slopes
