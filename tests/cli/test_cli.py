"""The command line as a user meets it: what it prints, its exit status, and the files it leaves."""

import json
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from functools import partial

import keras
import networks
import numpy as np
import pytest

import prelu_rules as pr
from prelu_rules.cli import main
from prelu_rules.export import paper_reader


def run(capsys, *words):
    """Exit status, standard output and standard error."""
    with pytest.raises(SystemExit) as stop:
        main([str(word) for word in words])
    captured = capsys.readouterr()
    return stop.value.code, captured.out, captured.err


@pytest.fixture
def data(tmp_path):
    x = np.linspace(-1, 1, 60)
    rows = "".join(f"{a:.4f},{b},{abs(a) + b:.4f}\n" for a, b in zip(x, np.tile([0, 1, 2], 20), strict=True))
    path = tmp_path / "data.csv"
    path.write_text("income (EUR),children,price\n" + rows)
    return path


def test_figure_2(capsys, tmp_path):
    status, out, _ = run(capsys, "reproduce", "figure2", "--figure", tmp_path / "figure1.png")
    assert status == 0
    rules = paper_reader.read(out.split("out1 = 1.01 * in1")[0])
    assert len(rules) == 4
    assert "out1 = 1.01 * in1 + 1.01 * in2 - 2.01 * max(0, in1 + in2 - 1)" in out
    assert (tmp_path / "figure1.png").read_bytes().startswith(b"\x89PNG")


def test_a_run_that_does_not_get_there(capsys, tmp_path):
    words = ["reproduce", "xor", "--method", "paper", "--max-steps", "1000", "--runs", "2", "--random-state", "3"]
    status, out, err = run(capsys, *words, "--json", tmp_path / "runs.json")
    assert status == 1
    assert "0 of 2 runs succeeded" in out
    assert err.count("20 nonlinear units are left") == 2
    record = json.loads((tmp_path / "runs.json").read_text())
    assert (record["task"], record["method"]) == ("xor", "paper")
    assert [set(r) for r in record["runs"]] == [
        set("seed steps mse nonlinear correct_net correct_rules correct_text correct_noisy seconds".split())
    ] * 2
    assert [r["seed"] for r in record["runs"]] == [3, 4]


@pytest.mark.slow
def test_a_run_that_gets_there(capsys, tmp_path, monkeypatch):
    """The real training of seed 0, with less patience than by default."""
    from prelu_rules.experiments import reproduction

    real = reproduction.reproduce_as_paper

    def impatient(task, seed, max_steps):
        return real(task, seed, max_steps=max_steps, patience=12_000)

    monkeypatch.setattr(reproduction, "reproduce_as_paper", impatient)
    words = ["reproduce", "xor", "--method", "paper", "--figure", tmp_path / "x.svg", "--json", tmp_path / "x.json"]
    status, out, err = run(capsys, *words)
    assert (status, err) == (0, "")
    assert "network right, rules right, printed text right on all 16 inputs" in out
    assert "1 of 1 runs succeeded" in out
    printed = out.split("Rules of seed 0:")[1].split("The same in one formula")[0]
    outputs = paper_reader.read(printed).predict(networks.BINARY)
    np.testing.assert_array_equal(np.rint(outputs[:, 0]), networks.BINARY[:, 0] != networks.BINARY[:, 1])
    assert (tmp_path / "x.svg").exists()


@pytest.mark.slow
def test_the_path_gets_there_with_the_fewest_units(capsys, tmp_path):
    status, out, err = run(capsys, "reproduce", "addition", "--runs", "2", "--json", tmp_path / "runs.json")
    assert (status, err) == (0, "")
    assert "2 of 2 runs succeeded, 2 of them with the fewest nonlinear units (3)" in out
    assert out.count("all right on 1,000 noisy ones") == 2 and "Rules of seed 1" in out
    record = json.loads((tmp_path / "runs.json").read_text())
    assert record["method"] == "path" and [r["nonlinear"] for r in record["runs"]] == [3, 3]
    assert all(r["correct_noisy"] for r in record["runs"])


