"""When and where the numbers of a network stopped being finite."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import prelu_rules.training  # noqa: F401

# isort: split
import tensorflow as tf

from prelu_rules.values import IntArray


class Divergence(NamedTuple):
    """When and where the numbers of a network stopped being finite.

    Attributes:
        step: the optimiser step, counted from 1.
        place: the first layer whose values were not finite at that step.
    """

    step: int
    place: str


def noted(known: Any, step: Any, x: Any, levels: Sequence[Any], losses: Any) -> Any:
    """Update what is known about divergences after a step; part of the compiled step.

    Args:
        known: `(members, 2)` int32, the step at which each member's loss stopped being finite, and where; 0 before
            that.
        step: int32, the number of steps before this one.
        x: the inputs.
        levels: the pre-activations of each layer, members first, and the outputs.
        losses: `(members,)`.

    Returns:
        An array with the shape of `known`.

    Example:
        >>> ones = tf.ones((2, 5, 3))
        >>> levels, losses = [ones, ones / [[[1.0]], [[0.0]]]], tf.constant([1, float("inf")])
        >>> noted(tf.zeros((2, 2), tf.int32), 7, ones[0], levels, losses).numpy()
        array([[0, 0],
               [8, 2]], dtype=int32)
    """
    fresh = tf.logical_and(tf.logical_not(tf.math.is_finite(losses)), tf.equal(known[:, 0], 0))

    def found() -> Any:
        inputs = tf.broadcast_to(tf.reduce_all(tf.math.is_finite(x)), tf.shape(losses))
        layers = [tf.reduce_all(tf.math.is_finite(h), axis=[1, 2]) for h in levels]
        # If all of them are finite, it is the loss itself.
        broken = tf.logical_not(tf.stack([inputs, *layers, tf.zeros_like(inputs)], axis=1))
        place = tf.argmax(tf.cast(broken, tf.int32), axis=1, output_type=tf.int32)
        return tf.where(fresh[:, None], tf.stack([tf.zeros_like(place) + step + 1, place], axis=1), known)

    return tf.cond(tf.reduce_any(fresh), found, lambda: known)


def divergences(known: IntArray, n_hidden: int) -> dict[int, Divergence]:
    """The members whose loss stopped being finite.

    Args:
        known: `(members, 2)`, as returned by `noted`.
        n_hidden: the number of hidden layers.

    Returns:
        When and where for each of them.

    Example:
        >>> import numpy as np
        >>> divergences(np.array([[0, 0], [8, 2]]), n_hidden=1)
        {1: Divergence(step=8, place='the output layer')}
    """
    layers = [f"hidden layer {level}" for level in range(1, n_hidden + 1)]
    places = ["the features", *layers, "the output layer", "the loss"]
    return {member: Divergence(int(step), places[place]) for member, (step, place) in enumerate(known) if step > 0}


def first_divergence(found: Iterable[Divergence], steps: int) -> str:
    """When and where the first of them diverged, to follow "diverged" in a sentence.

    Args:
        found: all divergences.
        steps: the number of training steps.

    Returns:
        Part of a sentence.

    Example:
        >>> first_divergence([Divergence(8, "the loss"), Divergence(3, "hidden layer 1")], 100)
        ', the first at step 3 of 100, where hidden layer 1 stopped being finite'
    """
    first = min(found, default=None)
    # Weights may overflow in the very last step, which shows in no loss.
    if first is None:
        return f" at the last of {steps} steps"
    return f", the first at step {first.step} of {steps}, where {first.place} stopped being finite"
