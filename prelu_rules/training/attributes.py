"""Attributes that a Keras model has for the time of a block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def instance_attribute(thing: Any, name: str, value: Any) -> Iterator[None]:
    """Give an object an attribute for the time of a block, past Keras's own bookkeeping of attributes.

    Args:
        thing: a model or layer.
        name: of the attribute; a method of the class is hidden by it.
        value: of the attribute.

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
