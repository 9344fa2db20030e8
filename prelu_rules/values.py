"""Values: frozen dataclasses whose fields are read-only arrays, compared field by field, and shown in a line or two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields
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


LONGEST_REPR = 200
"""The largest number of characters in a repr, which a notebook shows in two or three lines."""

FEW = 6
"""Arrays with at most this many numbers are shown in full; of larger ones, only the shape."""


class Shown:
    """Base of dataclasses with a short repr: a summary, or the fields whose values are not the defaults.

    Example:
        >>> from dataclasses import dataclass
        >>> @dataclass
        ... class Readings(Shown):
        ...     name: str
        ...     values: FloatArray
        ...     unit: str = "m"
        >>> Readings("depth", np.zeros(1000))
        Readings(name='depth', values=array of shape (1000,))
    """

    __slots__ = ()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        # A dataclass writes a repr of everything that it holds, unless the class itself has one.
        if "__repr__" not in vars(cls):
            cls.__repr__ = Shown.__repr__  # type: ignore[method-assign]

    def _summary(self) -> str | None:
        """A summary in a few words; None to show the fields."""
        return None

    def __repr__(self) -> str:
        name, summary = type(self).__name__, self._summary()
        if summary is not None:
            return f"<{name}: {_cut(' '.join(summary.split()), LONGEST_REPR - len(name) - 4)}>"
        held = {f.name: getattr(self, f.name) for f in fields(self)}  # type: ignore[arg-type]
        held = {f.name: held[f.name] for f in fields(self) if not _at_default(f, held[f.name])}  # type: ignore[arg-type]
        room = LONGEST_REPR - len(name) - 2 - sum(len(field) + 3 for field in held)
        texts = {field: shown(value, room) for field, value in held.items()}
        # The shortest come first, and leave the rest of their share to the others.
        for rank, field in enumerate(sorted(texts, key=lambda field: len(texts[field]))):
            share = room // (len(texts) - rank)
            if len(texts[field]) > share:
                texts[field] = shown(held[field], share)
            room -= len(texts[field])
        parts = ", ".join(f"{field}={text}" for field, text in texts.items())
        return f"{name}({_cut(parts, LONGEST_REPR - len(name) - 2)})"


def shown(value: object, room: int) -> str:
    """The repr of a value, or as much of it as there is room for.

    Args:
        value: any value.
        room: the number of characters; the text may be slightly longer if that is too few for anything.

    Returns:
        The text.

    Example:
        >>> print(shown(np.zeros((300, 4)), 40), shown(tuple(range(100)), 20), shown("a long text", 9))
        array of shape (300, 4) (0, ... 100 in all) 'a lo'...
    """
    if isinstance(value, np.ndarray):
        text = " ".join(repr(value).split()) if value.size <= FEW else ""
        return text if text and len(text) <= room else f"array of shape {value.shape}"
    if type(value) in (tuple, list):
        return _shown_items(value, room)  # type: ignore[arg-type]
    if isinstance(value, Mapping) and len(repr(value)) > room:
        return f"{type(value).__name__} of {len(value)}"
    if isinstance(value, str) and len(repr(value)) > room:
        return f"{value[: max(room - 5, 1)]!r}..."
    text = repr(value)
    return text if len(text) <= room or not isinstance(value, Shown) else f"{type(value).__name__}(...)"


def _shown_items(items: tuple[object, ...] | list[object], room: int) -> str:
    """A tuple or list; where there is no room for it, its first items and how many there are."""
    opening, closing = "()" if isinstance(items, tuple) else "[]"
    comma = "," if isinstance(items, tuple) and len(items) == 1 else ""
    parts: list[str] = []
    for item in items:
        parts.append(shown(item, room - 3))
        if _length(parts) > room:
            break
    else:
        return f"{opening}{', '.join(parts)}{comma}{closing}"
    end = f"... {len(items)} in all"
    while parts and _length([*parts, end]) > room:
        parts.pop()
    return f"{opening}{', '.join([*parts, end])}{closing}"


def _length(parts: Sequence[str]) -> int:
    """The length of a tuple of these texts."""
    return sum(len(part) + 2 for part in parts)


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: room - 3]}..."


def _at_default(field: Field[Any], value: object) -> bool:
    """Whether a field has its default value."""
    if field.default_factory is not MISSING:
        return _same(value, field.default_factory())
    return field.default is not MISSING and type(value) is type(field.default) and _same(value, field.default)


@dataclass_transform(frozen_default=True)
class Value(Shown):
    """Base of the frozen dataclasses of arrays: equal when every field is, exactly.

    Subclasses are declared with `@dataclass(frozen=True, eq=False)`. Like arrays, they are not hashable.
    """

    __slots__ = ()
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
    try:
        array = np.asarray(value)
        exact = array.dtype == object and all(isinstance(entry, Fraction) for entry in array.flat)
        array = array.copy() if exact else array.astype(np.float64)
    except (TypeError, ValueError) as problem:
        raise InvalidValueError(f"{name} must hold numbers, but {str(problem).rstrip('.')}.") from None
    if array.ndim != len(shape) or any(want not in (None, have) for want, have in zip(shape, array.shape, strict=True)):
        wanted = str(tuple("any" if n is None else n for n in shape)).replace("'", "")
        raise ShapeError(f"{name} has shape {array.shape}, but must have shape {wanted}.")
    if not exact and not np.isfinite(array).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise InvalidValueError(f"{name} holds {array[place]} at index {place}; every entry must be a finite number.")
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


def shaped_rows(x: npt.ArrayLike, n_inputs: int) -> tuple[Array, bool]:
    """Inputs as a 2-D array of whatever they hold, not copied if they are an array, and whether it is a single row.

    Args:
        x: `(n_rows, n_inputs)`, or `(n_inputs,)` for one row.
        n_inputs: the required number of columns.

    Returns:
        The rows, `(n_rows, n_inputs)`, and True if `x` was a single row.

    Raises:
        ShapeError: if `x` does not have `n_inputs` columns.

    Example:
        >>> shaped_rows([1, 2], 2)
        (array([[1, 2]]), True)
    """
    array = np.asarray(x)
    single = array.ndim == 1
    if single:
        array = array[None, :]
    if array.ndim != 2 or array.shape[1] != n_inputs:
        raise ShapeError(f"the input has shape {np.shape(x)}, but must have {n_inputs} columns.")
    return array, single


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
    array, single = shaped_rows(x, n_inputs)
    if array.dtype == np.float64 and np.isfinite(array).all():
        return array, single
    return frozen_array(array, "the input", (None, n_inputs)), single


def checked_weights(weights: npt.ArrayLike | None, n_rows: int) -> FloatArray:
    """Weights that rows can have.

    Args:
        weights: `(n_rows,)`; None for equal ones.
        n_rows: the number of rows.

    Returns:
        `(n_rows,)` float64.

    Raises:
        ShapeError: if there is not one for each row.
        InvalidValueError: if one is negative, NaN or infinite, or all are 0.

    Example:
        >>> checked_weights([1, 0], 2)
        array([1., 0.])
    """
    if weights is None:
        return np.ones(n_rows)
    array = np.asarray(weights, dtype=np.float64)
    if array.shape != (n_rows,):
        raise ShapeError(f"sample_weight has shape {array.shape}, but must have {(n_rows,)}; give one for each row.")
    bad = ~(np.isfinite(array) & (array >= 0))
    if bad.any():
        row = int(bad.argmax())
        raise InvalidValueError(
            f"sample_weight is {array[row]} in row {row}; it must be a finite number of at least 0."
        )
    if not array.any():
        raise InvalidValueError("sample_weight is zero in every row; give at least one row a weight above zero.")
    return array
