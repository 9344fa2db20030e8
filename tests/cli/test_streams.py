"""What becomes of results where standard output is closed, full, or of another encoding."""

import io
import os
import subprocess
import sys

import pytest

import prelu_rules as pr
from prelu_rules.cli import main
from prelu_rules.cli.streams import CheckedStream, OutputError, checked_streams, output_can_wait

COMMAND = [sys.executable, "-m", "prelu_rules.cli"]


class Full(io.StringIO):
    """A stream that takes some lines, and then no more."""

    def __init__(self, lines=0, problem=None):
        super().__init__()
        self.lines, self.problem = lines, problem or OSError(28, "No space left on device")

    def write(self, text):
        if self.getvalue().count("\n") >= self.lines:
            raise self.problem
        return super().write(text)


def run(monkeypatch, stdout, *words):
    """Exit status and standard error."""
    stderr = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stdout)
    monkeypatch.setattr(sys, "stderr", stderr)
    with pytest.raises(SystemExit) as stop:
        main([str(word) for word in words])
    return stop.value.code, stderr.getvalue()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_any_encoding_prints(monkeypatch, tmp_path, encoding):
    rules = pr.extract(
        pr.NormalForm.from_layers([[[1.0]], [[1.0]]], [[0], [0]], [[0]]), feature_names=["Größe ≥ 日本 €"]
    )
    plain = io.TextIOWrapper(io.BytesIO(), encoding)
    monkeypatch.setattr(sys, "stdout", plain)
    with checked_streams():
        print(rules, end="", flush=True)
    printed = plain.buffer.getvalue().decode(encoding)
    assert printed.splitlines() == str(rules).encode(encoding, "backslashreplace").decode(encoding).splitlines()


def test_a_full_disk_is_one_line_and_loses_no_file(monkeypatch, tmp_path):
    words = ["reproduce", "figure2", "--figure", tmp_path / "a.svg"]
    status, err = run(monkeypatch, Full(), *words)
    assert (status, err) == (1, "prelu-rules: cannot write to standard output: No space left on device.\n")
    assert (tmp_path / "a.svg").read_text().startswith("<?xml")


def test_a_reader_that_is_gone_is_silent_and_loses_no_file(monkeypatch, tmp_path):
    words = ["reproduce", "figure2", "--figure", tmp_path / "a.svg"]
    assert run(monkeypatch, Full(1, BrokenPipeError(32, "Broken pipe")), *words) == (141, "")
    assert (tmp_path / "a.svg").read_text().startswith("<?xml")


def test_a_closed_output_is_told(monkeypatch):
    status, err = run(monkeypatch, None, "reproduce", "figure2")
    assert (status, err) == (1, "prelu-rules: cannot write to standard output: it is closed.\n")


def test_work_whose_results_go_to_a_file_goes_on(monkeypatch, tmp_path):
    """The first line cannot be printed any more; all runs are made all the same."""
    words = ["reproduce", "xor", "--method", "paper", "--max-steps", "1000", "--runs", "2"]
    status, err = run(monkeypatch, Full(), *words, "--json", tmp_path / "runs.json")
    assert status == 1 and "No space left on device" in err
    assert (tmp_path / "runs.json").read_text().count('"seed"') == 2


def test_output_that_can_wait(monkeypatch):
    monkeypatch.setattr(sys, "stdout", Full())
    done = []
    with checked_streams():
        with pytest.raises(OutputError), output_can_wait():
            print("lost")
            done.append(1)
        with pytest.raises(OutputError), output_can_wait(False):
            print("lost")
            done.append(2)
    assert done == [1]


def test_what_is_said_of_errors_may_be_lost(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Full())
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    with pytest.raises(SystemExit) as stop:
        main(["reproduce", "nothing"])
    assert stop.value.code == 2


