"""Linear regions per second, each network and method in one run on one core; counts are checked where they are known.

`python benchmarks/regions.py [--most N]`; networks of more than N regions are cut off there. The networks are ReLU
networks on [-1, 1]^d with weights N(0, sqrt(2/fan_in)) and biases N(0, 0.5), drawn layer by layer.
"""

from __future__ import annotations

import argparse
import itertools
import time

import numpy as np
from reference_networks import reference_network

from prelu_rules.geometry.box import Box
from prelu_rules.geometry.regions import linear_regions

NETWORKS: dict[tuple[int, tuple[int, ...]], int | None] = {
    (2, (16, 16)): 345,
    (2, (32, 32)): 1142,
    (2, (32, 32, 32)): 2121,
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


def main(most: int) -> None:
    """Print a table, one line per network and method."""
    print(f"{'d':>3} {'widths':<10} {'method':<16} {'regions':>8} {'seconds':>8} {'per second':>10}")
    for (dimension, widths), known in NETWORKS.items():
        form, domain = reference_network(dimension, widths), Box(-np.ones(dimension), np.ones(dimension))
        for method in ("polygons", "linear programs") if dimension == 2 else ("linear programs",):
            start = time.perf_counter()
            count = sum(1 for _ in itertools.islice(linear_regions(form, domain, method=method), most))
            seconds = time.perf_counter() - start
            if known is not None and known < most and count != known:
                raise SystemExit(f"d{dimension} {widths} has {known} regions, but {method} found {count}.")
            shape = "-".join(map(str, widths))
            cut = "+" if count == most else " "
            print(f"{dimension:>3} {shape:<10} {method:<16} {count:>7}{cut} {seconds:>8.2f} {count / seconds:>10.0f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int, default=3000, help="regions after which a network is cut off")
    main(parser.parse_args().most)
