"""Identifiers of programming languages that look like the names of data."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterable
from typing import Literal

from prelu_rules.errors import InvalidValueError

Letters = Literal["unicode", "ascii", "lower"]
"""What identifiers are made of: letters of all alphabets, those of ASCII, or the small ones of ASCII."""

LONGEST = 60
"""Characters that are kept of a name; C compilers need to tell the first 63 only."""


def identifiers(names: Iterable[str], reserved: Container[str] = (), letters: Letters = "ascii") -> list[str]:
    """Distinct identifiers that look like the names.

    Args:
        names: any texts.
        reserved: the words that mean something in the language, or in what is written in it.
        letters: what they are made of.

    Returns:
        One identifier per name.

    Example:
        >>> identifiers(["age", "body mass (kg)", "class", "1st", "body mass [kg]", "größe"], reserved=["class"])
        ['age', 'body_mass_kg', 'class_', 'x1st', 'body_mass_kg_2', 'grosse']
    """
    taken: set[str] = set()
    result = []
    for name in names:
        word = _word(name, letters)
        word = f"{word}_" if word in reserved else word
        candidate, number = word, 2
        while candidate in taken:
            candidate, number = f"{word.rstrip('_')}_{number}", number + 1
        taken.add(candidate)
        result.append(candidate)
    return result


def check_function(function: str, language: str, reserved: Container[str] = ()) -> None:
    """Refuse a name that a function cannot have.

    Args:
        function: the name.
        language: what the language is called.
        reserved: its words.

    Raises:
        InvalidValueError: if it is not an identifier of ASCII letters, or is reserved.

    Example:
        >>> check_function("predict", "C")
    """
    good = isinstance(function, str) and re.fullmatch("[A-Za-z][A-Za-z0-9_]*", function, re.ASCII)
    if not good or function in reserved:
        article = "an" if language[0] in "AEIOUR" and language != "Rust" else "a"
        raise InvalidValueError(
            f"function is {function!r}, which is not {article} {language} identifier; choose another name."
        )


def _word(name: str, letters: Letters) -> str:
    """An identifier, perhaps a reserved one, that looks like a name."""
    # Python itself reads identifiers in this normal form, so names that differ before may not differ in it.
    ascii_only = letters != "unicode"
    plain = unicodedata.normalize("NFKD" if ascii_only else "NFKC", name[: 2 * LONGEST])
    if ascii_only:
        plain = "".join(c if c.isascii() else c.casefold() for c in plain if not unicodedata.combining(c))
    plain = plain.lower() if letters == "lower" else plain
    word = "".join(c if (c.isascii() or not ascii_only) and f"x{c}".isidentifier() else " " for c in plain)
    word = "_".join(word.replace("_", " ").split())[:LONGEST].rstrip("_") or "x"
    word = word if word.isidentifier() else f"x{word}"
    return word if ascii_only else unicodedata.normalize("NFKC", word)
