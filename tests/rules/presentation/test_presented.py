"""What is printed of rules says what they say, in few numbers, and nothing twice."""

from dataclasses import replace
from itertools import combinations

import networks
import numpy as np
import pytest
from hypothesis import event, given, settings
from presented_systems import cells_of, presented_deviation, rows_with_states, systems

from prelu_rules.columns.column import Column
from prelu_rules.columns.encoding import feature_rows
from prelu_rules.domains.box import Box
from prelu_rules.experiments.layered_network import paper_network
from prelu_rules.extraction import extract
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.network.precision import Precision
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.presentation.length import n_numbers as n_numbers_of_formula
from prelu_rules.rules.presentation.numbers import n_numbers, n_numbers_of_rule, n_thresholds
from prelu_rules.rules.presentation.presented import presented
from prelu_rules.rules.presentation.statements import Bound, Comparison, Term, Test

KWH, KIND = Column("kwh"), Column("kind", "category", ("business", "farm", "household"))
AGE = Column("age", "integer", missing=True)


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


def tariff(n_rows=480, seed=0):
    """Rows of consumption, kind and age, of which one is sometimes missing."""
    rng = np.random.default_rng(seed)
    ages = rng.integers(20, 80, n_rows).tolist()
    table = {
        "kwh": np.round(rng.uniform(0, 600, n_rows)).tolist(),
        "kind": rng.choice(KIND.levels, n_rows).tolist(),
        "age": [None if gone else age for gone, age in zip(rng.random(n_rows) < 0.1, ages, strict=True)],
    }
    return feature_rows((KWH, KIND, AGE), table)


def only(column, *levels):
    return Test(column, tuple(f for f in column.features if f.level in levels))


def test_a_tariff():
    """Thresholds at 200 and 400, 15 off for farms."""
    form = NormalForm(
        A=[[1, 0, 0, 0, 0, 0]] * 2,
        B=np.zeros((2, 2)),
        b=[-200, -400],
        C=[[0.1, 0, -15, 0, 0.05, 5]],
        D=[[0.15, 0.2]],
        e=[10],
        slopes=[0, 0],
    )
    shown = presented(extract_rules(form, tariff(), columns=(KWH, KIND, AGE), output_names=["price"]))
    total = shown.rules[0].clauses[0][0].comparison.total
    assert total.terms == (Term(1.0, "kwh"),)
    assert [rule.clauses[0][0].comparison for rule in shown.rules] == [
        Comparison(total, None, Bound(200.0, False)),
        Comparison(total, Bound(200.0, True), Bound(400.0, False)),
        Comparison(total, Bound(400.0, True), None),
    ]
    assert [rule.otherwise for rule in shown.rules] == [False, False, True]
    assert [rule.outputs[0].total.constant for rule in shown.rules] == [10.0, -20.0, -100.0]
    missing = Term(5.0, None, (Test(AGE, AGE.features[1:]),))
    for rule, weight in zip(shown.rules, (0.1, 0.25, 0.45), strict=True):
        farm = Term(-15.0, None, (only(KIND, "farm"),))
        assert rule.outputs[0].total.terms == (Term(weight, "kwh"), Term(0.05, "age"), farm, missing)
    assert n_numbers(shown) == 9 + 3 * 5 + 3 and max(shown.within) < 1e-12


def test_a_threshold_for_each_level():
    form = NormalForm(
        A=[[1, 0, -202, 0, 0, 0]], B=[[0]], b=[-188], C=[[0.1, 0, 0, 0, 0, 0]], D=[[0.15]], e=[10], slopes=[0]
    )
    rules = extract_rules(form, tariff(), columns=(KWH, KIND, AGE), output_names=["price"])
    shown = presented(replace(rules, precision=replace(rules.precision, digits=4)))
    for rule in shown.rules:
        ((farm, others),) = rule.clauses
        assert farm.where == (only(KIND, "farm"),) and others.where == (only(KIND, "business", "household"),)
        bounds = [(one.comparison.lower or one.comparison.upper).value for one in (farm, others)]
        assert bounds == [390.0, 188.0]
        assert farm.comparison.total.terms == (Term(1.0, "kwh"),)


