"""What the paper says of the training: the toy tasks from scratch, as a table, a figure and macros."""

import argparse
import json
from pathlib import Path

from matplotlib.figure import Figure
from tex import scientific, write_macros, write_rows

from prelu_rules.experiments.paper_training import MAX_STEPS, PATIENCE, PaperRun
from prelu_rules.experiments.reproduction import Reproduction, reproduce
from prelu_rules.experiments.toy import TASKS
from prelu_rules.plotting.figure_file import save_figure


def trace_figure(run: PaperRun) -> Figure:
    """The slopes, the error and the number of nonlinear units over the steps of one training."""
    figure = Figure(figsize=(6, 4.6), layout="constrained")
    slopes, error, count = figure.subplots(3, sharex=True, height_ratios=[3, 2, 1.4])
    steps = run.trace_steps / 1000
    slopes.plot(steps, run.trace_slopes, linewidth=0.9)
    slopes.set_ylabel("slope")
    error.semilogy(steps, run.trace_mse, color="0.25", linewidth=0.9)
    error.set_ylabel("error")
    count.step(steps, run.trace_nonlinear, color="0.25", linewidth=0.9, where="post")
    count.set(xlabel="thousand steps", ylabel="nonlinear", ylim=(0, None))
    return figure


def main(folder: Path, runs: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    results: dict[str, list[Reproduction]] = {
        name: [reproduce(task, seed) for seed in range(runs)] for name, task in TASKS.items()
    }
    records = {name: [result.record() for result in group] for name, group in results.items()}
    (folder / "runs.json").write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")
    yes = {True: "yes", False: "no"}
    rows = [
        (
            name,
            result.run.seed,
            f"{result.run.steps:,}".replace(",", r"\,"),
            scientific(result.run.mse),
            result.run.nonlinear,
            *(yes[right] for right in (result.correct_net, result.correct_rules, result.correct_text)),
        )
        for name, group in results.items()
        for result in group
    ]
    write_rows(folder / "runs.tex", rows)
    macros = {"runsEach": str(runs), "maxSteps": f"{MAX_STEPS:,}".replace(",", r"\,")}
    macros["patience"] = f"{PATIENCE:,}".replace(",", r"\,")
    for name, group in results.items():
        macros[f"{name}Reached"] = str(sum(result.problem is None for result in group))
        macros[f"{name}AtFewest"] = str(sum(result.run.nonlinear == TASKS[name].fewest for result in group))
        macros[f"{name}Text"] = str(sum(result.correct_text for result in group))
    write_macros(folder / "runs-macros.tex", macros)
    save_figure(trace_figure(results["xor"][0].run), folder / "trace.pdf")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=3, help="seeds for each task")
    arguments = parser.parse_args()
    main(arguments.folder, arguments.runs)
