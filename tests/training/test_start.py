"""TensorFlow starts quietly, whichever door it comes in by; each in an interpreter of its own."""

import ast
import gc
import os
import subprocess
import sys
from pathlib import Path

import nbclient
import nbformat
import pytest

import prelu_rules
from prelu_rules.training.start import LEVEL, _held_back, start_tensorflow

PACKAGE = Path(prelu_rules.__file__).parent

QUIET = ("training", "finetuning", "doctor")
"""Packages that start TensorFlow before any of their modules."""

FIT = """
import numpy as np
import prelu_rules as pr
x = np.linspace(-1, 1, 60)[:, None]
model = pr.PReLURuleRegressor(starts="force", members=1, hidden=(2,), warm_up_steps=20, force_steps=20, random_state=0)
model.fit(x, np.abs(x[:, 0]))
"""

EXTRACT = """
import keras
network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2), pr.PReLU(), keras.layers.Dense(1)])
network.compile("adam", "mse", jit_compile=True)
network.fit(x, x, callbacks=[pr.IdentityForce()], verbose=0)
rules = pr.extract(network, pr.Box([-1], [1]))
"""


def run(code, **environment):
    environment = {name: value for name, value in os.environ.items() if name != LEVEL} | environment
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)


def test_the_garbage_collector_works_again(monkeypatch):
    start_tensorflow()
    frozen = gc.get_freeze_count()
    # Only at the first start is what there is passed over.
    start_tensorflow()
    assert gc.isenabled() and gc.get_freeze_count() <= frozen
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(ImportError):
        start_tensorflow()
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off():
    gc.disable()
    try:
        start_tensorflow()
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_first_start_is_silent_and_passes_over_its_modules():
    code = "import gc; from prelu_rules.training.start import start_tensorflow; start_tensorflow()"
    code += "; print(gc.get_freeze_count() > 1e5)"
    done = run(code)
    assert (done.stdout.strip(), done.stderr) == ("True", "")


def test_what_was_held_back_is_shown_where_the_import_fails():
    code = """
import os, sys
class Broken:
    def find_spec(self, name, *rest):
        if name == "tensorflow":
            os.write(2, b"it is because of this")
            raise ImportError("no such library")
sys.meta_path.insert(0, Broken())
try:
    import prelu_rules.training
except ImportError:
    print("failed")
"""
    done = run(code)
    assert (done.stdout.strip(), done.stderr) == ("failed", "it is because of this")


def test_who_has_no_standard_error_can_start():
    assert run("import os; os.close(2); import prelu_rules.training; print('started')").stdout == "started\n"


def test_without_a_folder_for_what_is_held_back(monkeypatch, capfd):
    monkeypatch.setattr("tempfile.TemporaryFile", lambda: (_ for _ in ()).throw(FileNotFoundError()))
    with _held_back():
        os.write(2, b"lost\n")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"


def test_the_level_of_the_user_stays():
    code = f"import os, prelu_rules.training; print(os.environ['{LEVEL}'])"
    assert run(code, **{LEVEL: "1"}).stdout.strip() == "1"
    # Whoever asks for everything gets it.
    done = run(code, **{LEVEL: "0"})
    assert done.stdout.strip() == "0" and "absl" in done.stderr


def test_who_imported_tensorflow_before_is_left_alone():
    code = f"import tensorflow, os, prelu_rules.training; print(os.environ.get('{LEVEL}'))"
    assert run(code).stdout.strip() == "None"


def first_imports(path):
    """The names of the modules that a file imports, in order."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


def test_no_module_imports_keras_before_the_start():
    assert all(next(first_imports(PACKAGE / name / "__init__.py")).startswith("prelu_rules.training") for name in QUIET)
    loud = []
    for path in PACKAGE.rglob("*.py"):
        names = list(first_imports(path))
        heavy = [place for place, name in enumerate(names) if name.split(".")[0] in ("keras", "tensorflow")]
        if heavy and path.relative_to(PACKAGE).parts[0] not in QUIET:
            loud += [str(path)] * ("prelu_rules.training" not in names[: heavy[0]])
    assert loud == []


@pytest.mark.slow
def test_a_script_that_fits_and_extracts_is_silent():
    done = run(FIT + EXTRACT + "print(len(rules))")
    assert done.stdout.strip().isdigit() and done.stderr == ""


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_the_cells_of_a_notebook_are_silent(monkeypatch):
    monkeypatch.delenv(LEVEL, raising=False)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in (FIT + "0;", EXTRACT)])
    nbclient.NotebookClient(notebook, timeout=240).execute()
    assert [cell.outputs for cell in notebook.cells] == [[], []]
