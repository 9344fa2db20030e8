"""Every way to find linear regions of the plane against exact rationals, which have no tolerance.

Floats treat a weight that cancels to 1e-13 as 0, and a sliver thinner than 1e-9 as none. So that float and exact
answers must be the same, weights are either drawn at random, where neither happens, or are multiples of 1/8, with
which floats are exact until lines are intersected, so that whatever coincides or cancels does so in both.
"""

from collections import Counter
from functools import cache
from itertools import pairwise
from typing import get_args

import networks
import numpy as np
import pytest
from rational_plane import area, exact_regions, value

from prelu_rules.domains.box import Box
from prelu_rules.geometry.regions import Method, linear_regions
from prelu_rules.network.normal_form import NormalForm

pytestmark = pytest.mark.slow

BOX = Box([-1, -2], [2, 1])
METHODS = [method for method in get_args(Method) if method not in ("auto", "data")]
N_SEEDS, N_SEEDS_OF_SLOW_METHODS = 200, 10
EIGHTHS = np.arange(-8, 9) / 8
DYADIC_SLOPES = (0.0, 0.25, 0.5, 1.0, -0.5)


def random_weights(rng, widths, slopes=networks.SLOPES):
    kernels = [rng.normal(size=shape) for shape in pairwise(widths)]
    biases = [rng.normal(size=width) for width in widths[1:]]
    return kernels, biases, [rng.choice(slopes, size=width) for width in widths[1:-1]]


def without_biases(rng, widths):
    kernels, biases, slopes = random_weights(rng, widths)
    return kernels, [0 * bias for bias in biases], slopes


def ternary(rng, widths):
    kernels = [rng.integers(-1, 2, shape) for shape in pairwise(widths)]
    biases = [rng.integers(-1, 2, width) for width in widths[1:]]
    return kernels, biases, [rng.choice(DYADIC_SLOPES, width) for width in widths[1:-1]]


def many_lines_in_one_point(rng, widths):
    """Lines of few directions through points of a coarse lattice, and all weights multiples of 1/8."""
    kernels = [rng.choice(EIGHTHS, shape) for shape in pairwise(widths)]
    biases = [rng.choice(EIGHTHS[::2], width) for width in widths[1:]]
    point = rng.choice(EIGHTHS[::4], 2)
    through = rng.random(widths[1]) < 0.7
    biases[0] = np.where(through, -(point @ kernels[0]), biases[0])
    return kernels, biases, [rng.choice(DYADIC_SLOPES, width) for width in widths[1:-1]]


def repeated_units(rng, widths):
    """Units that are others, negated, or doubled."""
    kernels, biases, slopes = random_weights(rng, widths)
    for kernel, bias in zip(kernels[:-1], biases[:-1], strict=True):
        for unit in range(1, len(bias)):
            if rng.random() < 0.5:
                other, factor = rng.integers(unit), rng.choice([1, -1, 2])
                kernel[:, unit], bias[unit] = factor * kernel[:, other], factor * bias[other]
    return kernels, biases, slopes


def dead_units(rng, widths):
    """Units without weights, on their bend and off it, and units that are far from 0 in the whole box."""
    kernels, biases, slopes = random_weights(rng, widths)
    for kernel, bias in zip(kernels[:-1], biases[:-1], strict=True):
        for unit in range(len(bias)):
            kind = rng.integers(4)
            if kind == 0:
                kernel[:, unit], bias[unit] = 0, rng.choice([-1, 0, 1])
            elif kind == 1:
                bias[unit] = rng.choice([-1000, 1000])
    return kernels, biases, slopes


def through_corners(rng, widths):
    """Lines of the first layer through the corners of the box, inside it or only touching it."""
    kernels, biases, slopes = random_weights(rng, widths)
    kernels[0] = rng.choice(EIGHTHS, kernels[0].shape)
    corners = np.where(rng.random((widths[1], 2)) < 0.5, BOX.lower, BOX.upper)
    biases[0] = -(corners * kernels[0].T).sum(axis=1)
    return kernels, biases, slopes


def slopes_of_0_and_1(rng, widths):
    return random_weights(rng, widths, slopes=(0.0, 1.0))


def slopes_beyond_0_and_1(rng, widths):
    return random_weights(rng, widths, slopes=(-0.5, 1.5, -1.0, 2.0))


def dyadic_slopes_beyond_0_and_1(rng, widths):
    kernels, biases, _ = ternary(rng, widths)
    return kernels, biases, [rng.choice((-0.5, 1.5, -1.0, 2.0), width) for width in widths[1:-1]]


KINDS = {
    kind.__name__: kind
    for kind in (
        random_weights,
        without_biases,
        ternary,
        many_lines_in_one_point,
        repeated_units,
        dead_units,
        through_corners,
        slopes_of_0_and_1,
        slopes_beyond_0_and_1,
        dyadic_slopes_beyond_0_and_1,
    )
}


@cache
def network(kind, seed):
    """A network of 1 to 3 hidden layers of 2 to 6 units, and its regions."""
    rng = np.random.default_rng(seed)
    widths = (2, *rng.integers(2, 7, rng.integers(1, 4)), 2)
    form = NormalForm.from_layers(*KINDS[kind](rng, widths))
    return form, exact_regions(form, BOX.lower, BOX.upper)


def disagreements(form, exact, method):
    """What a method says of a network that is not so, in words."""
    found = list(linear_regions(form, BOX, method=method))
    counts = Counter(tuple(region.pattern.tolist()) for region in found)
    wrong = [f"{signs} is found {count} times" for signs, count in counts.items() if count > 1]
    wrong += [f"{signs} is no region" for signs in counts.keys() - exact.keys()]
    wrong += [f"{signs}, of area {float(area(exact[signs].corners))}, is missed" for signs in exact.keys() - counts]
    for region in found:
        signs = tuple(region.pattern.tolist())
        if signs in exact:
            expected = np.array(exact[signs].outputs, dtype=float)
            have = np.hstack([region.coef, region.intercept[:, None]])
            size = 1 + np.abs(expected).max() + 1e3 * np.abs(form.b).max()
            if not np.allclose(have, expected, rtol=1e-9, atol=1e-12 * size):
                wrong.append(f"on {signs} the outputs are {have.tolist()}, not {expected.tolist()}")
    return wrong


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", KINDS)
def test_regions_are_those_of_exact_arithmetic(kind, method):
    wrong = {}
    for seed in range(N_SEEDS if method == "simplex" else N_SEEDS_OF_SLOW_METHODS):
        form, exact = network(kind, seed)
        if found := disagreements(form, exact, method):
            wrong[seed] = found
    assert not wrong


@pytest.mark.parametrize("kind", KINDS)
def test_the_oracle_is_the_network(kind):
    """Its regions fill the box, and at an inner point of each the network, evaluated exactly, is what it says."""
    for seed in range(5):
        form, regions = network(kind, seed)
        exact = form.exact()
        assert sum(area(region.corners) for region in regions.values()) == 9
        for signs, region in regions.items():
            centre = np.array([sum(axis) / len(region.corners) for axis in zip(*region.corners, strict=True)])
            assert tuple(exact.pattern(centre).tolist()) == signs
            assert exact.predict(centre).tolist() == [value(row, centre) for row in region.outputs]
