import json
from dataclasses import replace

import networks
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.columns.column import Column, features_of
from prelu_rules.domains.box import Box
from prelu_rules.domains.polytope import Polytope
from prelu_rules.errors import DataError, FormatError
from prelu_rules.export.json import read, read_rules, write
from prelu_rules.network.affine import AffineMap
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.rule import Rule
from prelu_rules.rules.rule_system import RuleSystem

names = st.lists(st.text(max_size=8), min_size=2, max_size=2, unique=True)
labels = st.one_of(st.text(max_size=5), st.integers(), st.booleans(), st.floats(allow_nan=False, allow_infinity=False))


@given(networks.seeds, names, st.lists(labels, min_size=2, max_size=2), st.booleans(), st.booleans())
def test_what_is_read_equals_what_was_written(seed, features, classes, with_rows, with_form):
    x = np.random.default_rng(seed).normal(size=(20, 2)) if with_rows else None
    form = networks.random_form(seed, (2, 2, 1, 1))
    rules = extract_rules(form, x, feature_names=features, classes=classes)
    if not with_form:
        rules = replace(rules, form=None)
    again = read(write(rules))
    assert again == rules
    assert [type(c) for c in again.classes] == [type(c) for c in rules.classes]
    assert write(again) == write(rules)


def test_a_network_without_units_survives():
    rules = extract_rules(networks.random_form(0, (3, 2)))
    assert read(write(rules, indent=None)) == rules


def test_a_polytope_survives():
    domain = Polytope.one_hot(Box([0, 0], [1, 1]), [[0, 1]])
    rules = extract_rules(networks.random_form(0, (2, 3, 1)), domain)
    assert read(write(rules)) == rules and read(write(rules)).domain == domain


@given(networks.seeds, st.booleans())
def test_evidence_survives_and_is_left_out_where_there_is_none(seed, of_classes):
    x = np.random.default_rng(seed).normal(size=(20, 2))
    classes = ("no", "yes") if of_classes else None
    rules = extract_rules(networks.random_form(seed, (2, 2, 1)), x, classes=classes)
    found = rules.with_evidence(x, np.where(x[:, 0] > np.median(x), "yes", "no") if of_classes else x[:, 0])
    assert read(write(found)) == found and found != rules
    assert not any(f'"{name}"' in write(rules) for name in ("errors", "class_counts", "typical"))
    assert (found.typical is not None) == of_classes == (found[0].class_counts is not None)


def with_evidence(**change):
    """A file of two rules, of which the second says something else of its rows."""
    x = np.array([[0.0, 1.0], [1.0, 0.0], [-3.0, 2.0]])
    labels = ["no", "yes", "no"]
    bend = NormalForm(A=[[1, 0]], B=[[0]], b=[0.5], C=[[0, 1]], D=[[1]], e=[0], slopes=[0])
    rules = extract_rules(bend, x, classes=("no", "yes")).with_evidence(x, labels)
    content = json.loads(write(rules))
    content["rules"][1].update({key: value for key, value in change.items() if key != "typical"})
    return json.dumps({**content, **{key: value for key, value in change.items() if key == "typical"}})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"class_counts": [1]}, r"rules\[1\] does not describe rules: class_counts adds up to 1 rows"),
        ({"class_counts": [0.5, 0.5]}, r"rules\[1\].class_counts\[0\] is 0.5, but must be a whole number"),
        ({"class_counts": 7}, r"rules\[1\].class_counts is 7, but must be a list"),
        ({"count": 3, "class_counts": [1, 1, 1]}, "rules: rule 2 has class_counts of 3 classes, but there are 2"),
        ({"errors": [0.5, 0.5]}, r"rules\[1\].errors is a list of 2, but must be a list of 1 numbers"),
        ({"errors": ["much"]}, r"rules\[1\].errors\[0\] is 'much', but must be a finite number"),
        ({"errors": [-1]}, r"rules\[1\] does not describe rules: errors holds -1.0 at index 0"),
        ({"errors": [1]}, "rule 2 has the errors .* its outputs are logits"),
        ({"typical": [[1, 2]]}, "typical is a list of 1, but must be a list of 2 rows"),
        ({"typical": [[1, 2], [3]]}, r"typical\[1\] is a list of 1, but must be a list of 2 numbers"),
    ],
)
def test_evidence_is_checked_by_name_and_place(change, message):
    with pytest.raises(FormatError, match=message):
        read(with_evidence(**change))


