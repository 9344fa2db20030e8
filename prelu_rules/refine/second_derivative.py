"""The second derivative, step after step, compiled: from one step to the next, few rows change their group."""

from __future__ import annotations

from prelu_rules.geometry.compiled import compiled_sums
from prelu_rules.refine.groups import find_group, group_rows, in_group, read_patterns, sort_by_group
from prelu_rules.refine.layout import Layout
from prelu_rules.refine.moments import add_group, add_rows, move_row
from prelu_rules.refine.room import DerivativeRoom
from prelu_rules.values import FloatArray

ANEW, KEPT = 0, 1
"""Whether moments are added up for each derivative, or kept for the next one and changed."""


@compiled_sums
def add_second(
    columns: FloatArray, factors: FloatArray, units: FloatArray, laid: Layout, keep: bool, room: DerivativeRoom
) -> None:
    """Add the second derivative of the loss.

    Args:
        columns: `(n_inputs, n_rows)`.
        factors: `(n_rows,)`, the weight of each row times its second derivative in the output.
        units: `(n_units, n_rows)`.
        laid: the weights.
        keep: whether the factors will be the same for the next derivative, so that moments are worth keeping.
        room: to work in; its `second` is added to.
    """
    read_patterns(units, room.patterns)
    if room.state[1] == KEPT:
        room.state[1] = _move_rows(columns, factors, room)
    if room.state[1] == ANEW:
        _group_anew(columns, factors, laid, keep, room)
        return
    for group in range(room.state[0]):
        if room.counts[group] > 0:
            _add_group(group, group, laid, room)


@compiled_sums
def _group_anew(columns: FloatArray, factors: FloatArray, laid: Layout, keep: bool, room: DerivativeRoom) -> None:
    """Group all rows, and add what each group contributes."""
    n_groups = group_rows(room.patterns, room.groups, room.known, room.slots)
    sort_by_group(room.groups, n_groups, room.ends, room.order)
    keep &= n_groups <= len(room.moments)
    begin = 0
    for group in range(n_groups):
        end, place = room.ends[group], group if keep else 0
        moments = room.moments[place]
        for i in range(len(moments)):
            for j in range(i + 1):
                moments[i, j] = 0.0
        add_rows(moments, columns, room.order[begin:end], factors, room.buffer)
        room.counts[group] = end - begin
        _add_group(group, place, laid, room)
        begin = end
    room.state[0], room.state[1] = n_groups, KEPT if keep else ANEW


@compiled_sums
def _move_rows(columns: FloatArray, factors: FloatArray, room: DerivativeRoom) -> int:
    """Move the moments of the rows whose pattern has changed, while there is room for new groups."""
    for row in range(len(factors)):
        old = room.groups[row]
        if in_group(room.patterns, row, room.known[old]):
            continue
        new = find_group(room.patterns, row, room.known, room.state[0], room.slots)
        if new == room.state[0]:
            if new == len(room.moments):
                return ANEW
            moments = room.moments[new]
            for i in range(len(moments)):
                for j in range(i + 1):
                    moments[i, j] = 0.0
            room.counts[new] = 0
            room.state[0] += 1
        move_row(room.moments[old], room.moments[new], columns, row, factors[row], room.buffer)
        room.counts[old] -= 1
        room.counts[new] += 1
        room.groups[row] = new
    return KEPT


@compiled_sums
def _add_group(group: int, place: int, laid: Layout, room: DerivativeRoom) -> None:
    """Add what a group contributes."""
    add_group(
        room.moments[place],
        room.known[group],
        laid.weights,
        laid.n_units,
        laid.runs,
        laid.starts,
        room.affine,
        room.products,
        room.sensitive,
        room.second,
    )
