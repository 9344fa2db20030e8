"""The linear regions of a network as a stream, found by the method that suits the domain."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from prelu_rules.domains.as_domain import DomainLike, as_domain
from prelu_rules.domains.domain import Domain, frame_of
from prelu_rules.domains.frame import Frame
from prelu_rules.errors import InvalidValueError, LimitError
from prelu_rules.geometry.cells import Patterns
from prelu_rules.geometry.negligible import negligible
from prelu_rules.geometry.parallel import parallel_patterns
from prelu_rules.geometry.patterns import reachable_patterns
from prelu_rules.geometry.planar.polygons import planar_patterns
from prelu_rules.geometry.region import Region, RegionBatch
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.network.reading import NetworkLike, read_network
from prelu_rules.values import Array, input_rows

CHUNK = 16384

Method = Literal["auto", "polygons", "simplex", "linear programs", "data"]


class RegionStream(Iterator[Region]):
    """An iterator of regions that knows whether it yielded all of them.

    Attributes:
        complete: True once every region has been yielded; False before, and after a limit was reached.

    Example:
        >>> form = NormalForm.from_layers([np.eye(2), [[1.0], [1.0]]], [[0, 0], [0]], [[0, 0]])
        >>> stream = linear_regions(form, max_regions=3, partial=True)
        >>> len(list(stream)), stream.complete
        (3, False)
    """

    def __init__(
        self, batches: Iterator[RegionBatch], max_regions: int | None, time_limit: float | None, partial: bool
    ) -> None:
        self.complete = False
        self._batches = self._limited(batches, max_regions, time_limit, partial)
        self._batch: RegionBatch | None = None
        self._number = 0

    def __next__(self) -> Region:
        while self._batch is None or self._number == len(self._batch):
            self._batch, self._number = next(self._batches), 0
        self._number += 1
        return Region(self._batch, self._number - 1)

    def batches(self) -> Iterator[RegionBatch]:
        """The regions that are left, many at a time, as arrays; far faster than one by one.

        A batch has the arrays `signs`, `coef` and `intercept`, and, on a domain of two dimensions, `polygons`, with the
        vertices and areas of the regions; its `len` is their number. Limits hold as for single regions: the last batch
        is cut to size.

        Yields:
            Batches of at least one region.

        Raises:
            LimitError: as the stream itself.
            SolverError: likewise.

        Example:
            >>> form = NormalForm.from_layers([np.eye(2), [[1.0], [1.0]]], [[0, 0], [0]], [[0, 0]])
            >>> (batch,) = linear_regions(form, [[-1, -1], [1, 1]]).batches()
            >>> batch.coef[:, 0].tolist(), batch.polygons.areas.tolist()
            ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [1.0, 1.0, 1.0, 1.0])
        """
        if self._batch is not None and self._number < len(self._batch):
            rest = self._batch.part(self._number, len(self._batch))
            self._batch = None
            yield rest
        self._batch = None
        yield from self._batches

    def _limited(
        self, batches: Iterator[RegionBatch], max_regions: int | None, time_limit: float | None, partial: bool
    ) -> Iterator[RegionBatch]:
        start, n_found = time.monotonic(), 0
        for batch in batches:
            late = time_limit is not None and time.monotonic() - start > time_limit
            room = len(batch) if max_regions is None else max_regions - n_found
            if not late and min(room, len(batch)):
                n_found += min(room, len(batch))
                yield batch if room >= len(batch) else batch.part(0, room)
            if late or room < len(batch):
                if partial:
                    return
                raise LimitError(
                    f"time_limit={time_limit} seconds passed after {n_found} regions; raise it, use a smaller "
                    "domain, or set partial=True."
                    if late
                    else f"there are more than max_regions={max_regions} regions; raise it, use a smaller domain, or "
                    "set partial=True."
                )
        self.complete = True


def linear_regions(
    network: NetworkLike,
    domain: DomainLike | None = None,
    *,
    method: Method = "auto",
    rows: npt.ArrayLike | None = None,
    max_regions: int | None = None,
    time_limit: float | None = None,
    partial: bool = False,
    n_jobs: int | None = None,
) -> RegionStream:
    """The full-dimensional linear regions of a network, as a stream.

    Args:
        network: a `NormalForm`, a Keras model, or the path of a `.keras` file.
        domain: where to search: a `Box`, a `Polytope`, or rows or a table (then the smallest domain that contains
            them); None for all inputs. Then, in float64, bends whose directions differ by less than 1e-11 count as
            parallel, since rounding errors cannot be told from where they meet.
        method: "polygons" searches a bounded domain of two dimensions with compiled code, and is by far the fastest;
            "simplex" does so in any dimension, also on all of R^n; "linear programs" does the same with a solver, also
            for exact networks and for a single point; "data" finds only the regions that `rows` occupy, in any
            dimension; "auto" uses "data" if rows are given, and otherwise the fastest possible method. The first search
            with compiled code after an installation compiles it, which takes ten to twenty seconds.
        rows: `(n_rows, n_inputs)`, for "data".
        max_regions: the largest number of regions to yield.
        time_limit: the longest time to take, in seconds.
        partial: whether to end, rather than raise, when a limit is reached; the stream is then not `complete`.
        n_jobs: how many threads search by simplex, as for joblib; None for one, or the setting of a
            `joblib.parallel_config` around the call, which may be processes. It pays from some 100,000 regions on. The
            regions and their order do not depend on it. Polygons are always searched by one, since that is faster than
            sending them would be.

    Returns:
        An iterator of regions: depth first, the negative side of each unit first; for "data", the regions with the most
        rows first. Their interiors are disjoint.

    Raises:
        InvalidValueError: if `method` is not one of these, does not fit the domain or the rows, or the domain is empty.
        ShapeError: if the dimension of the domain or of the rows is not the number of inputs.
        LimitError: when a limit is reached and there are more regions; those found before have been yielded.
        SolverError: if the linear programming solver fails.

    Example:
        >>> from prelu_rules.domains.box import Box
        >>> form = NormalForm.from_layers([np.eye(2), [[1.0], [1.0]]], [[0, 0], [0]], [[0, 0]])
        >>> [region.coef.tolist() for region in linear_regions(form, Box([-1, -1], [1, 1]))]
        [[[0.0, 0.0]], [[0.0, 1.0]], [[1.0, 0.0]], [[1.0, 1.0]]]
    """
    if method not in get_args(Method):
        raise InvalidValueError(f"method is {method!r}; it must be one of {', '.join(get_args(Method))}.")
    if (method == "data" and rows is None) or (method not in ("auto", "data") and rows is not None):
        raise InvalidValueError(f"method {method!r} {'needs' if rows is None else 'takes no'} rows.")
    for name, limit in (("max_regions", max_regions), ("time_limit", time_limit)):
        if limit is not None and not limit > 0:
            raise InvalidValueError(f"{name} is {limit}; it must be positive.")
    form = read_network(network)
    domain = as_domain(domain, form.n_inputs)
    frame = frame_of(domain, form.n_inputs)
    walkable = frame.n_coordinates > 0 and form.A.dtype != object
    if method == "simplex" and not walkable:
        raise InvalidValueError("method 'simplex' needs floats and a domain of positive width; use 'linear programs'.")
    planar = walkable and frame.n_coordinates == 2 and bool(np.isfinite(frame.bound))
    if method == "polygons" and not planar:
        raise InvalidValueError(
            "method 'polygons' needs floats and a bounded domain of two dimensions; use 'simplex' or 'linear programs'."
        )
    if n_jobs == 0:
        raise InvalidValueError("n_jobs is 0; give a number of workers, -1 for all cores, or None.")
    if rows is not None:
        batches = _occupied(form, domain, frame, input_rows(rows, form.n_inputs)[0])
    elif planar and method in ("auto", "polygons"):
        batches = (
            RegionBatch.of_planar(form, domain, frame, found)
            for found in planar_patterns(form, frame, lambda: negligible(form, domain))
        )
    elif walkable and method != "linear programs":
        searched = parallel_patterns(form, frame, n_jobs, negligible(form, domain))
        batches = (RegionBatch(form, domain, frame, patterns) for patterns in searched)
    else:
        batches = _by_linear_programs(form, domain, frame)
    return RegionStream(batches, max_regions, time_limit, partial)


def _by_linear_programs(form: NormalForm, domain: Domain | None, frame: Frame) -> Iterator[RegionBatch]:
    for pattern in reachable_patterns(form, domain):
        yield _single(form, domain, frame, pattern.signs, pattern.decides)


def _occupied(form: NormalForm, domain: Domain | None, frame: Frame, x: Array) -> Iterator[RegionBatch]:
    if domain is not None:
        x = x[domain.contains(x)]
    _, first, counts = np.unique(_keys(form, x), axis=0, return_index=True, return_counts=True)
    for k in np.argsort(-counts, kind="stable"):
        yield _single(form, domain, frame, form.pattern(x[first[k]]), np.ones(form.n_units, dtype=bool), counts[k])


def _single(
    form: NormalForm, domain: Domain | None, frame: Frame, signs: Any, decides: Any, count: int | None = None
) -> RegionBatch:
    outputs = form.affine_on(signs)[1]
    affine = np.hstack([outputs.coef, outputs.intercept[:, None]])
    patterns = Patterns(signs[None], decides[None], affine[None], np.empty((1, 0), dtype=np.intp))
    return RegionBatch(form, domain, frame, patterns, None if count is None else np.array([count]))


def _keys(form: NormalForm, x: Array) -> npt.NDArray[np.uint64]:
    """The pattern of each row as a few integers with 64 units in each; a single number per row sorts fastest."""
    words = max(1, -(-form.n_units // 64))
    keys = np.zeros((len(x), 8 * words), dtype=np.uint8)
    # In chunks, so that the activations of a million rows are never in memory at once.
    for start in range(0, len(x), CHUNK):
        packed = np.packbits(form.pattern(x[start : start + CHUNK]), axis=1)
        keys[start : start + CHUNK, : packed.shape[1]] = packed
    return keys.view(np.uint64) if words > 1 else keys.view(np.uint64)[:, 0]
