"""Tables of some hundred megabytes, and processes of their own that work through them."""

import subprocess
import sys
import textwrap
from pathlib import Path

import networks
import numpy as np

import prelu_rules
from prelu_rules.rules.extraction import extract_rules

PEAK = """
from pathlib import Path
def peak():
    return 1024 * int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
"""
"""The most bytes that a process had in memory; `getrusage` would count those of the process that started it."""


def large_rules():
    return extract_rules(networks.random_form(0, (10, 3, 1)), feature_names=[f"x{k}" for k in range(10)])


def write_large(path, batches, rows):
    import pyarrow
    from pyarrow import ipc, parquet

    names = [f"x{k}" for k in range(10)]
    numbers = np.random.default_rng(0).normal(size=(rows, 10))
    batch = pyarrow.RecordBatch.from_arrays([pyarrow.array(column) for column in numbers.T], names=names)
    opened = {
        ".parquet": lambda: parquet.ParquetWriter(path, batch.schema, use_dictionary=False, compression="none"),
        ".arrow": lambda: ipc.new_file(str(path), batch.schema),
        ".arrows": lambda: ipc.new_stream(str(path), batch.schema),
    }[path.suffix]()
    with opened as writer:
        for _ in range(batches):
            writer.write_batch(batch)


def python(code, *arguments):
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        env={"PYTHONPATH": str(Path(prelu_rules.__file__).parent.parent), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=300,
    )
