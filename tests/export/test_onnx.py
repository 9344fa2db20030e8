"""ONNX models in onnxruntime and in onnx's own reference implementation against the rules."""

import json
import warnings

import by_python
import executed
import networks
import numpy as np
import pytest

from prelu_rules.columns.column import Column
from prelu_rules.errors import DataError, InvalidValueError
from prelu_rules.export.onnx import write
from prelu_rules.export.onnx_classes import labels_of
from prelu_rules.export.onnx_columns import input_type, missing_text
from prelu_rules.losses.link import class_link
from prelu_rules.network.affine import AffineMap
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.on_demand import RulesOnDemand
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem

INPUTS = ("columns", "features")


def in_onnxruntime(model, feed):
    """The results by name, from bytes of a model."""
    runtime = executed.module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    session = runtime.InferenceSession(model, options)
    return dict(zip([one.name for one in session.get_outputs()], session.run(None, feed), strict=True))


def in_reference(model, feed):
    """The same by onnx itself, which computes with NumPy."""
    onnx = executed.module("onnx")
    evaluator = executed.module("onnx.reference").ReferenceEvaluator(onnx.load_from_string(model))
    with warnings.catch_warnings():
        # NumPy says so where a sum is too large.
        warnings.simplefilter("ignore", RuntimeWarning)
        return dict(zip(evaluator.output_names, evaluator.run(None, feed), strict=True))


CONSUMERS = (in_onnxruntime, in_reference)


def fed(columns, table):
    """What users feed for a table of Python values, by the documentation of `write`."""
    feed = {}
    for column in columns:
        dtype, cells = input_type(column), table[column.name]
        if dtype is np.str_:
            values = [missing_text(column) if cell is None else str(cell) for cell in cells]
            array = np.array(values, dtype=object)
        else:
            array = np.array([np.nan if cell is None else cell for cell in cells], dtype=dtype)
        feed[column.name] = array.reshape(-1, 1)
    return feed


def answers(case, model, consumer, table=None, inputs="columns"):
    """Outputs, rules and classes, None or NaN where there is no answer; results are told by their place."""
    table = case.rows if table is None else table
    system = case.system
    feed = fed(system.columns, table) if inputs == "columns" else {"features": system.encoded(table)}
    results = iter(consumer(model, feed).values())
    outputs = next(results)
    rest = list(results)
    rules = rest.pop(0) if len(rest) % 2 else None
    if system.classes is None:
        return outputs, rules, None
    classes, probabilities = rest
    # Their order is that of the labels.
    *written, none = labels_of(system.classes).values.tolist()
    found = [place_of(label, written, none) for label in classes.tolist()]
    expected = class_link(len(system.output_names)).inverse(outputs)
    np.testing.assert_allclose(probabilities, expected, rtol=1e-12, atol=1e-300)
    assert (np.isnan(probabilities[:, 0]) == [place is None for place in found]).all()
    return outputs, rules, [None if place is None else system.classes[place] for place in found]


def place_of(label, written, none):
    """The place of a class; None if it stands for no answer."""
    return None if label == none or label != label else written.index(label)


def checked(model):
    """A model, after onnx has checked it and inferred all shapes."""
    onnx = executed.module("onnx")
    found = onnx.load_from_string(model)
    onnx.checker.check_model(found, full_check=True)
    assert len({node.name for node in found.graph.node} - {""}) == len(found.graph.node)
    return found


@pytest.mark.parametrize("consumer", CONSUMERS)
@pytest.mark.parametrize("inputs", INPUTS)
@pytest.mark.parametrize("name", executed.NAMES)
def test_answers_are_those_of_the_rules(name, inputs, consumer):
    case = executed.case(name)
    for shape in case.shapes:
        model = write(case.system, shape, inputs)
        checked(model)
        outputs, rules, classes = answers(case, model, consumer, inputs=inputs)
        assert (rules is None) == (shape == "formula")
        executed.check(case, shape, outputs, rules, classes)
        if inputs == "columns":
            outputs, rules, classes = answers(case, model, consumer, feedable(case))
            executed.check_refused(case, outputs, *([] if classes is None else [classes]))
            assert rules is None or (rules == 0).all()


def feedable(case):
    """Refused rows without those where a boolean is missing, which no array of booleans holds."""
    truths = [column.name for column in case.system.columns if input_type(column) is np.bool_]
    rows = [row for row in executed.rows_of(case.refused) if all(row[name] is not None for name in truths)]
    return {name: [row[name] for row in rows] for name in case.refused}


