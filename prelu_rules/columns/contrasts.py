"""Which indicators a network is trained on: not that of the reference, and one for all rare levels together.

A cell has exactly one level, so the effect of one of them, the reference, can go into the constant, and the others have
what they differ by ("treatment contrasts"). Levels that few rows have share one effect. The trained network is written
for all features again: the weight of the reference is 0, and those of rare levels are equal.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from prelu_rules.columns.column import Column
from prelu_rules.columns.substitutes import is_rare, row_counts
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.values import Array, FloatArray, IntArray, Value

REFERENCE = -1
"""The place of features that a network does not see."""


@dataclass(frozen=True, eq=False)
class Contrasts(Value):
    """The inputs of a network that is trained on encoded rows.

    Attributes:
        places: `(n_features,)` int, the input of each feature, which features may share; -1 for those that have none.

    Example:
        >>> x = np.repeat(np.eye(3), [50, 30, 20], axis=0)
        >>> contrasts = Contrasts.of_rows([Column("kind", "category", ("farm", "home", "shop"))], x, np.ones(100))
        >>> contrasts.places, contrasts.inputs(np.eye(3)).tolist()
        (array([-1,  0,  1]), [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    """

    places: IntArray

    @classmethod
    def of_rows(cls, columns: Sequence[Column], x: FloatArray, weights: FloatArray) -> Contrasts:
        """The contrasts for the states that are frequent in rows.

        The most frequent state of a category (a level, or that it is missing) is its reference, and "no" that of yes
        and no. Rare states, see `columns.substitutes`, share an input; if they are rare even together, they count as
        the most frequent state.

        Args:
            columns: the columns.
            x: `(n_rows, n_features)`, encoded rows.
            weights: `(n_rows,)`, positive.

        Returns:
            The contrasts. If no feature differs between rows, each has its own input.
        """
        counts, found, start, width = row_counts(weights), [], 0, 0
        for column in columns:
            stop = start + len(column.features)
            mine = _places(column, x[:, start:stop], counts)
            found += [REFERENCE if place == REFERENCE else width + place for place in mine]
            width += max(mine) + 1
            start = stop
        return cls(np.array(found if width else range(len(found)), dtype=np.intp))

    @property
    def n_inputs(self) -> int:
        """The number of inputs."""
        return int(self.places.max(initial=-1)) + 1

    @property
    def is_identity(self) -> bool:
        """Whether each feature has its own input."""
        return bool((self.places == np.arange(len(self.places))).all())

    def inputs(self, x: FloatArray) -> FloatArray:
        """What the network sees of rows.

        Args:
            x: `(n_rows, n_features)`, encoded rows.

        Returns:
            `(n_rows, n_inputs)`.
        """
        result = np.zeros((len(x), self.n_inputs))
        for place, feature in zip(self.places.tolist(), x.T, strict=True):
            if place != REFERENCE:
                result[:, place] += feature
        return result

    def unfolded(self, form: NormalForm) -> NormalForm:
        """Convert a network into one for encoded rows.

        Args:
            form: a network for rows as `inputs` returns them.

        Returns:
            The same function of encoded rows.

        Example:
            >>> form = NormalForm(np.zeros((0, 1)), np.zeros((0, 0)), [], [[7.0]], np.zeros((1, 0)), [1.0], [])
            >>> Contrasts(np.array([0, -1, 0])).unfolded(form).C
            array([[7., 0., 7.]])
        """
        return form if self.is_identity else replace(form, A=self.unfolded_rows(form.A), C=self.unfolded_rows(form.C))

    def unfolded_rows(self, weights: Array) -> Array:
        """Convert weights of inputs into weights of features.

        Args:
            weights: `(n, n_inputs)`.

        Returns:
            `(n, n_features)`; each row gives the same sum as before.
        """
        result = np.zeros((len(weights), len(self.places)), dtype=weights.dtype)
        seen = self.places != REFERENCE
        result[:, seen] = weights[:, self.places[seen]]
        return result


def _places(column: Column, features: FloatArray, counts: FloatArray) -> list[int]:
    """The inputs of the features of a column, counted from 0."""
    if column.kind in ("number", "integer"):
        return list(range(len(column.features)))
    sizes = [math.fsum(counts[one == 1]) for one in features.T]
    n_all = math.fsum(counts)
    # Yes or no: the first state is no, which has no feature.
    states = sizes if column.kind == "category" else [n_all - math.fsum(sizes), *sizes]
    groups = _groups(states, n_all)
    if column.kind == "category":
        return _numbered(groups, groups[int(np.argmax(np.round(np.array(states) / n_all, 9)))])
    return _numbered(groups[1:], groups[0])


def _groups(states: Sequence[float], n_all: float) -> list[int]:
    """A number for each state, which those share that have one effect."""
    # Shares are compared without their last digits, which depend on the order of the rows.
    most = int(np.argmax(np.round(np.array(states) / n_all, 9)))
    rare = [k for k, size in enumerate(states) if is_rare(size, n_all)]
    together = math.fsum(states[k] for k in rare)
    joint = most if is_rare(together, n_all) else min(rare, default=most)
    return [joint if k in rare else k for k in range(len(states))]


def _numbered(groups: Sequence[int], reference: int) -> list[int]:
    """The groups counted from 0 in their order, without the reference."""
    places: dict[int, int] = {}
    return [REFERENCE if group == reference else places.setdefault(group, len(places)) for group in groups]
