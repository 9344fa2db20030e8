import gc
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
