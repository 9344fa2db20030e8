"""What every executable target is tested on: rules of each kind, rows, hostile names, and the comparison.

A test takes each case and each of its shapes, lets the consumer compute `case.rows`, and gives what came out to
`check`; `case.refused` has rows without an answer. The comparison is with the rules and the network themselves.
"""

import importlib
import os
import shutil
from dataclasses import dataclass, replace
from functools import cache

import networks
import numpy as np
import pytest

from prelu_rules.columns.column import Column
from prelu_rules.domains.box import Box
from prelu_rules.network.affine import AffineMap
from prelu_rules.network.compact import CompactForm
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.output_bounds import OutputBounds
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem

TOLERANCE = 1e-12
"""Of the sum of the absolute values of the terms: what adding doubles in another order may change."""

RANDOM_ROWS = 1000
REACH = 10.0
"""Number columns of random rows have this standard deviation; a domain reaches twice as far."""

FAR = (-(2.0**40), 2.0**40, -0.0, 2.0**-40)


@dataclass(frozen=True)
class Case:
    """Rules and raw rows.

    `rows` and `refused` are dicts of columns, lists of Python values, None where a cell is missing. Each row of
    `refused` has one cell that rules cannot answer. With `exact` no sum is rounded, so neither is any answer.
    """

    name: str
    system: RuleSystem
    rows: dict[str, list]
    refused: dict[str, list]
    exact: bool = False

    @property
    def shapes(self):
        return ("list",) if self.system.form is None else ("formula", "list")


# Rules


MIXED = (
    Column("kwh"),
    Column("kind", "category", ("business", "farm", "household"), missing=True),
    Column("age", "integer", missing=True),
    Column("smoker", "yes/no"),
    Column("open", "yes/no", missing=True),
    Column("zone", "category", (1, 2, 30)),
)
"""Every kind of column; 13 features."""


def _tariff():
    """Thresholds at 200 and 400, nested, one that farms do not have, and a surcharge where the age is missing."""
    columns = (
        Column("kwh"),
        Column("kind", "category", ("farm", "household"), missing=True),
        Column("age", missing=True),
    )
    # kwh, farm, household, kind is missing, age, age is missing
    return extract_rules(
        NormalForm(
            A=[[1, -64, 0, 0, 0, 0], [0.5, 0, 0, 0, 0, 0], [0, 0, 0, 1, -1, 0.5]],
            B=[[0, 0, 0], [2, 0, 0], [0, 0, 0]],
            b=[-200, -400, 32],
            C=[[0.25, -8, 4, 0, 0.125, 16]],
            D=[[0.5, -0.25, 2]],
            e=[12],
            slopes=[0, 0.25, 0.5],
        ),
        columns=columns,
        output_names=["cost"],
    )


def _overlapping():
    """Several hold at once and the first counts; the last holds everywhere."""
    large, old = Condition([1.0, 0.0], -8.0, True), Condition([0.5, -1.0], 0.0, False)
    outputs = [AffineMap([[1.0, 2.0]], [3.0]), AffineMap([[-1.0, 0.25]], [0.0]), AffineMap([[0.0, 0.0]], [-7.0])]
    rules = (Rule((large, old), outputs[0]), Rule((old,), outputs[1]), Rule((), outputs[2]))
    return RuleSystem(rules, ("size", "age"), ("price",))


def _with_gaps():
    """Off the domain no rule holds."""
    low = Rule((Condition([1.0], 20.0, True), Condition([1.0], 0.0, False)), AffineMap([[-1.0]], [0.0]))
    high = Rule((Condition([1.0], 0.0, True), Condition([1.0], -20.0, False)), AffineMap([[2.0]], [0.0]))
    return RuleSystem((low, high), ("x",), ("y",), domain=Box([-20.0], [20.0]))


def _random(seed, n_outputs, classes=None, columns=MIXED, units=(2, 1), **options):
    n_features = sum(len(column.features) for column in columns)
    form = networks.random_form(seed, (n_features, *units, n_outputs))
    return extract_rules(form, columns=columns, classes=classes, **options)


def _rounded():
    columns = (Column("a"), Column("b"))
    return _random(3, 2, columns=columns, units=(3,), domain=Box([-20, -20], [20, 20])).rounded(max_error=0.5)


