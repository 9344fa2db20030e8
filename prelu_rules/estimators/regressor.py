"""A scikit-learn regressor whose model is a handful of linear rules."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import RegressorMixin
from sklearn.utils import check_array, check_consistent_length

from prelu_rules.columns.cells import dates_refused
from prelu_rules.columns.substitutes import Unknown
from prelu_rules.errors import InvalidValueError
from prelu_rules.estimators.clipping import Clip, check_clip, extremes_of, output_bounds
from prelu_rules.estimators.large import check_alone, is_large
from prelu_rules.estimators.outlying_rows import Outliers, ordinary_rows, row_labels
from prelu_rules.estimators.rule_estimator import RuleEstimator, target_names
from prelu_rules.losses.huber import Huber
from prelu_rules.losses.link import IdentityLink
from prelu_rules.losses.loss import Loss
from prelu_rules.losses.named import LossName, loss_named
from prelu_rules.rows.dataset import is_dataset
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.search.settings import Starts
from prelu_rules.values import FloatArray, checked_weights


class PReLURuleRegressor(RegressorMixin, RuleEstimator):
    """Linear rules for one or more numbers.

    A network is trained with a force that makes its units linear (E. P. Csirmaz, "Interpreting Neural Networks by
    Reducing Nonlinearities during Training"), and what is left of it is written down as rules. Strings and pandas
    categories become one feature for each category, and missing values a feature of their own; rules contain `colour =
    red` and `age is missing`. The most frequent category is the reference, whose effect is in the constant; categories
    of few rows share one effect; and where few numbers are missing, these count as about the mean of the others.

    Args:
        loss: "squared" for the mean, or "huber" for targets with heavy tails: errors count in proportion to their size
            from 1.35 robust deviations of the targets on (of a `tf.data.Dataset`, standard deviations). A `Loss` of
            numbers is used as it is, on targets of deviation 1.
        clip: what outputs are kept within: "training" for the range of the training targets, widened by a tenth of it
            at either end; the smallest and the largest output, such as `(0, None)`; or None for nothing, for targets
            that may lie far beyond those of training. The bounds are part of the rules, and of all that these are
            exported to, but not of `path_`.
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

    Example:
        >>> x = np.linspace(-1, 1, 100)[:, None]
        >>> model = PReLURuleRegressor(max_nonlinear=2, random_state=0)
        >>> model = model.fit(x, np.abs(x[:, 0]))
        >>> model.n_nonlinear_, len(model.rules_), model.predict([[-0.5], [0.5]]).round(2)
        (1, 2, array([0.5, 0.5]))
    """

    def __init__(
        self,
        *,
        loss: LossName | Loss = "squared",
        clip: Clip = "training",
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
        self.loss: LossName | Loss = loss
        self.clip: Clip = clip

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
            DataWarning: if there are fewer rows than columns, or all rows or all targets are alike.
        """
        loss = _loss_of_numbers(self.loss)
        check_clip(self.clip)
        if is_dataset(X):
            check_alone(y, sample_weight)
            shape = X.element_spec[1].shape
            self._single = shape.rank == 1
            names = target_names(None, "y", None if self._single else shape[1])
            self._extremes = extremes_of(X, None) if self.clip == "training" else np.zeros((2, len(names)))
            return self._learn_large(X, None, None, loss, names)
        if is_large(X):
            self._single = np.ndim(y) == 1
            names = target_names(y, "y", None if self._single else np.shape(y)[1])
            self._extremes = extremes_of(X, y, sample_weight)
            return self._learn_large(X, y, sample_weight, self._adapted(loss, np.asarray(y)), names)
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
        self._extremes = extremes_of(X, targets[there])
        return self._learn(rows, targets[there], weights[there], self._adapted(loss, targets[there]), names)

    def _adapted(self, loss: Loss, targets: FloatArray) -> Loss:
        """The loss, in the unit that suits the targets if it is known by its name only."""
        return loss.of_targets(targets) if self.loss == "huber" and isinstance(loss, Huber) else loss

    def _bounded(self, rules: RuleSystem) -> RuleSystem:
        return replace(rules, bounds=output_bounds(self.clip, self._extremes))

    def predict(self, X: Any) -> FloatArray:
        """Predict by the rules.

        Args:
            X: rows as in `fit`.

        Returns:
            `(n_rows,)`, or `(n_rows, n_outputs)` if `fit` had such targets.

        Raises:
            NotFittedError: if the estimator is not fitted.
            InvalidValueError: if a value is not allowed, such as one that training never saw, if `unknown` is "error".
            CellTypeError: if a cell of the table is neither a string nor a number.

        Warns:
            UnknownValueWarning: if a cell holds what training never saw, and counts as something else.
        """
        x = self._encoded(X)
        outputs = self._rules.predict(x)
        return outputs[:, 0] if self._single else outputs

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def _loss_of_numbers(loss: LossName | Loss) -> Loss:
    """A loss whose outputs are the expected targets."""
    found = loss_named(loss)
    if not isinstance(found.link, IdentityLink):
        raise InvalidValueError(
            f"loss is {loss!r}, whose outputs are not the targets themselves; give 'squared' or 'huber', use "
            "PReLURuleClassifier for classes, or train_path for others."
        )
    return found


def _check_no_dates(y: Any) -> None:
    """Refuse dates, which NumPy would convert to nanoseconds."""
    dtypes = getattr(y, "dtypes", []) if hasattr(y, "columns") else [getattr(y, "dtype", None)]
    if any(getattr(dtype, "kind", None) in ("M", "m") for dtype in dtypes):
        raise dates_refused("y")
