"""The choice of ridge and size by rows that are left out of the whole search."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from joblib import Parallel, delayed

from prelu_rules.losses.link import ClassLink
from prelu_rules.losses.loss import Loss
from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.both_ways import both_ways
from prelu_rules.refine.choice import not_worse
from prelu_rules.refine.curvature import Task
from prelu_rules.refine.refit import improved, refit
from prelu_rules.refine.shape import Shape
from prelu_rules.refine.threads import single_blas_thread
from prelu_rules.rows.rows import Rows
from prelu_rules.search.settings import MOST_UNITS
from prelu_rules.tolerances import OUTPUT_MARGIN
from prelu_rules.values import FloatArray, IntArray

FIRST = 2
"""After this size, and after each of `SIZES`, the search goes on with the ridge that is best by then."""

CLOSE = 30.0
"""After the first search, ridges are tried that differ from the best one by less than this factor."""

SIZES = (*range(5, MOST_UNITS, 2), MOST_UNITS)
"""Without a limit, growth goes on from one of these sizes to the next if its largest networks are clearly the best."""

CLEARLY_WORSE = 2.0
"""Sizes are clearly worse than larger ones by so many standard errors."""

LEADING = 1.0
"""In the end, shapes are given up whose best networks are worse than those of another shape by more standard errors."""

ENOUGH = 100
"""On fewer rows no shape is given up: a few that are certain of their class would decide."""

MISSED = 0.15
"""A search without some rows has missed what another start leads to if its objective is higher by this share."""


class Variant(NamedTuple):
    """A way to search.

    Attributes:
        ridge: the penalty.
        shape: what bends may use.
    """

    ridge: float
    shape: Shape


class Part(NamedTuple):
    """A part of the rows that is left out of a search.

    Attributes:
        train: the rows to learn from.
        held: `(n,)`, the indices of the rows that are left out, among all that are.
    """

    train: Task
    held: IntArray


Found = Sequence[Sequence[CompactForm]]
"""For each part, networks with 0, 1, 2, ... units."""

Networks = Mapping[Variant, Found]
"""For each variant, what was found with it."""


@dataclass(frozen=True)
class Trials:
    """Searches without each part of the rows.

    Attributes:
        networks: for each variant, for each part, networks with 0, 1, 2, ... units.
        outputs: for each variant and size, `(n_held, n_outputs)`, of networks that had not seen the rows.
        losses: for each variant and size, `(n_held,)`.
        weights: `(n_held,)`, of the rows.
    """

    networks: Networks
    outputs: Mapping[tuple[Variant, int], FloatArray]
    losses: Mapping[tuple[Variant, int], FloatArray]
    weights: FloatArray

    @property
    def ridge(self) -> float:
        """The ridge of the smallest mean loss over all variants and sizes."""
        return min(self.losses, key=self._mean)[0].ridge

    @property
    def most(self) -> int:
        """The largest size."""
        return max(size for _, size in self.losses)

    def n_sizes(self, variant: Variant) -> int:
        """The number of sizes, from no units on, that were found without each part.

        Args:
            variant: the way of the search.

        Returns:
            At least 1.
        """
        return min(map(len, self.networks[variant]))

    def of_size(self, variant: Variant, size: int) -> list[CompactForm]:
        """What was found without each part.

        Args:
            variant: the way of the search.
            size: the number of units.

        Returns:
            At most one network for each part.
        """
        return [found[size] for found in self.networks[variant] if size < len(found)]

    def started_from(
        self, networks: Mapping[Shape, Sequence[CompactForm]], parts: Sequence[Part], held: Rows
    ) -> Trials:
        """The trials, with networks that a search without a part could have found.

        A search on all rows may have found what one without a part missed by chance, which says nothing against the
        size. So its networks are refitted without the part, and kept where they are better on the other rows.

        Args:
            networks: for each shape, networks with 0, 1, 2, ... units, found on all rows.
            parts: what was left out.
            held: the rows.

        Returns:
            Trials with networks that fit the rows without each part at least as well.
        """
        better = {}
        for variant, found in self.networks.items():
            starts = networks[variant.shape]
            tasks = [replace(part.train, ridge=variant.ridge) for part in parts]
            better[variant] = [
                [improved(one, starts[k : k + 1], task, MISSED) for k, one in enumerate(own)]
                for own, task in zip(found, tasks, strict=True)
            ]
        return _judged(better, parts, held)

    def shapes(self, size: int) -> list[Shape]:
        """The shapes whose networks of a size are not clearly worse than those of another one.

        Args:
            size: the number of units.

        Returns:
            At least one shape, in the order of the variants.
        """
        variants = [
            variant for variant in self.networks if variant.ridge == self.ridge and size < self.n_sizes(variant)
        ]
        if np.count_nonzero(self.weights) < ENOUGH:
            return [variant.shape for variant in variants]
        losses = {place: self.losses[variant, size] for place, variant in enumerate(variants)}
        return [variants[place].shape for place in not_worse(losses, self.weights, CLEARLY_WORSE)]

    def of_leading_shapes(self, standard_errors: float, kept: Collection[Shape] = ()) -> Trials:
        """The trials without shapes whose best networks are clearly worse than those of another shape.

        Args:
            standard_errors: how many of them make a difference clear.
            kept: shapes that are kept in any case.

        Returns:
            The trials of at least one shape; of all shapes if there are few rows.
        """
        if np.count_nonzero(self.weights) < ENOUGH:
            return self
        variants = list(self.networks)
        losses = self._best_of_each(variants)
        leading = {variants[place].shape for place in not_worse(losses, self.weights, standard_errors)}
        return self.of_shapes(leading | set(kept))

    def of_shapes(self, shapes: Collection[Shape]) -> Trials:
        """The trials of some shapes only.

        Args:
            shapes: those to keep.

        Returns:
            Trials without the others.
        """
        return replace(self, networks={v: found for v, found in self.networks.items() if v.shape in shapes})._pruned()

    def largest_are_best(self) -> bool:
        """Whether one of the two largest sizes is clearly better than all smaller ones, or the largest one is taken."""
        return self.enough(CLEARLY_WORSE) > self.most - 2 or self.enough() == self.most

    def enough(self, standard_errors: float = 1.0) -> int:
        """The smallest size that is not clearly worse than another one.

        Args:
            standard_errors: how many of them make a difference clear.

        Returns:
            The number of units.
        """
        sizes = {size: self._best([key for key in self.losses if key[1] == size]) for _, size in self.losses}
        return not_worse(sizes, self.weights, standard_errors)[0]

    def with_others(self, others: Trials) -> Trials:
        """The trials of the ridge that was chosen, and those of other shapes.

        Args:
            others: trials with this ridge.

        Returns:
            Trials with one ridge.
        """
        ridge = self.ridge
        mine = replace(self, networks={v: networks for v, networks in self.networks.items() if v.ridge == ridge})
        mine = mine._pruned()
        return Trials(
            {**mine.networks, **others.networks},
            {**mine.outputs, **others.outputs},
            {**mine.losses, **others.losses},
            self.weights,
        )

    def of_first_shape_if_enough(self) -> Trials:
        """The trials of the first shape, or those of all shapes if another one is clearly better.

        Returns:
            The trials of the first shape only; or all of them, in the opposite order.
        """
        variants = list(self.networks)
        if 0 in not_worse(self._best_of_each(variants), self.weights, CLEARLY_WORSE):
            variants = variants[:1]
        return replace(self, networks={variant: self.networks[variant] for variant in reversed(variants)})._pruned()

    def _pruned(self) -> Trials:
        """The trials without outputs and losses of variants that have no networks here."""
        outputs = {key: found for key, found in self.outputs.items() if key[0] in self.networks}
        losses = {key: found for key, found in self.losses.items() if key[0] in self.networks}
        return replace(self, outputs=outputs, losses=losses)

    def _best_of_each(self, variants: Sequence[Variant]) -> dict[int, FloatArray]:
        """The losses of the best network of each variant, by its place."""
        return {
            place: self._best([key for key in self.losses if key[0] == variant])
            for place, variant in enumerate(variants)
        }

    def _best(self, keys: Sequence[tuple[Variant, int]]) -> FloatArray:
        """The losses of the best of some networks."""
        return self.losses[min(keys, key=self._mean)]

    def _mean(self, key: tuple[Variant, int]) -> float:
        return float(self.weights @ self.losses[key])


def tried(
    parts: Sequence[Part],
    held: Rows,
    ridges: Sequence[float],
    shapes: Sequence[Shape],
    limit: int | None,
    seed: int,
    n_jobs: int | None = None,
    kept: Collection[Shape] = (),
) -> Trials:
    """Search without each part of the rows, and see what the networks say about it.

    Args:
        parts: the parts.
        held: the rows that their indices are of.
        ridges: the penalties to choose from, by searches with the first of the shapes that are left.
        shapes: what bends may use. A shape that is clearly worse than another one is given up on the way.
        limit: the largest size; None to go on while rows that were left out improve.
        seed: the seed of the proposals.
        n_jobs: joblib workers; None for those of `joblib.parallel_config`, by default one. The result is the same.
        kept: shapes that are not given up; if there are any, their networks alone decide how far to grow.

    Returns:
        The networks and their outputs.
    """

    def searched(variant: Variant, most: int) -> Found:
        jobs = (
            delayed(_searched)(part.train, variant, most, [seed, place], found)
            for place, (part, found) in enumerate(zip(parts, known[variant.shape], strict=True))
        )
        return list(Parallel(n_jobs=n_jobs)(jobs))

    def with_ridges(found: Found, variant: Variant, others: Sequence[float]) -> Trials:
        networks = {variant._replace(ridge=other): _with_ridge(found, parts, variant.ridge, other) for other in others}
        return _judged(networks, parts, held)

    nothing: Found = [[] for _ in parts]
    known, ridge = dict.fromkeys(shapes, nothing), ridges[(len(ridges) - 1) // 2]
    sizes = SIZES if limit is None else (limit,)
    if len(ridges) > 1:
        first = Variant(ridge, shapes[0])
        found = searched(first, min(FIRST, sizes[0]))
        ridge = with_ridges(found, first, ridges).ridge
        known[first.shape] = found if ridge == first.ridge else nothing
    for most in sizes:
        first, *others = (Variant(ridge, shape) for shape in known)
        near = [other for other in ridges if ridge / CLOSE <= other <= ridge * CLOSE]
        trials = with_ridges(searched(first, most), first, near)
        for variant in others:
            known[variant.shape] = _with_ridge(known[variant.shape], parts, ridge, trials.ridge)
        ridge = trials.ridge
        also = {variant: searched(variant, most) for variant in (Variant(ridge, shape) for _, shape in others)}
        trials = trials.with_others(_judged(also, parts, held)).of_leading_shapes(CLEARLY_WORSE, kept)
        known = {variant.shape: found for variant, found in trials.networks.items()}
        decisive = trials.of_shapes(kept) if kept else trials
        if trials.most < most or not decisive.largest_are_best() or _is_solved(trials, held, parts[0].train.loss):
            break
    return trials.of_leading_shapes(LEADING, kept)


def _with_ridge(networks: Found, parts: Sequence[Part], before: float, ridge: float) -> Found:
    """Networks that were found with one penalty, refitted with another."""
    if ridge == before:
        return networks
    tasks = [replace(part.train, ridge=ridge) for part in parts]
    return [[refit(one, task)[0] for one in found] for found, task in zip(networks, tasks, strict=True)]


def _searched(
    task: Task, variant: Variant, most: int, seed: Sequence[int], known: Sequence[CompactForm]
) -> list[CompactForm]:
    # One thread in other processes too, so that sums are computed in the same order.
    with single_blas_thread():
        rng = np.random.default_rng([*seed, most])
        return both_ways(replace(task, ridge=variant.ridge), most, rng, variant.shape, known)


def within(outputs: FloatArray, known: FloatArray) -> FloatArray:
    """Outputs within the range of known ones, widened by `OUTPUT_MARGIN` of it.

    A single row far outside of what training saw would decide alone otherwise. Estimators bound their outputs, too.

    Args:
        outputs: `(n_rows, n_outputs)`.
        known: `(n_known, n_outputs)`.

    Returns:
        `(n_rows, n_outputs)`; what is not a number stays so.

    Example:
        >>> within(np.array([[-5.0], [0.5], [9.0]]), np.array([[0.0], [1.0]])).round(3).tolist()
        [[-0.1], [0.5], [1.1]]
    """
    lower, upper = known.min(axis=0), known.max(axis=0)
    margin = OUTPUT_MARGIN * (upper - lower)
    return np.clip(outputs, lower - margin, upper + margin)


def _is_solved(trials: Trials, held: Rows, loss: Loss) -> bool:
    """Whether some networks know the class of every row, so that larger ones are only more confident."""
    link = loss.link
    return isinstance(link, ClassLink) and any((link.decide(said) == held.y).all() for said in trials.outputs.values())


def _judged(networks: Networks, parts: Sequence[Part], held: Rows) -> Trials:
    loss = parts[0].train.loss
    # Rows in no part, because they have too much of the weight, do not choose.
    there = np.unique(np.concatenate([part.held for part in parts]))
    weights = np.zeros(len(held.y))
    weights[there] = held.weights[there] / held.weights[there].sum()
    outputs: dict[tuple[Variant, int], FloatArray] = {}
    for variant, paths in networks.items():
        for size in range(min(map(len, paths))):
            found = np.zeros((len(held.y), paths[0][0].n_outputs))
            for path, part in zip(paths, parts, strict=True):
                said = path[size].predict(held.x[part.held])
                found[part.held] = said if loss.of_classes else within(said, part.train.y)
            outputs[variant, size] = found
    losses = {key: loss.rows(found, held.y) for key, found in outputs.items()}
    return Trials(networks, outputs, losses, weights)
