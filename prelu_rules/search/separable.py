"""Classes that a network without units separates, but only with a light penalty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from prelu_rules.losses.link import ClassLink
from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.curvature import Task
from prelu_rules.refine.levels import Levels, sparsified_levels
from prelu_rules.refine.refit import refit

LIGHT = 1e-3
"""The share of the penalty that is used for classes that a network without units separates. With the full penalty it
would not be right near the boundary, and units that hardly bend would be added only to avoid the penalty."""


def separating(linear: CompactForm, tasks: Sequence[Task]) -> list[Levels]:
    """Networks without units that separate the classes only with a light penalty.

    Args:
        linear: a network without units.
        tasks: the rows to fit it to; the last are all rows.

    Returns:
        For each task, networks with ever fewer numbers, as one level; no level if a full penalty separates the classes
        as well, or a light one does not, or the targets are numbers.
    """
    everything, link = tasks[-1], tasks[-1].loss.link
    light = [replace(task, ridge=LIGHT * task.ridge) for task in tasks]
    if not isinstance(link, ClassLink):
        return [[] for _ in tasks]
    usual, lightly = (link.decide(refit(linear, task)[0].predict(everything.x)) for task in (everything, light[-1]))
    if (usual == everything.y).all() or (lightly != everything.y).any():
        return [[] for _ in tasks]
    return [sparsified_levels([linear], task) for task in light]
