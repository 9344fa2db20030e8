"""Floats as the decimals or fractions that people read in them, so that 0.1 + 0.2 is 0.3."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from prelu_rules.rules.short_numbers import as_fraction

ROUNDING_DIGITS = 15
"""Digits of a decimal that a float holds for certain; those behind them are rounding errors."""

SHORT = 12
"""A number of at most so many digits, and rounding errors behind `ROUNDING_DIGITS`, was meant to be this number."""

REMEMBERED = 2**14
"""How many floats are remembered: the same numbers are read again for each condition and each way to write it."""


def exact(value: float | Fraction) -> Fraction:
    """The number that a float stands for: what its shortest text says.

    Args:
        value: the float; a fraction stays as it is.

    Returns:
        A fraction such as 1/3, or the shortest decimal that reads as the float. Where a shorter one differs by rounding
        errors only, it is that.

    Example:
        >>> exact(0.1), exact(0.1 + 0.2), exact(-2 / 3)
        (Fraction(1, 10), Fraction(3, 10), Fraction(-2, 3))
    """
    return value if isinstance(value, Fraction) else _exact(float(value))


@lru_cache(maxsize=REMEMBERED)
def _exact(number: float) -> Fraction:
    fraction = as_fraction(number)
    if fraction is not None:
        return fraction
    text = f"{number:.{ROUNDING_DIGITS}g}"
    mantissa = text.split("e")[0].lstrip("-").replace(".", "").strip("0")
    return Fraction(text if len(mantissa) <= SHORT else repr(number))


def plain(value: Fraction) -> float:
    """The float that a number prints as.

    Args:
        value: the number.

    Returns:
        The nearest float, or a short decimal that differs by rounding errors only; never a negative zero.

    Example:
        >>> plain(exact(0.1) + exact(0.2)), plain(exact(1 / 7) - exact(8 / 7))
        (0.3, -1.0)
    """
    return float(exact(float(value))) + 0.0
