"""What a fit gives back: the rules, how good they are, and what there was to choose from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prelu_rules.columns.tables import TableLike
from prelu_rules.errors import DataError
from prelu_rules.estimators.classifier import PReLURuleClassifier
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
"""Characters that a repr shows of the name of the target."""


@dataclass(frozen=True)
class FittedRules(Shown):
    """What `fit_rules` learned; printed, it says everything that a first look needs.

    Attributes:
        estimator: the scikit-learn estimator that was fitted.
        target: the name of the column that is predicted.
        scores: of the rules on the rows that were held out, the main one first: R2 and the mean absolute error (MAE),
            in the target's units; for classes accuracy, balanced accuracy, log-loss, and of two classes AUC.
        full_scores: the same for the network before the force, the best on validation rows.
        n_rows: rows of the table.
        n_test: those of them that were held out for the scores.
        limited: whether a limit was set on the size.
    """

    estimator: PReLURuleRegressor | PReLURuleClassifier
    target: str
    scores: Mapping[str, float]
    full_scores: Mapping[str, float]
    n_rows: int
    n_test: int
    limited: bool

    @property
    def rules(self) -> RuleSystem:
        """The rules, in the units and columns of the table; the counts are of the rows that were learned from."""
        return self.estimator.rules_

    @property
    def path(self) -> RulePath:
        """The networks of 0, 1, 2, ... nonlinear units that there was to choose from."""
        return self.estimator.path_

    @property
    def chosen(self) -> PathPoint:
        """The network of the path whose rules these are."""
        return self.estimator.point_

    @property
    def task(self) -> Task:
        """What is predicted: a number or a class."""
        return "regression" if self.rules.classes is None else "classification"

    @property
    def score(self) -> float:
        """The main score on the held-out rows: R2, or the share of right classes."""
        return next(iter(self.scores.values()))

    @property
    def full_score(self) -> float:
        """The main score of the network before the force on the held-out rows."""
        return next(iter(self.full_scores.values()))

    @property
    def full_nonlinear(self) -> int:
        """How many nonlinear units the network before the force had."""
        assert self.path.before_force is not None, "training always keeps it"
        return self.path.before_force.n_units

    @cached_property
    def model(self) -> keras.Sequential:
        """The network that the rules were read from, in Keras: from encoded columns to the target itself, or logits."""
        from prelu_rules.training.from_form import keras_model

        return keras_model(self.chosen.form)

    def predict(self, x: TableLike) -> Array:
        """What the rules say of rows: `(n_rows,)` numbers, or class labels; see `RuleSystem.predict` and `classify`."""
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
            folder: is made if it does not exist.

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
        # Together, so that they belong to each other.
        with whole_files(rules, model) as (new_rules, new_model):
            save_keras(self.model, new_model)
            new_rules.write_text(self.rules.export("json"), encoding="utf-8")
        return rules, model

    def __str__(self) -> str:
        rules, chosen = self.rules, self.chosen
        units, full = _count(chosen.n_nonlinear, "nonlinear unit"), _count(self.full_nonlinear, "nonlinear unit")
        reason = (
            "the best within the limits" if self.limited else "the smallest that is not clearly worse than the best"
        )
        measure = next(iter(self.scores))
        lines = [
            f"{self.n_rows} rows, {_count(len(rules.columns), 'column')}, {self.task} of {self.target!r}",
            "",
            "Rules:",
            "",
            str(rules),
            *(["The same in one formula per output:", "", rules.export("compact")] if chosen.n_nonlinear else []),
            f"Validation {measure} by size, and the loss with the standard error of its difference to the smallest;",
            f"{reason} was chosen:",
            *_path_lines(self.path, chosen),
            "",
            f"Scores on {self.n_test} held-out rows:",
            f"  {'':<18}{''.join(f'{name:>{_width(name)}}' for name in self.scores)}",
            f"  {'rules':<18}{_numbers(self.scores)}  ({_count(len(rules), 'rule')}, {units})",
            f"  {'before the force':<18}{_numbers(self.full_scores)}  ({full})",
        ]
        return "\n".join(lines)

    def _summary(self) -> str:
        name, score = next(iter(self.scores.items()))
        rules = _count(len(self.rules), "rule")
        return f"{self.task} of {shown(self.target, MOST_OF_NAME)}, {rules}, test {name} {score:.3f}"


def _width(name: str) -> int:
    return max(9, len(name) + 2)


def _numbers(scores: Mapping[str, float]) -> str:
    return "".join(f"{_number(value):>{_width(name)}}" for name, value in scores.items())


def _number(value: float) -> str:
    """Three decimals; of numbers in the target's units as many significant digits."""
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.4g}"


def _path_lines(path: RulePath, chosen: PathPoint) -> list[str]:
    # The chosen network may be a sparser one than the path shows of its size.
    shown = [chosen if size == chosen.n_nonlinear else point for size, point in enumerate(path)]
    found = compared({point.n_nonlinear: point.validation_losses for point in shown}, path.validation_weights)
    return [_line(point, found[point.n_nonlinear], chosen) for point in shown]


def _line(point: PathPoint, against: Comparison, chosen: PathPoint) -> str:
    loss = f"{against.loss:.3g} +- {against.standard_error:.2g}"
    sizes = f"{_count(point.n_rules, 'rule')}, {_count(point.n_numbers, 'number')}"
    marked = "  <- chosen" if point is chosen else ""
    units = _count(point.n_nonlinear, "nonlinear unit")
    return f"  {units:<18}{point.validation_score:.3f}  {loss:<20}  ({sizes}){marked}"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
