"""JSON, versioned; what is read back equals what was written, to the last bit."""

from __future__ import annotations

import json
from dataclasses import fields
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from prelu_rules.columns.column import Column, features_of
from prelu_rules.domains.box import Box
from prelu_rules.domains.domain import Domain
from prelu_rules.domains.polytope import Polytope
from prelu_rules.errors import DataError, FormatError, PReLURulesError
from prelu_rules.export.json_version_1 import read_version_1
from prelu_rules.network.affine import AffineMap
from prelu_rules.network.normal_form import NormalForm, UnitLabel
from prelu_rules.network.precision import Precision
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.values import Array, Value

FORMAT, VERSION = "prelu_rules/rules", 2

OPTIONAL = ("errors", "class_counts", "typical")
"""What is written only where it is known; files that were written before have none of it."""


def write(system: RuleSystem, indent: int | None = 1) -> str:
    """The whole system as JSON.

    Args:
        system: the rules.
        indent: spaces per level; None for one line.

    Returns:
        The text; floats in the shortest form that reads back as the same float.

    Raises:
        FormatError: if the rules hold exact rationals, which JSON cannot.

    Example:
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> json.loads(write(extract_rules(NormalForm.from_layers([[[2.0]]], [[0.1]], []))))["output_names"]
        ['out1']
    """
    content = {"format": FORMAT, "version": VERSION, **_plain(system)}
    return json.dumps(content, indent=indent, ensure_ascii=False, allow_nan=False) + "\n"


def read(text: str) -> RuleSystem:
    """The system that `write` wrote.

    Args:
        text: JSON.

    Returns:
        A system equal to the one that was written.

    Raises:
        FormatError: if the text is not JSON of this format, or of a newer version of it.

    Example:
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> rules = extract_rules(NormalForm.from_layers([[[1.0]], [[2.0]]], [[-1.0], [0.1]], [[0.5]]))
        >>> read(write(rules)) == rules
        True
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise FormatError(f"the text is not JSON ({problem}); export rules with target 'json'.") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        found = content.get("format") if isinstance(content, dict) else type(content).__name__
        raise FormatError(f"the JSON has format {found!r}, not {FORMAT!r}; export rules with target 'json'.")
    version = content.get("version")
    if isinstance(version, bool) or version not in (1, VERSION):
        raise FormatError(
            f"the rules are in version {version!r} of the format, but only versions 1 and {VERSION} are known; upgrade "
            "prelu-rules."
        )
    try:
        return _system(content) if version == VERSION else read_version_1(content, _system)
    except (KeyError, TypeError, AttributeError, ValueError) as problem:
        known = isinstance(problem, PReLURulesError)
        detail = str(problem).rstrip(".") if known else f"{type(problem).__name__}: {problem}"
        raise FormatError(f"the JSON does not describe rules ({detail}); export them again.") from None


def read_rules(path: str | PathLike[str]) -> RuleSystem:
    """Load rules from a JSON file.

    Args:
        path: the file that `rules.export("json", path)` wrote.

    Returns:
        The rules.

    Raises:
        DataError: if the file cannot be read.
        FormatError: if it holds something else.

    Example:
        >>> import tempfile
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> path = Path(tempfile.mkdtemp()) / "rules.json"
        >>> rules = extract_rules(NormalForm.from_layers([[[2.0]]], [[0.1]], []))
        >>> text = rules.export("json", path)
        >>> read_rules(path) == rules
        True
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as problem:
        raise DataError(f"cannot read {path}: {problem.strerror}.") from None
    except UnicodeDecodeError:
        raise FormatError(f"{path} is not a text file; give rules that were exported as JSON.") from None
    return read(text)


def _plain(value: Any) -> Any:
    if isinstance(value, (Value, Column)):
        found = {f.name: _plain(getattr(value, f.name)) for f in fields(value)}  # type: ignore[arg-type]
        return {name: part for name, part in found.items() if not (name in OPTIONAL and part is None)}
    if isinstance(value, np.ndarray):
        if value.dtype == object:
            raise FormatError("the rules hold exact rationals, which JSON cannot; extract them from the float form.")
        return value.tolist()
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value


def _system(content: dict[str, Any]) -> RuleSystem:
    columns = tuple(Column(**column) for column in content["columns"])
    n_inputs, classes = len(features_of(columns)), content["classes"]
    return RuleSystem(
        rules=tuple(_numbered(number, rule, n_inputs) for number, rule in enumerate(content["rules"], start=1)),
        columns=columns,
        output_names=tuple(content["output_names"]),
        classes=None if classes is None else tuple(classes),
        form=None if content["form"] is None else _form(content["form"], n_inputs),
        domain=None if content["domain"] is None else _domain(content["domain"]),
        precision=None if content["precision"] is None else Precision(**content["precision"]),
        rounding_error=content["rounding_error"],
        typical=content.get("typical"),
    )


def _domain(content: dict[str, Any]) -> Domain:
    if "box" not in content:
        return Box(**content)
    box = Box(**content["box"])
    return Polytope(box, _matrix(content["coef"], box.n_inputs), content["limit"], content["equal"])


def _matrix(rows: list[list[float]], n_columns: int) -> Array:
    return np.array(rows, dtype=np.float64).reshape(len(rows), n_columns)


def _numbered(number: int, content: dict[str, Any], n_inputs: int) -> Rule:
    """A rule, or what is wrong with it and which one it is."""
    try:
        return _rule(content, n_inputs)
    except PReLURulesError as problem:
        raise FormatError(f"rule {number}: {problem}") from None


def _rule(content: dict[str, Any], n_inputs: int) -> Rule:
    conditions = [
        Condition(c["coef"], c["intercept"], c["nonnegative"], None if c["label"] is None else UnitLabel(*c["label"]))
        for c in content["conditions"]
    ]
    outputs = content["outputs"]
    return Rule(
        tuple(conditions),
        AffineMap(_matrix(outputs["coef"], n_inputs), outputs["intercept"]),
        content["count"],
        content["decision"],
        content.get("errors"),
        content.get("class_counts"),
    )


def _form(content: dict[str, Any], n_inputs: int) -> NormalForm:
    n_units = len(content["b"])
    return NormalForm(
        A=_matrix(content["A"], n_inputs),
        B=_matrix(content["B"], n_units),
        b=content["b"],
        C=_matrix(content["C"], n_inputs),
        D=_matrix(content["D"], n_units),
        e=content["e"],
        slopes=content["slopes"],
        labels=tuple(UnitLabel(*label) for label in content["labels"]),
    )
