"""A row for each rule: what it says is what the rules do."""

import csv
import io
from dataclasses import replace

import executed
import networks
import numpy as np
import pytest

from prelu_rules.columns.column import Column
from prelu_rules.export.conditions import conditions_of
from prelu_rules.export.table import to_pandas, to_polars, write
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.rules.extraction import extract_rules


@pytest.mark.parametrize("name", executed.NAMES)
def test_coefficients_give_the_outputs(name):
    system = executed.case(name).system
    table = to_pandas(system)
    assert table["rule"].tolist() == list(range(1, len(system) + 1))
    x = np.random.default_rng(0).normal(size=(5, len(system.feature_names)))
    for (_, row), rule in zip(table.iterrows(), system, strict=True):
        for k, output in enumerate(system.output_names):
            weights = [row[f"{output}: {feature}"] for feature in system.feature_names]
            np.testing.assert_array_equal(weights, rule.outputs.coef[k])
            assert row[f"{output}: constant"] == rule.outputs.intercept[k]
    assert len(x) and not table["conditions"].str.contains(r"\bA\b").any(), "a letter that nothing explains"


@pytest.mark.parametrize("name", executed.NAMES)
def test_csv_and_polars_are_the_same_table(name):
    system = executed.case(name).system
    table = to_pandas(system)
    header, *lines = csv.reader(io.StringIO(write(system)))
    assert header == list(table.columns)
    for column, cells in zip(table, zip(*lines, strict=True), strict=True):
        assert list(cells) == list(map(str, table[column])) == list(map(str, to_polars(system)[column]))


def test_evidence_and_decisions():
    x = np.random.default_rng(0).normal(size=(50, 2))
    form = networks.random_form(4, (2, 2, 3))
    system = extract_rules(form, x, classes=("low", 1, True)).with_evidence(x, ["low"] * 50)
    table = to_pandas(system)
    assert table["rows"].tolist() == [rule.count for rule in system] and table["share"].sum() == pytest.approx(1)
    assert table["rows of low"].tolist() == table["rows"].tolist() and (table["rows of True"] == 0).all()
    decided = system.decision_rules()
    classes = [decided.classes[rule.decision] for rule in decided]
    assert to_pandas(decided)["class"].tolist() == classes
    assert to_polars(decided)["class"].to_list() == list(map(str, classes))
    line = extract_rules(networks.random_form(0, (2, 1, 1)), x).with_evidence(x, x[:, 0])
    assert to_pandas(line)["error of out1"].tolist() == [rule.errors[0] for rule in line]


@pytest.mark.parametrize("pair", executed.PAIRS, ids=executed.pair_id)
def test_names_are_data(pair):
    system = executed.hostile_case(*pair).system
    table = to_pandas(system)
    assert len(set(table.columns)) == len(table.columns) == 2 + 2 * (len(system.feature_names) + 1)
    assert len(to_polars(system)) == len(system)
    header, *lines = csv.reader(io.StringIO(write(system), newline=""))
    assert header == list(table.columns) and len(lines) == len(system)


def test_columns_of_one_name_are_told_apart():
    form = NormalForm.from_layers([[[1.0, 2.0], [3.0, 4.0]]], [[5.0, 6.0]], [])
    system = extract_rules(form, columns=[Column("c"), Column("b: c")], output_names=["a: b", "a"])
    assert list(to_pandas(system))[2:] == [
        "a: b: c",
        "a: b: b: c",
        "a: b: constant",
        "a: c",
        "a: b: c 2",
        "a: constant",
    ]


def test_conditions_need_no_formula():
    system = executed.case("twelve rules").system
    assert "A" in system.export("text")
    for line, rule in zip(conditions_of(system), system, strict=True):
        assert line.count(" and ") + line.count("<") + line.count(">") >= 1 and len(rule.conditions)
        assert "a" in line or "b" in line


def test_a_rule_that_no_row_can_fall_under():
    system = executed.case("tariff").system
    first = system.rules[0]
    opposite = [replace(condition, nonnegative=not condition.nonnegative) for condition in first.conditions]
    never = replace(first, conditions=(*first.conditions, *opposite))
    lines = conditions_of(replace(system, rules=(never, *system.rules)))
    assert lines[0] == "no row of the domain" and lines[1:] == conditions_of(system)
