"""The result of a fit: the rules, their scores, and the path that they were chosen from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prelu_rules.columns.tables import TableLike
from prelu_rules.errors import DataError
from prelu_rules.estimators.classifier import PReLURuleClassifier
from prelu_rules.estimators.fitted_page import counted, fitted_page, score_text
from prelu_rules.estimators.regressor import PReLURuleRegressor
from prelu_rules.estimators.target import Task
from prelu_rules.files import whole_files
from prelu_rules.refine.choice import Comparison, compared
from prelu_rules.refine.path import PathPoint, RulePath
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.values import Array, FloatArray, Shown, shown

if TYPE_CHECKING:
    import keras

MOST_OF_NAME = 60
"""How many characters of the target's name a repr shows."""


@dataclass(frozen=True)
class FittedRules(Shown):
    """The result of `fit_rules`; its print contains everything that one usually wants to see first.

    Attributes:
        estimator: the scikit-learn estimator that was fitted.
        target: the name of the column that is predicted.
        scores: the scores of the rules on the held-out rows, the main one first: R2 and the mean absolute error (MAE)
            in the target's units; for classes accuracy, balanced accuracy, log-loss, and for two classes AUC.
        full_scores: the same for the network before the force, the best one on the validation rows; None for rules that
            were grown without a trained network.
        n_rows: the number of rows of the table.
        n_test: the number of held-out rows.
        limited: whether a limit was set on the size.
    """

    estimator: PReLURuleRegressor | PReLURuleClassifier
    target: str
    scores: Mapping[str, float]
    full_scores: Mapping[str, float] | None
    n_rows: int
    n_test: int
    limited: bool

    @property
    def rules(self) -> RuleSystem:
        """The rules, in the units and columns of the table; counts are of the training rows."""
        return self.estimator.rules_

    @property
    def path(self) -> RulePath:
        """The networks with 0, 1, 2, ... nonlinear units to choose from."""
        return self.estimator.path_

    @property
    def chosen(self) -> PathPoint:
        """The network of the path whose rules these are."""
        return self.estimator.point_

    @property
    def task(self) -> Task:
        """The task: regression or classification."""
        return "regression" if self.rules.classes is None else "classification"

    @property
    def score(self) -> float:
        """The main score on the held-out rows: R2 or accuracy."""
        return next(iter(self.scores.values()))

    @property
    def full_score(self) -> float | None:
        """The main score of the network before the force on the held-out rows; None if no network was trained."""
        return None if self.full_scores is None else next(iter(self.full_scores.values()))

    @property
    def full_nonlinear(self) -> int | None:
        """The number of nonlinear units of the network before the force; None if no network was trained."""
        return None if self.path.before_force is None else self.path.before_force.n_units

    @cached_property
    def model(self) -> keras.Model:
        """The network of the rules in Keras, from encoded columns to the target itself, or logits; without bounds."""
        from prelu_rules.training.from_form import keras_model

        return keras_model(self.chosen.form)

    def predict(self, x: TableLike) -> Array:
        """Predict rows, as `(n_rows,)` numbers or class labels; see `RuleSystem.predict` and `classify`."""
        return self.rules.classify(x) if self.task == "classification" else self.rules.predict(x)[:, 0]

    def predict_proba(self, x: TableLike) -> FloatArray:
        """The probability of each class, `(n_rows, n_classes)`; see `RuleSystem.probabilities`."""
        return self.rules.probabilities(x)

    def export(self, target: str, path: str | os.PathLike[str] | None = None, **options: Any) -> str:
        """The rules in another language; see `prelu_rules.export.export`."""
        return self.rules.export(target, path, **options)

    def save(self, folder: str | os.PathLike[str]) -> tuple[Path, Path]:
        """Write the rules and the network that they were read from.

        Args:
            folder: the folder, which is created if it does not exist.

        Returns:
            The paths of `rules.json`, from which `read_rules` scores tables, and of `model.keras`.

        Raises:
            DataError: if a file cannot be written; then neither is.
        """
        from prelu_rules.readers.keras_file import save_keras

        try:
            Path(folder).mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise DataError(f"cannot write to {folder}: {problem.strerror}; choose another folder.") from None
        rules, model = Path(folder) / "rules.json", Path(folder) / "model.keras"
        # Both are written before the first one is renamed, so that they always belong together.
        with whole_files(rules, model) as (new_rules, new_model):
            save_keras(self.model, new_model)
            new_rules.write_text(self.rules.export("json"), encoding="utf-8")
        return rules, model

    def __str__(self) -> str:
        rules, n_learned = self.rules, self.n_rows - self.n_test
        lines = [
            f"{self.task.capitalize()} of {self.target!r} by {counted(len(rules.columns), 'column')}: "
            f"{counted(self.n_rows, 'row')}, {n_learned} to learn from and {self.n_test} held out",
            "",
            str(rules),
            *self._choice(),
            "",
            f"On the {counted(self.n_test, 'row')} that {'was' if self.n_test == 1 else 'were'} held out:",
            *_table([("", list(self.scores)), *self._scored()]),
        ]
        return "\n".join(lines)

    def _choice(self) -> list[str]:
        """What there was to choose from."""
        measure = next(iter(self.scores))
        reason = (
            "the best within the limits" if self.limited else "the smallest that is not clearly worse than the best"
        )
        header = ["rules", "numbers", measure, "loss", "+-"]
        rows = _path_rows(self.path, self.chosen)
        return [
            f"Networks by their nonlinear units, on validation rows; chosen is {reason}",
            "(+-: the standard error of the difference to the smallest loss):",
            *_table([("nonlinear units", header), *rows]),
        ]

    def _scored(self) -> list[tuple[str, list[str]]]:
        """The scores of the rules, and of the network that the force has not made simpler, if one was trained."""
        found = [("these rules", [*map(score_text, self.scores.values())])]
        if self.full_scores is not None and self.full_nonlinear is not None:
            name = f"network of {counted(self.full_nonlinear, 'nonlinear unit')}"
            found.append((name, [*map(score_text, self.full_scores.values())]))
        return found

    def _repr_html_(self) -> str:
        return fitted_page(self)

    def _summary(self) -> str:
        name, score = next(iter(self.scores.items()))
        rules = counted(len(self.rules), "rule")
        return f"{self.task} of {shown(self.target, MOST_OF_NAME)}, {rules}, test {name} {score:.3f}"


def _path_rows(path: RulePath, chosen: PathPoint) -> list[tuple[str, list[str]]]:
    shown = path.with_point(chosen)
    found = compared({point.n_nonlinear: point.validation_losses for point in shown}, path.validation_weights)
    return [_row(point, found[point.n_nonlinear], chosen) for point in shown]


def _row(point: PathPoint, against: Comparison, chosen: PathPoint) -> tuple[str, list[str]]:
    loss, error = f"{against.loss:.3g}", f"{against.standard_error:.2g}"
    cells = [str(point.n_rules), str(point.n_numbers), f"{point.validation_score:.3f}", loss, error]
    return str(point.n_nonlinear), [*cells, *(["<- chosen"] if point is chosen else [])]


def _table(rows: list[tuple[str, list[str]]]) -> list[str]:
    """Lines of a table: labels on the left, numbers to the right in columns."""
    label = max(len(name) for name, _ in rows)
    widths = [max(len(cell) for cell in column) for column in zip_longest(*(cells for _, cells in rows), fillvalue="")]
    return [
        f"  {name:<{label}}" + "".join(f"  {cell:>{width}}" for cell, width in zip(cells, widths, strict=False))
        for name, cells in rows
    ]
