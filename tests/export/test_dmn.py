"""DMN, read by dmn-moddle and evaluated by feelin, against the rules; equal to Python to the last bit."""

import json
import subprocess
from functools import cache
from itertools import chain
from pathlib import Path

import by_python
import executed
import networks
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.columns.column import Column
from prelu_rules.domains.box import Box
from prelu_rules.errors import InvalidValueError
from prelu_rules.export.dmn import write
from prelu_rules.export.dmn_model import shown
from prelu_rules.export.feel import number
from prelu_rules.export.program import NO_BOUNDS
from prelu_rules.network.affine import AffineMap
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem

CONSUMERS = Path(__file__).parents[1] / "consumers"
WALKER = Path(__file__).parent / "dmn_walker.mjs"
SCHEMA = CONSUMERS / "node_modules/dmn-moddle/resources/dmn/xsd/DMN13.xsd"

NUL = [pair for pair in executed.PAIRS if "\0" in pair[0]]
PAIRS = [
    *(pair for pair in executed.PAIRS if pair not in NUL),
    ("known", "diagram"),
    ("prelu-rules", "definitions"),
    ("t_x", "x"),
    ("max", "date and time"),
    ("not", "null + 1"),
    ("\\u0041", "\\u00e9a"),
    ('"', '\\"'),
]


