import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.rows.distinct import distinct_rows, first_of_each, row_hashes

FEW = st.sampled_from([0.0, -0.0, 1.0, -1.0, 2.0, 0.5, 1e-300, -1e300])


@given(st.lists(st.tuples(FEW, FEW, FEW), min_size=1, max_size=30))
def test_rows_have_one_hash_exactly_where_they_are_equal(rows):
    hashes = row_hashes(rows).tolist()
    for one, left in zip(hashes, rows, strict=True):
        for other, right in zip(hashes, rows, strict=True):
            assert (one == other) == (left == right)


def test_binary_rows_have_hashes_of_their_own():
    # All sixteen inputs of 0 and 1, whose floats end in many zero bits.
    rows = np.array(np.meshgrid(*[[0.0, 1.0]] * 16)).reshape(16, -1).T
    assert len(np.unique(row_hashes(rows))) == 2**16


@given(st.integers(0, 10**6), st.booleans(), st.integers(1, 12))
def test_weights_copies_and_multiples_are_the_same_to_the_last_bit(seed, many_outputs, times):
    rng = np.random.default_rng(seed)
    # Few different numbers, so that rows are equal now and then.
    x, y = rng.integers(0, 2, (8, 2)) * 1.0, rng.integers(0, 2, (8, 2) if many_outputs else 8) * 1.0
    weights = rng.integers(0, 5, 8) + np.eye(8)[0]
    expected = distinct_rows(x, y, weights)
    for found in (
        distinct_rows(x, y, times * weights),
        distinct_rows(*(np.repeat(part, times * weights.astype(int), axis=0) for part in (x, y, np.ones(8)))),
    ):
        for left, right in zip(found, expected, strict=True):
            np.testing.assert_array_equal(left, right)


def test_against_a_dictionary():
    rng = np.random.default_rng(0)
    x, y, weights = rng.integers(0, 3, (50, 2)) * 1.0, rng.integers(0, 2, 50) * 1.0, rng.uniform(size=50)
    total = {}
    for inputs, target, weight in zip(x.tolist(), y.tolist(), weights.tolist(), strict=True):
        total[(*inputs, target)] = total.get((*inputs, target), 0.0) + weight
    found = distinct_rows(x, y, weights)
    assert [tuple(row) for row in np.column_stack(found[:2]).tolist()] == list(total)
    mean = sum(total.values()) / len(total)
    np.testing.assert_allclose(found[2], np.array(list(total.values())) / mean)


def test_first_of_each_says_where():
    hashes = np.array([9, 2, 9, 5, 2], dtype=np.uint64)
    first, place = first_of_each(hashes)
    assert first.tolist() == [0, 1, 3] and (hashes[first][place] == hashes).all()
