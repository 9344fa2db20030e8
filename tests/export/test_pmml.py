"""PMML in JPMML, equal to Python to the last bit, and in PMML4S, which adds the constant of a table first."""

import json
import subprocess
import sys
from pathlib import Path

import by_python
import executed
import networks
import pytest

from prelu_rules.columns.column import Column
from prelu_rules.errors import InvalidValueError
from prelu_rules.export.pmml import write
from prelu_rules.rules.extraction import extract_rules

EVALUATOR = Path(__file__).with_name("pmml_evaluator.py")

JUDGES = {"jpmml": ("jpmml_evaluator", "jpype"), "pypmml": ("pypmml", "py4j")}


def evaluated(folder, judge, pairs):
    """What came out for each row of each pair of a document and rows, by one process."""
    executed.command("java")
    for module in JUDGES[judge]:
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


@pytest.mark.parametrize(
    ("name", "said"),
    [("nul\0here", "holds the character '.x00', which XML does not have"), ("", "is empty, which no field in PMML is")],
)
def test_what_xml_cannot_hold_is_refused_by_name(name, said):
    case = executed.hostile_case(name, "plain")
    for shape in case.shapes:
        with pytest.raises(InvalidValueError, match=said):
            write(case.system, shape)


def test_a_level_that_is_no_double_is_refused():
    form = networks.random_form(0, (1, 1))
    with pytest.raises(InvalidValueError, match="18014398509481985 is not a double"):
        write(extract_rules(form, columns=[Column("x", "category", (2**54 + 1,))]))
