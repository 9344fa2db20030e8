"""The linear regions of a network: where it is one affine map, one region at a time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from prelu_rules.affine import AffineMap
from prelu_rules.errors import InvalidValueError, LimitError, ShapeError
from prelu_rules.geometry.box import Box
from prelu_rules.geometry.linear_program import CellProgram
from prelu_rules.geometry.patterns import ReachablePattern, reachable_patterns
from prelu_rules.geometry.polygons import polygon_patterns
from prelu_rules.normal_form import NormalForm
from prelu_rules.tolerances import CUT
from prelu_rules.values import BoolArray, FloatArray, Value

CHUNK = 16384

Method = Literal["auto", "linear programs", "polygons", "data"]


@dataclass(frozen=True, eq=False)
class Region(Value):
    """A set of inputs with one activation pattern, on which the network is one affine map.

    Attributes:
        pattern: `(n_units,)` bool, True where the unit's pre-activation is non-negative.
        outputs: the affine map, `n_inputs -> n_outputs`.
        halfspaces: `(n_halfspaces, n_inputs + 1)`, weights and constant of sums that are `>= 0` in the region; with the
            domain they describe it, but some may be implied by others.
        domain: the box that the region was looked for in; None for all inputs.
        count: how many of the given rows lie in the region; None where there were none.
    """

    pattern: BoolArray
    outputs: AffineMap
    halfspaces: FloatArray
    domain: Box | None = None
    count: int | None = None

    @property
    def coef(self) -> FloatArray:
        """`(n_outputs, n_inputs)`, the gradient of each output."""
        return self.outputs.coef

    @property
    def intercept(self) -> FloatArray:
        """`(n_outputs,)`."""
        return self.outputs.intercept

    def conditions(self) -> tuple[FloatArray, FloatArray]:
        """The fewest inequalities `G x <= h` that describe the region inside the domain.

        Bounds of the domain, and what they imply, are not repeated. Of inequalities that imply one another the first is
        kept.

        Returns:
            `G`, `(n_conditions, n_inputs)`, and `h`, `(n_conditions,)`, in the order of the units.

        Raises:
            SolverError: if the linear programming solver fails.

        Example:
            Four bends on a line, of which a region needs two at the most:

            >>> form = NormalForm(
            ...     A=[[1]] * 4, B=np.zeros((4, 4)), b=[0, -1, -2, -3], C=[[0]], D=[[1] * 4], e=[0], slopes=[0] * 4
            ... )
            >>> [len(region.conditions()[1]) for region in linear_regions(form)]
            [1, 2, 2, 2, 1]
        """
        cell = CellProgram(self.domain, self.halfspaces.shape[1] - 1)
        for row in self.halfspaces:
            cell.push(row[:-1], float(row[-1]))
        kept = np.ones(len(self.halfspaces), dtype=bool)
        # From the last to the first, so that of two equal ones the first stays.
        for k in reversed(range(len(kept))):
            cell.relax(k)
            row = self.halfspaces[k]
            kept[k] = cell.reach(-row[:-1], -float(row[-1])) > CUT
            if kept[k]:
                cell.restore(k)
        return -self.halfspaces[kept, :-1], self.halfspaces[kept, -1]


def linear_regions(
    form: NormalForm,
    domain: Box | None = None,
    *,
    method: Method = "auto",
    rows: npt.ArrayLike | None = None,
    max_regions: int | None = None,
    time_limit: float | None = None,
) -> Iterator[Region]:
    """The full-dimensional linear regions of a network, in a stream.

    Args:
        form: the network.
        domain: the box to look in; None for all inputs.
        method: "linear programs" searches depth first with a few linear programs per region; "polygons" clips many
            polygons at once, for two inputs and a rectangle; "data" finds only the regions that `rows` occupy,
            whatever the dimension; "auto" takes "data" if there are rows, and else the fastest that is possible.
        rows: `(n_rows, n_inputs)`, for "data".
        max_regions: the most regions to yield.
        time_limit: the most seconds to take.

    Yields:
        Regions; with linear programs depth first, the negative side of each unit before the other, for "data" the
        regions with most rows first. Their interiors are disjoint.

    Raises:
        InvalidValueError: if `method` is another word, or rows are missing, or given in vain.
        ShapeError: if the domain or the rows have another dimension than the form has inputs.
        LimitError: once a limit is reached and there are more regions; those before it have been yielded.
        SolverError: if the linear programming solver fails.

    Example:
        >>> form = NormalForm.from_layers([np.eye(2), [[1.0], [1.0]]], [[0, 0], [0]], [[0, 0]])
        >>> sorted(region.coef.tolist() for region in linear_regions(form, Box([-1, -1], [1, 1])))
        [[[0.0, 0.0]], [[0.0, 1.0]], [[1.0, 0.0]], [[1.0, 1.0]]]
    """
    if method not in get_args(Method):
        raise InvalidValueError(f"method is {method!r}; it must be one of {', '.join(get_args(Method))}.")
    if (method == "data" and rows is None) or (method in ("linear programs", "polygons") and rows is not None):
        raise InvalidValueError(f"method {method!r} {'needs' if rows is None else 'takes no'} rows.")
    for name, limit in (("max_regions", max_regions), ("time_limit", time_limit)):
        if limit is not None and not limit > 0:
            raise InvalidValueError(f"{name} is {limit}; it must be above 0.")
    if domain is not None and domain.n_inputs != form.n_inputs:
        raise ShapeError(f"the domain has {domain.n_inputs} dimensions, but the network has {form.n_inputs} inputs.")
    if rows is not None:
        return _limited(_occupied(form, domain, rows), max_regions, time_limit)
    rectangle = domain if form.n_inputs == 2 and form.A.dtype != object else None
    if rectangle is None and method == "polygons":
        raise InvalidValueError("method 'polygons' needs two inputs, a box and floats; use 'linear programs'.")
    if rectangle is not None and method != "linear programs" and (rectangle.lower < rectangle.upper).all():
        found = _searched(form, domain, polygon_patterns(form, rectangle))
    else:
        found = _searched(form, domain, reachable_patterns(form, domain))
    return _limited(found, max_regions, time_limit)


def _limited(regions: Iterator[Region], max_regions: int | None, time_limit: float | None) -> Iterator[Region]:
    start = time.monotonic()
    for number, region in enumerate(regions):
        if max_regions is not None and number >= max_regions:
            raise LimitError(
                f"there are more than max_regions={max_regions} regions; raise it or take a smaller domain."
            )
        if time_limit is not None and time.monotonic() - start > time_limit:
            raise LimitError(
                f"time_limit={time_limit} seconds were over after {number} regions; raise it or take a smaller domain."
            )
        yield region


def _searched(form: NormalForm, domain: Box | None, patterns: Iterator[ReachablePattern]) -> Iterator[Region]:
    for pattern in patterns:
        signs = np.where(pattern.signs, 1.0, -1.0)[pattern.decides]
        halfspaces = signs[:, None] * pattern.pre_activations[pattern.decides]
        yield Region(pattern.signs, form.affine_on(pattern.signs)[1], halfspaces, domain)


def _occupied(form: NormalForm, domain: Box | None, rows: npt.ArrayLike) -> Iterator[Region]:
    x = np.atleast_2d(np.asarray(rows))
    if domain is not None:
        x = x[domain.contains(x)]
    _, first, counts = np.unique(_keys(form, x), axis=0, return_index=True, return_counts=True)
    for k in np.argsort(-counts, kind="stable"):
        pattern = form.pattern(x[first[k]])
        z, outputs = form.affine_on(pattern)
        signs = np.where(pattern, 1.0, -1.0)
        halfspaces = signs[:, None] * np.hstack([z.coef, z.intercept[:, None]])
        yield Region(pattern, outputs, halfspaces, domain, int(counts[k]))


def _keys(form: NormalForm, x: npt.NDArray[Any]) -> npt.NDArray[np.uint64]:
    """The pattern of each row as a few whole numbers, 64 units in each; one number a row is sorted fastest."""
    words = max(1, -(-form.n_units // 64))
    keys = np.zeros((len(x), 8 * words), dtype=np.uint8)
    # Rows in chunks, so that the activations of a million rows are never held at once.
    for start in range(0, len(x), CHUNK):
        packed = np.packbits(form.pattern(x[start : start + CHUNK]), axis=1)
        keys[start : start + CHUNK, : packed.shape[1]] = packed
    return keys.view(np.uint64) if words > 1 else keys.view(np.uint64)[:, 0]
