"""Rust in rustc against the rules, without a warning; equal to Python to the last bit."""

import shutil
import struct
import subprocess

import by_python
import executed
import networks
import pytest

from prelu_rules.columns.column import Column
from prelu_rules.errors import InvalidValueError
from prelu_rules.export.holding import held_by, holding_of
from prelu_rules.export.program import program_of
from prelu_rules.export.rust import RESERVED, names_of, write
from prelu_rules.rules.extraction import extract_rules

pytestmark = pytest.mark.slow

MAIN = """
use std::io::{BufRead, Write};

fn text(cell: &str) -> String {
    let bytes = (0..cell.len()).step_by(2).map(|k| u8::from_str_radix(&cell[k..k + 2], 16).unwrap()).collect();
    String::from_utf8(bytes).unwrap()
}

#[allow(dead_code)]
fn hex(text: &str) -> String { text.bytes().map(|byte| format!("{:02x}", byte)).collect() }

fn bits(value: f64) -> String { format!("{:016x}", value.to_bits()) }

fn main() {
    let stdin = std::io::stdin();
    let mut out = std::io::BufWriter::new(std::io::stdout());
    for line in stdin.lock().lines() {
        let line = line.unwrap();
        let cells: Vec<&str> = line.split(' ').collect();
        let answer = match cells[0] {
%s
            other => panic!("no module {}", other),
        };
        writeln!(out, "{}", answer).unwrap();
    }
}
"""
"""Reads rows, each a number of a module and cells as texts in hexadecimal ("-" for a missing one)."""


def arm(k, system, shape):
    """The branch of `MAIN` for a system."""
    program = program_of(system, shape)
    names = names_of(program, RESERVED, "lower", "cells.{}")
    fields = []
    for place, column in enumerate(system.columns, start=1):
        cell = f"text(cells[{place}])"
        parsed = {"number": f"{cell}.parse::<f64>().unwrap()", "truth": f"{cell}.parse::<bool>().unwrap()"}
        value = parsed.get(held_by(column), f"texts[{place}].as_str()")
        if column.missing:
            value = f'if cells[{place}] == "-" {{ None }} else {{ Some({value}) }}'
        fields.append(f"{names.columns[column.name]}: {value}")
    words = write(system, shape=shape).split("pub struct Answer {\n")[1].split("\n}")[0].splitlines()
    shown = []
    for line in words:
        word, kind = line.split("pub ")[1].split(",")[0].split(": ")
        show = {"f64": "bits(answer.{})", "&'static str": "hex(answer.{})"}.get(kind, "answer.{}.to_string()")
        shown.append(show.format(word))
    joined = ' + " " + &'.join(shown)
    texts = "let texts: Vec<String> = cells.iter().enumerate()"
    texts += '.map(|(k, c)| if k == 0 || *c == "-" { String::new() } else { text(c) }).collect();'
    return (
        f'"{k}" => {{ {texts if "texts[" in "".join(fields) else ""} '
        f"match rules{k}::predict(&rules{k}::Cells {{ {', '.join(fields)} }}) "
        f'{{ Ok(answer) => {joined}, Err(_) => "none".to_string() }} }}'
    )


def as_cell(column, value):
    if value is None:
        return "-"
    holding = held_by(column)
    text = str(value).lower() if holding == "truth" else repr(float(value)) if holding == "number" else str(value)
    return text.encode().hex()


def has_cells(system, row):
    """Whether the types of Rust can hold a row."""
    return all(column.missing or row[column.name] is not None for column in system.columns)


