import keras
import numpy as np
import pytest
import tensorflow as tf

from prelu_rules.training.arrays import as_array


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "make",
    [keras.Variable, tf.Variable, tf.constant, np.array, list],
    ids=["keras", "variable", "tensor", "array", "list"],
)
def test_whatever_holds_numbers(make):
    """Without a warning, and apart from what it was made of."""
    held = make([1.0, 2.0])
    found = as_array(held)
    assert found.tolist() == [1.0, 2.0] and found.flags.owndata
    if hasattr(held, "assign"):
        held.assign([3.0, 4.0])
        assert found.tolist() == [1.0, 2.0] and as_array(held).tolist() == [3.0, 4.0]


def test_types_stay():
    assert as_array(keras.Variable([True, False])).dtype == bool
    assert as_array(tf.constant([1.5], "bfloat16")).astype(float).tolist() == [1.5]
    assert as_array(tf.sparse.from_dense([[0.0, 2.0]])).tolist() == [[0.0, 2.0]]
