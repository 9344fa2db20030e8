"""The front door: from a table, or the file that holds one, to rules and their scores on rows that were held out."""

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
from prelu_rules.columns.table_file import read_table
from prelu_rules.columns.tables import TableLike, table_cells, to_pandas
from prelu_rules.errors import DataError, InvalidValueError
from prelu_rules.estimators.classifier import PReLURuleClassifier
from prelu_rules.estimators.fitted_rules import FittedRules
from prelu_rules.estimators.regressor import PReLURuleRegressor
from prelu_rules.estimators.scores import scores_of
from prelu_rules.estimators.target import Target, Task
from prelu_rules.refine.path import check_limits
from prelu_rules.values import FloatArray, IntArray

FEWEST_ROWS = 10
"""Rows below which a split into training, validation and test rows says nothing."""


def fit_rules(
    data: TableLike | str | os.PathLike[str],
    target: str | int,
    *,
    task: Task | None = None,
    max_nonlinear: int | None = None,
    max_rules: int | None = None,
    max_numbers: int | None = None,
    category: Sequence[str | int] = (),
    number: Sequence[str | int] = (),
    test_fraction: float = 0.2,
    validation_fraction: float = 0.2,
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
    random_state: int = 0,
    verbose: bool = False,
) -> FittedRules:
    """Learn the rules of a table, and score them on rows that were held out.

    Rows with a class, a category, or a missing value, that no other row has are learned from, since nothing else is
    known of it.

    Args:
        data: a pandas, polars or pyarrow table, a dict of columns, or the path of a CSV or Parquet file, "-" for
            standard input; for separators and encodings that are not found out by themselves see `read_table`.
        target: the column to predict.
        task: "regression" or "classification"; None to take texts, yes and no, categories, and numbers that are all 0
            or 1 as classes, and other numbers as numbers.
        max_nonlinear: the most nonlinear units, each of which bends the function once; None for at most five.
        max_rules: the most rules; None for any number.
        max_numbers: the most numbers to read in the compact form; None for any number.
        category: columns that hold categories, whatever their cells look like.
        number: columns that hold numbers, written as text in the table.
        test_fraction: the share of rows that are held out for the scores.
        validation_fraction: the share of the other rows that choose the size.
        hidden: units of each hidden layer of the networks that are trained.
        members: how many networks are trained side by side, of which the best is kept.
        warm_up_steps: optimiser steps before the force wakes that pulls units to be linear, at most.
        force_steps: optimiser steps with the force, at most.
        batch_size: rows of an optimiser step.
        learning_rate: of the optimiser, Adam.
        ridge: penalty on the weights, for standardised columns; None for the default of `PathSettings`.
        class_weight: how much the rows of each class count in the loss: by class, or "balanced" for the same in all.
        jit: whether XLA compiles the training, which pays from the second fit on.
        n_jobs: joblib workers for the sparser versions of the networks; None for one.
        random_state: of the rows that are held out, the weights and the order of the rows.
        verbose: whether to show progress bars.

    Returns:
        The rules with their scores.

    Raises:
        DataError: if a file cannot be read, a column is missing, there are fewer than 10 rows, the target misses a
            value, is the same in every row, or has a class of fewer than 3 rows.
        InvalidValueError: if a column cannot be used, or an option is out of range.
        CellTypeError: if a cell is neither text nor a number.
        TrainingError: if every network diverged.

    Example:
        >>> x = np.linspace(-1, 1, 60)
        >>> fitted = fit_rules(
        ...     {"x": x, "y": 2 * x + 1}, target="y", members=2, hidden=(2,), warm_up_steps=100, force_steps=100
        ... )
        >>> len(fitted.rules), round(fitted.score, 3), fitted.predict({"x": 3.0}).round(2)
        (1, 1.0, array([7.]))
    """
    check_random_state(random_state)
    check_limits(max_nonlinear, max_rules, max_numbers)
    if not 0 < test_fraction < 1:
        raise InvalidValueError(f"test_fraction is {test_fraction}; it must be between 0 and 1.")
    kinds = _kinds(category, number)
    if isinstance(data, (str, os.PathLike)):
        data = read_table(data, category=list(map(str, category)), number=list(map(str, number)))
    columns, goal = _parted(_recast(table_cells(data, set(map(str, category))), kinds), target, task)
    learn, test = _split(columns, goal, test_fraction, random_state)
    options: dict[str, Any] = dict(
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
        verbose=int(verbose),
    )
    estimator: PReLURuleRegressor | PReLURuleClassifier
    if goal.classes is None:
        estimator = PReLURuleRegressor(**options)
    else:
        estimator = PReLURuleClassifier(**options, class_weight=class_weight)
    table, labels = to_pandas(columns), _named(goal)
    estimator.fit(table.iloc[learn], labels.iloc[learn])
    held = Target(goal.name, goal.values[test], goal.classes)
    x = encoded_cells(estimator.columns_, [one.taken(test) for one in columns])
    full = estimator.path_.before_force
    assert full is not None, "training always keeps it"
    return FittedRules(
        estimator,
        goal.name,
        scores_of(held, estimator.rules_.predict(x)),
        scores_of(held, full.predict(x)),
        n_rows=len(goal.values),
        n_test=len(test),
        limited=not max_nonlinear is max_rules is max_numbers is None,
    )


