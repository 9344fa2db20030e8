"""Bounds on boxes: sound for every pair of networks, and exact where no sign is open."""

import networks
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from prelu_rules.geometry.comparison.box_bounds import bounds_on_boxes
from prelu_rules.geometry.comparison.network_pair import compiled_pair, differences_at
from prelu_rules.geometry.difference import Difference, difference

WIDTHS = st.sampled_from([(1, 4, 3, 1), (2, 8, 8, 2), (3, 5, 5, 5, 2), (2, 2, 2, 2, 2, 1)])


def pairs(seed, widths, size):
    """A network, a changed one, and their difference with all units paired, whatever their slopes."""
    form, noise = networks.random_form(seed, widths), networks.random_form(seed + 1, widths)
    mixed = [getattr(form, name) + size * getattr(noise, name) for name in ("A", "B", "b", "C", "D", "e", "slopes")]
    other = type(form)(*mixed, labels=form.labels)
    parts = difference(form, other)
    n = form.n_units
    if parts.form.n_units == 2 * n:
        parts = Difference(parts.form, np.append(np.full(n, -1), np.arange(n)))
    return form, other, parts


@settings(max_examples=60, deadline=None)
@given(networks.seeds, WIDTHS, st.sampled_from([0.0, 1e-9, 0.01, 0.3, 1.0]), st.sampled_from([1e-9, 0.1, 2.0, 1e6]))
def test_every_input_of_a_box_is_within_its_bounds(seed, widths, size, half):
    form, other, parts = pairs(seed, widths, size)
    rng = np.random.default_rng(seed)
    middle = rng.normal(size=(5, widths[0]))
    lower, upper = middle - half, middle + half * rng.uniform(0, 1, middle.shape)
    found = bounds_on_boxes(compiled_pair(parts), lower, upper)
    for box in range(len(middle)):
        x = rng.uniform(lower[box], upper[box], (200, widths[0]))
        x[: 2 ** widths[0]] = [
            [(lower, upper)[k >> q & 1][box, q] for q in range(widths[0])] for k in range(2 ** widths[0])
        ]
        y, z = form.predict(x), other.predict(x)
        # The twin is rounded itself.
        doubt = 1e-13 * (np.abs(y).max() + np.abs(z).max() + half)
        assert (z - y >= found.lower[box] - doubt).all() and (z - y <= found.upper[box] + doubt).all()


@given(networks.seeds, WIDTHS)
def test_where_no_sign_is_open_the_bounds_are_the_range(seed, widths):
    _, _, parts = pairs(seed, widths, 0.1)
    x = np.random.default_rng(seed).normal(size=widths[0])
    half = 1e-7
    found = bounds_on_boxes(compiled_pair(parts), x[None] - half, x[None] + half)
    if found.open.any():
        return
    for output in range(widths[-1]):
        up = np.where(found.gradient[0, output] > 0, x + half, x - half)
        largest, smallest = parts.form.predict(np.array([up, 2 * x - up]))[:, output]
        size = np.abs(parts.form.D).sum() * 1e2
        assert abs(found.upper[0, output] - largest) <= 1e-12 * size
        assert abs(found.lower[0, output] - smallest) <= 1e-12 * size


def test_close_networks_are_bounded_by_their_difference():
    _, _, parts = pairs(0, (2, 8, 8, 2), 1e-6)
    box = np.full((1, 2), -1.0), np.full((1, 2), 1.0)
    alone = Difference(parts.form, np.full(parts.form.n_units, -1))
    paired, plain = (bounds_on_boxes(compiled_pair(p), *box).upper for p in (parts, alone))
    assert (paired < 1e-3).all() and (plain > 1).all()


@given(networks.seeds, WIDTHS)
def test_differences_at_inputs_are_those_of_the_networks(seed, widths):
    form, other, parts = pairs(seed, widths, 0.5)
    x = np.random.default_rng(seed).normal(size=(4, widths[0]))
    y, z = form.predict(x), other.predict(x)
    assert np.allclose(differences_at(compiled_pair(parts), x), z - y, rtol=0, atol=1e-12 * (1 + np.abs([y, z]).max()))
