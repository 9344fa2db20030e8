"""The tap: makes a model's training function also return the batch that it was given.

Keras does not show batches to callbacks. While a fit runs, the training function of the model is therefore replaced by
one that takes the batch from the iterator itself, and keeps it along with the logs. The step, compiled or not, is
Keras's own; nothing is copied or computed, and the training is the same to the last bit. With several steps per
execution, batches are taken inside Keras's loop, so that the step returns its batch and only the last one of each
execution is seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import keras
import tensorflow as tf

from prelu_rules.doctor.data_watch import DataWatch
from prelu_rules.training.keras_internals import (
    keras_train_function,
    make_train_function,
    set_maker,
    set_train_function,
    steps_per_execution,
    strategy_of,
    train_function,
)

_KEY = "prelu_rules_doctor_batch"


class Batch:
    """A batch as a step was given it; assembled only on request, since most batches are never examined.

    Args:
        tensors: its tensors, inputs first.
        structure: the nest that they come from, with False in place of None.
    """

    def __init__(self, tensors: tuple[Any, ...], structure: Any) -> None:
        self._tensors, self._structure = tensors, structure

    def __len__(self) -> int:
        return int(self._tensors[0].shape[0])

    @property
    def numbers(self) -> int:
        """How many numbers it has."""
        return sum(int(tensor.shape.num_elements() or 0) for tensor in self._tensors)

    @property
    def data(self) -> Any:
        """The data that the training step was given."""
        remaining = iter(self._tensors)
        return tf.nest.map_structure(lambda there: next(remaining) if there else None, self._structure)


class Tap:
    """Wraps a model's training function; `remove` undoes this.

    It works with any Keras model, compiled in any way, with several steps per execution (then it sees the last batch of
    each), and with `IdentityForce`, whichever of the two comes first. With several replicas it does not see batches.

    Args:
        model: a compiled model; `fit` is about to begin, and no callback's `on_train_begin` has run yet.

    Attributes:
        model: the model.
        force: the `IdentityForce` of the fit, once it has begun; None without one.
        watch_of_data: checks the batches within an execution of several steps; None if each batch is seen.
    """

    def __init__(self, model: keras.Model) -> None:
        self.model = model
        self.force: Any = None
        self.watch_of_data = DataWatch() if steps_per_execution(model) > 1 else None
        self._armed = False
        self._structure: Any = None
        self._tensors: tuple[Any, ...] | None = None
        self._take_out()
        found = train_function(model)
        self._previous = getattr(found, "ordinary", found)
        if strategy_of(model).num_replicas_in_sync == 1:
            if steps_per_execution(model) == 1:
                set_maker(model, self._make_train_function)
            else:
                # Bypasses Keras's own tracking of attributes.
                vars(model)["train_step"] = self._step_with_batch(model.train_step)
        tapped = make_train_function(model, force=True)

        def announced(iterator: Any) -> Any:
            if not self._armed:
                self.remove()
                return make_train_function(model)(iterator)
            return tapped(iterator)

        announced.ordinary = self._previous  # type: ignore[attr-defined]
        set_train_function(model, announced)

    def watch(
        self, after: Callable[[dict[str, Any], Batch | None], None], failed: Callable[[Iterator[Any], Exception], None]
    ) -> None:
        """Watches the next call of the training function.

        Args:
            after: called with the logs and the batch (None if it cannot be seen).
            failed: called with the iterator of batches and the error if the step raises one; the error is then raised
                again.
        """
        model, inner = self.model, train_function(self.model)
        assert inner is not None
        self.force = getattr(inner, "force", None)

        def watched(iterator: Any) -> Any:
            set_train_function(model, inner)
            self._armed = True
            self._tensors = None
            try:
                logs = inner(iterator)
            except (StopIteration, tf.errors.OutOfRangeError):
                raise
            except Exception as error:
                failed(iterator, error)
                raise
            finally:
                self._armed = False
            if not isinstance(logs, dict):
                return logs
            tensors = logs.pop(_KEY, self._tensors)
            after(logs, None if tensors is None else Batch(tensors, self._structure))
            return logs

        set_train_function(model, watched)

    def remove(self) -> None:
        """Restores the model."""
        self._take_out()
        set_train_function(self.model, self._previous)

    def _take_out(self) -> None:
        vars(self.model).pop("train_step", None)
        set_maker(self.model, None)

    def _make_train_function(self, force: bool = False) -> None:
        """Replaces Keras's method; `IdentityForce` calls it as well."""
        model = self.model
        one_step = keras_train_function(model, force=force)

        def step_and_batch(iterator: Any) -> tuple[Any, tuple[Any, ...]]:
            data = next(iterator)
            return one_step(iter((data,))), self._flat(data)

        if not model.run_eagerly:
            # As in Keras's own function, the number of rows of a batch is not part of the signature.
            step_and_batch = tf.function(step_and_batch, autograph=False, reduce_retracing=True)

        def keeping_the_batch(iterator: Any) -> Any:
            logs, self._tensors = step_and_batch(iterator)
            return logs

        set_train_function(model, keeping_the_batch)

    def _step_with_batch(self, train_step: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def tapped_step(data: Any) -> Any:
            logs = train_step(data)
            # Outside of a watched call, such as after an interrupted fit, the plain step is traced.
            if not self._armed or not isinstance(logs, dict):
                return logs
            tensors = self._flat(data)
            if self.watch_of_data is not None:
                self.watch_of_data.see(tensors, self._structure)
            return {**logs, _KEY: tensors}

        return tapped_step

    def _flat(self, data: Any) -> tuple[Any, ...]:
        """The tensors of a batch; its structure is stored once per tracing."""
        parts = tf.nest.flatten(data)
        there = [part is not None and not isinstance(part, tf.experimental.Optional) for part in parts]
        self._structure = tf.nest.pack_sequence_as(data, there)
        return tuple(part for part, present in zip(parts, there, strict=True) if present)