def _bounded(pairs, **options):
    """Outputs within bounds that many rows reach."""
    lower, upper = zip(*pairs, strict=True)
    return replace(_random(1, len(pairs), **options), bounds=OutputBounds(lower, upper))


def _bounded_with_gaps():
    """Off the domain there is no answer, and not a bound either."""
    return replace(_with_gaps(), bounds=OutputBounds([2.5], [17.0]))


def _twelve():
    return extract_rules(networks.random_form(0, (2, 3, 2, 1), slopes=(0.0, 0.25)), feature_names=["a", "b"])


def _deep():
    """A chain of thirteen bends, each of the one before; in the compact form each uses all that come before it."""
    kernels = [[[1.0], [-0.5]], *([[(-1) ** k * 1.25]] for k in range(13))]
    biases = [[np.sin(k) * 5] for k in range(14)]
    form = NormalForm.from_layers(kernels, biases, [[0.25 + k / 26] for k in range(13)])
    return extract_rules(form, feature_names=["a", "b"], max_nonlinear=13)


def _kinds_of_levels():
    """Levels and classes that are numbers, yes and no, or of several types."""
    columns = (
        Column("share", "category", (0.5, 2, -3)),
        Column("flag", "category", (False, True), missing=True),
        Column("code", "category", ("farm", 3, "it's"), missing=True),
        Column("x"),
    )
    return _random(8, 3, classes=(1, 20, 300), columns=columns, units=(2,))


FILLED = (
    Column("kwh", missing=True, fill=231.3),
    Column("kind", "category", ("farm", "household")),
    Column("age", "integer", missing=True, fill=-41.0),
    Column("size", missing=True),
    Column("weight"),
)
"""Columns whose missing cells count as numbers, beside one that indicates them."""

_SYSTEMS = {
    "tariff": _tariff,
    "three outputs": lambda: _random(1, 3),
    "one logit": lambda: _random(2, 1, classes=("no", "yes")),
    "truth": lambda: _random(7, 1, classes=(False, True), units=(2,)),
    "three classes": lambda: _random(4, 3, classes=("high", "low", "middle")),
    "classes of several types": lambda: _random(9, 3, classes=("none", 1, 2.5), units=(2,)),
    "decision rules": lambda: _random(4, 3, classes=("high", "low", "middle"), units=(2,)).decision_rules(),
    "kinds of levels": _kinds_of_levels,
    "filled": lambda: _random(6, 2, columns=FILLED),
    "rounded": _rounded,
    "one rule": lambda: _random(5, 2, units=()),
    "no column counts": lambda: RuleSystem((Rule((), AffineMap([[0.0, 0.0]], [0.1])),), ("a", "b"), ("y",)),
    "twelve rules": _twelve,
    "deep": _deep,
    "overlapping": _overlapping,
    "gaps": _with_gaps,
    "bounded": lambda: _bounded([(-10.0, 7.5)]),
    "three bounded outputs": lambda: _bounded([(0.0, None), (None, None), (None, 1.25)]),
    "one bounded rule": lambda: _bounded([(-0.1, 0.5), (1 / 3, 1 / 3)], units=()),
    "bounded, rounded": lambda: replace(_rounded(), bounds=OutputBounds([-4.0, 2.0], [4.0, 3.5])),
    "bounded, with gaps": _bounded_with_gaps,
}
_EXACT = ("tariff", "overlapping", "gaps", "bounded, with gaps")

NAMES = tuple(_SYSTEMS)
"""The cases, for `pytest.mark.parametrize`."""


@cache
def case(name):
    """A case by its name."""
    return case_of(name, _SYSTEMS[name](), exact=name in _EXACT)


def case_of(name, system, n_random=RANDOM_ROWS, exact=False):
    """Rows for rules of any kind."""
    rng = np.random.default_rng(len(system.columns))
    rows = _random_rows(rng, system.columns, n_random, exact)
    rows += _on_bends(system, rows[:100], exact) + _special(system.columns, rows[0])
    return Case(name, system, _table(system, rows), _table(system, _refused(system.columns, rows[0])), exact)


# Rows


