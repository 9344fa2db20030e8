"""What modules for data frames have in common: how their answers are called, and how their numbers are written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prelu_rules.errors import DataError, InvalidValueError
from prelu_rules.export.holding import as_double, described, held_by, holding_of
from prelu_rules.export.imperative import Names
from prelu_rules.export.program import Program
from prelu_rules.rules.names import ClassLabel
from prelu_rules.rules.short_numbers import as_fraction


def results_of(program: Program) -> list[tuple[str, int]]:
    """The columns of the answers, by their names.

    Args:
        program: the steps.

    Returns:
        Name and step of the outputs, of "rule" where there is a list of rules, and of "class" for classifiers; these
        two get a number where an output is called so.

    Example:
        >>> results_of(Program((), (), (), (("rule", 0),), 1, None, None))
        [('rule', 0), ('rule 2', 1)]
    """
    results = list(program.outputs)
    for name, step in (("rule", program.rule), ("class", program.decision)):
        if step is not None:
            taken, found, number = {name for name, _ in results}, name, 2
            while found in taken:
                found, number = f"{name} {number}", number + 1
            results.append((found, step))
    return results


def number(value: float) -> str:
    """A float as Python reads it, as a float.

    Args:
        value: the number.

    Returns:
        Source text. Divided out a fraction is the same float, and shorter to read.

    Example:
        >>> number(2 / 3), number(3.0)
        ('2/3', '3.0')
    """
    fraction = as_fraction(value)
    return repr(float(value)) if fraction is None else f"{fraction.numerator}/{fraction.denominator}"


def check_labels(program: Program) -> None:
    """Refuse levels and classes that a column of a frame cannot hold.

    Args:
        program: whose columns and classes are looked at.

    Raises:
        InvalidValueError: if a level is a number that no double is equal to, or a class is not Unicode, has more than
            64 bits, or stands beside fractions and is no double.
    """
    for column in program.columns:
        if held_by(column) == "number":
            for level in column.levels:
                as_double(level)
    classes = program.classes or ()
    for label in classes:
        if isinstance(label, str) and any("\ud800" <= letter <= "\udfff" for letter in label):
            raise InvalidValueError(f"the class {label[:80]!r} is not Unicode; rename it.")
    if holding_of(classes) == "number":
        whole = type_of_numbers(classes) is int
        for label in classes:
            if not whole:
                as_double(label)
            elif not -(2**63) <= int(label) < 2**63:
                raise InvalidValueError(f"the class {label!s:.80} has more than 64 bits; make it text.")


def type_of_numbers(classes: Sequence[ClassLabel]) -> type[int] | type[float]:
    """What a column holds that has room for all of some numbers.

    Args:
        classes: numbers.

    Returns:
        `int` where all of them are.

    Example:
        >>> type_of_numbers([1, 2.5])
        <class 'float'>
    """
    return int if all(isinstance(label, int) for label in classes) else float


def docstring(program: Program, names: Names, missing: str) -> list[str]:
    """The lines that open a module.

    Args:
        program: the steps.
        names: what columns are called in the source.
        missing: how a missing cell is written.

    Returns:
        A docstring that lists the columns.
    """
    lines = [described(column, names.columns[column.name], missing) for column in program.columns]
    words = [f"{names.columns[c.name]}: {line}" for c, line in zip(program.columns, lines, strict=True)]
    escaped = [word.replace("\\", "\\\\").replace('"', '\\"') for word in words]
    return ['"""Rules of these columns:', "", *escaped, '"""']


def loaded(source: str, library: str) -> dict[str, Any]:
    """What a module defines.

    Args:
        source: its text, as it was written here.
        library: what it imports.

    Returns:
        Its names.

    Raises:
        DataError: if the library is not installed.
    """
    scope: dict[str, Any] = {"__name__": f"rules of {library}"}
    try:
        exec(compile(source, f"<rules of {library}>", "exec"), scope)
    except ModuleNotFoundError as error:
        raise DataError(f"{error.name} is not installed; pip install 'prelu-rules[{library}]'.") from None
    return scope
