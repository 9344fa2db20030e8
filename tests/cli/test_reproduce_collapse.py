"""`prelu-rules reproduce collapse`, in small."""

import json

import pytest

from prelu_rules.cli import main

pytestmark = pytest.mark.slow


def run(capsys, *words):
    """Exit status, standard output and standard error."""
    with pytest.raises(SystemExit) as stop:
        main(["reproduce", "collapse", *map(str, words)])
    captured = capsys.readouterr()
    return stop.value.code, captured.out, captured.err


def test_a_small_run(capsys, tmp_path):
    words = ["--runs", "2", "--random-state", "5", "--epochs", "7", "--variants", "not-clipped, stable"]
    status, out, err = run(capsys, *words, "--json", tmp_path / "c.json", "--figure", tmp_path / "c.png")
    assert (status, err) == (0, "")
    header, stable, fault, *_ = out.splitlines()
    assert header.startswith("variant") and stable.startswith("stable") and fault.startswith("not-clipped")
    assert "0 of 2 (0-84%)" in stable and "2 of 2 (16-100%)" in fault and fault.endswith("-")
    assert "Collapsed: an epoch was better than chance" in out
    record = json.loads((tmp_path / "c.json").read_text())
    assert (record["epochs"], record["level"], record["confidence"]) == (7, 0.001, 0.95)
    good, bad = record["variants"]
    assert (good["name"], good["loss"], good["hidden"]) == ("stable", "stable", [128, 128, 128])
    assert [r["seed"] for r in bad["runs"]] == [5, 6]
    assert {r["outcome"] for r in bad["runs"]} == {"collapsed"} and bad["runs"][0]["logit_size"] is None
    assert bad["shares"]["collapsed"]["count"] == 2 and bad["shares"]["learned"]["count"] == 0
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--runs", "0"], "runs is 0; it must be at least 1"),
        (["--random-state", "-1"], "random_state is -1"),
        (["--epochs", "3"], "epochs is 3; it must be at least 4"),
        (["--jobs", "0"], "jobs is 0"),
        (["--variants", "magic"], "there is no variant 'magic'; choose from probabilities, stable"),
        (["--figure", "c.bmp"], "its name must end in .png"),
        (["--json", "nowhere/c.json"], "the folder nowhere of"),
    ],
)
def test_bad_input_is_one_line_and_status_2(capsys, monkeypatch, tmp_path, words, message):
    monkeypatch.chdir(tmp_path)
    status, out, err = run(capsys, *words)
    assert (status, out) == (2, "")
    assert message in err and err.count("\n") == 1 and err.startswith("prelu-rules: ")
    assert list(tmp_path.iterdir()) == []
