"""What the inputs and outputs of a Keras model are called, and what is given for a cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from prelu_rules.columns.column import Column, Level
from prelu_rules.errors import InvalidValueError, quoted
from prelu_rules.export.holding import as_double, held_by, holding_of, unlike
from prelu_rules.export.identifiers import identifiers
from prelu_rules.rules.names import ClassLabel
from prelu_rules.rules.on_demand import RulesOnDemand
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.values import Shown

OWN = ("features", "rules", "answers")
"""Layers of the model, which no input is called as."""

LONGEST_NAME = 40
"""Characters of the name of a column that the layer of its features is called by."""


@dataclass(frozen=True)
class KerasNames(Shown):
    """Names of a Keras model that computes from raw columns; Keras takes letters, digits and underscores only.

    Attributes:
        inputs: what the input of each column is called, by the name of the column.
        layers: what the layer that makes the features of each column is called, by the name of the column.
        outputs: what each output is called, by its name.
        decision: what the output with the class is called; None where numbers are predicted.
        missing: the text that stands for a missing cell of a category of texts, and for a class that is not known; no
            level and no class is called so.

    Example:
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-3], C=[[1]], D=[[1]], e=[0], slopes=[0])
        >>> keras_names(extract_rules(form, feature_names=["body mass"], output_names=["cost (EUR)"])).outputs
        {'cost (EUR)': 'cost_EUR'}
    """

    inputs: dict[str, str]
    layers: dict[str, str]
    outputs: dict[str, str]
    decision: str | None
    missing: str


def keras_names(system: RuleSystem | RulesOnDemand) -> KerasNames:
    """What the Keras model of rules calls its inputs and outputs.

    Args:
        system: the rules.

    Returns:
        The names, which the file has in its part `names.json`, too.

    Example:
        >>> from prelu_rules.columns.column import Column
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1, 0]], B=[[0]], b=[-3], C=[[1, 2]], D=[[1]], e=[0], slopes=[0])
        >>> keras_names(extract_rules(form, columns=[Column("body mass (kg)", missing=True)])).inputs
        {'body mass (kg)': 'body_mass_kg'}
    """
    columns = [column.name for column in system.columns]
    classes = system.classes
    words = identifiers([*columns, *(f"{name[:LONGEST_NAME]} features" for name in columns)], OWN)
    answers = identifiers([*([] if classes is None else ["class"]), *system.output_names])
    texts = [level for column in system.columns if is_text(column) for level in spelled(column.name, column.levels)]
    texts += [] if classes is None or not are_texts(classes) else spelled("class", classes)
    return KerasNames(
        dict(zip(columns, words[: len(columns)], strict=True)),
        dict(zip(columns, words[len(columns) :], strict=True)),
        dict(zip(system.output_names, answers[-len(system.output_names) :], strict=True)),
        None if classes is None else answers[0],
        unlike(texts, "", "missing"),
    )


def is_text(column: Column) -> bool:
    """Whether the cells of a column are given as texts; numbers, yes and no are given as numbers.

    Args:
        column: the column.

    Returns:
        Whether they are.
    """
    return held_by(column) in ("text", "mixed")


def are_texts(classes: Sequence[ClassLabel]) -> bool:
    """Whether classes are given as texts; those that are numbers, or true and false, are given as numbers.

    Args:
        classes: the labels.

    Returns:
        Whether they are.
    """
    return holding_of(classes) in ("text", "mixed")


def spelled(what: str, values: Sequence[Level | ClassLabel]) -> list[str]:
    """Levels or classes as texts; a number among them as Python prints it.

    Args:
        what: whose they are, for error messages.
        values: the levels or classes.

    Returns:
        A text for each.

    Raises:
        InvalidValueError: if a text ends with NUL, which NumPy takes for the end of a text, or two are written alike.

    Example:
        >>> spelled("code", ["farm", 3])
        ['farm', '3']
    """
    texts = [str(value) for value in values]
    for place, text in enumerate(texts):
        if text.endswith("\0"):
            raise InvalidValueError(f"{quoted(text)} of {quoted(what)} ends with NUL, which Keras drops; rename it.")
        if text in texts[:place]:
            raise InvalidValueError(f"{quoted(what)} has two values that are written {quoted(text)}; rename one.")
    return texts


def as_doubles(what: str, values: Sequence[Level | ClassLabel]) -> list[float]:
    """Levels or classes as numbers.

    Args:
        what: whose they are, for error messages.
        values: the levels or classes, all of them numbers or truth values.

    Returns:
        A double for each.

    Raises:
        InvalidValueError: if a number is no double, or two are equal.

    Example:
        >>> as_doubles("zone", [1, 2.5])
        [1.0, 2.5]
    """
    numbers = [as_double(value) for value in values]
    for place, number in enumerate(numbers):
        if number in numbers[:place]:
            raise InvalidValueError(f"{quoted(what)} has two values that are equal to {number}; make them texts.")
    return numbers


def described_names(system: RuleSystem | RulesOnDemand, names: KerasNames) -> dict[str, Any]:
    """What there is to know of a model that computes from columns, for its file.

    Args:
        system: the rules.
        names: their names.

    Returns:
        An object of JSON.
    """
    inputs = {}
    for column in system.columns:
        text = is_text(column)
        missing = (names.missing if text else "NaN") if column.missing else None
        given: dict[str, Any] = {"column": column.name, "kind": column.kind, "missing": missing}
        if column.kind == "category":
            given["levels"] = spelled(column.name, column.levels) if text else as_doubles(column.name, column.levels)
        inputs[names.inputs[column.name]] = given
    described: dict[str, Any] = {"inputs": inputs, "outputs": {word: name for name, word in names.outputs.items()}}
    if system.classes is not None:
        described["class"] = {"output": names.decision, "classes": list(system.classes)}
        described["class"]["missing"] = names.missing if are_texts(system.classes) else "NaN"
    return described
