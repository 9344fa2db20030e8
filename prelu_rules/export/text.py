"""The paper's text format (section on rules), written and read.

    IF +1.00*in3 +1.00*in4 -1.00 < 0  (PReLU #3 on level 1 is neg. ln(1-weight)=-2.58)
    THEN  (4 of 16 rows)
      out1 = +1.01*in1 +0.00*in2 +0.00*in3 +0.00*in4 +2.04

One block per rule; that of a decision rule has `THEN class = setosa`. Conditions are divided by their largest weight,
outputs are not. Names that are no plain words stand in double quotes, as in JSON.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence

import numpy as np

from prelu_rules.affine import AffineMap
from prelu_rules.errors import FormatError
from prelu_rules.export.terms import decided_class
from prelu_rules.normal_form import UnitLabel
from prelu_rules.rules.precision import Precision, rounded
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.values import Array, IntArray

_NUMBER = r"[+-]\d+(?:\.\d*)?(?:[eE][+-]?\d+)?"
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_NAME = rf"[^\W\d]\w*|{_QUOTED}"
_TERM = re.compile(rf"\s*({_NUMBER})(?:\*({_NAME}))?")
_CONDITION = re.compile(
    rf'IF (?P<sum>(?:{_QUOTED}|[^"])*?) (?P<side><|>=) 0'
    r"(?:\s+\(PReLU #(?P<number>\d+) on level (?P<level>\d+)\b.*\))?\s*"
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
        lines = [_condition_line(c, names, slopes, system.precision) for c in rule.conditions] or [_ALWAYS]
        then = f"THEN class = {_label(decided_class(system, rule))}" if system.decides else "THEN"
        lines.append(then if rule.count is None else f"{then}  ({rule.count} of {system.n_rows} rows)")
        for k, name in enumerate(system.output_names):
            places = None if system.precision is None else system.precision.output_places(k)
            lines.append(f"  {quoted(name)} = {_sum(rule.outputs.coef[k], names, rule.outputs.intercept[k], places)}")
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def read(text: str) -> RuleSystem:
    r"""The rules that a text in the paper's format states.

    Args:
        text: what `write` wrote, or a person in the same format.

    Returns:
        The rules with the printed numbers; they have no network, no domain and no precision. Features are those
        named, in order of appearance. Decisions are lost, since the text does not say which logit is whose.

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
    features: dict[str, int] = {}
    blocks: list[tuple[list[_ReadCondition], dict[str, dict[str | None, float]], int | None]] = []
    for number, line in enumerate(re.split(r"\r?\n", text), start=1):
        if not line.strip():
            continue
        if match := _CONDITION.fullmatch(line):
            if not blocks or blocks[-1][1]:
                blocks.append(([], {}, None))
            label = UnitLabel(int(match["level"]), int(match["number"])) if match["number"] else None
            blocks[-1][0].append((_read_sum(match["sum"], number, features), match["side"] == ">=", label))
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


def _condition_line(
    condition: Condition, names: Sequence[str], slopes: dict[UnitLabel, float], precision: Precision | None
) -> str:
    normal = condition.normalised()
    places = None if precision is None else precision.condition_places(normal.coef)
    line = f"IF {_sum(normal.coef, names, normal.intercept, places)} {'>=' if normal.nonnegative else '<'} 0"
    if normal.label is None:
        return line
    side = "pos" if normal.nonnegative else "neg"
    line += f"  (PReLU #{normal.label.number} on level {normal.label.level} is {side}."
    slope = slopes.get(normal.label, 1.0)
    return line + (")" if slope == 1 else f" ln(1-weight)={math.log(abs(1 - slope)):.2f})")


def _sum(coef: Array, names: Sequence[str], constant: float, places: tuple[IntArray, int] | None) -> str:
    weights, last = ([None] * len(names), None) if places is None else (places[0].tolist(), places[1])
    terms = [f"{_signed(w, p)}*{name}" for w, p, name in zip(coef.tolist(), weights, names, strict=True)]
    return " ".join([*terms, _signed(float(constant), last)])


def _signed(value: float, places: int | None) -> str:
    return f"{float(value):+}" if places is None else f"{rounded(value, places):+.{places}f}"


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
        terms[name] = terms.get(name, 0.0) + float(match[1])
        if not math.isfinite(terms[name]):
            raise FormatError(f"line {line}: {match[1]!r} is too large for a number.")
        position = match.end()
    return terms


def _row(terms: dict[str | None, float], features: dict[str, int]) -> tuple[Array, float]:
    return np.array([terms.get(name, 0.0) for name in features]), terms.get(None, 0.0)
