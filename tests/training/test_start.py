import gc
import os
import subprocess
import sys

import pytest

from prelu_rules.training.start import start_tensorflow


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
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (run.stdout.strip(), run.stderr) == ("True", "")


def test_what_was_held_back_is_shown_if_the_start_fails(monkeypatch, capfd):
    class Failing:
        def __getattr__(self, name):
            os.write(2, b"no device\n")
            raise RuntimeError("no device")

    monkeypatch.setitem(sys.modules, "tensorflow", Failing())
    with pytest.raises(RuntimeError):
        start_tensorflow()
    assert "no device\n" in capfd.readouterr().err


def test_without_standard_error(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    monkeypatch.setattr(os, "dup", lambda _: (_ for _ in ()).throw(OSError(9, "Bad file descriptor")))
    start_tensorflow()


def test_without_a_folder_for_what_is_held_back(monkeypatch, capfd):
    monkeypatch.setattr("tempfile.TemporaryFile", lambda: (_ for _ in ()).throw(FileNotFoundError()))
    start_tensorflow()
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"
