"""Walks from corner to corner of a cell, until a function exceeds a limit or is largest; compiled by Numba."""

from __future__ import annotations

import numpy as np

from prelu_rules.geometry.compiled import compiled_in_place, part_of_compiled
from prelu_rules.geometry.dictionary import (
    BOUND,
    EDGE,
    ENDLESS,
    LEFT,
    NEVER,
    PAUSED,
    REACHED,
    STEPS,
    UNSURE,
    Dictionary,
    flip,
    measure_from_other_bound,
    padded,
    pivot,
)
from prelu_rules.tolerances import LEAST_RATE
from prelu_rules.values import FloatArray, IntArray

LEAST_PIVOT = 1e-9
"""A slack that falls by less than this per unit of another slack does not block a walk along an edge."""

LEAST_MULTIPLE = 1e-11
"""A smaller multiple of the symbolic bound is a rounding error."""

PATIENCE = 40
"""Pivots after which the next pivot is chosen by Bland's rule, which cannot cycle."""

MOST_PIVOTS = 100_000
"""More pivots than any walk needs; after so many, rounding errors keep it from ending."""

OWN_BOUND, NOTHING = -1, -2
"""What blocks a walk if no column does."""


@part_of_compiled
def direction(
    table: FloatArray, tight: IntArray, most: FloatArray, objective: int, sign: float, bland: bool
) -> tuple[int, float]:
    """The tight row to leave so that `sign` times the objective grows, and the most that it can grow.

    Returns -1 if the objective is at its maximum.
    """
    best, found, gain = LEAST_RATE, -1, 0.0
    for place in range(len(tight)):
        rate = sign * table[place, objective]
        more = rate * most[tight[place]]
        gain += more if rate > 0.0 else 0.0
        found = place if rate > best else found
        best = rate if rate > best else best
    if bland and found >= 0:
        for place in range(len(tight)):
            if sign * table[place, objective] > LEAST_RATE and tight[place] < tight[found]:
                found = place
    return found, gain


@part_of_compiled
def _next_rising(table: FloatArray, after: int, k: int, objective: int, sign: float) -> int:
    """The next place after a given one where `sign` times the objective grows; -1 if there is none."""
    for place in range(after + 1, k):
        if sign * table[place, objective] > LEAST_RATE:
            return place
    return -1


@part_of_compiled
def blocking(d: Dictionary, n: int, leaving: int, sign: float, bland: bool) -> tuple[int, float, float, bool]:
    """The column that blocks the walk first when the slack of a tight row grows (`sign` 1) or falls (-1), and where.

    Only the first n columns block. Returns the column, `OWN_BOUND` if the slack reaches the other bound of its
    coordinate, or `NOTHING`; the step and its multiple of the bound; whether the other bound of the column blocks.
    """
    if len(d.table) > len(d.tight) + 1:
        return _blocking_far(d.table, d.tight, d.loose, n, leaving, sign, bland)
    width = 2.0 * d.numbers[BOUND]
    found, step, other = _blocking_near(d.table, d.tight, d.loose, d.scratch, d.bits, width, n, leaving, sign, bland)
    return found, step, 0.0, other


@part_of_compiled
def _blocking_near(
    table: FloatArray,
    tight: IntArray,
    loose: IntArray,
    steps: FloatArray,
    bits: IntArray,
    width: float,
    n: int,
    leaving: int,
    sign: float,
    bland: bool,
) -> tuple[int, float, bool]:
    """For a domain with bounds."""
    k = len(tight)
    _write_steps(table[leaving], table[k], loose, steps, width, padded(n), 2 * k, sign)
    found, step, size, number = NOTHING, np.inf, 0.0, 0
    if sign > 0.0 and tight[leaving] < 2 * k:
        found, step, size, number = OWN_BOUND, width, 1.0, tight[leaving]
    # Numbers that are not negative are in the order of their bits, and the least integer is found with vectors.
    least = bits[0]
    for i in range(n):
        least = min(least, bits[i])
    for i in range(n):
        if bits[i] == least:
            rate = abs(table[leaving, i])
            nearer = steps[i] < step
            if steps[i] == step and found != NOTHING:
                # Of rows that block at the same point, the one with the largest pivot has the smallest rounding error.
                nearer = loose[i] < number if bland else rate > size
            if nearer:
                found, step, size, number = i, steps[i], rate, loose[i]
    return found, step, found >= 0 and sign * table[leaving, found] > 0.0


