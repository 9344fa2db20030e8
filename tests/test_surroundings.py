"""Places where the package has to run: each in a process of its own, as the user would meet it."""

import os
import random
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from functools import partial
from pathlib import Path

import pytest

import prelu_rules as pr

pytestmark = pytest.mark.slow

PACKAGE = Path(pr.__file__).parent
COMMAND = [sys.executable, "-m", "prelu_rules.cli"]
QUICK = "starts='force', members=2, hidden=(2,), warm_up_steps=100, force_steps=100, jit=False"
TIMEOUT = 300
"""Seconds after which something hangs, on a machine that is busy with other things."""


def environment(**changes):
    """Of this process, without what the tests set for themselves, and with the package at hand."""
    found = {key: value for key, value in os.environ.items() if key not in ("NUMBA_CACHE_DIR", "PYTHONPATH")}
    found |= {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": str(PACKAGE.parent)}
    return {key: value for key, value in {**found, **changes}.items() if value is not None}


def python(code, *options, folder, **changes):
    """What a program prints, says of errors and ends with."""
    return subprocess.run(
        [sys.executable, *options, "-c", textwrap.dedent(code)],
        cwd=folder,
        env=environment(**changes),
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT,
    )


def shell(line, folder, **changes):
    line = line.replace("prelu-rules", " ".join(COMMAND))
    return subprocess.run(
        ["bash", "-c", line], cwd=folder, env=environment(**changes), capture_output=True, text=True, timeout=TIMEOUT
    )


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A folder with a table, and the rules and the network of a fit."""
    folder = tmp_path_factory.mktemp("saved")
    x = [number / 40 - 1 for number in range(80)]
    (folder / "data.csv").write_text("a,y\n" + "".join(f"{a},{abs(a)}\n" for a in x))
    fitted = pr.fit_rules(
        folder / "data.csv", "y", starts="force", members=2, hidden=(2,), warm_up_steps=100, force_steps=100
    )
    fitted.save(folder)
    return folder


REGIONS = """
    import prelu_rules as pr
    form = pr.NormalForm.from_layers([[[1.0, 2.0]], [[1.0], [1.0]]], [[0, 1], [0]], [[0, 0]])
    print(len(list(pr.linear_regions(form, pr.Box([-1], [1])))))
"""


def test_a_read_only_package_without_a_home(tmp_path):
    """Numba finds no place for what it compiled, and compiles in memory.

    Files stand where folders would be made, which keeps out root, too.
    """
    shutil.copytree(PACKAGE, tmp_path / "prelu_rules", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "prelu_rules" / "geometry" / "__pycache__").touch()
    done = python(REGIONS, folder=tmp_path, PYTHONPATH=str(tmp_path), HOME="/dev/null/nobody", XDG_CACHE_HOME=None)
    assert (done.returncode, done.stdout, done.stderr) == (0, "3\n", "")


def test_many_rows_in_a_read_only_package_without_a_home(tmp_path):
    """Where nothing can be kept, each process compiles for a large table; a small one is not kept waiting."""
    shutil.copytree(PACKAGE, tmp_path / "prelu_rules", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "prelu_rules" / "rules" / "__pycache__").touch()
    code = """
        import sys
        import numpy as np
        import prelu_rules as pr
        rules = pr.RuleSystem((pr.Rule((), pr.AffineMap([[2.0]], [0.5])),), ("x",), ("y",))
        rules.predict(np.ones((1000, 1)))
        print("numba" in sys.modules, (rules.predict(np.ones((1_100_000, 1))) == 2.5).all())
    """
    done = python(code, folder=tmp_path, PYTHONPATH=str(tmp_path), HOME="/dev/null/nobody", XDG_CACHE_HOME=None)
    assert (done.returncode, done.stdout, done.stderr) == (0, "False True\n", "")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_another_user_without_a_home():
    """The package is root's; who runs it owns nothing."""
    folder = Path("/tmp") / f"prelu-rules-test-{os.getpid()}"
    try:
        shutil.copytree(PACKAGE, folder / "prelu_rules", ignore=shutil.ignore_patterns("__pycache__"))
        folder.chmod(0o755)
        words = [sys.executable, "-c", textwrap.dedent(REGIONS)]
        surroundings = environment(PYTHONPATH=str(folder), HOME="/nonexistent", XDG_CACHE_HOME=None)
        try:
            done = subprocess.run(
                words, env=surroundings, cwd="/", user=65534, capture_output=True, text=True, timeout=TIMEOUT
            )
        except PermissionError:
            pytest.skip("this Python is root's alone")
        if "No module named 'numpy'" in done.stderr:
            pytest.skip("the packages of this Python are root's alone")
        assert (done.returncode, done.stdout, done.stderr) == (0, "3\n", "")
    finally:
        shutil.rmtree(folder)


NO_FOLDER = "import tempfile; tempfile._candidate_tempdir_list = lambda: ['/dev/null/nowhere']\n"


def test_no_temporary_folder(saved, tmp_path):
    """The rules need none; TensorFlow does, and it is said in a line."""
    code = """
        import prelu_rules as pr
        rules = pr.read_rules("rules.json")
        print(rules.predict({"a": [0.5]}).round(1).tolist(), len(pr.extract(rules.form, rules.domain)))
        rules.export("json", "again.json")
        try:
            pr.read_network("model.keras")
        except pr.BackendError as problem:
            print(problem)
    """
    done = python(NO_FOLDER + textwrap.dedent(code), folder=saved)
    values, message = done.stdout.splitlines()
    assert values == "[[0.5]] 2" and message.startswith("TensorFlow needs a folder for temporary files")
    assert pr.read_rules(saved / "again.json") == pr.read_rules(saved / "rules.json")
    code = "from prelu_rules.cli import main; main(['check', 'rules.json', '--model', 'model.keras'])"
    done = python(NO_FOLDER + code, folder=saved)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("prelu-rules: TensorFlow needs a folder") and done.stderr.count("\n") == 1


@pytest.mark.parametrize("closed", ["2>&-", "2>&- <&-", "2> /dev/full"])
def test_without_standard_error(saved, tmp_path, closed):
    """No file gets its number, and nothing that was meant for it goes into results."""
    done = shell(f"prelu-rules fit {saved}/data.csv --target y --hidden 2 --out out {closed}", tmp_path)
    assert done.returncode == 0 and "held out" in done.stdout and "prelu-rules:" not in done.stdout
    assert pr.read_rules(tmp_path / "out" / "rules.json").certify(tmp_path / "out" / "model.keras").covered
    done = shell(f"prelu-rules fit {saved}/data.csv --target z {closed}", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "")


def test_a_closed_pipe_loses_nothing(saved, tmp_path):
    line = f"set -o pipefail; prelu-rules fit {saved}/data.csv --target y --hidden 2 --out out | head -1"
    done = shell(line, tmp_path)
    # All may have been in the pipe before its reader left.
    assert done.returncode in (0, 141) and done.stderr == "" and done.stdout.count("\n") == 1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["model.keras", "rules.json"]


def test_a_full_disk_on_standard_output_loses_nothing(saved, tmp_path):
    done = shell(f"prelu-rules fit {saved}/data.csv --target y --hidden 2 --out out > /dev/full", tmp_path)
    assert done.returncode == 1
    assert done.stderr == "prelu-rules: cannot write to standard output: No space left on device.\n"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["model.keras", "rules.json"]


@pytest.mark.parametrize(
    "words", ["fit data.csv --target y --starts force", "check rules.json --model model.keras", "reproduce figure2"]
)
def test_another_backend_of_keras_on_the_command_line(saved, words):
    done = shell(f"prelu-rules {words}", saved, KERAS_BACKEND="jax")
    assert (done.returncode, done.stdout) == (2, "") and done.stderr.count("\n") == 1
    assert done.stderr.startswith("prelu-rules: Keras runs on 'jax' (KERAS_BACKEND says so), but prelu_rules needs Ten")


def test_another_backend_of_keras_in_a_program(saved):
    """Whatever needs Keras says so; the rules do without."""
    code = """
        import prelu_rules as pr
        for use in (
            lambda: pr.PReLU,
            lambda: pr.TrainingDoctor,
            lambda: pr.finetune,
            lambda: pr.read_network("model.keras"),
            lambda: pr.fit_rules("data.csv", "y", starts="force"),
        ):
            try:
                use()
            except pr.BackendError as problem:
                print(str(problem)[:22])
        print(len(pr.read_rules("rules.json")))
    """
    done = python(code, folder=saved, KERAS_BACKEND="jax")
    assert done.stdout.splitlines() == ["Keras runs on 'jax' (K"] * 5 + ["2"], done.stderr


def test_warnings_that_are_errors(saved, tmp_path):
    code = f"""
        import prelu_rules as pr
        fitted = pr.fit_rules({str(saved / "data.csv")!r}, "y", {QUICK})
        str(fitted)
        fitted.save("out")
        rules = pr.read_rules("out/rules.json")
        print(rules.certify("out/model.keras").covered, len(pr.extract("out/model.keras", rules.domain)))
    """
    done = python(code, "-W", "error", folder=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "True 2\n", "")
    words = [sys.executable, "-W", "error", *COMMAND[1:], "check", "out/rules.json", "--model", "out/model.keras"]
    done = subprocess.run(words, cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=TIMEOUT)
    assert (done.returncode, done.stderr) == (0, "")


def interrupted(words, wait, folder):
    """The status, and what was said of errors, of a command that gets Ctrl-C after some seconds."""
    heard = partial(signal.signal, signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [*COMMAND, *words],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # In the background of a shell Ctrl-C is ignored, and children would inherit that.
        preexec_fn=heard,
    )
    time.sleep(wait)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=TIMEOUT)
    return process.returncode, err


