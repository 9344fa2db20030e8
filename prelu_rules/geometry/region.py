"""A linear region: the inputs with one activation pattern, on which the network is affine."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from prelu_rules.domains.domain import Domain
from prelu_rules.domains.frame import Frame
from prelu_rules.domains.linear_program import CellProgram
from prelu_rules.errors import InvalidValueError
from prelu_rules.geometry.cells import Patterns
from prelu_rules.geometry.facets import facets
from prelu_rules.geometry.patterns import pre_activations_on
from prelu_rules.geometry.planar.polygon_facets import polygon_facets
from prelu_rules.geometry.planar.polygons import PlanarPatterns
from prelu_rules.geometry.planar.region_polygons import RegionPolygons
from prelu_rules.network.affine import AffineMap
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.tolerances import CUT
from prelu_rules.values import BoolArray, FloatArray, IntArray, Shown


class RegionBatch:
    """Regions that were found together, as a few arrays; see `RegionStream.batches`.

    Args:
        form: the network.
        domain: the domain that was searched; None for all inputs.
        frame: its coordinates.
        patterns: the activation patterns; `tight` has no columns if no corners of the cells are known.
        counts: `(n_patterns,)`, how many rows lie in each region; None if no rows were given.
        planar: the patterns with the corners of their cells, if these were found as polygons.
    """

    def __init__(
        self,
        form: NormalForm,
        domain: Domain | None,
        frame: Frame,
        patterns: Patterns,
        counts: IntArray | None = None,
        planar: PlanarPatterns | None = None,
    ) -> None:
        self.form, self.domain, self.frame, self.patterns, self.counts = form, domain, frame, patterns, counts
        self._planar = planar

    @classmethod
    def of_planar(cls, form: NormalForm, domain: Domain | None, frame: Frame, planar: PlanarPatterns) -> RegionBatch:
        """The regions of patterns that were found as polygons."""
        none = np.empty((len(planar), 0), dtype=np.intp)
        return cls(form, domain, frame, Patterns(planar.signs, planar.decides, planar.outputs, none), None, planar)

    def __len__(self) -> int:
        return len(self.patterns.signs)

    def part(self, start: int, stop: int) -> RegionBatch:
        """The regions from number `start` up to, and without, `stop`."""
        own, all_of = slice(start, stop), self.patterns
        patterns = Patterns(all_of.signs[own], all_of.decides[own], all_of.outputs[own], all_of.tight[own])
        counts = None if self.counts is None else self.counts[start:stop]
        planar = None if self._planar is None else self._planar.part(start, stop)
        return RegionBatch(self.form, self.domain, self.frame, patterns, counts, planar)

    @property
    def signs(self) -> BoolArray:
        """`(n_regions, n_units)` bool, True where the unit's pre-activation is non-negative."""
        return self.patterns.signs

    @property
    def coef(self) -> FloatArray:
        """`(n_regions, n_outputs, n_inputs)`, the gradient of each output."""
        return self.patterns.outputs[:, :, :-1]

    @property
    def intercept(self) -> FloatArray:
        """`(n_regions, n_outputs)`, the constant of each output."""
        return self.patterns.outputs[:, :, -1]

    @cached_property
    def polygons(self) -> RegionPolygons:
        """The vertices and areas of the regions.

        Raises:
            InvalidValueError: if they were not found as polygons.
        """
        if self._planar is None:
            raise InvalidValueError(
                "the regions were not found as polygons; use the method 'polygons', on a domain of two dimensions."
            )
        return RegionPolygons.of_patterns(self._planar, self.frame)

    @cached_property
    def _facets(self) -> tuple[IntArray, FloatArray, FloatArray]:
        """Where the conditions of each region start, and all of them as `G x <= h`."""
        if self._planar is not None:
            bounds, functions = polygon_facets(self.form, self.frame, self._planar)
        elif self.patterns.tight.shape[1]:
            bounds, functions = facets(self.form, self.frame, self.patterns)
        else:
            bounds, functions = self._facets_by_linear_programs()
        ends = np.cumsum(bounds.sum(axis=1))
        # Negative where the sign is negative, and positive where it is not.
        functions *= np.where(self.patterns.signs[bounds], -1.0, 1.0)[:, None]
        return np.concatenate([[0], ends]), functions[:, :-1], -functions[:, -1]

    def _facets_by_linear_programs(self) -> tuple[BoolArray, FloatArray]:
        bounds = np.zeros_like(self.patterns.decides)
        functions = []
        for number, decides in enumerate(self.patterns.decides):
            halfspaces = self.halfspaces(number)
            cell = CellProgram(self.frame)
            for row in halfspaces:
                cell.push(row[:-1], float(row[-1]))
            # From last to first, so that of two equal rows the first remains.
            for place, unit in reversed(list(enumerate(np.flatnonzero(decides)))):
                cell.relax(place)
                row = halfspaces[place]
                bounds[number, unit] = cell.reach(-row[:-1], -float(row[-1])) > CUT
                if bounds[number, unit]:
                    cell.restore(place)
            signs = np.where(self.patterns.signs[number][decides], 1.0, -1.0)
            functions.append((signs[:, None] * halfspaces)[bounds[number][decides]])
        return bounds, np.vstack(functions)

    def halfspaces(self, number: int) -> FloatArray:
        """See `Region.halfspaces`."""
        signs, decides = self.patterns.signs[number], self.patterns.decides[number]
        rows = pre_activations_on(self.form, signs).astype(np.float64)
        return (np.where(signs, 1.0, -1.0)[:, None] * rows)[decides]

    def conditions(self, number: int) -> tuple[FloatArray, FloatArray]:
        """See `Region.conditions`."""
        starts, coef, limit = self._facets
        part = slice(starts[number], starts[number + 1])
        return coef[part], limit[part]