def test_fit(capsys, shop, tmp_path):
    status, out, err = run(
        capsys, "fit", shop, "--target", "price", "--out", tmp_path / "out", "--starts", "force", "--hidden", "4"
    )
    assert (status, err) == (0, "")
    assert "Regression of 'price' by 3 columns: 60 rows, 48 to learn from and 12 held out" in out
    assert '"income (EUR)"' in out and "of 48 rows" in out
    assert "On the 12 rows that were held out" in out and "MAE" in out
    assert "where colour is" in out and "where children is missing" in out
    assert out.count("<- chosen") == 1 and "  these rules  " in out and "  network of " in out
    paths = [tmp_path / "out" / name for name in ("rules.json", "model.keras")]
    assert sorted((tmp_path / "out").iterdir()) == sorted(paths)
    rules = pr.read_rules(paths[0])
    # An income, children, whether they are missing, blue, red.
    x = np.array([[-0.5, 1.0, 0.0, 1.0, 0.0], [0.25, 2.0, 0.0, 0.0, 1.0]])
    np.testing.assert_allclose(rules.predict(x)[:, 0], [1.5, 12.25], atol=0.5)
    status, out, err = run(capsys, "check", paths[0], "--model", paths[1])
    assert (status, err) == (0, "") and "every input falls under a rule, proven" in out


@pytest.fixture
def shop(data):
    """The same with a colour, and a number of children that is not always known."""
    header, *rows = data.read_text().splitlines()
    for number, row in enumerate(rows):
        income, children, price = row.split(",")
        colour, more = ("red", 10) if number % 7 < 3 else ("blue", 0)
        known = children if number % 10 else ""
        rows[number] = f"{income},{known},{colour},{float(price) + more:.4f}"
    data.write_text("\n".join([header.replace("price", "colour,price"), *rows]) + "\n")
    return data


@pytest.mark.slow
@pytest.mark.filterwarnings("default::prelu_rules.OutlierWarning")
def test_a_number_far_outside_its_column_is_told_in_one_line(capsys, data):
    header, *rows = data.read_text().splitlines()
    rows[17] = rows[17].replace(rows[17].split(",")[0], "999999999", 1)
    data.write_text("\n".join([header, *rows]) + "\n")
    words = ["fit", data, "--target", "price", "--hidden", "2", "--max-nonlinear", "1"]
    status, out, err = run(capsys, *words)
    assert status == 0 and "of 47 rows" in out
    (line,) = err.splitlines()
    assert line.startswith(
        "prelu-rules: column 'income (EUR)' holds 999999999 in row 17, far outside its other numbers"
    )
    status, _, err = run(capsys, *words, "--outliers", "drop")
    assert (status, err) == (2, "prelu-rules: outliers is 'drop'; it must be 'leave out' or 'keep'.\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["fit", "missing.csv", "--target", "y"], "there is no file missing.csv"),
        (["fit", "DATA", "--target", "prize"], "has no column 'prize'; did you mean 'price'?"),
        (["fit", "DATA"], "Missing option '--target'"),
        (["fit", "DATA", "--target", "price", "--task", "guess"], "task is 'guess'"),
        (["fit", "DATA", "--target", "price", "--hidden", "eight"], "hidden is 'eight'; give integers"),
        (["fit", "DATA", "--target", "price", "--hidden", "0"], "hidden is [0]"),
        (["fit", "DATA", "--target", "price", "--max-nonlinear", "-1"], "max_nonlinear is -1"),
        (["fit", "DATA", "--target", "price", "--max-numbers", "0"], "max_numbers is 0"),
        (["fit", "DATA", "--target", "price", "--random-state", "-1"], "random_state is -1"),
        (["fit", "DATA", "--target", "price", "--out", "DATA"], "File exists; choose another --out"),
        (["reproduce", "nothing"], "No such command 'nothing'"),
        (["reproduce", "xor", "--runs", "0"], "runs is 0"),
        (["reproduce", "xor", "--method", "paper", "--max-steps", "5"], "max_steps is 5; it must be at least 1000"),
        (["reproduce", "xor", "--random-state", "-1"], "seed is -1"),
        (["reproduce", "xor", "--method", "magic"], "Invalid value for '--method'"),
        (["reproduce", "xor", "--method", "paper", "--figure", "x.bmp"], "its name must end in .png"),
        (["reproduce", "xor", "--figure", "x.png"], "give --method paper"),
        (["reproduce", "figure2", "--figure", "x.bmp"], "its name must end in .png"),
        (["reproduce", "xor", "--json", "nowhere/x.json"], "the folder nowhere of"),
    ],
)
def test_bad_input_is_one_line_and_status_2(capsys, data, monkeypatch, tmp_path, words, message):
    monkeypatch.chdir(tmp_path)
    status, out, err = run(capsys, *[data if word == "DATA" else word for word in words])
    assert (status, out) == (2, "")
    assert message in err and err.count("\n") == 1 and err.startswith("prelu-rules: ")
    assert [path.name for path in tmp_path.iterdir()] == ["data.csv"]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("", "is empty"),
        ("a,y\n", "0 rows"),
        ("a,y\n" + "x,1\n2,5\n" * 6, "has the text 'x' where a number is needed"),
        ("a,y\n" + "1,2\n2,3\n3,nan\n" * 6, "the target 'y' is missing in row 2"),
        ("a,y\n" + "1,2\n-inf,3\n" * 6, "not finite"),
        ("a,y\n" + "1,2\n2,2\n" * 6, "the target 'y' is 2 in every row"),
        ("a,y\n" + "1,b\n2,b\n" * 6, "at least two classes"),
    ],
)
def test_bad_tables_are_one_line_and_leave_no_file(capsys, tmp_path, table, message):
    (tmp_path / "data.csv").write_text(table)
    status, out, err = run(capsys, "fit", tmp_path / "data.csv", "--target", "y", "--out", tmp_path / "out")
    assert (status, out) == (2, "")
    assert message in err and err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["data.csv"]


