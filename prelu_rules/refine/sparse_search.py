"""A search among sparse networks, which goes on while the criterion falls.

Sparsification only takes numbers away, from one network of each size. Around what it found, this search exchanges
single weights, writes bends in other ways, and exchanges whole units. It costs little, since sparse networks are
refitted fast.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.criterion import criterion, price
from prelu_rules.refine.curvature import Task, curvature, objective
from prelu_rules.refine.growth import best_proposals
from prelu_rules.refine.outputs import outputs_refitted
from prelu_rules.refine.refit import FEW_WEIGHTS, refit
from prelu_rules.refine.rewriting import rewritten
from prelu_rules.refine.shape import FREE
from prelu_rules.refine.sparsification import all_used, damped_inverse, largest_weights, sparser
from prelu_rules.values import BoolArray, FloatArray, IntArray

ROUNDS, FORMS = 4, 5
"""The most rewritings of a network, one after another, and how many are tried each time."""

ADDED = 1
"""How many weights are tried in addition."""

UNITS = 2
"""How many exchanges of units are followed to the end in each round, and the most rounds."""

FEWER = 1
"""A network is followed to the end if its criterion would be the smallest with so many numbers fewer than the best."""

STEPS = 10
"""Second-order steps of a refit."""

WORSE = 2
"""Sparsification ends after so many networks in a row whose criterion is above the smallest."""

ALIKE, TURNED = 1.3, 20.0
"""A network that is written in another way is tried if its objective, before any refit of its units, is above that of
the network itself by less than this factor; the second one is for corners that are written in another way."""

PAYS = 0.75
"""A weight is tried if, to second order, it is worth at least this share of the price of a number."""

SAME = 0.05
"""Criteria that differ by less than this share of the price of a number count as the same."""

NEAR = 0.5
"""Weights of a network are exchanged if its criterion is above the smallest by less than the price of so many numbers.
"""

LEAST_CURVATURE = 1e-6
"""The share of its curvature that remains to a weight, at least, when the other weights make up for it."""


class _Found(NamedTuple):
    """A network and its criterion."""

    system: CompactForm
    value: float


def sparse_search(system: CompactForm, task: Task, rng: np.random.Generator) -> CompactForm:
    """Find a network with the same number of units that the criterion prefers.

    Args:
        system: a sparse network that was fitted to the rows.
        task: the rows; their loss is a likelihood.
        rng: the generator for new units.

    Returns:
        The network itself, scaled, if nothing better was found, or if it is too large to try.

    Example:
        >>> from prelu_rules.losses.squared import Squared
        >>> x = np.random.default_rng(0).uniform(-1, 1, (100, 2))
        >>> task = Task(x, np.maximum(x[:, :1], 0) + x[:, 1:], np.full(100, 0.01), Squared(), 1e-9)
        >>> weights = np.array([[0.0, 1.0, 0.0, 0.1], [1.0, 0.0, 1.0, 0.0]])
        >>> found = sparse_search(CompactForm(weights, weights != 0, 2), task, np.random.default_rng(0))
        >>> found.weights.round(3) + 0.0
        array([[1., 0., 0., 0.],
               [0., 1., 1., 0.]])
    """
    system = system.scaled()
    if system.possible.sum() > FEW_WEIGHTS:
        return system
    best = _rewritten(_exchanged_weights(_Found(system, criterion(system, task)), task), task)
    other = _exchanged_units(best, task, rng)
    return (best if other is best else _rewritten(other, task)).system


def _better(found: _Found, than: _Found, task: Task) -> bool:
    return found.value < than.value - SAME * price(than.system, task)


def _rewritten(best: _Found, task: Task) -> _Found:
    """A network that the criterion prefers, by other ways to write it."""
    for _ in range(ROUNDS):
        followed = (_followed(form, best, task) for form in _alike(best.system, task))
        better = next((found for found in followed if found and _better(found, best, task)), None)
        if better is None:
            break
        best = better
    return best


def _alike(system: CompactForm, task: Task) -> list[CompactForm]:
    """Other ways to write a network, those that differ least first."""
    now, found = objective(system, task), []
    for form, turned in rewritten(system):
        if turned:
            form = outputs_refitted(form, task, max_steps=5)[0]
        value = objective(form, task)
        if value < now * (TURNED if turned else ALIKE):
            found.append((value, form))
    return [form for _, form in sorted(found, key=lambda pair: pair[0])[:FORMS]]


def _exchanged_units(best: _Found, task: Task, rng: np.random.Generator) -> _Found:
    """A network that the criterion prefers, by a new unit in the place of one."""
    for _ in range(UNITS):
        now, larger = objective(best.system, task), []
        for unit in range(best.system.n_units):
            rest = refit(best.system.without(unit, always=False), task, max_steps=8)[0]
            for proposed in best_proposals(rest, task, rng, FREE)[:1]:
                fitted, value = refit(proposed, task, STEPS)
                # With more numbers, the criterion can only prefer it if it fits better.
                if value < now and all_used(fitted):
                    larger.append((value, fitted.scaled()))
        larger.sort(key=lambda pair: pair[0])
        followed = (_leaner(fitted, best, task) for _, fitted in larger[:UNITS])
        better = next((found for found in followed if found and _better(found, best, task)), None)
        if better is None:
            break
        best = better
    return best


def _followed(form: CompactForm, best: _Found, task: Task) -> _Found | None:
    """A network refitted and made sparse; None if it cannot be the better one."""
    fitted = refit(form, task, STEPS)[0]
    return _leaner(fitted.scaled(), best, task) if all_used(fitted) else None


def _leaner(system: CompactForm, best: _Found, task: Task) -> _Found | None:
    """A network made sparse, with single weights exchanged; None if it cannot be the better one."""
    cost = price(system, task)
    surplus = max(system.n_numbers - best.system.n_numbers + FEWER, 0)
    if criterion(system, task) - cost * surplus > best.value:
        return None
    found = _sparse(system, best.system.n_numbers, task)
    above = (found.value - best.value) / cost
    # The same criterion is most often that of the same network, which has been searched around.
    return _exchanged_weights(found, task, is_sparse=True) if above < NEAR and abs(above) > SAME else None


def _sparse(system: CompactForm, about: int, task: Task) -> _Found:
    """The version that the criterion prefers, of those with ever fewer weights; about so many are expected to stay."""
    best, worse, last = _Found(system, criterion(system, task)), 0, system
    while worse < WORSE:
        smaller = sparser(last, task, max(1, (last.n_numbers - about) // 2))
        if smaller is None:
            break
        last, value = smaller, criterion(smaller, task)
        worse = 0 if value < best.value else worse + 1
        if value < best.value:
            best = _Found(last, value)
    return best


def _exchanged_weights(best: _Found, task: Task, is_sparse: bool = False) -> _Found:
    """A network that the criterion prefers, by a weight more, one less, or one in the place of another.

    If `is_sparse`, it is not tried first to take a weight away, since sparsification has found that to be no better.
    """
    while True:
        forms = [
            form for place in _most_useful(best.system, task)[:ADDED] for form in _with_weight(best.system, place, task)
        ]
        fewer = None if is_sparse else sparser(best.system, task, at_once=1)
        tried = [_Found(form, criterion(form, task)) for form in (*forms, *([] if fewer is None else [fewer]))]
        found = min(tried, key=lambda one: one.value, default=best)
        if not _better(found, best, task):
            return best
        best, is_sparse = found, False


def _with_weight(system: CompactForm, place: IntArray, task: Task) -> Iterator[CompactForm]:
    """The network with a further weight, and then without the cheapest one."""
    support = system.support.copy()
    support[tuple(place)] = True
    wider = refit(system.with_support(support), task, STEPS)[0].scaled()
    yield wider
    exchanged = sparser(wider, task, at_once=1)
    if exchanged is not None and (exchanged.support != system.support).any():
        yield exchanged


def _most_useful(system: CompactForm, task: Task) -> IntArray:
    """The places of weights that are 0, those first whose freedom would lower the objective most, `(n, 2)`.

    By how much is known to second order, while the other weights make up for it as well as they can. What is not worth
    most of the price of a number is left out: even in the place of another weight it would gain no more than that.
    """
    possible = system.possible
    first, second = curvature(system.with_support(possible), task)
    is_free = system.support[possible]
    rest, new = is_free & ~largest_weights(system)[possible], ~is_free
    gain = _gain(first, second, rest)[new]
    order = np.argsort(-gain, kind="stable")
    return np.argwhere(possible)[new][order[gain[order] >= _least_gain(system, task)]]


def _least_gain(system: CompactForm, task: Task) -> float:
    """By how much the objective must fall to make up for `PAYS` of the price of a number."""
    if system.n_outputs > 1:
        # The errors of one output may be far smaller than those of the others.
        return 0.0
    return -objective(system, task) * float(np.expm1(-PAYS * price(system, task) / len(task)))


def _gain(first: FloatArray, second: FloatArray, free: BoolArray) -> FloatArray:
    """By how much the objective falls if a weight is free, too; `(n,)`."""
    made_up = damped_inverse(second, free) @ np.column_stack([second, first])
    slope = first - second[:, free] @ made_up[free, -1]
    remaining = np.diag(second) - np.einsum("fn,fn->n", second[free], made_up[free, :-1])
    return 0.5 * slope**2 / np.maximum(remaining, LEAST_CURVATURE * np.diag(second) + np.finfo(float).tiny)
