import os
import subprocess
import sys

import pytest

FITS = """
import sys
import numpy as np
from refine_networks import random_system, random_task
from prelu_rules.refine.refit import refit
from prelu_rules.refine.row_passes import RowPasses

rng, values = np.random.default_rng(0), []
for _ in range(20):
    system, task = random_system(rng, n_inputs=7), random_task(rng, "squared", n_rows=200, n_inputs=7)
    if sys.argv[1] == "parts":
        RowPasses(system, task).curvature()
    fitted, value = refit(system, task)
    values += [value, *fitted.free]
print(*(float(value).hex() for value in values))
"""


def fitted(cache, first):
    """The last bits of refits in a process of its own."""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(cache), "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run([sys.executable, "-c", FITS, first], env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.mark.slow
def test_what_was_compiled_before_does_not_change_the_last_bit(tmp_path):
    cold = fitted(tmp_path, "refits")
    assert cold.count("0x") > 20 * 8
    assert fitted(tmp_path, "refits") == cold
    assert fitted(tmp_path, "parts") == cold
    assert fitted(tmp_path / "parts", "parts") == cold
