"""The conditions of a rule as they are printed: tests, comparisons, alternatives by states, letters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from prelu_rules.columns.column import Column
from prelu_rules.rules.presentation.by_state import Where
from prelu_rules.rules.presentation.pruning import Pruned
from prelu_rules.rules.presentation.requirements import Leaf, Requirement
from prelu_rules.rules.presentation.statements import (
    Alternative,
    Bound,
    Clause,
    Comparison,
    Letter,
    State,
    Sum,
    Test,
    states_of,
)

Table = dict[tuple[State, ...], Leaf]
"""What is asked in combinations of states of some columns; combinations that do not matter are left out."""

Branches = list[tuple[Where, Leaf]]
"""Tests that exclude each other, and what is asked where they pass."""

Letters = Mapping[int, tuple[tuple[Letter, bool], ...]]
"""By the number of a requirement, the bends that it is written by, and whether they hold or not."""


def clauses_of(pruned: Pruned, letters: Letters) -> tuple[Clause, ...]:
    """What is needed of a rule's conditions, as clauses.

    Args:
        pruned: the rule.
        letters: requirements that are written by letters.

    Returns:
        Tests of one column each first, in the order of the columns, then the rest in the order of the conditions. None
        of them follows from the others on the domain.
    """
    tables = {k: _table(pruned, k) for k in pruned.known if k not in letters}
    tests: dict[Column, set[State]] = {}
    for k, table in tables.items():
        for column, states in _tests(pruned.requirements[k].columns, table).items():
            tests[column] = tests.get(column, set(states_of(column))) & states
    found: list[Clause] = [
        (Alternative((Test(column, _ordered(column, tests[column])),)),) for column in pruned.columns if column in tests
    ]
    bounds: dict[Sum, list[tuple[Requirement, Branches]]] = {}
    for k, requirement in enumerate(pruned.requirements):
        if k in letters:
            found.append((Alternative(bends=letters[k]),))
            continue
        branches = list(requirement.pieces)
        if k in tables:
            branches = _branches(requirement.columns, _allowed(requirement.columns, tables[k], tests))
        branches = [(where, leaf) for where, leaf in branches if leaf is not False]
        if any(where or leaf is not True for where, leaf in branches):
            bounds.setdefault(requirement.total, []).append((requirement, branches))
    for both in bounds.values():
        found += _meeting(both)
    return tuple(found)


def _table(pruned: Pruned, number: int) -> Table:
    """What a requirement asks in combinations of states that no other rules out."""
    found: Table = {}
    columns = pruned.requirements[number].columns
    for where, leaves in pruned.cells:
        leaf = leaves[number]
        if leaf is None or any(other is False for k, other in enumerate(leaves) if k != number):
            continue
        tests = {test.column: test.states for test in where}
        for states in product(*(tests.get(column, states_of(column)) for column in columns)):
            found[states] = leaf
    return found


def _tests(columns: tuple[Column, ...], table: Table) -> dict[Column, set[State]]:
    """Tests of one column each that together pass where what is asked is not False; none if there are no such."""
    met = [states for states, leaf in table.items() if leaf is not False]
    ruled_out = [states for states, leaf in table.items() if leaf is False]
    passing = [{states[k] for states in met} for k in range(len(columns))]
    if any(all(state in some for state, some in zip(states, passing, strict=True)) for states in ruled_out):
        return {}
    found = {}
    for k, column in enumerate(columns):
        outside = {states[k] for states in ruled_out} - passing[k]
        # States that do not matter are on the side that is named by one state, if there is one.
        inside = set(states_of(column)) - outside if len(outside) == 1 and len(passing[k]) > 1 else passing[k]
        if outside and len(inside) < len(states_of(column)):
            found[column] = inside
    return found


def _allowed(columns: tuple[Column, ...], table: Table, tests: Mapping[Column, set[State]]) -> Table:
    """The combinations of states that pass tests."""
    return {
        states: leaf
        for states, leaf in table.items()
        if all(state in tests.get(column, {state}) for state, column in zip(states, columns, strict=True))
    }


def _branches(columns: tuple[Column, ...], table: Table) -> Branches:
    """A table as tests that exclude each other, and what is asked where they pass; the largest group of states last."""
    if len(set(map(repr, table.values()))) <= 1:
        return [((), leaf) for leaf in list(table.values())[:1]]
    options = []
    for k, column in enumerate(columns):
        rest = columns[:k] + columns[k + 1 :]
        groups = _groups(column, k, table)
        options.append(
            [
                (_in_order(columns, ([] if len(groups) == 1 else [Test(column, states)]), where), leaf)
                for states, part in groups
                for where, leaf in _branches(rest, part)
            ]
        )
    return min(options, key=lambda found: (len(found), sum(len(where) for where, _ in found)))


def _groups(column: Column, place: int, table: Table) -> list[tuple[tuple[State, ...], Table]]:
    """The states of a column in groups in which the same is asked; those that do not matter are in the last."""
    groups: list[tuple[set[State], Table]] = []
    for state in states_of(column):
        part = {s[:place] + s[place + 1 :]: leaf for s, leaf in table.items() if s[place] == state}
        if part:
            for states, known in groups:
                if all(known.get(rest, leaf) == leaf for rest, leaf in part.items()):
                    states.add(state)
                    known.update(part)
                    break
            else:
                groups.append(({state}, part))
    groups.sort(key=lambda group: (len(group[0]), None in group[0]))
    seen = {state for states, _ in groups for state in states}
    groups[-1][0].update(set(states_of(column)) - seen)
    return [(_ordered(column, states), part) for states, part in groups]


def _in_order(columns: tuple[Column, ...], first: Sequence[Test], rest: Where) -> Where:
    return tuple(sorted((*first, *rest), key=lambda test: columns.index(test.column)))


def _ordered(column: Column, states: set[State]) -> tuple[State, ...]:
    return tuple(state for state in states_of(column) if state in states)


def _meeting(both: list[tuple[Requirement, Branches]]) -> Iterator[Clause]:
    """Lower and upper bounds of one sum, in one clause where they have the same tests."""
    if len(both) == 2 and [where for where, _ in both[0][1]] == [where for where, _ in both[1][1]]:
        lower, upper = sorted(both, key=lambda one: not one[0].lower)
        yield tuple(
            _alternative(where, lower[0].total, low, high)
            for (where, low), (_, high) in zip(lower[1], upper[1], strict=True)
        )
        return
    for requirement, branches in both:
        yield tuple(
            _alternative(where, requirement.total, *((leaf, True) if requirement.lower else (True, leaf)))
            for where, leaf in branches
        )


def _alternative(where: Where, total: Sum, low: Leaf, high: Leaf) -> Alternative:
    lower, upper = (bound if isinstance(bound, Bound) else None for bound in (low, high))
    if lower is None and upper is None:
        return Alternative(where)
    gone = {test.column.name for test in where if all(s is not None and s.says == "missing" for s in test.states)}
    terms = tuple(term for term in total.terms if term.of is None or term.of not in gone)
    return Alternative(where, (), Comparison(Sum(0.0, terms), lower, upper))
