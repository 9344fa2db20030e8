"""The conditions of a rule as they are printed: tests, comparisons, alternatives by states, letters."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product

from prelu_rules.columns.column import Column
from prelu_rules.rules.presentation.as_written import AsWritten
from prelu_rules.rules.presentation.by_state import Where
from prelu_rules.rules.presentation.decimals import exact, plain
from prelu_rules.rules.presentation.ground import Ground
from prelu_rules.rules.presentation.letters import Lettered
from prelu_rules.rules.presentation.pruning import Pruned
from prelu_rules.rules.presentation.requirements import Leaf, Requirement, requirement_of
from prelu_rules.rules.presentation.rule_cells import is_possible
from prelu_rules.rules.presentation.statements import (
    Alternative,
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

SHORT_DIGITS = 4
"""Numbers of at most so many digits may be divided, where a sum has fewer numbers as one of them is missing."""

Branches = list[tuple[Where, Leaf]]
"""Tests that exclude each other, and what is asked where they pass."""


def clauses_of(
    ground: Ground, pruned: Pruned, lettered: Lettered | None = None, look_again: bool = True
) -> tuple[Clause, ...]:
    """What is needed of a rule's conditions, as clauses.

    Args:
        ground: the domain.
        pruned: the rule.
        lettered: conditions that are said by letters.
        look_again: whether to leave out what has become superfluous as it was written.

    Returns:
        Tests of one column each first, in the order of the columns, then letters, then the rest in the order of the
        conditions. None of them follows from the others on the domain.
    """
    said = {} if lettered is None else lettered.bends
    clauses = _written(pruned, said)
    bends = [bend for k, bend in said.items() if pruned.is_needed(k)]
    worlds = [()] if lettered is None else lettered.worlds()
    with_states = any(requirement.columns for requirement in pruned.requirements)
    others: list[Requirement] = []
    if len(worlds) > 1 or (with_states and look_again):
        others = [requirement_of(ground.columns, clause) for clause in clauses]
    if lettered is not None and len(worlds) > 1:
        bends += _unsaid(ground, others, bends, lettered)
    letters: list[Clause] = [(Alternative(bends=(bend,)),) for bend in bends]
    found = [*clauses, *letters]
    if look_again and others:
        # What has been put together, or is said by letters, may say something that others say.
        named = [letter for letter, _ in (() if lettered is None else lettered.inner)]
        inner = {k for k, (letter, _) in enumerate(bends, start=len(clauses)) if letter in named}
        letters_say = [() if lettered is None else lettered.requirements(bends, world) for world in worlds]
        written = AsWritten(ground, [[*others, *world] for world in letters_say], len(found), inner)
        found = [
            tuple(_left(written, k, alternative) for alternative in clause)
            for k, clause in enumerate(found)
            if written.keeps(k)
        ]
    return tuple(sorted(found, key=_rank))


def _rank(clause: Clause) -> int:
    """Tests first, then letters."""
    if clause[0].bends:
        return 1
    return 0 if len(clause) == 1 and clause[0].comparison is None else 2


def _unsaid(
    ground: Ground, others: Sequence[Requirement], bends: Sequence[tuple[Letter, bool]], lettered: Lettered
) -> list[tuple[Letter, bool]]:
    """Inner bends that have to be named, as nothing else says whether they hold."""
    found: list[tuple[Letter, bool]] = []
    own, *rest = lettered.worlds()
    for world in rest:
        contradicted = any((letter, not holds) in world for letter, holds in (*bends, *found))
        if not contradicted and is_possible(ground, [*others, *lettered.requirements([*bends, *found], world)]):
            found += [side for side in own if side not in world and side not in (*bends, *found)][:1]
    return found


def _left(written: AsWritten, number: int, alternative: Alternative) -> Alternative:
    """An alternative without the bounds that are not needed."""
    if alternative.comparison is None:
        return alternative
    leaf = written.left_of(number, alternative.comparison)
    return replace(alternative, comparison=leaf if isinstance(leaf, Comparison) else None)


def _written(pruned: Pruned, said: Container[int]) -> list[Clause]:
    """Clauses for all requirements that are not said otherwise."""
    needed = [k for k in range(len(pruned.requirements)) if k not in said and pruned.is_needed(k)]
    tables = {k: _table(pruned, k) for k in needed if k in pruned.known}
    tests: dict[Column, set[State]] = {}
    for k, table in tables.items():
        for column, states in _tests(pruned.requirements[k].columns, table).items():
            tests[column] = tests.get(column, set(states_of(column))) & states
    found: list[Clause] = [
        (Alternative((Test(column, _ordered(column, tests[column])),)),) for column in pruned.columns if column in tests
    ]
    sums: dict[Sum, list[Branches]] = {}
    for k, requirement in ((k, pruned.requirements[k]) for k in needed):
        branches = list(requirement.pieces)
        if k in tables:
            columns = tuple(column for column in pruned.columns if column in requirement.columns)
            branches = _branches(columns, _allowed(requirement.columns, tables[k], tests, columns))
        branches = [(where, leaf) for where, leaf in branches if leaf is not False]
        if any(where or leaf is not True for where, leaf in branches):
            sums.setdefault(requirement.total, []).append(branches)
    return [*found, *(clause for both in sums.values() for clause in _meeting(both))]


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


def _allowed(
    columns: tuple[Column, ...], table: Table, tests: Mapping[Column, set[State]], order: tuple[Column, ...]
) -> Table:
    """The combinations of states that pass tests, with the columns in another order."""
    places = [columns.index(column) for column in order]
    return {
        tuple(states[place] for place in places): leaf
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


def _meeting(both: list[Branches]) -> Iterator[Clause]:
    """Lower and upper bounds of one sum, in one clause where they have the same tests."""
    if len(both) == 2 and [where for where, _ in both[0]] == [where for where, _ in both[1]]:
        met = [_met(one, other) for (_, one), (_, other) in zip(*both, strict=True)]
        if None not in met:
            wheres = [where for where, _ in both[0]]
            yield tuple(_alternative(where, leaf) for where, leaf in zip(wheres, met, strict=True) if leaf is not None)
            return
    for branches in both:
        yield tuple(_alternative(where, leaf) for where, leaf in branches)


def _met(one: Leaf, other: Leaf) -> Leaf | None:
    """Two comparisons as one; None where they have another sum, or bounds on the same side."""
    if not isinstance(one, Comparison) or not isinstance(other, Comparison):
        return other if one is True else one
    if one.total != other.total or (one.lower and other.lower) or (one.upper and other.upper):
        return None
    return Comparison(one.total, one.lower or other.lower, one.upper or other.upper)


def _alternative(where: Where, leaf: Leaf) -> Alternative:
    if not isinstance(leaf, Comparison):
        return Alternative(where)
    gone = {test.column.name for test in where if all(s is not None and s.says == "missing" for s in test.states)}
    terms = tuple(term for term in leaf.total.terms if term.of is None or term.of not in gone)
    left = replace(leaf, total=Sum(0.0, terms))
    return Alternative(where, (), left if len(terms) == len(leaf.total.terms) else _divided(left))


def _divided(comparison: Comparison) -> Comparison:
    """A comparison whose sum has a number of weight 1, where that has short numbers."""
    lead = max((abs(term.weight) for term in comparison.total.terms), default=1.0)
    divisor = exact(next((t.weight for t in comparison.total.terms if abs(t.weight) == lead), 1.0))
    terms = tuple(t._replace(weight=plain(exact(t.weight) / divisor)) for t in comparison.total.terms)
    bounds = [b and b._replace(value=plain(exact(b.value) / divisor)) for b in (comparison.lower, comparison.upper)]
    numbers = [*(term.weight for term in terms), *(bound.value for bound in bounds if bound is not None)]
    if any(float(f"{number:.{SHORT_DIGITS}g}") != number for number in numbers):
        return comparison
    lower, upper = bounds if divisor > 0 else reversed(bounds)
    return Comparison(Sum(0.0, terms), lower, upper)
