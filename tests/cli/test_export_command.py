import pytest

import prelu_rules as pr
from prelu_rules import export
from prelu_rules.cli import main
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.rules.extraction import extract_rules

RULES = extract_rules(NormalForm(A=[[1]], B=[[0]], b=[-3], C=[[1]], D=[[1]], e=[0], slopes=[0]), feature_names=["age"])


@pytest.fixture
def path(tmp_path):
    RULES.export("json", tmp_path / "rules.json")
    return str(tmp_path / "rules.json")


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as stopped:
        main(list(arguments))
    return stopped.value.code, *capsys.readouterr()


def test_all_targets_are_listed(capsys):
    status, out, _ = run(capsys, "export")
    assert status == 0
    assert [line.split()[0] for line in out.splitlines()][:2] == ["text", "compact"]


def test_rules_are_printed_or_written(capsys, path, tmp_path):
    assert run(capsys, "export", path, "--to", "compact") == (0, RULES.export("compact"), "")
    file = tmp_path / "rules.py"
    status, out, _ = run(capsys, "export", path, "--to", "python", "--function", "price", "--out", str(file))
    assert (status, out) == (0, f"Wrote {file}.\n")
    assert file.read_text() == RULES.export("python", function="price")


def test_bytes_need_a_file(capsys, path, tmp_path):
    export.register("first byte", lambda system: b"\0")
    try:
        status, out, err = run(capsys, "export", path, "--to", "first byte")
        assert (status, out, err) == (
            2,
            "",
            "prelu-rules: 'first byte' is not text, which could be printed; give --out FILE.\n",
        )
        assert run(capsys, "export", path, "--to", "first byte", "--out", str(tmp_path / "rules.bin"))[0] == 0
    finally:
        export.unregister("first byte")
    assert (tmp_path / "rules.bin").read_bytes() == b"\0"


def test_what_keras_takes_is_chosen(capsys, path, tmp_path):
    file = tmp_path / "rules.keras"
    assert run(capsys, "export", path, "--to", "keras", "--inputs", "features", "--out", str(file))[0] == 0
    assert pr.read_network(file).predict([[5.0]]).tolist() == [[7.0]]


def test_a_workbook_has_lines_for_as_many_cases_as_asked_for(capsys, path, tmp_path):
    file = tmp_path / "rules.xlsx"
    assert run(capsys, "export", path, "--to", "excel", "--rows", "3", "--out", str(file))[0] == 0
    assert file.read_bytes() == RULES.export("excel", rows=3) != RULES.export("excel")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["RULES", "--to", "pyton"], "there is no export target 'pyton'; did you mean 'python'?"),
        (["RULES", "--to", "latex", "--dialect", "x"], "'latex' does not take the option 'dialect'"),
        (["RULES", "--to", "python", "--shape", "tree"], "shape is 'tree'"),
        (["nowhere.json", "--to", "python"], "nowhere.json"),
        (["--to", "python"], "give the path of a rules.json"),
    ],
)
def test_what_cannot_be_written_is_one_line(capsys, path, arguments, message):
    status, out, err = run(capsys, "export", *[path if word == "RULES" else word for word in arguments])
    assert (status, out, err.count("\n")) == (2, "", 1) and message in err


def test_a_part_of_what_a_language_needs(capsys, path):
    assert run(capsys, "export", path, "--to", "c", "--part", "header") == (0, RULES.export("c", part="header"), "")


def test_what_a_model_takes(capsys, path, tmp_path):
    file = tmp_path / "rules.onnx"
    assert run(capsys, "export", path, "--to", "onnx", "--inputs", "features", "--out", str(file))[0] == 0
    assert file.read_bytes() == RULES.export("onnx", inputs="features") != RULES.export("onnx")
