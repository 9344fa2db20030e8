"""Names and texts in PMML."""

from __future__ import annotations

import re

from prelu_rules.columns.column import Level
from prelu_rules.errors import InvalidValueError, quoted
from prelu_rules.export.holding import Holding, as_double
from prelu_rules.rules.names import ClassLabel

_NOT_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def check_text(what: str, text: str) -> None:
    """Refuse a text that XML cannot hold.

    Args:
        what: what it is the name of.
        text: the text.

    Raises:
        InvalidValueError: if it holds NUL or another character that XML does not have.

    Example:
        >>> check_text("column", "body mass")
    """
    if found := _NOT_IN_XML.search(text):
        raise InvalidValueError(
            f"the {what} {quoted(text)} holds the character {found[0]!a}, which XML does not have; rename it."
        )


def check_name(what: str, name: str) -> None:
    """Refuse a name that no field can have.

    Args:
        what: what it is the name of.
        name: the name.

    Raises:
        InvalidValueError: if it is empty, or XML cannot hold it.

    Example:
        >>> check_name("column", "body mass")
    """
    if not name:
        raise InvalidValueError(f"the {what} name '' is empty, which no field in PMML is; rename it.")
    check_text(f"{what} name", name)


def data_type(holding: Holding) -> str:
    """The type of fields.

    Args:
        holding: what their values are. Whole numbers are doubles, since integers have 32 bits in some programs, and
            truth values are texts, since a missing one is read as false in some.

    Returns:
        A type of PMML.

    Example:
        >>> data_type("number"), data_type("truth")
        ('double', 'string')
    """
    return "double" if holding == "number" else "string"


def literal(value: Level | ClassLabel, holding: Holding, what: str) -> str:
    """A level or a class as a value of a field.

    Args:
        value: the level or the class.
        holding: what it and the others are.
        what: "level" or "class".

    Returns:
        Its text; of several types each is the text that Python makes of it.

    Raises:
        InvalidValueError: if it is a text that XML cannot hold, or a whole number that is not a double.

    Example:
        >>> literal(3, "number", "level"), literal(True, "truth", "level"), literal(3, "mixed", "level")
        ('3.0', 'true', '3')
    """
    if holding == "number" and not isinstance(value, str):
        return repr(as_double(value))
    text = str(value).lower() if holding == "truth" else str(value)
    check_text(what, text)
    return text
