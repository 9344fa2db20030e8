"""Other ways to write the bends of a network.

Where a bend is inside another one, the same function, or nearly the same, can often be written in several ways: with
the inner bend's line in its place where both are open together, with a column replaced by a bend of it, or with another
bend inside. A refit goes from one to the other only through worse networks, so a search has to try them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from prelu_rules.network.compact import DEAD, CompactForm
from prelu_rules.values import BoolArray, FloatArray


def rewritten(system: CompactForm) -> Iterator[tuple[CompactForm, bool]]:
    """Write the bends of a network in other ways, which are the same function in part of the space at least.

    Args:
        system: the network; its weights off the support are 0.

    Yields:
        Networks with the same number of units, and whether their outputs must be refitted before they are alike.

    Example:
        `max(0, x + max(0, x) - 1)` has a bend inside, without which it is `max(0, 2 x - 1)`:

        >>> weights = np.array([[1.0, 0, 0, 0], [1, 1, 0, -1], [0, 0, 3, 0]])
        >>> system = CompactForm(weights, weights != 0, 1)
        >>> next(rewritten(system))[0].weights
        array([[ 1.,  0.,  0.,  0.],
               [ 2.,  0.,  0., -1.],
               [ 0.,  0.,  3.,  0.]])
    """
    reaches = _reaches(system)
    for unit, other in product(range(system.n_units), repeat=2):
        if unit == other:
            continue
        if system.support[unit, system.n_inputs + other]:
            yield from ((form, False) for form in _without_use(system, unit, other))
            yield from ((form, True) for form in _turned(system, unit, other))
        elif not reaches[other, unit]:
            yield from ((form, False) for form in _with_use(system, unit, other))


def flipped(system: CompactForm, unit: int) -> CompactForm:
    """The same function with `max(0, -z) + z` for one unit's `max(0, z)`.

    Args:
        system: the network.
        unit: the index of the unit.

    Returns:
        A network of the same size; what takes the unit's place where it is used is free.

    Example:
        >>> weights = np.array([[1.0, 0, -2], [0, 3, 0]])
        >>> flipped(CompactForm(weights, weights != 0, 1), 0).weights + 0.0
        array([[-1.,  0.,  2.],
               [ 3.,  3., -6.]])
    """
    column = system.n_inputs + unit
    weights = system.weights + np.outer(system.weights[:, column], system.weights[unit])
    weights[unit] = -system.weights[unit]
    support = system.support | np.outer(system.support[:, column], system.support[unit])
    return CompactForm(weights, support, system.n_inputs)


def _reaches(system: CompactForm) -> BoolArray:
    """`(n_units, n_units)`: whether a unit depends on another one, or is the same."""
    uses = system.support[: system.n_units, system.n_inputs : -1]
    found = np.eye(system.n_units, dtype=bool)
    for unit, used in enumerate(uses):
        found[unit] |= found[used].any(axis=0)
    return found


def _without_use(system: CompactForm, unit: int, other: int) -> Iterator[CompactForm]:
    """The line of another unit in its place, and, for the mirror image of the unit, either side of it."""
    column = system.n_inputs + other
    for form, opens in ((system, (True,)), (flipped(system, unit), (True, False))):
        for is_open in opens:
            weights, support = form.weights.copy(), form.support.copy()
            if is_open:
                weights[unit] += weights[unit, column] * weights[other]
                support[unit] |= support[other]
            weights[unit, column], support[unit, column] = 0.0, False
            yield CompactForm(weights, support, system.n_inputs)


def _with_use(system: CompactForm, unit: int, other: int) -> Iterator[CompactForm]:
    """Another unit in the place of each column that both use; not of one that the other unit hardly uses."""
    d, column = system.n_inputs, system.n_inputs + other
    shared = system.support[unit] & system.support[other] & (np.abs(system.weights[other]) > DEAD)
    for gone in np.flatnonzero(shared[:d]):
        weights, support = system.weights.copy(), system.support.copy()
        factor = weights[unit, gone] / weights[other, gone]
        weights[unit] -= factor * weights[other]
        support[unit] |= support[other]
        weights[unit, column], support[unit, column] = factor, True
        weights[unit, gone], support[unit, gone] = 0.0, False
        if support[unit, :-1].any():
            yield _ordered(weights, support, d)


def _turned(system: CompactForm, unit: int, other: int) -> Iterator[CompactForm]:
    """The ways to write the corner that a bend and the bend inside it make.

    Both depend on three lines, of which one is 0: the inner bend is the difference of two of them, and the outer one
    that of their maximum or minimum and the third.
    """
    d, columns = system.n_inputs, system.n_inputs + np.array([unit, other])
    if system.support[: system.n_units, columns].sum() > 1:
        return
    outer, inner = system.weights[unit].copy(), system.weights[other]
    factor, outer[columns[1]] = outer[columns[1]], 0.0
    lines = (np.zeros_like(outer), outer, outer + factor * inner)
    uses = system.support[unit] | system.support[other]
    uses[columns[1]], uses[-1] = False, True
    for third, sign in product(range(3), (-1.0, 1.0)):
        first, second = (lines[k] for k in range(3) if k != third)
        weights, support = system.weights.copy(), system.support.copy()
        weights[other], support[other] = first - second, uses
        weights[unit], support[unit] = (second if sign > 0 else first) - lines[third], uses
        weights[unit, columns[1]], support[unit, columns[1]] = sign, True
        support[system.n_units :, :d], support[system.n_units :, columns] = True, True
        yield _ordered(weights, support, d)


def _ordered(weights: FloatArray, support: BoolArray, n_inputs: int) -> CompactForm:
    """The network with its units in an order in which each uses earlier ones only."""
    n_units = weights.shape[1] - n_inputs - 1
    uses = support[:n_units, n_inputs:-1]
    if not np.triu(uses).any():
        return CompactForm(weights, support, n_inputs)
    order: list[int] = []
    left = list(range(n_units))
    while left:
        order.append(next(unit for unit in left if not uses[unit, left].any()))
        left.remove(order[-1])
    rows = np.concatenate([order, np.arange(n_units, len(weights))]).astype(int)
    columns = np.concatenate([np.arange(n_inputs), n_inputs + np.array(order), [weights.shape[1] - 1]]).astype(int)
    return CompactForm(weights[np.ix_(rows, columns)], support[np.ix_(rows, columns)], n_inputs)