def started():
    """Seconds that Python takes to come to the first line of a program, on this machine now."""
    begin = time.perf_counter()
    subprocess.run([*COMMAND, "--version"], env=environment(), capture_output=True, check=True)
    return time.perf_counter() - begin


@pytest.mark.parametrize("seed", range(8))
def test_control_c_at_any_moment(saved, seed):
    """While all is imported, while TensorFlow starts, while a proof is made, or after it."""
    # Before its own first line a program hears nothing: Python ends it with a traceback of its start.
    earliest = started()
    wait = earliest + random.Random(seed).uniform(0, 8) ** 2 / 8
    status, err = interrupted(["check", "rules.json", "--model", "model.keras"], wait, saved)
    assert (status, err) in ((130, "prelu-rules: interrupted; no file is left half-written\n"), (0, ""))


FORK = """
import os, sys
import prelu_rules as pr

table = {{"a": [number / 40 - 1 for number in range(80)]}}
fitted = pr.fit_rules({{**table, "y": list(map(abs, table["a"]))}}, "y", {quick})
child = os.fork()
if child == 0:
    try:
{block}
    except BaseException as problem:
        print(type(problem).__name__, problem)
    sys.stdout.flush()
    os._exit(0)
sys.exit(os.waitpid(child, 0)[1])
"""