def test_figure_2_says_each_function_once():
    shown = presented(extract(paper_network().form, networks.BINARY))
    for k in range(3):
        functions = [rule.outputs[k] for rule in shown.rules]
        assert len(functions) == 4
        if not functions[0].relative:
            assert sum(one.like is None for one in functions) == 2


def test_ten_levels():
    """Each level has a price of its own, but three pairs have the same; farms have another threshold."""
    kind = Column("kind", "category", tuple(f"k{k}" for k in range(10)))
    rng = np.random.default_rng(0)
    x = feature_rows(
        (KWH, kind), {"kwh": rng.uniform(0, 500, 300).tolist(), "kind": rng.choice(kind.levels, 300).tolist()}
    )
    prices = [10, 20, 20, 30, 40, 40, 50, 60, 60, 70]
    form = NormalForm(A=[[1, *([0] * 9), -100]], B=[[0]], b=[-200], C=[[0.1, *prices]], D=[[0.2]], e=[5], slopes=[0])
    shown = presented(extract_rules(form, x, columns=(KWH, kind)))
    for rule in shown.rules:
        assert len([t for t in rule.outputs[0].total.terms if t.of is None]) <= 7
    ((last, others),) = shown.rules[0].clauses
    assert [s.level for s in last.where[0].states] == ["k9"] and len(others.where[0].states) == 9


@pytest.mark.parametrize("scale", [1.0, 1e6])
def test_an_output_in_millions_reads_as_shortly_as_one_in_units(scale):
    form = NormalForm(
        A=[[1.0, 0.3]],
        B=[[0]],
        b=[0.1],
        C=np.array([[0.5123, 2.0321]]) * scale,
        D=[[1.2345 * scale]],
        e=[0.1 * scale],
        slopes=[0],
    )
    x = np.random.default_rng(0).uniform(-1, 1, (50, 2))
    rules = extract_rules(form, x)
    numbers = [
        number
        for rule in presented(rules).rules
        for output in rule.outputs
        for number in (output.total.constant, *(term.weight for term in output.total.terms))
    ]
    digits = [len(f"{abs(n):.15g}".replace(".", "").strip("0")) for n in numbers if n]
    assert digits and max(digits) <= 3


def test_rules_that_cover_no_row_are_folded():
    form = NormalForm(A=[[1.0], [1.0]], B=np.zeros((2, 2)), b=[-1, -2], C=[[0]], D=[[1, 1]], e=[0], slopes=[0, 0])
    rules = extract_rules(form, Box([0], [3]), x=[[0.5], [2.5], [2.7]])
    shown = presented(rules)
    assert (len(shown.rules), shown.folded) == (2, 1)
    assert not any(rule.otherwise for rule in shown.rules)
    assert [rule.number for rule in shown.rules] == [1, 2]


def test_rounded_rules_are_within_what_is_proven():
    form = NormalForm(A=[[1.0]], B=[[0]], b=[-0.9871], C=[[0.333]], D=[[1.234]], e=[0.0123], slopes=[0])
    rounded = extract_rules(form, [[0.0], [2.0], [3.0]]).rounded(0.05)
    shown = presented(rounded)
    assert shown.proven and shown.within == rounded.rounding_error
    assert shown.formula is None or shown.rules[-1].otherwise


def test_the_error_that_was_seen_is_kept():
    rules = extract_rules(networks.random_form(0, (2, 3, 2)), np.random.default_rng(0).normal(size=(40, 2)))
    x = np.random.default_rng(0).normal(size=(40, 2))
    deviation = presented_deviation(presented(rules), rules, x)
    np.testing.assert_allclose(rules.precision.error, deviation, rtol=1e-9, atol=1e-12)
    assert presented(replace(rules, precision=Precision.of_data(3, x, rules.predict(x)))).within is None
