"""Reading the paper's text format, as `paper` writes it or a person does."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping

import numpy as np

from prelu_rules.columns.column import Column, Feature, Kind, features_of
from prelu_rules.errors import FormatError, InvalidValueError
from prelu_rules.export.paper import ALWAYS
from prelu_rules.network.affine import AffineMap
from prelu_rules.network.normal_form import UnitLabel
from prelu_rules.rules.output_bounds import OutputBounds
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.values import Array

_UNSIGNED = r"\d+(?:/\d+|(?:\.\d*)?(?:[eE][+-]?\d+)?)"
_NUMBER = rf"[+-]{_UNSIGNED}"
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_NAME = rf"[^\W\d]\w*|{_QUOTED}"
_BRACKETED = re.compile(rf"\[(?P<column>{_NAME}) (?:= (?P<level>{_NAME})|is (?P<word>missing|yes))\]")
_FEATURE = rf"{_NAME}|\[(?:{_QUOTED}|[^\]\"])*\]"
_TERM = re.compile(rf"\s*({_NUMBER})(?:\*({_FEATURE}))?")
_UNITS = r"(?:\s+\(PReLU #(?P<units>\d+ on level \d+\b.*)\))?\s*"
_UNIT = re.compile(r"(\d+) on level (\d+)")
_CONDITION = re.compile(rf'IF (?P<sum>(?:{_QUOTED}|[^"])*?) (?P<side><|>=) 0{_UNITS}')
_PLAIN = rf"-?{_UNSIGNED}"
_BOUNDS = re.compile(
    rf"IF (?:(?P<low>{_PLAIN}) (?P<left><=?) )?(?P<name>{_FEATURE}) (?P<right><=?|>=?) (?P<high>{_PLAIN}){_UNITS}"
)
_INDICATION = re.compile(
    rf"IF (?P<column>{_NAME}) (?:(?P<side>!?=) (?P<level>{_NAME})|is (?P<word>missing|not missing|yes|no)){_UNITS}"
)
_THEN = re.compile(rf"THEN(?: class = (?:{_QUOTED}|[^\s\"]+))?(?:\s+\((?P<count>\d+) of \d+ rows\))?\s*")
_OUTPUT = re.compile(rf"\s+(?P<name>{_NAME}) = (?P<sum>.*)")
_KEPT = re.compile(rf"\(kept: (?P<name>{_NAME})(?: from (?P<low>{_PLAIN}))?(?: to (?P<high>{_PLAIN}))?\)\s*")
_MISSING = re.compile(
    rf"\((?:counted as 0|filled with (?P<fill>{_PLAIN})) where missing: (?P<names>(?:{_NAME})(?:, (?:{_NAME}))*)\)\s*"
)
_Terms = dict[Feature | None, float]
_ReadCondition = tuple[_Terms, bool, UnitLabel | None]


def read(text: str) -> RuleSystem:
    r"""The rules that a text in the paper's format states.

    Args:
        text: what `write` wrote, or a person in the same format.

    Returns:
        The rules with the printed numbers; they have no network, no domain and no precision. Features are those
        named, in the order in which outputs name them. Decisions are lost, since the text does not say which logit is
        whose.

    Raises:
        FormatError: if a line is not in the format.

    Example:
        >>> adult = "IF +1.0*age -18.0 >= 0\nTHEN\n  price = +9.0"
        >>> child = "IF +1.0*age -18.0 < 0\nTHEN\n  price = +5.0"
        >>> rules = read(f"{adult}\n{child}")
        >>> rules.predict([[17.0], [18.0]])
        array([[5.],
               [9.]])
    """
    lines = re.split(r"\r?\n", text)
    features: dict[Feature, int] = {}
    fills: dict[str, float] = {}
    # Conditions may name one feature of many, outputs name all in their order.
    for number, line in enumerate(lines, start=1):
        if match := _OUTPUT.fullmatch(line):
            for _, name in _TERM.findall(match["sum"]):
                if name:
                    features.setdefault(_feature(name, number), len(features))
    blocks: list[tuple[list[_ReadCondition], dict[str, _Terms], int | None]] = []
    kept: dict[str, tuple[float | None, ...]] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("(rounded: "):
            continue
        if match := _MISSING.fullmatch(line):
            for name in map(_unquoted, re.findall(_NAME, match["names"])):
                if match["fill"] is None:
                    features.setdefault(Feature(name, "missing"), len(features))
                else:
                    fills[name] = float(match["fill"])
            continue
        if match := _KEPT.fullmatch(line):
            kept[_unquoted(match["name"])] = tuple(
                None if end is None else _finite(end, number) for end in match.group("low", "high")
            )
            continue
        found = _read_conditions(line, number, features)
        if found:
            if not blocks or blocks[-1][1]:
                blocks.append(([], {}, None))
            blocks[-1][0].extend(found)
        elif line.strip() == ALWAYS:
            blocks.append(([], {}, None))
        elif (match := _THEN.fullmatch(line)) and blocks:
            conditions, outputs, _ = blocks[-1]
            blocks[-1] = (conditions, outputs, int(match["count"]) if match["count"] else None)
        elif (match := _OUTPUT.fullmatch(line)) and blocks:
            name = _unquoted(match["name"])
            if name in blocks[-1][1]:
                raise FormatError(f"line {number}: the rule gives {name!r} already; remove one of the two.")
            blocks[-1][1][name] = _read_sum(match["sum"], number, features)
        else:
            raise FormatError(f"line {number} ({line.strip()!r}) is neither IF, THEN nor an output; fix or remove it.")
    if not blocks:
        raise FormatError("the text has no rule; a rule starts with a line IF.")
    output_names = tuple(blocks[0][1])
    columns = _columns(features, fills)
    places = {feature: k for k, feature in enumerate(features_of(columns))}
    rules = []
    for number, (conditions, outputs, count) in enumerate(blocks, start=1):
        if tuple(outputs) != output_names or not outputs:
            raise FormatError(f"rule {number} gives {list(outputs)}, but the first rule gives {list(output_names)}.")
        rows = [_row(terms, places) for terms in outputs.values()]
        rules.append(
            Rule(
                tuple(Condition(*_row(terms, places), side, label) for terms, side, label in conditions),
                AffineMap(np.array([coef for coef, _ in rows]), np.array([constant for _, constant in rows])),
                count,
            )
        )
    return RuleSystem(tuple(rules), columns, output_names, bounds=_bounds(kept, output_names))


def _bounds(kept: dict[str, tuple[float | None, ...]], names: tuple[str, ...]) -> OutputBounds | None:
    """The bounds of all outputs."""
    if not kept:
        return None
    if not set(kept) <= set(names):
        raise FormatError(f"there are bounds of {list(kept)}, but the rules give {list(names)}.")
    pairs = [kept.get(name, (None, None)) for name in names]
    try:
        return OutputBounds(*zip(*pairs, strict=True))
    except InvalidValueError as error:
        raise FormatError(str(error)) from None


def _columns(features: Iterable[Feature], fills: Mapping[str, float]) -> tuple[Column, ...]:
    """The columns that features speak of, in the order in which they are first named."""
    found: dict[str, list[Feature]] = {}
    for feature in features:
        found.setdefault(feature.column, []).append(feature)
    columns = []
    for name, mine in found.items():
        said = {feature.says for feature in mine}
        levels = tuple(feature.level for feature in mine if feature.level is not None)
        if len(said - {"missing"}) > 1:
            raise FormatError(f"{name!r} is a number in one place and has levels or yes in another; use two names.")
        kind: Kind = "category" if levels else "yes/no" if "yes" in said else "number"
        fill = fills.get(name)
        if fill is not None and said != {"number"}:
            raise FormatError(
                f"{name!r} is filled where it is missing, but it is not a number, or it has a term of its own there."
            )
        columns.append(Column(name, kind, levels, "missing" in said or fill is not None, fill=fill))
    return tuple(columns)


def _read_conditions(text: str, line: int, features: dict[Feature, int]) -> list[_ReadCondition]:
    """The conditions that a line states; none where it is no line of conditions."""
    if match := _INDICATION.fullmatch(text):
        indicator = _indicator(match)
        features.setdefault(indicator, len(features))
        holds = match["word"] not in ("no", "not missing") and match["side"] != "!="
        return [({indicator: 1.0, None: -0.5}, holds, _read_units(match["units"], 1)[0])]
    if not (match := _BOUNDS.fullmatch(text)):
        # A bound may be 0 as well, and is none of a sum: in a sum every number has a sign.
        match = _CONDITION.fullmatch(text)
        units = _read_units(match["units"], 1) if match else []
        return [(_read_sum(match["sum"], line, features), match["side"] == ">=", units[0])] if match else []
    name, upper = _feature(match["name"], line), match["right"].startswith("<")
    if match["low"] is not None and not upper:
        raise FormatError(f"line {line}: {text.strip()!r} has two lower bounds; write them as two lines.")
    features.setdefault(name, len(features))
    bounds = [(match["high"], upper, match["right"].endswith("="))]
    if match["low"] is not None:
        bounds.insert(0, (match["low"], False, match["left"].endswith("=")))
    units = _read_units(match["units"], len(bounds))
    conditions: list[_ReadCondition] = []
    for (bound, is_upper, included), unit in zip(bounds, units, strict=True):
        # `x < c` and `x >= c` are sides of `x - c`, the other two of `-x + c`, for a sum of 0 counts as positive.
        sign = 1.0 if is_upper != included else -1.0
        conditions.append(({name: sign, None: -sign * _finite(bound, line)}, included, unit))
    return conditions


def _read_units(text: str | None, count: int) -> list[UnitLabel | None]:
    found = [UnitLabel(int(level), int(number)) for number, level in _UNIT.findall(text or "")]
    return [*found] if len(found) == count else [None] * count


def _finite(text: str, line: int) -> float:
    above, _, below = text.partition("/")
    try:
        # Of whole numbers the quotient is rounded once, so it is the float that was written so.
        value = int(above) / int(below) if below else float(above)
    except ZeroDivisionError:
        raise FormatError(f"line {line}: {text!r} divides by 0; write another number.") from None
    except (OverflowError, ValueError):
        value = math.inf
    if not math.isfinite(value):
        raise FormatError(f"line {line}: {text!r} is too large for a number.")
    return value


def _unquoted(name: str) -> str:
    return json.loads(name) if name.startswith('"') else name


def _indicator(match: re.Match[str]) -> Feature:
    column = _unquoted(match["column"])
    if match["level"] is not None:
        return Feature(column, "level", _unquoted(match["level"]))
    return Feature(column, "yes" if match["word"] in ("yes", "no") else "missing")


def _feature(text: str, line: int) -> Feature:
    if not text.startswith("["):
        return Feature(_unquoted(text))
    match = _BRACKETED.fullmatch(text)
    if match is None:
        raise FormatError(f"line {line}: cannot read {text!r}; in brackets is [colour = red] or [age is missing].")
    return _indicator(match)


def _read_sum(text: str, line: int, features: dict[Feature, int]) -> _Terms:
    terms: _Terms = {}
    position = 0
    while position < len(text.rstrip()):
        match = _TERM.match(text, position)
        if not match:
            raise FormatError(f"line {line}: cannot read {text[position:]!r}; a term is like +1.5*name or -2.0.")
        name = None if match[2] is None else _feature(match[2], line)
        if name is not None:
            features.setdefault(name, len(features))
        terms[name] = terms.get(name, 0.0) + _finite(match[1], line)
        position = match.end()
    return terms


def _row(terms: _Terms, features: dict[Feature, int]) -> tuple[Array, float]:
    return np.array([terms.get(name, 0.0) for name in features]), terms.get(None, 0.0)
