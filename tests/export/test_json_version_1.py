"""Files that the first version wrote of small estimators, with cells and what that version predicted of them."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from prelu_rules.columns.column import Column
from prelu_rules.errors import DataError, FormatError, InvalidValueError
from prelu_rules.export.json import read, write
from prelu_rules.export.paper_reader import read as read_text
from prelu_rules.network.affine import AffineMap
from prelu_rules.rules.rule import Rule
from prelu_rules.rules.rule_system import RuleSystem

DATA = Path(__file__).parent / "data"
KIND = Column("kind", "category", ("business", "farm", "household"), missing=True)


def stored(name):
    content = json.loads((DATA / f"version_1_{name}.json").read_text(encoding="utf-8"))
    assert content["rules"]["version"] == 1
    return content["rules"], content["cells"], np.array(content["predictions"]), content.get("classes")


def test_rules_of_the_first_version_take_raw_cells():
    content, cells, predictions, _ = stored("regression")
    rules = read(json.dumps(content))
    assert rules.columns == (Column("kwh"), Column("age", missing=True), KIND)
    assert None in cells["age"] and None in cells["kind"]
    for table in (cells, pd.DataFrame(cells)[["kind", "age", "kwh"]]):
        np.testing.assert_allclose(rules.predict(table), predictions, rtol=1e-12)
    row = {name: values[0] for name, values in cells.items()}
    assert row["age"] is None
    np.testing.assert_allclose(rules.predict(row), predictions[:1], rtol=1e-12)
    assert rules.n_rows == 80 and rules.output_names == ("cost",)


def test_network_and_domain_are_folded_as_well():
    content, cells, predictions, _ = stored("regression")
    rules = read(json.dumps(content))
    x = rules.encoded(cells)
    np.testing.assert_allclose(rules.form.predict(x), predictions, rtol=1e-12)
    assert rules.domain.contains(x).all()
    # A missing age is 0 and nothing else, and one that is there is not 0.
    wrong = x[[0, 1]]
    wrong[0, 1], wrong[1, 1] = 50.0, 0.0
    assert not rules.domain.contains(wrong).any()
    certificate = rules.certify(rules.form)
    assert certificate.covered and certificate.disjoint and certificate.upper[0] <= 1e-12 * certificate.largest[0]


def test_their_text_is_as_good_as_it_was():
    content, cells, predictions, _ = stored("regression")
    rules = read(json.dumps(content))
    printed = rules.export("paper")
    assert "(counted as 0 where missing: age)" in printed
    range_of_outputs = rules.precision.output_scale[0]
    again = read_text(printed)
    assert again.features == rules.features
    np.testing.assert_allclose(again.predict(rules.encoded(cells)), predictions, atol=0.02 * range_of_outputs)


def test_where_nothing_tells_the_mean_the_indicator_is_a_column():
    content, cells, predictions, _ = stored("without_domain")
    rules = read(json.dumps(content))
    assert rules.columns == (Column("kwh"), Column("age"), Column("age is missing", "yes/no"), KIND)
    with pytest.raises(DataError, match="the table has no column 'age is missing'"):
        rules.predict(cells)
    there = [age is not None for age in cells["age"]]
    some = {name: [v for v, known in zip(values, there, strict=True) if known] for name, values in cells.items()}
    found = rules.predict({**some, "age is missing": [False] * sum(there)})
    np.testing.assert_allclose(found, predictions[there], rtol=1e-12)
    with pytest.raises(InvalidValueError, match="column 'age' is missing in row 0"):
        rules.predict({**cells, "age is missing": [not known for known in there]})


def test_decisions_of_the_first_version():
    content, cells, predictions, classes = stored("decisions")
    rules = read(json.dumps(content))
    zone = Column("zone", "category", ("1", "2", "3"))
    assert rules.columns == (Column("kwh"), Column("age", missing=True), KIND, zone) and rules.decides
    table = {**cells, "zone": list(map(str, cells["zone"]))}
    np.testing.assert_allclose(rules.predict(table), predictions, rtol=1e-9)
    assert rules.classify(table).tolist() == classes


@pytest.mark.parametrize("name", ["regression", "without_domain", "decisions"])
def test_what_was_read_is_written_in_the_present_version(name):
    rules = read(json.dumps(stored(name)[0]))
    text = write(rules)
    assert json.loads(text)["version"] == 2 and read(text) == rules


def plain(**change):
    rules = RuleSystem((Rule((), AffineMap([[1.0, 2.0]], [0.0])),), ("a", "b"), ("y",))
    content = json.loads(write(rules)) | {"version": 1, "feature_names": ["a", "b"], "indicators": []}
    del content["columns"]
    return content | change


def test_the_oldest_files_had_no_indicators_decisions_and_rounding_errors():
    content = plain()
    expected = read(json.dumps(content))
    assert expected == RuleSystem((Rule((), AffineMap([[1.0, 2.0]], [0.0])),), ("a", "b"), ("y",))
    for part in ("indicators", "rounding_error"):
        del content[part]
    del content["rules"][0]["decision"]
    assert read(json.dumps(content)) == expected


def test_names_that_only_look_like_indicators_are_numbers():
    rules = read(json.dumps(plain(feature_names=["a", "a is missing"])))
    assert rules.columns == (Column("a"), Column("a is missing"))
    category = read(json.dumps(plain(feature_names=["c = x", "c = y"], indicators=[["c", "x"], ["c", "y"]])))
    assert category.columns == (Column("c", "category", ("x", "y")),)
    assert category.predict({"c": ["y", "x"]}).tolist() == [[2.0], [1.0]]


@pytest.mark.parametrize(
    "change",
    [
        {"feature_names": None},
        {"feature_names": [1, 2]},
        {"feature_names": ["a"]},
        {"feature_names": ["a", "a"]},
        {"indicators": [["a"]]},
        {"indicators": 3},
        {"rules": [{}]},
    ],
)
def test_what_the_first_version_did_not_write_is_refused(change):
    with pytest.raises(FormatError, match="again|does not describe rules"):
        read(json.dumps(plain(**change)))


def test_a_column_of_several_features_in_two_places_is_refused_or_kept_apart():
    """Such files were never written by a fit, but by hand they can be."""
    indicators = [["c", "x"], ["c", "y"]]
    rules = RuleSystem((Rule((), AffineMap([[1.0, 2.0, 3.0]], [0.0])),), ("c = x", "a", "c = y"), ("y",))
    content = json.loads(write(rules)) | {"version": 1, "feature_names": list(rules.feature_names)}
    del content["columns"]
    with pytest.raises(FormatError, match="does not describe rules: the column name 'c' is used twice"):
        read(json.dumps(content | {"indicators": indicators}))
    assert read(json.dumps(content)) == replace(rules, columns=rules.columns)