def saved(path, *layers):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((2,)), *layers])
    model.save(path)
    return model


def test_extract(capsys, data, tmp_path):
    model = saved(tmp_path / "m.keras", keras.layers.Dense(3), pr.PReLU(), keras.layers.Dense(1))
    words = ["extract", tmp_path / "m.keras", "--data", data, "--target", "price"]
    status, out, err = run(capsys, *words)
    assert (status, err) == (0, "")
    assert '"income (EUR)"' in out and "of 60 rows, " in out
    status, out, _ = run(capsys, *words, "--to", "json", "--out", tmp_path / "rules.json")
    assert (status, out) == (0, f"Wrote {tmp_path / 'rules.json'}.\n")
    x = np.array([[0.3, 1.0], [-0.7, 2.0]])
    expected = model.predict(x, verbose=0)
    np.testing.assert_allclose(pr.read_rules(tmp_path / "rules.json").predict(x), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("last", "n_classes"),
    [
        ([keras.layers.Dense(3, activation="softmax")], 3),
        ([keras.layers.Dense(1, activation="sigmoid"), keras.layers.Flatten()], 2),
        ([keras.layers.Dense(2), keras.layers.Softmax()], 2),
    ],
)
def test_models_that_end_in_probabilities(last, n_classes, tmp_path, capsys):
    model = saved(tmp_path / "m.keras", keras.layers.Dense(2), pr.PReLU(), *last)
    words = ["extract", tmp_path / "m.keras", "--to", "json", "--out", tmp_path / "rules.json"]
    assert run(capsys, *words)[0] == 0
    rules = pr.read_rules(tmp_path / "rules.json")
    x = np.random.default_rng(0).normal(size=(20, 2)).astype("float32")
    assert rules.classes == tuple(range(n_classes))
    np.testing.assert_allclose(rules.probabilities(x)[:, -1], np.asarray(model(x))[:, -1], atol=1e-6)
    status, out, err = run(capsys, "check", tmp_path / "rules.json", "--model", tmp_path / "m.keras")
    assert (status, err) == (0, "") and "equal, proven" in out


