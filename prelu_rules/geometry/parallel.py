"""The search for activation patterns in several threads, processes or machines, through joblib."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import joblib
import numpy as np

from prelu_rules.domains.frame import Frame
from prelu_rules.errors import InvalidValueError
from prelu_rules.geometry.cells import Patterns
from prelu_rules.geometry.simplex import simplex_patterns
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.values import BoolArray, FloatArray

TASKS_PER_JOB = 16
"""Subtrees per worker: enough that a worker that finishes early takes over work from the others."""

GROUP_PER_JOB = 4
"""Subtrees per worker that are dispatched together."""


def parallel_patterns(
    form: NormalForm, frame: Frame, n_jobs: int | None = None, negligible: FloatArray | None = None
) -> Iterator[Patterns]:
    """The activation patterns of a domain, found by several workers.

    The tree of signs is cut after the first few units; each subtree is a task. The patterns come in the order in which
    a single worker would find them. By default the workers are threads, since the compiled search does not hold
    Python's lock: nothing is copied, and no process has to start. It pays from some 100,000 patterns on.

    Args:
        form: the network, in float64.
        frame: a domain of at least one dimension.
        n_jobs: as for joblib; None for one, or the setting of a `joblib.parallel_config` around the call.
        negligible: `(n_units,)`, see `simplex_patterns`.

    Yields:
        Batches of patterns.

    Raises:
        InvalidValueError: if `n_jobs` is 0.
        SolverError: if rounding errors keep the simplex method from converging.

    Example:
        >>> from prelu_rules.domains.box import Box
        >>> form = NormalForm(A=[[1], [1]], B=np.zeros((2, 2)), b=[0, -1], C=[[0]], D=[[1, 1]], e=[0], slopes=[0, 0])
        >>> [batch.signs.astype(int).tolist() for batch in parallel_patterns(form, Frame.of_box(Box([-3], [3])))]
        [[[0, 0], [1, 0], [1, 1]]]
    """
    if n_jobs == 0:
        raise InvalidValueError("n_jobs is 0; give a number of workers, -1 for all cores, or None.")
    n_workers = joblib.effective_n_jobs(n_jobs)
    if n_workers == 1:
        return simplex_patterns(form, frame, None, negligible)
    return _in_groups(form, frame, n_jobs, n_workers, negligible)


def _in_groups(
    form: NormalForm, frame: Frame, n_jobs: int | None, n_workers: int, negligible: FloatArray | None
) -> Iterator[Patterns]:
    prefixes = _prefixes(form, frame, n_workers, negligible)
    # Group by group, so that a reader who stops early leaves no work behind, and memory use is bounded.
    with joblib.Parallel(n_jobs=n_jobs, prefer="threads") as parallel:
        for start in range(0, len(prefixes), GROUP_PER_JOB * n_workers):
            group = prefixes[start : start + GROUP_PER_JOB * n_workers]
            for subtree in parallel(joblib.delayed(_subtree)(form, frame, prefix, negligible) for prefix in group):
                yield from subtree


def _subtree(form: NormalForm, frame: Frame, prefix: BoolArray, negligible: FloatArray | None) -> list[Patterns]:
    return [patterns for patterns in simplex_patterns(form, frame, prefix, negligible) if len(patterns.signs)]


def _prefixes(form: NormalForm, frame: Frame, n_workers: int, negligible: FloatArray | None) -> BoolArray:
    """Signs of the first units, of as few units as make enough subtrees."""
    prefixes = np.zeros((1, 0), dtype=bool)
    for n_first in range(1, form.n_units + 1):
        if len(prefixes) >= TASKS_PER_JOB * n_workers:
            break
        first = _first_units(form, n_first)
        matters = None if negligible is None else negligible[:n_first]
        prefixes = np.vstack([patterns.signs for patterns in simplex_patterns(first, frame, None, matters)])
    return prefixes


def _first_units(form: NormalForm, n_first: int) -> NormalForm:
    return replace(
        form,
        A=form.A[:n_first],
        B=form.B[:n_first, :n_first],
        b=form.b[:n_first],
        D=form.D[:, :n_first],
        slopes=form.slopes[:n_first],
        labels=form.labels[:n_first],
    )
