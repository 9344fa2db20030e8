"""Temporary attributes of Keras models."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def instance_attribute(thing: Any, name: str, value: Any) -> Iterator[None]:
    """Set an attribute of an object for the duration of a block, bypassing Keras's own tracking of attributes.

    Args:
        thing: a model or layer.
        name: the name of the attribute; it hides a method of the class.
        value: the value of the attribute.

    Yields:
        Nothing.

    Example:
        >>> import keras
        >>> model = keras.Sequential()
        >>> with instance_attribute(model, "count_params", lambda: 5):
        ...     model.count_params()
        5
        >>> "count_params" in vars(model)
        False
    """
    attributes = vars(thing)
    before = attributes.get(name)
    attributes[name] = value
    try:
        yield
    finally:
        if before is None:
            del attributes[name]
        else:
            attributes[name] = before
