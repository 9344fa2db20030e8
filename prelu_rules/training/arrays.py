"""What Keras holds, as NumPy arrays."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from prelu_rules.values import Array


def as_array(tensor: Any) -> Array:
    """A variable, a tensor, or whatever else Keras takes for one, as an array.

    `keras.ops.convert_to_numpy` does the same, but asks for a copy in a way that NumPy 2 warns of, which ends a program
    that runs with `python -W error`.

    Args:
        tensor: of any dtype.

    Returns:
        A copy.

    Example:
        >>> as_array(keras.Variable([1.0, 2.0]))
        array([1., 2.], dtype=float32)
    """
    if isinstance(tensor, (keras.Variable, tf.Variable, tf.Tensor)):
        return np.asarray(tensor).copy()
    return np.asarray(keras.ops.convert_to_numpy(tensor))
