"""Units by the states of cells: what they amount to, and where inner bends are gates."""

from fractions import Fraction

import networks
import numpy as np
from hypothesis import event, given
from hypothesis import strategies as st
from typed_columns import random_table, random_weights, some_columns

from prelu_rules.columns.column import Column
from prelu_rules.columns.feature_rows import feature_rows
from prelu_rules.domains.as_domain import as_domain
from prelu_rules.domains.box import Box
from prelu_rules.rules.presentation.bend_cases import bend_of, flat_bend, largest_weight, linear_parts, pieces_of
from prelu_rules.rules.presentation.by_state import function_of
from prelu_rules.rules.presentation.room import Room
from prelu_rules.rules.presentation.statements import Cells, Letter


def as_is(linear):
    return linear


@given(some_columns(max_size=3), networks.seeds, st.booleans(), st.booleans())
def test_every_way_to_say_a_unit_amounts_to_the_same(columns, seed, short, anywhere):
    """A unit on two others, on the rows of a table."""
    rng, table = np.random.default_rng(seed), random_table(columns, seed)
    x = feature_rows(columns, table)
    room = Room(columns, None if anywhere else as_domain(table, columns))
    rows = random_weights(rng, (3, x.shape[1] + 1), short)
    inner = random_weights(rng, 2, short)
    functions = [function_of(columns, row[:-1], row[-1]) for row in rows[:2]]
    functions.append(function_of(columns, rows[2, :-1], rows[2, -1], inner))
    first = [flat_bend(room, function, as_is, strict=False) for function in functions[:2]]
    units = np.maximum(x @ rows[:2, :-1].T + rows[:2, -1], 0)
    wanted = np.maximum(x @ rows[2, :-1] + rows[2, -1] + units @ inner, 0)
    ways = pieces_of(room, functions[2], {Letter(k): function for k, function in enumerate(functions[:2])})
    said = [flat_bend(room, functions[2], as_is, strict=False)]
    if ways is not None:
        said += [bend_of(way, room, as_is, strict=False, factor=Fraction(1)) for way in ways]
        event(f"gates: {any(piece and piece.gates for _, piece in ways.gated)}")
        event(f"cases: {len(said[1].cases)} of {len(ways.amounts)}")
    for bend in said:
        amount = Cells(columns, x, [*first, bend]).amounts[2]
        np.testing.assert_allclose(amount, wanted, atol=1e-9 * (1 + np.abs(x).max()))


def test_a_unit_that_never_holds_is_nothing():
    columns = [Column("x")]
    ways = pieces_of(Room(columns, Box([0], [1])), function_of(columns, [1.0], -1.0), {})
    assert linear_parts(ways.amounts) == ()


def test_a_unit_that_always_holds_is_a_function():
    columns = [Column("x")]
    function = function_of(columns, [1.0], 0.0)
    assert linear_parts(pieces_of(Room(columns, Box([0], [1])), function, {}).amounts) == function
    assert linear_parts(pieces_of(Room(columns, None), function, {}).amounts) is None


def test_the_factor_of_a_bend_divides_it():
    columns = [Column("x")]
    ways = pieces_of(Room(columns, None), function_of(columns, [-4.0], 8.0), {})
    assert largest_weight(ways.gated) == 4
    (case,) = bend_of(ways.gated, Room(columns, None), as_is, strict=True, factor=Fraction(4)).cases
    assert (case.total.terms[0].weight, case.threshold) == (-1.0, -2.0)


def test_a_sum_that_is_never_below_0_still_bends_without_its_gate():
    """`y + max(0, -y)` is never below 0; it is what y is above 0, and y itself is below 0 elsewhere."""
    columns = [Column("y")]
    sums = {Letter(0): function_of(columns, [-1.0], 0.0)}
    ways = pieces_of(Room(columns, None), function_of(columns, [1.0], 0.0, [1.0]), sums)
    ((_, amounts),), ((_, gated),) = ways
    assert amounts.always
    assert (gated.total, gated.gates, gated.always) == (function_of(columns, [1.0], 0.0)[0].linear, (), False)
