"""Rows in batches, as Keras's `fit` takes them, split into training and validation rows."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from prelu_rules.errors import InvalidValueError, ShapeError


def training_and_validation(
    x: Any, y: Any, weights: Any, validation: Any, share: float, batch_size: int, seed: int
) -> tuple[tf.data.Dataset, tf.data.Dataset]:
    """Split rows into training and validation rows, in batches.

    Args:
        x: an array, a dict or list of arrays, or a dataset of batches.
        y: targets; None with a dataset.
        weights: one weight per row, or None.
        validation: validation rows `(x, y)` or `(x, y, sample_weight)`, a dataset of batches of them, or None.
        share: the share of rows to hold out if there are no validation data.
        batch_size: the number of rows per batch.
        seed: the seed of the split and of the order of rows, which changes in each pass.

    Returns:
        Both as datasets of batches.

    Raises:
        InvalidValueError: if an argument is missing, out of range or of the wrong kind.
        ShapeError: if inputs, targets and weights have different numbers of rows.

    Example:
        >>> x = np.arange(10.0)[:, None]
        >>> train, held = training_and_validation(x, x[:, 0], None, None, 0.2, 4, seed=0)
        >>> [len(targets) for _, targets in train], [len(targets) for _, targets in held]
        ([4, 4], [2])
    """
    if isinstance(x, tf.data.Dataset):
        if y is not None or weights is not None:
            raise InvalidValueError("x is a dataset, which must contain y and sample_weight; leave out both arguments.")
        if validation is None:
            raise InvalidValueError("x is a dataset, so no rows can be held out of it; give validation_data.")
        train = x
    else:
        rows, n_rows = _arrays(x, y, weights)
        if validation is None:
            if not 0 < share < 1 or not 1 <= int(share * n_rows) < n_rows:
                raise InvalidValueError(
                    f"validation_fraction is {share}; it must be between 0 and 1, and leave some of the {n_rows} rows "
                    "for training and for validation."
                )
            order = np.random.default_rng([seed, 3]).permutation(n_rows)
            held, kept = np.split(order, [int(share * n_rows)])
            validation = tuple(keras.tree.map_structure(lambda array: array[held], part) for part in rows)
            rows = tuple(keras.tree.map_structure(lambda array: array[kept], part) for part in rows)
            n_rows = len(kept)
        train = tf.data.Dataset.from_tensor_slices(rows).shuffle(n_rows, seed=seed).batch(batch_size)
    if isinstance(validation, tf.data.Dataset):
        return train, validation
    if not isinstance(validation, tuple) or len(validation) not in (2, 3):
        raise InvalidValueError(
            "validation_data must be rows (x, y) or (x, y, sample_weight), or a dataset of batches."
        )
    given, _ = _arrays(*validation, *[None] * (3 - len(validation)))
    return train, tf.data.Dataset.from_tensor_slices(given).batch(batch_size)


def _arrays(x: Any, y: Any, weights: Any) -> tuple[tuple[Any, ...], int]:
    """Convert rows to arrays in the float type of Keras, and count them."""
    if y is None:
        raise InvalidValueError("y is missing; give a target for each row, or a tf.data.Dataset of batches (x, y).")

    def array(value: Any) -> Any:
        values = np.asarray(value)
        return values.astype(keras.config.floatx()) if values.dtype.kind == "f" else values

    rows = tuple(keras.tree.map_structure(array, part) for part in (x, y, weights) if part is not None)
    lengths = [len(one) if one.ndim else 0 for one in keras.tree.flatten(rows)]
    if len(set(lengths)) != 1 or not lengths[0]:
        raise ShapeError(f"inputs, targets and weights have {lengths} rows; give the same positive number of each.")
    return rows, lengths[0]
