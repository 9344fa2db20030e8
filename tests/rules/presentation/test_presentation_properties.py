"""Properties of presentations of random rules: they say what the rules say, in few numbers, and nothing twice."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import event, given, settings
from presented_systems import cells_of, presented_deviation, rows_with_states, systems

from prelu_rules.rules.presentation.length import n_numbers as n_numbers_of_formula
from prelu_rules.rules.presentation.numbers import n_numbers, n_numbers_of_rule, n_thresholds
from prelu_rules.rules.presentation.presented import presented

pytestmark = pytest.mark.slow


@given(systems())
def test_every_row_falls_under_one_printed_rule_that_gives_its_answer(case):
    rules, x = case
    shown = presented(rules)
    assert (presented_deviation(shown, rules, x) <= np.array(shown.within) * (1 + 1e-9) + 1e-12).all()
    assert not shown.proven
    event(f"folded: {shown.folded > 0}")
    event(f"style: {[(o.relative, bool(o.bends)) for o in shown.rules[0].outputs][:1]}")


@given(systems())
def test_rules_hold_few_numbers(case):
    shown = presented(case[0])
    conditions = sum(n_thresholds(c) for rule in shown.rules if not rule.otherwise for c in rule.clauses)
    numbers = sum(map(n_numbers_of_rule, shown.rules))
    assert numbers <= 2 * n_numbers_of_formula(shown.formula) + conditions
    assert n_numbers(shown) == numbers + n_numbers_of_formula(shown.formula) + sum(
        map(n_numbers_of_rule, shown.decisions)
    )


@given(systems())
def test_no_two_printed_rules_say_the_same(case):
    shown = presented(case[0])
    assert len({rule.clauses for rule in shown.rules}) == len(shown.rules)
    assert shown.folded + len(shown.rules) <= len(case[0])


@given(systems())
def test_one_boundary_has_one_spelling(case):
    """Of parallel sums of numbers none is a multiple of another."""
    totals = {
        one.comparison.total.terms
        for rule in presented(case[0]).rules
        for clause in rule.clauses
        for one in clause
        if one.comparison is not None and not any(_says_missing(test) for test in one.where)
    }
    for first, second in combinations(totals, 2):
        if [(t.of, t.where) for t in first] == [(t.of, t.where) for t in second]:
            ratios = np.array([b.weight / a.weight for a, b in zip(first, second, strict=True)])
            assert np.ptp(ratios) > 1e-9 * np.abs(ratios).max()


def _says_missing(test):
    return all(state is not None and state.says == "missing" for state in test.states)


@given(systems(max_units=3, max_size=3, max_numbers=2, nested=False))
@settings(max_examples=60)
def test_no_clause_can_be_left_out(case):
    """In two dimensions a cell of lines holds the middle of any three of its corners: all cells are looked at."""
    rules, _ = case
    shown = presented(rules)
    x = _points_of_all_cells(shown, rules.domain)
    cells = cells_of(shown, x)
    for rule in shown.rules:
        covered = rule.covers(cells)
        for fewer in _with_one_thing_less(rule):
            assert (fewer.covers(cells) != covered).any()


def _with_one_thing_less(rule):
    """The rule without one clause, or without one bound of a comparison with two."""
    for k, clause in enumerate(rule.clauses):
        before, after = rule.clauses[:k], rule.clauses[k + 1 :]
        yield replace(rule, clauses=before + after)
        for j, one in enumerate(clause):
            if one.comparison is not None and one.comparison.lower and one.comparison.upper:
                for side in ("lower", "upper"):
                    wider = replace(one, comparison=replace(one.comparison, **{side: None}))
                    yield replace(rule, clauses=(*before, (*clause[:j], wider, *clause[j + 1 :]), *after))


def _points_of_all_cells(shown, domain):
    """Rows inside of every cell that all printed boundaries cut the domain into, for all states."""
    comparisons = {
        (one.comparison.total, bound.value)
        for rule in shown.rules
        for clause in rule.clauses
        for one in clause
        if one.comparison is not None
        for bound in (one.comparison.lower, one.comparison.upper)
        if bound is not None
    }
    comparisons |= {
        (c.total, c.threshold) for bend in shown.formula.bends for c in bend.cases if c.threshold is not None
    }
    found = []
    for start, free in rows_with_states(shown.columns):
        bounds = np.vstack([domain.lower, domain.upper])[:, free]
        lines = [np.append(np.eye(len(free))[k], edge) for k in range(len(free)) for edge in bounds[:, k]]
        names = [feature.column for column in shown.columns for feature in column.features]
        for total, threshold in comparisons:
            cells = cells_of(replace(shown, formula=None), start[None])
            weights = [sum(t.weight for t in total.terms if t.of == names[place] and not t.where) for place in free]
            offset = total.of(cells)[0]
            if np.any(weights):
                lines.append(np.append(weights, threshold - offset))
        points = _middles(np.array(lines).reshape(-1, len(free) + 1))
        rows = np.repeat(start[None], len(points), axis=0)
        rows[:, free] = points
        found.append(rows[domain.contains(rows)])
    return np.vstack(found)


def _middles(lines):
    """Corners of lines, or of points on a line, and the middles of two and three of them."""
    n_numbers = lines.shape[1] - 1
    if n_numbers == 0:
        return np.empty((1, 0))
    corners = set()
    for chosen in combinations(lines, n_numbers):
        system = np.array(chosen)
        if abs(np.linalg.det(system[:, :-1])) > 1e-9:
            corners.add(tuple(np.round(np.linalg.solve(system[:, :-1], system[:, -1]), 12)))
    corners = np.array(sorted(corners))
    parts = [
        corners,
        *(np.mean(corners[list(c)], axis=0)[None] for n in (2, 3) for c in combinations(range(len(corners)), n)),
    ]
    return np.vstack(parts)


@given(systems(classes=True))
def test_classifiers(case):
    rules, x = case
    shown = presented(rules)
    assert (presented_deviation(shown, rules, x) <= np.array(shown.within) * (1 + 1e-9) + 1e-12).all()
    assert sum(map(n_numbers_of_rule, shown.decisions)) <= n_numbers_of_formula(shown.formula)
    event(f"decisions: {len(shown.decisions) > 0}")
    if shown.decisions:
        cells = cells_of(shown, x)
        logits = (
            np.column_stack([np.zeros(len(x)), rules.predict(x)]) if len(shown.output_names) == 1 else rules.predict(x)
        )
        ordered = np.sort(logits, axis=1)
        clear = ordered[:, -1] - ordered[:, -2] > 4 * max(shown.within) + 0.05 * np.ptp(logits)
        said = [rule for rule in shown.decisions if not rule.otherwise]
        covers = np.array([rule.covers(cells) for rule in said]).reshape(len(said), len(x))
        labels = rules.classify(x)
        rest = {rule.decision for rule in shown.decisions if rule.otherwise}
        assert len(rest) <= 1
        for row in np.flatnonzero(clear):
            decided = {said[k].decision for k in np.flatnonzero(covers[:, row])} or rest
            assert decided == {labels[row]}
