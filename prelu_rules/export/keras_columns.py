"""The layers of a Keras model before and behind the network: from raw cells to features, and from outputs to a class.

Each column has a small model of its own, so that the summary of the whole shows one line for it. Whatever rules cannot
answer becomes NaN here, and stays NaN in all outputs, since each of them depends on every feature, if by a weight of 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from prelu_rules.columns.column import Column
from prelu_rules.export.holding import unlike
from prelu_rules.export.keras_names import KerasNames, are_texts, as_doubles, is_text, spelled
from prelu_rules.rules.names import ClassLabel
from prelu_rules.values import FloatArray


def input_of(column: Column, name: str) -> Any:
    """The input for the cells of a column, one a row.

    Args:
        column: the column.
        name: what it is called.

    Returns:
        A `keras.Input`.
    """
    import keras

    return keras.Input((), dtype="string" if is_text(column) else "float64", name=name)


def features_of_column(column: Column, missing: str, name: str) -> Any:
    """The model that makes the features of a column.

    Args:
        column: the column.
        missing: the text that stands for a missing cell, where cells are texts.
        name: what the model is called.

    Returns:
        A model from `(n_rows,)` cells to `(n_rows, n_features)`, NaN where rules cannot answer the cell.

    Raises:
        InvalidValueError: if a level is a number that is no double, or a text that Keras does not keep.

    Example:
        >>> import prelu_rules.training
        >>> model = features_of_column(Column("kind", "category", ("farm", "household"), missing=True), "", "kind")
        >>> print(model(np.array(["household", "", "palace"])).numpy())
        [[ 0.  1.  0.]
         [ 0.  0.  1.]
         [nan nan nan]]
    """
    import keras

    cell = input_of(column, "cell")
    if is_text(column):
        texts = spelled(column.name, column.levels) + ([missing] if column.missing else [])
        features = _looked_up(texts, np.eye(len(texts)))(cell)
    else:
        # As floats, since a layer that looks up integers takes 1.5 for 1.
        value = keras.ops.expand_dims(cell, -1)
        if column.kind in ("number", "integer"):
            features, known = _of_number(value, column)
        else:
            features, known = _of_level(value, column)
        features = keras.ops.where(known, features, float("nan"))
    return keras.Model(cell, features, name=name)


def _looked_up(texts: Sequence[str], rows: FloatArray) -> Any:
    """From texts to a row for each, and a row of NaN for all others."""
    import keras

    # The word for unknown texts is never used, but the first level may not be the same.
    unknown = unlike(texts, "[UNK]")
    number = keras.layers.StringLookup(vocabulary=list(texts), oov_token=unknown, name="level")
    row = _table(rows, "indicators")
    return lambda cell: row(number(cell))


def _table(rows: FloatArray, name: str) -> Any:
    """From numbers to rows; 0 is a row of NaN, and 1 the first row."""
    import keras

    filled = np.vstack([np.full((1, rows.shape[1]), np.nan), rows])
    layer = keras.layers.Embedding(*filled.shape, dtype="float64", trainable=False, name=name)
    layer.build((None,))
    layer.set_weights([filled])
    return layer


def _of_number(value: Any, column: Column) -> tuple[Any, Any]:
    """The features of numbers `(n_rows, 1)`, and where they are known."""
    from keras import ops

    if not column.missing:
        return value, ops.isfinite(value)
    gone = ops.isnan(value)
    filled = ops.where(gone, ops.full_like(value, column.fill or 0.0), value)
    if not column.indicates_missing:
        return filled, ops.isfinite(filled)
    return ops.concatenate([filled, ops.cast(gone, "float64")], axis=-1), ops.isfinite(filled)


def _of_level(value: Any, column: Column) -> tuple[Any, Any]:
    """The features of yes and no, or of levels that are numbers, `(n_rows, 1)`, and where they are known."""
    from keras import ops

    is_category = column.kind == "category"
    levels = np.array([as_doubles(column.name, column.levels)] if is_category else [[1.0]])
    # NaN is equal to nothing.
    parts = [ops.equal(value, levels)] + ([ops.isnan(value)] if column.missing else [])
    features = ops.concatenate(parts, axis=-1) if column.missing else parts[0]
    known = ops.any(features, axis=-1, keepdims=True)
    if not is_category:
        known = ops.logical_or(known, ops.equal(value, np.zeros((1, 1))))
    return ops.cast(features, "float64"), known


def answers(names: KerasNames, classes: Sequence[ClassLabel] | None) -> Any:
    """The model that gives each output its name, and says the class.

    Args:
        names: of outputs and the class.
        classes: the labels; None where numbers are predicted.

    Returns:
        A model from `(n_rows, n_outputs)` to a dict of `(n_rows,)`.

    Raises:
        InvalidValueError: if a class is a number that is no double, or a text that Keras does not keep.

    Example:
        >>> import prelu_rules.training
        >>> model = answers(KerasNames({}, {}, {"logit": "logit"}, "class", ""), ("no", "yes"))
        >>> model(np.array([[-1.0], [2.0], [np.nan]]))["class"].numpy()
        array([b'no', b'yes', b''], dtype=object)
    """
    import keras

    outputs = keras.Input((len(names.outputs),), dtype="float64", name="outputs")
    found = dict(zip(names.outputs.values(), keras.ops.unstack(outputs, axis=-1), strict=True))
    if classes is not None:
        assert names.decision is not None
        found[names.decision] = _labelled(_class_number(outputs), classes, names.missing)
    return keras.Model(outputs, found, name="answers")


def _class_number(logits: Any) -> Any:
    """The number of the class, from 1; 0 where the logits are NaN."""
    from keras import ops

    # Of equal logits the first is the largest; a single one has to be above 0 for the second class.
    single = logits.shape[-1] == 1
    number = ops.cast(ops.squeeze(logits, -1) > 0, "int32") if single else ops.argmax(logits, axis=-1)
    unknown = ops.any(ops.isnan(logits), axis=-1)
    return ops.where(unknown, ops.zeros_like(number), number + 1)


def _labelled(number: Any, classes: Sequence[ClassLabel], missing: str) -> Any:
    """Labels of classes, texts or numbers."""
    import keras

    if are_texts(classes):
        texts = spelled("class", classes)
        return keras.layers.StringLookup(vocabulary=texts, oov_token=missing, invert=True, name="label")(number)
    labels = np.array(as_doubles("class", classes))[:, None]
    return keras.ops.squeeze(_table(labels, "label")(number), -1)
