"""`prelu-rules reproduce`: the paper's results, from training to printed rules."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prelu_rules.cli.renamed import renamed_option
from prelu_rules.cli.streams import complain, output_can_wait
from prelu_rules.errors import InvalidValueError
from prelu_rules.files import check_writable, whole_files

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

    from prelu_rules.experiments.reproduction import Reproduction
    from prelu_rules.experiments.toy import ToyTask

commands = typer.Typer(help="Reproduce the paper's experiments.")

NOT_REACHED = 1


class Method(StrEnum):
    """A way to train a toy task."""

    PATH = "path"
    PAPER = "paper"


RandomState = Annotated[int, typer.Option(help="The seed of the first run; further runs use the next numbers.")]
OldSeed = Annotated[int | None, typer.Option("--seed", hidden=True)]
Runs = Annotated[int, typer.Option(help="Number of runs.")]
Json = Annotated[Path | None, typer.Option("--json", help="A JSON file for the numbers of every run.")]
FigureFile = Annotated[
    Path | None,
    typer.Option("--figure", help="A .png, .svg or .pdf file for figure 1 (--method paper)."),
]
MethodOption = Annotated[Method, typer.Option(help="path: a population, then elimination; paper: plain SGD.")]
MaxSteps = Annotated[int, typer.Option(help="The number of steps after which --method paper gives up.")]


@commands.command("figure2")
def figure2(figure: FigureFile = None) -> int:
    """Print the four rules of the paper's trained network."""
    check_files(None, figure)
    from prelu_rules.experiments.layered_network import paper_network
    from prelu_rules.experiments.reproduction import figure2

    rules = figure2()
    write_results(None, {}, figure, lambda: _figure(paper_network(), rules.feature_names, rules.output_names))
    typer.echo(rules.export("paper"))
    typer.echo(rules.export("compact"), nl=False)
    if figure is not None:
        typer.echo(f"Wrote {figure}.")
    return 0


def _toy_command(name: str, summary: str) -> None:
    @commands.command(name, help=summary)
    def toy(
        random_state: RandomState = 0,
        runs: Runs = 1,
        json_file: Json = None,
        figure: FigureFile = None,
        method: MethodOption = Method.PATH,
        max_steps: MaxSteps = 500_000,
        seed: OldSeed = None,
    ) -> int:
        random_state = renamed_option(seed, "--seed", "--random-state", random_state)
        return _toy(name, random_state, runs, json_file, figure, method, max_steps)


_toy_command("xor", "Train out1 = in1 xor in2, out2 = in3 xor in4, out3 = in1 and in2.")
_toy_command("addition", "Train the three bits of the sum of two 2-bit numbers.")


def _toy(
    name: str, seed: int, runs: int, json_file: Path | None, figure: Path | None, method: Method, max_steps: int
) -> int:
    if runs < 1:
        raise InvalidValueError(f"runs is {runs}; it must be at least 1.")
    if figure is not None and method is Method.PATH:
        raise InvalidValueError(
            f"cannot draw {figure}: figure 1 shows layers, but elimination removes them; give --method paper."
        )
    check_files(json_file, figure)
    from prelu_rules.experiments.paper_training import PaperRun
    from prelu_rules.experiments.reproduction import reproduce as by_path
    from prelu_rules.experiments.reproduction import reproduce_as_paper
    from prelu_rules.experiments.toy import TASKS

    task = TASKS[name]
    results: list[Reproduction] = []
    with output_can_wait(json_file is not None or figure is not None):
        for number in range(runs):
            if method is Method.PATH:
                results.append(by_path(task, seed + number))
            else:
                results.append(reproduce_as_paper(task, seed + number, max_steps=max_steps))
            typer.echo(_run_line(results[-1]))
        shown = next((r for r in reversed(results) if r.problem is None), results[-1])
        content = {"task": name, "method": str(method), "runs": [result.record() for result in results]}
        drawn = shown.run.network if isinstance(shown.run, PaperRun) else None
        write_results(json_file, content, figure, lambda: _figure(drawn, task.input_names, task.output_names))
    if shown.rules is not None:
        typer.echo(f"\nRules of seed {shown.run.seed}:\n\n{shown.rules.export('paper')}")
        typer.echo("The same in one formula per output:\n")
        typer.echo(shown.rules.export("compact"))
    typer.echo(_summary(task, results))
    if figure is not None:
        typer.echo(f"Wrote {figure}.")
    problems = [result.problem for result in results if result.problem is not None]
    for problem in problems:
        complain(problem)
    return NOT_REACHED if problems else 0


def check_files(json_file: Path | None, figure: Path | None) -> None:
    """Check that files can be written, before the work is done.

    Args:
        json_file: the JSON file, if any.
        figure: the file for a figure, if any.

    Raises:
        InvalidValueError: if a folder does not exist, or the figure's suffix is not supported.
        DataError: if a file cannot be written.
    """
    if figure is not None:
        from prelu_rules.plotting.figure_file import check_figure_path

        check_figure_path(figure)
    for path in (json_file, figure):
        if path is not None and not path.parent.is_dir():
            raise InvalidValueError(
                f"the folder {path.parent} of {path.name} does not exist; create it or choose another file."
            )
    check_writable(*(path for path in (json_file, figure) if path is not None))


def write_results(
    json_file: Path | None, content: dict[str, Any], figure: Path | None, draw: Callable[[], Figure | SubFigure]
) -> None:
    """Write the files that were asked for, together or not at all.

    Args:
        json_file: where figures go, if anywhere.
        content: the figures.
        figure: where a figure goes, if anywhere.
        draw: makes it.

    Raises:
        DataError: if a file cannot be written.
    """
    with whole_files(*(path for path in (json_file, figure) if path is not None)) as temporary:
        if json_file is not None:
            temporary[0].write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        if figure is not None:
            from prelu_rules.plotting.figure_file import save_figure

            save_figure(draw(), temporary[-1])


def _run_line(result: Reproduction) -> str:
    right = {True: "right", False: "WRONG"}
    return (
        f"seed {result.run.seed}: {result.run.steps} steps, mse {result.run.mse:.1e}, "
        f"{result.run.nonlinear} nonlinear units; network {right[result.correct_net]}, "
        f"rules {right[result.correct_rules]}, printed text {right[result.correct_text]} on all 16 inputs, "
        f"{'all' if result.correct_noisy else 'not all'} right on 1,000 noisy ones; {result.seconds:.0f} s"
    )


def _summary(task: ToyTask, results: list[Reproduction]) -> str:
    there = [result for result in results if result.problem is None]
    fewest = sum(result.run.nonlinear == task.fewest for result in there)
    seconds = statistics.median(result.seconds for result in results)
    return (
        f"{len(there)} of {len(results)} runs succeeded, {fewest} of them with the fewest nonlinear units "
        f"({task.fewest}); median {seconds:.0f} s a run."
    )


def _figure(network: Any, input_names: tuple[str, ...], output_names: tuple[str, ...]) -> Figure | SubFigure:
    from prelu_rules.plotting.network import plot_network

    axes = plot_network(
        network.kernels, network.biases, network.slopes, input_names=input_names, output_names=output_names
    )
    return axes.figure
