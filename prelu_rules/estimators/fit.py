"""The main entry point: from a table, or a file, to rules and their scores on held-out rows."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Literal

import numpy as np
from sklearn.model_selection import train_test_split

from prelu_rules.columns.cells import Cells
from prelu_rules.columns.encoding import encoded_cells, inferred_columns
from prelu_rules.columns.recasting import recast
from prelu_rules.columns.substitutes import Unknown
from prelu_rules.columns.table_file import read_table
from prelu_rules.columns.tables import TableLike, table_cells, to_pandas
from prelu_rules.errors import DataError, InvalidValueError
from prelu_rules.estimators.classifier import PReLURuleClassifier
from prelu_rules.estimators.clipping import Clip, check_clip
from prelu_rules.estimators.fitted_rules import FittedRules
from prelu_rules.estimators.outlying_rows import Outliers, ordinary_rows
from prelu_rules.estimators.regressor import PReLURuleRegressor
from prelu_rules.estimators.scores import scores_of
from prelu_rules.estimators.target import Target, Task
from prelu_rules.losses.loss import Loss
from prelu_rules.losses.named import LossName
from prelu_rules.refine.path import check_limits
from prelu_rules.search.settings import Starts
from prelu_rules.values import FloatArray, IntArray

FEWEST_ROWS = 10
"""With fewer rows, a split into training, validation and test rows would be meaningless."""


def fit_rules(
    data: TableLike | str | os.PathLike[str],
    target: str | int,
    *,
    task: Task | None = None,
    loss: LossName | Loss = "squared",
    clip: Clip = "training",
    max_nonlinear: int | None = None,
    max_rules: int | None = None,
    max_numbers: int | None = None,
    category: Sequence[str | int] = (),
    number: Sequence[str | int] = (),
    test_fraction: float = 0.2,
    validation_fraction: float = 0.2,
    starts: Starts = "growth",
    max_columns_per_bend: int | None = None,
    nesting: bool = True,
    hidden: tuple[int, ...] = (8, 8),
    members: int = 8,
    warm_up_steps: int = 1000,
    force_steps: int = 1000,
    batch_size: int = 64,
    learning_rate: float = 3e-3,
    ridge: float | None = None,
    class_weight: Mapping[Any, float] | Literal["balanced"] | None = None,
    jit: bool = True,
    n_jobs: int | None = None,
    outliers: Outliers = "leave out",
    unknown: Unknown = "error",
    random_state: int = 0,
    verbose: bool = False,
) -> FittedRules:
    """Learn the rules of a table, and score them on held-out rows.

    A row with a class, a category or a missing value that no other row has is always used for training.

    Args:
        data: a pandas, polars or pyarrow table, a dict of columns, or the path of a CSV or Parquet file, "-" for
            standard input. If the separator or the encoding of a file is not detected, use `read_table`.
        target: the column to predict.
        task: "regression" or "classification". None for classification if the target consists of texts, yes and no,
            categories, or only 0 and 1, and regression otherwise.
        loss: for numbers, "squared", "huber" for targets with heavy tails, or a `Loss`; see `PReLURuleRegressor`.
        clip: for numbers, what predictions are kept within: "training" for the range of the training targets, widened
            by a tenth of it at either end; the smallest and the largest prediction; or None for nothing.
        max_nonlinear: the largest number of nonlinear units, each of which bends the function once; None to go on while
            rows that were left out improve.
        max_rules: the largest number of rules; None for any number.
        max_numbers: the largest number of numbers in the compact form; None for any number.
        category: columns to read as categories, whatever their cells look like.
        number: columns to read as numbers that are written as text in the table.
        test_fraction: the share of rows that are held out for the scores.
        validation_fraction: the share of the other rows that are left out to choose the size where a single part is:
            for "force", for three classes or more, and where there are more than 1,500 rows.
        starts: "growth" adds bends one by one to a linear model, "force" trains a population of networks with Keras and
            removes their units, as in the paper, and "both" takes the better network of each size.
        max_columns_per_bend: how many columns a bend may use; with 1, bends are thresholds such as `age > 41`. None for
            any number.
        nesting: whether bends may use other bends.
        hidden: the number of units in each hidden layer of the trained networks.
        members: how many networks are trained side by side, of which the best are kept.
        warm_up_steps: the largest number of optimiser steps before the force, which makes units linear, wakes.
        force_steps: the largest number of optimiser steps with the force.
        batch_size: the number of rows per optimiser step.
        learning_rate: the learning rate of the optimiser, Adam.
        ridge: the penalty on the weights, for standardised columns; None to choose it by rows that are left out.
        class_weight: the weights of the classes in the loss: a dict, or "balanced" for the same total weight of each
            class.
        jit: whether to compile the training with XLA, which pays off from the second fit on.
        n_jobs: joblib workers for the searches without parts of the rows; None for one.
        outliers: "leave out" to leave out rows that hold a number far outside the others of its column or target, with
            a warning that names it; "keep" to learn from them as from others, so that they may decide everything.
        unknown: what the rules do about a cell whose level was not seen in training, or that is missing in a column
            that never was: "error" to refuse it, as exported rules do; "reference" to count it as the most frequent
            level, or as the mean of a number; "mean" to count it as the mean of the features of all training rows.
        random_state: the seed of the held-out rows, the weights and the order of the rows.
        verbose: whether to show progress bars.

    Returns:
        The rules with their scores.

    Warns:
        OutlierWarning: if rows are left out, since a number in them is far outside the others of its column: 100 times
            as far from their median as any of them, or 10 times if it is a usual code for a missing value, such as 999
            or -9999. It names column, number and rows.

    Raises:
        DataError: if a file cannot be read, a column is missing, there are fewer than 10 rows, or the target has
            missing values, is the same in every row, or has a class with fewer than 3 rows.
        InvalidValueError: if a column or an option is not allowed.
        CellTypeError: if a cell is neither text nor a number.
        TrainingError: if every network diverged.

    Example:
        >>> x = np.linspace(-1, 1, 60)
        >>> fitted = fit_rules({"x": x, "y": 2 * x + 1}, target="y", max_nonlinear=1)
        >>> len(fitted.rules), round(fitted.score, 3), fitted.predict({"x": [0.5, 100.0]}).round(2)
        (1, 1.0, array([2.  , 3.26]))
    """
    check_random_state(random_state)
    check_limits(max_nonlinear, max_rules, max_numbers)
    if not 0 < test_fraction < 1:
        raise InvalidValueError(f"test_fraction is {test_fraction}; it must be between 0 and 1.")
    check_clip(clip)
    kinds = _kinds(category, number)
    if isinstance(data, (str, os.PathLike)):
        data = read_table(data, category=list(map(str, category)), number=list(map(str, number)))
    columns, goal = _parted(_recast(table_cells(data, set(map(str, category))), kinds), target, task)
    # Before rows are held out, since one such row among them would decide the scores.
    targets = [(goal.name, goal.values)] if goal.classes is None else []
    rows = np.flatnonzero(ordinary_rows(columns, targets, np.ones(len(goal.values), dtype=bool), outliers))
    columns, goal = [one.taken(rows) for one in columns], Target(goal.name, goal.values[rows], goal.classes)
    learn, test = _split(columns, goal, test_fraction, random_state)
    options: dict[str, Any] = dict(
        max_nonlinear=max_nonlinear,
        max_rules=max_rules,
        max_numbers=max_numbers,
        validation_fraction=validation_fraction,
        starts=starts,
        max_columns_per_bend=max_columns_per_bend,
        nesting=nesting,
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
        verbose=int(verbose),
    )
    estimator: PReLURuleRegressor | PReLURuleClassifier
    if goal.classes is None:
        estimator = PReLURuleRegressor(**options, loss=loss, clip=clip)
    elif loss != "squared" or clip not in ("training", None):
        option, value = ("loss", loss) if loss != "squared" else ("clip", clip)
        raise InvalidValueError(f"{option} is {value!r}, but the target {goal.name!r} has classes; leave it out.")
    else:
        estimator = PReLURuleClassifier(**options, class_weight=class_weight)
    # Rows keep their numbers, by which a warning names them.
    table, labels = to_pandas(columns).set_axis(rows), _named(goal)
    estimator.fit(table.iloc[learn], labels.iloc[learn])
    held = Target(goal.name, goal.values[test], goal.classes)
    x = encoded_cells(estimator.columns_, [one.taken(test) for one in columns])
    full, bounds, full_scores = estimator.path_.before_force, estimator.rules_.bounds, None
    if full is not None:
        full_scores = scores_of(held, full.predict(x) if bounds is None else bounds.applied(full.predict(x)))
    return FittedRules(
        estimator,
        goal.name,
        scores_of(held, estimator.rules_.predict(x)),
        full_scores,
        n_rows=len(goal.values),
        n_test=len(test),
        limited=not max_nonlinear is max_rules is max_numbers is None,
    )


def check_table(data: TableLike, target: str, task: Task | None = None) -> None:
    """Check that a table can be learned from, before anything is written or trained.

    Args:
        data: the table.
        target: the column to predict.
        task: the task; see `fit_rules`.

    Raises:
        DataError: as for `fit_rules`.
        InvalidValueError: as for `fit_rules`.
        CellTypeError: if a cell is neither text nor a number.

    Example:
        >>> check_table({"x": range(20), "y": range(20)}, "y")
    """
    features, _ = _parted(table_cells(data), target, task)
    inferred_columns(features)


def check_random_state(random_state: int) -> None:
    """Check that a seed is valid.

    Args:
        random_state: the seed.

    Raises:
        InvalidValueError: if it is not an integer from 0 to 2^31 - 1.

    Example:
        >>> check_random_state(0)
    """
    if not isinstance(random_state, (int, np.integer)) or not 0 <= random_state < 2**31:
        raise InvalidValueError(f"random_state is {random_state!r}; it must be an integer from 0 to 2^31 - 1.")


def _recast(cells: Sequence[Cells], kinds: Mapping[str, Literal["category", "number"]]) -> list[Cells]:
    """The columns, some of them converted to the kind that the user gave."""
    for name in kinds:
        _place([one.name for one in cells], name)
    return [recast(one, kinds[one.name]) if one.name in kinds else one for one in cells]


def _kinds(category: Sequence[str | int], number: Sequence[str | int]) -> dict[str, Literal["category", "number"]]:
    """The kinds that the user gave for columns."""
    for option, names in (("category", category), ("number", number)):
        if isinstance(names, str):
            raise InvalidValueError(f"{option} is the text {names!r}; give a list of column names.")
    found: dict[str, Literal["category", "number"]] = {str(name): "category" for name in category}
    for name in map(str, number):
        if name in found:
            raise InvalidValueError(f"column {name!r} is in both category and number; name it in one.")
        found[name] = "number"
    return found


def _place(names: Sequence[str], name: str | int) -> int:
    """The position of a column; names that are not text are matched by the text that they print."""
    if str(name) not in names:
        near = get_close_matches(str(name), names, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"its columns are {', '.join(map(repr, names))}."
        raise DataError(f"the table has no column {name!r}; {hint}")
    return list(names).index(str(name))


def _parted(cells: list[Cells], target: str | int, task: Task | None) -> tuple[list[Cells], Target]:
    """The features and the target."""
    place = _place([one.name for one in cells], target)
    features = cells[:place] + cells[place + 1 :]
    if not features:
        raise DataError(f"the table has no column besides the target {target!r}; add features.")
    if len(cells[place]) < FEWEST_ROWS:
        raise DataError(f"the table has {len(cells[place])} rows of data; at least {FEWEST_ROWS} are needed.")
    if not any(map(_varies, features)):
        raise DataError(
            f"all rows are alike but for the target {target!r}, so there is nothing to learn from; add columns that "
            "vary."
        )
    return features, Target.of_cells(cells[place], task)


def _varies(cells: Cells) -> bool:
    there = cells.values[~cells.missing]
    # A column that is missing in all rows has an error of its own.
    return bool(cells.missing.any()) or bool((there != there[0]).any())


def _named(goal: Target) -> Any:
    import pandas as pd

    return pd.Series(goal.labels, name=goal.name)


def _split(cells: Sequence[Cells], goal: Target, share: float, seed: int) -> tuple[IntArray, IntArray]:
    """Split rows into training and test rows; copies of a row stay together, as do rows with values that are unique."""
    x = encoded_cells(inferred_columns(cells), cells)
    _, first, copy_of = np.unique(np.column_stack([x, goal.values]), axis=0, return_index=True, return_inverse=True)
    # At least one row is learned from.
    held = min(int(np.ceil(share * len(first))), len(first) - 1)
    labels = None
    if goal.classes is not None:
        counts = np.bincount(goal.values[first].astype(np.intp), minlength=len(goal.classes))
        # A class of one row cannot be split; nor can more classes than there are rows on a side.
        n_fewest = min(held, len(first) - held)
        labels = goal.values[first] if counts.min() > 1 and n_fewest >= len(counts) else None
    order = np.argsort(first)
    learn_first, _ = train_test_split(order, test_size=held, random_state=seed, stratify=_taken(labels, order))
    learns = np.isin(copy_of.reshape(-1), learn_first)
    for column in (one for one in cells if one.kind == "category" or one.missing.any()):
        values = np.where(column.missing, 0, np.unique(column.values.astype(str), return_inverse=True)[1] + 1)
        if column.kind != "category":
            values = column.missing.astype(np.intp)
        learns |= ~np.isin(values, values[learns])
    if goal.classes is not None:
        learns |= ~np.isin(goal.values, goal.values[learns])
    if learns.all():
        raise DataError(
            "no rows can be held out, since each has a class, a level or a missing value that no other row has; leave "
            "out classes that are rare, or columns with rare levels."
        )
    return np.flatnonzero(learns), np.flatnonzero(~learns)


def _taken(labels: FloatArray | None, order: IntArray) -> FloatArray | None:
    return None if labels is None else labels[order]