@compiled_in_place
def _write_steps(
    rates: FloatArray,
    slacks: FloatArray,
    loose: IntArray,
    steps: FloatArray,
    width: float,
    columns: int,
    n_bounds: int,
    sign: float,
) -> None:
    """Write how far each column lets a walk go; infinity if it does not block."""
    # Without branches, which nobody could predict, so that the compiler makes vectors of it.
    for i in range(columns):
        rate, slack = sign * rates[i], slacks[i]
        rising = rate > 0.0
        room = width - slack if rising else slack
        room = room if room > 0.0 else 0.0
        size = abs(rate)
        step = room / size
        blocks = (size > LEAST_PIVOT) & ((not rising) | (loose[i] < n_bounds))
        steps[i] = step if blocks else np.inf


@compiled_in_place
def _blocking_far(
    table: FloatArray, tight: IntArray, loose: IntArray, n: int, leaving: int, sign: float, bland: bool
) -> tuple[int, float, float, bool]:
    """For all of R^n, where multiples of the symbolic bound are compared first."""
    k = len(tight)
    found, step, far, size, other, number = NOTHING, np.inf, np.inf, 0.0, False, 0
    if sign > 0.0 and tight[leaving] < 2 * k:
        found, step, far, size, number = OWN_BOUND, 0.0, 2.0, 1.0, tight[leaving]
    for i in range(n):
        rate = sign * table[leaving, i]
        rising = rate > 0.0
        if abs(rate) <= LEAST_PIVOT or (rising and loose[i] >= 2 * k):
            continue
        room, multiple = table[k, i], table[k + 1, i]
        if rising:
            room, multiple = -room, 2.0 - multiple
        rate = abs(rate)
        multiple = multiple / rate if multiple > LEAST_MULTIPLE else 0.0
        ratio = room / rate if multiple > 0.0 else max(room, 0.0) / rate
        level = abs(multiple - far) <= LEAST_MULTIPLE * (1.0 + multiple)
        nearer = (not level and multiple < far) or (level and ratio < step)
        if level and ratio == step:
            nearer = loose[i] < number if bland else rate > size
        if nearer:
            found, step, far, size, other, number = i, ratio, multiple, rate, rising, loose[i]
    return found, step, far, other


@compiled_in_place
def held(d: Dictionary, n: int, place: int, distance: float) -> bool:
    """Whether other rows keep the slack of a tight row from falling by more than a distance, if its own is dropped."""
    table, loose, k = d.table, d.loose, len(d.tight)
    if len(table) > k + 1:
        _, step, far, _ = blocking(d, n, place, -1.0, False)
        return far == 0.0 and step <= distance
    width, found = 2.0 * d.numbers[BOUND], False
    # Without branches and divisions, so that the compiler can vectorise the loop.
    for i in range(n):
        rate, slack = table[place, i], table[k, i]
        found |= (rate > LEAST_PIVOT) & (slack <= distance * rate)
        found |= (rate < -LEAST_PIVOT) & (loose[i] < 2 * k) & (width - slack <= -distance * rate)
    return found


@part_of_compiled
def _exceeds(value: float, multiple: float, limit: float) -> bool:
    if multiple > LEAST_MULTIPLE:
        return True
    return multiple >= -LEAST_MULTIPLE and value > limit


@part_of_compiled
def corner_side(d: Dictionary, column: int, limit: float) -> int:
    """The sign of a slack at the corner; 0 if it is no further from 0 than a limit."""
    table, k = d.table, len(d.tight)
    multiple = table[k + 1, column] if len(table) > k + 1 else 0.0
    if _exceeds(table[k, column], multiple, limit):
        return 1
    return -1 if _exceeds(-table[k, column], -multiple, limit) else 0


