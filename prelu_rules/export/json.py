"""JSON, versioned; what is read back equals what was written, to the last bit."""

from __future__ import annotations

import json
from dataclasses import fields
from importlib.resources import files
from os import PathLike
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from prelu_rules.columns.column import Column, features_of
from prelu_rules.domains.box import Box
from prelu_rules.domains.domain import Domain
from prelu_rules.domains.polytope import Polytope
from prelu_rules.errors import DataError, FormatError, InvalidValueError, quoted
from prelu_rules.export.json_entry import MAX_BYTES, Entry, parse
from prelu_rules.export.json_version_1 import read_version_1
from prelu_rules.network.affine import AffineMap
from prelu_rules.network.normal_form import NormalForm, UnitLabel
from prelu_rules.network.precision import MOST_PLACES, Precision
from prelu_rules.rules.output_bounds import OutputBounds
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.values import Value

MAX_RULES, MAX_FEATURES = 20_000, 50_000
"""In one file; they take seconds to read, and nobody reads them then."""

FORMAT, VERSION = "prelu_rules/rules", 2

OPTIONAL = ("errors", "class_counts", "typical", "bounds", "fill", "unknown")
"""What is written only where it is known; files that were written before have none of it."""


Part = Literal["rules", "schema"]
"""The rules, or the schema of the format that they are in."""


def write(system: RuleSystem, indent: int | None = 1, part: Part = "rules") -> str:
    """The whole system as JSON.

    Args:
        system: the rules.
        indent: spaces per level; None for one line.
        part: "rules", or "schema" for the JSON Schema (draft 2020-12) of the format; see `schema`.

    Returns:
        The text; floats in the shortest form that reads back as the same float.

    Raises:
        FormatError: if the rules hold exact rationals, which JSON cannot.
        InvalidValueError: if there is no such part.

    Example:
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> json.loads(write(extract_rules(NormalForm.from_layers([[[2.0]]], [[0.1]], []))))["output_names"]
        ['out1']
    """
    if part not in get_args(Part):
        raise InvalidValueError(f"part is {part!r}; it must be 'rules' or 'schema'.")
    content = schema() if part == "schema" else {"format": FORMAT, "version": VERSION, **_plain(system)}
    return json.dumps(content, indent=indent, ensure_ascii=False, allow_nan=False) + "\n"


