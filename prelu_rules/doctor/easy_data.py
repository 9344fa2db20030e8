"""Easy data: N words mapped one to one to N classes, which any working model learns in seconds.

Source: E. P. Csirmaz, "Decreasing accuracy in neural nets during training - things to try" (blog, 24 July 2019).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf

from prelu_rules.doctor.finding import Remedy
from prelu_rules.doctor.probe import task_of
from prelu_rules.doctor.remedies import article
from prelu_rules.errors import InvalidValueError, UnsupportedModelError
from prelu_rules.renamed import renamed_arguments
from prelu_rules.training.arrays import as_array
from prelu_rules.training.copies import remade
from prelu_rules.training.keras_internals import all_layers, known_logits
from prelu_rules.values import Array, Shown

STILL_FALLING = 0.98
"""If the loss ends below this share of its value at half time, it was still falling when the steps were used up."""


MOST_WORDS = 64
"""Models with more classes than this get this many words."""

STEPS_BETWEEN = 10
"""How many steps to take between two checks of the accuracy."""

OPEN_LENGTH = 8
"""The length of a dimension that the model leaves open."""

Verdict = Literal["converges", "slow", "stuck", "diverges"]

_TEXTS: dict[Verdict, str] = {
    "converges": "The model can converge: problems with other data are due to those data, or to how long or how fast "
    "the model is trained on them.",
    "slow": "The loss falls, but too slowly to decide: raise the learning rate, or allow more steps.",
    "stuck": "The model cannot learn even this. There is a mistake in how it is built or compiled, not in the data.",
    "diverges": "The loss became infinite or NaN even here: the steps are too large, or the loss is unstable.",
}

_REMEDIES: dict[Verdict, tuple[str, ...]] = {
    "converges": (),
    "slow": ("optimiser",),
    "stuck": ("stable loss", "learning rate", "optimiser", "activation", "regularisers", "width"),
    "diverges": ("stable loss", "no NaN", "learning rate", "optimiser"),
}


@dataclass(frozen=True)
class EasyData(Shown):
    """The result of training a fresh copy of a model on easy data.

    Attributes:
        verdict: "converges" if every word got its class and the loss fell; "slow" if the loss was still falling;
            "stuck"; or "diverges".
        accuracy: the share of words with the right class at the end, in inference mode.
        words: the number of words.
        steps: the number of optimiser steps.
        seconds: how long they took.
        first_loss: the loss before the first step.
        last_loss: the loss after the last step.
        remedies: what to do, in the article's order.

    Example:
        >>> print(str(EasyData("converges", 1.0, 3, 40, 0.8, 1.2, 0.1)).split(";")[0])
        converges: 3 of 3 words right after 40 steps (0.8 s)
    """

    verdict: Verdict
    accuracy: float
    words: int
    steps: int
    seconds: float
    first_loss: float
    last_loss: float

    @property
    def converges(self) -> bool:
        """Whether every word got its class, and the loss fell."""
        return self.verdict == "converges"

    @property
    def remedies(self) -> tuple[Remedy, ...]:
        """What to do, in the article's order."""
        return article(*_REMEDIES[self.verdict]) if _REMEDIES[self.verdict] else ()

    def __str__(self) -> str:
        right = round(self.accuracy * self.words)
        text = (
            f"{self.verdict}: {right} of {self.words} words right after {self.steps} steps ({self.seconds:.1f} s); the "
            f"loss went from {self.first_loss:.3g} to {self.last_loss:.3g}. {_TEXTS[self.verdict]}"
        )
        return "\n".join([text, *(f"- {remedy.text}" for remedy in self.remedies)])


