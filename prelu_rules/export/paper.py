"""The paper's text format (section on rules); `paper_reader` reads it.

    IF +1.00*in3 +1.00*in4 -1.00 < 0  (PReLU #3 on level 1 is neg. ln(1-weight)=-2.58)
    THEN  (4 of 16 rows)
      out1 = +1.01*in1 +0.00*in2 +0.00*in3 +0.00*in4 +2.04

One block per rule; that of a decision rule has `THEN class = setosa`. Conditions are divided by their largest weight,
outputs are not; those on one feature read `IF in3 < 0.5`, or `IF 0.2 <= in3 < 0.5` where two meet. Those on one
indicator read `IF colour = red`, `IF smoker is yes` or `IF age is not missing`; in sums it is `[colour = red]`. A
number that may be missing counts as 0 where it is, and a last line says so. Where nothing is rounded, a third is
`+1/3`. Names that are not plain words stand in double quotes, as in JSON.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence

import numpy as np

from prelu_rules.columns.column import Feature
from prelu_rules.export.terms import Relation, decided_class, feature_terms, notes_of_missing, relations, said
from prelu_rules.network.normal_form import UnitLabel
from prelu_rules.network.precision import rounded
from prelu_rules.rules.rule import Condition
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.rules.short_numbers import as_fraction
from prelu_rules.values import Array, IntArray

ALWAYS = "IF true"

LONGEST = 15
"""Digits after the point, and before it, up to which a number is written without an exponent."""


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


def bracketed(indicator: Feature) -> str:
    """An indicator as it reads in a sum, where it is 1 or 0 (Iverson's bracket).

    Args:
        indicator: the indicator.

    Returns:
        What it says, in brackets.

    Example:
        >>> bracketed(Feature("eye colour", "level", "blue"))
        '["eye colour" = blue]'
    """
    return f"[{said(indicator, True, quoted)}]"


def write(system: RuleSystem) -> str:
    """The rules in the paper's text format.

    Args:
        system: the rules.

    Returns:
        One block per rule, with a blank line after each.

    Example:
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> print(write(extract_rules(NormalForm.from_layers([[[2.0]]], [[0.1]], []), feature_names=["age"])), end="")
        IF true
        THEN
          out1 = +2.0*age +0.1
    """
    slopes = {} if system.form is None else dict(zip(system.form.labels, system.form.slopes, strict=True))
    names = feature_terms(system, quoted, bracketed)
    blocks = []
    for rule in system.rules:
        normal = [condition.normalised() for condition in rule.conditions]
        lines = [_relation_line(r, system, names, slopes) for r in relations(normal)] or [ALWAYS]
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
    for name, (lower, upper) in zip(system.output_names, system.bounds.pairs if system.bounds else (), strict=False):
        ends = [f"{word} {_plain(end, None)}" for word, end in (("from", lower), ("to", upper)) if end is not None]
        blocks += [f"(kept: {quoted(name)} {' '.join(ends)})\n"] if ends else []
    notes = "".join(f"({note})\n" for note in notes_of_missing(system, quoted))
    return "\n".join([*blocks, notes] if notes else blocks)


def _label(label: str | int | float | bool) -> str:
    return quoted(label) if isinstance(label, str) else json.dumps(label)


def _relation_line(relation: Relation, system: RuleSystem, names: Sequence[str], slopes: dict[UnitLabel, float]) -> str:
    conditions = [bound[1] for bound in (relation.lower, relation.upper) if bound is not None]
    if len({condition.label is None for condition in conditions}) == 2:
        halves = (relation._replace(upper=None), relation._replace(lower=None))
        return "\n".join(_relation_line(half, system, names, slopes) for half in halves)
    indication = relation.indication(system)
    if indication is not None:
        return f"IF {said(*indication, quoted)}{_units(conditions, slopes)}"
    first = conditions[0]
    precision = system.precision
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
    if places is not None:
        value = rounded(value, places)
        # The shortest text that is this float, with an exponent.
        return f"{value:+}" if places > LONGEST or abs(value) >= 10**LONGEST else f"{value:+.{max(places, 0)}f}"
    fraction = as_fraction(value)
    return f"{float(value):+}" if fraction is None else f"{fraction.numerator:+}/{fraction.denominator}"


def _plain(value: float, places: int | None) -> str:
    return _signed(value, places).removeprefix("+")
