"""The PReLU layer: one slope per unit, kept between 0 and 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from prelu_rules.errors import InvalidValueError, ShapeError, UnsupportedModelError
from prelu_rules.network.slopes import is_linear
from prelu_rules.tolerances import LINEAR_SLOPE
from prelu_rules.training.arrays import as_array
from prelu_rules.values import BoolArray, FloatArray


@keras.saving.register_keras_serializable(package="prelu_rules")
class UnitInterval(keras.constraints.Constraint):
    """Keeps weights in [0, 1].

    Example:
        >>> UnitInterval()(np.array([-0.5, 0.5, 1.5])).numpy()
        array([0. , 0.5, 1. ])
    """

    def __call__(self, w: Any) -> Any:
        """The nearest weights in [0, 1].

        Args:
            w: a tensor of any shape.

        Returns:
            A tensor of the same shape and dtype.
        """
        return keras.ops.clip(w, 0.0, 1.0)


class _ExceptEliminated(UnitInterval):
    """Keeps weights in [0, 1], and those of eliminated units at exactly 1."""

    def __init__(self, eliminated: Any) -> None:
        self._eliminated = eliminated

    def __call__(self, w: Any) -> Any:
        return keras.ops.where(self._eliminated, keras.ops.ones_like(w), super().__call__(w))


@keras.saving.register_keras_serializable(package="prelu_rules")
class PReLU(keras.layers.PReLU):
    """`f(z) = max(0, z) + a min(0, z)` with a learned slope `a` in [0, 1] for each unit.

    It is `keras.layers.PReLU` (He et al. 2015, arXiv:1502.01852) with the paper's initial slope and range; for `a = 1`
    it is the identity. Saved models load if `prelu_rules` was imported after Keras, or one of its layers was used.

    Args:
        initial_slope: the initial value of the slopes; the paper uses 0.25.
        shared_axes: axes along which a slope is shared, as in `keras.layers.PReLU`; counted from 1.
        eliminable: whether units can be eliminated permanently: the layer then has a second weight, which records which
            slopes stay at exactly 1, even if the model is trained further, saved and loaded.
        **kwargs: `name`, `dtype` and `trainable`, as for every Keras layer.

    Raises:
        InvalidValueError: if the initial slope is not in [0, 1].

    Example:
        >>> layer = PReLU()
        >>> layer(np.array([[-1.0, 2.0]], dtype="float32")).numpy()
        array([[-0.25,  2.  ]], dtype=float32)
        >>> layer.slopes
        array([0.25, 0.25])
    """

    def __init__(
        self,
        initial_slope: float = 0.25,
        shared_axes: int | Sequence[int] | None = None,
        eliminable: bool = False,
        **kwargs: Any,
    ) -> None:
        if not 0 <= initial_slope <= 1:
            raise InvalidValueError(f"initial_slope is {initial_slope}; it must be from 0 to 1.")
        super().__init__(
            alpha_initializer=keras.initializers.Constant(initial_slope),
            alpha_constraint=UnitInterval(),
            shared_axes=shared_axes,
            **kwargs,
        )
        self.initial_slope, self.eliminable = float(initial_slope), eliminable
        self._eliminated: Any = None

    def build(self, input_shape: Any) -> None:
        """Create the weights.

        Args:
            input_shape: the shape of the input, rows first.
        """
        super().build(input_shape)
        if self.eliminable:
            self._eliminated = self.add_weight(
                name="eliminated", shape=self.alpha.shape, dtype="bool", initializer="zeros", trainable=False
            )
            self.alpha.constraint = _ExceptEliminated(self._eliminated)

    @property
    def slopes(self) -> FloatArray:
        """The slopes, float64, with the shape of a row of the layer's input (1 along shared axes)."""
        return np.asarray(as_array(self.alpha), dtype=np.float64)

    def nonlinear(self, threshold: float = LINEAR_SLOPE) -> BoolArray:
        """Which units are still nonlinear.

        Args:
            threshold: a slope above this counts as 1.

        Returns:
            bool, with the shape of `slopes`.

        Raises:
            InvalidValueError: if the threshold is not in [0, 1).
        """
        return ~is_linear(self.slopes, threshold)

    @property
    def eliminated(self) -> BoolArray:
        """Which units are fixed at a slope of exactly 1, with the shape of `slopes`."""
        if self._eliminated is None:
            return np.zeros(self.slopes.shape, dtype=bool)
        return np.asarray(as_array(self._eliminated), dtype=bool)

    def eliminate(self, units: BoolArray) -> None:
        """Set slopes to exactly 1 permanently; units that were eliminated before stay eliminated.

        Args:
            units: bool, with the shape of `slopes`.

        Raises:
            UnsupportedModelError: if the layer is not eliminable, or not built.
            ShapeError: if `units` has a different shape.

        Example:
            >>> layer = PReLU(eliminable=True)
            >>> layer.build((None, 3))
            >>> layer.eliminate(np.array([True, False, False]))
            >>> layer.slopes, layer.eliminated
            (array([1.  , 0.25, 0.25]), array([ True, False, False]))
        """
        if self._eliminated is None:
            raise UnsupportedModelError(
                f"layer {self.name!r} cannot eliminate units; make it PReLU(eliminable=True) and build it."
            )
        if np.shape(units) != self.alpha.shape:
            raise ShapeError(
                f"units has shape {np.shape(units)}, but must have the shape of the slopes, {self.alpha.shape}."
            )
        self._eliminated.assign(self.eliminated | units)
        self.alpha.assign(self.alpha.constraint(self.alpha))

    def get_config(self) -> dict[str, Any]:
        """The configuration that Keras saves.

        Returns:
            The arguments of the constructor.
        """
        config = super().get_config()
        for name in ("alpha_initializer", "alpha_regularizer", "alpha_constraint"):
            del config[name]
        return {**config, "initial_slope": self.initial_slope, "eliminable": self.eliminable}