def ran(work):
    """Outputs, rules and classes of systems with a shape, a table and whether it has answers, by one run of node."""
    if not SCHEMA.exists():
        executed.command("dmn-moddle of tests/consumers (npm install)")
    orders = []
    for system, shape, table, is_known in work:
        rows = [list(row.values()) for row in executed.rows_of(table)]
        orders.append({"xml": write(system, shape), "rows": rows, "isKnown": is_known})
    command = [executed.command("node", "nodejs"), WALKER, CONSUMERS]
    done = subprocess.run(command, input=json.dumps(orders).encode(), capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return [_answers(*order[:2], found) for order, found in zip(work, json.loads(done.stdout), strict=True)]


def _answers(system, shape, found):
    names = [shown(name) for name in system.output_names]
    assert found["inputs"] == [shown(column.name) for column in system.columns]
    bounds = [NO_BOUNDS] * len(names) if system.bounds is None else system.bounds.pairs
    outputs = [
        [f"{name} without bounds"] * (pair != NO_BOUNDS) + [name] for name, pair in zip(names, bounds, strict=True)
    ]
    last = [*["rule"] * (shape == "list"), *chain.from_iterable(outputs), *["class"] * (system.classes is not None)]
    assert found["decisions"][-len(last) :] == last
    places = [k - len(last) for k, name in enumerate(last) if not name.endswith(" without bounds")]
    results = [[row[k] for k in places] for row in found["results"]]
    classes = [row.pop() for row in results] if system.classes is not None else None
    if classes is not None:
        labels = {json.dumps(label): label for label in system.classes}
        classes = [None if label is None else labels[json.dumps(label)] for label in classes]
    rules = [row[-len(names) - 1] for row in results] if shape == "list" else None
    return [row[-len(names) :] for row in results], rules, classes


@cache
def schema():
    """The published schema of DMN 1.3."""
    lxml = executed.module("lxml.etree")
    if not SCHEMA.exists():
        executed.command("dmn-moddle of tests/consumers (npm install)")
    return lxml.XMLSchema(file=str(SCHEMA)), lxml.fromstring


def check_valid(text):
    """By the schema, which takes no id twice."""
    rules, parsed = schema()
    rules.assertValid(parsed(text.encode()))


def test_answers_are_those_of_the_rules():
    cases = [(case, shape) for case in map(executed.case, executed.NAMES) for shape in case.shapes]
    tables = [(case, shape, table) for case, shape in cases for table in (case.rows, case.refused)]
    results = ran([(case.system, shape, table, table is case.rows) for case, shape, table in tables])
    for (case, shape), found, refused in zip(cases, results[::2], results[1::2], strict=True):
        check_valid(write(case.system, shape))
        by_python.check(case, shape, *found)
        executed.check_refused(case, *(result for result in refused if result is not None))


def test_names_are_data():
    cases = [executed.hostile_case(*pair) for pair in PAIRS]
    results = iter(ran([(case.system, shape, case.rows, True) for case in cases for shape in case.shapes]))
    for case in cases:
        for shape in case.shapes:
            check_valid(write(case.system, shape))
            by_python.check(case, shape, *next(results))


def test_a_label_escapes_what_xml_cannot_hold():
    names = ["nul\0", "\x1b[0m\ufffe", "line\r\nbreak\u2028"]
    rule = Rule((), AffineMap(np.eye(3), np.zeros(3)))
    system = RuleSystem((rule,), names, names)
    table = {name: [float(k)] for k, name in enumerate(names)}
    text = write(system)
    check_valid(text)
    for label in ("nul\\u0000", "\\u001b[0m\\ufffe", "line\\r\\nbreak\\u2028"):
        # Of the input, of the decision, and of the output of its table.
        assert text.count(f'label="{label}"') == 3
    assert ran([(system, "list", table, True)])[0] == ([[0.0, 1.0, 2.0]], [1], None)


def ranges():
    """Every kind of bounds of a number, twice the same, more than two, and a rule that never holds."""
    at_least, below = (lambda k: Condition([1.0, 0.0], -k, True)), (lambda k: Condition([1.0, 0.0], -k, False))
    at_most, above = (lambda k: Condition([-1.0, 0.0], k, True)), (lambda k: Condition([-1.0, 0.0], k, False))
    conditions = [
        (at_least(5.0), below(3.0)),
        (at_least(-4.5), below(-2.0)),
        (above(1.0), at_most(2.0)),
        (below(4.0), above(3.0), at_least(2.0), at_least(2.0), Condition([0.0, 1.0], 0.0, True)),
        (at_least(7.0), at_most(7.0)),
        (at_least(8.0), Condition([0.0, 1.0], 0.0, False)),
        (Condition([0.0, 0.0], -1.0, False), at_most(-6.0)),
    ]
    rules = tuple(Rule(group, AffineMap([[1.0, 0.5]], [float(k)])) for k, group in enumerate(conditions))
    system = RuleSystem(rules, ["x", "y"], ("out",), domain=Box([-9.0, -1.0], [9.0, 1.0]))
    x = np.unique([k + d for k in (-6, -4.5, -2, 0, 1, 2, 3, 4, 5, 7, 8) for d in (-(2**-40), 0, 2**-40, 0.5)])
    rows = {"x": [*x.tolist(), *x.tolist()], "y": [1.0] * len(x) + [-1.0] * len(x)}
    return executed.Case("ranges", system, rows, rows, exact=True)


def small_and_large():
    """Numbers that need many digits before or behind the point."""
    sizes = [5e-324, 1e-300, 1.7976931348623157e308, 123456789012345678.0, 0.1, 1 / 3]
    names = [f"x{k}" for k in range(len(sizes))]
    bound = Condition(sizes, -1e-7, True)
    rules = (Rule((bound,), AffineMap([sizes], [1e-7])), Rule((), AffineMap([sizes], [-1e22])))
    rng = np.random.default_rng(0)
    rows = {name: (rng.uniform(-1, 1, 50) / max(1.0, size)).tolist() for name, size in zip(names, sizes, strict=True)}
    return executed.Case("small and large", RuleSystem(rules, names, ("y",)), rows, rows)


def many_columns():
    """More than one expression can ask for in a row."""
    weights = np.random.default_rng(1).normal(size=400)
    names = [f"x{k}" for k in range(400)]
    rules = (Rule((), AffineMap([weights], [0.0])),)
    rows = {name: [0.0, float(k), 1.5] for k, name in enumerate(names)}
    return executed.Case("many columns", RuleSystem(rules, names, ("y",)), rows, rows)


def many_classes():
    """A class chosen by tests of each logit against all others would not be read."""
    rng = np.random.default_rng(2)
    names = [f"logit {k}" for k in range(300)]
    rules = (Rule((), AffineMap(rng.normal(size=(300, 1)), rng.normal(size=300))),)
    system = RuleSystem(rules, ["x"], names, classes=tuple(range(300)))
    return executed.Case("many classes", system, {"x": [-1.0, 0.0, 0.5, 10.0]}, {"x": [None]})


@pytest.mark.parametrize("make", [*by_python.CASES, ranges, small_and_large, many_columns, many_classes])
def test_bounds_sums_and_lists(make):
    case = make()
    check_valid(write(case.system))
    by_python.check(case, "list", *ran([(case.system, "list", case.rows, True)])[0])


SYSTEM = extract_rules(
    networks.random_form(0, (10, 2, 2)),
    columns=(
        Column("x"),
        Column("gap", missing=True),
        Column("kind", "category", ("farm", 3)),
        Column("zone", "category", (1, 2)),
        Column("smoker", "yes/no"),
        Column("open", "yes/no", missing=True),
    ),
    classes=("low", "high"),
)
RIGHT = {"x": 1.0, "gap": None, "kind": "farm", "zone": 1, "smoker": True, "open": None}


def test_what_is_no_cell_of_a_column_has_no_answer():
    wrong = {
        "x": (None, "1", True, "Infinity"),
        "gap": ("", "1", False, "Infinity"),
        "kind": (None, "3", 2, True, "Farm"),
        "zone": (None, "1", True, 3, 1.5),
        "smoker": (None, 1, "true"),
        "open": (0, "", "false"),
    }
    rows = [{**RIGHT, name: cell} for name, cells in wrong.items() for cell in cells]
    table = {name: [row[name] for row in rows] for name in RIGHT}
    right = {name: [cell] for name, cell in RIGHT.items()}
    for shape in ("list", "formula"):
        found, answered = ran([(SYSTEM, shape, table, False), (SYSTEM, shape, right, True)])
        for results in filter(None, found):
            for row, result in zip(rows, results, strict=True):
                assert result is None or result == [None] * 2, row
        assert None not in answered[0][0] and answered[2] != [None]


def test_what_it_cannot_hold_is_refused_by_name():
    for pair in NUL:
        with pytest.raises(InvalidValueError, match="'nul.x00here' holds the character '.x00', which XML cannot hold"):
            write(executed.hostile_case(*pair).system)
    form = networks.random_form(0, (1, 1))
    for text in ("\x07", "\ufffe", "\x1b[0m"):
        with pytest.raises(InvalidValueError, match="rename the level or the class"):
            write(extract_rules(form, columns=[Column("x", "category", (text,))]))
    with pytest.raises(InvalidValueError, match="18014398509481985 is not a double"):
        write(extract_rules(form, columns=[Column("x", "category", (2**54 + 1,))]))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_decimals_of_the_same_double(value):
    text = number(value)
    assert float(text) == value
    assert set(text) <= set("-.0123456789") and text[-1] != "."
    assert "." in text or len(text) <= 15
