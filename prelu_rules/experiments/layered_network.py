"""A plain feed-forward network as arrays, layer by layer, in the form in which the paper publishes one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from prelu_rules.network.normal_form import NormalForm
from prelu_rules.network.slopes import is_linear
from prelu_rules.tolerances import LINEAR_SLOPE
from prelu_rules.values import Array, FloatArray


@dataclass(frozen=True, eq=False)
class LayeredNetwork:
    """A network with a PReLU after every layer except the last.

    Attributes:
        kernels: `(n_in, n_out)` float64 each, one more than there are slope vectors.
        biases: `(n_out,)` float64 each, as many as kernels.
        slopes: `(n_out,)` float64 each, for every layer except the last.

    Raises:
        ShapeError: if the layers do not fit together.
        InvalidValueError: if a weight is NaN or infinite.

    Example:
        >>> paper_network().form.n_units
        20
    """

    kernels: tuple[FloatArray, ...]
    biases: tuple[FloatArray, ...]
    slopes: tuple[FloatArray, ...]

    def __post_init__(self) -> None:
        for name in ("kernels", "biases", "slopes"):
            object.__setattr__(self, name, tuple(np.asarray(v, dtype=np.float64) for v in getattr(self, name)))
        # The form checks that the layers fit; it is stored, since every use of the network needs it.
        object.__setattr__(self, "_form", NormalForm.from_layers(self.kernels, self.biases, self.slopes))

    @property
    def form(self) -> NormalForm:
        """The PReLU normal form of the network."""
        form: NormalForm = vars(self)["_form"]
        return form

    def predict(self, x: npt.ArrayLike) -> Array:
        """The outputs of the network.

        Args:
            x: `(n_rows, n_inputs)`.

        Returns:
            `(n_rows, n_outputs)`.

        Raises:
            ShapeError: if `x` has the wrong number of columns.
        """
        return self.form.predict(x)

    def n_nonlinear(self, threshold: float = LINEAR_SLOPE) -> int:
        """Count the slopes that are not linear.

        Args:
            threshold: a slope above this counts as 1.

        Returns:
            The number of such slopes.

        Raises:
            InvalidValueError: if the threshold is not in [0, 1).
        """
        return int((~is_linear(self.form.slopes, threshold)).sum())


def paper_network() -> LayeredNetwork:
    """The trained network of the paper's figure 1, as published with five decimals.

    Returns:
        The network: 4 inputs, 4 hidden layers of 5 PReLUs, 3 outputs.

    Example:
        >>> paper_network().n_nonlinear()
        2
    """
    text = files("prelu_rules.experiments").joinpath("data/paper_network.json").read_text(encoding="utf-8")
    published = json.loads(text)
    return LayeredNetwork(
        kernels=tuple(np.array(kernel).T for kernel in published["kernels"]),
        biases=tuple(np.array(bias) for bias in published["biases"]),
        slopes=tuple(np.array(slopes) for slopes in published["slopes"]),
    )