def test_a_missing_boolean_is_no_input_where_it_may_not_be_missing():
    executed.module("onnxruntime")
    feed = {**row(), "yes": np.array([[None]], dtype=object)}
    with pytest.raises(Exception, match="expected: .tensor.bool."):
        in_onnxruntime(write(CELLS), feed)


@pytest.mark.parametrize("consumer", CONSUMERS)
@pytest.mark.parametrize("make", by_python.CASES)
def test_long_sums_and_lists_with_gaps(make, consumer):
    case = make()
    executed.check(case, "list", *answers(case, write(case.system), consumer))


OWN_NAMES = (("features", "outputs"), ("outputs", "outputs 2"), ("class", "probabilities"), ("x 2", "known"))
OWN_NAMES += (("nul", "nul\0here"), ("rows", "cells"), ("across", "weights of boundaries"))


@pytest.mark.parametrize("pair", [*executed.PAIRS, *OWN_NAMES], ids=executed.pair_id)
def test_names_are_data(pair):
    case = executed.hostile_case(*pair)
    for inputs in INPUTS:
        why = "NUL" if "\0" in "".join(pair) else "''" if "" in pair and inputs == "columns" else None
        if why:
            with pytest.raises(InvalidValueError, match=why) as caught:
                write(case.system, inputs=inputs)
            assert len(str(caught.value)) < 250
            continue
        for shape in case.shapes:
            model = write(case.system, shape, inputs)
            found = checked(model)
            assert [one.name for one in found.graph.input] == (list(pair) if inputs == "columns" else ["features"])
            executed.check(case, shape, *answers(case, model, in_onnxruntime, inputs=inputs))
        # The evaluator of onnx knows numbers and names by the same dict, so what is not unique would show here.
        executed.check(case, shape, *answers(case, model, in_reference, inputs=inputs))


# Cells

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


def test_levels_that_are_written_like_what_is_missing():
    """The empty text, and the next one, are levels."""
    column = Column("kind", "category", ("", "missing"), missing=True)
    assert missing_text(column) == "missing 2"
    rules = RuleSystem((Rule((), AffineMap([[1.0, 2.0, 4.0]], [0.0])),), (column,), ("y",))
    feed = {"kind": np.array([["missing"], ["missing 2"], [""], ["missing 3"]], dtype=object)}
    for consumer in CONSUMERS:
        np.testing.assert_array_equal(consumer(write(rules), feed)["outputs"][:, 0], [2, 4, 1, np.nan])
    assert "'missing 2' where it is missing" in checked(write(rules)).graph.input[0].doc_string


@pytest.mark.parametrize("consumer", CONSUMERS)
@pytest.mark.parametrize("n_rows", [0, 1, 2, 5000])
def test_batches_of_any_size(n_rows, consumer):
    for name in ("tariff", "three classes", "one logit", "kinds of levels", "deep"):
        case = executed.case(name)
        table = {column: (cells * 5)[:n_rows] for column, cells in case.rows.items()}
        for shape in case.shapes:
            found = consumer(write(case.system, shape), fed(case.system.columns, table))
            assert {len(values) for values in found.values()} == {n_rows}
            assert found["outputs"].shape == (n_rows, len(case.system.output_names))
            whole = consumer(write(case.system, shape), fed(case.system.columns, case.rows))
            np.testing.assert_allclose(found["outputs"][:1000], whole["outputs"][: min(n_rows, 1000)], rtol=1e-9)
        table = {"features": np.zeros((n_rows, len(case.system.features)))}
        assert consumer(write(case.system, "list", "features"), table)["rule"].shape == (n_rows,)


# Classes


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


# The rule


def test_conditions_that_meet_on_a_boundary_or_are_said_twice():
    """Never, x >= 1 said twice, x < 1; exactly on the boundary it is not below."""
    above, below = Condition([1.0], -1.0, True), Condition([1.0], -1.0, False)
    maps = [AffineMap([[0.0]], [float(k)]) for k in range(3)]
    conditions = (above, below), (above, above), (below,)
    rules = RuleSystem(tuple(map(Rule, conditions, maps)), ("x",), ("y",))
    feed = {"x": np.array([[1.0], [np.nextafter(1, 0)], [5.0], [-5.0]])}
    for consumer in CONSUMERS:
        found = consumer(write(rules), feed)
        assert found["rule"].tolist() == [2, 3, 2, 3] and found["outputs"][:, 0].tolist() == [1, 2, 1, 2]


