import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

CODE = """
import numpy as np, tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
import prelu_rules as pr
import pytest

from prelu_rules.search.settings import PathSettings
from prelu_rules.population.settings import PopulationSettings
x = np.random.default_rng(0).normal(size=(256, 2))
population = PopulationSettings(2, (3,), warm_up_steps=100, force_steps=100, jit=False)
quick = PathSettings(population, "force", max_nonlinear=1)
alone = pr.train_path(x, np.abs(x[:, 0]), settings=quick)
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
assert strategy.num_replicas_in_sync == 2
with strategy.scope():
    together = pr.train_path(x, np.abs(x[:, 0]), settings=quick)
before = [path.before_force.predict(x) for path in (alone, together)]
np.testing.assert_allclose(*before, atol=1e-4)
np.testing.assert_allclose(together[1].form.predict(x)[:, 0], np.abs(x[:, 0]), atol=1e-2)
print("same")
"""


def test_a_path_trained_on_two_devices_is_that_of_one():
    # In a process of its own, since TensorFlow must know its devices before it starts.
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True)
    assert done.stdout.strip().endswith("same"), done.stderr[-2000:]
