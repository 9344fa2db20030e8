"""`prelu-rules reproduce collapse`: trainings whose accuracy falls to that of guessing, and what prevents it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import joblib
import numpy as np
import typer

from prelu_rules.cli.renamed import renamed_option
from prelu_rules.cli.reproduce import Json, OldSeed, RandomState, check_files, write_results
from prelu_rules.cli.streams import output_can_wait
from prelu_rules.errors import InvalidValueError

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

    from prelu_rules.experiments.collapse import CollapseRun, Outcome
    from prelu_rules.experiments.collapse_variants import Variant

LEGEND = """
learned, fell, collapsed, never learned: the outcome of each run. Collapsed: an epoch was better than chance (exact
binomial test, 0.001) and none of the last three is. Fell: more than half of the best accuracy above chance is lost.
best, final: training accuracy of the best and of the last epoch. logits: the largest absolute logit of a row; spread:
the standard deviation of the logits of a row. one class: the share of rows with the most frequent answer. no gradient:
the share of wrong rows whose class has a probability below 1e-7. These are medians over the runs; "-" if not finite."""


def collapse(
    runs: Annotated[int, typer.Option(help="Number of runs (seeds) per variant.")] = 20,
    random_state: RandomState = 0,
    variants: Annotated[str, typer.Option(help="Names of variants, separated by commas; all by default.")] = "",
    epochs: Annotated[int, typer.Option(help="Passes over the data per run.")] = 30,
    jobs: Annotated[int, typer.Option(help="Number of processes; -1 for one per core.")] = 1,
    json_file: Json = None,
    figure: Annotated[
        Path | None, typer.Option("--figure", help="A .png, .svg or .pdf file for a plot of the outcomes.")
    ] = None,
    seed: OldSeed = None,
) -> int:
    """Make classifiers collapse to 1/N, and try each remedy on its own."""
    from prelu_rules.experiments.collapse import STAYS
    from prelu_rules.experiments.collapse_variants import variants_named

    random_state = renamed_option(seed, "--seed", "--random-state", random_state)
    for name, number, least in (("runs", runs, 1), ("random_state", random_state, 0), ("epochs", epochs, STAYS + 1)):
        if number < least:
            raise InvalidValueError(f"{name} is {number}; it must be at least {least}.")
    if jobs == 0:
        raise InvalidValueError("jobs is 0; give a number of processes, or -1 for one per core.")
    chosen = variants_named([name.strip() for name in variants.split(",") if name.strip()])
    check_files(json_file, figure)
    seeds = range(random_state, random_state + runs)
    tasks = (joblib.delayed(_trained)(variant, seeds, epochs, jobs != 1) for variant in chosen)
    results: dict[str, tuple[CollapseRun, ...]] = {}
    with output_can_wait(json_file is not None or figure is not None):
        typer.echo(_HEADER)
        for variant, result in zip(chosen, joblib.Parallel(n_jobs=jobs, return_as="generator")(tasks), strict=True):
            results[variant.name] = result
            typer.echo(_line(variant, result))
        write_results(json_file, _record(chosen, results, epochs), figure, lambda: _figure(chosen, results))
    typer.echo(LEGEND)
    if figure is not None:
        typer.echo(f"Wrote {figure}.")
    return 0


def _trained(variant: Variant, seeds: Sequence[int], epochs: int, one_thread: bool) -> tuple[CollapseRun, ...]:
    if one_thread:
        # For processes that share the cores; TensorFlow reads these variables when it starts.
        os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
        os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
    from prelu_rules.experiments.collapse_training import train

    return train(variant, seeds, epochs)


_HEADER = (
    f"{'variant':<15}{'change':<54}{'collapsed':<20}{'fell':>5}{'never':>6}{'best':>7}{'final':>7}"
    f"{'logits':>9}{'spread':>9}{'one class':>11}{'no gradient':>13}"
)


def _line(variant: Variant, runs: Sequence[CollapseRun]) -> str:
    from prelu_rules.experiments.collapse import shares

    counts = shares(runs)

    def middle(name: str, digits: str) -> str:
        value = float(np.median([getattr(run, name) for run in runs]))
        return format(value, digits) if np.isfinite(value) else "-"

    return (
        f"{variant.name:<15}{variant.change:<54}{counts['collapsed']!s:<20}{counts['fell'].count:>5}"
        f"{counts['never learned'].count:>6}{middle('best', '.3f'):>7}{middle('final', '.3f'):>7}"
        f"{middle('logit_size', '.3g'):>9}{middle('logit_spread', '.3g'):>9}{middle('majority', '.0%'):>11}"
        f"{middle('without_gradient', '.0%'):>13}"
    )


def _record(variants: Sequence[Variant], results: dict[str, tuple[CollapseRun, ...]], epochs: int) -> dict[str, object]:
    from dataclasses import asdict

    from prelu_rules.experiments.collapse import CONFIDENCE, LEVEL, STAYS, shares

    return {
        "epochs": epochs,
        "level": LEVEL,
        "epochs that stay": STAYS,
        "confidence": CONFIDENCE,
        "variants": [
            asdict(variant)
            | {
                "shares": {
                    outcome: {"count": share.count, "interval": share.interval}
                    for outcome, share in shares(results[variant.name]).items()
                },
                "runs": [run.record() for run in results[variant.name]],
            }
            for variant in variants
        ],
    }


def _figure(variants: Sequence[Variant], results: dict[str, tuple[CollapseRun, ...]]) -> Figure | SubFigure:
    from prelu_rules.experiments.collapse import shares
    from prelu_rules.plotting.shares import plot_shares

    counts = [shares(results[variant.name]) for variant in variants]
    # The share that collapsed starts at the left, where its interval is drawn.
    order: tuple[Outcome, ...] = ("collapsed", "fell", "never learned", "learned")
    axes = plot_shares(
        [f"{variant.name}: {variant.change}" for variant in variants],
        {outcome: [count[outcome].value for count in counts] for outcome in order},
        [count["collapsed"].interval for count in counts],
    )
    return axes.figure
