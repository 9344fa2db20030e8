"""A borrowed array is the same memory; what has been compiled is known as such."""

import importlib.util

import numpy as np
from numba import njit

from prelu_rules.geometry.compiled import compiled
from prelu_rules.geometry.numba_internals import borrowed, is_compiled


def test_a_borrowed_array_is_the_same_memory():
    @njit
    def double_first(array):
        view = borrowed(array)
        view[0] *= 2.0
        return view[0] + view[1]

    array = np.array([1.0, 5.0])
    assert double_first(array) == 7.0
    assert array.tolist() == [2.0, 5.0]


def test_a_function_is_compiled_once_it_ran():
    @njit
    def double(x):
        return 2 * x

    assert not is_compiled(double)
    double(1.0)
    assert is_compiled(double)


def test_what_an_earlier_process_compiled_is_compiled(tmp_path):
    """The same file, imported twice, stands for two processes."""
    file = tmp_path / "kept.py"
    file.write_text("def double(x):\n    return 2 * x\n")

    def imported():
        spec = importlib.util.spec_from_file_location("kept", file)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return compiled(module.double)

    first = imported()
    assert not is_compiled(first)
    first(1.0)
    second = imported()
    assert second.signatures == []
    assert is_compiled(second)