@renamed_arguments(seed="random_state")
def easy_data_check(
    model: keras.Model | Callable[[], keras.Model],
    *,
    words: int | None = None,
    one_hot: bool | None = None,
    steps: int = 2000,
    seconds: float = 20.0,
    random_state: int = 0,
) -> EasyData:
    """Trains a fresh copy of a classifier on as many words as it has classes, one for each class.

    A word is a random input with the shape of the model's inputs: normally distributed numbers, or random integers that
    its Embedding layers accept. The copy has new weights, and the model's own optimiser and loss; the model is not
    changed. A model that is not compiled gets Adam and the cross-entropy that fits its output. A single output gets two
    words.

    Args:
        model: a model with one output and any number of inputs; functional, sequential, or a subclass with
            `get_config`. Or a function without arguments that creates and compiles one.
        words: the number of words; None for one per class, at most 64.
        one_hot: whether the loss takes one-hot labels; None to decide by its name (it does if that has no "sparse" in
            it).
        steps: the largest number of optimiser steps.
        seconds: the time limit in seconds.
        random_state: the seed for the words.

    Returns:
        The result.

    Raises:
        UnsupportedModelError: if the model has several outputs or text inputs, is not built, or cannot be copied.
        InvalidValueError: if there are fewer than two words, or more words than classes.

    Example:
        >>> keras.utils.set_random_seed(0)
        >>> layers = [keras.Input((5,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(4)]
        >>> model = keras.Sequential(layers)
        >>> model.compile(keras.optimizers.Adam(0.01), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        >>> easy_data_check(model).verdict
        'converges'
    """
    copy = _fresh_copy(model)
    if not copy.built:
        raise UnsupportedModelError(
            f"the model {copy.name!r} is not built; give it a keras.Input, or call it once first."
        )
    inputs = _inputs(model if isinstance(model, keras.Model) else copy)
    vocabulary = _vocabulary(copy)
    outputs = copy(_make(inputs, 2, vocabulary, random_state), training=False)
    if not tf.is_tensor(outputs) or outputs.shape.rank < 2:
        raise UnsupportedModelError(
            f"the model {copy.name!r} has several outputs; give a model with one output, for classes."
        )
    classes = max(2, outputs.shape[-1])
    number = min(classes, MOST_WORDS) if words is None else words
    if not 2 <= number <= classes:
        raise InvalidValueError(f"words is {number}, but must be from 2 to {classes} for {classes} classes.")
    x = _make(inputs, number, vocabulary, random_state)
    if not copy.compiled:
        copy.compile("adam", _fitting_loss(outputs))
    y = _labels(copy, outputs, number, one_hot)

    began = time.perf_counter()
    first = last = half = float(copy.test_on_batch(x, y, return_dict=True)["loss"])
    accuracy, done = _accuracy(copy, x, number), 0
    # Being right by luck before anything was learned proves nothing.
    while (
        not (accuracy == 1 and last < first)
        and done < steps
        and math.isfinite(last)
        and time.perf_counter() - began < seconds
    ):
        for _ in range(STEPS_BETWEEN):
            last = float(copy.train_on_batch(x, y, return_dict=True)["loss"])
        done += STEPS_BETWEEN
        half = last if done <= steps / 2 else half
        accuracy = _accuracy(copy, x, number)
    verdict: Verdict = "converges"
    if not math.isfinite(last):
        verdict = "diverges"
    elif accuracy < 1 or last >= first:
        verdict = "slow" if last < STILL_FALLING * (half if done > steps / 2 else first) else "stuck"
    return EasyData(verdict, accuracy, number, done, time.perf_counter() - began, first, last)


def _fresh_copy(model: keras.Model | Callable[[], keras.Model]) -> keras.Model:
    if not isinstance(model, keras.Model):
        return model()
    copy = remade(model)
    if model.compiled and model.optimizer is not None:
        optimizer = keras.optimizers.deserialize(keras.optimizers.serialize(model.optimizer))
        copy.compile(optimizer, model.loss, run_eagerly=model.run_eagerly)
    return copy