def changed(**change):
    return json.dumps({**json.loads(write(extract_rules(networks.random_form(0, (2, 1, 1))))), **change})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("IF true", "the text is not JSON"),
        ("[1]", "format a list of 1, not 'prelu_rules/rules'"),
        ('{"format": "other"}', "format 'other'"),
        (changed(version=3), "version 3 of the format, but only versions 1 and 2 are known; upgrade"),
        (changed(version=True), "version True of the format"),
        (changed(rules=[]), "does not describe rules: a rule system has 0 rules"),
        (changed(rules=[{}]), r"rules\[0\] has no 'outputs'"),
        (changed(columns=None), "columns is null, but must be a list"),
        (changed(columns=[{"name": 1}, {"name": 2}]), r"columns\[0\].name is 1, but must be Unicode text"),
        (
            changed(columns=[{"name": "a", "kind": "date"}, {"name": "b"}]),
            r"columns\[0\] does not describe rules: column 'a' is of kind 'date'",
        ),
        (changed(domain={"lower": [0], "upper": [1]}), r"domain.lower is a list of 1, but must be a list of 2 numbers"),
        ("[" * 100_000, "the JSON is nested more than 20 levels deep"),
        (changed(output_names=["a", "b"]), r"rules\[0\].outputs.coef is a list of 1, but must be a list of 2 rows"),
        (changed(precision={"digits": 1}), "precision has no 'feature_scale'"),
    ],
)
def test_other_texts_are_refused_in_a_sentence(text, message):
    with pytest.raises(FormatError, match=message):
        read(text)


def test_files(tmp_path):
    rules = extract_rules(networks.random_form(0, (2, 1, 1)))
    rules.export("json", tmp_path / "rules.json")
    assert read_rules(tmp_path / "rules.json") == rules
    with pytest.raises(DataError, match=r"cannot read .*missing\.json: No such file"):
        read_rules(tmp_path / "missing.json")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FormatError, match="is not a text file"):
        read_rules(tmp_path / "binary")


def test_exact_rationals_are_refused():
    with pytest.raises(FormatError, match="exact rationals"):
        write(extract_rules(networks.random_form(0, (2, 1, 1)).exact()))


@given(networks.seeds)
def test_decisions_survive(seed):
    rules = extract_rules(networks.random_form(seed, (2, 2, 3)), classes=["a", "b", "c"]).decision_rules()
    assert read(write(rules)) == rules


levels = st.one_of(st.text(max_size=4), st.integers(-(10**30), 10**30), st.booleans(), st.floats(-1e9, 1e9))


@given(
    st.lists(levels, min_size=1, max_size=4, unique_by=str),
    st.booleans(),
    st.sampled_from(["number", "integer", "yes/no"]),
    st.text(max_size=4),
    st.none() | st.text(max_size=4),
)
def test_columns_survive_with_all_that_is_known_of_them(levels, missing, kind, unit, description):
    columns = (
        Column("a", "category", levels, missing, description=description),
        Column("b", kind, missing=missing, unit=unit),
    )
    rules = RuleSystem((Rule((), AffineMap(np.ones((1, len(features_of(columns)))), [0.0])),), columns, ("y",))
    again = read(write(rules))
    assert again == rules and again.columns == columns
    assert [type(level) for level in again.columns[0].levels] == [type(level) for level in levels]
