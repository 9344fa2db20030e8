"""The shortest numbers within an error: decimals, and fractions such as 1/3 that have no finite decimal."""

from __future__ import annotations

import math
from fractions import Fraction

from prelu_rules.values import FloatArray

DENOMINATORS = (3, 6, 7, 9)
"""One-digit denominators whose fractions have no finite decimal."""

FAMILIAR = 6
"""Among numbers with equally many digits, halves, thirds, quarters, fifths and sixths are preferred."""

LARGEST = 1e9
"""Floats above this do not have enough digits to be recognised as fractions."""


def short_row(
    row: FloatArray, centre: FloatArray, radius: FloatArray, error: float, keep: int | None = None
) -> FloatArray:
    """Shorten weights and constant; within a radius of a centre the affine function changes by at most the error."""
    short = row.copy()
    left = error
    free = [k for k in range(len(row) - 1) if k != keep and row[k] != 0]
    # Weights that matter least use least of the error, and leave more to the others.
    for number, k in enumerate(sorted(free, key=lambda k: abs(row[k]) * radius[k])):
        allowance = left / (len(free) - number + 1)
        reach = radius[k]
        short[k] = shortest(row[k], allowance / reach if reach > 0 else math.inf)
        left -= abs(short[k] - row[k]) * reach
    # The constant compensates for the changes of the weights at the centre.
    short[-1] = shortest(float(row[-1] + (row[:-1] - short[:-1]) @ centre), left)
    return short


def shortest(value: float, error: float) -> float:
    """Find the number with the fewest digits that is within an error of a value.

    Args:
        value: the number.
        error: how far it may be changed.

    Returns:
        0 or 1 if the error allows it, otherwise a decimal or the float of a fraction; among those with equally many
        digits a familiar one, and among these the closest one.

    Example:
        >>> shortest(0.334, 0.002), shortest(0.334, 0.05)
        (0.3333333333333333, 0.3)
    """
    if abs(value) <= error:
        return 0.0
    sign, size = math.copysign(1.0, value), abs(value)
    if abs(size - 1) <= error:
        return sign
    if error <= 0:
        return value
    candidates = [*_decimals(size, error), *_fractions(size, error)]
    return sign * min(
        candidates, key=lambda short: (digits(short), _strangeness(short), abs(short - size)), default=size
    )


def as_fraction(value: float) -> Fraction | None:
    """The fraction that a float stands for, if it has fewer digits than the float as a decimal.

    Args:
        value: the number.

    Returns:
        A fraction with a small denominator whose quotient is this very float; None if there is none.

    Example:
        >>> as_fraction(-1 / 3), as_fraction(0.333), as_fraction(0.25)
        (Fraction(-1, 3), None, None)
    """
    size = abs(float(value))
    if size < LARGEST:
        for q in DENOMINATORS:
            p = round(size * q)
            if p > 0 and p / q == size and len(f"{p}{q}") < len(_mantissa(size)):
                return Fraction(p if value > 0 else -p, q)
    return None


def digits(value: float) -> int:
    """The significant digits of the shortest text of a number; 0 has none.

    Args:
        value: the number.

    Returns:
        How many digits a reader has to read: those of the decimal, or of numerator and denominator.

    Example:
        >>> digits(0.25), digits(-120.0), digits(2 / 3), digits(0.0)
        (2, 2, 2, 0)
    """
    fraction = as_fraction(value)
    return len(_mantissa(value)) if fraction is None else len(f"{abs(fraction.numerator)}{fraction.denominator}")


def _mantissa(value: float) -> str:
    return repr(abs(float(value))).split("e")[0].replace(".", "").strip("0")


def _strangeness(value: float) -> int:
    """Sevenths and ninths are harder to read than a decimal."""
    fraction = as_fraction(value)
    strange = (fraction or Fraction(repr(value))).denominator > FAMILIAR
    return strange + (strange and fraction is not None)


def _decimals(size: float, error: float) -> list[float]:
    """Decimals within an error of a size, all with the fewest digits."""
    for place in range(math.floor(math.log10(size + error)), -300, -1):
        least, most = math.ceil((size - error) * 10.0**-place), math.floor((size + error) * 10.0**-place)
        candidates = (m for m in (round(size * 10.0**-place), least, most) if least <= m <= most and m > 0)
        # Parsed from text, so that it is the float that prints with so few digits.
        within = [short for m in candidates if abs((short := float(f"{m}e{place}")) - size) <= error]
        if within:
            return within
    return []


def _fractions(size: float, error: float) -> list[float]:
    """The closest fractions, if they are within an error of a size."""
    if size >= LARGEST:
        return []
    return [short for q in DENOMINATORS if abs((short := round(size * q) / q) - size) <= error]
