"""Counts, errors, class counts and typical rows, against loops over rows."""

from collections import Counter
from dataclasses import replace
from statistics import mean, median

import networks
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from raw_tables import raw_tables

from prelu_rules.columns.column import Column, features_of
from prelu_rules.columns.encoding import encoded_cells, inferred_columns
from prelu_rules.columns.tables import table_cells
from prelu_rules.domains.box import Box
from prelu_rules.errors import InvalidValueError, OutsideDomainError, ShapeError
from prelu_rules.network.affine import AffineMap
from prelu_rules.rules.disjoint import disjoint
from prelu_rules.rules.evidence import typical_rows, with_evidence
from prelu_rules.rules.extraction import counted, extract_rules
from prelu_rules.rules.merging import merged
from prelu_rules.rules.overlay import whole_domain
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem

TWO = Box([-1, -1], [1, 1])
whole_weights = st.lists(st.integers(0, 3), min_size=20, max_size=20).filter(any)


def regression(seed, n_outputs=2):
    rng = np.random.default_rng(seed)
    rules = extract_rules(networks.random_form(seed, (2, 3, n_outputs)), TWO)
    return rules, rng.uniform(-1, 1, (20, 2)), rng.normal(size=(20, n_outputs))


def bend(*sides, inputs=1):
    """Rules on the two sides of 0, or on one."""
    outputs = AffineMap([[1.0] * inputs], [0.0])
    return tuple(Rule((Condition([1.0] * inputs, 0.0, side),), outputs) for side in sides)


@given(networks.seeds, whole_weights)
def test_errors_are_the_mean_of_a_loop_over_rows(seed, weights):
    rules, x, y = regression(seed)
    found = with_evidence(rules, x, y, weights)
    for number, rule in enumerate(found.rules):
        rows = [k for k in range(20) if found.assign(x[k])[0] == number and weights[k]]
        copies = [k for k in rows for _ in range(weights[k])]
        assert rule.count == len(rows) and (rule.errors is None) == (not rows)
        for output, error in enumerate(rule.errors or ()):
            assert error == pytest.approx(mean(abs(rule.outputs(x[k])[output] - y[k, output]) for k in copies))


@given(networks.seeds, whole_weights)
def test_a_weight_is_so_many_copies_and_none_is_no_row(seed, weights):
    rules, x, y = regression(seed)
    labelled = replace(rules, classes=("no", "yes"), form=None)
    labels = np.where(y[:, 0] > 0, "yes", "no")
    copied = [np.repeat(part, weights, axis=0) for part in (x, y, labels)]
    weighted, copies = with_evidence(rules, x, y, weights), with_evidence(rules, *copied[:2])
    by_cell = {str(rule.conditions): rule.errors for rule in copies}
    for rule in weighted:
        assert rule.errors == pytest.approx(by_cell[str(rule.conditions)])
    typical = with_evidence(labelled, x, labels, weights).typical
    assert (typical is None) == (len(set(copied[2])) < 2)
    if typical is not None:
        np.testing.assert_array_equal(typical, with_evidence(labelled, copied[0], copied[2]).typical)


@given(networks.seeds, st.lists(st.sampled_from(["a", 1, True, 2.5]), min_size=20, max_size=20))
def test_class_counts_are_counted_one_by_one(seed, labels):
    """1 equals True, and yet they are two classes."""
    rules, x, _ = regression(seed, n_outputs=4)
    classes = ("a", 1, True, 2.5)
    found = with_evidence(replace(rules, classes=classes), x, labels)
    seen = Counter((number, type(label), label) for number, label in zip(found.assign(x), labels, strict=True))
    assert [rule.class_counts for rule in found] == [
        tuple(seen[number, type(label), label] for label in classes) for number in range(len(found))
    ]
    assert [rule.count for rule in found] == [sum(rule.class_counts) for rule in found]
    assert all(rule.errors is None for rule in found)


@given(raw_tables(), st.data())
def test_a_typical_row_is_an_encoded_row_of_medians_and_modes(table, data):
    cells = table_cells(table[0])
    columns = inferred_columns(cells)
    x = encoded_cells(columns, cells)
    classes = np.array(data.draw(st.lists(st.integers(0, 1), min_size=len(x), max_size=len(x))))
    typical = typical_rows(columns, x, classes, np.ones(len(x)), 2)
    assert (typical is None) == (len(set(classes)) < 2)
    place = 0
    for column in columns if typical is not None else ():
        part = slice(place, place + len(column.features))
        place = part.stop
        for k in (0, 1):
            mine, found = x[classes == k, part].tolist(), typical[k, part].tolist()
            gone = [bool(column.missing and row[-1]) for row in mine]
            there = [row for row, lost in zip(mine, gone, strict=True) if not lost]
            if column.kind in ("number", "integer"):
                missing = 2 * sum(gone) > len(mine)
                middle = 0.0 if missing else median(row[0] for row in there)
                whole = all(value == int(value) for value in x[:, part.start])
                assert found[0] == pytest.approx(round(middle) if whole else middle, rel=1e-12)
                assert found[1:] == [float(missing)] * column.missing
            else:
                # Of equally frequent states any is typical, but it is one that a row is in.
                states = Counter(map(tuple, mine))
                assert states[tuple(found)] == max(states.values())