def schema() -> dict[str, Any]:
    """The JSON Schema of what `write` writes, for readers in other languages.

    It says what is there and of which type; that lengths fit together is for `read` to find. The schema of a version
    never changes, but for what may be left out.

    Returns:
        The schema, draft 2020-12.

    Example:
        >>> schema()["properties"]["version"]
        {'const': 2}
    """
    text = files(__package__).joinpath(f"rules_version_{VERSION}.schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


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
    content = parse(text)
    found = content.get("format").value if isinstance(content.value, dict) else content.value
    if found != FORMAT:
        raise FormatError(f"the JSON has format {quoted(found)}, not {FORMAT!r}; export rules with target 'json'.")
    version = content.get("version").value
    if type(version) is not int or version not in (1, VERSION):
        raise FormatError(
            f"the rules are in version {quoted(version)} of the format, but only versions 1 and {VERSION} are known; "
            "upgrade prelu-rules."
        )
    # Numbers of the size that only damage makes may overflow, and are refused where they do.
    with np.errstate(all="ignore"):
        return _system(content) if version == VERSION else read_version_1(content, _system)


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
        with Path(path).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise FormatError(f"{path} has more than {MAX_BYTES} bytes; rules have less.")
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise FormatError(f"{path} is not a text file; give rules that were exported as JSON.") from None
    except (OSError, ValueError) as problem:
        if isinstance(problem, FormatError):
            raise
        reason = problem.strerror if isinstance(problem, OSError) else problem
        raise DataError(f"cannot read {path}: {reason}.") from None
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


def _system(content: Entry) -> RuleSystem:
    columns = tuple(_column(column) for column in content["columns"].items(MAX_FEATURES))
    n_inputs = len(features_of(columns))
    if n_inputs > MAX_FEATURES:
        content["columns"].refuse(f"columns of at most {MAX_FEATURES} features")
    names = tuple(name.text() for name in content["output_names"].items())
    if not names:
        content["output_names"].refuse("a list of at least one name")
    classes = content["classes"].optional(lambda entry: tuple(label.label() for label in entry.items()))
    n_classes = len(classes or ())
    with content.named():
        return RuleSystem(
            rules=tuple(_rule(rule, n_inputs, len(names), n_classes) for rule in content["rules"].items(MAX_RULES)),
            columns=columns,
            output_names=names,
            classes=classes,
            form=content["form"].optional(lambda entry: _form(entry, n_inputs)),
            domain=content["domain"].optional(lambda entry: _domain(entry, n_inputs)),
            precision=content["precision"].optional(_precision),
            rounding_error=content["rounding_error"].optional(lambda entry: tuple(entry.numbers(len(names)).tolist())),
            typical=content.get("typical").optional(lambda entry: entry.matrix(n_inputs, n_classes)),
            bounds=content.get("bounds").optional(_bounds),
        )


def _bounds(entry: Entry) -> OutputBounds:
    entry.only(*(field.name for field in fields(OutputBounds)))
    lower, upper = ([one.optional(Entry.number) for one in entry[key].items()] for key in ("lower", "upper"))
    with entry.named():
        return OutputBounds(lower, upper)


def _column(entry: Entry) -> Column:
    entry.only(*(field.name for field in fields(Column)))
    with entry.named():
        return Column(
            name=entry["name"].text(),
            kind=entry.get("kind", "number").text(),  # type: ignore[arg-type]
            levels=tuple(level.label() for level in entry.get("levels", []).items(MAX_FEATURES)),
            missing=entry.get("missing", False).boolean(),
            unit=entry.get("unit").optional(Entry.text),
            description=entry.get("description").optional(Entry.text),
            fill=entry.get("fill").optional(Entry.number),
            unknown=entry.get("unknown").optional(lambda unknown: tuple(unknown.numbers().tolist())),
        )


def _precision(entry: Entry) -> Precision:
    entry.only(*(field.name for field in fields(Precision)))
    digits = entry["digits"].integer()
    if digits > MOST_PLACES:
        entry["digits"].refuse(f"a whole number from 0 to {MOST_PLACES}")
    with entry.named():
        return Precision(
            digits,
            entry["feature_scale"].numbers(),
            entry["output_scale"].numbers(),
            entry.get("error").optional(Entry.numbers),
        )


def _domain(entry: Entry, n_inputs: int) -> Domain:
    if "box" not in entry.value:
        return _box(entry, n_inputs)
    limit, equal = entry["limit"].numbers(), [one.boolean() for one in entry["equal"].items()]
    with entry.named():
        return Polytope(_box(entry["box"], n_inputs), entry["coef"].matrix(n_inputs, len(limit)), limit, equal)


def _box(entry: Entry, n_inputs: int) -> Box:
    entry.only(*(field.name for field in fields(Box)))
    with entry.named():
        return Box(entry["lower"].numbers(n_inputs), entry["upper"].numbers(n_inputs))


def _rule(entry: Entry, n_inputs: int, n_outputs: int, n_classes: int) -> Rule:
    outputs, decision = entry["outputs"], entry["decision"].optional(Entry.integer)
    if decision is not None and decision >= n_classes:
        entry["decision"].refuse(f"the number of one of {n_classes} classes, counted from 0")
    with entry.named():
        return Rule(
            tuple(_condition(condition, n_inputs) for condition in entry["conditions"].items()),
            AffineMap(outputs["coef"].matrix(n_inputs, n_outputs), outputs["intercept"].numbers(n_outputs)),
            entry["count"].optional(Entry.integer),
            decision,
            entry.get("errors").optional(lambda errors: tuple(errors.numbers(n_outputs).tolist())),
            entry.get("class_counts").optional(lambda counts: tuple(count.integer() for count in counts.items())),
        )


def _condition(entry: Entry, n_inputs: int) -> Condition:
    return Condition(
        entry["coef"].numbers(n_inputs),
        entry["intercept"].number(),
        entry["nonnegative"].boolean(),
        entry["label"].optional(_label),
    )


def _label(entry: Entry) -> UnitLabel:
    numbers = [number.integer() for number in entry.items()]
    if len(numbers) != 2:
        entry.refuse("a list of 2 numbers")
    return UnitLabel(*numbers)


def _form(entry: Entry, n_inputs: int) -> NormalForm:
    b, e = entry["b"].numbers(), entry["e"].numbers()
    with entry.named():
        return NormalForm(
            A=entry["A"].matrix(n_inputs, len(b)),
            B=entry["B"].matrix(len(b), len(b)),
            b=b,
            C=entry["C"].matrix(n_inputs, len(e)),
            D=entry["D"].matrix(len(b), len(e)),
            e=e,
            slopes=entry["slopes"].numbers(len(b)),
            labels=tuple(_label(label) for label in entry["labels"].items()),
        )
