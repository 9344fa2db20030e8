import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from prelu_rules.finetuning.groups import least_units, sizes_left


@st.composite
def layers(draw):
    shapes = draw(st.lists(array_shapes(max_dims=3, max_side=4), min_size=1, max_size=4))
    # Whole numbers, so that there are ties.
    saliencies = [draw(arrays(np.float64, shape, elements=st.integers(0, 5))) for shape in shapes]
    return saliencies, [draw(arrays(np.bool_, shape)) for shape in shapes]


@given(layers(), st.integers(0, 60))
def test_the_least_units_are_those_of_a_plain_sort(drawn, n_units):
    saliencies, candidates = drawn
    places = [
        (saliency[index], layer, index)
        for layer, (saliency, allowed) in enumerate(zip(saliencies, candidates, strict=True))
        for index in np.ndindex(saliency.shape)
        if allowed[index]
    ]
    expected = {(layer, index) for _, layer, index in sorted(places)[:n_units]}
    group = least_units(saliencies, candidates, n_units)
    found = {(layer, index) for layer, taken in enumerate(group) for index in zip(*np.nonzero(taken), strict=True)}
    assert found == expected and [taken.shape for taken in group] == [saliency.shape for saliency in saliencies]


@given(st.integers(0, 5000), st.floats(0.01, 0.99), st.integers(0, 50))
def test_sizes_fall_to_the_fewest(n_units, share, fewest):
    sizes = sizes_left(n_units, share, fewest)
    if n_units <= fewest:
        assert sizes == []
        return
    assert sizes[-1] == fewest
    before = n_units
    for size in sizes:
        assert before > size >= max(fewest, int(before * (1 - share)) - 1)
        before = size


@pytest.mark.parametrize(("share", "rounds"), [(0.5, 11), (0.25, 24)])
def test_thousands_of_units_take_few_rounds(share, rounds):
    assert len(sizes_left(1600, share)) == rounds
