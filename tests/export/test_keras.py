"""Keras models in Keras against the rules, called directly; Keras itself rounds arrays that `predict` is given."""

import json
import re
import subprocess
import sys
import zipfile

import executed
import networks
import numpy as np
import pytest

import prelu_rules as pr
from prelu_rules.columns.column import Column
from prelu_rules.errors import InvalidValueError
from prelu_rules.export import keras_model, keras_names
from prelu_rules.export.keras import write
from prelu_rules.network.compact import CompactForm
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.rules.extraction import extract_rules

keras = executed.module("keras")
tf = executed.module("tensorflow")

WITH_NETWORK = [name for name in executed.NAMES if executed.case(name).system.form is not None]
ARRAYS = ("A", "B", "b", "C", "D", "e", "slopes")


def is_text(column):
    """By the words of the documentation: categories that are not all numbers or all truth values."""
    types = {type(level) for level in column.levels}
    return column.kind == "category" and not (types == {bool} or (types and types <= {int, float}))


def cells_of(system, table):
    """What the model is given for a table."""
    names = keras_names(system)
    cells = {}
    for column in system.columns:
        values = table[column.name]
        if is_text(column):
            given = np.array([names.missing if v is None else str(v) for v in values], dtype=object)
        else:
            given = np.array([np.nan if v is None else float(v) for v in values])
        cells[names.inputs[column.name]] = given
    return cells


def answers_of(system, found):
    """Outputs and classes as the comparison takes them."""
    names = keras_names(system)
    assert set(found) == {*names.outputs.values(), *([] if names.decision is None else [names.decision])}
    outputs = np.stack([np.asarray(found[names.outputs[name]]) for name in system.output_names], axis=1)
    assert outputs.dtype == np.float64
    if names.decision is None:
        return outputs, None
    given = np.asarray(found[names.decision]).tolist()
    if given and isinstance(given[0], bytes):
        labels = {str(label): label for label in system.classes} | {names.missing: None}
        return outputs, [labels[text.decode()] for text in given]
    labels = {float(label): label for label in system.classes}
    return outputs, [None if np.isnan(value) else labels[value] for value in given]


def loaded(folder, system, inputs="columns"):
    """The model of a file."""
    path = folder / "rules.keras"
    path.write_bytes(write(system, inputs))
    return keras.saving.load_model(path)


def check(case, model):
    """Compare a model from columns with the rules."""
    outputs, classes = answers_of(case.system, model(cells_of(case.system, case.rows)))
    executed.check(case, "formula", outputs, classes=classes)
    if any(case.refused.values()):
        refused, classes = answers_of(case.system, model(cells_of(case.system, case.refused)))
        executed.check_refused(case, refused, *([] if classes is None else [classes]))


@pytest.mark.parametrize("name", WITH_NETWORK)
def test_answers_from_columns_are_those_of_the_rules(tmp_path, name):
    case = executed.case(name)
    check(case, loaded(tmp_path, case.system))


@pytest.mark.parametrize("name", [name for name in WITH_NETWORK if executed.case(name).system.bounds is None])
def test_the_network_is_read_back_without_a_change(tmp_path, name):
    case = executed.case(name)
    model = loaded(tmp_path, case.system, "features")
    executed.check(case, "formula", np.asarray(model(case.system.encoded(case.rows))))
    form = CompactForm.of(case.system.form).form
    for network in (model, tmp_path / "rules.keras", keras_model(case.system).get_layer("rules")):
        again = pr.read_network(network)
        for array in ARRAYS:
            np.testing.assert_array_equal(getattr(again, array), getattr(form, array), err_msg=array)


@pytest.mark.parametrize("name", [name for name in WITH_NETWORK if executed.case(name).system.bounds is not None])
def test_the_network_has_its_bounds(tmp_path, name):
    """From features, too, and in the file; they are no layer that is read as a network."""
    case = executed.case(name)
    model = loaded(tmp_path, case.system, "features")
    executed.check(case, "formula", np.asarray(model(case.system.encoded(case.rows))))
    with pytest.raises(pr.PReLURulesError):
        pr.read_network(model)


def test_rules_that_are_read_back_are_equal(tmp_path):
    system = executed.case("twelve rules").system
    again = pr.extract(loaded(tmp_path, system, "features"), feature_names=["a", "b"])
    assert str(again) == str(extract_rules(CompactForm.of(system.form).form, feature_names=["a", "b"]))
    assert len(again) == len(system)


