"""Fewer numbers: set weights to 0 one by one and refit the rest, until hardly any are left.

The second derivative determines which weight goes next: setting the weight `w_q` to 0, while the others make up for it
as well as they can, raises the loss by `w_q^2 / (2 [H^-1]_qq)`, where `H` is the second derivative (Hassibi and Stork,
"Second order derivatives for network pruning: optimal brain surgeon", 1993). An L1 penalty would shrink the remaining
weights.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from prelu_rules.losses.loss import Loss
from prelu_rules.losses.squared import Squared
from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.curvature import Task, curvature, objective
from prelu_rules.refine.refit import FEW_WEIGHTS, refit
from prelu_rules.refine.removal import SINGULAR, without_cheapest
from prelu_rules.values import BoolArray, FloatArray

FEW_LEFT = 15
"""Up to so many removable weights, `SHARE` of them are removed before the next refit, and `LARGER_SHARE` above it."""

SHARE, LARGER_SHARE = 0.1, 0.2

SEARCHED = 1.5
"""How many times as many go at once if there is a search around the sparse networks afterwards."""

COARSE = 0.25
"""The share, at least, while there are too many weights for second-order steps, when each refit takes long."""


def sparsify(system: CompactForm, task: Task) -> Iterator[CompactForm]:
    """Yield the network with ever fewer numbers, refitted each time; units are kept.

    The largest weight of each unit stays, since only the ratios of its weights matter, and so does one use of each
    unit. Constants stay, since they depend on where the inputs have their 0.

    Args:
        system: the network to start from.
        task: the rows that it is fitted to.

    Yields:
        The refitted network itself, and then ones with fewer and fewer numbers.

    Example:
        >>> from prelu_rules.losses.squared import Squared
        >>> x = np.array([[1.0, 0.0], [0, 1], [-1, -1], [0, 0.5]])
        >>> task = Task(x, x[:, :1] * 3, np.full(4, 0.25), Squared(), 1e-9)
        >>> start = CompactForm(np.array([[2.0, 1.0, 0.5]]), np.ones((1, 3), dtype=bool), 2)
        >>> [system.n_numbers for system in sparsify(start, task)], list(sparsify(start, task))[1].weights.round(3)
        ([3, 2, 1], array([[ 3.,  0., -0.]]))
    """
    system, _ = refit(system, task)
    system = system.scaled()
    while True:
        yield system
        smaller = sparser(system, task)
        if smaller is None:
            return
        system = smaller


def sparsify_around(
    system: CompactForm, task: Task, criterion: Callable[[CompactForm, Task], float]
) -> list[CompactForm]:
    """The networks of `sparsify`, and around the one that a criterion prefers also those between them.

    So what the criterion chooses is known to a single number, although most weights go several at a time.

    Args:
        system: the network to start from.
        task: the rows that it is fitted to.
        criterion: of a network and the rows; smaller is better.

    Returns:
        The refitted network itself, and then ones with fewer numbers.

    Example:
        >>> from prelu_rules.losses.squared import Squared
        >>> task = Task(np.eye(30), np.arange(30.0)[:, None], np.full(30, 1 / 30), Squared(), 1e-9)
        >>> start = CompactForm(np.ones((1, 31)), np.ones((1, 31), dtype=bool), 30)
        >>> def apart(system, task):
        ...     return abs(system.n_numbers - 20)
        >>> [system.n_numbers for system in sparsify_around(start, task, apart)]
        [31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]
    """
    found = list(sparsify(system, task))
    if system.free.size > FEW_WEIGHTS:
        return found
    best = min(range(len(found)), key=lambda place: criterion(found[place], task))
    before, after = max(best - 1, 0), min(best + 1, len(found) - 1)
    fine, last = found[before + 1 : after], found[before]
    while last.free.size - 1 > found[after].free.size:
        smaller = sparser(last, task, at_once=1)
        if smaller is None:
            break
        last = smaller
        if not any((last.support == known.support).all() for known in fine):
            fine.append(last)
    fine.sort(key=lambda version: version.free.size, reverse=True)
    return [*found[: before + 1], *fine, *found[after:]]


def sparser(system: CompactForm, task: Task, at_once: int | None = None) -> CompactForm | None:
    """The network without its cheapest weights, refitted.

    Args:
        system: a network that was fitted to the rows.
        task: the rows.
        at_once: the most weights that go; None for a share of those that may.

    Returns:
        The network, scaled; None if no weight may go.

    Example:
        >>> from prelu_rules.losses.squared import Squared
        >>> x = np.array([[1.0, 0.0], [0, 1], [-1, -1], [0, 0.5]])
        >>> task = Task(x, x[:, :1] * 3, np.full(4, 0.25), Squared(), 1e-9)
        >>> fewer = sparser(CompactForm(np.array([[3.0, 0.1, 0.1]]), np.ones((1, 3), dtype=bool), 2), task, 1)
        >>> fewer and fewer.n_numbers
        2
    """
    going = _next(system, task, at_once)
    return None if going is None else refit(going, task, max_steps=15)[0].scaled()


def _next(system: CompactForm, task: Task, at_once: int | None) -> CompactForm | None:
    """The network without the cheapest weights, the others moved to make up for them; None if none may go."""
    may_go = system.support & ~_kept(system)
    n_removable = int(may_go.sum())
    if n_removable == 0:
        return None
    n_gone = min(at_once or _n_at_once(n_removable, system.free.size, task.loss), n_removable)
    smaller = _without_cheapest(system, task, may_go, n_gone)
    # Two weights may go at once and be the last two uses of a unit; one at a time never does that.
    return smaller if all_used(smaller) else _without_cheapest(system, task, may_go, 1)


def _without_cheapest(system: CompactForm, task: Task, may_go: BoolArray, n_gone: int) -> CompactForm:
    """The network without some weights, the others moved to make up for them."""
    # For many weights, the inverse is left to LAPACK.
    if isinstance(task.loss, Squared) and system.free.size <= FEW_WEIGHTS:
        found = without_cheapest(system, task, may_go, ~largest_weights(system), n_gone)
        if found is not None:
            return found
    return _without_cheapest_by_curvature(system, task, may_go, n_gone)


def _without_cheapest_by_curvature(system: CompactForm, task: Task, may_go: BoolArray, n_gone: int) -> CompactForm:
    """The same by the inverse of the second derivative, for any loss."""
    may = may_go[system.support]
    inverse = damped_inverse(curvature(system, task)[1], ~largest_weights(system)[system.support])
    with np.errstate(divide="ignore", invalid="ignore"):
        cost = np.where(may, system.free**2 / np.diag(inverse), np.inf)
    return _best_of(system, task, np.argsort(cost)[:n_gone], inverse)


def _n_at_once(n_removable: int, n_free: int, loss: Loss) -> int:
    """How many weights are removed before the next refit."""
    share = LARGER_SHARE if n_removable > FEW_LEFT else SHARE
    if loss.chosen_by == "criterion":
        share *= SEARCHED
    if n_free > FEW_WEIGHTS:
        share = max(share, COARSE)
    return max(1, int(share * n_removable))


def _best_of(system: CompactForm, task: Task, gone: np.ndarray, inverse: FloatArray) -> CompactForm:
    """The network without some weights, the others moved by the second derivative or unchanged: the better one."""
    support = system.support.copy()
    flat = np.flatnonzero(support)
    support.flat[flat[gone]] = False
    moved = system.free - inverse[:, gone] @ np.linalg.solve(inverse[np.ix_(gone, gone)], system.free[gone])
    candidates = [system.with_free(moved).with_support(support), system.with_support(support)]
    return min(candidates, key=lambda candidate: objective(candidate, task))


def largest_weights(system: CompactForm) -> BoolArray:
    """The largest weight of each unit, which stays.

    Args:
        system: the network.

    Returns:
        A mask of its weights.
    """
    chosen = np.zeros_like(system.support)
    units = np.abs(system.weights[: system.n_units, :-1])
    if units.size:
        chosen[np.arange(len(units)), units.argmax(axis=1)] = True
    return chosen & system.support


def _kept(system: CompactForm) -> BoolArray:
    """The weights that may not go: the constants, the largest of each unit, and the last use of each unit."""
    kept = largest_weights(system)
    kept[:, -1] = True
    uses = system.support[:, system.n_inputs : -1]
    kept[:, system.n_inputs : -1] |= uses & (uses.sum(axis=0) == 1)
    return kept


def all_used(system: CompactForm) -> bool:
    """Whether each unit is used by another one or an output.

    Args:
        system: the network.

    Returns:
        Whether its free weights allow it.
    """
    return bool(system.support[:, system.n_inputs : -1].any(axis=0).all())


def damped_inverse(second: FloatArray, free: BoolArray) -> FloatArray:
    """The inverse of a second derivative on the free weights; 0 elsewhere.

    Args:
        second: `(n, n)`, the second derivative.
        free: `(n,)`, which weights are.

    Returns:
        `(n, n)`.
    """
    inverse = np.zeros_like(second)
    part = second[np.ix_(free, free)]
    part[np.diag_indices_from(part)] += SINGULAR * max(float(np.trace(part)) / len(part), 1e-300)
    inverse[np.ix_(free, free)] = cho_solve(cho_factor(part), np.eye(len(part)))
    return inverse