def _random_rows(rng, columns, n, exact):
    def cell(column):
        if column.missing and rng.random() < 0.15:
            return None
        if column.kind == "category":
            return column.levels[rng.integers(len(column.levels))]
        if column.kind == "yes/no":
            return bool(rng.integers(2))
        if column.kind == "integer":
            return int(rng.integers(-20, 60))
        value = float(rng.normal()) * (400 if column.name == "kwh" and exact else REACH)
        return round(value * 64) / 64 if exact else value

    return [{column.name: cell(column) for column in columns} for _ in range(n)]


def _on_bends(system, rows, exact):
    """Rows moved along each column of numbers onto the bends and boundaries."""
    if system.form is None:
        planes = [(c.coef, c.intercept) for rule in system.rules for c in rule.conditions]
    else:
        form = CompactForm.of(system.form).form
        planes = list(zip(form.A, form.b, strict=True))
    names = [feature.name for feature in system.features]
    moved = []
    for k, (coef, intercept) in enumerate(planes):
        for column in system.columns:
            place = names.index(column.name) if column.kind == "number" else None
            if place is None or coef[place] == 0:
                continue
            for row in rows[k % 7 :: 20]:
                if row[column.name] is not None:
                    rest = system.encoded({**row, column.name: 0.0})[0] @ coef + intercept
                    value = -float(rest) / float(coef[place])
                    moved.append({**row, column.name: round(value * 64) / 64 if exact else value})
    return moved


def _special(columns, row):
    """Corners of the domain, far outside it, everything missing, and every level."""
    numbers = [column.name for column in columns if column.kind == "number"]
    special = []
    for corner in range(2 ** min(len(numbers), 5)):
        special.append({**row, **{n: 2 * REACH * (1 if corner >> k & 1 else -1) for k, n in enumerate(numbers)}})
    for value in FAR:
        special += [{**row, name: value} for name in numbers]
        special.append({**row, **dict.fromkeys(numbers, value)})
    for column in columns:
        values = {"category": column.levels, "yes/no": (False, True), "integer": (-(2**40), 0, 2**40)}
        cells = [*values.get(column.kind, ()), *([None] if column.missing else [])]
        special += [{**row, column.name: cell} for cell in cells]
    return [*special, {**row, **{column.name: None for column in columns if column.missing}}]


def _refused(columns, row):
    """Rows with one cell that rules cannot answer."""
    refused = []
    for column in columns:
        there = {**row, column.name: row[column.name]}
        if not column.missing:
            refused.append({**there, column.name: None})
        if column.kind == "category":
            only_numbers = all(isinstance(level, (int, float)) for level in column.levels)
            is_truth = {type(level) for level in column.levels} == {bool}
            if not is_truth:
                refused.append({**there, column.name: 99 if only_numbers else "no such level"})
    return refused


def _table(system, rows):
    return {column.name: [row[column.name] for row in rows] for column in system.columns}


def rows_of(table):
    """A table row by row, as dicts."""
    return [dict(zip(table, cells, strict=True)) for cells in zip(*table.values(), strict=True)]


# The comparison


def check(case, shape, outputs, rules=None, classes=None, tolerance=TOLERANCE):
    """Compare what a consumer gave for `case.rows`.

    Args:
        case: rules and rows.
        shape: "formula" or "list".
        outputs: `(n_rows, n_outputs)`, None or NaN where the answer is missing.
        rules: `(n_rows,)` the numbers of the rules, from 1, None or NaN where none holds; None for no such result.
        classes: `(n_rows,)`, the labels as the consumer writes them; None for no such result.
        tolerance: of the sum of the absolute values of the terms.
    """
    system = case.system
    x = system.encoded(case.rows)
    outputs = np.array(outputs, dtype=float).reshape(len(x), len(system.output_names))
    slack = 0.0 if case.exact else max(tolerance, TOLERANCE)
    if shape == "formula":
        expected, scale = _within(system, system.form.predict(x)), _formula_scale(system.form, x)
    else:
        found = None if rules is None else np.nan_to_num(np.array(rules, dtype=float)).astype(int) - 1
        expected, scale = _of_rules(system, x, outputs, found, slack, case.exact)
    missing = np.isnan(expected)
    np.testing.assert_array_equal(np.isnan(outputs), missing, err_msg=f"{case.name}: which answers are missing")
    error = np.where(missing, 0.0, np.abs(np.nan_to_num(outputs) - np.nan_to_num(expected)))
    worst = np.unravel_index(np.argmax(error - tolerance * scale), error.shape)
    assert error[worst] <= tolerance * scale[worst], (
        f"{case.name}, {shape}, row {worst[0]} {rows_of(case.rows)[worst[0]]}: "
        f"{outputs[worst]!r} instead of {expected[worst]!r}"
    )
    if classes is not None:
        _check_classes(case, expected, tolerance * scale, classes)


