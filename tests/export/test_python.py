import by_python
import executed
import networks
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.columns.column import Column
from prelu_rules.errors import InvalidValueError
from prelu_rules.export.python import write
from prelu_rules.rules.extraction import extract_rules

ODD = [
    "class",
    "a b",
    "a_b",
    'q"""uote',
    "back\\slash",
    "line\nbreak",
    "1st",
    "",
    "größe",
    "é¼",
    "predict",
    "\\",
    "%s {x}",
]
labels = st.one_of(st.text(max_size=5), st.integers(-5, 5), st.booleans(), st.floats(-5, 5))
names = st.lists(st.one_of(st.sampled_from(ODD), st.text(max_size=6)), min_size=3, max_size=3, unique=True)


@given(networks.seeds, names)
def test_the_source_runs_and_predicts(seed, features):
    rules = extract_rules(networks.random_form(seed, (3, 2, 1, 2)), feature_names=features, output_names=features[1:])
    source = write(rules)
    assert "import" not in source.replace("important", "")
    scope = {}
    exec(compile(source, "rules", "exec"), scope)
    x = np.random.default_rng(seed).normal(size=(10, 3))
    for row, y in zip(x, rules.predict(x), strict=True):
        result = scope["predict"](*row.tolist())
        assert list(result) == features[1:]
        np.testing.assert_allclose(list(result.values()), y, rtol=1e-9, atol=1e-9)


def test_one_rule_needs_no_condition():
    scope = {}
    exec(write(extract_rules(networks.random_form(0, (1, 1))), function="price"), scope)
    assert set(scope["price"](1.0)) == {"out1"}


@pytest.mark.parametrize("function", ["class", "two words", ""])
def test_a_function_needs_a_name(function):
    with pytest.raises(InvalidValueError, match=f"function is '{function}', which is not a Python identifier"):
        write(extract_rules(networks.random_form(0, (1, 1))), function=function)


@given(networks.seeds, st.integers(1, 3), st.lists(labels, min_size=3, max_size=3))
def test_the_source_of_decision_rules_names_the_class(seed, n_logits, classes):
    form = networks.random_form(seed, (3, 2, n_logits))
    rules = extract_rules(form, classes=classes[: max(2, n_logits)], max_nonlinear=4)
    scope = {}
    exec(compile(write(rules.decision_rules(), function="score"), "rules", "exec"), scope)
    x = np.random.default_rng(seed).normal(size=(10, 3))
    for row, y, label in zip(x, rules.predict(x), rules.classify(x).tolist(), strict=True):
        np.testing.assert_allclose(list(scope["score"](*row.tolist()).values()), y, rtol=1e-9, atol=1e-9)
        found = scope["score_class"](*row.tolist())
        assert (type(found), found) == (type(label), label)


COLUMNS = (
    Column("cap, in %", missing=True),
    Column("kind", "category", ("farm", 3, "it's"), missing=True),
    Column("class", "yes/no"),
    Column("odd", "category", ('"""', "b\\")),
)


@given(networks.seeds)
def test_it_takes_raw_cells(seed):
    rules = extract_rules(networks.random_form(seed, (9, 2, 1)), columns=COLUMNS)
    rng = np.random.default_rng(seed)
    scope = {}
    exec(compile(write(rules), "rules", "exec"), scope)
    for _ in range(20):
        cells = {
            "cap, in %": [None, np.nan, 3.7, -2.0][rng.integers(4)],
            "kind": [None, "farm", 3, "it's"][rng.integers(4)],
            "class": bool(rng.integers(2)),
            "odd": ['"""', "b\\"][rng.integers(2)],
        }
        found = scope["predict"](*cells.values())["out1"]
        np.testing.assert_allclose(found, rules.predict(cells)[0, 0], rtol=1e-9, atol=1e-9)
    with pytest.raises(ValueError, match="kind is 'house', which no training row had"):
        scope["predict"](1.0, "house", True, "b\\")


@pytest.mark.parametrize("name", executed.NAMES)
def test_answers_are_those_of_the_rules(name):
    case = executed.case(name)
    for shape in case.shapes:
        executed.check(case, shape, *by_python.answers(case.system, shape, case.rows))
        assert all(found == [None] * len(found) for found in by_python.answers(case.system, shape, case.refused)[0])


@pytest.mark.parametrize("pair", [*executed.PAIRS, ("max", "abs"), ("ValueError", "float")], ids=executed.pair_id)
def test_names_are_data(pair):
    case = executed.hostile_case(*pair)
    for shape in case.shapes:
        executed.check(case, shape, *by_python.answers(case.system, shape, case.rows))


@pytest.mark.parametrize("cell", [float("inf"), float("-inf"), float("nan"), None])
def test_numbers_have_to_be_finite(cell):
    scope = {}
    exec(write(extract_rules(networks.random_form(0, (1, 1)))), scope)
    with pytest.raises(ValueError, match="which no training row had"):
        scope["predict"](cell)