@pytest.mark.parametrize(
    ("layers", "options", "message"),
    [
        ([keras.layers.Dense(1)], [], "has no PReLU, so it is a single linear function"),
        ([keras.layers.Dense(1, activation="tanh")], [], "'tanh' is not piecewise linear"),
        ([keras.layers.Dense(6), pr.PReLU()], [], "6 nonlinear units are left"),
        ([keras.layers.Dense(1), pr.PReLU()], ["--to", "cobol"], "no export target 'cobol'"),
        ([keras.layers.Dense(1), pr.PReLU()], ["--threshold", "2"], "threshold is 2"),
        (
            [keras.layers.Dense(1), pr.PReLU()],
            ["--data", "DATA"],
            "which make 3 features, but the network has 2 inputs",
        ),
        ([keras.layers.Dense(1), pr.PReLU()], ["--data", "DATA", "--target", "a"], "has no column 'a'"),
        ([keras.layers.Dense(1), pr.PReLU()], ["--data", "missing.csv"], "there is no file missing.csv"),
        ([keras.layers.Dense(1), pr.PReLU()], ["--out", "nowhere/rules.txt"], "cannot write nowhere"),
    ],
)
def test_models_that_cannot_be_read_are_one_line(capsys, data, monkeypatch, tmp_path, layers, options, message):
    monkeypatch.chdir(tmp_path)
    saved("m.keras", *layers)
    status, out, err = run(capsys, "extract", "m.keras", *[data if word == "DATA" else word for word in options])
    assert (status, out) == (2, "")
    assert message in err and err.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data.csv", "m.keras"]


def test_files_that_are_no_models_are_one_line(capsys, tmp_path):
    (tmp_path / "m.keras").write_text("no model")
    for path, message in ((tmp_path / "m.keras", "is not a .keras file"), (tmp_path / "n.keras", "there is no file")):
        status, out, err = run(capsys, "extract", path)
        assert (status, out) == (2, "") and message in err and err.count("\n") == 1


def fit_in_a_shell(data, out, *options):
    """The command with a terminal for its progress bar, and what it says there."""
    terminal, end = pty.openpty()
    termios.tcsetwinsize(end, (24, 100))
    words = [
        sys.executable,
        "-m",
        "prelu_rules.cli",
        "fit",
        data,
        "--target",
        "price",
        "--hidden",
        "2",
        "--out",
        out,
        *options,
    ]
    # In the background of a shell Ctrl-C is ignored, and children would inherit that.
    heard = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=end, text=True, preexec_fn=heard)
    os.close(end)
    return process, terminal


def read_to_the_end(terminal, until=None):
    said = ""
    while until is None or until not in said:
        try:
            said += os.read(terminal, 4096).decode()
        except OSError:
            break
    return said


def test_an_interruption_before_training_leaves_no_file(data, tmp_path):
    process, terminal = fit_in_a_shell(data, tmp_path / "out")
    while not (tmp_path / "out").exists() and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    said = read_to_the_end(terminal)
    out, _ = process.communicate()
    assert process.returncode == 130 and "prelu-rules: interrupted; no file is left half-written" in said and out == ""
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.slow
def test_an_interruption_of_the_training_keeps_what_was_found(data, tmp_path):
    process, terminal = fit_in_a_shell(data, tmp_path / "out", "--starts", "force")
    said = read_to_the_end(terminal, until="population")
    process.send_signal(signal.SIGINT)
    said += read_to_the_end(terminal)
    out, _ = process.communicate()
    assert process.returncode == 1, said
    assert "prelu-rules: interrupted: continuing with the networks as they are." in said
    assert "1. " in out and "held out" in out and f"Wrote {tmp_path / 'out' / 'rules.json'}" in out
    rules = pr.read_rules(tmp_path / "out" / "rules.json")
    assert rules.certify(tmp_path / "out" / "model.keras").covered


