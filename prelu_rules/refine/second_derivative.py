"""The second derivative, step after step, compiled: from one step to the next, few rows change their group."""

from __future__ import annotations

from prelu_rules.geometry.compiled import part_of_sums
from prelu_rules.refine.groups import group_rows, sort_by_group
from prelu_rules.refine.moments import add_group, add_rows, move_rows, multiply_features
from prelu_rules.refine.room import DerivativeRoom
from prelu_rules.values import FloatArray, IntArray


@part_of_sums
def add_second(
    columns: FloatArray,
    factors: FloatArray,
    units: FloatArray,
    weights: FloatArray,
    starts: IntArray,
    places: IntArray,
    room: DerivativeRoom,
) -> None:
    """Add the second derivative of the loss.

    Args:
        columns: `(n_inputs, n_rows)`.
        factors: `(n_rows,)`, the weight of each row times its second derivative in the output.
        units: `(n_units, n_rows)`.
        weights: as in `Layout`, like the next two.
        starts: where the free weights of each row start.
        places: of the free weights.
        room: to work in, with a state as the last call left it, if the factors are the same as then; else zeros. Its
            `second` is added to.
    """
    known, moments, counts, state = room.known, room.moments, room.counts, room.state
    kept = state[1] != 0
    n_groups = group_rows(units, room.patterns, known, state[0], room.slots, room.groups, room.before)
    if n_groups == 0:
        kept = False
        state[0] = 0
        n_groups = group_rows(units, room.patterns, known, state[0], room.slots, room.groups, room.before)
    keep = n_groups <= len(moments)
    kept &= keep
    state[0], state[1] = n_groups, keep
    if kept:
        move_rows(moments, counts, room.before, room.groups, columns, factors, room.buffer)
    else:
        sort_by_group(room.groups, n_groups, room.ends, room.order)
        counts[:] = 0
    begin = 0
    for group in range(n_groups):
        own = moments[group if keep else 0]
        if not kept:
            end = room.ends[group]
            counts[group] = end - begin
            add_rows(own, columns, room.order[begin:end], factors, room.buffer)
            begin = end
        if counts[group] > 0:
            multiply_features(own, known[group], weights, room.affine, room.products)
            add_group(known[group], weights, starts, places, room.products, room.sensitive, room.second)
