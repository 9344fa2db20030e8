"""JavaScript in node against the rules; equal to Python to the last bit."""

import json
import subprocess
from pathlib import Path

import by_python
import executed
import networks
import pytest

from prelu_rules.columns.column import Column
from prelu_rules.errors import InvalidValueError
from prelu_rules.export.javascript import write
from prelu_rules.rules.extraction import extract_rules

TSC = Path(__file__).parents[1] / "consumers/node_modules/typescript/bin/tsc"

RUNNER = """
import { readFileSync } from "node:fs";
const results = [];
for (const { path, rows } of JSON.parse(readFileSync(0, "utf8"))) {
    const { predict } = await import(path);
    results.push(rows.map(row => {
        try {
            const { outputs, ...rest } = predict(row);
            return { ...rest, outputs: Object.entries(outputs) };
        } catch (error) {
            if (!(error instanceof RangeError)) throw error;
            return null;
        }
    }));
}
process.stdout.write(JSON.stringify(results));
"""


def ran(folder, work):
    """Outputs, rules and classes of systems with a shape and a table each, by one run of node."""
    (folder / "run.mjs").write_text(RUNNER)
    orders = []
    for k, (system, shape, table) in enumerate(work):
        path = folder / f"rules{k}.mjs"
        path.write_text(write(system, shape=shape))
        orders.append({"path": str(path), "rows": executed.rows_of(table)})
    command = [executed.command("node", "nodejs"), folder / "run.mjs"]
    done = subprocess.run(command, input=json.dumps(orders).encode(), capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return [_answers(*order[:2], found) for order, found in zip(work, json.loads(done.stdout), strict=True)]


def _answers(system, shape, rows):
    names, labels = list(system.output_names), {json.dumps(label): label for label in system.classes or ()}
    # -0 is 0 in JSON; numbers are equal all the same.
    outputs = [[value for _, value in row["outputs"]] if row else [None] * len(names) for row in rows]
    for row in rows:
        # Object.entries sorts names that are array indices to the front.
        assert row is None or sorted(name for name, _ in row["outputs"]) == sorted(names)
        assert row is None or set(row) == {"outputs", *["rule"] * (shape == "list"), *["class"] * bool(labels)}
    if any(row and [name for name, _ in row["outputs"]] != names for row in rows):
        outputs = [[dict(row["outputs"])[name] for name in names] if row else [None] * len(names) for row in rows]
    rules = [row and row["rule"] for row in rows] if shape == "list" else None
    classes = [row and labels[json.dumps(row["class"])] for row in rows] if labels else None
    return outputs, rules, classes


def test_answers_are_those_of_the_rules(tmp_path):
    cases = [(case, shape) for case in map(executed.case, executed.NAMES) for shape in case.shapes]
    work = [(case.system, shape, table) for case, shape in cases for table in (case.rows, case.refused)]
    results = ran(tmp_path, work)
    for (case, shape), found, refused in zip(cases, results[::2], results[1::2], strict=True):
        by_python.check(case, shape, *found)
        executed.check_refused(case, refused[0])


def test_names_are_data(tmp_path):
    pairs = [*executed.PAIRS, ("__proto__", "constructor"), ("Math", "Number"), ("</script>", "<!--"), ("cells", "a")]
    cases = [executed.hostile_case(*pair) for pair in pairs]
    work = [(case.system, shape, case.rows) for case in cases for shape in case.shapes]
    results = iter(ran(tmp_path, work))
    for case in cases:
        for shape in case.shapes:
            source = write(case.system, shape=shape)
            assert source.isascii() or "//" in source
            assert "</" not in source and "<!" not in source, "a script in a page would end"
            by_python.check(case, shape, *next(results))


@pytest.mark.parametrize("make", by_python.CASES)
def test_long_sums_and_lists_with_gaps(tmp_path, make):
    case = make()
    by_python.check(case, "list", *ran(tmp_path, [(case.system, "list", case.rows)])[0])


SYSTEM = extract_rules(
    networks.random_form(0, (5, 2, 1)),
    columns=(Column("x"), Column("gap", missing=True), Column("kind", "category", ("farm", 3))),
)
RIGHT = '{ x: 1, gap: null, kind: "farm" }'


def thrown(folder, cells):
    """What is thrown, if anything is."""
    (folder / "rules.mjs").write_text(write(SYSTEM))
    script = 'import { predict } from "./rules.mjs"; try { predict(%s) } catch (error) { console.log(String(error)) }'
    (folder / "call.mjs").write_text(script % cells)
    done = subprocess.run([executed.command("node", "nodejs"), folder / "call.mjs"], capture_output=True, text=True)
    assert not done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (RIGHT, ""),
        ("{ x: 1, gap: NaN, kind: 3 }", ""),
        ('{ x: "1", gap: null, kind: "farm" }', "x is 1, which no training row had"),
        ('{ x: true, gap: null, kind: "farm" }', "x is true, which"),
        ('{ x: null, gap: null, kind: "farm" }', "x is null, which"),
        ('{ x: Infinity, gap: null, kind: "farm" }', "x is Infinity, which"),
        ('{ x: 1, kind: "farm" }', "gap is undefined, which"),
        ('{ x: 1, gap: "", kind: "farm" }', "gap is , which"),
        ('{ x: 1, gap: null, kind: "3" }', "kind is 3, which"),
        ("{ x: 1, gap: null, kind: null }", "kind is null, which"),
        ("{ x: 1n, gap: null, kind: 3 }", "x is 1, which"),
    ],
)
def test_nothing_is_converted(tmp_path, cells, said):
    found = thrown(tmp_path, cells)
    assert found.startswith(f"RangeError: {said}") if said else found == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cells", "status"),
    [(RIGHT, 0), ('{ x: "1", gap: null, kind: "farm" }', 2), ('{ x: 1, gap: null, kind: "house" }', 2)],
)
def test_types_are_checked_by_typescript(tmp_path, cells, status):
    if not TSC.exists():
        executed.command("tsc of tests/consumers (npm install)")
    (tmp_path / "rules.d.mts").write_text(write(SYSTEM, part="types"))
    (tmp_path / "rules.mjs").write_text(write(SYSTEM))
    call = f'import {{ predict }} from "./rules.mjs";\nconst cost: number = predict({cells}).outputs.out1;\n'
    (tmp_path / "call.mts").write_text(call + "const rule: number = predict({} as never).rule;\nexport { cost, rule };")
    command = [executed.command("node", "nodejs"), TSC, "--strict", "--noEmit", "--module", "nodenext", "call.mts"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == status, done.stdout


@pytest.mark.slow
def test_types_of_hostile_names_are_read_by_typescript(tmp_path):
    if not TSC.exists():
        executed.command("tsc of tests/consumers (npm install)")
    cases = [executed.hostile_case(*pair) for pair in executed.PAIRS] + [executed.case(name) for name in executed.NAMES]
    for k, case in enumerate(cases):
        (tmp_path / f"rules{k}.d.ts").write_text(write(case.system, part="types"))
    command = [executed.command("node", "nodejs"), TSC, "--strict", "--noEmit", *sorted(tmp_path.glob("*.d.ts"))]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_what_it_cannot_hold_is_refused_by_name():
    form = networks.random_form(0, (1, 1))
    with pytest.raises(InvalidValueError, match="18014398509481985 is not a double"):
        write(extract_rules(form, columns=[Column("x", "category", (2**54 + 1,))]))
    with pytest.raises(InvalidValueError, match="part is 'ts'"):
        write(extract_rules(form), part="ts")
    with pytest.raises(InvalidValueError, match="function is 'await', which is not a JavaScript identifier"):
        write(extract_rules(form), function="await")