def test_an_interruption_of_the_writing_leaves_the_files_of_before(capsys, data, tmp_path, monkeypatch):
    from prelu_rules.estimators import fit

    a = np.linspace(-1, 1, 20)
    quick = {"members": 1, "hidden": (1,), "warm_up_steps": 100, "force_steps": 100}
    fitted = fit.fit_rules({"a": a, "price": a}, "price", **quick)
    monkeypatch.setattr(fit, "fit_rules", lambda *args, **options: fitted)
    words = ["fit", data, "--target", "price", "--out", tmp_path / "out"]
    assert run(capsys, *words)[0] == 0
    before = {path: path.read_bytes() for path in (tmp_path / "out").iterdir()}

    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(fit.FittedRules, "model", property(interrupted))
    status, _, err = run(capsys, *words)
    assert status == 130 and "interrupted" in err and len(before) == 2
    assert {path: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


def test_help(capsys):
    status, out, _ = run(capsys)
    assert status == 0 and "reproduce" in out and "fit" in out


@pytest.mark.slow
def test_the_command_in_a_shell_of_its_own(tmp_path):
    """No traceback, no report on the processor, and a progress bar only in a terminal."""
    words = [sys.executable, "-m", "prelu_rules.cli", "reproduce", "xor", "--method", "paper", "--max-steps", "1000"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and done.stderr.startswith("prelu-rules: 20 nonlinear units are left")


@pytest.fixture
def checked(tmp_path):
    """A saved model and its rules."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3), pr.PReLU(), keras.layers.Dense(1)])
    model.save(tmp_path / "model.keras")
    rules = pr.extract(model, pr.Box([0, 0], [1, 2]), feature_names=["income (EUR)", "children"])
    rules.export("json", tmp_path / "rules.json")
    return tmp_path


def test_check_proves_rules(capsys, checked):
    status, out, err = run(capsys, "check", checked / "rules.json", "--model", checked / "model.keras")
    assert (status, err) == (0, "")
    assert out.startswith("Rules against network on the domain, in exact arithmetic")
    assert "every input falls under a rule, proven" in out and "no two rules overlap, proven" in out


def test_check_finds_rules_of_another_network(capsys, checked, data):
    content = json.loads((checked / "rules.json").read_text())
    content["rules"][0]["outputs"]["intercept"][0] += 0.25
    (checked / "wrong.json").write_text(json.dumps(content))
    words = ["check", checked / "wrong.json", "--model", checked / "model.keras"]
    status, out, err = run(capsys, *words)
    assert status == 1 and "differ by at most 0.25" in out
    assert err.startswith(
        "prelu-rules: the rules differ from the network: out1 differs by more than 1e-06 of its largest"
    )
    assert run(capsys, *words, "--tolerance", "1")[0] == 0
    # The box of other data, with columns in another order and a target.
    status, out, _ = run(capsys, *words, "--data", data, "--target", "price")
    assert status == 1
    content["rules"] = content["rules"][1:]
    (checked / "wrong.json").write_text(json.dumps(content))
    status, out, err = run(capsys, *words)
    assert status == 1 and "no rule covers (" in out and "there are inputs without a rule" in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["check", "rules.json", "--model", "none.keras"], "there is no file none.keras"),
        (["check", "none.json", "--model", "model.keras"], "cannot read none.json: No such file"),
        (["check", "model.keras", "--model", "model.keras"], "model.keras is not a text file"),
        (["check", "rules.json"], "--model"),
        (["check", "rules.json", "--model", "model.keras", "--data", "other.csv"], "has no column 'income (EUR)'"),
        (
            ["check", "rules.json", "--model", "wide.keras"],
            "the network has 3 inputs and 1 outputs, but the rules have 2",
        ),
    ],
)
def test_check_names_what_is_wrong(capsys, checked, monkeypatch, words, message):
    monkeypatch.chdir(checked)
    (checked / "other.csv").write_text("a,b\n1,2\n3,4\n")
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)]).save("wide.keras")
    status, out, err = run(capsys, *words)
    assert (status, out) == (2, "") and message in err and err.count("\n") == 1


def test_compare_bounds_the_difference_of_two_networks(capsys, checked):
    model, other = checked / "model.keras", checked / "other.keras"
    network = keras.models.load_model(model)
    weights = network.get_weights()
    weights[-1] = weights[-1] + np.float32(0.25)
    network.set_weights(weights)
    network.save(other)
    (checked / "inputs.csv").write_text("income,children\n0,0\n1,2\n")
    status, out, err = run(capsys, "compare", model, model)
    assert (status, err) == (0, "") and out.endswith("  out1: equal, proven\n")
    status, out, err = run(capsys, "compare", model, other, "--data", checked / "inputs.csv")
    assert status == 1 and "out1: differ by at most 0.25, and by 0.25 at" in out
    assert err == "prelu-rules: the networks are not proven to differ by at most 0\n"
    assert run(capsys, "compare", model, other, "--data", checked / "inputs.csv", "--enough", "0.3")[0] == 0
    status, _, err = run(capsys, "compare", model, checked / "none.keras")
    assert status == 2 and "there is no file" in err and "none.keras" in err
