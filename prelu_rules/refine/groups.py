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
def group_rows(
    units: FloatArray,
    patterns: Array,
    known: Array,
    n_known: int,
    slots: IntArray,
    groups: IntArray,
    before: IntArray,
) -> int:
    """Find the group of each row.

    Args:
        units: `(n_units, n_rows)`, above 0 where a unit is open.
        patterns: `(n_words, n_rows)` uint64, to work in; a word for each 64 units, at least one.
        known: `(most, n_words)` uint64, the pattern of each group; those of new ones are written to it.
        n_known: how many groups there are already; 0 to start anew.
        slots: `(n_slots,)`, the hash table, a power of 2 longer than `known`.
        groups: `(n_rows,)`, the group of each row, to be changed.
        before: `(n_rows,)`, to be written: the group that each row was in.

    Returns:
        How many groups there are now, some of which may have lost all rows; 0 if there are too many of those.
    """
    n_words, anew, last = len(patterns), n_known == 0, np.uint64(len(slots) - 1)
    patterns[:] = np.uint64(0)
    for unit in range(len(units)):
        word, bit, own = patterns[unit // WORD], np.uint64(unit % WORD), units[unit]
        for row in range(len(own)):
            word[row] |= np.uint64(own[row] > 0) << bit
    if anew:
        slots[:] = EMPTY
    for row in range(len(groups)):
        before[row], same = groups[row], not anew
        if same:
            for word in range(n_words):
                same &= known[groups[row], word] == patterns[word, row]
        if same:
            continue
        mixed = np.uint64(0)
        for word in range(n_words):
            # The multiplier is 2**64 over the golden ratio (Knuth, "The art of computer programming", section 6.4).
            mixed = (mixed ^ patterns[word, row]) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(32)
        place = mixed & last
        while not same:
            group = slots[place]
            if group == EMPTY:
                if n_known == len(known):
                    return 0
                group = n_known
                slots[place] = group
                for word in range(n_words):
                    known[group, word] = patterns[word, row]
                n_known += 1
            same = True
            for word in range(n_words):
                same &= known[group, word] == patterns[word, row]
            groups[row] = group
            place = (place + np.uint64(1)) & last
    return n_known


@compiled_in_place
def sort_by_group(groups: IntArray, n_groups: int, ends: IntArray, order: IntArray) -> None:
    """List the rows of each group.

    Args:
        groups: `(n_rows,)`, the group of each row.
        n_groups: how many groups there are.
        ends: `(most + 1,)`, to be written: where the rows of each group end in the order; those of group 0 start at 0.
        order: `(n_rows,)`, to be written.
    """
    ends[:] = 0
    for row in range(len(groups)):
        ends[groups[row] + 1] += 1
    for group in range(n_groups):
        ends[group + 1] += ends[group]
    # Now the rows of a group start at `ends[group]`, which is where its next row is written.
    for row in range(len(groups)):
        order[ends[groups[row]]] = row
        ends[groups[row]] += 1
