"""Every exception that the package raises on purpose, and a warning.

All exceptions derive from `PReLURulesError`, so that one `except` clause catches them; each message is one sentence
that names the offending value and says what to do. The command line prints that sentence and exits with status 2.
"""

from collections.abc import Iterator
from contextlib import contextmanager


class PReLURulesError(Exception):
    """Base class of every error that the package raises on purpose.

    Example:
        >>> issubclass(ShapeError, PReLURulesError) and issubclass(ShapeError, ValueError)
        True
    """


class ShapeError(PReLURulesError, ValueError):
    """The shape of an array does not fit the other arguments."""


class InvalidValueError(PReLURulesError, ValueError):
    """A value is not finite, out of range, or otherwise not allowed."""


class UnsupportedModelError(PReLURulesError, TypeError):
    """A model contains a part that has no exact piecewise linear form."""


class TooManyUnitsError(PReLURulesError, ValueError):
    """More nonlinear units are left than rules can be written for, one rule per sign pattern."""


class OutsideDomainError(PReLURulesError, ValueError):
    """An input falls under none of the rules, because it lies outside the domain that they were extracted for."""


class RuleIndexError(PReLURulesError, IndexError):
    """There is no rule of that index."""


class RoundingError(PReLURulesError, ArithmeticError):
    """No number of printed digits keeps the text within the tolerance of the rules."""


class DataError(PReLURulesError, ValueError):
    """A table cannot be used: a missing file or column, text among numbers, a value that is not finite."""


class CellTypeError(PReLURulesError, TypeError):
    """A cell of a table is neither a string nor a number."""


class FormatError(PReLURulesError, ValueError):
    """A file or text is not in the format that was asked for."""


class TrainingError(PReLURulesError, RuntimeError):
    """Training cannot continue, or did not reach its goal."""


class BackendError(PReLURulesError, RuntimeError):
    """Keras runs on something else than TensorFlow, or TensorFlow cannot run here."""


class LimitError(PReLURulesError, RuntimeError):
    """A limit that the caller set was reached before the work was done."""


class SolverError(PReLURulesError, RuntimeError):
    """The linear programming solver stopped without an answer."""


class OutlierWarning(UserWarning):
    """A number is far outside the others of its column, so that rows were left out."""


class ShortPathWarning(UserWarning):
    """A path of networks ends at fewer units than were asked for."""


@contextmanager
def located(place: str) -> Iterator[None]:
    """Say in errors of the package where they were met.

    Args:
        place: where.

    Raises:
        PReLURulesError: of the same class, with the place before its message.

    Example:
        >>> try:
        ...     with located("batch 3"):
        ...         raise DataError("the table has no column 'age'.")
        ... except DataError as problem:
        ...     print(problem)
        batch 3: the table has no column 'age'.
    """
    try:
        yield
    except PReLURulesError as problem:
        raise type(problem)(f"{place}: {problem}") from None


LONGEST_QUOTATION = 80
"""Characters of a value that a message shows at most."""

LONGEST_REASON = 300
"""Characters of the message of another error that a message repeats at most."""


def quoted(value: object) -> str:
    """A value as messages show it, cut where it is long.

    Args:
        value: any; of a list or dict only the size is shown.

    Returns:
        At most 80 characters.

    Example:
        >>> quoted("red"), quoted([1, 2, 3]), len(quoted("red" * 1000))
        ("'red'", 'a list of 3', 80)
    """
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return f"an object of {len(value)}"
    if isinstance(value, int) and abs(value) >= 10**LONGEST_QUOTATION:
        return f"an integer of more than {LONGEST_QUOTATION} digits"
    if not isinstance(value, str):
        return shortened(repr(value))
    text = repr(value[: LONGEST_QUOTATION + 1])
    return text if len(text) <= LONGEST_QUOTATION else f"{text[: LONGEST_QUOTATION - 4]}...{text[0]}"


def shortened(text: str, most: int = LONGEST_QUOTATION) -> str:
    """The beginning of a text.

    Args:
        text: of any length, and any number of lines.
        most: characters that are kept.

    Returns:
        At most so many, in one line.

    Example:
        >>> shortened("Bad CRC-32 for file", 12)
        'Bad CRC-3...'
    """
    line = " ".join(text[: 2 * most + 1].split())
    return line if len(line) <= most else f"{line[: most - 3]}..."