AWKWARD = (
    ("rules", "features"),
    ("answers", "rules_"),
    ("a", "a features"),
    ("unstack", "where"),
    ("cell", "outputs"),
    ("[UNK]", ""),
    ("", "missing"),
    ("label", "level"),
    ("a/b", "../a"),
)


@pytest.mark.parametrize("pair", (*executed.PAIRS, *AWKWARD), ids=executed.pair_id)
def test_names_are_data(tmp_path, pair):
    case = executed.hostile_case(*pair)
    model = loaded(tmp_path, case.system)
    check(case, model)
    names = keras_names(case.system)
    words = [*names.inputs.values(), *names.outputs.values(), *(operation.name for operation in model.operations)]
    assert all(re.fullmatch("[A-Za-z][A-Za-z0-9_]*", word) for word in words), words
    with zipfile.ZipFile(tmp_path / "rules.keras") as archive:
        described = json.loads(archive.read("names.json"))
    assert [part["column"] for part in described["inputs"].values()] == list(pair)
    assert list(described["outputs"].values()) == list(case.system.output_names)
    assert described["class"]["classes"] == list(pair)


def test_names_are_data_in_graphs_too(tmp_path):
    case = executed.hostile_case("$(touch owned)/", "e\u0301 \0x")
    rows = tf.data.Dataset.from_tensor_slices(cells_of(case.system, case.rows)).batch(32)
    outputs, classes = answers_of(case.system, loaded(tmp_path, case.system).predict(rows, verbose=0))
    executed.check(case, "formula", outputs, classes=classes)


LOADING = """
import json, sys
sys.modules["prelu_rules"] = None
import keras
import numpy as np
model = keras.saving.load_model(sys.argv[1])
found = model(dict(np.load(sys.argv[2])))
arrays = {name: np.asarray(value) for name, value in found.items()}
arrays["class"] = arrays["class"].astype("S")
np.savez(sys.argv[3], **arrays)
"""