def check_refused(case, *results):
    """Every result of every row in `case.refused` is missing."""
    for result in results:
        values = np.array(result, dtype=object).ravel()
        assert len(values), "no results"
        there = [value for value in values if not (value is None or value != value)]
        assert there == [], f"{case.name}: an answer for cells that have none"


def _formula_scale(form, x):
    """The sums of the absolute values of all terms, of the network as it is and of its compact form."""
    scale = np.zeros((len(x), form.n_outputs))
    for one in (form, CompactForm.of(form).form):
        sizes = np.abs(x)
        for unit in range(one.n_units):
            weights = np.abs(np.concatenate([one.A[unit], one.B[unit, :unit]]))
            sizes = np.column_stack([sizes, sizes @ weights + abs(one.b[unit])])
        scale = scale + sizes @ np.abs(np.hstack([one.C, one.D])).T + np.abs(one.e)
    return scale


def _of_rules(system, x, outputs, found, slack, exact):
    """Expected outputs and scale: of the rule that was found, if it may be, or else of the nearest one that may be."""
    allowed = _allowed(system, x, slack)
    answers = np.stack([x @ rule.outputs.coef.T + rule.outputs.intercept for rule in system.rules])
    answers = _within(system, np.concatenate([answers, np.full_like(answers[:1], np.nan)]))
    if found is None:
        far = np.where(np.isnan(answers) & np.isnan(outputs), 0.0, np.abs(answers - outputs)).max(axis=2)
        far = np.where(np.isnan(far), np.inf, far)
        found = np.argmin(np.where(allowed.T, far, np.inf), axis=0)
        found = np.where(np.take_along_axis(allowed, found[:, None], 1)[:, 0], found, np.argmax(allowed, axis=1))
    rows = np.arange(len(x))
    wrong = np.flatnonzero(~allowed[rows, found])
    assert not len(wrong), (
        f"row {wrong[0]}: rule {found[wrong[0]] + 1} was found, where one of "
        f"{(np.flatnonzero(allowed[wrong[0]]) + 1).tolist()} is the first that holds ({len(system)} + 1 is none)"
    )
    if not exact:
        clear = allowed.sum(axis=1) == 1
        held = np.flatnonzero(clear & (found >= 0) & (found < len(system)))
        assert (system.assign(x[held]) == found[held]).all()
    sizes = [np.abs(x) @ np.abs(rule.outputs.coef.T) + np.abs(rule.outputs.intercept) for rule in system.rules]
    return answers[found, rows], np.stack([*sizes, sizes[0]])[found, rows]


def _within(system, outputs):
    """Outputs within the bounds of the rules, if they have any; NaN stays NaN."""
    for output, (lower, upper) in enumerate(() if system.bounds is None else system.bounds.pairs):
        values = outputs[..., output]
        if lower is not None:
            values[values < lower] = lower
        if upper is not None:
            values[values > upper] = upper
    return outputs


def _allowed(system, x, slack):
    """`(n_rows, n_rules + 1)`, whether each rule may be the first that holds, sums being rounded; the last is none."""
    allowed, sure_before = [], np.zeros(len(x), dtype=bool)
    for rule in system.rules:
        possible, sure = np.ones(len(x), dtype=bool), np.ones(len(x), dtype=bool)
        for c in rule.conditions:
            total = x @ c.coef + c.intercept
            margin = slack * (np.abs(x) @ np.abs(c.coef) + abs(c.intercept))
            sign = 1 if c.nonnegative else -1
            holds = (total >= 0) == c.nonnegative
            possible &= holds | (sign * total >= -margin) if slack else holds
            sure &= holds & (sign * total > margin) if slack else holds
        allowed.append(possible & ~sure_before)
        sure_before |= sure
    return np.column_stack([*allowed, ~sure_before])


