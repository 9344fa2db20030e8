"""Where walks along edges are blocked, against a search through all columns."""

import networks
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.geometry import walks
from prelu_rules.geometry.dictionary import append, new_dictionary
from prelu_rules.tolerances import CUT


def dictionary(seed, k, n):
    """A corner that was walked to; small integers, so that several rows block at the same point."""
    rng = np.random.default_rng(seed)
    d = new_dictionary(k, n + 1, 2.0)
    for i in range(n):
        row = rng.integers(-2, 3, k + 1).astype(float)
        row[k] = np.abs(row[:k]).sum() * 2 + rng.integers(0, 2)
        append(d, i, 2 * k + i, row)
    for _ in range(3):
        leaving = int(rng.integers(k))
        entering, _, _, other = walks.blocking(d, n, leaving, 1.0, False)
        if entering != walks.NOTHING:
            walks.step_to(d, n, entering, leaving, other)
    return d


def blocked(d, n, leaving, sign, bland):
    """All steps at which a column blocks, and the first of them: among equals that of the largest rate, or number."""
    k, width = len(d.tight), 4.0
    candidates = []
    if sign > 0 and d.tight[leaving] < 2 * k:
        candidates.append((width, -1.0, d.tight[leaving], walks.OWN_BOUND, False))
    for i in range(n):
        rate, slack = sign * d.table[leaving, i], d.table[k, i]
        if rate < -walks.LEAST_PIVOT:
            candidates.append((max(slack, 0.0) / -rate, rate, d.loose[i], i, False))
        elif rate > walks.LEAST_PIVOT and d.loose[i] < 2 * k:
            candidates.append((max(width - slack, 0.0) / rate, -rate, d.loose[i], i, True))
    if not candidates:
        return walks.NOTHING, np.inf, False
    best = min(candidates, key=lambda c: (c[0], c[2]) if bland else c[:2])
    return best[3], best[0], best[4]


@given(networks.seeds, st.integers(1, 5), st.integers(0, 22), st.sampled_from([1.0, -1.0]), st.booleans())
def test_the_first_column_blocks_and_of_equals_the_one_that_falls_fastest(seed, k, n, sign, bland):
    d = dictionary(seed, k, n)
    for leaving in range(k):
        entering, step, far, other = walks.blocking(d, n, leaving, sign, bland)
        assert (entering, step, other) == blocked(d, n, leaving, sign, bland)
        assert far == 0.0


@given(networks.seeds, st.integers(1, 5), st.integers(0, 22))
def test_a_walk_crosses_where_the_function_is_zero_or_it_never_gets_so_far(seed, k, n):
    d = dictionary(seed, k, n)
    append(d, n, 2 * k + n, np.random.default_rng(seed + 1).normal(size=k + 1))
    sign = -1.0 if d.table[k, n] > 0 else 1.0
    if walks.walk_alone(d, n + 1, sign, CUT, 0.0, True) == walks.REACHED:
        walks.cross(d, n + 1)
        assert 2 * k + n in d.tight
        np.testing.assert_array_less(-CUT, d.table[k, :n])
    else:
        assert walks.maximise(d, n + 1, sign)
        assert sign * d.table[k, n] <= CUT
