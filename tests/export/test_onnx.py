"""ONNX models in onnxruntime and in onnx's own reference implementation against the rules."""

import json

import by_python
import executed
import networks
import numpy as np
import pytest
from onnx_consumers import CONSUMERS, answers, checked, fed, in_onnxruntime, in_reference

from prelu_rules.columns.column import Column
from prelu_rules.errors import DataError, InvalidValueError
from prelu_rules.export.onnx import write
from prelu_rules.export.onnx_columns import input_type
from prelu_rules.network.affine import AffineMap
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.on_demand import RulesOnDemand
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem

INPUTS = ("columns", "features")


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
    """As infinity less infinity is; which sums become that is the consumer's, so here a constant is made NaN."""
    above, below = Condition([1.0], 0.0, True), Condition([1.0], 0.0, False)
    maps = [AffineMap([[0.0]], [1.0]), AffineMap([[0.0]], [2.0])]
    rules = RuleSystem((Rule((above,), maps[0]), Rule((below,), maps[1])), ("x",), ("y",))
    onnx = executed.module("onnx")
    model = checked(write(rules))
    total = next(node for node in model.graph.node if node.op_type == "Gemm")
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.array([np.nan]), "nan"))
    total.input[2] = "nan"
    for consumer in CONSUMERS:
        found = consumer(model.SerializeToString(), {"x": np.array([[1.0]])})
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