def test_what_is_typical_of_mixed_columns():
    table = pd.DataFrame(
        {
            "age": [30, 41, None, None, 60],
            "kind": ["farm", "house", "house", "house", None],
            "smoker": [True, True, False, None, None],
            "ratio": [0.25, 0.5, 0.75, 1.0, 2.0],
        }
    )
    columns = (
        Column("age", missing=True),
        Column("kind", "category", ("farm", "house"), missing=True),
        Column("smoker", "yes/no", missing=True),
        Column("ratio"),
    )
    rules = RuleSystem((Rule((), AffineMap(np.zeros((1, 8)), [0.0])),), columns, ("logit",), ("no", "yes"))
    found = rules.with_evidence(table, ["no", "no", "no", "yes", "yes"])
    # age of no: 30 and 41 are there, and 35.5 is not whole; of yes: 60, but just as often missing.
    assert found.typical.tolist() == [[36, 0, 0, 1, 0, 1, 0, 0.5], [60, 0, 0, 1, 0, 0, 1, 1.5]]
    assert [feature.name for feature in features_of(columns)][2:5] == ["kind = farm", "kind = house", "kind is missing"]
    assert found[0].class_counts == (3, 2) and found[0].count == 5


def test_a_table_is_found_by_name_and_rows_are_ordered_once_they_are_counted():
    right, top = Condition([1.0, 0.0], 0.0, True), Condition([0.0, 1.0], 0.0, True)
    outside, below = replace(right, nonnegative=False), replace(top, nonnegative=False)
    outputs = AffineMap([[1.0, 1.0]], [0.0])
    cells = [(right, top), (right, below), (outside,)]
    rules = RuleSystem([Rule(cell, outputs) for cell in cells], ("a", "b"), ("y",))
    found = rules.with_evidence({"b": [-1.0, -2.0, 0.0], "a": [1.0, 1.0, -1.0]}, [0.0, 0.0, 0.0])
    assert [(rule.count, rule.errors) for rule in found] == [(2, (0.5,)), (1, (1.0,)), (0, None)]
    assert found[0].conditions == cells[1] and rules.rules[0].count is None


def test_rules_that_overlap_keep_their_order_since_the_first_counts():
    young, everyone = (
        Rule((Condition([1.0], -18.0, False),), AffineMap([[0.0]], [0.0])),
        Rule((), AffineMap([[1.0]], [0.0])),
    )
    rules = RuleSystem((young, everyone), ("age",), ("fee",))
    x = [[20.0], [30.0], [10.0]]
    found = rules.with_evidence(x, [20.0, 30.0, 0.0])
    assert [rule.count for rule in found] == [1, 2]
    np.testing.assert_array_equal(found.predict(x), rules.predict(x))


def test_a_boundary_counts_for_the_rule_that_it_is_assigned_to():
    """Both rules hold at 0, so the order decides, and it comes before the counts."""
    outputs = AffineMap([[1.0]], [0.0])
    up, down = (Rule((Condition([sign], 0.0, True),), outputs) for sign in (1.0, -1.0))
    found = counted(RuleSystem((up, down), ("x",), ("y",)), [[0.0], [0.0], [1.0], [-1.0]])
    assert [rule.count for rule in found] == [3, 1] and found[0].conditions == down.conditions


