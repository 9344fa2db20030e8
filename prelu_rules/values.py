"""Values: frozen dataclasses whose fields are read-only arrays, compared field by field."""

from __future__ import annotations

from dataclasses import fields
from fractions import Fraction
from typing import Any, dataclass_transform

import numpy as np
import numpy.typing as npt

from prelu_rules.errors import InvalidValueError, ShapeError

Array = npt.NDArray[Any]
"""A float64 array, or an object array of `fractions.Fraction` for proofs."""

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]


@dataclass_transform(frozen_default=True)
class Value:
    """Base of the frozen dataclasses of arrays: equal if all fields are exactly equal.

    Subclasses are declared with `@dataclass(frozen=True, eq=False)`. Like arrays, they are not hashable.
    """

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(_same(getattr(self, f.name), getattr(other, f.name)) for f in fields(self))  # type: ignore[arg-type]


def _same(left: object, right: object) -> bool:
    if isinstance(left, np.ndarray) or isinstance(right, np.ndarray):
        return np.array_equal(left, right)  # type: ignore[arg-type]
    return left == right


def frozen_array(value: npt.ArrayLike, name: str, shape: tuple[int | None, ...]) -> Array:
    """A checked, read-only copy of an array.

    Args:
        value: numbers; converted to float64 unless all are `fractions.Fraction`, which stay as they are.
        name: the name of the array in error messages.
        shape: the required shape; `None` for an axis of any length.

    Returns:
        A read-only array of that shape.

    Raises:
        ShapeError: if the shape differs.
        InvalidValueError: if an entry is not a number, or NaN or infinite.

    Example:
        >>> frozen_array([1, 2], "weights", (2,))
        array([1., 2.])
    """
    array = np.asarray(value)
    exact = array.dtype == object and all(isinstance(entry, Fraction) for entry in array.flat)
    if not exact:
        try:
            array = array.astype(np.float64)
        except (TypeError, ValueError) as problem:
            raise InvalidValueError(f"{name} must hold numbers, but {problem}.") from None
    if array.ndim != len(shape) or any(want not in (None, have) for want, have in zip(shape, array.shape, strict=True)):
        wanted = str(tuple("any" if n is None else n for n in shape)).replace("'", "")
        raise ShapeError(f"{name} has shape {array.shape}, but must have shape {wanted}.")
    if not exact and not np.isfinite(array).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise InvalidValueError(f"{name} holds {array[place]} at index {place}; every entry must be a finite number.")
    array = array.copy()
    array.setflags(write=False)
    return array


def exact_array(array: Array) -> Array:
    """Convert an array of floats to exact rationals.

    Args:
        array: floats, or fractions, which stay as they are.

    Returns:
        An object array of `fractions.Fraction` of the same shape.

    Example:
        >>> exact_array(np.array([0.5]))
        array([Fraction(1, 2)], dtype=object)
    """
    # For an empty array, NumPy's vectorize cannot determine the type.
    if not array.size:
        return array.astype(object)
    return np.asarray(np.vectorize(Fraction, otypes=[object])(array))


def input_rows(x: npt.ArrayLike, n_inputs: int) -> tuple[Array, bool]:
    """Convert inputs to a checked 2-D array, and tell whether a single row was given.

    Args:
        x: `(n_rows, n_inputs)`, or `(n_inputs,)` for one row.
        n_inputs: the required number of columns.

    Returns:
        The rows, `(n_rows, n_inputs)`, and True if `x` was a single row.

    Raises:
        ShapeError: if `x` does not have `n_inputs` columns.
        InvalidValueError: if `x` holds text, NaN or infinity.

    Example:
        >>> input_rows([1, 2], 2)
        (array([[1., 2.]]), True)
    """
    array = np.asarray(x)
    single = array.ndim == 1
    if single:
        array = array[None, :]
    if array.ndim != 2 or array.shape[1] != n_inputs:
        raise ShapeError(f"the input has shape {np.shape(x)}, but must have {n_inputs} columns.")
    if array.dtype == np.float64 and np.isfinite(array).all():
        return array, single
    return frozen_array(array, "the input", (None, n_inputs)), single
