import numpy as np
import pytest

from prelu_rules.geometry import compiled as module
from prelu_rules.geometry.compiled import compiled, compiled_in_place


def twice(x):
    return 2 * x


def invert(x):
    for i in range(len(x)):
        x[i] = 1 / x[i]


def test_what_is_compiled_is_the_same_function():
    assert compiled(twice)(3) == 6 and compiled(twice)(np.array([0.5])).tolist() == [1.0]


def test_arrays_are_changed_in_place():
    values = np.array([1.0, 0.0])
    compiled_in_place(invert)(values)
    assert values.tolist() == [1.0, np.inf]


def test_without_a_place_nothing_is_kept(monkeypatch):
    """As with a package and a home that cannot be written."""
    asked = []

    def njit(function=None, cache=False, nogil=False, **options):
        def decorate(function):
            asked.append(cache)
            assert nogil, "threads would wait for one another"
            if cache:
                raise RuntimeError("cannot cache function 'twice': no locator available for file 'twice.py'")
            return function

        return decorate if function is None else decorate(function)

    monkeypatch.setattr(module, "njit", njit)
    assert compiled(twice) is twice and asked == [True, False]
    assert compiled_in_place(twice) is twice and asked == [True, False] * 2


def test_all_of_the_geometry_is_compiled():
    from prelu_rules.geometry import cells, facets, ranges, search, simplex, walks

    for one in (
        cells.pre_activations,
        walks.maximise,
        facets.facets,
        simplex.simplex_patterns,
        search.search,
        ranges.to_frame,
    ):
        assert callable(one)
    assert hasattr(cells.pre_activations, "py_func") and hasattr(walks.maximise, "py_func")


@pytest.mark.parametrize("name", ["cells", "dictionary", "facets", "ranges", "search", "walks"])
def test_numba_is_asked_through_one_door(name):
    from pathlib import Path

    assert "njit" not in (Path(module.__file__).parent / f"{name}.py").read_text()
