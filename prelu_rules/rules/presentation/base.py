"""A function as a constant, numbers, and adjustments where cells are in some states.

Each cell is in exactly one state of its column, so what one state adds can be counted always, if the others add what
they differ by. The state that is left out this way is the reference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from prelu_rules.columns.column import Column
from prelu_rules.rules.presentation.by_state import Function, Linear, Of, Part, Where, collected
from prelu_rules.rules.presentation.decimals import plain
from prelu_rules.rules.presentation.places import Rounding
from prelu_rules.rules.presentation.statements import State, Sum, Term, Test, states_of

Left = Mapping[str, tuple[State, ...]]
"""The states that are left of columns, by their names; all of those that are not named."""


def base_and_adjustments(
    columns: Sequence[Column],
    function: Function,
    rounding: Rounding,
    constant_is_read: bool = True,
    left: Left | None = None,
) -> Sum:
    """A function as a sum, with the references that leave the fewest numbers.

    Args:
        columns: what the columns are.
        function: the function.
        rounding: to the numbers that are printed.
        constant_is_read: whether a constant of 0 is a number less to read.
        left: the states in which the sum is asked for; None for all.

    Returns:
        The sum: numbers, adjustments of one column, those of several, and bends that always count.

    Example:
        >>> from prelu_rules.rules.presentation.by_state import function_of
        >>> kind = Column("kind", "category", ("farm", "home", "shop"))
        >>> total = base_and_adjustments([kind], function_of([kind], [5.0, 20.0, 20.0], 1.0), lambda linear: linear)
        >>> total.constant, total.terms[0].weight, [s and s.level for s in total.terms[0].where[0].states]
        (21.0, -15.0, ['farm'])
    """
    left = {} if left is None else left
    parts = {where: rounding(linear) for where, linear in _without_idle_tests(_within(function, left)).items()}
    always = parts.get((), Linear())
    terms: list[Term] = []
    for column in columns:
        mine = {where[0]: part for where, part in parts.items() if [test.column for test in where] == [column]}
        for of in _order(columns, list(mine.values())):
            effects = {
                state: sum((_weight(part, of) for test, part in mine.items() if state in test.states), Fraction(0))
                for state in left.get(column.name, states_of(column))
            }
            reference = _reference(column, effects, of, _weight(always, of), constant_is_read)
            always = always.plus(_single(of, reference))
            for value, states in _groups(effects):
                if value != reference:
                    terms.append(Term(plain(value - reference), of, (Test(column, tuple(states)),)))
    for where, part in parts.items():
        if len(where) > 1:
            terms += [Term(plain(_weight(part, of)), of, where) for of in _order(columns, [part])]
    # Constants first, then what changes a slope.
    terms.sort(key=lambda term: term.of is not None)
    plainly = always.terms(columns)
    numbers = [term for term in plainly if isinstance(term.of, str)]
    return Sum(plain(always.constant), (*numbers, *terms, *plainly[len(numbers) :]))


def _within(function: Function, left: Left) -> Function:
    """What a function is in the states that are left."""
    found: list[Part] = []
    for where, linear in function:
        for name, states in left.items():
            # A number that is missing counts as 0.
            linear = linear.without(name) if None not in states else linear
        tests = [
            (test, tuple(s for s in test.states if s in left.get(test.column.name, test.states))) for test in where
        ]
        if all(states for _, states in tests):
            kept = (Test(t.column, states) for t, states in tests if states != left.get(t.column.name))
            found.append(Part(tuple(kept), linear))
    return tuple(found)


def _without_idle_tests(function: Function) -> dict[Where, Linear]:
    """The parts, where a number is not asked whether it is missing: if so it counts as 0."""
    parts: list[Part] = []
    for where, linear in function:
        own = {test.column.name: test for test in where if test.column.name in linear.weights}
        for name, test in own.items():
            if None in test.states:
                rest = tuple(other for other in where if other is not test)
                parts.append(Part(rest, Linear(weights={name: linear.weights[name]})))
            linear = linear.without(name)
        parts.append(Part(where, linear))
    return collected(parts)


def _order(columns: Sequence[Column], parts: Sequence[Linear]) -> list[Of | None]:
    """What has weights: None for a constant, numbers in the order of their columns, bends."""
    total = Linear(weights={of: Fraction(1) for part in parts for of in part.weights})
    constant: list[Of | None] = [None] if any(part.constant != 0 for part in parts) else []
    return [*constant, *(term.of for term in total.terms(columns))]


def _weight(linear: Linear, of: Of | None) -> Fraction:
    return linear.constant if of is None else linear.weights.get(of, Fraction(0))


def _single(of: Of | None, weight: Fraction) -> Linear:
    return Linear(weight) if of is None else Linear(weights={of: weight} if weight != 0 else {})


def _groups(effects: dict[State, Fraction]) -> list[tuple[Fraction, list[State]]]:
    """States of equal effect."""
    groups: dict[Fraction, list[State]] = {}
    for state, value in effects.items():
        groups.setdefault(value, []).append(state)
    return list(groups.items())


def _reference(
    column: Column, effects: dict[State, Fraction], of: Of | None, always: Fraction, constant_is_read: bool
) -> Fraction:
    """The effect of the state that is left out: the one that leaves the fewest numbers.

    Of equally good ones it is that of no and of numbers that are there; then that of most states, that of a level, and
    what was 0 before.
    """
    groups = _groups(effects)

    def cost(number: int) -> tuple[int, bool, int, bool, bool, int]:
        value, states = groups[number]
        left = [other - value for other, _ in groups if other != value]
        counts = [always + value] if of is not None or constant_is_read else []
        numbers = sum(_is_read(weight, of) for weight in (*left, *counts))
        only_missing = all(state is not None and state.says == "missing" for state in states)
        return numbers, None not in states, -len(states), only_missing, value != 0, number

    return groups[min(range(len(groups)), key=cost)][0]


def _is_read(weight: Fraction, of: Of | None) -> bool:
    return weight != 0 and (of is None or abs(weight) != 1)
