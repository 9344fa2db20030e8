"""What users can add to: export targets, network readers, Keras layers.

One rule holds for all of them. What a user registered can be registered again, so that the cell of a notebook can be
run twice; what the package brings cannot be replaced by accident.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from difflib import get_close_matches
from typing import Generic, TypeVar

from prelu_rules.errors import InvalidValueError

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Registry(Generic[K, V]):
    """A table of names that users can add to.

    Args:
        thing: what is registered, for errors, such as "export target".
        built_in: what the package brings.
        write: the name of a key in errors.

    Example:
        >>> greetings = Registry("greeting", {"en": "hello"})
        >>> greetings.register("de", "hallo")
        >>> greetings["de"], list(greetings)
        ('hallo', ['en', 'de'])
        >>> greetings.unregister("de")
        >>> "de" in greetings
        False
    """

    def __init__(self, thing: str, built_in: Mapping[K, V], write: Callable[[K], str] = str) -> None:
        self._thing, self._write = thing, write
        self._built_in: dict[K, V] = dict(built_in)
        self._added: dict[K, V] = {}

    def register(self, key: K, value: V) -> None:
        """Add an entry, or replace one that was added.

        Args:
            key: its name.
            value: what it stands for.

        Raises:
            InvalidValueError: if the package itself brings an entry of this name.
        """
        if key in self._built_in:
            raise InvalidValueError(f"the {self._thing} {self._write(key)!r} is built in; choose another name.")
        self._added[key] = value

    def unregister(self, key: K) -> None:
        """Remove an entry that was added.

        Args:
            key: its name.

        Raises:
            InvalidValueError: if there is none, or the package itself brings it.
        """
        if key in self._built_in:
            raise InvalidValueError(f"the {self._thing} {self._write(key)!r} is built in and cannot be removed.")
        if key not in self._added:
            raise InvalidValueError(self._unknown(key))
        del self._added[key]

    def __getitem__(self, key: K) -> V:
        if key in self._added:
            return self._added[key]
        if key in self._built_in:
            return self._built_in[key]
        raise InvalidValueError(self._unknown(key))

    def __contains__(self, key: object) -> bool:
        return key in self._built_in or key in self._added

    def __iter__(self) -> Iterator[K]:
        yield from self._built_in
        yield from self._added

    def _unknown(self, key: K) -> str:
        name, known = self._write(key), [self._write(one) for one in self]
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"choose one of {', '.join(known)}."
        return f"there is no {self._thing} {name!r}; {hint}"