def test_what_becomes_wrong_is_dropped():
    low, high = (replace(rule, count=2, errors=(0.5,)) for rule in bend(False, True))
    (one,) = merged([low, high], None)
    assert (one.count, one.errors, one.class_counts) == (4, None, None)
    everyone = replace(low, conditions=())
    pieces = disjoint([low, everyone], whole_domain(Box([-1], [1]), 1))
    assert [(rule.count, rule.errors) for rule in pieces] == [(2, (0.5,)), (None, None)]
    rules = RuleSystem((low, high), ("x",), ("y",), domain=Box([-1], [1]))
    for changed in (rules.rounded(decimals=1), rules.rounded(decimals=1, x=[[0.5]]), counted(rules, [[0.5]])):
        assert all(rule.errors is None and rule.count != 2 for rule in changed)
    classes = [replace(rule, errors=None, class_counts=(1, 1)) for rule in (low, high)]
    typical = [[0.0], [1.0]]
    decided = RuleSystem(classes, ("x",), ("logit",), ("no", "yes"), domain=Box([-1], [1]), typical=typical)
    decisions = decided.decision_rules(x=[[0.5]])
    assert all(rule.class_counts is None for rule in decisions) and [rule.count for rule in decisions] == [1, 0]
    # A typical row is one of the table, whatever the rules say of it.
    assert decisions.typical.tolist() == typical


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([[0.0]], [1.0, 2.0]), ShapeError, r"y has shape \(2,\), but there are 1 rows and 1 outputs"),
        (([[0.0]], [[[1.0]]]), ShapeError, r"y has shape \(1, 1, 1\)"),
        (([[0.0]], [np.nan]), InvalidValueError, r"y holds nan at index \(0, 0\)"),
        (([[0.0]], [1.0], [-1.0]), InvalidValueError, "sample_weight is -1.0 in row 0"),
        (([[0.0]], [1.0], [0.0]), InvalidValueError, "sample_weight is zero in every row"),
        (([[-1.0]], [1.0]), OutsideDomainError, "row 0 .* is covered by no rule"),
    ],
)
def test_rows_that_are_no_evidence(arguments, error, message):
    with pytest.raises(error, match=message):
        RuleSystem(bend(True), ("x",), ("y",)).with_evidence(*arguments)


@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        (["maybe"], InvalidValueError, "y holds 'maybe' in row 0; give one of the classes 'no', 'yes'"),
        ([np.nan], InvalidValueError, "y holds nan in row 0"),
        (["no", "no"], ShapeError, r"y has shape \(2,\), but there are 1 rows; give one class label"),
    ],
)
def test_labels_that_are_no_evidence(labels, error, message):
    with pytest.raises(error, match=message):
        RuleSystem(bend(True, False), ("x",), ("logit",), ("no", "yes")).with_evidence([[0.0]], labels)


@pytest.mark.parametrize(
    ("evidence", "error", "message"),
    [
        ({"errors": (0.5,)}, ShapeError, r"errors has shape \(1,\), but must have shape \(2,\)"),
        ({"errors": (0.5, -1.0)}, InvalidValueError, "errors holds -1.0 at index 1; .* at least 0"),
        ({"errors": (0.5, np.inf)}, InvalidValueError, r"errors holds inf at index \(1,\)"),
        ({"count": 3, "class_counts": (1, 1)}, InvalidValueError, "adds up to 2 rows, but count is 3"),
        ({"class_counts": (1, 1)}, InvalidValueError, "adds up to 2 rows, but count is None"),
        ({"count": 0, "class_counts": (1, -1)}, InvalidValueError, "class_counts holds -1 at index 1"),
        ({"count": 1, "class_counts": (0.5, 0.5)}, InvalidValueError, "class_counts holds 0.5 at index 0"),
        ({"count": 1, "class_counts": 1}, InvalidValueError, "class_counts is 1; give a number of rows for each"),
    ],
)
def test_evidence_that_a_rule_cannot_have(evidence, error, message):
    with pytest.raises(error, match=message):
        Rule((), AffineMap([[1.0], [1.0]], [0.0, 0.0]), **evidence)


def test_evidence_that_a_system_cannot_have():
    with_errors = Rule((), AffineMap([[1.0]], [0.0]), count=1, errors=(0.1,))
    with_classes = Rule((), AffineMap([[1.0]], [0.0]), count=1, class_counts=(1, 0))
    logits = ("x",), ("logit",), ("no", "yes")
    assert RuleSystem((with_classes,), *logits, typical=[[1.0], [2.0]]).typical.shape == (2, 1)
    with pytest.raises(ShapeError, match="rule 1 has class_counts of 2 classes, but there are 0"):
        RuleSystem((with_classes,), ("x",), ("y",))
    with pytest.raises(InvalidValueError, match="rule 1 has the errors .* its outputs are logits"):
        RuleSystem((with_errors,), *logits)
    with pytest.raises(ShapeError, match=r"typical has shape \(1, 1\), but must have shape \(2, 1\)"):
        RuleSystem((with_classes,), *logits, typical=[[1.0]])
    with pytest.raises(InvalidValueError, match="typical must hold numbers"):
        RuleSystem((with_classes,), *logits, typical=[[1.0], [1.0, 2.0]])
    with pytest.raises(InvalidValueError, match="there are typical rows, but no classes"):
        RuleSystem((with_errors,), ("x",), ("y",), typical=[[1.0]])
