"""The shortest numbers within an error."""

from __future__ import annotations

import math

from prelu_rules.values import FloatArray


def short_row(
    row: FloatArray, centre: FloatArray, radius: FloatArray, error: float, keep: int | None = None
) -> FloatArray:
    """Shorter weights and constant; within a radius of a centre the affine function changes by at most the error."""
    short = row.copy()
    left = error
    free = [k for k in range(len(row) - 1) if k != keep and row[k] != 0]
    # Weights that matter least take least of the error, and leave more to the others.
    for number, k in enumerate(sorted(free, key=lambda k: abs(row[k]) * radius[k])):
        allowance = left / (len(free) - number + 1)
        reach = radius[k]
        short[k] = shortest(row[k], allowance / reach if reach > 0 else math.inf)
        left -= abs(short[k] - row[k]) * reach
    # The constant makes up for what the weights change at the centre.
    short[-1] = shortest(float(row[-1] + (row[:-1] - short[:-1]) @ centre), left)
    return short


def shortest(value: float, error: float) -> float:
    """The number with the fewest digits that is within an error of a value."""
    if abs(value) <= error:
        return 0.0
    sign, size = math.copysign(1.0, value), abs(value)
    if abs(size - 1) <= error:
        return sign
    if error <= 0:
        return value
    for place in range(math.floor(math.log10(size + error)), -300, -1):
        least, most = math.ceil((size - error) * 10.0**-place), math.floor((size + error) * 10.0**-place)
        candidates = [m for m in (round(size * 10.0**-place), least, most) if least <= m <= most and m > 0]
        # Quarters first, since people know them; then what is nearest.
        candidates.sort(key=lambda m: ((4 * m * 10.0**place) % 1 != 0, abs(m * 10.0**place - size)))
        for whole in candidates:
            # As text, so that it is the float that prints so short.
            short = float(f"{whole}e{place}")
            if abs(short - size) <= error:
                return sign * short
    return value


def digits(value: float) -> int:
    """The significant digits of the shortest text of a number; 0 has none."""
    mantissa = repr(abs(float(value))).split("e")[0].replace(".", "").strip("0")
    return len(mantissa)