def _check_classes(case, logits, margin, classes):
    """The class of the largest logit, or of one that is as large within the margin."""
    labels = case.system.classes
    assert len(classes) == len(logits)
    for row, (found, own, near) in enumerate(zip(classes, logits, margin, strict=True)):
        if np.isnan(own).any():
            assert found is None or found != found, f"row {row}: class {found!r} without logits"
            continue
        if len(own) == 1:
            possible = [label for label, side in ((labels[0], -own), (labels[1], own)) if side[0] >= -near[0]]
            if case.exact or near[0] == 0:
                possible = [labels[int(own[0] > 0)]]
        else:
            possible = [label for label, logit in zip(labels, own, strict=True) if logit >= own.max() - 2 * near.max()]
        assert found in possible, f"row {row}: class {found!r}, logits {own.tolist()}, classes {labels}"


# Hostile names


LONG = "long " * 2000

HOSTILE = (
    "it's",
    'say "x"',
    "'; DROP TABLE rows; --",
    '"; DROP TABLE rows; --',
    "`tick`",
    "[square]",
    "]",
    "}{",
    "(a + b) * 2",
    "/* comment",
    "*/ 1",
    "// comment",
    "# comment",
    "-- comment",
    "<script>alert(1)</script>",
    "&amp; <!-- --> ]]>",
    "=cmd()",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "@SUM(1)",
    "$(touch owned)",
    "${x}",
    "`touch owned`",
    "%s %d %(x)s {0} {x}",
    r"\input{x}",
    r"$x^2$ \& 50%",
    "back\\slash",
    "\\",
    "\\'",
    "\\n",
    "line\nbreak",
    "carriage\r\nreturn",
    "tab\there",
    "nul\0here",
    "",
    " ",
    " leading and trailing ",
    "größe",
    "עברית and English",
    "right\u202eto left",
    "e\u0301",
    "\u0301",
    "日本語",
    "🙂",
    "\ufeffmark",
    "\u2028",
    "select",
    "class",
    "return",
    "if",
    "true",
    "NULL",
    "NaN",
    "None",
    "function",
    "double",
    "table",
    "rule",
    "known",
    "features",
    "x",
    "1",
    "1st",
    "a.b",
    "a,b",
    "a:b",
    "a|b",
    "a -> b",
    "a = b",
    "a ? b : c",
    LONG,
)
"""Names of columns, levels, outputs and classes; each is used as all of them."""

ALIKE = (
    ("a b", "a_b"),
    ("name", "Name"),
    ("größe", "GRÖSSE"),
    ("ä", "Ä"),
    ("é", "e\u0301"),
    ("x ", "x"),
    ("x\t", "x"),
    ("fi", "ﬁ"),
    ("a" * 63 + "b", "a" * 63 + "c"),
    (LONG + "b", LONG + "c"),
    ("bend 1", "bend_1"),
    ("rule", "class"),
)
"""Pairs of names that some language forbids or takes for one."""

PAIRS = (*((name, f"{name} 2") for name in HOSTILE), *ALIKE)
"""Two names each, for `hostile_case`."""


def pair_id(pair):
    """A short id of a pair, for `pytest.mark.parametrize`."""
    return ascii(pair[0][:20])[1:-1] or "empty"


def hostile_case(first, second):
    """A small classifier whose columns, levels, outputs and classes are all called by two names, and 60 rows or so."""
    columns = (Column(first), Column(second, "category", (first, second), missing=True))
    form = networks.random_form(11, (4, 2, 2))
    system = extract_rules(form, columns=columns, output_names=(second, first), classes=(first, second))
    return case_of(f"hostile {first[:20]!r}", system, n_random=30)


# Consumers


def module(name):
    """An imported module; without it the test fails where CI is set, and is skipped elsewhere."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        _missing(f"{name} cannot be imported ({error}); pip install -e '.[test]'")


def command(*names):
    """The path of the first program of these names that is there; as `module` where there is none."""
    for name in names:
        if found := shutil.which(name):
            return found
    return _missing(f"{' or '.join(names)} is not installed; see tests/consumers")


def _missing(reason):
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
