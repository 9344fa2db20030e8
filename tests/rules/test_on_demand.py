import networks
import numpy as np
import pytest
from formulas import run_formulas
from hypothesis import given
from hypothesis import strategies as st

import prelu_rules as pr
from prelu_rules.columns.column import Column
from prelu_rules.domains.box import Box
from prelu_rules.errors import DataError, InvalidValueError, ShapeError, TooManyUnitsError
from prelu_rules.geometry.proofs.exact import ExactCell
from prelu_rules.rules.disjoint import has_interior
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.on_demand import RulesOnDemand, rules_on_demand
from prelu_rules.rules.simplification import needed
from prelu_rules.tolerances import PRINTED_OUTPUT

SLOPES = (0.0, 0.5, 1.5)
LARGE = networks.random_form(0, (3, 8, 6, 2), SLOPES)
ROWS = np.random.default_rng(0).uniform(-1, 1, (200, 3))


@given(networks.seeds, networks.widths, st.booleans())
def test_a_rule_holds_where_its_row_is_and_says_what_the_network_says(seed, widths, bounded):
    form = networks.random_form(seed, widths, SLOPES)
    domain = Box(-np.ones(widths[0]), np.ones(widths[0])) if bounded else None
    rules = rules_on_demand(form, domain)
    # The last ones are off the domain.
    for row in np.random.default_rng(seed).uniform(-1, 1, (6, widths[0])) * np.array([[1, 1, 1, 1, 2, 5]]).T:
        rule = rules.rule_for(row)
        assert rule.covers(row).all() and rule.count is None
        np.testing.assert_allclose(rule.outputs(row), form.predict(row), rtol=1e-9, atol=1e-9)
        where = domain if domain is not None and domain.contains(row)[0] else None
        assert needed(rule.conditions, where) == rule.conditions
        whole = ExactCell.of_domain(where, widths[0])
        assert has_interior(whole, rule.conditions)


@given(networks.seeds)
def test_the_rules_of_rows_are_those_that_a_list_of_all_has(seed):
    """In a generic network no two rules can be merged, so all of them are leaves."""
    form = networks.random_form(seed, (2, 4, 1), slopes=(0.5, 1.5))
    x = np.random.default_rng(seed).uniform(-1, 1, (60, 2))
    listed = extract_rules(form, x)
    found = rules_on_demand(form, x).rules_of(x)
    with_rows = [rule for rule in listed.rules if rule.count]
    assert [rule.count for rule in found] == [rule.count for rule in with_rows]
    key = [(rule.count, *rule.outputs.coef.ravel()) for rule in found]
    assert sorted(key) == sorted((rule.count, *rule.outputs.coef.ravel()) for rule in with_rows)


def test_rules_of_rows_come_once_most_rows_first():
    rules = pr.extract(LARGE, ROWS, on_demand=True)
    found = rules.rules_of(ROWS)
    counts = [rule.count for rule in found]
    assert sum(counts) == len(ROWS) and counts == sorted(counts, reverse=True) and 1 < len(found) < len(ROWS)
    covers = np.array([rule.covers(ROWS) for rule in found])
    np.testing.assert_array_equal(covers.sum(axis=0), 1)
    np.testing.assert_array_equal(covers.sum(axis=1), counts)


def test_a_row_on_a_boundary_counts_for_a_rule_beside_it():
    """`max(0, x) + max(0, -x)`: at 0 both units are on, and nowhere else."""
    form = pr.NormalForm(A=[[1], [-1]], B=np.zeros((2, 2)), b=[0, 0], C=[[0]], D=[[1, 1]], e=[0], slopes=[0, 0])
    for domain in (None, Box([-1], [1])):
        rules = RulesOnDemand(form, ("x",), ("y",), domain=domain)
        assert [len(rule.conditions) for rule in rules.rules_of([[0.0], [1.0], [-1.0], [0.5]])] == [1, 1]
        assert [rule.count for rule in rules.rules_of([[0.0], [1.0], [-1.0], [0.5]])] == [1, 3]
        assert rules.rule_numbers([[0.0], [1.0], [-1.0], [0.5]]).tolist() == [2, 2, 1, 2]
        assert rules.rule_for([0.0]).outputs.coef.item() == 1.0


