"""What is printed of some rules that are known, such as a tariff."""

from dataclasses import replace

import networks
import numpy as np
import pytest
from presented_systems import presented_deviation

from prelu_rules.columns.column import Column
from prelu_rules.columns.feature_rows import feature_rows
from prelu_rules.domains.box import Box
from prelu_rules.experiments.layered_network import paper_network
from prelu_rules.extraction import extract
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.network.precision import Precision
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.presentation.numbers import n_numbers
from prelu_rules.rules.presentation.presented import presented
from prelu_rules.rules.presentation.statements import Bound, Comparison, Term, Test

KWH, KIND = Column("kwh"), Column("kind", "category", ("business", "farm", "household"))
AGE = Column("age", "integer", missing=True)


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
        assert not functions[0].relative and sum(one.like is None for one in functions) == 2


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
