"""DMN, read by dmn-moddle and evaluated by feelin, against the rules; equal to Python to the last bit."""

import json
import subprocess
from pathlib import Path

import by_python
import executed

from prelu_rules.export.dmn import write
from prelu_rules.export.dmn_model import shown

CONSUMERS = Path(__file__).parents[1] / "consumers"
WALKER = Path(__file__).parent / "dmn_walker.mjs"


def ran(work):
    """Outputs, rules and classes of systems with a shape, a table and whether it is answered, by one run of node."""
    if not (CONSUMERS / "node_modules/feelin").exists():
        executed.command("feelin of tests/consumers (npm install)")
    orders = []
    for system, shape, table, is_known in work:
        columns = [column.name for column in system.columns]
        rows = [list(row.values()) for row in executed.rows_of(table)]
        orders.append({"xml": write(system, shape), "columns": columns, "rows": rows, "isKnown": is_known})
    command = [executed.command("node", "nodejs"), WALKER, CONSUMERS]
    done = subprocess.run(command, input=json.dumps(orders).encode(), capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return [_answers(*order[:2], found) for order, found in zip(work, json.loads(done.stdout), strict=True)]


def _answers(system, shape, found):
    results, names = found["results"], [shown(name) for name in system.output_names]
    assert found["inputs"] == [shown(column.name) for column in system.columns]
    last = [*["rule"] * (shape == "list"), *names, *["class"] * (system.classes is not None)]
    assert found["decisions"][-len(last) :] == last
    classes = [row[-1] for row in results] if system.classes is not None else None
    end = None if classes is None else -1
    outputs = [row[:end][-len(names) :] for row in results]
    rules = [row[:end][-len(names) - 1] for row in results] if shape == "list" else None
    if classes is not None:
        labels = {json.dumps(label): label for label in system.classes}
        classes = [None if label is None else labels[json.dumps(label)] for label in classes]
    return outputs, rules, classes


def test_answers_are_those_of_the_rules():
    cases = [(case, shape) for case in map(executed.case, executed.NAMES) for shape in case.shapes]
    work = [
        (case.system, shape, table, table is case.rows) for case, shape in cases for table in (case.rows, case.refused)
    ]
    results = ran(work)
    for (case, shape), found, refused in zip(cases, results[::2], results[1::2], strict=True):
        by_python.check(case, shape, *found)
        executed.check_refused(case, *(result for result in refused if result is not None))
