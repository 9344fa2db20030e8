"""Linear regions per second on one core, each with its affine map and sign pattern; and the cost of everything else.

`python benchmarks/regions.py [--most N] [--plane] [--plot FILE]`. First the plane, in which regions are found as
polygons: regions per second as arrays, with the vertices and areas as well, as one Python object each, and found by
simplex; the additional time for all irredundant conditions, as a multiple of the time for arrays; and seconds for a
picture. The lines are written to `benchmarks/results/plane.csv`; with `--plane`, nothing else is measured.

Then other dimensions. Each line is one run: the regions found by simplex per second, as arrays and as one Python
object each; the ratio of the latter to a loop of warm-started linear programs (HiGHS) on the same network in the same
run; and the additional time for all irredundant conditions, as a multiple. Networks with more than N regions are cut
off there, and the loop of linear programs after 3,000. Counts are checked if they are known. Seconds are those of the
processor for this thread, so that other work on the machine matters as little as possible. Memory for a stream of
200,000 regions and the data mode follow. `--plot` plots seconds against regions.

The networks are ReLU networks on [-1, 1]^d with weights N(0, sqrt(2/fan_in)) and biases N(0, 0.5), drawn layer by
layer.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from reference_networks import reference_network

from prelu_rules.domains.box import Box
from prelu_rules.geometry.region import Region
from prelu_rules.geometry.regions import Method, linear_regions
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.plotting.regions import plot_regions

RESULTS = Path(__file__).parent / "results" / "plane.csv"

PLANE: dict[tuple[int, ...], int | None] = {
    (16, 16): 345,
    (32, 32): 1142,
    (32, 32, 32): 2121,
    (64, 64, 64): None,
    (256,): None,
    (256, 256, 256): None,
}
"""Widths, and the number of regions in the square if it is known from elsewhere."""

NETWORKS: dict[tuple[int, tuple[int, ...]], int | None] = {
    (3, (24, 24)): None,
    (4, (10, 10)): 1758,
    (4, (16, 16)): 8037,
    (4, (32, 32)): None,
    (5, (16, 16)): None,
    (6, (16, 16)): None,
    (8, (8, 8)): 9496,
    (10, (10, 10)): None,
    (16, (8, 8)): None,
    (20, (12,)): None,
}
PROGRAMS = 3000
"""The speed of the loop of linear programs, and of simplex in the plane, is measured on this many regions."""

REPEATS = 3


def unit_box(dimension: int) -> Box:
    """[-1, 1]^dimension."""
    return Box(-np.ones(dimension), np.ones(dimension))


def timed(regions: Iterator[Region], most: int, *, conditions: bool = False) -> tuple[int, float]:
    """Count the regions up to a limit, and the seconds for them and their maps."""
    start, count = time.thread_time(), 0
    for region in itertools.islice(regions, most):
        _ = region.pattern, region.coef, region.intercept
        if conditions:
            region.conditions()
        count += 1
    return count, time.thread_time() - start


def arrays(
    form: NormalForm,
    domain: Box,
    *,
    method: Method = "polygons",
    most: float = np.inf,
    areas: bool = False,
    conditions: bool = False,
) -> tuple[int, float]:
    """Count the regions, as arrays, up to a limit, and the seconds for them and what else is asked for."""
    start, count = time.thread_time(), 0
    for batch in linear_regions(form, domain, method=method).batches():
        if count >= most:
            break
        count += len(batch)
        if areas:
            _ = batch.polygons
        if conditions:
            batch.conditions(0)
    return count, time.thread_time() - start


def objects(form: NormalForm, square: Box, most: int) -> tuple[int, float]:
    """The same, as one object each."""
    return timed(linear_regions(form, square), most)


def fastest(measure: Callable[..., tuple[int, float]], *arguments: Any, **options: Any) -> tuple[int, float]:
    """The fastest of several runs: at least `REPEATS`, and for about a second if one is short."""
    runs: list[tuple[int, float]] = []
    while len(runs) < REPEATS or (sum(seconds for _, seconds in runs) < 1 and len(runs) < 1000):
        runs.append(measure(*arguments, **options))
    return min(runs, key=lambda run: run[1])


def plane(most: int) -> None:
    """Print a line per network over the plane, and write them to a file."""
    columns = ("widths", "regions", "per_second", "with_areas", "objects", "simplex", "conditions", "picture_seconds")
    print(" ".join(f"{column:>15}" for column in columns))
    lines = []
    for widths, known in PLANE.items():
        form, square = reference_network(2, widths), unit_box(2)
        count, seconds = fastest(arrays, form, square)
        if known is not None and count != known:
            raise SystemExit(f"{widths} has {known} regions, but {count} were found.")
        with_conditions = fastest(arrays, form, square, conditions=True)[1]
        with_areas = fastest(arrays, form, square, areas=True)[1]
        n_objects, of_objects = fastest(objects, form, square, most)
        n_simplex, of_simplex = timed(linear_regions(form, square, method="simplex"), PROGRAMS)
        start = time.thread_time()
        plot_regions(form, square)
        of_picture = time.thread_time() - start
        line = (
            "-".join(map(str, widths)),
            count,
            round(count / seconds),
            round(count / with_areas),
            round(n_objects / of_objects),
            round(n_simplex / of_simplex),
            f"{(with_conditions - seconds) / seconds:.1f}x",
            f"{of_picture:.2f}",
        )
        print(" ".join(f"{value:>15}" for value in line), flush=True)
        lines.append(line)
    with RESULTS.open("w", newline="") as file:
        csv.writer(file).writerows([columns, *lines])


def speed(most: int) -> list[tuple[int, float]]:
    """Print a line per network; returns regions and seconds for each."""
    print(f"{'d':>3} {'widths':<10} {'regions':>8} {'arrays/s':>8} {'objects/s':>10} {'x HiGHS':>8} {'conditions':>10}")
    points = []
    for (dimension, widths), known in NETWORKS.items():
        form, domain = reference_network(dimension, widths), unit_box(dimension)
        runs: list[tuple[int, float]] = []
        with_conditions: list[float] = []
        for _ in range(REPEATS):
            runs.append(timed(linear_regions(form, domain, method="simplex"), most))
            with_conditions.append(timed(linear_regions(form, domain, method="simplex"), most, conditions=True)[1])
        count, seconds = min(runs, key=lambda run: run[1])
        n_streamed, streamed = fastest(arrays, form, domain, method="simplex", most=most)
        if known is not None and known < most and count != known:
            raise SystemExit(f"d{dimension} {widths} has {known} regions, but {count} were found.")
        n_slow, slow = timed(linear_regions(form, domain, method="linear programs"), PROGRAMS)
        shape = "-".join(map(str, widths))
        number = f"{count}{'+' if count == most else ' '}"
        print(
            f"{dimension:>3} {shape:<10} {number:>8} {n_streamed / streamed:>8.0f} {count / seconds:>10.0f} "
            f"{(count / seconds) / (n_slow / slow):>8.0f} {(min(with_conditions) - seconds) / seconds:>9.1f}x",
            flush=True,
        )
        points.append((count, seconds))
    return points


def growth() -> list[tuple[int, float]]:
    """Seconds against regions, for more and more regions of one network."""
    form, domain = reference_network(6, (16, 16)), unit_box(6)
    return [timed(linear_regions(form, domain), most) for most in (10_000, 25_000, 50_000, 100_000, 200_000)]


def memory() -> None:
    """Print the peak memory of the process before and after 200,000 regions."""
    peak = [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]
    count, _ = timed(linear_regions(reference_network(6, (16, 16)), unit_box(6)), 200_000)
    peak.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    print(f"memory: {peak[1]:.0f} MB at most after {count} regions, {peak[0]:.0f} MB before")


def data_mode() -> None:
    """Print the time of the data mode."""
    form = reference_network(10, (64,))
    x = np.random.default_rng(0).uniform(-1, 1, (1_000_000, 10))
    start = time.perf_counter()
    count = sum(1 for _ in itertools.islice(linear_regions(form, rows=x), 1))
    print(
        f"data mode: {time.perf_counter() - start:.2f} s to the first of the regions of 1,000,000 x 10 rows, 64 units"
    )
    assert count


def plot(points: list[tuple[int, float]], path: str) -> None:
    """Plot seconds against regions."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(5, 3.5), layout="constrained")
    regions, seconds = zip(*points, strict=True)
    axes.plot(np.array(regions) / 1000, seconds, "o-")
    axes.set(xlabel="thousand regions of a 6-16-16-1 network", ylabel="seconds", xlim=0, ylim=0)
    figure.savefig(path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--most", type=int, default=50_000, help="the number of regions after which a network is cut off"
    )
    parser.add_argument("--plane", action="store_true", help="measure the plane only")
    parser.add_argument("--plot", help="a file for the plot of seconds against regions")
    arguments = parser.parse_args()
    for method in ("polygons", "simplex"):  # compiles
        timed(linear_regions(reference_network(2, (2,)), unit_box(2), method=method), 10, conditions=True)
    plot_regions(reference_network(2, (2,)), unit_box(2))
    plane(arguments.most)
    if arguments.plane:
        raise SystemExit
    memory()
    speed(arguments.most)
    line = growth()
    print("seconds per 1,000 regions:", ", ".join(f"{1000 * s / n:.4f} ({n})" for n, s in line))
    if arguments.plot:
        plot(line, arguments.plot)
    data_mode()
