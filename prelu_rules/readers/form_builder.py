"""Builds a normal form while a network's graph is walked from the inputs to the outputs."""

from __future__ import annotations

import math

import numpy as np

from prelu_rules.errors import LimitError
from prelu_rules.network.normal_form import NormalForm, UnitLabel
from prelu_rules.network.reading import Link
from prelu_rules.values import Array, FloatArray


class FormBuilder:
    """Tensors of affine functions, and the PReLU units so far.

    A tensor of shape `s` is an array of shape `(*s, width)`. Its last axis holds the weights of the constant, of each
    input and of each unit so far; tensors made before a unit was added are narrower, and stand for zeros there.

    Args:
        input_shape: the shape of the network's input, without the batch axis; read in row-major order.
        layered: whether to make the values between layers units too, with slope 1: the same function, computed in the
            same steps as in the network.
        largest: the largest number of entries in the form; None for no limit.

    Raises:
        LimitError: if the form gets larger.

    Attributes:
        inputs: `(*input_shape, 1 + n_inputs)`, the tensor of the inputs themselves.
        end: the final link and the name of what applies it, if there has been one; otherwise None.

    Example:
        >>> builder = FormBuilder((2,))
        >>> total = builder.inputs.sum(axis=0, keepdims=True)
        >>> builder.form(builder.prelu(total, np.array([0.5]))).predict([-3.0, 1.0])
        array([-1.])
    """

    def __init__(self, input_shape: tuple[int, ...], layered: bool = False, largest: int | None = None) -> None:
        self._n_inputs, self._largest = math.prod(input_shape), largest
        self._units: list[Array] = []
        self._slopes: list[float] = []
        self._labels: list[UnitLabel] = []
        self._layered = layered
        self.end: tuple[Link, str] | None = None
        self._check_room(self._n_inputs)
        identity = np.eye(self._n_inputs, self._n_inputs + 1, k=1)
        self.inputs: FloatArray = identity.reshape(*input_shape, -1)

    def prelu(self, tensor: Array, slopes: Array) -> Array:
        """Add a layer of units.

        Args:
            tensor: `(*shape, width)`, the pre-activations.
            slopes: broadcast to `shape`.

        Returns:
            `(*shape, wider)`, the activations.
        """
        shape = tensor.shape[:-1]
        rows = tensor.reshape(-1, tensor.shape[-1])
        level = self._labels[-1].level + 1 if self._labels else 1
        first = 1 + self._n_inputs + len(self._units)
        self._check_room(len(rows))
        self._units += list(rows)
        self._slopes += np.broadcast_to(slopes, shape).reshape(-1).tolist()
        self._labels += [UnitLabel(level, number + 1) for number in range(len(rows))]
        return np.eye(len(rows), first + len(rows), k=first).reshape(*shape, -1)

    def _check_room(self, n_rows: int) -> None:
        """Refuse more rows before memory is taken for them."""
        n_numbers = (len(self._units) + n_rows) * (1 + self._n_inputs + len(self._units) + n_rows)
        if self._largest is not None and n_numbers > self._largest:
            raise LimitError(
                f"the network has {self._n_inputs} inputs and more than {len(self._units) + n_rows - 1} values between "
                f"its layers, of which a form of {n_numbers} numbers would be made; load it with "
                "keras.saving.load_model and give the model, if there is memory for that."
            )

    def between_layers(self, tensor: Array) -> Array:
        """The input of the next layer, given the output of a layer.

        Args:
            tensor: `(*shape, width)`.

        Returns:
            The tensor itself; in a layered form, units of slope 1 with its values.
        """
        return self.prelu(tensor, np.array(1.0)) if self._layered else tensor

    def form(self, outputs: Array) -> NormalForm:
        """The network with these outputs.

        Args:
            outputs: `(*shape, width)`; read in row-major order.

        Returns:
            The normal form of all units so far.
        """
        width = 1 + self._n_inputs + len(self._units)
        flat = outputs.reshape(-1, outputs.shape[-1])
        system = np.zeros((len(self._units) + len(flat), width))
        for number, row in enumerate([*self._units, *flat]):
            system[number, : len(row)] = row
        units, y = system[: len(self._units)], system[len(self._units) :]
        d = self._n_inputs
        return NormalForm(
            A=units[:, 1 : d + 1],
            B=units[:, d + 1 :],
            b=units[:, 0],
            C=y[:, 1 : d + 1],
            D=y[:, d + 1 :],
            e=y[:, 0],
            slopes=np.array(self._slopes),
            labels=tuple(self._labels),
        )