def in_a_forked_child(block, folder):
    code = FORK.format(quick=QUICK, block=textwrap.indent(textwrap.dedent(block), " " * 8))
    done = python(code, folder=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_forked_child_uses_rules(saved):
    block = """
        box = pr.Box([-1.0], [1.0])
        print(fitted.predict({"a": 0.5}).round(1), pr.read_rules("rules.json").predict({"a": 0.5}).round(1))
        print(len(pr.extract(fitted.chosen.form, box)), len(list(pr.linear_regions(fitted.chosen.form, box))))
        print(fitted.rules.certify(fitted.chosen.form).covered, len(pr.extract("model.keras", box)))
        print(bool(fitted.rules.export("compact")), fitted.rules.rounded(0.1).rounding_error is not None)
    """
    assert in_a_forked_child(block, saved).split() == "[0.5] [[0.5]] 2 2 True 2 True True".split()


@pytest.mark.parametrize(
    "block",
    [
        f'pr.fit_rules({{**table, "y": table["a"]}}, "y", {QUICK})',
        "import keras, numpy as np\n"
        "model = fitted.model\n"
        'model.compile("sgd", "mse")\n'
        "model.fit(np.ones((8, 1)), np.ones(8), verbose=0, callbacks=[pr.IdentityForce()])",
        "import numpy as np\n"
        "model = fitted.model\n"
        'model.compile("sgd", "mse")\n'
        "pr.finetune(model, np.ones((80, 1)), np.ones(80))",
    ],
    ids=["fit_rules", "force", "finetune"],
)
def test_a_forked_child_refuses_to_train(saved, block):
    """It would wait for ever for threads of TensorFlow, which a fork leaves behind."""
    said = in_a_forked_child(block, saved)
    assert said.startswith("BackendError this process was forked from one that ran TensorFlow, so nothing trains in it")


def test_a_forked_child_refuses_a_model_that_it_cannot_run(saved, tmp_path):
    """Large products and large draws wait for other threads, small ones do not."""
    block = """
        import prelu_rules.training.forked
        prelu_rules.training.forked.PATIENCE = 2.0
        print(pr.read_network("large.keras").n_units)
    """
    code = f"""
        import keras
        keras.Sequential(
            [keras.Input((500,)), keras.layers.Dense(500), keras.layers.PReLU(), keras.layers.Dense(1)]
        ).save({str(tmp_path / "large.keras")!r})
    """
    assert python(code, folder=tmp_path).returncode == 0
    said = in_a_forked_child(block, tmp_path)
    # On a machine with one core there are no other threads.
    assert said == "500\n" or said.startswith("BackendError this process was forked from one that ran TensorFlow, so a")


def test_a_fork_before_tensorflow_ran_trains(tmp_path):
    code = f"""
        import os, sys
        import prelu_rules as pr
        pr.PReLU
        child = os.fork()
        if child == 0:
            x = [number / 40 - 1 for number in range(80)]
            print(len(pr.fit_rules({{"a": x, "y": list(map(abs, x))}}, "y", {QUICK}).rules), flush=True)
            os._exit(0)
        sys.exit(os.waitpid(child, 0)[1])
    """
    done = python(code, folder=tmp_path)
    assert (done.returncode, done.stdout) == (0, "2\n"), done.stderr
