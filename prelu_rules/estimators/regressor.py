"""A scikit-learn regressor whose model is a handful of linear rules."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import RegressorMixin
from sklearn.utils import check_array, check_consistent_length

from prelu_rules.columns.cells import dates_refused
from prelu_rules.estimators.large import check_alone, is_large
from prelu_rules.estimators.outlying_rows import ordinary_rows, row_labels
from prelu_rules.estimators.rule_estimator import RuleEstimator, target_names
from prelu_rules.rows.dataset import is_dataset
from prelu_rules.values import FloatArray, checked_weights


class PReLURuleRegressor(RegressorMixin, RuleEstimator):
    """Linear rules for one or more numbers.

    A network is trained with a force that makes its units linear (E. P. Csirmaz, "Interpreting Neural Networks by
    Reducing Nonlinearities during Training"), and what is left of it is written down as rules. Strings and pandas
    categories become one feature for each category, and missing values a feature of their own; rules contain `colour =
    red` and `age is missing`.

    Args:
        max_nonlinear: the largest number of nonlinear units, each of which bends the function once; None for at most
            five.
        max_rules: the largest number of rules; None for any number.
        max_numbers: the largest number of numbers in the compact form; None for any number.
        validation_fraction: the share of rows that are used to choose the size; the chosen network is refitted to all
            rows.
        hidden: the number of units in each hidden layer of the trained networks.
        members: how many networks are trained side by side, of which the best are kept.
        warm_up_steps: the largest number of optimiser steps before the force, which makes units linear, wakes; it wakes
            for a network as soon as its error is stable.
        force_steps: the largest number of optimiser steps with the force; a network's training ends as soon as it is
            stable.
        batch_size: the number of rows per optimiser step.
        learning_rate: the learning rate of the optimiser, Adam.
        ridge: the penalty on the weights, for standardised columns; None for the default of `PathSettings`.
        jit: whether to compile the training with XLA; this pays off from the second fit on with the same number of
            columns.
        n_jobs: joblib workers for the sparser versions of the networks, which is only useful if they take seconds; None
            for those of `joblib.parallel_config`, which is one by default. The rules do not depend on it.
        outliers: "leave out" to leave out rows that hold a number far outside the others of its column or target, with
            a warning that names it; "keep" to learn from them as from others, so that they may decide everything. Rows
            that do not fit into memory are not looked at.
        random_state: the seed; the same seed and rows give the same rules.
        verbose: whether to show progress bars.
        warm_start: whether a `fit` with the same rows and training parameters as the last one only chooses again from
            its path.

    Attributes:
        rules_: the rules, a `RuleSystem` for the columns of the input.
        path_: the networks with 0, 1, 2, ... nonlinear units, a `RulePath`; use `choose` to choose another one.
        n_nonlinear_: the number of nonlinear units of the chosen network.
        columns_: the columns of the input.
        n_features_in_: the number of columns of the input.
        feature_names_in_: their names, if all of them are text.

    Example:
        >>> x = np.linspace(-1, 1, 100)[:, None]
        >>> model = PReLURuleRegressor(members=2, hidden=(3,), warm_up_steps=100, force_steps=100, random_state=0)
        >>> model = model.fit(x, np.abs(x[:, 0]))
        >>> model.n_nonlinear_, len(model.rules_), model.predict([[-0.5], [0.5]]).round(2)
        (1, 2, array([0.5, 0.5]))
    """

    def fit(self, X: Any, y: Any = None, sample_weight: npt.ArrayLike | None = None) -> Self:
        """Train a path of networks, and read the rules of one of them.

        Args:
            X: `(n_rows, n_columns)` numbers, or a DataFrame whose columns may also hold categories. Rows that do not
                fit into memory can be given as a memory-mapped array of numbers, or as a `tf.data.Dataset` of batches
                `(x, y)` or `(x, y, weights)`; rules are then counted on a sample of them.
            y: `(n_rows,)` or `(n_rows, n_outputs)` numbers.
            sample_weight: `(n_rows,)`; a row with weight 2 counts as two rows, one with weight 0 as none.

        Returns:
            The estimator itself.

        Raises:
            InvalidValueError: if a value, a weight or a parameter is not allowed.
            CellTypeError: if a cell of the table is neither a string nor a number.
            ShapeError: if rows and weights do not fit together.
            TrainingError: if every network diverged.

        Warns:
            OutlierWarning: if rows are left out, since a number in them is far outside the others of its column.
        """
        if is_dataset(X):
            check_alone(y, sample_weight)
            shape = X.element_spec[1].shape
            self._single = shape.rank == 1
            return self._learn_large(
                X, None, None, "squared", target_names(None, "y", None if self._single else shape[1])
            )
        if is_large(X):
            self._single = np.ndim(y) == 1
            names = target_names(y, "y", None if self._single else np.shape(y)[1])
            return self._learn_large(X, y, sample_weight, "squared", names)
        cells = self._cells(X, y=y)
        _check_no_dates(y)
        targets = check_array(y, dtype=np.float64, ensure_2d=False, input_name="y", estimator=self)
        check_consistent_length(cells[0].values, targets)
        weights = checked_weights(sample_weight, len(targets))
        self._single = targets.ndim == 1
        names = target_names(y, "y", None if self._single else targets.shape[1])
        columns = zip(names, targets.reshape(len(targets), -1).T, strict=True)
        there = ordinary_rows(cells, columns, weights > 0, self.outliers, row_labels(X))
        rows = [one.taken(there) for one in cells]
        return self._learn(rows, targets[there], weights[there], "squared", names)

    def predict(self, X: Any) -> FloatArray:
        """Predict by the rules.

        Args:
            X: rows as in `fit`.

        Returns:
            `(n_rows,)`, or `(n_rows, n_outputs)` if `fit` had such targets.

        Raises:
            NotFittedError: if the estimator is not fitted.
            InvalidValueError: if a value is not allowed, such as a category that did not occur in training, or a
                missing value in a column without missing values in training.
            CellTypeError: if a cell of the table is neither a string nor a number.
        """
        x = self._encoded(X)
        outputs = self.rules_.predict(x)
        return outputs[:, 0] if self._single else outputs

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def _check_no_dates(y: Any) -> None:
    """Refuse dates, which NumPy would convert to nanoseconds."""
    dtypes = getattr(y, "dtypes", []) if hasattr(y, "columns") else [getattr(y, "dtype", None)]
    if any(getattr(dtype, "kind", None) in ("M", "m") for dtype in dtypes):
        raise dates_refused("y")
