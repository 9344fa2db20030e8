"""Keras: the network of the rules as a model that loads without this package, from features or from raw columns."""

from __future__ import annotations

import json
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from prelu_rules.errors import InvalidValueError
from prelu_rules.export.keras_columns import answers, features_of_column, input_of
from prelu_rules.export.keras_names import described_names, keras_names
from prelu_rules.export.program import output_bounds_of
from prelu_rules.network.compact import CompactForm
from prelu_rules.rules.on_demand import RulesOnDemand
from prelu_rules.rules.output_bounds import OutputBounds
from prelu_rules.rules.rule_system import RuleSystem

if TYPE_CHECKING:
    import keras

Inputs = Literal["columns", "features"]
"""What a model computes from: raw columns, an input for each; or one array of the encoded features."""


def write(system: RuleSystem | RulesOnDemand, inputs: Inputs = "columns") -> bytes:
    r"""A `.keras` file with the model that `keras_model` makes, which Keras loads without this package.

    Its part `names.json` says what the model calls each column and output, how a missing cell is given, and which
    levels there are. Keras does not keep that part when it saves a loaded model again.

    Args:
        system: the rules.
        inputs: "columns" or "features".

    Returns:
        The bytes of the file.

    Raises:
        InvalidValueError: as `keras_model`.
        BackendError: as `keras_model`.

    Example:
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-3], C=[[1]], D=[[1]], e=[0], slopes=[0])
        >>> write(extract_rules(form))[:4]
        b'PK\x03\x04'
    """
    from prelu_rules.readers.keras_file import save_keras

    model = keras_model(system, inputs)
    if inputs == "columns":
        names: dict[str, Any] = described_names(system, keras_names(system))
    else:
        names = {"features": [feature.name for feature in system.features], "outputs": list(system.output_names)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rules.keras"
        save_keras(model, path)
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("names.json", json.dumps(names, indent=2))
        return path.read_bytes()


def keras_model(system: RuleSystem | RulesOnDemand, inputs: Inputs = "columns") -> keras.Model:
    """The network of the rules as a Keras model of built-in layers, in float64.

    Call the model itself, `model(cells)`: its method `predict` rounds arrays to float32 first, unless they come in a
    `tf.data.Dataset`.

    From features, it takes one array `(n_rows, n_features)` of what `system.encoded` makes, and returns
    `(n_rows, n_outputs)`, logits for a classifier. There is a Dense layer for the bends `max(0, ...)` that do not
    depend on one another, and one for the outputs. `read_network` reads it, so that `extract` makes equal rules of it.

    From columns, it takes a dict of `(n_rows,)` arrays by the names of `keras_names`, and returns such a dict of
    outputs. Numbers, yes (1) and no (0), and categories of numbers are float64, with NaN where a cell is missing;
    other categories are texts, with `keras_names(system).missing` where a cell is missing, and a number among their
    levels is the text that Python prints. A row with a cell that rules cannot answer has NaN in all outputs. Classes
    are texts or numbers in the same way. Texts need Keras on TensorFlow, wherever the model is loaded.
    `model.get_layer("rules")` is the model from features.

    Args:
        system: the rules.
        inputs: "columns" or "features".

    Returns:
        A functional model, not compiled.

    Raises:
        InvalidValueError: if the rules came without a network, `inputs` is another word, or a level or a class is one
            that Keras does not keep.
        BackendError: if Keras runs on something else than TensorFlow.

    Example:
        >>> import numpy as np
        >>> from prelu_rules.columns.column import Column
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1, 0, 0]], B=[[0]], b=[-3], C=[[1, 0, 5]], D=[[1]], e=[0], slopes=[0])
        >>> columns = [Column("kWh"), Column("kind", "category", ("farm", "house"))]
        >>> rules = extract_rules(form, columns=columns, output_names=["cost"])
        >>> cells = {"kWh": np.array([4.0, 2.0, 2.0]), "kind": np.array(["farm", "house", "palace"])}
        >>> keras_model(rules)(cells)["cost"].numpy()
        array([ 5.,  7., nan])
    """
    if inputs not in get_args(Inputs):
        raise InvalidValueError(f"inputs is {inputs!r}; it must be 'columns' or 'features'.")
    if system.form is None:
        raise InvalidValueError(
            "these rules came without a network, which a Keras model is made of; export the rules before they were "
            "rounded or made decision rules, or write these as another target, such as 'python'."
        )
    from prelu_rules.training.from_form import keras_model as model_of_form

    network = model_of_form(CompactForm.of(system.form).form, plain=True, name="rules")
    bounds = output_bounds_of(system)
    if bounds is not None:
        network = _bounded(network, bounds)
    return network if inputs == "features" else _from_columns(system, network)


def _bounded(network: Any, bounds: OutputBounds) -> Any:
    """The network with its outputs kept within bounds."""
    import keras

    lower, upper = bounds.arrays
    outputs = keras.ops.minimum(keras.ops.maximum(network.output, lower), upper)
    return keras.Model(network.input, outputs, name=network.name)


def _from_columns(system: RuleSystem | RulesOnDemand, network: Any) -> keras.Model:
    """The model from raw columns to answers by name."""
    import keras

    names = keras_names(system)
    cells = {names.inputs[column.name]: input_of(column, names.inputs[column.name]) for column in system.columns}
    parts = [
        features_of_column(column, names.missing, names.layers[column.name])(cell)
        for column, cell in zip(system.columns, cells.values(), strict=True)
    ]
    joined = keras.layers.Concatenate(dtype="float64", name="features")(parts) if len(parts) > 1 else parts[0]
    found = answers(names, system.classes)(network(joined))
    return keras.Model(cells, found, name="rules_of_columns")