def check_table(data: TableLike, target: str, task: Task | None = None) -> None:
    """Refuse a table that nothing could be learned from, before anything is written or trained.

    Args:
        data: the table.
        target: the column to predict.
        task: what it is; see `fit_rules`.

    Raises:
        DataError: as `fit_rules`.
        InvalidValueError: as `fit_rules`.
        CellTypeError: if a cell is neither text nor a number.

    Example:
        >>> check_table({"x": range(20), "y": range(20)}, "y")
    """
    features, _ = _parted(table_cells(data), target, task)
    inferred_columns(features)


def check_random_state(random_state: int) -> None:
    """Refuse a seed that cannot be one.

    Args:
        random_state: the seed.

    Raises:
        InvalidValueError: if it is not a whole number from 0 to 2^31 - 1.

    Example:
        >>> check_random_state(0)
    """
    if not isinstance(random_state, (int, np.integer)) or not 0 <= random_state < 2**31:
        raise InvalidValueError(f"random_state is {random_state!r}; it must be a whole number from 0 to 2^31 - 1.")


def _recast(cells: Sequence[Cells], kinds: Mapping[str, Literal["category", "number"]]) -> list[Cells]:
    """The columns, some of them as the kind that the user says."""
    for name in kinds:
        _place([one.name for one in cells], name)
    return [recast(one, kinds[one.name]) if one.name in kinds else one for one in cells]


def _kinds(category: Sequence[str | int], number: Sequence[str | int]) -> dict[str, Literal["category", "number"]]:
    """The columns whose kinds are given."""
    for option, names in (("category", category), ("number", number)):
        if isinstance(names, str):
            raise InvalidValueError(f"{option} is the text {names!r}; give a list of the names of columns.")
    found: dict[str, Literal["category", "number"]] = {str(name): "category" for name in category}
    for name in map(str, number):
        if name in found:
            raise InvalidValueError(f"column {name!r} is in both category and number; name it in one.")
        found[name] = "number"
    return found


def _place(names: Sequence[str], name: str | int) -> int:
    """Where a column is; names that are not text are looked up by the text that they print."""
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
        raise DataError(f"the table has no column beside the target {target!r}; add features.")
    if len(cells[place]) < FEWEST_ROWS:
        raise DataError(f"the table has {len(cells[place])} rows of data; at least {FEWEST_ROWS} are needed.")
    return features, Target.of_cells(cells[place], task)


def _named(goal: Target) -> Any:
    import pandas as pd

    return pd.Series(goal.labels, name=goal.name)


def _split(cells: Sequence[Cells], goal: Target, share: float, seed: int) -> tuple[IntArray, IntArray]:
    """The rows to learn from and those to score on; copies of a row are on one side, and so is what only they have."""
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
            "every row that would be held out has a class, a level or a missing value that no other row has; leave out "
            "classes or columns whose levels are rare."
        )
    return np.flatnonzero(learns), np.flatnonzero(~learns)


def _taken(labels: FloatArray | None, order: IntArray) -> FloatArray | None:
    return None if labels is None else labels[order]
