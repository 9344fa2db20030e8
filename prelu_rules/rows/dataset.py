"""Rows in TensorFlow's datasets."""

from __future__ import annotations

from typing import Any


def is_dataset(X: Any) -> bool:
    """Whether an object is a `tf.data.Dataset`; does not load TensorFlow.

    Args:
        X: any object.

    Returns:
        True if it is.

    Example:
        >>> is_dataset([[1.0]])
        False
    """
    return hasattr(X, "element_spec") and hasattr(X, "as_numpy_iterator")
