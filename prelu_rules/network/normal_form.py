"""The PReLU normal form: every network of linear layers and PReLUs as one small triangular system.

    z = A x + B p + b        pre-activations, units in topological order, B strictly lower triangular
    p = PReLU_a(z)           max(0, z) + a min(0, z), one slope a per unit
    y = C x + D p + e        outputs (for a classifier: the logits)

Compare the abs-normal form of Griewank (2013), "On stable piecewise linearization and generalized algorithmic
differentiation", which does the same for absolute values. Skip connections, batch norm and scalers are just entries of
A, B, C and D, so that code that works on this form does not need to know about layers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from prelu_rules.errors import InvalidValueError, ShapeError
from prelu_rules.network.affine import AffineMap
from prelu_rules.renamed import warn_renamed
from prelu_rules.values import Array, BoolArray, IntArray, Value, exact_array, frozen_array, input_rows

if TYPE_CHECKING:
    import keras


class UnitLabel(NamedTuple):
    """Where a unit came from: the `number`-th unit of the `level`-th PReLU layer, both counted from 1.

    Example:
        >>> UnitLabel(level=4, number=1) == (4, 1)
        True
    """

    level: int
    number: int


@dataclass(frozen=True, eq=False)
class NormalForm(Value):
    """A PReLU network as `z = A x + B p + b`, `p = PReLU_slopes(z)`, `y = C x + D p + e`.

    The arrays are float64, or object arrays of `fractions.Fraction` (see `exact`); every operation works on both.

    Attributes:
        A: `(n_units, n_inputs)`, from the inputs to the pre-activations.
        B: `(n_units, n_units)`, strictly lower triangular, from units to later units.
        b: `(n_units,)`.
        C: `(n_outputs, n_inputs)`, from the inputs straight to the outputs.
        D: `(n_outputs, n_units)`, from the units to the outputs.
        e: `(n_outputs,)`.
        slopes: `(n_units,)`, the factor that each unit applies to a negative pre-activation.
        labels: where each unit came from; by default all are on level 1, in order.

    Raises:
        ShapeError: if the arrays do not fit together.
        InvalidValueError: if an entry is NaN or infinite, or B is not strictly lower triangular.

    Example:
        The absolute value is `|x| = -x + 2 max(0, x)`, one unit of slope 0:

        >>> form = NormalForm(A=[[1]], B=[[0]], b=[0], C=[[-1]], D=[[2]], e=[0], slopes=[0])
        >>> form.predict([[-3.0], [5.0]])
        array([[3.],
               [5.]])
    """

    A: Array
    B: Array
    b: Array
    C: Array
    D: Array
    e: Array
    slopes: Array
    labels: tuple[UnitLabel, ...] = ()

    if TYPE_CHECKING:
        # Other types are accepted and converted, which a dataclass cannot express to a type checker.
        def __init__(
            self,
            A: npt.ArrayLike,
            B: npt.ArrayLike,
            b: npt.ArrayLike,
            C: npt.ArrayLike,
            D: npt.ArrayLike,
            e: npt.ArrayLike,
            slopes: npt.ArrayLike,
            labels: Sequence[UnitLabel] = (),
        ) -> None: ...

    def __post_init__(self) -> None:
        n_units, n_inputs = np.shape(self.A) if np.ndim(self.A) == 2 else (None, None)
        n_outputs = np.shape(self.C)[0] if np.ndim(self.C) == 2 else None
        shapes = {
            "A": (n_units, n_inputs),
            "B": (n_units, n_units),
            "b": (n_units,),
            "C": (n_outputs, n_inputs),
            "D": (n_outputs, n_units),
            "e": (n_outputs,),
            "slopes": (n_units,),
        }
        for name, shape in shapes.items():
            object.__setattr__(self, name, frozen_array(getattr(self, name), name, shape))
        if np.triu(self.B != 0).any():
            raise InvalidValueError("B must be strictly lower triangular: a unit may only use earlier units.")
        labels = self.labels or tuple(UnitLabel(1, number + 1) for number in range(self.n_units))
        if len(labels) != self.n_units:
            raise ShapeError(f"there are {len(labels)} labels for {self.n_units} units; give one each.")
        object.__setattr__(self, "labels", tuple(UnitLabel(*label) for label in labels))

    def _summary(self) -> str:
        return f"{self.n_units} units, {self.n_inputs} inputs -> {self.n_outputs} outputs"

    @property
    def n_inputs(self) -> int:
        """The number of inputs."""
        return int(self.A.shape[1])

    @property
    def n_units(self) -> int:
        """The number of PReLU units."""
        return int(self.A.shape[0])

    @property
    def n_outputs(self) -> int:
        """The number of outputs."""
        return int(self.C.shape[0])

    @cached_property
    def blocks(self) -> tuple[slice, ...]:
        """Runs of units that do not use one another, so that each run can be evaluated at once."""
        starts = [0]
        for unit in range(self.n_units):
            if (self.B[unit, starts[-1] : unit] != 0).any():
                starts.append(unit)
        return tuple(slice(i, j) for i, j in zip(starts, [*starts[1:], self.n_units], strict=True) if i < j)

    @classmethod
    def from_layers(
        cls,
        kernels: Sequence[npt.ArrayLike],
        biases: Sequence[npt.ArrayLike],
        slopes: Sequence[npt.ArrayLike],
    ) -> NormalForm:
        """The form of a plain feed-forward network with a PReLU after every layer except the last.

        Args:
            kernels: Keras-shaped `(n_in, n_out)`; one more than there are slope vectors.
            biases: `(n_out,)` each, as many as kernels.
            slopes: `(n_out,)` each, for every layer except the last.

        Returns:
            The normal form, in float64.

        Raises:
            ShapeError: if the layers do not fit together.
            InvalidValueError: if a weight is NaN or infinite.

        Example:
            >>> form = NormalForm.from_layers([[[1.0, -1.0]], [[1.0], [1.0]]], [[0, 0], [0]], [[0, 0]])
            >>> form.predict([-7.0])
            array([7.])
        """
        if not len(kernels) == len(biases) == len(slopes) + 1:
            raise ShapeError(
                f"there are {len(kernels)} kernels, {len(biases)} biases and {len(slopes)} slope vectors; "
                "there must be as many biases as kernels and one slope vector fewer."
            )
        weights, width = [], None
        for index, kernel in enumerate(kernels):
            weights.append(frozen_array(kernel, f"kernel {index}", (width, None)))
            width = weights[-1].shape[1]
        constants = [
            frozen_array(v, f"bias {i}", (w.shape[1],)) for i, (v, w) in enumerate(zip(biases, weights, strict=True))
        ]
        factors = [
            frozen_array(v, f"slope vector {i}", (w.shape[1],))
            for i, (v, w) in enumerate(zip(slopes, weights[:-1], strict=True))
        ]
        edges = np.cumsum([0, *(w.shape[1] for w in weights[:-1])])
        n_inputs, n_units, n_outputs = weights[0].shape[0], int(edges[-1]), weights[-1].shape[1]
        # One row per unit, then one per output; one column per input, then one per unit.
        system = np.zeros((n_units + n_outputs, n_inputs + n_units))
        rows = [slice(i, j) for i, j in zip(edges, [*edges[1:], n_units + n_outputs], strict=True)]
        columns = [slice(0, n_inputs), *(slice(n_inputs + r.start, n_inputs + r.stop) for r in rows[:-1])]
        for row, column, weight in zip(rows, columns, weights, strict=True):
            system[row, column] = weight.T
        return cls(
            A=system[:n_units, :n_inputs],
            B=system[:n_units, n_inputs:],
            b=np.concatenate([[], *constants[:-1]]),
            C=system[n_units:, :n_inputs],
            D=system[n_units:, n_inputs:],
            e=constants[-1],
            slopes=np.concatenate([[], *factors]),
            labels=tuple(
                UnitLabel(level + 1, number + 1)
                for level, weight in enumerate(weights[:-1])
                for number in range(weight.shape[1])
            ),
        )

    @classmethod
    def from_keras(cls, model: keras.Model) -> NormalForm:
        """The form of a Keras model whose only nonlinearities are PReLUs; see `prelu_rules.readers.keras`.

        Args:
            model: a built Sequential or functional model with one input and one output.

        Returns:
            The normal form, in float64.

        Raises:
            UnsupportedModelError: if a layer has no exact piecewise linear form.

        Example:
            >>> import keras
            >>> model = keras.Sequential([keras.Input((1,)), keras.layers.ReLU()])
            >>> NormalForm.from_keras(model).predict([[-4.0], [4.0]])
            array([[0.],
                   [4.]])
        """
        from prelu_rules.readers.keras import read_keras

        return read_keras(model)

    def exact(self) -> NormalForm:
        """The same form in exact rationals: every float becomes the `fractions.Fraction` of equal value.

        Returns:
            A form of object arrays; all operations on it are exact.

        Example:
            >>> form = NormalForm(A=[[0.5]], B=[[0]], b=[0], C=[[0]], D=[[1]], e=[0], slopes=[0.25])
            >>> from fractions import Fraction
            >>> form.exact().predict(np.array([Fraction(-1, 3)]))
            array([Fraction(-1, 24)], dtype=object)
        """
        arrays = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "labels"}
        return NormalForm(**{name: exact_array(array) for name, array in arrays.items()}, labels=self.labels)

    def _units(self, rows: Array) -> tuple[Array, Array]:
        """Pre-activations and activations, `(n_rows, n_units)` each: the forward pass."""
        z = rows @ self.A.T + self.b
        p = np.empty_like(z)
        for block in self.blocks:
            if block.start:
                z[:, block] += p[:, : block.start] @ self.B[block, : block.start].T
            p[:, block] = np.where(z[:, block] >= 0, z[:, block], self.slopes[block] * z[:, block])
        return z, p

    def predict(self, x: npt.ArrayLike) -> Array:
        """The outputs of the network.

        Args:
            x: `(n_rows, n_inputs)`, or `(n_inputs,)` for one row.

        Returns:
            `(n_rows, n_outputs)`, or `(n_outputs,)` for one row.

        Raises:
            ShapeError: if `x` has the wrong number of columns.
            InvalidValueError: if `x` holds NaN or infinity.
        """
        rows, single = input_rows(x, self.n_inputs)
        y = rows @ self.C.T + self._units(rows)[1] @ self.D.T + self.e
        return y[0] if single else y

    def evaluate(self, x: npt.ArrayLike) -> Array:
        """The old name of `predict`."""
        warn_renamed("NormalForm.evaluate", "predict")
        return self.predict(x)

    def pre_activations(self, x: npt.ArrayLike) -> Array:
        """The pre-activations `z` of the units.

        Args:
            x: `(n_rows, n_inputs)`, or `(n_inputs,)` for one row.

        Returns:
            `(n_rows, n_units)`, or `(n_units,)` for one row.

        Raises:
            ShapeError: if `x` has the wrong number of columns.
            InvalidValueError: if `x` holds NaN or infinity.
        """
        rows, single = input_rows(x, self.n_inputs)
        z = self._units(rows)[0]
        return z[0] if single else z

    def pattern(self, x: npt.ArrayLike) -> BoolArray:
        """The activation pattern: True where a pre-activation is non-negative (0 counts as non-negative).

        Args:
            x: `(n_rows, n_inputs)`, or `(n_inputs,)` for one row.

        Returns:
            bool, `(n_rows, n_units)`, or `(n_units,)` for one row.

        Raises:
            ShapeError: if `x` has the wrong number of columns.
            InvalidValueError: if `x` holds NaN or infinity.
        """
        return np.asarray(self.pre_activations(x) >= 0, dtype=bool)

    def _substitute(self, units: IntArray, slopes: Array, offsets: Array, kept: IntArray) -> tuple[Array, Array]:
        """Every unit and output as an affine function of the inputs and the kept units.

        Returns:
            `(n_units, n_inputs + n_kept + 1)` and `(n_outputs, n_inputs + n_kept + 1)`; the last column is the
            constant. It is the forward pass with affine functions instead of numbers.
        """
        z = np.hstack([self.A, self.B[:, kept], self.b[:, None]])
        for block in self.blocks:
            earlier = units < block.start
            if earlier.any():
                used = units[earlier]
                z[block] += (self.B[block, used] * slopes[earlier]) @ z[used]
                z[block, -1] += self.B[block, used] @ offsets[earlier]
        y = np.hstack([self.C, self.D[:, kept], self.e[:, None]])
        y = y + (self.D[:, units] * slopes) @ z[units]
        y[:, -1] += self.D[:, units] @ offsets
        return z, y

    def eliminate(self, units: npt.ArrayLike, slopes: npt.ArrayLike, offsets: npt.ArrayLike = 0) -> NormalForm:
        """Replace units by affine functions: substitute `p_k = s z_k + t` for each of them.

        Args:
            units: `(n_eliminated,)` int, distinct indices of units.
            slopes: `(n_eliminated,)`, the fixed slope `s` of each; or a single number for all.
            offsets: `(n_eliminated,)`, the constant `t` of each; or a single number for all.

        Returns:
            The form without these units. If `s` is 1 and the units are linear, it is the same function.

        Raises:
            InvalidValueError: if an index is not an integer, out of range or repeated.
            ShapeError: if the number of slopes or offsets is neither 1 nor the number of units.

        Example:
            >>> form = NormalForm(A=[[1]], B=[[0]], b=[3], C=[[0]], D=[[2]], e=[0], slopes=[1])
            >>> smaller = form.eliminate([0], 1)
            >>> smaller.n_units, smaller.C, smaller.e
            (0, array([[2.]]), array([6.]))
        """
        given = np.asarray(units).reshape(-1)
        # A mask or fractions would be silently read as other indices than intended.
        if given.size and not np.issubdtype(given.dtype, np.integer):
            raise InvalidValueError(
                f"units {given.tolist()} must be integer indices; for a mask, give np.flatnonzero(mask)."
            )
        removed = given.astype(np.intp)
        if len(np.unique(removed)) != len(removed) or ((removed < 0) | (removed >= self.n_units)).any():
            raise InvalidValueError(f"units {removed.tolist()} must be distinct indices from 0 to {self.n_units - 1}.")
        for name, given_values in (("slopes", slopes), ("offsets", offsets)):
            if np.shape(given_values) not in ((), (1,), removed.shape):
                shape = np.shape(given_values)
                raise ShapeError(f"{name} has shape {shape}, but there are {len(removed)} units; give one each.")
        fixed, constant = (np.broadcast_to(np.asarray(values), removed.shape) for values in (slopes, offsets))
        kept = np.setdiff1d(np.arange(self.n_units), removed)
        z, y = self._substitute(removed, fixed, constant, kept)
        d = self.n_inputs
        return NormalForm(
            A=z[kept, :d],
            B=z[kept, d:-1],
            b=z[kept, -1],
            C=y[:, :d],
            D=y[:, d:-1],
            e=y[:, -1],
            slopes=self.slopes[kept],
            labels=tuple(self.labels[unit] for unit in kept),
        )

    def affine_on(self, pattern: npt.ArrayLike) -> tuple[AffineMap, AffineMap]:
        """The affine maps that make up the network where it has a given activation pattern.

        Args:
            pattern: `(n_units,)` bool, True where the pre-activation is non-negative.

        Returns:
            The pre-activations and the outputs as affine maps of the input. They hold where the pre-activations have
            the signs of the pattern; it is not checked whether there is such an input.

        Raises:
            ShapeError: if the pattern has the wrong length.

        Example:
            >>> form = NormalForm(A=[[1]], B=[[0]], b=[3], C=[[0]], D=[[2]], e=[0], slopes=[0.5])
            >>> z, y = form.affine_on([False])
            >>> y
            AffineMap(coef=array([[1.]]), intercept=array([3.]))
        """
        signs = np.asarray(pattern, dtype=bool)
        if signs.shape != (self.n_units,):
            raise ShapeError(f"the pattern has shape {signs.shape}, but must have shape ({self.n_units},).")
        fixed = np.where(signs, 1, self.slopes)
        none = np.empty(0, dtype=np.intp)
        z, y = self._substitute(np.arange(self.n_units), fixed, np.zeros(self.n_units, dtype=int), none)
        return AffineMap(z[:, :-1], z[:, -1]), AffineMap(y[:, :-1], y[:, -1])
