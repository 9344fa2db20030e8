"""Rows in groups by which units are open, compiled: a network is affine on each group.

The groups that occur are found by hashing, so memory grows with the rows at most, not with the `2^n` patterns.
"""

from __future__ import annotations

import numpy as np

from prelu_rules.geometry.compiled import compiled_in_place
from prelu_rules.values import Array, FloatArray, IntArray

WORD = 64
"""Units in one word of a pattern."""

EMPTY = -1


@compiled_in_place
def read_patterns(units: FloatArray, patterns: Array) -> None:
    """Pack which units are open in each row into bits.

    Args:
        units: `(n_units, n_rows)`, above 0 where a unit is open.
        patterns: `(n_words, n_rows)` uint64, to be written; a word for each 64 units, at least one.
    """
    patterns[:] = np.uint64(0)
    for unit in range(len(units)):
        word, bit, own = patterns[unit // WORD], np.uint64(unit % WORD), units[unit]
        for r in range(len(own)):
            word[r] |= np.uint64(own[r] > 0) << bit


@compiled_in_place
def find_group(patterns: Array, row: int, known: Array, n_known: int, slots: IntArray) -> int:
    """The group with the pattern of a row; a new one gets the next number.

    Args:
        patterns: `(n_words, n_rows)` uint64.
        row: which row.
        known: `(most, n_words)` uint64, the pattern of each group; that of a new one is written to it.
        n_known: how many groups there are, below `most`.
        slots: the hash table, a power of 2 longer than `most`: the numbers of groups, or `EMPTY`.

    Returns:
        The number of the group, `n_known` if it is new.
    """
    n_words = len(patterns)
    mixed = np.uint64(0)
    for word in range(n_words):
        # The multiplier is 2**64 over the golden ratio (Knuth, "The art of computer programming", section 6.4).
        mixed = (mixed ^ patterns[word, row]) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(32)
    last = np.uint64(len(slots) - 1)
    place = mixed & last
    while slots[place] != EMPTY:
        group, same = slots[place], True
        for word in range(n_words):
            same &= known[group, word] == patterns[word, row]
        if same:
            return group
        place = (place + np.uint64(1)) & last
    slots[place] = n_known
    for word in range(n_words):
        known[n_known, word] = patterns[word, row]
    return n_known


@compiled_in_place
def group_rows(patterns: Array, groups: IntArray, known: Array, slots: IntArray) -> int:
    """Group all rows.

    Args:
        patterns: `(n_words, n_rows)` uint64.
        groups: `(n_rows,)`, the group of each row, to be written.
        known: `(most, n_words)` uint64, the pattern of each group, to be written.
        slots: the hash table, to be written.

    Returns:
        How many groups there are.
    """
    slots[:] = EMPTY
    n_known = 0
    for row in range(len(groups)):
        group = find_group(patterns, row, known, n_known, slots)
        groups[row] = group
        n_known = max(n_known, group + 1)
    return n_known


@compiled_in_place
def in_group(patterns: Array, row: int, pattern: Array) -> bool:
    """Whether a row has a pattern.

    Args:
        patterns: `(n_words, n_rows)` uint64.
        row: which row.
        pattern: `(n_words,)` uint64.

    Returns:
        Whether it has.
    """
    same = True
    for word in range(len(patterns)):
        same &= patterns[word, row] == pattern[word]
    return same


@compiled_in_place
def sort_by_group(groups: IntArray, n_groups: int, ends: IntArray, order: IntArray) -> None:
    """List the rows of each group.

    Args:
        groups: `(n_rows,)`, the group of each row.
        n_groups: how many groups there are.
        ends: `(most + 1,)`, to be written: where the rows of each group end in the order; those of group 0 start at 0.
        order: `(n_rows,)`, to be written.
    """
    ends[: n_groups + 1] = 0
    for row in range(len(groups)):
        ends[groups[row] + 1] += 1
    for group in range(n_groups):
        ends[group + 1] += ends[group]
    # Now the rows of a group start at `ends[group]`, which is where its next row is written.
    for row in range(len(groups)):
        order[ends[groups[row]]] = row
        ends[groups[row]] += 1
