"""The tap: a model's training step also hands out the batch that it was given.

Keras shows callbacks no batches. While a fit runs, the step of the model is therefore one that returns its batch beside
its logs, and each call of the training function is replaced by one that takes the batch out again. Nothing is copied,
nothing is computed, and the training is the same to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import keras
import tensorflow as tf

_KEY = "prelu_rules_doctor_batch"


class Tap:
    """Puts itself into a model's training step; `remove` takes it out.

    It works with any Keras model, compiled in any way, with several steps per execution (then it sees the last batch of
    each), and with `IdentityForce`, whichever of the two comes first. On several replicas it sees no batch.

    Args:
        model: compiled; `fit` is about to begin, and no callback's `on_train_begin` has run yet.

    Attributes:
        model: the model.
        force: the `IdentityForce` of the fit, once it has begun; None without one.
    """

    def __init__(self, model: keras.Model) -> None:
        self.model = model
        self.force: Any = None
        self._armed = False
        self._structure: Any = None
        vars(model).pop("train_step", None)
        self._previous = getattr(model.train_function, "ordinary", model.train_function)
        train_step = model.train_step
        alone = model.distribute_strategy.num_replicas_in_sync == 1

        def tapped_step(data: Any) -> Any:
            logs = train_step(data)
            # What is traced outside of a watched call, after a fit that was interrupted, is the plain step.
            if not (self._armed and alone and isinstance(logs, dict)):
                return logs
            tensors = tf.nest.flatten(data)
            self._structure = tf.nest.map_structure(lambda tensor: tensor is not None, data)
            return {**logs, _KEY: tuple(tensor for tensor in tensors if tensor is not None)}

        # Past Keras's own bookkeeping of attributes.
        vars(model)["train_step"] = tapped_step
        model.make_train_function(force=True)
        tapped = model.train_function

        def train_function(iterator: Any) -> Any:
            if not self._armed:
                self.remove()
                model.make_train_function()
                return model.train_function(iterator)
            return tapped(iterator)

        train_function.ordinary = self._previous  # type: ignore[attr-defined]
        model.train_function = train_function

    def watch(
        self, after: Callable[[dict[str, Any], Any], None], failed: Callable[[Iterator[Any], Exception], None]
    ) -> None:
        """Watches the next call of the training function.

        Args:
            after: called with the logs and the batch (None if there is none to see).
            failed: called with the iterator of batches and the error if the step raises one, which is raised again.
        """
        model, inner = self.model, self.model.train_function
        self.force = getattr(inner, "force", None)

        def watched(iterator: Any) -> Any:
            model.train_function = inner
            self._armed = True
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
            tensors = logs.pop(_KEY, None)
            after(logs, None if tensors is None else self._packed(tensors))
            return logs

        model.train_function = watched

    def remove(self) -> None:
        """Leaves the model as it was found."""
        vars(self.model).pop("train_step", None)
        self.model.train_function = self._previous

    def _packed(self, tensors: tuple[Any, ...]) -> Any:
        remaining = iter(tensors)
        return tf.nest.map_structure(lambda there: next(remaining) if there else None, self._structure)
