"""R against the rules; equal to Python to the last bit."""

import os
import struct
import subprocess

import by_python
import executed
import networks
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.columns.column import Column
from prelu_rules.errors import InvalidValueError
from prelu_rules.export import r
from prelu_rules.export.holding import held_by, holding_of
from prelu_rules.export.r import literal, write
from prelu_rules.rules.extraction import extract_rules

pytestmark = pytest.mark.slow

SHOWN = """
shown <- function(values) {
    if (is.character(values)) {
        values <- enc2utf8(values)
        codes <- vapply(values, function(value) paste(as.character(charToRaw(value)), collapse = ""), "")
        return(ifelse(is.na(values), "none", codes))
    }
    ifelse(is.na(values), "none", if (is.double(values)) sprintf("%a", values) else as.character(values))
}
written <- function(answers) {
    cat("columns", shown(names(answers)), sep = "\\n")
    for (k in seq_along(answers)) cat("column", shown(answers[[k]]), sep = "\\n")
}
"""


def script(folder, text):
    """What a script prints."""
    (folder / "rules.R").write_text(text, encoding="utf-8")
    command = [executed.command("Rscript"), "--vanilla", folder / "rules.R"]
    # Compiling takes longer than running once.
    environment = {**os.environ, "R_ENABLE_JIT": "0"}
    return subprocess.run(command, capture_output=True, text=True, env=environment)


def as_frame(system, table):
    """A data frame as R source; numbers in hexadecimal, which R reads exactly."""

    def cell(column, value):
        if value is None:
            return "NA"
        held = held_by(column)
        if held == "truth":
            return str(value).upper()
        return float(value).hex() if held == "number" else literal(str(value))

    vectors = [f"c({', '.join(cell(c, value) for value in table[c.name])})" for c in system.columns]
    names = ", ".join(literal(column.name) for column in system.columns)
    return f"data <- list2DF(list({', '.join(vectors)}))\nnames(data) <- c({names})\n"


def ran(folder, work):
    """Outputs, rules and classes of systems with a shape and a table each, by one run of R."""
    text = SHOWN
    for system, shape, table in work:
        text += write(system, shape=shape) + as_frame(system, table) + "written(predict_rules(data))\n"
    done = script(folder, text)
    assert done.returncode == 0, done.stderr
    found = done.stdout.split("columns\n")[1:]
    return [_answers(*one[:2], text) for one, text in zip(work, found, strict=True)]


def _answers(system, shape, text):
    names, *columns = [part.splitlines() for part in text.split("column\n")]
    n = len(system.output_names)
    has_rule, has_class = shape == "list", system.classes is not None
    assert [bytes.fromhex(name).decode() for name in names[:n]] == list(system.output_names)
    assert len(names) == len(columns) == n + has_rule + has_class
    outputs = [
        [None if cell == "none" else float.fromhex(cell) for cell in row] for row in zip(*columns[:n], strict=True)
    ]
    rules = [None if cell == "none" else int(cell) for cell in columns[n]] if has_rule else None
    if not has_class:
        return outputs, rules, None
    kind = holding_of(system.classes)
    shown = {"number": lambda v: struct.pack(">d", v).hex(), "truth": lambda v: str(v).upper()}
    show = shown.get(kind, lambda value: str(value).encode().hex())
    labels = {show(label): label for label in system.classes}
    found = [float.fromhex(v) if kind == "number" and v != "none" else v for v in columns[-1]]
    return outputs, rules, [None if v == "none" else labels[show(v) if kind == "number" else v] for v in found]


@pytest.mark.parametrize("name", executed.NAMES)
def test_answers_are_those_of_the_rules(tmp_path, name):
    case = executed.case(name)
    for shape in case.shapes:
        found, refused = ran(tmp_path, [(case.system, shape, table) for table in (case.rows, case.refused)])
        by_python.check(case, shape, *found)
        executed.check_refused(case, *(result for result in refused if result is not None))


def test_names_are_data(tmp_path):
    pairs = [*executed.PAIRS, ("known", "n"), ("ifelse", "c")]
    cases = [executed.hostile_case(*pair) for pair in pairs if "\0" not in "".join(pair)]
    work = [(case.system, shape, case.rows) for case in cases for shape in case.shapes]
    results = iter(ran(tmp_path, work))
    for case in cases:
        for shape in case.shapes:
            by_python.check(case, shape, *next(results))


