"""Trains the toy tasks from scratch, and writes a record from which tables and figures are made."""

import argparse
import json
from pathlib import Path

from prelu_rules.experiments.paper_training import PaperRun
from prelu_rules.experiments.reproduction import reproduce_as_paper
from prelu_rules.experiments.toy import TASKS
from prelu_rules.files import write_text


def trace(run: PaperRun) -> dict[str, list[int] | list[float] | list[list[float]]]:
    """What was recorded during one training, one entry per check of the network."""
    return {
        "steps": run.trace_steps.tolist(),
        "mse": run.trace_mse.tolist(),
        "nonlinear": run.trace_nonlinear.tolist(),
        "slopes": run.trace_slopes.tolist(),
    }


def main(path: Path, runs: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    results = {name: [reproduce_as_paper(task, seed) for seed in range(runs)] for name, task in TASKS.items()}
    content = {
        "runs": {
            name: [result.record() | {"reached": result.problem is None} for result in group]
            for name, group in results.items()
        },
        "trace of the first xor run": trace(results["xor"][0].run),
    }
    write_text(path, json.dumps(content) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path, help="the JSON file to write")
    parser.add_argument("--runs", type=int, default=3, help="number of seeds per task")
    arguments = parser.parse_args()
    if arguments.runs < 1:
        parser.error(f"--runs is {arguments.runs}; it must be at least 1")
    main(arguments.path, arguments.runs)
