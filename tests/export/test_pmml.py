"""PMML in JPMML, equal to Python to the last bit, and in PMML4S, which adds the constant of a table first."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import by_python
import executed
import networks
import numpy as np
import pytest

from prelu_rules.columns.column import Column
from prelu_rules.errors import InvalidValueError
from prelu_rules.export.pmml import write
from prelu_rules.network.affine import AffineMap
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem

EVALUATOR = Path(__file__).with_name("pmml_evaluator.py")

JUDGES = {"jpmml": ("jpmml_evaluator", "jpype"), "pypmml": ("pypmml", "py4j")}
MODULES = {**JUDGES, "schema": JUDGES["jpmml"]}


def evaluated(folder, judge, pairs):
    """What came out for each row of each pair of a document and rows, by one process."""
    executed.command("java")
    for module in MODULES[judge]:
        executed.module(module)
    orders = []
    for k, (document, rows) in enumerate(pairs):
        path = folder / f"rules{k}.pmml"
        path.write_text(document, "ascii")
        orders.append((str(path), rows))
    command = [sys.executable, EVALUATOR, judge]
    done = subprocess.run(command, input=json.dumps(orders), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def rows_of(system, table):
    """Rows as a user would have them: levels of several types are texts."""
    texts = {c.name for c in system.columns if c.kind == "category" and not set(map(type, c.levels)) <= {int, float}}
    rows = executed.rows_of(table)
    for row in rows:
        for name in texts & {name for name, cell in row.items() if cell is not None and not isinstance(cell, bool)}:
            row[name] = str(row[name])
    return rows


def ran(folder, judge, work):
    """Outputs, rules and classes of systems with a shape and a table each."""
    pairs = [(write(system, shape), rows_of(system, table)) for system, shape, table in work]
    found = evaluated(folder, judge, pairs)
    return [answers(*order, rows) for order, rows in zip(work, found, strict=True)]


def answers(system, shape, table, rows):
    """What `executed.check` takes."""
    columns, taken = {column.name for column in system.columns}, []
    names = [*system.output_names, *["rule"] * (shape == "list"), *["class"] * (system.classes is not None)]
    for name in names:
        other = (name, *(f"{name} {number}" for number in range(2, 9)))
        taken.append(next(one for one in other if one not in columns and one not in taken))
    rows = [row if isinstance(row, dict) else {} for row in rows]
    assert all(set(taken) <= set(row) for row in rows if taken[0] in row)
    by_name = {name: [row.get(name) for row in rows] for name in taken}
    names = taken[: len(system.output_names)]
    outputs = [[row.get(name) for name in names] for row in rows]
    rules = by_name[taken[len(system.output_names)]] if shape == "list" else None
    if system.classes is None:
        return outputs, rules, None
    are_numbers = all(type(label) in (int, float) for label in system.classes)
    are_truth = all(type(label) is bool for label in system.classes)
    labels = {
        str(label).lower() if are_truth else label if are_numbers else str(label): label for label in system.classes
    }
    return outputs, rules, [None if one is None else labels[one] for one in by_name[taken[-1]]]


@pytest.mark.parametrize("judge", JUDGES)
def test_answers_are_those_of_the_rules(tmp_path, judge):
    cases = [(case, shape) for case in map(executed.case, executed.NAMES) for shape in case.shapes]
    work = [(case.system, shape, table) for case, shape in cases for table in (case.rows, case.refused)]
    check = by_python.check if judge == "jpmml" else executed.check
    results = ran(tmp_path, judge, work)
    for (case, shape), found, refused in zip(cases, results[::2], results[1::2], strict=True):
        check(case, shape, *found)
        executed.check_refused(case, refused[0], *([] if refused[2] is None else [refused[2]]))


def in_xml(pair):
    return all(name and "\0" not in name for name in pair)


@pytest.mark.parametrize("judge", JUDGES)
def test_names_are_data(tmp_path, judge):
    cases = [executed.hostile_case(*pair) for pair in [*executed.PAIRS, ("class", "target class")] if in_xml(pair)]
    work = [(case.system, shape, case.rows) for case in cases for shape in case.shapes]
    check = by_python.check if judge == "jpmml" else executed.check
    results = iter(ran(tmp_path, judge, work))
    for case in cases:
        for shape in case.shapes:
            check(case, shape, *next(results))


@pytest.mark.parametrize("judge", JUDGES)
def test_long_sums_lists_with_gaps_and_empty_texts(tmp_path, judge):
    texts = (Column("x"), Column("kind", "category", ("", " ", "a\nb"), missing=True))
    empty = extract_rules(networks.random_form(1, (5, 2, 2)), columns=texts, classes=("", " "))
    wide = extract_rules(networks.random_form(1, (130, 2, 2)), feature_names=[f"x{k}" for k in range(130)])
    rows = {f"x{k}": np.random.default_rng(k).normal(size=30).tolist() for k in range(130)}
    cases = [(make(), "list") for make in by_python.CASES] + [(executed.Case("wide", wide, rows, rows), "formula")]
    cases += [(executed.case_of("empty texts", empty, n_random=30), shape) for shape in ("list", "formula")]
    check = by_python.check if judge == "jpmml" else executed.check
    results = ran(tmp_path, judge, [(case.system, shape, case.rows) for case, shape in cases])
    for (case, shape), found in zip(cases, results, strict=True):
        check(case, shape, *found)


def zero_case(weight):
    """A boundary at 0."""
    rules = (Rule((Condition([weight], 0.0, True),), AffineMap([[0.0]], [1.0])), Rule((), AffineMap([[0.0]], [2.0])))
    rows = {"x": [-0.0, 0.0, -1.0, 1.0]}
    return executed.Case("zero", RuleSystem(rules, ("x",), ("y",)), rows, rows, exact=True)


@pytest.mark.parametrize("judge", JUDGES)
def test_minus_zero_is_zero(tmp_path, judge):
    # Java's objects are ordered so that -0 comes before 0.
    cases = [zero_case(weight) for weight in (1.0, 2.0, -1.0)]
    for case, found in zip(
        cases, ran(tmp_path, judge, [(case.system, "list", case.rows) for case in cases]), strict=True
    ):
        executed.check(case, "list", *found)


SYSTEM = extract_rules(
    networks.random_form(0, (5, 2, 1)),
    columns=(Column("x"), Column("gap", missing=True), Column("open", "yes/no"), Column("none", "category", (), True)),
    output_names=["cost"],
)
RIGHT = {"x": 1.0, "gap": None, "open": True, "none": None}


@pytest.mark.parametrize("judge", JUDGES)
def test_a_cell_that_rules_cannot_answer_has_no_answer(tmp_path, judge):
    infinite = 1e400 if judge == "jpmml" else "Infinity"
    wrong = [{"x": None}, {"x": "many"}, {"x": infinite}, {"gap": "many"}, {"gap": infinite}, {"open": None}]
    wrong += [{"open": "yes"}, {"none": "any"}, {"none": ""}]
    if judge == "pypmml":
        # It reads a text that is no number as missing.
        wrong.remove({"gap": "many"})
    absent = {name: cell for name, cell in RIGHT.items() if name != "x"}
    rows = [RIGHT, {**RIGHT, "open": "true"}, *({**RIGHT, **cell} for cell in wrong), absent]
    shapes = ("formula", "list")
    pairs = [(write(SYSTEM, shape), [row]) for shape in shapes for row in rows]
    found = [row for (row,) in evaluated(tmp_path, judge, pairs)]
    cost = SYSTEM.predict({name: [cell] for name, cell in RIGHT.items()})[0, 0]
    for shape, answers in zip(shapes, (found[: len(rows)], found[len(rows) :]), strict=True):
        costs = [row.get("cost") if isinstance(row, dict) else None for row in answers]
        assert costs[0] == costs[1] == pytest.approx(cost)
        assert costs[2:] == [None] * len(costs[2:])
        assert shape == "formula" or type(answers[0]["rule"]) is int


def test_documents_are_as_the_schema_of_pmml_says(tmp_path):
    cases = [(executed.case(name), shape) for name in executed.NAMES for shape in executed.case(name).shapes]
    documents = [write(case.system, shape) for case, shape in cases]
    broken = documents[0].replace("coefficient", "weight")
    said = evaluated(tmp_path, "schema", [(document, []) for document in [*documents, broken]])
    assert said[:-1] == [None] * len(documents)
    assert "weight" in said[-1]


@pytest.mark.parametrize("shape", ["formula", "list"])
def test_no_two_fields_have_the_same_name(shape):
    for case in [executed.case("kinds of levels"), executed.hostile_case("class", "rule"), executed.case("tariff")]:
        root = ElementTree.fromstring(write(case.system, shape))
        once = [
            one.get("name")
            for tag in ("DataDictionary", "TransformationDictionary")
            for one in root.find(f"{{*}}{tag}")
        ]
        models = list(root.iterfind(".//{*}Segment")) or [root]
        for model in models:
            inner = [one.get("name") for one in model.iterfind(".//{*}OutputField")]
            inner += [one.get("name") for one in model.iterfind(".//{*}LocalTransformations/{*}DerivedField")]
            assert len({*once, *inner}) == len(once) + len(inner)


def test_elements_are_not_nested_deeper_than_parsers_go():
    names = [f"x{k}" for k in range(2000)]
    document = write(extract_rules(networks.random_form(1, (2000, 2, 1)), feature_names=names), "formula")

    def depth(part):
        return 1 + max(map(depth, part), default=0)

    # What Java 24 allows by default.
    assert depth(ElementTree.fromstring(document)) < 200


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nul\0here", "'nul\\x00here' holds the character '\\x00', which XML does not have"),
        ("bell\a", "holds the character '\\x07'"),
        ("\uffff", "holds the character '\\uffff'"),
        ("long " * 2000 + "\0", "the column name 'long long"),
        ("", "the column name '' is empty, which no field in PMML is"),
    ],
)
def test_names_that_fields_cannot_have_are_refused_by_name(name, said):
    form = networks.random_form(11, (1, 1))
    with pytest.raises(InvalidValueError) as caught:
        write(extract_rules(form, feature_names=[name]))
    assert said in str(caught.value) and len(str(caught.value)) < 200
    with pytest.raises(InvalidValueError, match="the output name "):
        write(extract_rules(form, output_names=[name]))
    if name:
        with pytest.raises(InvalidValueError, match="the class "):
            write(extract_rules(form, classes=["no", name]))
        with pytest.raises(InvalidValueError, match="the level "):
            write(extract_rules(form, columns=[Column("x", "category", (name,))]))


def test_a_level_that_is_no_double_is_refused():
    with pytest.raises(InvalidValueError, match="18014398509481985 is not a double"):
        write(extract_rules(networks.random_form(0, (1, 1)), columns=[Column("x", "category", (2**54 + 1,))]))
