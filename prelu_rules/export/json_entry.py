"""JSON of unknown origin: bounded before it is read, and refused by the place of what is wrong.

Python's own reader takes the last of repeated keys, `NaN`, and any depth; arrays take `true` for 1 and `"2"` for 2.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

import numpy as np

from prelu_rules.errors import LONGEST_REASON, FormatError, PReLURulesError, quoted, shortened
from prelu_rules.values import FloatArray

T = TypeVar("T")

MAX_BYTES = 64_000_000
"""Of a file; with the next it keeps the memory for reading below a gigabyte."""

MAX_VALUES = 2_000_000
"""Numbers, texts, lists and objects in one file."""

MAX_DEPTH = 20
"""Lists and objects within one another; rules need six."""

MAX_DIGITS = 640
"""Of an integer; Python itself refuses to read longer ones in linear time."""

MAX_COUNT = 2**63 - 1
"""The largest number of rows, of a class or of a unit."""

_SURROGATE = re.compile("[\\ud800-\\udfff]")
# Texts are passed over; the closing quotation mark may be missing, so that no part is looked at twice.
_STRUCTURE = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[{]|[\]}]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Entry:
    """A part of a JSON document, and where it is.

    Attributes:
        value: what `json` made of it.
        place: the way to it, such as `rules[3].outputs`; nothing for the whole.

    Example:
        >>> parse('{"rules": [{"count": 3}]}')["rules"].items()[0]["count"]
        Entry(value=3, place='rules[0].count')
    """

    value: Any
    place: str = ""

    def __getitem__(self, key: str) -> Entry:
        value = self._object()
        if key not in value:
            raise FormatError(f"{self._name} has no {key!r}; export the rules again.")
        return Entry(value[key], f"{self.place}.{key}" if self.place else key)

    def get(self, key: str, otherwise: Any = None) -> Entry:
        """The entry of a key that may be left out; then one of another value."""
        return self[key] if key in self._object() else Entry(otherwise, f"{self.place}.{key}" if self.place else key)

    def only(self, *keys: str) -> None:
        """Refuse an object with other keys than these."""
        for key in self._object():
            if key not in keys:
                known = ", ".join(keys)
                raise FormatError(
                    f"{self._name} has the key {quoted(key)}, which is none of {known}; export the rules again."
                )

    def optional(self, read: Callable[[Entry], T]) -> T | None:
        """What a function makes of the entry; None of null."""
        return None if self.value is None else read(self)

    def items(self, most: int | None = None) -> list[Entry]:
        """The entries of a list; of at most so many, if a number is given."""
        if not isinstance(self.value, list):
            self.refuse("a list")
        if most is not None and len(self.value) > most:
            self.refuse(f"a list of at most {most}")
        return [Entry(item, f"{self.place}[{number}]") for number, item in enumerate(self.value)]

    def boolean(self) -> bool:
        """True or false, and nothing that counts as such."""
        if not isinstance(self.value, bool):
            self.refuse("true or false")
        return self.value

    def integer(self, least: int = 0) -> int:
        """A whole number."""
        if type(self.value) is not int or not least <= self.value <= MAX_COUNT:
            self.refuse(f"a whole number from {least}")
        return int(self.value)

    def number(self) -> float:
        """A finite number, which a float64 can be."""
        if type(self.value) in (int, float):
            try:
                found = float(self.value)
            except OverflowError:
                found = math.inf
            if math.isfinite(found):
                return found
        self.refuse("a finite number")

    def text(self) -> str:
        """Text that can be written."""
        if not isinstance(self.value, str) or _SURROGATE.search(self.value):
            self.refuse("Unicode text")
        return self.value

    def label(self) -> str | int | float | bool:
        """What a class or level is called: text, a number, true or false."""
        if isinstance(self.value, (bool, int)):
            return self.value
        if isinstance(self.value, float):
            return self.number()
        if isinstance(self.value, str):
            return self.text()
        self.refuse("text, a finite number, true or false")

    def numbers(self, length: int | None = None) -> FloatArray:
        """A list of finite numbers, float64; of this length, if one is given."""
        if not isinstance(self.value, list):
            self.refuse("a list of numbers")
        if length is not None and len(self.value) != length:
            self.refuse(f"a list of {length} numbers")
        if set(map(type, self.value)) <= {int, float}:
            try:
                found = np.array(self.value, dtype=np.float64)
            except OverflowError:
                found = np.array([math.nan])
            if np.isfinite(found).all():
                return found
        # One by one, for the place of the first that is none.
        return np.array([item.number() for item in self.items()])

    def matrix(self, n_columns: int, n_rows: int | None = None) -> FloatArray:
        """A list of rows of this many numbers, `(n_rows, n_columns)` float64."""
        rows = [row.numbers(n_columns) for row in self.items()]
        if n_rows is not None and len(rows) != n_rows:
            self.refuse(f"a list of {n_rows} rows")
        return np.array(rows, dtype=np.float64).reshape(len(rows), n_columns)

    @contextmanager
    def named(self) -> Iterator[None]:
        """Within the block errors of values that do not fit together name the place."""
        try:
            yield
        except FormatError:
            raise
        except PReLURulesError as problem:
            reason = shortened(str(problem), LONGEST_REASON)
            raise FormatError(f"{self._name} does not describe rules: {reason}") from None

    def refuse(self, wanted: str) -> NoReturn:
        """Say what the entry must be.

        Args:
            wanted: that.

        Raises:
            FormatError: always.
        """
        shown = _JSON_WORDS.get(self.value) if self.value is None or isinstance(self.value, bool) else None
        raise FormatError(
            f"{self._name} is {shown or quoted(self.value)}, but must be {wanted}; export the rules again."
        )

    @property
    def _name(self) -> str:
        return self.place or "the JSON"

    def _object(self) -> dict[str, Any]:
        if isinstance(self.value, _Repeated):
            raise FormatError(f"{self._name} has the key {quoted(self.value.key)} twice; export the rules again.")
        if not isinstance(self.value, dict):
            self.refuse("an object")
        return self.value


_JSON_WORDS = {None: "null", True: "true", False: "false"}


class _Repeated(dict[str, Any]):
    """An object in which a key is repeated."""

    key: str


class _LongInteger:
    """An integer that is too long to be read."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return f"an integer of {len(self._text.lstrip('-'))} digits"


