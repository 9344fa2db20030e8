"""A function of features that is linear once the states of cells are known: what it is in which states.

A weight of `kind = farm` is a constant that counts where kind is farm. So every row of weights is a sum of parts, each
with tests; `by_state` says what is left of it, numbers and bends alone, in each combination of states.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from itertools import combinations, islice
from typing import NamedTuple, TypeVar

from prelu_rules.columns.column import Column, features_of
from prelu_rules.rules.presentation.decimals import exact, plain
from prelu_rules.rules.presentation.statements import Letter, State, Term, Test, states_of
from prelu_rules.values import Array

MOST_COMBINATIONS = 24
"""Combinations of states up to which a function is told apart by them; a reader follows no more."""

Of = str | Letter
"""What has a weight: a column of numbers, or a bend."""

Where = tuple[Test, ...]
"""Tests of distinct columns, in their order; all of them pass."""

Content = TypeVar("Content")


@dataclass(frozen=True)
class Linear:
    """A linear function of numbers and of amounts of bends, in exact numbers.

    Attributes:
        constant: the constant.
        weights: of columns of numbers, by name, and of bends; none is 0.

    Example:
        >>> total = Linear(Fraction(3), {"kwh": Fraction(2)}).plus(Linear(Fraction(1), {"kwh": Fraction(-2)}))
        >>> total.constant, total.weights
        (Fraction(4, 1), {})
    """

    constant: Fraction = Fraction(0)
    weights: Mapping[Of, Fraction] = field(default_factory=dict)

    def plus(self, other: Linear) -> Linear:
        """The sum of two functions."""
        weights = {of: self.weights.get(of, Fraction(0)) + w for of, w in other.weights.items()}
        both = {**self.weights, **weights}
        return Linear(self.constant + other.constant, {of: w for of, w in both.items() if w != 0})

    def times(self, factor: Fraction) -> Linear:
        """The function times a number."""
        if factor == 0:
            return Linear()
        return Linear(self.constant * factor, {of: w * factor for of, w in self.weights.items()})

    def without(self, of: Of) -> Linear:
        """The function where a number counts as 0, or a bend does not hold."""
        return Linear(self.constant, {o: w for o, w in self.weights.items() if o != of})

    @property
    def letters(self) -> tuple[Letter, ...]:
        """The bends that it uses, in their order."""
        return tuple(sorted((of for of in self.weights if isinstance(of, Letter)), key=lambda one: one.place))

    def terms(self, columns: Sequence[Column], where: Where = ()) -> tuple[Term, ...]:
        """The weighted parts, without the constant.

        Args:
            columns: the columns, in the order in which they are read.
            where: tests that each term gets.

        Returns:
            Numbers in the order of their columns, then bends.

        Example:
            >>> Linear(weights={Letter(0): Fraction(1), "b": Fraction(1, 2)}).terms([Column("a"), Column("b")])
            (Term(weight=0.5, of='b', where=()), Term(weight=1.0, of=Letter(place=0), where=()))
        """
        order: list[Of] = [*(c.name for c in columns if c.name in self.weights), *self.letters]
        return tuple(Term(plain(self.weights[of]), of, where) for of in order)


class Part(NamedTuple):
    """A function that counts only where tests pass, and is 0 elsewhere."""

    where: Where
    linear: Linear


Function = tuple[Part, ...]
"""The sum of its parts."""


def function_of(
    columns: Sequence[Column], row: Array | Sequence[float], constant: float, bends: Sequence[float] = ()
) -> Function:
    """A row of weights as a function of numbers, bends and states.

    Args:
        columns: what the columns are.
        row: `(n_features,)`, the weights of their features.
        constant: the constant.
        bends: weights of bends, from the first.

    Returns:
        A part that always counts, and one for each set of states of a column that have the same weight.

    Example:
        >>> kind = Column("kind", "category", ("farm", "home", "shop"))
        >>> always, some = function_of([kind, Column("kwh")], [0.0, 2.0, 2.0, 1.5], -3.0)
        >>> always.linear.weights, [state and state.level for state in some.where[0].states], some.linear.constant
        ({'kwh': Fraction(3, 2)}, ['home', 'shop'], Fraction(2, 1))
    """
    weights = dict(zip(features_of(columns), map(exact, row), strict=True))
    total = exact(constant)
    numbers: dict[Of, Fraction] = {Letter(k): exact(w) for k, w in enumerate(bends) if w != 0}
    parts: list[Part] = []
    for column in columns:
        number = next((weights[f] for f in column.features if not f.is_indicator), Fraction(0))
        if number != 0:
            numbers[column.name] = number
        effects: dict[Fraction, list[State]] = {}
        for state in states_of(column):
            effects.setdefault(Fraction(0) if state is None else weights[state], []).append(state)
        if len(effects) == 1:
            total += next(iter(effects))
        else:
            parts += [Part((Test(column, tuple(s)),), Linear(w)) for w, s in effects.items() if w != 0]
    return (Part((), Linear(total, numbers)), *parts)


def by_state(
    columns: Sequence[Column], functions: Sequence[Function], most: int = MOST_COMBINATIONS
) -> list[tuple[Where, tuple[Linear, ...]]] | None:
    """What functions are in each combination of states; states in which all of them are the same are one.

    Args:
        columns: what the columns are.
        functions: the functions.
        most: the most combinations that are of use.

    Returns:
        Tests that exclude each other and leave out nothing, and for each function what it is where they pass. A number
        that is missing counts as 0, so it is left out there. None where there are more combinations.

    Example:
        >>> columns = [Column("age", missing=True), Column("smoker", "yes/no")]
        >>> cost = function_of(columns, [2.0, 30.0, 5.0], 1.0)
        >>> for where, (total,) in by_state(columns, [cost]) or ():
        ...     names = [test.states[0] and test.states[0].name for test in where]
        ...     print(names, plain(total.constant), list(total.weights))
        [None, None] 1.0 ['age']
        [None, 'smoker'] 6.0 ['age']
        ['age is missing', None] 31.0 []
        ['age is missing', 'smoker'] 36.0 []
    """
    start = tuple(collected(function) for function in functions)
    if not any(column.missing for column in columns) and not any(where for function in start for where in function):
        # Numbers alone, as in most tables, are the same in all states.
        return [((), tuple(function.get((), Linear()) for function in start))]
    if _fewest(columns, start) > most:
        return None
    found = list(islice(_combinations(tuple(columns), start, ()), most + 1))
    return None if len(found) > most else found


def both_pass(one: Where, other: Where) -> Where | None:
    """Tests that pass where two sets of tests do.

    Args:
        one: tests.
        other: tests.

    Returns:
        Tests of distinct columns; None where both sets never pass.

    Example:
        >>> smoker = Column("smoker", "yes/no")
        >>> no, yes = ((Test(smoker, (state,)),) for state in states_of(smoker))
        >>> both_pass(no, yes) is None, both_pass((), yes) == yes
        (True, True)
    """
    found = {test.column: test for test in one}
    for test in other:
        mine = found.get(test.column, test)
        states = tuple(state for state in mine.states if state in test.states)
        if not states:
            return None
        found[test.column] = Test(test.column, states)
    return tuple(found.values())


ByColumn = Mapping[tuple[str, State], Linear]
"""By the name of a column and a state, what the state adds; by `("", None)` what always counts."""


def by_column(columns: Sequence[Column], function: Function) -> ByColumn | None:
    """A function as one that always counts, and what each state but the first of each column adds to it.

    Args:
        columns: what the columns are.
        function: the function.

    Returns:
        The parts that are not 0, and what always counts; equal functions have equal parts. None where the states of two
        columns act together.

    Example:
        >>> smoker = Column("smoker", "yes/no")
        >>> parts = by_column([smoker], function_of([smoker], [2.0], 1.0))
        >>> parts and parts[("", None)]
        Linear(constant=Fraction(1, 1), weights={})
    """
    parts = collected(function)
    if any(len(where) > 1 for where in parts):
        return None
    always = parts.pop((), Linear())
    found: dict[tuple[str, State], Linear] = {}
    for column in columns if parts else ():
        mine = {where[0]: linear for where, linear in parts.items() if where[0].column == column}
        effects: dict[State, Linear] = {}
        for state in states_of(column) if mine else ():
            passing = (linear for test, linear in mine.items() if state in test.states)
            effects[state] = reduce(Linear.plus, passing, Linear())
        for state, effect in effects.items():
            first = effects[states_of(column)[0]]
            if state == states_of(column)[0]:
                always = always.plus(first)
            elif effect != first:
                found[(column.name, state)] = effect.plus(first.times(Fraction(-1)))
    return {("", None): always, **found}


def joined(pieces: Sequence[tuple[Where, Content]]) -> list[tuple[Where, Content]]:
    """Combinations of states with the same content as one, where tests of one column can say so.

    Args:
        pieces: tests that exclude each other, and what holds where they pass.

    Returns:
        Fewer pieces that say the same.

    Example:
        >>> smoker = Column("smoker", "yes/no")
        >>> joined([((Test(smoker, (state,)),), "same") for state in states_of(smoker)])
        [((), 'same')]
    """
    found = list(pieces)
    while True:
        for (i, first), (j, second) in combinations(enumerate(found), 2):
            where = _united(first[0], second[0]) if first[1] == second[1] else None
            if where is not None:
                found[i] = where, first[1]
                del found[j]
                break
        else:
            return found


def substituted(columns: Sequence[Column], function: Function, replacements: Mapping[Letter, Function]) -> Function:
    """A function with functions in the place of bends.

    Args:
        columns: what the columns are, in the order of tests.
        function: the function.
        replacements: what stands for which bend.

    Returns:
        The function; bends that are used by what is put in stay.

    Example:
        >>> twice = (Part((), Linear(Fraction(5), {Letter(0): Fraction(2)})),)
        >>> kwh = (Part((), Linear(Fraction(-7), {"kwh": Fraction(1)})),)
        >>> substituted([Column("kwh")], twice, {Letter(0): kwh})[0].linear
        Linear(constant=Fraction(-9, 1), weights={'kwh': Fraction(2, 1)})
    """
    parts: list[Part] = []
    for where, linear in function:
        for letter in linear.letters:
            weight = linear.weights[letter]
            for inner in replacements.get(letter, ()):
                both = _both(columns, where, inner.where)
                if both is not None:
                    parts.append(Part(both, inner.linear.times(weight)))
        kept = {of: w for of, w in linear.weights.items() if of not in replacements}
        parts.append(Part(where, Linear(linear.constant, kept)))
    return tuple(Part(*one) for one in collected(parts).items())


def collected(parts: Sequence[Part]) -> dict[Where, Linear]:
    """The parts of a function by their tests.

    Args:
        parts: the parts.

    Returns:
        One function for each set of tests; none is 0 everywhere.
    """
    found: dict[Where, Linear] = {}
    for where, linear in parts:
        found[where] = found[where].plus(linear) if where in found else linear
    return {where: linear for where, linear in found.items() if linear.constant != 0 or linear.weights}


_Parts = dict[Where, Linear]
"""What `collected` returns."""


def _fewest(columns: Sequence[Column], functions: Sequence[_Parts]) -> int:
    """How many combinations there are where no part has several tests; otherwise there may be more or less."""
    if any(len(where) > 1 for function in functions for where in function):
        return 1
    number = 1
    for column in columns:
        if any(_matters(column, function) for function in functions):
            tested = [{w: one for w, one in f.items() if w and w[0].column.name == column.name} for f in functions]
            effects: list[list[_Parts]] = []
            for state in states_of(column):
                here = [_in_state(parts, column, state) for parts in tested]
                if here not in effects:
                    effects.append(here)
            gone = column.indicates_missing and any(
                column.name in linear.weights for f in functions for linear in f.values()
            )
            number *= max(len(effects), 2 if gone else 1)
    return number


def _combinations(
    columns: tuple[Column, ...], functions: tuple[_Parts, ...], where: Where
) -> Iterator[tuple[Where, tuple[Linear, ...]]]:
    """The combinations of states of columns that make a difference, and what functions are in them."""
    if not columns:
        yield where, tuple(function.get((), Linear()) for function in functions)
        return
    column, *rest = columns
    if not any(_matters(column, function) for function in functions):
        yield from _combinations(tuple(rest), functions, where)
        return
    groups: list[tuple[list[State], tuple[_Parts, ...]]] = []
    for state in states_of(column):
        here = tuple(_in_state(function, column, state) for function in functions)
        same = next((states for states, known in groups if known == here), None)
        if same is None:
            groups.append(([state], here))
        else:
            same.append(state)
    for states, here in groups:
        test = () if len(groups) == 1 else (Test(column, tuple(states)),)
        yield from _combinations(tuple(rest), here, (*where, *test))


def _matters(column: Column, function: _Parts) -> bool:
    """Whether a function is told apart by the states of a column."""
    tested = any(test.column.name == column.name for where in function for test in where)
    return tested or (column.indicates_missing and any(column.name in linear.weights for linear in function.values()))


def _in_state(function: _Parts, column: Column, state: State) -> _Parts:
    """What is left of a function where a cell of a column is in a state."""
    parts = []
    for where, linear in function.items():
        mine = next((test for test in where if test.column.name == column.name), None)
        if mine is not None and state not in mine.states:
            continue
        if state is not None and state.says == "missing":
            linear = linear.without(column.name)
        parts.append(Part(tuple(test for test in where if test is not mine), linear))
    return collected(parts)


def _united(first: Where, second: Where) -> Where | None:
    """The tests that pass where either passes; None where they differ by more than the states of one column."""
    if [test.column for test in first] != [test.column for test in second]:
        return None
    apart = [k for k, (one, other) in enumerate(zip(first, second, strict=True)) if one != other]
    if len(apart) > 1:
        return None
    where = list(first)
    for k in apart:
        column = first[k].column
        states = tuple(s for s in states_of(column) if s in first[k].states or s in second[k].states)
        where[k : k + 1] = [] if len(states) == len(states_of(column)) else [Test(column, states)]
    return tuple(where)


def _both(columns: Sequence[Column], first: Where, second: Where) -> Where | None:
    """The tests that pass where both do, in the order of their columns; None where they cannot."""
    found = both_pass(first, second)
    return found and tuple(sorted(found, key=lambda test: columns.index(test.column)))
