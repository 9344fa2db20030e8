"""The paper's text format (section on rules), written and read.

    IF +1.00*in3 +1.00*in4 -1.00 < 0  (PReLU #3 on level 1 is neg. ln(1-weight)=-2.58)
    THEN  (4 of 16 rows)
      out1 = +1.01*in1 +0.00*in2 +0.00*in3 +0.00*in4 +2.04

One block per rule; that of a decision rule has `THEN class = setosa`. Conditions are divided by their largest weight,
outputs are not; those on one feature read `IF in3 < 0.5`, or `IF 0.2 <= in3 < 0.5` where two meet. Names that are no
plain words stand in double quotes, as in JSON.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence

import numpy as np

from prelu_rules.affine import AffineMap
from prelu_rules.errors import FormatError
from prelu_rules.export.terms import Relation, decided_class, relations
from prelu_rules.normal_form import UnitLabel
from prelu_rules.rules.precision import Precision, rounded
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.values import Array, IntArray

_NUMBER = r"[+-]\d+(?:\.\d*)?(?:[eE][+-]?\d+)?"
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_NAME = rf"[^\W\d]\w*|{_QUOTED}"
_TERM = re.compile(rf"\s*({_NUMBER})(?:\*({_NAME}))?")
_UNITS = r"(?:\s+\(PReLU #(?P<units>\d+ on level \d+\b.*)\))?\s*"
_UNIT = re.compile(r"(\d+) on level (\d+)")
_CONDITION = re.compile(rf'IF (?P<sum>(?:{_QUOTED}|[^"])*?) (?P<side><|>=) 0{_UNITS}')
_PLAIN = r"-?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?"
_BOUNDS = re.compile(
    rf"IF (?:(?P<low>{_PLAIN}) (?P<left><=?) )?(?P<name>{_NAME}) (?P<right><=?|>=?) (?P<high>{_PLAIN}){_UNITS}"
)
_THEN = re.compile(rf"THEN(?: class = (?:{_QUOTED}|[^\s\"]+))?(?:\s+\((?P<count>\d+) of \d+ rows\))?\s*")
_OUTPUT = re.compile(rf"\s+(?P<name>{_NAME}) = (?P<sum>.*)")
_ALWAYS = "IF true"


def quoted(name: str) -> str:
    """A name that can be told from the text around it.

    Args:
        name: any text.

    Returns:
        The name itself if it is a plain word, otherwise in double quotes.

    Example:
        >>> quoted("age"), quoted("body mass (kg)")
        ('age', '"body mass (kg)"')
    """
    return name if re.fullmatch(r"[^\W\d]\w*", name) else json.dumps(name, ensure_ascii=False)


def write(system: RuleSystem) -> str:
    """The rules in the paper's text format.

    Args:
        system: the rules.

    Returns:
        One block per rule, with a blank line after each.

    Example:
        >>> from prelu_rules.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> print(write(extract_rules(NormalForm.from_layers([[[2.0]]], [[0.1]], []), feature_names=["age"])), end="")
        IF true
        THEN
          out1 = +2.0*age +0.1
    """
    slopes = {} if system.form is None else dict(zip(system.form.labels, system.form.slopes, strict=True))
    names = [quoted(name) for name in system.feature_names]
    blocks = []
    for rule in system.rules:
        normal = [condition.normalised() for condition in rule.conditions]
        lines = [_relation_line(r, names, slopes, system.precision) for r in relations(normal)] or [_ALWAYS]
        then = f"THEN class = {_label(decided_class(system, rule))}" if system.decides else "THEN"
        lines.append(then if rule.count is None else f"{then}  ({rule.count} of {system.n_rows} rows)")
        for k, name in enumerate(system.output_names):
            places = None if system.precision is None else system.precision.output_places(k)
            lines.append(f"  {quoted(name)} = {_sum(rule.outputs.coef[k], names, rule.outputs.intercept[k], places)}")
        blocks.append("\n".join(lines) + "\n")
    if system.rounding_error is not None:
        errors = zip(map(quoted, system.output_names), system.rounding_error, strict=True)
        within = ", ".join(f"{name} within {error:.5g}" for name, error in errors)
        blocks.append(f"(rounded: {within} of the unrounded rules)\n")
    return "\n".join(blocks)


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
    features: dict[str, int] = {}
    # Conditions may name one feature of many, outputs name all in their order.
    for line in lines:
        if match := _OUTPUT.fullmatch(line):
            for _, name in _TERM.findall(match["sum"]):
                if name:
                    features.setdefault(_unquoted(name), len(features))
    blocks: list[tuple[list[_ReadCondition], dict[str, dict[str | None, float]], int | None]] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("(rounded: "):
            continue
        found = _read_conditions(line, number, features)
        if found:
            if not blocks or blocks[-1][1]:
                blocks.append(([], {}, None))
            blocks[-1][0].extend(found)
        elif line.strip() == _ALWAYS:
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
            raise FormatError(f"line {number} ({line.strip()!r}) is neither IF, THEN nor an output; mend or remove it.")
    if not blocks:
        raise FormatError("the text has no rule; a rule starts with a line IF.")
    output_names = tuple(blocks[0][1])
    rules = []
    for number, (conditions, outputs, count) in enumerate(blocks, start=1):
        if tuple(outputs) != output_names or not outputs:
            raise FormatError(f"rule {number} gives {list(outputs)}, but the first rule gives {list(output_names)}.")
        rows = [_row(terms, features) for terms in outputs.values()]
        rules.append(
            Rule(
                tuple(Condition(*_row(terms, features), side, label) for terms, side, label in conditions),
                AffineMap(np.array([coef for coef, _ in rows]), np.array([constant for _, constant in rows])),
                count,
            )
        )
    return RuleSystem(tuple(rules), tuple(features), output_names)


_ReadCondition = tuple[dict[str | None, float], bool, UnitLabel | None]


def _label(label: str | int | float | bool) -> str:
    return quoted(label) if isinstance(label, str) else json.dumps(label)


def _relation_line(
    relation: Relation, names: Sequence[str], slopes: dict[UnitLabel, float], precision: Precision | None
) -> str:
    conditions = [bound[1] for bound in (relation.lower, relation.upper) if bound is not None]
    if len({condition.label is None for condition in conditions}) == 2:
        halves = (relation._replace(upper=None), relation._replace(lower=None))
        return "\n".join(_relation_line(half, names, slopes, precision) for half in halves)
    first = conditions[0]
    weights, constant = (None, None) if precision is None else precision.condition_places(first.coef)
    if np.count_nonzero(first.coef) == 1:
        name = names[int(np.flatnonzero(first.coef)[0])]
        line = f"IF {relation.write(name, lambda value: _plain(value, constant), ('<', '<=', '>', '>='))}"
        return line + _units(conditions, slopes)
    places = None if weights is None or constant is None else (weights, constant)
    return "\n".join(
        f"IF {_sum(c.coef, names, c.intercept, places)} {'>=' if c.nonnegative else '<'} 0{_units([c], slopes)}"
        for c in conditions
    )


def _units(conditions: Sequence[Condition], slopes: dict[UnitLabel, float]) -> str:
    """Which units of the network the conditions come from."""
    units = []
    for condition in conditions:
        if condition.label is not None:
            side = "pos" if condition.nonnegative else "neg"
            slope = slopes.get(condition.label, 1.0)
            size = "" if slope == 1 else f" ln(1-weight)={math.log(abs(1 - slope)):.2f}"
            units.append(f"#{condition.label.number} on level {condition.label.level} is {side}.{size}")
    return f"  (PReLU {'; '.join(units)})" if units else ""


def _sum(coef: Array, names: Sequence[str], constant: float, places: tuple[IntArray, int] | None) -> str:
    weights, last = ([None] * len(names), None) if places is None else (places[0].tolist(), places[1])
    terms = [f"{_signed(w, p)}*{name}" for w, p, name in zip(coef.tolist(), weights, names, strict=True)]
    return " ".join([*terms, _signed(float(constant), last)])


def _signed(value: float, places: int | None) -> str:
    return f"{float(value):+}" if places is None else f"{rounded(value, places):+.{places}f}"


def _plain(value: float, places: int | None) -> str:
    return _signed(value, places).removeprefix("+")


def _read_conditions(text: str, line: int, features: dict[str, int]) -> list[_ReadCondition]:
    """The conditions that a line states; none where it is no line of conditions."""
    if match := _CONDITION.fullmatch(text):
        return [(_read_sum(match["sum"], line, features), match["side"] == ">=", _read_units(match["units"], 1)[0])]
    if not (match := _BOUNDS.fullmatch(text)):
        return []
    name, upper = _unquoted(match["name"]), match["right"].startswith("<")
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
    value = float(text)
    if not math.isfinite(value):
        raise FormatError(f"line {line}: {text!r} is too large for a number.")
    return value


def _unquoted(name: str) -> str:
    return json.loads(name) if name.startswith('"') else name


def _read_sum(text: str, line: int, features: dict[str, int]) -> dict[str | None, float]:
    terms: dict[str | None, float] = {}
    position = 0
    while position < len(text.rstrip()):
        match = _TERM.match(text, position)
        if not match:
            raise FormatError(f"line {line}: cannot read {text[position:]!r}; a term is like +1.5*name or -2.0.")
        name = None if match[2] is None else _unquoted(match[2])
        if name is not None:
            features.setdefault(name, len(features))
        terms[name] = terms.get(name, 0.0) + _finite(match[1], line)
        position = match.end()
    return terms


def _row(terms: dict[str | None, float], features: dict[str, int]) -> tuple[Array, float]:
    return np.array([terms.get(name, 0.0) for name in features]), terms.get(None, 0.0)