def parse(text: str) -> Entry:
    """Read JSON.

    Args:
        text: of any content.

    Returns:
        The whole document.

    Raises:
        FormatError: if it is not JSON, is too large or nested too deeply.

    Example:
        >>> parse('{"a": [1, 2]}')["a"].numbers()
        array([1., 2.])
    """
    _check_size(text)
    try:
        return Entry(json.loads(text, object_pairs_hook=_object_of, parse_int=_integer_of))
    except (ValueError, RecursionError) as problem:
        raise FormatError(f"the text is not JSON ({problem}); export rules with target 'json'.") from None


def _check_size(text: str) -> None:
    """Refuse what would take more memory, or more depth, than rules do."""
    if len(text) > MAX_BYTES:
        raise FormatError(f"the JSON has {len(text)} characters; at most {MAX_BYTES} are read.")
    n_values = max(sum(map(text.count, ",:[{")), text.count('"') // 2)
    if n_values > MAX_VALUES:
        raise FormatError(f"the JSON has {n_values} values; at most {MAX_VALUES} are read.")
    depth = 0
    for found in _STRUCTURE.finditer(text):
        sign = text[found.start()]
        depth += (sign in "[{") - (sign in "]}")
        if depth > MAX_DEPTH:
            raise FormatError(f"the JSON is nested more than {MAX_DEPTH} levels deep; rules are not.")


def _object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    repeated, seen = _Repeated(found), set[str]()
    for key, _ in pairs:
        if key in seen:
            repeated.key = key
            break
        seen.add(key)
    return repeated


def _integer_of(text: str) -> int | _LongInteger:
    return int(text) if len(text) <= MAX_DIGITS else _LongInteger(text)
