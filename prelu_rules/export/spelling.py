"""How the text for people spells names, levels and numbers, so that each can be told from the words around it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Collection, Iterator
from itertools import count, product
from string import ascii_uppercase
from typing import NamedTuple

from prelu_rules.columns.column import Level
from prelu_rules.rules.short_numbers import as_fraction

WORDS = frozenset(
    (
        "above always and as at base below class each else elsewhere false for how if in is missing more no not of or "
        "otherwise rule that the true unit where with yes"
    ).split()
)
"""Words of the format; names that read so stand in double quotes."""

ANSWERS = ("yes", "no")
"""Words that need no quotes as levels and classes, since nothing else can stand there."""

PLAIN = re.compile(r"[^\W\d]\w*")
"""A name that needs no quotes, unless it is a word of the format."""

FIXED = 1e-4, 1e6
"""From the first to below the second a number is never written with an exponent."""


def spelled(name: str) -> str:
    r"""A name that can be told from the text around it and cannot break its line.

    Args:
        name: any text.

    Returns:
        The name itself if it is a plain word, otherwise in double quotes, as in JSON; what is not printable, and what
        turns the direction of writing, is escaped.

    Example:
        >>> spelled("age"), spelled("body mass (kg)"), spelled("where"), spelled("a\nb")
        ('age', '"body mass (kg)"', '"where"', '"a\\nb"')
    """
    return name if PLAIN.fullmatch(name) and name.lower() not in WORDS else _quoted(name)


def visible(name: str) -> str:
    r"""A name in one line, in which nothing is hidden or turns the direction of writing.

    Args:
        name: any text.

    Returns:
        The text with spaces for line breaks; what is not printable is escaped as in JSON.

    Example:
        >>> visible("a\nb\u202e")
        'a b\\u202e'
    """
    return "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in " ".join(name.split()))


def spelled_level(level: Level) -> str:
    """A level of a category, or a class label: text as a name, numbers as they are, and true or false.

    Args:
        level: the level.

    Returns:
        Its text.

    Example:
        >>> spelled_level("red"), spelled_level("3"), spelled_level(3), spelled_level(True), spelled_level("no")
        ('red', '"3"', '3', 'true', 'no')
    """
    if not isinstance(level, str):
        return json.dumps(level)
    return level if level.lower() in ANSWERS else spelled(level)


def spelled_number(value: float) -> str:
    """The shortest text that reads back to a float.

    Args:
        value: the number.

    Returns:
        A decimal or a fraction such as 1/3; very large and very small numbers with an exponent where that is shorter.

    Example:
        >>> [spelled_number(value) for value in (2.0, -0.25, 1 / 3, 123456.0, 1.23e6, 1234567.0, 1e-5)]
        ['2', '-0.25', '1/3', '123456', '1.23e6', '1234567', '1e-5']
    """
    fraction = as_fraction(value)
    if fraction is not None:
        return str(fraction)
    sign, size = "-" if value < 0 else "", abs(float(value))
    digits, exponent = _digits(size)
    fixed = _with_point(digits, exponent)
    if size == 0 or FIXED[0] <= size < FIXED[1]:
        return sign + fixed
    mantissa = digits if len(digits) == 1 else f"{digits[0]}.{digits[1:]}"
    return sign + min(fixed, f"{mantissa}e{exponent - 1}", key=len)


class Spelling(NamedTuple):
    """How a target writes what phrases are made of; everything else in a phrase is plain words and brackets.

    Attributes:
        name: how a name is written.
        level: how a level of a category is written.
        number: how a number that is not negative is written.
        minus: what stands before a negative number, or between two terms.
        times: what stands between a weight and its name.
        less: how `<` is written.
        at_most: how `<=` is written.
        more: how `>` is written.
        at_least: how `>=` is written.
        equal: how `=` is written.
        unequal: how `!=` is written.
        opening: what stands before several levels.
        closing: what stands after them.
    """

    name: Callable[[str], str] = spelled
    level: Callable[[Level], str] = spelled_level
    number: Callable[[float], str] = spelled_number
    minus: str = "-"
    times: str = "*"
    less: str = "<"
    at_most: str = "<="
    more: str = ">"
    at_least: str = ">="
    equal: str = "="
    unequal: str = "!="
    opening: str = "{"
    closing: str = "}"

    def signed(self, value: float) -> str:
        """A number with its minus, if it has one."""
        return f"{self.minus if value < 0 else ''}{self.number(abs(value))}"


TEXT = Spelling()
"""The spelling of the text for people."""


def letters(taken: Collection[str]) -> Iterator[str]:
    """Names for bends: A, B, ..., Z, AA, ..., without those that are taken or words of the format.

    Args:
        taken: names that stand for something else.

    Yields:
        Ever more of them.

    Example:
        >>> names = letters({"B"})
        >>> [next(names) for _ in range(3)]
        ['A', 'C', 'D']
    """
    for length in count(1):
        for some in product(ascii_uppercase, repeat=length):
            name = "".join(some)
            if name not in taken and name.lower() not in WORDS:
                yield name


def percent(share: float) -> str:
    """A share as a percentage of few digits that is 0 or 100 only where the share is.

    Args:
        share: from 0 to 1.

    Returns:
        Its text.

    Example:
        >>> [percent(share) for share in (0.258, 0.0123, 0.998, 1.0, 1e-9)]
        ['26%', '1.2%', '99.8%', '100%', 'under 0.1%']
    """
    if 0 < share < 0.0005:
        return "under 0.1%"
    if 0.9995 <= share < 1:
        return "over 99.9%"
    value = 100 * share
    return f"{round(value) if 10 <= value < 99 else round(value, 1):g}%"


def rounded_up(value: float) -> float:
    """The next number of two significant digits, for what is at most so large.

    Args:
        value: at least 0.

    Returns:
        The number.

    Example:
        >>> rounded_up(0.2012), rounded_up(0.2)
        (0.21, 0.2)
    """
    nearest = float(f"{value:.1e}")
    if nearest >= value:
        return nearest
    place = math.floor(math.log10(nearest)) - 1 if nearest else -323
    return float(f"{round(nearest / 10.0**place) + 1}e{place}") if nearest else value


def _quoted(name: str) -> str:
    inner = "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in json.dumps(name, ensure_ascii=False))
    return inner


def _digits(size: float) -> tuple[str, int]:
    """The digits of a number as `0.digits` times ten to an exponent."""
    mantissa, _, exponent = repr(size).partition("e")
    whole, _, part = mantissa.partition(".")
    whole, part = whole.lstrip("0"), part.rstrip("0")
    digits = (whole + part).lstrip("0")
    leading = len(whole) if whole else len(digits) - len(part)
    return digits.rstrip("0") or "0", leading + int(exponent or 0)


def _with_point(digits: str, exponent: int) -> str:
    if digits == "0":
        return "0"
    if exponent <= 0:
        return "0." + "0" * -exponent + digits
    whole, part = digits[:exponent].ljust(exponent, "0"), digits[exponent:]
    return f"{whole}.{part}" if part else whole
