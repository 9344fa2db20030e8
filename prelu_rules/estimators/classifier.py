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
from prelu_rules.columns.substitutes import Unknown
from prelu_rules.errors import InvalidValueError
from prelu_rules.estimators.large import check_alone, class_labels, is_large, with_class_indices
from prelu_rules.estimators.outlying_rows import Outliers, ordinary_rows, row_labels
from prelu_rules.estimators.rule_estimator import RuleEstimator, target_names
from prelu_rules.losses.named import LossName
from prelu_rules.rows.dataset import is_dataset
from prelu_rules.search.settings import Starts
from prelu_rules.values import FloatArray, checked_weights


class PReLURuleClassifier(ClassifierMixin, RuleEstimator):
    """Linear rules for the logits of classes: one logit per class or, for two classes, that of the second class.

    It is trained like `PReLURuleRegressor`, with the cross-entropy of the logits. `rules_.decision_rules()` gives rules
    of the form `THEN class = ...`.

    Args:
        max_nonlinear: the largest number of nonlinear units, each of which bends the function once; None to go on while
            rows that were left out improve.
        max_rules: the largest number of rules; None for any number.
        max_numbers: the largest number of numbers in the compact form; None for any number.
        validation_fraction: the share of rows that are left out to choose the size where a single part is: for "force",
            for three classes or more, and where there are more than 1,500 rows. The chosen network is refitted to all
            rows.
        starts: "growth" adds bends one by one to a linear model. "force" trains a population of networks with Keras,
            pulls their units to linear ones, and removes the others one by one, as in the paper; "both" takes the
            better network of each size.
        max_columns_per_bend: how many columns a bend may use; with 1, bends are thresholds such as `age > 41`. None for
            any number.
        nesting: whether bends may use other bends.
        n_folds: the number of parts of the rows that are left out of the search one by one, to choose penalty and size.
        search_rows: the largest number of rows that are searched on where a single part is left out.
        refine_rows: the largest number of rows of the last refit.
        hidden: the number of units in each hidden layer of the trained networks.
        members: how many networks are trained side by side, of which the best are kept.
        warm_up_steps: the largest number of optimiser steps before the force, which makes units linear, wakes; it wakes
            for a network as soon as its error is stable.
        force_steps: the largest number of optimiser steps with the force; a network's training ends as soon as it is
            stable.
        batch_size: the number of rows per optimiser step.
        learning_rate: the learning rate of the optimiser, Adam.
        ridge: the penalty on the weights, for standardised columns; None to choose it by rows that are left out.
        jit: whether to compile the training with XLA; this pays off from the second fit on with the same number of
            columns.
        n_jobs: joblib workers for the searches without parts of the rows, which is only useful if they take seconds;
            None for those of `joblib.parallel_config`, which is one by default. The rules do not depend on it.
        class_weight: the weights of the classes in the loss: a dict, or "balanced" for the same total weight of each
            class.
        outliers: "leave out" to leave out rows that hold a number far outside the others of its column or target, with
            a warning that names it; "keep" to learn from them as from others, so that they may decide everything. Rows
            that do not fit into memory are not looked at.
        unknown: what a cell counts as whose level was not seen in training, or that is missing in a column that never
            was: "reference" for the most frequent level, or the mean of a number; "mean" for the mean of the features
            of all training rows, so in shares of each level; both with a warning. "error" to refuse such rows. The
            rules say it, too.
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
        classes_: the class labels, sorted.

    Example:
        >>> x = np.linspace(-1, 1, 100)[:, None]
        >>> model = PReLURuleClassifier(max_nonlinear=2, random_state=0)
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
        starts: Starts = "growth",
        max_columns_per_bend: int | None = None,
        nesting: bool = True,
        n_folds: int = 5,
        search_rows: int = 4_000,
        refine_rows: int = 50_000,
        hidden: tuple[int, ...] = (8, 8),
        members: int = 8,
        warm_up_steps: int = 1000,
        force_steps: int = 1000,
        batch_size: int = 64,
        learning_rate: float = 3e-3,
        ridge: float | None = None,
        jit: bool = True,
        n_jobs: int | None = None,
        outliers: Outliers = "leave out",
        unknown: Unknown = "reference",
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
            starts=starts,
            max_columns_per_bend=max_columns_per_bend,
            nesting=nesting,
            n_folds=n_folds,
            search_rows=search_rows,
            refine_rows=refine_rows,
            hidden=hidden,
            members=members,
            warm_up_steps=warm_up_steps,
            force_steps=force_steps,
            batch_size=batch_size,
            learning_rate=learning_rate,
            ridge=ridge,
            jit=jit,
            n_jobs=n_jobs,
            outliers=outliers,
            unknown=unknown,
            random_state=random_state,
            verbose=verbose,
            warm_start=warm_start,
        )
        self.class_weight = class_weight

    def fit(self, X: Any, y: Any = None, sample_weight: npt.ArrayLike | None = None) -> Self:
        """Train a path of networks, and read the rules of one of them.

        Args:
            X: `(n_rows, n_columns)` numbers, or a DataFrame whose columns may also hold categories. Rows that do not
                fit into memory can be given as a memory-mapped array of numbers, or as a `tf.data.Dataset` of batches
                `(x, y)` or `(x, y, weights)`; rules are then counted on a sample of them.
            y: `(n_rows,)` class labels, of at least two classes.
            sample_weight: `(n_rows,)`; a row with weight 2 counts as two rows, one with weight 0 as none.

        Returns:
            The estimator itself.

        Raises:
            InvalidValueError: if a value, a weight or a parameter is not allowed, or there is only one class.
            CellTypeError: if a cell of the table is neither a string nor a number.
            ShapeError: if rows and weights do not fit together.
            TrainingError: if every network diverged.

        Warns:
            OutlierWarning: if rows are left out, since a number in them is far outside the others of its column.
            DataWarning: if there are fewer rows than columns, or all rows or all targets are alike.
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
        there = ordinary_rows(cells, [], weights > 0, self.outliers, row_labels(X))
        self.classes_, targets = np.unique(labels[there], return_inverse=True)
        outputs = self._outputs(target_names(y, "class", None)[0])
        rows = [one.taken(there) for one in cells]
        return self._learn(rows, targets.astype(np.float64), weights[there], *outputs)

    def _outputs(self, target: str) -> tuple[LossName, tuple[str, ...], tuple[Any, ...]]:
        """The loss, the names of the logits and the classes."""
        if len(self.classes_) == 1:
            raise InvalidValueError(
                f"y has 1 class, {self.classes_.tolist()[0]!r}, in the rows with a weight; a classifier needs at least "
                "two."
            )
        binary = len(self.classes_) == 2
        names = tuple(f"logit({target} = {label})" for label in self.classes_[1 if binary else 0 :])
        return "logistic" if binary else "softmax", names, tuple(self.classes_.tolist())

    def _loss_weights(self, y: FloatArray, weights: FloatArray) -> FloatArray:
        labels = self.classes_[y.astype(np.intp)]
        of_classes = compute_class_weight(self.class_weight, classes=self.classes_, y=labels, sample_weight=weights)
        return weights * of_classes[y.astype(np.intp)]

    def decision_function(self, X: Any) -> FloatArray:
        """Compute the logits by the rules.

        Args:
            X: rows as in `fit`.

        Returns:
            `(n_rows, n_classes)`; for two classes that of the second class, `(n_rows,)`.

        Raises:
            NotFittedError: if the estimator is not fitted.
            InvalidValueError: if a value is not allowed, such as one that training never saw, if `unknown` is "error".
            CellTypeError: if a cell of the table is neither a string nor a number.

        Warns:
            UnknownValueWarning: if a cell holds what training never saw, and counts as something else.
        """
        x = self._encoded(X)
        logits = self._rules.predict(x)
        return logits[:, 0] if logits.shape[1] == 1 else logits

    def predict_proba(self, X: Any) -> FloatArray:
        """Compute the probability of each class from the logits.

        Args:
            X: rows as in `fit`.

        Returns:
            `(n_rows, n_classes)`, in the order of `classes_`; each row adds up to 1.

        Raises:
            NotFittedError: if the estimator is not fitted.
            InvalidValueError: if a value is not allowed; see `decision_function`.
            CellTypeError: if a cell of the table is neither a string nor a number.
        """
        x = self._encoded(X)
        return self._rules.probabilities(x)

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """Predict the class with the largest logit, the first one on a tie.

        Args:
            X: rows as in `fit`.

        Returns:
            `(n_rows,)` class labels.

        Raises:
            NotFittedError: if the estimator is not fitted.
            InvalidValueError: if a value is not allowed; see `decision_function`.
            CellTypeError: if a cell of the table is neither a string nor a number.
        """
        logits = self.decision_function(X)
        return self.classes_[(logits > 0).astype(np.intp) if logits.ndim == 1 else logits.argmax(axis=1)]


def _check_labels(y: Any) -> None:
    """Refuse missing labels (NumPy would make a class called nan of them), dates, and anything that is not a label."""
    if isinstance(y, np.ndarray) and y.dtype.kind in "biu":
        return
    # Lists may hold anything, which NumPy would turn into texts; and it would turn an array's dates into numbers.
    kept = None if isinstance(y, np.ndarray) else object
    values = y.to_list() if hasattr(y, "to_list") else list(np.asarray(y, dtype=kept).reshape(-1))
    missing = cells_of_values("y", values).missing
    if missing.any():
        raise InvalidValueError(f"y is missing in row {int(missing.argmax())}; leave out the rows without a class.")
