"""Tables that users can extend: export targets, network readers, Keras layers.

The same rule holds for all of them: an entry that a user registered can be registered again, so that a notebook cell
can be run twice, but a built-in entry cannot be replaced by accident.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from difflib import get_close_matches
from typing import Generic, TypeVar

from prelu_rules.errors import InvalidValueError

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Registry(Generic[K, V]):
    """A table of names that users can extend.

    Args:
        thing: what the entries are, for error messages, such as "export target".
        built_in: the entries of the package.
        write: how to write a key in error messages.

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
        """Add an entry, or replace one that the user added.

        Args:
            key: the name of the entry.
            value: what it stands for.

        Raises:
            InvalidValueError: if there is a built-in entry with this name.
        """
        if key in self._built_in:
            raise InvalidValueError(f"the {self._thing} {self._write(key)!r} is built in; choose another name.")
        self._added[key] = value

    def unregister(self, key: K) -> None:
        """Remove an entry that the user added.

        Args:
            key: the name of the entry.

        Raises:
            InvalidValueError: if there is no such entry, or it is built in.
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
