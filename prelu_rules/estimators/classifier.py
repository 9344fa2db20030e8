"""A scikit-learn classifier whose model is a handful of linear rules for logits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import ClassifierMixin
from sklearn.utils import assert_all_finite, check_consistent_length, column_or_1d, compute_class_weight
from sklearn.utils.multiclass import check_classification_targets

from prelu_rules.columns.cells import cells_of_values
from prelu_rules.errors import InvalidValueError
from prelu_rules.estimators.large import check_alone, class_labels, is_dataset, is_large, with_class_indices
from prelu_rules.estimators.rule_estimator import RuleEstimator, target_names
from prelu_rules.losses.named import LossName
from prelu_rules.values import FloatArray, checked_weights


class PReLURuleClassifier(ClassifierMixin, RuleEstimator):
    """Linear rules for the logits of classes: one per class, or of two classes that of the second.

    It is trained as `PReLURuleRegressor` is, by the cross-entropy of the logits. `rules_.decision_rules()` reads
    `THEN class = ...`.

    Args:
        max_nonlinear: the most nonlinear units, each of which bends the function once; None for at most five.
        max_rules: the most rules; None for any number.
        max_numbers: the most numbers to read in the compact form; None for any number.
        validation_fraction: the share of rows that choose the size; at last the network is fitted to all rows.
        hidden: units of each hidden layer of the networks that are trained.
        members: how many networks are trained side by side, of which the best is kept.
        warm_up_steps: optimiser steps before the force wakes that pulls units to be linear, at most: it wakes for a
            network as soon as its error is stable.
        force_steps: optimiser steps with the force, at most: a network's training ends as soon as it is stable.
        batch_size: rows of an optimiser step.
        learning_rate: of the optimiser, Adam.
        ridge: penalty on the weights, for standardised columns; None for the default of `PathSettings`.
        jit: whether XLA compiles the training; it takes longer, and pays from the second fit on with as many columns.
        n_jobs: joblib workers for the sparser versions of the networks, which pays where they take seconds; None for
            those of `joblib.parallel_config`, which by default is one. It does not change the rules.
        class_weight: how much the rows of each class count in the loss: by class, or "balanced" for the same in all.
        random_state: equal numbers and rows give equal rules.
        verbose: whether to show progress bars.
        warm_start: whether a `fit` on the rows and with the training of the last one only chooses anew from its path.

    Attributes:
        rules_: the rules, a `RuleSystem`; they speak of the columns of the input.
        path_: the networks of 0, 1, 2, ... nonlinear units, a `RulePath`; `choose` takes another one.
        n_nonlinear_: nonlinear units of the network whose rules these are.
        columns_: what the columns of the input are.
        n_features_in_: columns of the input.
        feature_names_in_: their names, where all of them are text.
        classes_: the class labels, sorted.

    Example:
        >>> x = np.linspace(-1, 1, 100)[:, None]
        >>> model = PReLURuleClassifier(members=2, hidden=(3,), warm_up_steps=100, force_steps=100, random_state=0)
        >>> model = model.fit(x, np.where(x[:, 0] > 0.2, "high", "low"))
        >>> model.predict([[0.0], [0.5]])
        array(['low', 'high'], dtype='<U4')
    """

    def __init__(
        self,
        *,
        max_nonlinear: int | None = None,
        max_rules: int | None = None,
        max_numbers: int | None = None,
        validation_fraction: float = 0.2,
        hidden: tuple[int, ...] = (8, 8),
        members: int = 8,
        warm_up_steps: int = 1000,
        force_steps: int = 1000,
        batch_size: int = 64,
        learning_rate: float = 3e-3,
        ridge: float | None = None,
        jit: bool = True,
        n_jobs: int | None = None,
        class_weight: Mapping[Any, float] | Literal["balanced"] | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
        warm_start: bool = False,
    ) -> None:
        super().__init__(
            max_nonlinear=max_nonlinear,
            max_rules=max_rules,
            max_numbers=max_numbers,
            validation_fraction=validation_fraction,
            hidden=hidden,
            members=members,
            warm_up_steps=warm_up_steps,
            force_steps=force_steps,
            batch_size=batch_size,
            learning_rate=learning_rate,
            ridge=ridge,
            jit=jit,
            n_jobs=n_jobs,
            random_state=random_state,
            verbose=verbose,
            warm_start=warm_start,
        )
        self.class_weight = class_weight

    def fit(self, X: Any, y: Any = None, sample_weight: npt.ArrayLike | None = None) -> Self:
        """Train a path of networks, and read the rules of one of them.

        Args:
            X: `(n_rows, n_columns)` numbers, or a DataFrame whose columns may also hold categories. Rows that do not
                fit into memory may come as a memory-mapped array of numbers, or as a `tf.data.Dataset` of batches
                `(x, y)` or `(x, y, weights)`; rules are then counted on a sample of them.
            y: `(n_rows,)` class labels, of at least two classes.
            sample_weight: `(n_rows,)`; a row with weight 2 counts as two rows, one with weight 0 as none.

        Returns:
            The estimator itself.

        Raises:
            InvalidValueError: if a value, a weight or a parameter cannot be used, or there is only one class.
            CellTypeError: if a cell of the table is neither a string nor a number.
            ShapeError: if rows and weights do not fit together.
            TrainingError: if every network diverged.
        """
        if is_dataset(X):
            check_alone(y, sample_weight)
            self.classes_ = class_labels(X)
            return self._learn_large(with_class_indices(X, self.classes_), None, None, *self._outputs("class"))
        if is_large(X):
            _check_labels(y)
            self.classes_, targets = np.unique(y, return_inverse=True)
            return self._learn_large(X, targets, sample_weight, *self._outputs(target_names(y, "class", None)[0]))
        cells = self._cells(X, y=y)
        _check_labels(y)
        labels = column_or_1d(y, warn=True)
        assert_all_finite(labels, input_name="y")
        check_classification_targets(labels)
        check_consistent_length(cells[0].values, labels)
        weights = checked_weights(sample_weight, len(labels))
        there = weights > 0
        self.classes_, targets = np.unique(labels[there], return_inverse=True)
        outputs = self._outputs(target_names(y, "class", None)[0])
        rows = [one.taken(there) for one in cells]
        return self._learn(rows, targets.astype(np.float64), weights[there], *outputs)

    def _outputs(self, target: str) -> tuple[LossName, tuple[str, ...], tuple[Any, ...]]:
        """The loss, the names of the logits and the classes."""
        if len(self.classes_) == 1:
            raise InvalidValueError(
                f"y holds 1 class, {self.classes_.tolist()[0]!r}, in the rows with a weight; a classifier needs two."
            )
        binary = len(self.classes_) == 2
        names = tuple(f"logit({target} = {label})" for label in self.classes_[1 if binary else 0 :])
        return "logistic" if binary else "softmax", names, tuple(self.classes_.tolist())

    def _loss_weights(self, y: FloatArray, weights: FloatArray) -> FloatArray:
        labels = self.classes_[y.astype(np.intp)]
        of_classes = compute_class_weight(self.class_weight, classes=self.classes_, y=labels, sample_weight=weights)
        return weights * of_classes[y.astype(np.intp)]

    def decision_function(self, X: Any) -> FloatArray:
        """The logits that the rules say.

        Args:
            X: rows as in `fit`.

        Returns:
            `(n_rows, n_classes)`; of two classes that of the second, `(n_rows,)`.

        Raises:
            NotFittedError: if the estimator is not fitted.
            InvalidValueError: if a value cannot be used: a category that no training row had, or a missing one in a
                column where none of them was.
            CellTypeError: if a cell of the table is neither a string nor a number.
        """
        x = self._encoded(X)
        logits = self.rules_.predict(x)
        return logits[:, 0] if logits.shape[1] == 1 else logits

    def predict_proba(self, X: Any) -> FloatArray:
        """The probability of each class, by the logits.

        Args:
            X: rows as in `fit`.

        Returns:
            `(n_rows, n_classes)`, in the order of `classes_`; each row adds up to 1.

        Raises:
            NotFittedError: if the estimator is not fitted.
            InvalidValueError: if a value cannot be used; see `decision_function`.
            CellTypeError: if a cell of the table is neither a string nor a number.
        """
        x = self._encoded(X)
        return self.rules_.probabilities(x)

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """The class with the largest logit, the first of equal ones.

        Args:
            X: rows as in `fit`.

        Returns:
            `(n_rows,)` class labels.

        Raises:
            NotFittedError: if the estimator is not fitted.
            InvalidValueError: if a value cannot be used; see `decision_function`.
            CellTypeError: if a cell of the table is neither a string nor a number.
        """
        logits = self.decision_function(X)
        return self.classes_[(logits > 0).astype(np.intp) if logits.ndim == 1 else logits.argmax(axis=1)]


def _check_labels(y: Any) -> None:
    """Refuse labels that are missing, which NumPy would make a class called nan, dates, and what is no label."""
    if isinstance(y, np.ndarray) and y.dtype.kind in "biu":
        return
    # Lists may hold anything, which NumPy would make all texts; of an array's dates it would make numbers.
    kept = None if isinstance(y, np.ndarray) else object
    values = y.to_list() if hasattr(y, "to_list") else list(np.asarray(y, dtype=kept).reshape(-1))
    missing = cells_of_values("y", values).missing
    if missing.any():
        raise InvalidValueError(f"y is missing in row {int(missing.argmax())}; leave out the rows without a class.")