@dataclass(frozen=True, eq=False, slots=True)
class Region(Shown):
    """A set of inputs with one activation pattern, on which the network is affine.

    It is a view of the batch that it was found in, so that a stream of regions is cheap.

    Attributes:
        batch: the regions that were found together.
        number: its index in the batch.
    """

    batch: RegionBatch
    number: int

    def _summary(self) -> str:
        n_outputs, n_inputs = self.coef.shape
        rows = "" if self.count is None else f", {self.count} rows"
        return f"{self.pattern.sum()} of {len(self.pattern)} units on, {n_inputs} inputs -> {n_outputs} outputs{rows}"

    @property
    def pattern(self) -> BoolArray:
        """`(n_units,)` bool, True where the unit's pre-activation is non-negative."""
        return self.batch.patterns.signs[self.number]

    @property
    def coef(self) -> FloatArray:
        """`(n_outputs, n_inputs)`, the gradient of each output."""
        return self.batch.patterns.outputs[self.number, :, :-1]

    @property
    def intercept(self) -> FloatArray:
        """`(n_outputs,)`, the constant of each output."""
        return self.batch.patterns.outputs[self.number, :, -1]

    @property
    def outputs(self) -> AffineMap:
        """The affine map, `n_inputs -> n_outputs`."""
        return AffineMap(self.coef, self.intercept)

    @property
    def domain(self) -> Domain | None:
        """The domain that was searched; None for all inputs."""
        return self.batch.domain

    @property
    def count(self) -> int | None:
        """How many of the given rows lie in the region; None if no rows were given."""
        return None if self.batch.counts is None else int(self.batch.counts[self.number])

    @property
    def halfspaces(self) -> FloatArray:
        """`(n_halfspaces, n_inputs + 1)`, weights and constants of sums that are `>= 0` in the region.

        Together with the domain they describe the region, but some may be implied by others.
        """
        return self.batch.halfspaces(self.number)

    def conditions(self) -> tuple[FloatArray, FloatArray]:
        """The fewest inequalities `G x <= h` that describe the region inside the domain.

        Bounds of the domain, and what they imply, are not repeated. Of inequalities that imply one another, the first
        is kept. The first call computes the inequalities of all regions in the batch.

        Returns:
            `G`, `(n_conditions, n_inputs)`, and `h`, `(n_conditions,)`, in the order of the units.

        Raises:
            SolverError: if the linear programming solver fails.

        Example:
            Four bends on a line, of which a region needs at most two:

            >>> from prelu_rules.geometry.regions import linear_regions
            >>> form = NormalForm(
            ...     A=[[1]] * 4, B=np.zeros((4, 4)), b=[0, -1, -2, -3], C=[[0]], D=[[1] * 4], e=[0], slopes=[0] * 4
            ... )
            >>> [len(region.conditions()[1]) for region in linear_regions(form)]
            [1, 2, 2, 2, 1]
        """
        return self.batch.conditions(self.number)
