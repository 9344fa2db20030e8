"""Which cells ONNX models take, and which classes they give."""

import executed
import networks
import numpy as np
import pytest
from onnx_consumers import CONSUMERS, checked, in_onnxruntime

from prelu_rules.columns.column import Column
from prelu_rules.errors import InvalidValueError
from prelu_rules.export.onnx import write
from prelu_rules.export.onnx_columns import missing_text
from prelu_rules.network.affine import AffineMap
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.rule import Rule
from prelu_rules.rules.rule_system import RuleSystem

CELLS = extract_rules(
    networks.random_form(0, (14, 2, 3)),
    columns=(
        Column("x"),
        Column("gap", "integer", missing=True),
        Column("yes", "yes/no"),
        Column("maybe", "yes/no", missing=True),
        Column("zone", "category", (1, 2.5), missing=True),
        Column("on", "category", (True,)),
        Column("kind", "category", ("farm", 3, "None"), missing=True),
    ),
    classes=("low", "", "high"),
)
RIGHT = {"x": 1.0, "gap": np.nan, "yes": True, "maybe": 1.0, "zone": 2.5, "on": True, "kind": "farm"}


def row(**cells):
    """A row to feed."""
    values = {name: np.array([[cell]]) for name, cell in {**RIGHT, **cells}.items()}
    return {name: value.astype(object) if value.dtype.kind == "U" else value for name, value in values.items()}


@pytest.mark.parametrize(
    ("cells", "known"),
    [
        ({}, True),
        ({"x": np.nan}, False),
        ({"x": np.inf}, False),
        ({"x": -np.inf}, False),
        ({"x": -0.0, "gap": -3.0}, True),
        ({"gap": np.inf}, False),
        ({"maybe": np.nan}, True),
        ({"maybe": 0.0}, True),
        ({"maybe": 0.5}, False),
        ({"maybe": 2.0}, False),
        ({"zone": np.nan}, True),
        ({"zone": 1.0}, True),
        ({"zone": 1.5}, False),
        ({"zone": np.inf}, False),
        ({"on": False}, False),
        ({"yes": False}, True),
        ({"kind": "3"}, True),
        ({"kind": "None"}, True),
        ({"kind": ""}, True),
        ({"kind": "3.0"}, False),
        ({"kind": "Farm"}, False),
        ({"kind": "farm "}, False),
        ({"kind": "nan"}, False),
        ({"kind": "missing"}, False),
    ],
)
def test_cells_that_rules_can_and_cannot_answer(cells, known):
    feed, cell_of = row(**cells), {"": None, "3": 3}
    for shape in ("list", "formula"):
        for consumer in CONSUMERS:
            found = consumer(write(CELLS, shape), feed)
            given = [found["outputs"], found["probabilities"]]
            if not known:
                assert np.isnan(given[0]).all() and np.isnan(given[1]).all()
                assert found["class"].tolist() == ["no class"] and found.get("rule", 0) == 0
                continue
            cells = {name: value.item() for name, value in feed.items()}
            cells["kind"] = cell_of.get(cells["kind"], cells["kind"])
            np.testing.assert_allclose(given[0], CELLS.predict(cells), rtol=1e-9)
            assert found["class"].tolist()[0] in CELLS.classes


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("consumer", CONSUMERS)
def test_features_have_to_be_finite(bad, consumer):
    x = np.zeros((3, 14))
    x[1, 5] = bad
    for shape in ("list", "formula"):
        found = consumer(write(CELLS, shape, "features"), {"features": x})
        assert np.isnan(found["outputs"]).all(axis=1).tolist() == [False, True, False]
        assert [label == "no class" for label in found["class"]] == [False, True, False]


@pytest.mark.parametrize(
    "feed",
    [
        row(x=1),
        row(x=np.float32(1)),
        row(yes=1.0),
        row(maybe=True),
        row(kind=3.0),
        {**row(), "x": np.ones(1)},
        {**row(), "x": np.ones((1, 2))},
        {**row(), "x": np.ones((2, 1))},
        {name: value for name, value in row().items() if name != "x"},
        {**row(), "y": np.ones((1, 1))},
    ],
    ids=["int64", "float32", "no bool", "no double", "no text", "flat", "wide", "longer", "none", "one more"],
)
def test_nothing_is_converted(feed):
    executed.module("onnxruntime")
    with pytest.raises(Exception, match=r"(?i)input|dimension"):
        in_onnxruntime(write(CELLS), feed)


def test_a_missing_boolean_is_no_input_where_it_may_not_be_missing():
    executed.module("onnxruntime")
    feed = {**row(), "yes": np.array([[None]], dtype=object)}
    with pytest.raises(Exception, match="expected: .tensor.bool."):
        in_onnxruntime(write(CELLS), feed)


