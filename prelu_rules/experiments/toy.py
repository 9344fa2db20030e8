"""The paper's two toy tasks on four binary inputs (paper, section on experiments)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from prelu_rules.values import FloatArray, Value, frozen_array


@dataclass(frozen=True, eq=False)
class ToyTask(Value):
    """A task on the 16 binary inputs.

    Attributes:
        name: its name on the command line.
        input_names: four names.
        output_names: three names.
        inputs: `(16, 4)` float64, all rows of 0 and 1.
        targets: `(16, 3)` float64, 0 or 1.
        fewest: the smallest number of nonlinear PReLUs that suffices.

    Example:
        >>> XOR.inputs[6], XOR.targets[6]
        (array([0., 1., 1., 0.]), array([1., 1., 0.]))
    """

    name: str
    input_names: tuple[str, ...]
    output_names: tuple[str, ...]
    inputs: FloatArray
    targets: FloatArray
    fewest: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "inputs", frozen_array(self.inputs, "inputs", (None, len(self.input_names))))
        shape = (len(self.inputs), len(self.output_names))
        object.__setattr__(self, "targets", frozen_array(self.targets, "targets", shape))

    def correct(self, outputs: npt.ArrayLike) -> bool:
        """Whether every output rounds to its target.

        Args:
            outputs: `(16, 3)`, one row per input.

        Returns:
            True if each is within 0.5 of its target; never for NaN.

        Example:
            >>> XOR.correct(XOR.targets + 0.4), XOR.correct(XOR.targets + 0.6)
            (True, False)
        """
        return bool((np.abs(np.asarray(outputs, dtype=np.float64) - self.targets) < 0.5).all())


_INPUTS = np.array(list(product((0, 1), repeat=4)))
_ROWS = _INPUTS.astype(np.float64)
_NAMES = ("in1", "in2", "in3", "in4"), ("out1", "out2", "out3")


def _xor() -> FloatArray:
    in1, in2, in3, in4 = _INPUTS.T
    return np.column_stack([in1 ^ in2, in3 ^ in4, in1 & in2]).astype(np.float64)


def _addition() -> FloatArray:
    total = _INPUTS @ [2, 1, 2, 1]
    return np.column_stack([total // 4, total // 2 % 2, total % 2]).astype(np.float64)


XOR = ToyTask("xor", *_NAMES, _ROWS, _xor(), fewest=2)
"""out1 = in1 xor in2, out2 = in3 xor in4, out3 = in1 and in2."""

ADDITION = ToyTask("addition", *_NAMES, _ROWS, _addition(), fewest=3)
"""The three bits of (in1 in2) + (in3 in4), highest bit first."""

TASKS = {task.name: task for task in (XOR, ADDITION)}
