"""The nodes and numbers of an ONNX graph as they are added, each under a name that nothing else has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from prelu_rules.errors import DataError
from prelu_rules.values import Array

if TYPE_CHECKING:
    import onnx

ROWS = "rows"
"""What the number of rows is called in shapes."""


class Graph:
    """A graph that grows; a value is known by its name.

    Args:
        taken: names that are not free, since users feed by them.

    Raises:
        DataError: if onnx is not installed.

    Example:
        >>> graph = Graph(["x"])
        >>> graph.add("Neg", "x", name="x"), graph.constant("x", [1.0])
        ('x 2', 'x 3')
    """

    def __init__(self, taken: Iterable[str]) -> None:
        try:
            import onnx
        except ImportError:
            raise DataError("the export target 'onnx' needs onnx; pip install 'prelu-rules[onnx]'.") from None
        self._onnx = onnx
        self._taken = set(taken)
        self.inputs: list[onnx.ValueInfoProto] = []
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.outputs: list[onnx.ValueInfoProto] = []

    def free(self, name: str) -> str:
        """A name that nothing has yet, and that is taken from now on.

        Args:
            name: what it should be.

        Returns:
            The name, perhaps with a number.
        """
        found, number = name, 2
        while found in self._taken:
            found, number = f"{name} {number}", number + 1
        self._taken.add(found)
        return found

    def take(self, name: str, dtype: type[np.generic], width: int, said: str) -> str:
        """A further input.

        Args:
            name: one of those that are taken.
            dtype: of its elements.
            width: the number of its columns.
            said: what it is, in words.

        Returns:
            The name.
        """
        self.inputs.append(self._value(name, dtype, (ROWS, width), said))
        return name

    def add(self, operator: str, *inputs: str, name: str, domain: str = "", **attributes: Any) -> str:
        """A further node with a single output.

        Args:
            operator: its type.
            inputs: names of values.
            name: what its output should be called; the node is called so as well.
            domain: that of the operator.
            attributes: whole numbers and texts; a float would be rounded to 32 bits.

        Returns:
            The name of its output.
        """
        found = self.free(name)
        made = self._onnx.helper.make_node(operator, inputs, [found], name=found, domain=domain, **attributes)
        self.nodes.append(made)
        return found

    def constant(self, name: str, values: Array | Sequence[Any]) -> str:
        """A further array of numbers, truth values or texts.

        Args:
            name: what it should be called.
            values: whose type is kept.

        Returns:
            Its name.
        """
        found, array = self.free(name), np.asarray(values)
        array = array.astype(object) if array.dtype.kind == "U" else array
        self.constants.append(self._onnx.numpy_helper.from_array(np.ascontiguousarray(array), found))
        return found

    def cast(self, value: str, dtype: type[np.generic], name: str) -> str:
        """Elements as another type.

        Args:
            value: its name.
            dtype: the type.
            name: what the result should be called.

        Returns:
            The name of the result.
        """
        return self.add("Cast", value, name=name, to=int(self._onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))))

    def joined(self, values: Sequence[str], name: str) -> str:
        """Columns of several values side by side.

        Args:
            values: their names, at least one.
            name: what the result should be called.

        Returns:
            The name of the result.
        """
        return values[0] if len(values) == 1 else self.add("Concat", *values, name=name, axis=1)

    def give(self, value: str, dtype: type[np.generic], shape: Sequence[int | str], said: str) -> None:
        """Make a value a result.

        Args:
            value: its name.
            dtype: of its elements.
            shape: numbers, and `ROWS`.
            said: what it is, in words.
        """
        self.outputs.append(self._value(value, dtype, shape, said))

    def _value(self, name: str, dtype: type[np.generic], shape: Sequence[int | str], said: str) -> onnx.ValueInfoProto:
        kind = self._onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        return self._onnx.helper.make_tensor_value_info(name, kind, shape, doc_string=said)
