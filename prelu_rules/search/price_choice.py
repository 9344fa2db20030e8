"""The choice of what a number costs, by rows that are left out while networks are made sparse.

A few strong effects are found just as well if each number costs what Schwarz's criterion asks; many weak ones are lost.
The rows tell which of the two there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.choice import not_worse
from prelu_rules.refine.criterion import criterion, price_of_numbers
from prelu_rules.refine.curvature import Task
from prelu_rules.refine.shape import FREE, Shape
from prelu_rules.refine.sparsification import sparsify
from prelu_rules.refine.threads import single_blas_thread
from prelu_rules.rows.rows import Rows
from prelu_rules.search.left_out_choice import Part, Trials, Variant, within

SHARES = (1.0, 0.5)
"""The shares of the price to choose from."""

CLEARLY = 0.5
"""The lower price is taken if the other one is worse on left-out rows by more standard errors than this."""


def chosen_price_share(trials: Trials, parts: Sequence[Part], held: Rows, shape: Shape = FREE) -> float:
    """Choose by cross-validation which share of its price in the criterion each number costs.

    The network of the size that left-out rows choose is made sparse without each part of the rows, as far as the
    criterion prefers at each price.

    Args:
        trials: searches without each part.
        parts: the parts.
        held: the rows that their indices are of.
        shape: what bends could use in the searches.

    Returns:
        One of `SHARES`; 1 for losses whose sizes no criterion chooses, and for a single column.

    Example:
        >>> from prelu_rules.losses.squared import Squared
        >>> from prelu_rules.search.left_out_choice import tried
        >>> x = np.random.default_rng(0).uniform(-1, 1, (40, 2))
        >>> rows = Rows(x, x[:, :1], np.ones(40))
        >>> task = Task(x, x[:, :1], np.full(40, 1 / 40), Squared(), 1e-6)
        >>> parts = [Part(task, np.arange(40))]
        >>> chosen_price_share(tried(parts, rows, [1e-6], [FREE], 1, 0), parts, rows)
        1.0
    """
    variant, loss = Variant(trials.ridge, shape), parts[0].train.loss
    if loss.chosen_by != "criterion" or held.x.shape[1] == 1:
        return SHARES[0]
    outputs = [np.zeros((len(held.y), trials.networks[variant][0][0].n_outputs)) for _ in SHARES]
    size = min(trials.enough(), trials.n_sizes(variant) - 1)
    for part, networks in zip(parts, trials.networks[variant], strict=True):
        task = replace(part.train, ridge=variant.ridge)
        for found, system in zip(outputs, _sparse_at(SHARES, networks[size], task), strict=True):
            found[part.held] = within(system.predict(held.x[part.held]), task.y)
    losses = {place: loss.rows(found, held.y) for place, found in enumerate(outputs)}
    return SHARES[not_worse(losses, trials.weights, CLEARLY)[0]]


def _sparse_at(shares: Sequence[float], system: CompactForm, task: Task) -> list[CompactForm]:
    """The sparser version that the criterion prefers at each share of the price."""
    # One thread, so that sums are computed in the same order as elsewhere.
    with single_blas_thread():
        versions = list(sparsify(system, task))
        whole = [criterion(version, task) for version in versions]
        prices = [price_of_numbers(version, task) for version in versions]
    best = (min(zip(whole, prices, versions, strict=True), key=lambda one: one[0] - (1 - s) * one[1]) for s in shares)
    return [version for _, _, version in best]
