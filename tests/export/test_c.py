"""C in gcc against the rules, without a warning; equal to Python to the last bit."""

import csv
import io
import subprocess

import by_python
import executed
import networks
import pytest

from prelu_rules.columns.column import Column
from prelu_rules.errors import InvalidValueError
from prelu_rules.export.c import literal, write
from prelu_rules.rules.extraction import extract_rules

pytestmark = pytest.mark.slow

STRICT = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic"]


def compiled(folder, name, *sources, options=("-O0",)):
    """The path of a program."""
    program = folder / name
    command = [executed.command("gcc"), *STRICT, *options, "-o", str(program), *map(str, sources)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return program


def as_csv(table):
    """A table as CSV with a mark of its encoding; None is an empty cell, and an empty text is quoted."""

    def cell(value):
        if value is None:
            return ""
        text = str(value) if isinstance(value, (str, bool)) else repr(value)
        return '"{}"'.format(text.replace('"', '""'))

    lines = [table, *zip(*table.values(), strict=True)]
    return "\ufeff" + "".join(",".join(map(cell, line)) + "\n" for line in lines)


def answers(program, system, shape, table):
    """Outputs, rules and classes of a program that reads CSV."""
    done = subprocess.run([program], input=as_csv(table).encode(), capture_output=True)
    assert done.returncode == 0, done.stderr
    header, *lines = csv.reader(io.StringIO(done.stdout.decode(), newline=""))
    n = len(system.output_names)
    has_rule, has_class = shape == "list", system.classes is not None
    assert header == [*system.output_names, *["rule"] * has_rule, *["class"] * has_class]
    labels = {str(label): label for label in system.classes or ()}
    outputs = [[float(cell) if cell else None for cell in line[:n]] for line in lines]
    rules = [int(line[n]) if line[n] else None for line in lines] if has_rule else None
    classes = [labels[line[-1]] if line[0] else None for line in lines] if has_class else None
    return outputs, rules, classes


def ran(folder, system, shape, *tables, options=("-O0",)):
    (folder / "rules.c").write_text(write(system, shape=shape, part="program"))
    program = compiled(folder, "rules", folder / "rules.c", options=options)
    return [answers(program, system, shape, table) for table in tables]


@pytest.mark.parametrize("options", [("-O0",), ("-O2",), ("-O3", "-march=native")], ids=" ".join)
@pytest.mark.parametrize("name", executed.NAMES)
def test_answers_are_those_of_the_rules(tmp_path, name, options):
    case = executed.case(name)
    for shape in case.shapes:
        found, refused = ran(tmp_path, case.system, shape, case.rows, case.refused, options=options)
        # For some processors gcc 12 multiplies and adds with one rounding, even where C99 forbids it.
        check = executed.check if "-march=native" in options else by_python.check
        check(case, shape, *found)
        executed.check_refused(case, refused[0])


@pytest.mark.parametrize("pair", [*executed.PAIRS, ("??/", "\\\n"), ("none", "positive")], ids=executed.pair_id)
def test_names_are_data(tmp_path, pair):
    case = executed.hostile_case(*pair)
    for shape in case.shapes:
        try:
            found = ran(tmp_path, case.system, shape, case.rows)[0]
        except InvalidValueError as error:
            assert "NUL" in str(error) or "4095 bytes" in str(error)
            continue
        by_python.check(case, shape, *found)


@pytest.mark.parametrize("make", by_python.CASES)
def test_long_sums_and_lists_with_gaps(tmp_path, make):
    case = make()
    by_python.check(case, "list", *ran(tmp_path, case.system, "list", case.rows)[0])


CALLER = """
#include <stdio.h>
#include <math.h>
#include "price.h"
int main(void)
{
    struct price_cells cells = {250.0, "farm", NAN};
    struct price_answer answer;
    int found = price(&cells, &answer);
    printf("%d %.17g %d\\n", found, answer.cost, answer.rule);
    cells.kind = "castle";
    found = price(&cells, &answer);
    printf("%d %d %d\\n", found, isnan(answer.cost), answer.rule);
    return 0;
}
"""


def test_a_caller_includes_the_header(tmp_path):
    system = executed.case("tariff").system
    (tmp_path / "price.h").write_text(write(system, "price", part="header"))
    (tmp_path / "price.c").write_text(write(system, "price", part="implementation"))
    (tmp_path / "caller.c").write_text(CALLER)
    program = compiled(tmp_path, "caller", tmp_path / "price.c", tmp_path / "caller.c")
    row = {"kwh": [250.0], "kind": ["farm"], "age": [None]}
    outputs, rules, _ = by_python.answers(system, "list", row)
    assert subprocess.run([program], capture_output=True, text=True).stdout == (
        f"1 {outputs[0][0]:.17g} {rules[0]}\n0 1 0\n"
    )


TABLE = extract_rules(networks.random_form(0, (2, 2, 1)), feature_names=["a", "b"])


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        ("b\n1\n", 2, "the table has no column a"),
        ("a,b\n1\n", 2, "record 2 has 1 cells instead of 2"),
        ("a,b\n1,2,3\n", 2, "record 2 has 3 cells instead of 2"),
        ("a,b\n1,\0\n", 2, "cannot be read"),
        ("a,b\n0x1,2\n\n1,inf\n1,nan\n1,\n1,2x\n\r\n", 0, ""),
        ("", 2, "the table has no column a"),
        ("a,b", 0, ""),
    ],
)
def test_a_program_says_what_is_wrong_with_a_table(tmp_path, text, status, said):
    (tmp_path / "rules.c").write_text(write(TABLE, part="program"))
    program = compiled(tmp_path, "rules", tmp_path / "rules.c")
    done = subprocess.run([program], input=text, capture_output=True, text=True)
    assert (done.returncode, said in done.stderr) == (status, True)
    assert set(done.stdout.splitlines()[1:]) <= {","}, "a row has an answer"


@pytest.mark.parametrize("text", ["b,a,c\r\n2,1,x\r\n", 'c,a,"b"\n"x ""\n,",1,2', "a,b\n1,2"])
def test_columns_are_found_by_name(tmp_path, text):
    (tmp_path / "rules.c").write_text(write(TABLE, part="program"))
    program = compiled(tmp_path, "rules", tmp_path / "rules.c")
    done = subprocess.run([program], input=text.encode(), capture_output=True)
    outputs, rules, _ = by_python.answers(TABLE, "list", {"a": [1.0], "b": [2.0]})
    assert done.stdout.decode() == f'"out1","rule"\n{outputs[0][0]:.17g},{rules[0]}\n'


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"part": "main"}, "part is 'main'; it must be one of source, header, implementation, program"),
        ({"function": "int"}, "function is 'int', which is not a C identifier"),
        ({"shape": "tree"}, "shape is 'tree'"),
    ],
)
def test_options_have_to_be_right(options, message):
    with pytest.raises(InvalidValueError, match=message):
        write(TABLE, **options)


def test_what_c_cannot_hold_is_refused_by_name():
    form = networks.random_form(0, (1, 2))
    with pytest.raises(InvalidValueError, match="two classes read '1'"):
        write(extract_rules(form, classes=["1", 1]))
    with pytest.raises(InvalidValueError, match="18014398509481985 is not a double"):
        write(extract_rules(form, columns=[Column("x", "category", (2**54 + 1,))]))
    assert literal("a\n1é") == '"a\\0121\\303\\251"'