def ran(folder, work, rustc, options=()):
    """Outputs, rules and classes of systems with a shape and a table each, by one program."""
    modules = "".join(f"mod rules{k} {{\n{write(s, shape=shape)}}}\n" for k, (s, shape, _) in enumerate(work))
    arms = "\n".join(arm(k, system, shape) for k, (system, shape, _) in enumerate(work))
    (folder / "main.rs").write_text(modules + MAIN % arms)
    flags = ["--edition", "2021", "-D", "warnings", *options]
    command = [rustc, *flags, "-o", folder / "main", folder / "main.rs"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[:5000]
    lines = []
    for k, (system, _, table) in enumerate(work):
        for row in executed.rows_of(table):
            cells = [as_cell(column, row[column.name]) for column in system.columns] if has_cells(system, row) else None
            lines.append(None if cells is None else " ".join([str(k), *cells]))
    done = subprocess.run(
        [folder / "main"], input="\n".join(line for line in lines if line is not None), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    answers = iter(done.stdout.splitlines())
    found = iter(["none" if line is None else next(answers) for line in lines])
    return [_answers(*one, found) for one in work]


def _answers(system, shape, table, found):
    n = len(system.output_names)
    shown = {
        "number": lambda label: struct.pack(">d", label).hex(),
        "truth": lambda label: str(label).lower(),
        "text": lambda label: label.encode().hex(),
        "mixed": lambda label: str(label).encode().hex(),
    }[holding_of(system.classes or ())]
    labels = {shown(label): label for label in system.classes or ()}
    outputs, rules, classes = [], [], []
    for _ in executed.rows_of(table):
        line = next(found)
        there = line != "none"
        words = line.split(" ")
        outputs.append([struct.unpack(">d", bytes.fromhex(w))[0] for w in words[:n]] if there else [None] * n)
        rules.append(int(words[n]) if there and shape == "list" else None)
        classes.append(labels[words[-1]] if there and labels else None)
    return outputs, rules if shape == "list" else None, classes if labels else None


@pytest.fixture(scope="module", params=["rustc", "/usr/bin/rustc"])
def rustc(request):
    """The first compiler in the path, and that of the system, which is as old as the source allows."""
    if request.param != "rustc" and shutil.which("rustc") in (None, request.param):
        pytest.skip("there is no other compiler than the first in the path")
    return executed.command(request.param)


def test_answers_are_those_of_the_rules(tmp_path, rustc):
    cases = [(case, shape) for case in map(executed.case, executed.NAMES) for shape in case.shapes]
    work = [(case.system, shape, table) for case, shape in cases for table in (case.rows, case.refused)]
    results = ran(tmp_path, work, rustc, ["-O"])
    for (case, shape), found, refused in zip(cases, results[::2], results[1::2], strict=True):
        by_python.check(case, shape, *found)
        executed.check_refused(case, refused[0])


def test_names_are_data(tmp_path, rustc):
    cases = [executed.hostile_case(*pair) for pair in [*executed.PAIRS, ("cells", "answer"), ("self", "Self")]]
    work = [(case.system, shape, case.rows) for case in cases for shape in case.shapes]
    results = iter(ran(tmp_path, work, rustc))
    for case in cases:
        for shape in case.shapes:
            by_python.check(case, shape, *next(results))


@pytest.mark.parametrize("make", by_python.CASES)
def test_long_sums_and_lists_with_gaps(tmp_path, rustc, make):
    case = make()
    by_python.check(case, "list", *ran(tmp_path, [(case.system, "list", case.rows)], rustc)[0])


def test_a_module_has_no_warnings(tmp_path, rustc):
    for name in ("tariff", "no column counts", "kinds of levels"):
        (tmp_path / "rules.rs").write_text(write(executed.case(name).system))
        command = [rustc, "--crate-type", "lib", "-D", "warnings", "rules.rs"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_what_it_cannot_hold_is_refused_by_name():
    form = networks.random_form(0, (1, 1))
    with pytest.raises(InvalidValueError, match="18014398509481985 is not a double"):
        write(extract_rules(form, columns=[Column("x", "category", (2**54 + 1,))]))
    with pytest.raises(InvalidValueError, match="function is 'fn', which is not a Rust identifier"):
        write(extract_rules(form), function="fn")