def test_to_onnxruntime_none_is_a_text():
    """So users are told not to feed it."""
    found, as_text, missing = (in_onnxruntime(write(CELLS), row(kind=kind)) for kind in (None, "None", ""))
    assert found["outputs"].tolist() == as_text["outputs"].tolist() != missing["outputs"].tolist()


def test_levels_that_are_written_like_what_is_missing():
    """The empty text, and the next one, are levels."""
    column = Column("kind", "category", ("", "missing"), missing=True)
    assert missing_text(column) == "missing 2"
    rules = RuleSystem((Rule((), AffineMap([[1.0, 2.0, 4.0]], [0.0])),), (column,), ("y",))
    feed = {"kind": np.array([["missing"], ["missing 2"], [""], ["missing 3"]], dtype=object)}
    for consumer in CONSUMERS:
        np.testing.assert_array_equal(consumer(write(rules), feed)["outputs"][:, 0], [2, 4, 1, np.nan])
    assert "'missing 2' where it is missing" in checked(write(rules)).graph.input[0].doc_string


@pytest.mark.parametrize(
    ("classes", "values"),
    [
        (("no", "yes"), ["no", "yes", ""]),
        (("", "no class"), ["", "no class", "no class 2"]),
        ((False, True), [0, 1, -1]),
        ((-1, 1), [-1, 1, -2]),
        ((-2, -1), [-2, -1, -3]),
        ((2**63 - 1, -(2**63)), [2**63 - 1, -(2**63), -1]),
        ((0.5, 1), [0.5, 1.0, None]),
        (("a", 1.5), ["a", "1.5", ""]),
    ],
)
def test_classes_and_what_stands_for_none(classes, values):
    rules = extract_rules(networks.random_form(1, (2, 1)), feature_names=["a", "b"], classes=classes)
    columns = {"a": np.array([[1.0], [9.0], [np.nan]]), "b": np.array([[-9.0], [1.0], [0.0]])}
    x = np.hstack(list(columns.values()))[:2]
    for consumer in CONSUMERS:
        found = consumer(write(rules), columns)["class"].tolist()
        assert {found[0], found[1]} == set(values[:2]), "the rows were chosen to have both classes"
        assert found[:2] == [values[int(logit > 0)] for logit in rules.predict(x)[:, 0]]
        assert found[2] == values[2] or (values[2] is None and np.isnan(found[2]))


def test_equal_logits_are_decided_as_by_the_rules():
    """The first of equal ones, and the first of two classes where the only logit is 0."""
    zero = {"x": np.array([[0.0]])}
    for weights in ([[1.0], [2.0], [3.0]], [[1.0]]):
        classes = ("a", "b", "c")[: max(2, len(weights))]
        rules = RuleSystem(
            (Rule((), AffineMap(weights, np.zeros(len(weights)))),), ("x",), ("u", "v", "w")[: len(weights)], classes
        )
        for consumer in CONSUMERS:
            found = consumer(write(rules), zero)
            assert found["class"].tolist() == ["a"]
            np.testing.assert_allclose(found["probabilities"], 1 / len(classes), rtol=1e-12)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (Column("zone", "category", (2**54 + 1,)), "18014398509481985 is not a double"),
        (Column("zone", "category", (1, 1.0)), "column 'zone' has the levels 1 and 1.0, which are the same double"),
        (Column("zo\0ne"), r"the column 'zo\\x00ne' holds NUL"),
        (Column("zone", "category", ("a\0" + "b" * 500, 1)), r"the level 'a\\x00b+\.\.\.' holds NUL"),
        (Column(""), "a column is called '', which ONNX has no input for; rename it, or give inputs='features'"),
    ],
)
def test_what_it_cannot_hold_is_refused_by_name(column, message):
    rules = extract_rules(networks.random_form(0, (len(column.features), 1)), columns=[column])
    with pytest.raises(InvalidValueError, match=message):
        write(rules)
    assert write(rules, inputs="features")


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        (("a\0", "b"), r"the class 'a\\x00' holds NUL"),
        (("a\ud800", "b"), r"the class 'a\\ud800' .* is not Unicode"),
        ((0, 2**63), "the class 9223372036854775808 is more than 64 bits hold"),
        ((0.5, 2**63 + 1), "9223372036854775809 is not a double"),
        (("1", 1), "two classes are written '1'"),
    ],
)
def test_classes_that_it_cannot_hold(classes, message):
    rules = RuleSystem((Rule((), AffineMap([[1.0]], [0.0])),), ("x",), ("y",), classes)
    with pytest.raises(InvalidValueError, match=message):
        write(rules)
