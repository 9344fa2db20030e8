"""Rules that a client of the Model Context Protocol asks, in this process and over standard input and output."""

import asyncio
import signal
import subprocess
import sys

import executed
import pytest

from prelu_rules.cli import main
from prelu_rules.cli.rule_server import MOST_ROWS, server_of
from prelu_rules.domains.box import Box
from prelu_rules.errors import PReLURulesError
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.rules.extraction import extract_rules

FORM = NormalForm(A=[[1]], B=[[0]], b=[-3], C=[[1]], D=[[1]], e=[0], slopes=[0])
RULES = extract_rules(FORM, domain=Box([0], [9]), feature_names=["age"], output_names=["cost"])


def asked(server, *calls):
    """What tools answer, call by call."""
    mcp = executed.module("mcp")

    async def ask():
        async with mcp.Client(server) as client:
            return [await client.call_tool(tool, arguments) for tool, arguments in calls]

    return asyncio.run(ask())


def predicted(rules, rows):
    starts = range(0, len(rows), MOST_ROWS)
    found = asked(server_of(rules), *(("predict", {"rows": rows[start : start + MOST_ROWS]}) for start in starts))
    assert not any(one.is_error for one in found), found[0].content
    return [answer for one in found for answer in one.structured_content["answers"]]


@pytest.mark.parametrize("name", [name for name in executed.NAMES if not name.endswith("gaps")])
def test_answers_are_those_of_the_rules(name):
    case = executed.case(name)
    found = predicted(case.system, executed.rows_of(case.rows))
    outputs = [[answer["outputs"][name] for name in case.system.output_names] for answer in found]
    classes = [answer["class"] for answer in found] if case.system.classes else None
    executed.check(case, "list", outputs, [answer["rule"] for answer in found], classes)


@pytest.mark.parametrize("pair", executed.PAIRS, ids=executed.pair_id)
def test_names_are_data(pair):
    case = executed.hostile_case(*pair)
    found = predicted(case.system, executed.rows_of(case.rows))
    executed.check(
        case,
        "list",
        [[answer["outputs"][name] for name in case.system.output_names] for answer in found],
        [answer["rule"] for answer in found],
        [answer["class"] for answer in found],
    )
    assert all([share["class"] for share in answer["probabilities"]] == list(case.system.classes) for answer in found)


def test_a_cell_that_rules_cannot_answer_is_an_error():
    case = executed.case("tariff")
    rows = executed.rows_of(case.refused)
    answers = asked(server_of(case.system), *(("predict", {"rows": [row]}) for row in rows))
    for row, found in zip(rows, answers, strict=True):
        with pytest.raises(PReLURulesError) as problem:
            case.system.predict(row)
        assert found.is_error and str(problem.value) in found.content[0].text


def test_outside_of_the_data_is_said():
    inside, outside = predicted(RULES, [{"age": 5.0}, {"age": 10.0}])
    assert inside == {"outputs": {"cost": 7.0}, "rule": 2, "reason": "age >= 3", "outside": ""}
    assert outside["outside"] == "age" and outside["outputs"] == {"cost": 17.0}


def test_rules_are_described():
    (found,) = asked(server_of(RULES), ("describe", {}))
    column = {"name": "age", "kind": "number", "may_be_missing": False, "range": [0.0, 9.0]}
    expected = {"columns": [column], "outputs": ["cost"], "rules": RULES.export("text")}
    assert found.structured_content == expected
    (found,) = asked(server_of(executed.case("kinds of levels").system), ("describe", {}))
    assert found.structured_content["classes"] == [1, 20, 300]
    assert found.structured_content["columns"][0]["levels"] == [0.5, 2, -3]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"age": 1.0}, {}], r"rows[1] has no column 'age'; its columns must be age."),
        (
            [{"age": 1.0, "sex": "f"}],
            "rows[0] has the column 'sex', which the rules do not know; their columns are",
        ),
        ([{"age": "1"}], "column 'age' holds '1' in row 0, where a number is needed"),
        ([{"age": None}], "age"),
        ([{"age": 1.0}] * (MOST_ROWS + 1), "there are 1001 rows; send at most 1000 at once."),
    ],
)
def test_what_is_wrong_is_said(rows, said):
    (found,) = asked(server_of(RULES), ("predict", {"rows": rows}))
    assert found.is_error and said in found.content[0].text


def test_no_rows_have_no_answers():
    assert (
        predicted(RULES, [])
        == []
        == asked(server_of(RULES), ("predict", {"rows": []}))[0].structured_content["answers"]
    )


def test_standard_input_and_output(tmp_path):
    mcp = executed.module("mcp")
    RULES.export("json", tmp_path / "rules.json")
    words = ["-m", "prelu_rules.cli", "serve", str(tmp_path / "rules.json")]
    found = asked(mcp.StdioServerParameters(command=sys.executable, args=words), ("predict", {"rows": [{"age": 5}]}))
    assert found[0].structured_content["answers"][0]["outputs"] == {"cost": 7.0}


def test_an_interruption_ends_the_server(tmp_path):
    executed.module("mcp")
    RULES.export("json", tmp_path / "rules.json")
    command = [sys.executable, "-m", "prelu_rules.cli", "serve", str(tmp_path / "rules.json")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as server:
        request = b'{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-06-18", '
        request += b'"capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}}\n'
        server.stdin.write(request)
        server.stdin.flush()
        assert b"prelu-rules" in server.stdout.readline()
        server.send_signal(signal.SIGINT)
        assert server.wait(30) == 130
        assert server.stderr.read().decode().splitlines() == ["prelu-rules: interrupted"]


def test_a_file_that_is_not_rules_is_one_line(capsys, tmp_path):
    (tmp_path / "rules.json").write_text("{}")
    with pytest.raises(SystemExit) as stopped:
        main(["serve", str(tmp_path / "rules.json")])
    assert stopped.value.code == 2 and capsys.readouterr().err.count("\n") == 1
