"""Activation patterns of a domain, depth first, with a simplex dictionary; compiled by Numba.

For each unit the question is whether its hyperplane cuts the cell. The answer is found by walking from the corner where
the last answer was found until the other side is reached. On a cut, the walk stops on the hyperplane, at a corner of
both halves, so that no corner of either half has to be searched for. The units of a layer are first tested against the
whole cell, since a unit that does not cut it does not cut any of its parts.

The compiled search pauses when a batch is full, when it has done some work, so that the caller can look at the clock,
and when rounding errors leave it in doubt whether a unit cuts the cell; then the caller decides in exact arithmetic,
and the search goes on.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from prelu_rules.domains.frame import Frame
from prelu_rules.errors import SolverError
from prelu_rules.geometry.cells import Patterns, compiled_frame, compiled_network
from prelu_rules.geometry.dictionary import NEVER, PADDING, REACHED, Dictionary, new_dictionary
from prelu_rules.geometry.doubt import reaches_beyond
from prelu_rules.geometry.search import (
    ANSWER,
    CURSOR_SIZE,
    DONE,
    DOUBT,
    END,
    N_BASE,
    NO_ANSWER,
    ROWS,
    SIGN,
    STUCK,
    TESTED,
    UNIT,
    WAITING,
    Place,
    PutOff,
    search,
)
from prelu_rules.geometry.stable import Reduced, reduction
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.values import BoolArray, FloatArray

BATCH = 1024
"""Patterns that are yielded together."""

BATCH_NUMBERS = 2**22
"""Numbers in the affine maps that are yielded together; where there are many inputs, batches are smaller."""

WORK = 20_000_000
"""Multiplications between two checks of the time, about 20 ms."""

KEPT = 2**25
"""Numbers in the dictionaries of halves that are put off; more are recomputed instead of kept."""

SUMS = 2**22
"""Numbers in the sums of the outputs that are kept; what lacks is summed anew for each pattern."""


def simplex_patterns(
    form: NormalForm, frame: Frame, prefix: BoolArray | None = None, negligible: FloatArray | None = None
) -> Iterator[Patterns]:
    """The activation patterns whose region has an interior, in batches, in the order of `reachable_patterns`.

    Args:
        form: the network, in float64.
        frame: a domain of at least one dimension.
        prefix: `(n_first,)` bool, signs of the first units; only patterns that begin with them are searched.
        negligible: `(n_units,)`, pre-activations of at most this size do not matter: the side of a unit counts if the
            cell reaches further than `CUT` into it, or if the pre-activation exceeds this there. By default the first
            alone is asked.

    Yields:
        At most `BATCH` patterns at a time; sometimes none, so that the caller can check the time.

    Raises:
        SolverError: if rounding errors keep the walk from converging.

    Example:
        >>> from prelu_rules.domains.box import Box
        >>> form = NormalForm.from_layers([np.eye(2), [[1.0], [1.0]]], [[0, 0], [0]], [[0, 0]])
        >>> [batch.signs.astype(int).tolist() for batch in simplex_patterns(form, Frame.of_box(Box([-1, -1], [1, 1])))]
        [[[0, 0], [0, 1], [1, 0], [1, 1]]]
    """
    for reduced in reduction(form, frame):
        if reduced is None:
            yield _none(form, frame)
        else:
            yield from _with_stable_units(reduced, frame, prefix, negligible)


def _with_stable_units(
    reduced: Reduced, frame: Frame, prefix: BoolArray | None, negligible: FloatArray | None
) -> Iterator[Patterns]:
    """The patterns of all units, from those of a network without the stable ones."""
    kept = reduced.open_units
    prefix = None if prefix is None else prefix[kept[kept < len(prefix)]]
    matters = np.full(len(kept), np.inf) if negligible is None else negligible[kept]
    if len(kept) == len(reduced.signs):
        yield from _open_patterns(reduced.form, frame, prefix, matters)
        return
    for found in _open_patterns(reduced.form, frame, prefix, matters):
        signs = np.repeat(reduced.signs[None], len(found.signs), axis=0)
        decides = np.zeros_like(signs)
        signs[:, kept], decides[:, kept] = found.signs, found.decides
        yield Patterns(signs, decides, found.outputs, found.tight)


def _none(form: NormalForm, frame: Frame) -> Patterns:
    """No patterns."""
    none = np.empty((0, form.n_units), dtype=bool)
    outputs = np.empty((0, form.n_outputs, form.n_inputs + 1))
    return Patterns(none, none, outputs, np.empty((0, frame.n_coordinates), dtype=np.intp))


def _open_patterns(
    form: NormalForm, frame: Frame, prefix: BoolArray | None, negligible: FloatArray
) -> Iterator[Patterns]:
    """The same for a network without stable units."""
    network = compiled_network(form, prefix)
    n_units, k = form.n_units, frame.n_coordinates
    place, d = _start(form, frame, negligible)
    put_off = _new_put_off(d, len(frame.rows), n_units)
    size = max(1, min(BATCH, BATCH_NUMBERS // ((form.n_inputs + 1) * form.n_outputs)))
    stopped = WAITING
    while stopped != DONE:
        found = Patterns(
            np.empty((size, n_units), dtype=bool),
            np.empty((size, n_units), dtype=bool),
            np.empty((size, form.n_outputs, form.n_inputs + 1)),
            np.empty((size, k), dtype=np.intp),
        )
        n_found, stopped = search(network, place, d, put_off, found, WORK)
        if stopped == STUCK:
            raise SolverError("the simplex method did not converge; use the method 'linear programs'.")
        if stopped == DOUBT:
            place.cursor[ANSWER] = REACHED if _decided(place, frame.bound) else NEVER
        yield Patterns(found.signs[:n_found], found.decides[:n_found], found.outputs[:n_found], found.tight[:n_found])


def _start(form: NormalForm, frame: Frame, negligible: FloatArray) -> tuple[Place, Dictionary]:
    """The whole domain, at one of its corners."""
    k, n_base, n_units = frame.n_coordinates, len(frame.rows), form.n_units
    # One row more than needed for all units, for the unit that is being tested.
    room = n_base + n_units + 1
    place = Place(
        compiled_frame(frame),
        np.zeros((room, k + 1)),
        np.zeros(2 * k + room, dtype=bool),
        np.zeros((n_units, form.n_inputs + 1)),
        np.zeros((n_units, k + 1)),
        np.zeros(n_units),
        np.array(negligible, dtype=np.float64),
        np.zeros(n_units),
        np.zeros(n_units, dtype=np.intp),
        np.zeros(n_units, dtype=bool),
        np.zeros(n_units, dtype=bool),
        np.zeros(CURSOR_SIZE, dtype=np.intp),
        _room_for_sums(form),
        np.full(1, -1),
    )
    place.rows[:n_base] = frame.rows
    place.cursor[N_BASE], place.cursor[ANSWER] = n_base, NO_ANSWER
    return place, new_dictionary(k, room, frame.bound)


def _room_for_sums(form: NormalForm) -> FloatArray:
    """For the outputs after each unit of the last block, or after as many of them as there is space for."""
    n_last = form.n_units - form.blocks[-1].start if form.n_units else 0
    numbers = form.n_outputs * (form.n_inputs + 1)
    return np.zeros((1 + min(n_last, SUMS // numbers), form.n_outputs, form.n_inputs + 1))


def _new_put_off(d: Dictionary, n_base: int, n_units: int) -> PutOff:
    height, k = len(d.table), len(d.tight)
    numbers = height * sum(n + -n % PADDING for n in range(n_base + 1, n_base + n_units + 1))
    return PutOff(
        np.empty(min(numbers, KEPT)),
        np.empty((n_units + 1, k), dtype=np.intp),
        np.empty((n_units + 1, n_base + n_units + 1), dtype=np.intp),
        np.empty(n_units + 1),
        np.empty((n_units + 1, CURSOR_SIZE), dtype=np.intp),
    )


def _decided(place: Place, bound: float) -> bool:
    """Whether the cell reaches beyond the limit on the side that is asked for, in exact arithmetic."""
    unit, n = place.cursor[TESTED if place.cursor[END] > place.cursor[TESTED] else UNIT], place.cursor[ROWS]
    row = place.cursor[SIGN] * place.framed[unit]
    return reaches_beyond(place.rows[:n], bound, row, place.limit[unit])