def test_a_sum_that_is_no_number_is_on_neither_side():
    """1e600 - 1e600 where products are rounded one by one; infinite where they are not."""
    above, below = Condition([1e300, -1e300], 0.0, True), Condition([1e300, -1e300], 0.0, False)
    maps = [AffineMap([[0.0, 0.0]], [1.0]), AffineMap([[0.0, 0.0]], [2.0])]
    rules = RuleSystem((Rule((above,), maps[0]), Rule((below,), maps[1])), ("a", "b"), ("y",))
    huge = {"a": np.array([[1e300]]), "b": np.array([[1e300]])}
    onnx = executed.module("onnx")
    model = checked(write(rules))
    # A sum that is no number in every consumer.
    total = next(node for node in model.graph.node if node.op_type == "Gemm")
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.array([np.nan]), "nan"))
    total.input[2] = "nan"
    for consumer in CONSUMERS:
        found = consumer(model.SerializeToString(), huge)
        assert found["rule"].tolist() == [0] and np.isnan(found["outputs"]).all()


def test_the_graph_does_not_grow_with_rules_columns_or_levels():
    small, large = (executed.case(name).system for name in ("overlapping", "twelve rules"))
    assert len(large) > 2 * len(small)
    assert len(checked(write(small)).graph.node) == len(checked(write(large)).graph.node)
    levels = [
        RuleSystem(
            (Rule((), AffineMap(np.ones((1, 2 * n)), [0.0])),),
            [Column(f"{k}", "category", (0, 1)) for k in range(n)],
            ("y",),
        )
        for n in (2, 20)
    ]
    assert len({len(checked(write(one)).graph.node) for one in levels}) == 1


# The file


def test_it_says_what_it_is():
    system = executed.case("three classes").system
    model = checked(write(system))
    assert model.producer_name == "prelu-rules" and model.producer_version and model.model_version == 1
    assert model.ir_version == 7
    assert {one.domain: one.version for one in model.opset_import} == {"": 13, "ai.onnx.ml": 2}
    assert model.doc_string == str(system)
    about = {one.key: json.loads(one.value) for one in model.metadata_props}
    assert about == {"outputs": list(system.output_names), "classes": list(system.classes)}
    said = {one.name: one.doc_string for one in [*model.graph.input, *model.graph.output]}
    assert said["kind"] == "one of 'business', 'farm', 'household', or '' where it is missing"
    assert said["smoker"] == "True or False" and said["open"] == "1.0 or 0.0, or NaN where it is missing"
    assert said["rule"] == "the number of the rule; 0 where none answers"
    assert said["class"] == "the class; '' where there is no answer"


@pytest.mark.parametrize("name", ["three classes", "one logit", "kinds of levels"])
@pytest.mark.parametrize("consumer", CONSUMERS)
def test_it_means_the_same_in_later_versions_of_the_operators(name, consumer):
    onnx = executed.module("onnx")
    case = executed.case(name)
    for shape in case.shapes:
        for opset, of_levels in ((15, 2), (18, 3), (21, 4)):
            model = checked(write(case.system, shape))
            del model.opset_import[:]
            model.opset_import.append(onnx.helper.make_opsetid("", opset))
            model.opset_import.append(onnx.helper.make_opsetid("ai.onnx.ml", of_levels))
            later = model.SerializeToString()
            checked(later)
            executed.check(case, shape, *answers(case, later, consumer))


def test_the_same_rules_are_the_same_bytes(tmp_path):
    system = executed.case("tariff").system
    assert system.export("onnx", tmp_path / "rules.onnx") == write(system) == (tmp_path / "rules.onnx").read_bytes()


def test_rules_on_demand():
    form = networks.random_form(3, (2, 2, 1))
    rules = RulesOnDemand(form, ("a", "b"), ("y",))
    x = np.random.default_rng(0).normal(size=(50, 2))
    for consumer in CONSUMERS:
        found = consumer(write(rules), {"a": x[:, :1], "b": x[:, 1:]})
        assert list(found) == ["outputs"]
        np.testing.assert_allclose(found["outputs"], rules.predict(x), rtol=1e-9)
        found = consumer(write(rules, inputs="features"), {"features": x})
        np.testing.assert_allclose(found["outputs"], rules.predict(x), rtol=1e-9)


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


def test_options_and_systems_that_it_does_not_take():
    rules = extract_rules(networks.random_form(0, (1, 1)))
    with pytest.raises(InvalidValueError, match="inputs is 'rows'; it must be 'columns' or 'features'"):
        write(rules, inputs="rows")
    with pytest.raises(InvalidValueError, match="shape is 'tree'"):
        write(rules, "tree")
    with pytest.raises(InvalidValueError, match="the rules use no columns"):
        write(RuleSystem((Rule((), AffineMap(np.zeros((1, 0)), [1.0])),), (), ("y",)))


def test_without_onnx(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    with pytest.raises(DataError, match=r"pip install 'prelu-rules\[onnx\]'"):
        write(extract_rules(networks.random_form(0, (1, 1))))