def test_it_predicts_as_the_network_and_as_rules_do():
    x = np.random.default_rng(1).uniform(-1, 1, (50, 3))
    form = networks.random_form(1, (3, 3, 2), SLOPES)
    options = {"feature_names": ["a", "b", "c"], "output_names": ["no", "yes"], "classes": ["no", "yes"]}
    rules, listed = pr.extract(form, x, on_demand=True, **options), pr.extract(form, x, **options)
    np.testing.assert_array_equal(rules.predict(x), pr.collapse(form).predict(x))
    np.testing.assert_array_equal(rules.classify(x), listed.classify(x))
    np.testing.assert_allclose(rules.probabilities(x), listed.probabilities(x))
    assert (rules.feature_names, rules.domain, rules.classes) == (
        listed.feature_names,
        listed.domain,
        listed.classes,
    )
    assert rules.to_sympy() == listed.to_sympy("max")
    assert rules == pr.extract(form, x, on_demand=True, **options) != pr.extract(form, x, on_demand=True)


def test_a_table_speaks_of_its_columns():
    form = networks.random_form(2, (4, 7, 1), SLOPES)
    columns = (Column("age", missing=True), Column("kind", "category", levels=("a", "b")))
    table = {"kind": ["a", "b", "b"], "age": [20.0, None, 40.0]}
    rules = rules_on_demand(form, table, columns=columns)
    np.testing.assert_array_equal(rules.predict(table), form.predict([[20, 0, 1, 0], [0, 1, 0, 1], [40, 0, 0, 1]]))
    assert "[kind = a]" in str(rules) and "(counted as 0 where missing: age)" in str(rules)
    assert rules.rule_for({"kind": "b", "age": 30.0}).covers([30, 0, 0, 1]).all()
    with pytest.raises(DataError, match="kind"):
        rules.predict({"age": [1.0]})


@given(networks.seeds)
def test_the_printed_compact_form_is_honest(seed):
    form = networks.random_form(seed, (3, 7, 2), SLOPES)
    x = np.random.default_rng(seed).normal(size=(40, 3))
    rules = rules_on_demand(form, x)
    y = form.predict(x)
    assert (np.abs(run_formulas(rules.export(), x) - y) <= PRINTED_OUTPUT * np.ptp(y, axis=0) + 1e-12).all()
    assert rules.precision.digits < rules_on_demand(form, x, tolerance=1e-9).precision.digits
    # Without data, rows of the domain decide.
    assert rules_on_demand(form, Box.from_data(x)).precision is not None
    assert rules_on_demand(form).precision is None


def test_too_many_units_advise_what_works(tmp_path):
    with pytest.raises(TooManyUnitsError) as error:
        pr.extract(LARGE, ROWS)
    call = str(error.value).split("from rules on demand: ")[1].rstrip(".")
    rules = eval(call, {"pr": pr, "network": LARGE, "domain": ROWS})
    assert isinstance(rules, pr.RulesOnDemand) and not hasattr(rules, "__len__")
    assert repr(rules) == f"<RulesOnDemand: {LARGE.n_units} nonlinear units, 3 features -> out1, out2>"
    path = tmp_path / "rules.txt"
    assert rules.export("compact", path) == path.read_text() == str(rules)


def test_bad_use_is_named():
    rules = rules_on_demand(LARGE)
    with pytest.raises(ShapeError, match="there are 200 rows; give one, or use rules_of"):
        rules.rule_for(ROWS)
    with pytest.raises(InvalidValueError, match="cannot be exported as 'text', which lists all rules"):
        rules.export("text")
    with pytest.raises(InvalidValueError, match="kind is 'piecewise'"):
        rules.to_sympy("piecewise")
    with pytest.raises(InvalidValueError, match="predicts numbers, not classes"):
        rules.classify(ROWS)
    with pytest.raises(ShapeError, match=r"the names are for \(1, 3\) outputs and features, but the network is for"):
        RulesOnDemand(LARGE, ("a", "b", "c"), ("y",))
    with pytest.raises(ShapeError, match="3 classes for 2 logits"):
        RulesOnDemand(LARGE, ("a", "b", "c"), ("y", "z"), classes=(1, 2, 3))
    with pytest.raises(ShapeError, match="the domain is for"):
        RulesOnDemand(LARGE, ("a", "b", "c"), ("y", "z"), domain=Box([0], [1]))