def test_the_file_loads_without_this_package(tmp_path):
    case = executed.case("three classes")
    (tmp_path / "rules.keras").write_bytes(case.system.export("keras"))
    cells = cells_of(case.system, case.rows)
    np.savez(tmp_path / "cells.npz", **{name: v.astype(str) if v.dtype == object else v for name, v in cells.items()})
    command = [sys.executable, "-c", LOADING, "rules.keras", "cells.npz", "found.npz"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    outputs, classes = answers_of(case.system, dict(np.load(tmp_path / "found.npz")))
    executed.check(case, "formula", outputs, classes=classes)


COLUMNS = (
    Column("x"),
    Column("gap", missing=True),
    Column("smoker", "yes/no"),
    Column("zone", "category", (1, 2.5)),
    Column("code", "category", ("farm", 3, True), missing=True),
)
RIGHT = {"x": 1.0, "gap": np.nan, "smoker": 1.0, "zone": 2.5, "code": "3"}


@pytest.mark.parametrize(
    ("column", "cell", "known"),
    [
        ("x", 1.0, True),
        ("x", np.nan, False),
        ("x", np.inf, False),
        ("gap", -np.inf, False),
        ("smoker", 0.0, True),
        ("smoker", 2.0, False),
        ("smoker", 0.5, False),
        ("smoker", np.nan, False),
        ("zone", 1.0, True),
        ("zone", 2.0, False),
        ("zone", np.nan, False),
        ("code", "", True),
        ("code", "True", True),
        ("code", "3.0", False),
        ("code", "[UNK]", False),
    ],
)
def test_cells_that_rules_cannot_answer_give_nan(column, cell, known):
    system = SYSTEM
    cells = {name: np.array([RIGHT[name], cell if name == column else RIGHT[name]]) for name in RIGHT}
    outputs, classes = answers_of(system, MODEL(cells))
    assert not np.isnan(outputs[0]).any() and classes[0] in system.classes
    assert np.isnan(outputs[1]).all() != known and (classes[1] in system.classes) == known


SYSTEM = extract_rules(networks.random_form(0, (10, 2, 3)), columns=COLUMNS, classes=("no", "yes", 3))
MODEL = keras_model(SYSTEM)


def test_one_column_of_numbers_and_one_output():
    system = extract_rules(NormalForm([[1]], [[0]], [-3], [[1]], [[1]], [0], [0]), feature_names=["a b"])
    found = keras_model(system)({"a_b": np.array([[4.0], [np.inf], [2.0]])})
    np.testing.assert_array_equal(found["out1"], [5.0, np.nan, 2.0])


@pytest.mark.parametrize("classes", [("no", "yes"), (0.1, 0.7), (False, True)])
def test_one_logit_of_0_is_the_first_class_and_classes_are_exact(classes):
    system = extract_rules(NormalForm([[1]], [[0]], [0], [[1]], [[0]], [0], [0]), classes=classes)
    cells = {"in1": np.array([-1.0, -0.0, 0.0, 2.0**-1000, np.nan])}
    found = answers_of(system, keras_model(system)(cells))[1]
    assert found == [classes[0]] * 3 + [classes[1], None]


def test_the_first_of_equal_logits_is_the_class():
    form = NormalForm(np.zeros((0, 1)), np.zeros((0, 0)), [], [[0], [1], [1]], np.zeros((3, 0)), [0, 0, 0], [])
    system = extract_rules(form, classes=("a", "b", "c"))
    found = keras_model(system)({"in1": np.array([-1.0, 0.0, 1.0])})
    assert answers_of(system, found)[1] == ["a", "a", "b"]


def test_answers_are_in_doubles_whatever_keras_is_set_to():
    case = executed.case("kinds of levels")
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        check(case, keras_model(case.system))
    finally:
        keras.config.set_dtype_policy(before)


def test_predict_rounds_arrays_and_no_datasets():
    case = executed.case("tariff")
    system = pr.extract(networks.random_form(0, (2, 3, 1)))
    rows = np.random.default_rng(0).normal(size=(50, 2))
    model = keras_model(system, "features")
    assert (model.predict(rows, verbose=0) != np.asarray(model(rows))).any()
    batches = tf.data.Dataset.from_tensor_slices(rows).batch(50)
    np.testing.assert_array_equal(model.predict(batches, verbose=0), model(rows))
    cells = tf.data.Dataset.from_tensor_slices(cells_of(case.system, case.rows)).batch(100)
    outputs, _ = answers_of(case.system, keras_model(case.system).predict(cells, verbose=0))
    executed.check(case, "formula", outputs)


def test_the_model_is_of_built_in_layers():
    model = keras_model(SYSTEM)
    assert {type(layer).__module__.split(".")[0] for layer in model._flatten_layers()} == {"keras"}
    described = [layer.name for layer in model.layers if type(layer) is not keras.layers.InputLayer]
    assert described[-3:] == ["features", "rules", "answers"]


@pytest.mark.parametrize("name", [name for name in executed.NAMES if name not in WITH_NETWORK])
def test_rules_without_a_network_are_refused(name):
    with pytest.raises(InvalidValueError, match="came without a network.* export the rules before they were rounded"):
        write(executed.case(name).system)


@pytest.mark.parametrize(
    ("columns", "classes", "message"),
    [
        ([Column("x", "category", ("a", "b\0"))], None, r"'b\\x00' of 'x' ends with NUL, which Keras drops; rename it"),
        ([Column("x", "category", (1, 2**54 + 1))], None, "18014398509481985 is not a double; make it text"),
        ([Column("x"), Column("y")], ("1", 1), "'class' has two values that are written '1'; rename one"),
        ([Column("x"), Column("y")], (1, 1.0), "'class' has two values that are equal to 1.0; make them texts"),
        ([Column("x", "category", (0, -0.0))], None, "'x' has two values that are equal to -0.0; make them texts"),
    ],
)
def test_what_keras_does_not_keep_is_refused_by_name(columns, classes, message):
    system = extract_rules(networks.random_form(0, (2, 1, 1)), columns=columns, classes=classes)
    with pytest.raises(InvalidValueError, match=message):
        write(system)
    assert write(system, "features")


def test_other_inputs_are_refused():
    with pytest.raises(InvalidValueError, match="inputs is 'rows'; it must be 'columns' or 'features'"):
        write(SYSTEM, inputs="rows")


OTHER_BACKEND = """
import sys
import prelu_rules as pr
from prelu_rules.export import export
rules = pr.extract(pr.NormalForm.from_layers([[[1.0]], [[1.0]]], [[0], [0]], [[0.5]]))
assert not {"keras", "tensorflow"} & set(sys.modules)
try:
    rules.export("keras")
except pr.errors.BackendError as error:
    print(error)
"""


def test_another_backend_is_refused_in_one_line(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    done = subprocess.run([sys.executable, "-W", "error", "-c", OTHER_BACKEND], capture_output=True, text=True)
    assert done.stdout.startswith("Keras runs on 'jax'") and done.stdout.count("\n") == 1, done.stderr