def _inputs(model: keras.Model) -> Any:
    """Symbolic tensors in the structure of the model's inputs."""
    if isinstance(model, keras.Sequential):
        return model.inputs[0]
    if getattr(model, "inputs", None):
        return model.input
    # A subclass has no input tensors, only the shape that it was built for.
    shape = (model.get_build_config() or {}).get("input_shape")
    if not shape or not all(size is None or isinstance(size, int) for size in shape):
        raise UnsupportedModelError(
            f"the shape of the inputs of the model {model.name!r} is not known; use a functional model."
        )
    embeds = any(isinstance(layer, keras.layers.Embedding) for layer in all_layers(model))
    return keras.KerasTensor(tuple(shape), "int32" if embeds else "float32")


def _vocabulary(model: keras.Model) -> int:
    """The smallest vocabulary of the layers that take integers; 2 if there are none."""
    sizes = [getattr(layer, name, None) for layer in all_layers(model) for name in ("input_dim", "num_tokens")]
    return min((size for size in sizes if isinstance(size, int)), default=2)


def _make(inputs: Any, number: int, vocabulary: int, seed: int) -> Any:
    """Create words, as arrays in the structure of the inputs; no two are equal in any input."""
    rng = np.random.default_rng(seed)

    def words(tensor: Any) -> Array:
        shape = tuple(size or OPEN_LENGTH for size in tensor.shape[1:])
        if keras.backend.is_float_dtype(tensor.dtype):
            return rng.normal(size=(number, *shape)).astype(np.float32)
        if tensor.dtype == "string":
            raise UnsupportedModelError("the model takes text, but easy data are numbers; leave out its text layer.")
        size = int(np.prod(shape))
        if vocabulary**size < number:
            raise UnsupportedModelError(
                f"there are fewer than {number} different inputs of {size} integers below {vocabulary}; give fewer "
                "words."
            )
        distinct: dict[tuple[int, ...], None] = {}
        while len(distinct) < number:
            distinct[tuple(rng.integers(vocabulary, size=size).tolist())] = None
        return np.array(list(distinct)).reshape(number, *shape).astype(tensor.dtype)

    return keras.tree.map_structure(words, inputs)


def _fitting_loss(outputs: Any) -> keras.losses.Loss:
    from_logits = known_logits(outputs) is None
    if outputs.shape[-1] == 1:
        return keras.losses.BinaryCrossentropy(from_logits=from_logits)
    return keras.losses.SparseCategoricalCrossentropy(from_logits=from_logits)


def _labels(model: keras.Model, outputs: Any, number: int, one_hot: bool | None) -> Array:
    """One class for each word, in the form that the loss takes; for sequences, the same at each position."""
    width = outputs.shape[-1]
    if one_hot is None:
        loss = model.loss
        name = loss if isinstance(loss, str) else getattr(loss, "__name__", type(loss).__name__)
        sparse = "sparse" in name.lower() or "StableSoftmax" in name
        one_hot = width > 1 and not sparse
    shape = tuple(outputs.shape[1:-1])
    classes = np.broadcast_to(np.arange(number).reshape(-1, *(1 for _ in shape)), (number, *shape))
    if one_hot:
        return np.eye(width, dtype=np.float32)[classes]
    return classes[..., None].astype(np.float32) if width == 1 else classes.astype(np.int32)


def _accuracy(model: keras.Model, x: Any, number: int) -> float:
    outputs = model(x, training=False)
    logits = known_logits(outputs)
    values = as_array(outputs)
    if values.shape[-1] > 1:
        predicted = values.argmax(axis=-1)
    else:
        # Half-way between the two labels: 0.5 for probabilities and squared errors, 0 for logits.
        takes_logits = logits is None and task_of(model, 1) == "binary" and getattr(model.loss, "from_logits", False)
        predicted = (values[..., 0] > (0 if takes_logits else 0.5)).astype(int)
    truth = np.arange(number).reshape(-1, *(1 for _ in predicted.shape[1:]))
    return float((predicted == truth).all(axis=tuple(range(1, predicted.ndim))).mean())
