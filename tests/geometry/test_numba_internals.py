"""A borrowed array is the same memory."""

import numpy as np
from numba import njit

from prelu_rules.geometry.numba_internals import borrowed


def test_a_borrowed_array_is_the_same_memory():
    @njit
    def double_first(array):
        view = borrowed(array)
        view[0] *= 2.0
        return view[0] + view[1]

    array = np.array([1.0, 5.0])
    assert double_first(array) == 7.0
    assert array.tolist() == [2.0, 5.0]
