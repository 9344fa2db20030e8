"""From a table to rules and their scores on rows that were held out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import train_test_split

from prelu_rules.errors import InvalidValueError
from prelu_rules.estimators.classifier import PReLURuleClassifier
from prelu_rules.estimators.regressor import PReLURuleRegressor
from prelu_rules.readers.table import Table
from prelu_rules.refine.path import PathPoint, RulePath
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.values import IntArray

if TYPE_CHECKING:
    import keras

TEST_SHARE = 0.2


@dataclass(frozen=True)
class FittedRules:
    """What `fit_rules` learned.

    Attributes:
        estimator: predicts from tables such as the one that it learned from, and holds everything else.
        score: of the rules on the test rows: R2, or the share of right classes.
        full_score: the same for the network before the force, the best on validation rows.
        full_nonlinear: how many nonlinear units that network had.
        n_test: rows held out for the scores.
    """

    estimator: PReLURuleRegressor | PReLURuleClassifier
    score: float
    full_score: float
    full_nonlinear: int
    n_test: int

    @property
    def rules(self) -> RuleSystem:
        """The rules, in the units of the table; the counts are of the rows that were learned from."""
        return self.estimator.rules_

    @property
    def path(self) -> RulePath:
        """The networks of 0, 1, 2, ... nonlinear units that there was to choose from."""
        return self.estimator.path_

    @property
    def chosen(self) -> PathPoint:
        """The network of the path whose rules these are."""
        return self.estimator.point_

    @cached_property
    def model(self) -> keras.Sequential:
        """The network that the rules were read from, in Keras: from encoded columns to the target itself, or logits."""
        from prelu_rules.training.from_form import keras_model

        return keras_model(self.chosen.form)


def fit_rules(table: Table, seed: int = 0, **options: Any) -> FittedRules:
    """Learn the rules of a table, and score them on a fifth of its rows.

    Rows with a category, or a missing value, that no other row has are learned from, since nothing else is known of it.

    Args:
        table: the rows.
        seed: of the rows that are held out, the weights and the order of the rows.
        **options: parameters of `PReLURuleRegressor` or `PReLURuleClassifier`, such as `max_rules`.

    Returns:
        The rules with their scores.

    Raises:
        InvalidValueError: if the seed or an option is out of range, or a number is too large to be learned from.
        TrainingError: if every network diverged.

    Example:
        >>> x = np.linspace(-1, 1, 60)
        >>> table = Table(pd.DataFrame({"x": x}), 2 * x + 1, "y")
        >>> fitted = fit_rules(table, members=2, hidden=(2,), warm_up_steps=100, force_steps=100)
        >>> len(fitted.rules), round(fitted.score, 3)
        (1, 1.0)
    """
    if not 0 <= seed < 2**31:
        raise InvalidValueError(f"seed is {seed}; it must be from 0 to 2^31 - 1.")
    kind = PReLURuleRegressor if table.classes is None else PReLURuleClassifier
    estimator = kind(random_state=seed, **options)
    learn, test = _split(table, seed)
    labels = table.labels
    estimator.fit(table.features.iloc[learn], labels.iloc[learn])
    x, y, full = table.features.iloc[test], labels.iloc[test], estimator.path_.before_force
    assert full is not None, "training always keeps it"
    outputs = full.evaluate(estimator.encoding_.transform(x))
    if table.classes is None:
        full_score = r2_score(y, outputs)
    else:
        predicted = outputs[:, 0] > 0 if outputs.shape[1] == 1 else outputs.argmax(axis=1)
        full_score = accuracy_score(y, estimator.classes_[predicted.astype(np.intp)])
    return FittedRules(estimator, estimator.score(x, y), float(full_score), full.n_units, len(test))


def _split(table: Table, seed: int) -> tuple[IntArray, IntArray]:
    labels = None if table.classes is None else table.y
    learn, test = train_test_split(np.arange(len(table)), test_size=TEST_SHARE, random_state=seed, stratify=labels)
    known = np.ones(len(test), dtype=bool)
    for _, cells in table.features.items():
        seen = cells.iloc[learn]
        if pd.api.types.is_numeric_dtype(cells):
            known &= cells.iloc[test].notna().to_numpy() | seen.isna().any()
        else:
            known &= cells.iloc[test].isin(seen).to_numpy()
    return np.concatenate([learn, test[~known]]), test[known]
