"""What the estimators have in common: from a table to a path of networks, and from one of them to rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, replace
from hashlib import sha256
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator
from sklearn.utils import check_array, check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from prelu_rules.columns.cells import Cells, cells_of_values
from prelu_rules.columns.column import Column, check_names, features_of
from prelu_rules.columns.contrasts import Contrasts
from prelu_rules.columns.encoding import encoded_cells, inferred_columns, number_columns
from prelu_rules.columns.fill import Fill
from prelu_rules.columns.substitutes import Unknown, with_substitutes
from prelu_rules.columns.tables import is_table, known_cells, table_cells, to_pandas
from prelu_rules.domains.as_domain import domain_of_inputs, domain_of_rows
from prelu_rules.errors import InvalidValueError
from prelu_rules.estimators.large import some_rows
from prelu_rules.estimators.outlying_rows import Outliers
from prelu_rules.estimators.poor_rows import warn_of_data
from prelu_rules.estimators.repetition import in_order
from prelu_rules.estimators.sklearn_internals import feature_names_in
from prelu_rules.estimators.target import label_array
from prelu_rules.losses.loss import Loss
from prelu_rules.losses.named import LossName
from prelu_rules.refine.path import PathPoint, RulePath, check_limits
from prelu_rules.renamed import warn_renamed
from prelu_rules.rows.dataset import is_dataset
from prelu_rules.rules.extraction import MAX_UNITS, counted_rules
from prelu_rules.rules.printed import with_honest_precision
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.search.settings import Starts
from prelu_rules.values import FloatArray


class RuleEstimator(BaseEstimator):
    """A path of ever smaller networks, and the rules of one of them; subclasses define the outputs.

    A fitted estimator stores its encoded training rows and their targets, so that `choose` can count them again.
    """

    columns_: tuple[Column, ...]
    path_: RulePath
    point_: PathPoint
    _rules: RuleSystem

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
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
        warm_start: bool = False,
    ) -> None:
        self.max_nonlinear = max_nonlinear
        self.max_rules = max_rules
        self.max_numbers = max_numbers
        self.validation_fraction = validation_fraction
        self.starts: Starts = starts
        self.max_columns_per_bend = max_columns_per_bend
        self.nesting = nesting
        self.n_folds = n_folds
        self.search_rows = search_rows
        self.refine_rows = refine_rows
        self.hidden = hidden
        self.members = members
        self.warm_up_steps = warm_up_steps
        self.force_steps = force_steps
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.ridge = ridge
        self.jit = jit
        self.n_jobs = n_jobs
        self.outliers: Outliers = outliers
        self.unknown: Unknown = unknown
        self.random_state = random_state
        self.verbose = verbose
        self.warm_start = warm_start

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_rules")

    @property
    def rules_(self) -> RuleSystem:
        """The rules; to how many digits they are printed is found when one first looks at them, as it takes time."""
        check_is_fitted(self)
        if self._rules.precision is None:
            precise = with_honest_precision(self._rules.unbounded, self._learned_from[0])
            self._rules = replace(self._rules, precision=precise.precision)
        return self._rules

    @rules_.setter
    def rules_(self, rules: RuleSystem) -> None:
        self._rules = rules

    def choose(
        self,
        size: int | None = None,
        *,
        max_nonlinear: int | None = None,
        max_rules: int | None = None,
        max_numbers: int | None = None,
    ) -> Self:
        """Choose another network of the path; nothing is trained again.

        Args:
            size: its number of nonlinear units, an index into `path_`; None to choose within the limits.
            max_nonlinear: the largest number of nonlinear units.
            max_rules: the largest number of rules.
            max_numbers: the largest number of numbers in the compact form.

        Returns:
            The estimator itself, with the rules of that network.

        Raises:
            NotFittedError: if the estimator is not fitted.
            InvalidValueError: if no network of the path satisfies the limits, or there is none of that size.
        """
        check_is_fitted(self)
        if size is None:
            return self._take(self.path_.choose(max_nonlinear, max_rules, max_numbers))
        if not 0 <= size < len(self.path_):
            raise InvalidValueError(
                f"size is {size}, but must be from 0 to {len(self.path_) - 1}, the sizes on the path."
            )
        return self._take(self.path_[size])

    def select(self, size: int | None = None, **limits: Any) -> Self:
        """The old name of `choose`."""
        warn_renamed(f"{type(self).__name__}.select", "choose")
        return self.choose(size, **limits)

    def get_feature_names_out(self, input_features: npt.ArrayLike | None = None) -> npt.NDArray[np.object_]:
        """The names of the features that rules use: those of numeric columns, and one for each category.

        Args:
            input_features: the names of the columns, which must be those seen in `fit`; None for these.

        Returns:
            `(n_features_out,)` names.

        Raises:
            NotFittedError: if the estimator is not fitted.
            ValueError: if the names differ from those seen in `fit`.
        """
        check_is_fitted(self)
        feature_names_in(self, input_features)
        return np.array([feature.name for feature in features_of(self.columns_)], dtype=object)

    def _cells(self, X: Any, columns: Sequence[Column] | None = None, **options: Any) -> list[Cells]:
        """The columns of the input; their names and number are checked or, with `reset`, stored."""
        named = is_table(X)
        if named and not hasattr(X, "shape"):
            X = to_pandas(table_cells(X))
        elif not named:
            # Lists may mix strings and numbers, which NumPy would convert to strings.
            X = check_array(
                X,
                dtype=None if hasattr(X, "dtype") else object,
                ensure_all_finite=False,
                estimator=self,
                input_name="X",
            )
        cells = table_cells(X) if named and columns is None else []
        validate_data(self, X, skip_check_array=True, **options)
        if named:
            cells = known_cells(X, columns, by_place=self._by_place(X)) if columns is not None else cells
            if not cells or not len(cells[0]):
                raise InvalidValueError(
                    f"the table has {len(cells)} columns and {len(cells[0]) if cells else 0} rows; it must have at "
                    "least one of each."
                )
            return cells
        known: Sequence[Column | None] = columns or [None] * X.shape[1]
        return [_array_cells(f"x{k}", X[:, k], column) for k, column in enumerate(known)]

    def _encoded(self, X: Any) -> FloatArray:
        """Encode the input as features."""
        check_is_fitted(self)
        return encoded_cells(self.columns_, self._cells(X, self.columns_, reset=False))

    def _by_place(self, X: Any) -> bool:
        """Whether to match columns by position, since scikit-learn compares names only if all of them are text."""
        names = map(str, getattr(X, "column_names", X.columns))
        return set(names) != {column.name for column in self.columns_}

    def _learn(
        self,
        cells: Sequence[Cells],
        y: FloatArray,
        weights: FloatArray,
        loss: LossName | Loss,
        output_names: tuple[str, ...],
        classes: tuple[Any, ...] | None = None,
    ) -> Self:
        """Train a path on rows that all have a weight, and take one of its networks."""
        # Keras is needed for training only, so a fitted estimator predicts without it.
        from prelu_rules.search.path import train_path, warn_of_a_short_path

        check_limits(self.max_nonlinear, self.max_rules, self.max_numbers)
        columns = inferred_columns(cells)
        output_names = _besides(output_names, columns)
        columns = with_substitutes(columns, encoded_cells(columns, cells), weights, self.unknown)
        rows = encoded_cells(columns, cells)
        learned_from = rows, y, weights
        x, y, weights = in_order(rows, y, weights)
        fill = Fill.of_rows(columns, x, weights)
        filled = fill.filled(x)
        contrasts = Contrasts.of_rows(columns, x, weights)
        seen = contrasts.inputs(filled)
        warn_of_data(seen, y, len(columns))
        weights = self._loss_weights(y, weights)
        settings = self._settings()
        # What unknown cells count as does not matter for training.
        known_columns = [astuple(replace(column, unknown=None)) for column in columns]
        said = (x.shape, y.shape, *known_columns, loss, self.validation_fraction, astuple(settings))
        # A digest, so that a fitted estimator can be loaded without Keras, which the settings need.
        task = sha256(repr(said).encode())
        for part in (x, y, weights):
            task.update(np.ascontiguousarray(part).tobytes())
        known = self.warm_start and getattr(self, "_task", None) == task.digest() and self.path_.complete
        if not known:
            path = train_path(
                seen,
                y,
                loss=loss,
                sample_weight=weights,
                validation_fraction=self.validation_fraction,
                domain=domain_of_inputs(domain_of_rows(columns, filled, fill), contrasts, seen),
                settings=settings,
                random_state=int(check_random_state(self.random_state).randint(2**31 - 1)),
                verbose=bool(self.verbose),
                n_jobs=self.n_jobs,
            )
            whole = domain_of_rows(columns, x)
            self.path_ = path.rewritten(lambda form: fill.folded(contrasts.unfolded(form)), whole)
        self.columns_, self._learned_from, self._task = columns, learned_from, task.digest()
        self._output_names, self._class_labels = output_names, classes
        if self.max_nonlinear is not None and self.max_nonlinear <= MAX_UNITS:
            warn_of_a_short_path(self.path_, self.max_nonlinear, self.starts, 3)
        return self._take(self.path_.choose(self.max_nonlinear, self.max_rules, self.max_numbers))

    def _learn_large(
        self,
        X: Any,
        y: Any,
        weights: npt.ArrayLike | None,
        loss: LossName | Loss,
        output_names: tuple[str, ...],
        classes: tuple[Any, ...] | None = None,
    ) -> Self:
        """Train a path on numeric rows without copying them; weights are used in the loss."""
        from prelu_rules.search.path import train_path, warn_of_a_short_path

        check_limits(self.max_nonlinear, self.max_rules, self.max_numbers)
        settings, seed = self._settings(), int(check_random_state(self.random_state).randint(2**31 - 1))
        self.path_ = train_path(
            X,
            y,
            loss=loss,
            sample_weight=weights,
            validation_fraction=self.validation_fraction,
            settings=settings,
            random_state=seed,
            verbose=bool(self.verbose),
            n_jobs=self.n_jobs,
        )
        if is_dataset(X):
            self.n_features_in_ = int(X.element_spec[0].shape[1])
        else:
            validate_data(self, X, skip_check_array=True)
        # Large rows are not compared with those of the last fit, so there is no warm start.
        self._learned_from, self._task = some_rows(X, y, weights, settings.refine_rows, seed), b""
        columns = number_columns([f"x{k}" for k in range(self.n_features_in_)])
        self.columns_ = with_substitutes(columns, self._learned_from[0], self._learned_from[2], self.unknown)
        self._output_names, self._class_labels = output_names, classes
        if self.max_nonlinear is not None and self.max_nonlinear <= MAX_UNITS:
            warn_of_a_short_path(self.path_, self.max_nonlinear, self.starts, 3)
        return self._take(self.path_.choose(self.max_nonlinear, self.max_rules, self.max_numbers))

    def _settings(self) -> Any:
        from prelu_rules.population.settings import PopulationSettings
        from prelu_rules.search.settings import PathSettings

        population = PopulationSettings(
            members=self.members,
            hidden=tuple(self.hidden),
            learning_rate=self.learning_rate,
            warm_up_steps=self.warm_up_steps,
            force_steps=self.force_steps,
            batch_size=self.batch_size,
            jit=self.jit,
        )
        return PathSettings(
            population,
            starts=self.starts,
            # With a low limit the path is that without one, so that `choose` finds what training with a limit finds.
            max_nonlinear=None if (self.max_nonlinear or 0) <= MAX_UNITS else self.max_nonlinear,
            ridge=self.ridge,
            max_columns_per_bend=self.max_columns_per_bend,
            nesting=self.nesting,
            n_folds=self.n_folds,
            search_rows=self.search_rows,
            refine_rows=self.refine_rows,
        )

    def _loss_weights(self, y: FloatArray, weights: FloatArray) -> FloatArray:
        """The weight of each row in the loss."""
        return weights

    def _bounded(self, rules: RuleSystem) -> RuleSystem:
        """The rules with the bounds of their outputs."""
        return rules

    def _take(self, point: PathPoint) -> Self:
        self.point_, self.n_nonlinear_ = point, point.n_nonlinear
        self.path_ = replace(self.path_, chosen=point)
        x, y, weights = self._learned_from
        rules = counted_rules(point.form, point.domain, self.columns_, self._output_names, self._class_labels, x)
        labels = None if self._class_labels is None else label_array(self._class_labels)
        targets = y if labels is None else labels[y.astype(np.intp)]
        self._rules = self._bounded(rules).with_evidence(x, targets, weights)
        return self


def _array_cells(name: str, values: npt.NDArray[Any], column: Column | None) -> Cells:
    """A column of an array; an object array may hold anything."""
    if column is not None and column.kind == "category":
        return cells_of_values(column.name, list(values), column.levels)
    if values.dtype == object or values.dtype.kind not in "biuf":
        # `tolist` would convert NumPy's dates to numbers.
        return cells_of_values(name, list(values))
    missing = np.isnan(values) if values.dtype.kind == "f" else np.zeros(len(values), dtype=bool)
    # Arrays have one type for all columns, so that it says little about each.
    return Cells(name, None if missing.all() else "number", values, missing)


def _besides(output_names: Sequence[str], columns: Sequence[Column]) -> tuple[str, ...]:
    """Names of outputs that differ from those of columns, so that no rule says `y = 3 * y`."""
    check_names("output", output_names)
    features = {column.name for column in columns} | {feature.name for feature in features_of(columns)}
    taken = features | set(output_names)
    found = []
    for name in output_names:
        if name in features:
            while name in taken:
                name = f"predicted_{name}"
            taken.add(name)
        found.append(name)
    return tuple(found)


def target_names(y: Any, default: str, n_outputs: int | None) -> tuple[str, ...]:
    """The names of the targets.

    Args:
        y: targets; those of a table have names.
        default: the name to use otherwise.
        n_outputs: the number of targets; None for a single one that is not a column.

    Returns:
        As many names.

    Example:
        >>> import pandas as pd
        >>> target_names(pd.Series([1.0], name="price"), "y", None), target_names([[1.0, 2.0]], "y", 2)
        (('price',), ('y1', 'y2'))
    """
    if is_table(y) and getattr(y, "ndim", 2) == 2:
        return tuple(map(str, getattr(y, "column_names", y.columns)))
    if n_outputs is None:
        name = getattr(y, "name", None)
        # A polars Series without a name is called "".
        return (default if name is None or name == "" else str(name),)
    return tuple(f"{default}{k + 1}" for k in range(n_outputs))