@pytest.fixture
def quick(monkeypatch):
    """A fit that is there already."""
    from prelu_rules.estimators import fit

    a = [number / 10 for number in range(20)]
    fitted = fit.fit_rules({"a": a, "price": a}, "price", members=1, hidden=(1,), warm_up_steps=100, force_steps=100)
    monkeypatch.setattr(fit, "fit_rules", lambda *args, **options: fitted)
    return fitted


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("a,price\n" + "".join(f"{number},{number}\n" for number in range(20)))
    return path


def test_a_training_is_not_lost(monkeypatch, tmp_path, quick, table):
    words = ["fit", table, "--target", "price"]
    for number, stdout in enumerate([Full(), Full(1, BrokenPipeError()), None]):
        status, _ = run(monkeypatch, stdout, *words, "--out", tmp_path / str(number))
        assert status == (141 if number == 1 else 1)
        assert pr.read_rules(tmp_path / str(number) / "rules.json") == quick.rules


def test_a_training_without_files_is_saved_where_it_cannot_be_printed(monkeypatch, tmp_path, quick, table):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    status, err = run(monkeypatch, Full(), "fit", table, "--target", "price")
    (path,) = tmp_path.glob("prelu-rules-*/rules.json")
    assert status == 1 and err.endswith(f"No space left on device; the rules are in {path}.\n")
    assert pr.read_rules(path) == quick.rules


def test_a_training_that_cannot_be_saved_is_printed(monkeypatch, tmp_path, quick, table):
    def full(*_):
        raise pr.DataError("cannot write rules.json: No space left on device.")

    monkeypatch.setattr(type(quick), "save", full)
    stdout = io.StringIO()
    status, err = run(monkeypatch, stdout, "fit", table, "--target", "price", "--out", tmp_path / "out")
    assert (status, err) == (2, "prelu-rules: cannot write rules.json: No space left on device.\n")
    assert "held out" in stdout.getvalue()


@pytest.mark.parametrize("name", ["rules.json", "model.keras"])
def test_what_could_not_be_saved_is_said_before_the_training(monkeypatch, tmp_path, table, name):
    (tmp_path / "out" / name).mkdir(parents=True)
    monkeypatch.setattr("prelu_rules.estimators.fit.fit_rules", None)
    status, err = run(monkeypatch, io.StringIO(), "fit", table, "--target", "price", "--out", tmp_path / "out")
    assert status == 2 and f"{name}: Is a directory" in err


def shell(line):
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line}".replace("COMMAND", " ".join(COMMAND))],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )


@pytest.mark.parametrize(
    ("line", "status", "out", "err"),
    [
        (
            "COMMAND --version > /dev/full",
            1,
            "",
            "prelu-rules: cannot write to standard output: No space left on device.\n",
        ),
        (
            "COMMAND --help > /dev/full",
            1,
            "",
            "prelu-rules: cannot write to standard output: No space left on device.\n",
        ),
        ("COMMAND --version >&-", 1, "", "prelu-rules: cannot write to standard output: it is closed.\n"),
        ("COMMAND reproduce nothing 2> /dev/full", 2, "", ""),
        ("COMMAND reproduce nothing 2>&-", 2, "", ""),
        ("(trap '' PIPE; COMMAND --help) | true", 141, "", ""),
    ],
)
def test_in_a_shell(line, status, out, err):
    done = shell(line)
    assert (done.returncode, done.stdout, done.stderr) == (status, out, err)


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_python_io_encoding(tmp_path, encoding):
    table = tmp_path / "data.csv"
    table.write_text(
        "größe €,日本\n" + "".join(f"{number},{abs(number)}\n" for number in range(-20, 20)), encoding="utf-8"
    )
    words = [*COMMAND, "fit", table, "--target", "日本", "--hidden", "2"]
    done = subprocess.run(
        words,
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": encoding, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    assert done.returncode == 0 and done.stderr == b""
    assert "größe €".encode(encoding, "backslashreplace") in done.stdout


def test_a_checked_stream_keeps_the_rest(monkeypatch):
    stream = CheckedStream(sys.__stderr__)
    assert stream.fileno() == sys.__stderr__.fileno() and not CheckedStream(None).isatty()
