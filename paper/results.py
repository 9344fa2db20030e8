"""What the paper shows of the training: a table, a figure and macros, from the record that `runs.py` wrote."""

import json
import statistics
import sys
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from scipy.stats import binomtest
from tex import grouped, scientific, write_macros, write_rows

from prelu_rules.experiments.paper_training import (
    COPIES,
    HIDDEN,
    INPUT_NOISE,
    LEARNING_RATE,
    MAX_STEPS,
    PATIENCE,
    STEPS_PER_CHECK,
)
from prelu_rules.experiments.toy import TASKS, XOR
from prelu_rules.network.slopes import is_linear
from prelu_rules.plotting.figure_file import save_figure
from prelu_rules.plotting.network import LINEAR, NONLINEAR
from prelu_rules.tolerances import FORCE_SLEEPS_ABOVE, SETTLED_ERROR

YES = {True: "yes", False: "no"}
CONFIDENCE = 0.95


def trace_figure(trace: dict[str, Any], kept_mse: float) -> Figure:
    """The slopes, the error and the number of nonlinear units over the steps of one training."""
    figure = Figure(figsize=(6.2, 4.4), layout="constrained")
    slopes, error, count = figure.subplots(3, sharex=True, height_ratios=[3, 2, 1.5])
    steps = np.array(trace["steps"]) / 1000
    kept = trace["mse"].index(kept_mse)
    for history in np.array(trace["slopes"]).T:
        linear = is_linear(history[kept])
        slopes.plot(steps, history, color=LINEAR if linear else NONLINEAR, linewidth=0.7 if linear else 1.4)
    slopes.set_ylabel("slope")
    error.semilogy(steps, trace["mse"], color="0.25", linewidth=0.9)
    error.axhline(FORCE_SLEEPS_ABOVE, color="0.5", linewidth=0.8, linestyle="dashed")
    error.set_ylabel("error")
    count.step(steps, trace["nonlinear"], color="0.25", linewidth=0.9, where="post")
    count.set(xlabel="thousand steps", ylabel="nonlinear", ylim=(0, None))
    for axes in (slopes, error, count):
        axes.axvline(steps[kept], color="0.5", linewidth=0.8, linestyle="dotted")
    return figure


def interval(successes: int, trials: int) -> str:
    """Clopper and Pearson's interval for a share, in per cent."""
    share = binomtest(successes, trials).proportion_ci(CONFIDENCE, method="exact")
    return rf"{100 * share.low:.0f}--{100 * share.high:.0f}\,\%"


def setting() -> dict[str, str]:
    """The training settings, as macros."""
    widths = (len(XOR.input_names), *HIDDEN, len(XOR.output_names))
    return {
        "architecture": "-".join(map(str, widths)),
        "learningRate": str(LEARNING_RATE),
        "inputNoise": str(INPUT_NOISE),
        "copies": str(COPIES),
        "batchRows": str(COPIES * len(XOR.inputs)),
        "checkSteps": grouped(STEPS_PER_CHECK),
        "settledError": f"{SETTLED_ERROR:g}",
        "maxSteps": grouped(MAX_STEPS),
        "patience": grouped(PATIENCE),
        "confidence": f"{100 * CONFIDENCE:.0f}",
    }


def outcome(name: str, runs: list[dict[str, Any]]) -> dict[str, str]:
    """The results for one task, as macros."""
    fewest = sum(run["reached"] and run["nonlinear"] == TASKS[name].fewest for run in runs)
    return {
        f"{name}Reached": str(sum(run["reached"] for run in runs)),
        f"{name}AtFewest": str(fewest),
        f"{name}FewestInterval": interval(fewest, len(runs)),
        f"{name}Text": str(sum(run["correct_text"] for run in runs)),
        f"{name}Steps": grouped(int(statistics.median(run["steps"] for run in runs))),
    }


def main(path: Path, folder: Path) -> None:
    record = json.loads(path.read_text(encoding="utf-8"))
    groups: dict[str, list[dict[str, Any]]] = record["runs"]
    write_rows(
        folder / "runs.tex",
        [
            (
                name,
                run["seed"],
                grouped(run["steps"]),
                scientific(run["mse"]),
                run["nonlinear"],
                *(YES[run[key]] for key in ("correct_net", "correct_rules", "correct_text")),
            )
            for name, runs in groups.items()
            for run in runs
        ],
    )
    traced = groups["xor"][0]
    macros = setting() | {"runsEach": str(len(groups["xor"])), "tracedSeed": str(traced["seed"])}
    for name, runs in groups.items():
        macros |= outcome(name, runs)
    write_macros(folder / "results.tex", macros)
    save_figure(trace_figure(record["trace of the first xor run"], traced["mse"]), folder / "trace.pdf")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