@part_of_compiled
def step_to(d: Dictionary, n: int, entering: int, leaving: int, other: bool) -> None:
    """Walk along an edge to what blocks it, as found by `blocking`."""
    if entering == OWN_BOUND:
        flip(d, n, leaving)
    else:
        if other:
            measure_from_other_bound(d, entering)
        pivot(d, n, entering, leaving)


@part_of_compiled
def walk(d: Dictionary, n: int, sign: float, limit: float, error: float, crossing: bool) -> int:
    """Walk until `sign` times the objective, which is the last of n columns, exceeds a limit, or is known never to.

    With `crossing`, the walk stops at the last corner before that, on the edge along which `cross` makes the objective
    tight.

    Returns:
        `REACHED`; `NEVER`; `UNSURE`, if the largest value differs from the limit by no more than the error, and the
        corner is where it is attained; `PAUSED`, if the work is used up: the walk goes on when it is called again; or
        `ENDLESS`, if rounding errors keep the walk from ending.
    """
    table, tight, most, counts = d.table, d.tight, d.most, d.counts
    k, objective = len(tight), n - 1
    far = len(table) > k + 1
    # Going from bound to bound changes no rate: with many coordinates, the rates are not searched anew for each.
    flipped = k
    while True:
        value = sign * table[k, objective]
        multiple = sign * table[k + 1, objective] if far else 0.0
        if _exceeds(value, multiple, limit + error):
            return REACHED
        if counts[LEFT] <= 0:
            return PAUSED
        if counts[STEPS] > MOST_PIVOTS:
            return ENDLESS
        bland = counts[STEPS] > PATIENCE
        leaving = _next_rising(table, flipped, k, objective, sign)
        if leaving < 0 or bland:
            leaving, gain = direction(table, tight, most, objective, sign, bland)
            if not far and value + gain <= limit - error:
                return NEVER
            if leaving < 0:
                return UNSURE if _exceeds(value, multiple, limit - error) else NEVER
        entering, step, steps_far, other = blocking(d, objective, leaving, 1.0, bland)
        rate = sign * table[leaving, objective]
        counts[STEPS] += 1
        counts[LEFT] -= n + k
        if entering == NOTHING or (
            crossing and _exceeds(value + rate * step, multiple + rate * steps_far, limit + error)
        ):
            counts[EDGE] = leaving
            return REACHED
        step_to(d, n, entering, leaving, other)
        counts[EDGE] = leaving
        flipped = leaving if entering == OWN_BOUND else k


@compiled_in_place
def walk_alone(d: Dictionary, n: int, sign: float, limit: float, error: float, crossing: bool) -> int:
    """As `walk`, compiled once for all who do not spend most of their time on walks."""
    return walk(d, n, sign, limit, error, crossing)


@compiled_in_place
def settle(d: Dictionary, n: int) -> None:
    """Choose the edge along which the objective, the last of n columns, becomes tight where it is almost 0."""
    leaving, size = 0, 0.0
    for place in range(len(d.tight)):
        if abs(d.table[place, n - 1]) > size:
            leaving, size = place, abs(d.table[place, n - 1])
    d.counts[EDGE] = leaving


@part_of_compiled
def cross(d: Dictionary, n: int) -> None:
    """Make the objective, the last of n columns, tight, along the edge where the walk ended."""
    pivot(d, n, n - 1, d.counts[EDGE])


@compiled_in_place
def maximise(d: Dictionary, n: int, sign: float) -> bool:
    """Walk to a corner where `sign` times the objective, the last of n columns, is largest; whether the walk ended."""
    for steps in range(MOST_PIVOTS):
        leaving, _ = direction(d.table, d.tight, d.most, n - 1, sign, steps > PATIENCE)
        if leaving < 0:
            return True
        entering, _, _, other = blocking(d, n - 1, leaving, 1.0, steps > PATIENCE)
        if entering == NOTHING:
            return True
        step_to(d, n, entering, leaving, other)
    return False