def test_names_with_nul_are_refused():
    with pytest.raises(InvalidValueError, match=r"the text 'nul\\x00here' holds NUL, which R does not have"):
        write(executed.hostile_case("nul\0here", "x").system)


@pytest.mark.parametrize("make", by_python.CASES)
def test_long_sums_and_lists_with_gaps(tmp_path, make):
    case = make()
    by_python.check(case, "list", *ran(tmp_path, [(case.system, "list", case.rows)])[0])


SYSTEM = extract_rules(
    networks.random_form(0, (5, 2, 1)),
    columns=(Column("x"), Column("gap", missing=True), Column("kind", "category", ("farm", "house"))),
)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ('data.frame(x = 1, kind = "farm")', 'the data have no column "gap"'),
        ('data.frame(x = "1", gap = 2, kind = "farm")', 'column "x" is not of type number'),
        ('data.frame(x = factor(1), gap = 2, kind = "farm")', 'column "x" is not of type number'),
        ("data.frame(x = 1, gap = 2, kind = 1)", 'column "kind" is not of type text'),
        ('list(x = 1, gap = 2, kind = "farm")', "data is not a data frame"),
    ],
)
def test_columns_have_to_be_there_and_of_their_type(tmp_path, data, said):
    done = script(tmp_path, write(SYSTEM) + f"predict_rules({data})\n")
    assert done.returncode == 1 and said in done.stderr


def test_data_frames_may_have_factors_other_columns_and_no_rows(tmp_path):
    text = """
    data <- data.frame(kind = factor(c("house", "barn")), other = 1:2, gap = NA, x = 1:2)
    str(predict_rules(data)); str(predict_rules(data[0, ]))
    """
    done = script(tmp_path, write(SYSTEM) + text)
    outputs, rules, _ = by_python.answers(SYSTEM, "list", {"x": [1.0], "gap": [None], "kind": ["house"]})
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0] == "'data.frame':\t2 obs. of  2 variables:"
    assert lines[1].startswith(" $ out1: num") and lines[1].endswith(" NA")
    assert float(lines[1].split()[-2]) == pytest.approx(outputs[0][0], rel=1e-2)
    assert lines[2] == f" $ rule: int  {rules[0]} NA"
    assert lines[3:] == ["'data.frame':\t0 obs. of  2 variables:", " $ out1: num ", " $ rule: int "]


def test_results_have_distinct_names(tmp_path):
    rules = extract_rules(networks.random_form(1, (1, 1, 2)), output_names=["rule", "class"], classes=["a", "b"])
    done = script(tmp_path, write(rules) + "cat(names(predict_rules(data.frame(in1 = 1))), sep = ',')")
    assert done.stdout == "rule,class,rule 2,class 2"


def test_numbers_are_read_as_they_are(tmp_path):
    rng = np.random.default_rng(0)
    values = [rng.normal(size=30_000), rng.normal(size=5000) * 10.0 ** rng.integers(-20, 20, 5000)]
    numbers = [*np.concatenate([*values, 10.0 ** rng.uniform(-300, 300, 2000)]).tolist(), 5e-324, 1.7e308, 1 / 3]
    texts = [r._number(value) for value in numbers]
    assert sum("0x" in text for text in texts[:30_000]) < 20, "few are in hexadecimal"
    done = script(tmp_path, f"cat(sprintf('%a', c({', '.join(texts)})), sep = '\\n')")
    assert [float.fromhex(text) for text in done.stdout.split()] == numbers


@given(st.floats(1e-5, 1e5))
def test_what_two_roundings_change_is_known(value):
    if np.finfo(np.longdouble).nmant == 63:
        whole, _, decimals = np.format_float_positional(value, unique=True).partition(".")
        twice = np.longdouble(int(whole + decimals)) / np.longdouble(10) ** len(decimals)
        if len(whole + decimals) < 19:
            assert r._is_read_by_r(value) == (float(twice) == value)


def test_what_it_cannot_hold_is_refused_by_name():
    form = networks.random_form(0, (1, 1))
    with pytest.raises(InvalidValueError, match="18014398509481985 is not a double"):
        write(extract_rules(form, columns=[Column("x", "category", (2**54 + 1,))]))
    with pytest.raises(InvalidValueError, match="function is 'next', which is not an R identifier"):
        write(extract_rules(form), function="next")
