"""Sparser versions of networks of several sizes, computed in parallel by joblib; does not load Keras."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from joblib import Parallel, delayed

from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.curvature import Task
from prelu_rules.refine.sparsification import sparsify, sparsify_around
from prelu_rules.refine.threads import single_blas_thread

Levels = list[list[CompactForm]]
"""For each size, networks with ever fewer numbers."""


def sparsified_levels(
    systems: Sequence[CompactForm],
    task: Task,
    n_jobs: int | None = None,
    criterion: Callable[[CompactForm, Task], float] | None = None,
) -> Levels:
    """Sparsify each network; see `sparsify`.

    Args:
        systems: one for each size.
        task: the rows that they are fitted to.
        n_jobs: joblib workers; None for those of `joblib.parallel_config`, by default one. The result is the same.
        criterion: a function of its module, of a network and the rows; around the network that it prefers there are
            more, see `sparsify_around`.

    Returns:
        For each network, the refitted network itself and sparser ones.

    Example:
        >>> import numpy as np
        >>> from prelu_rules.losses.squared import Squared
        >>> task = Task(np.eye(3), np.ones((3, 1)), np.full(3, 1 / 3), Squared(), 1e-9)
        >>> start = CompactForm(np.ones((1, 4)), np.ones((1, 4), dtype=bool), 3)
        >>> [system.n_numbers for system in sparsified_levels([start], task)[0]]
        [4, 3, 2, 1]
    """
    return list(Parallel(n_jobs=n_jobs)(delayed(_level)(system, task, criterion) for system in systems))


def _level(
    system: CompactForm, task: Task, criterion: Callable[[CompactForm, Task], float] | None
) -> list[CompactForm]:
    # One thread in other processes too, so that sums are computed in the same order.
    with single_blas_thread():
        return list(sparsify(system, task)) if criterion is None else sparsify_around(system, task, criterion)
