"""Rules that were written before they knew their columns (version 1 of the JSON format)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from prelu_rules.columns.column import Column
from prelu_rules.columns.fill import Fill
from prelu_rules.domains.domain import Domain
from prelu_rules.domains.polytope import Polytope
from prelu_rules.network.affine import AffineMap
from prelu_rules.rules.rule import Rule
from prelu_rules.rules.rule_system import RuleSystem


def read_version_1(content: dict[str, Any], read: Callable[[dict[str, Any]], RuleSystem]) -> RuleSystem:
    """The system of a file of version 1, in which features had names and a missing number was at a mean.

    Where the domain tells the mean, it is folded into the weight of `... is missing`, so that the rules take raw
    tables. Where nothing tells it, `... is missing` stays a column of its own, which a table must have.

    Args:
        content: the JSON.
        read: reads content in the present version.

    Returns:
        The rules.

    Raises:
        KeyError: if a part is missing.
        ValueError: if parts do not fit together.
    """
    names = content["feature_names"]
    said = {f"{c} is missing" if v is None else f"{c} = {v}": (c, v) for c, v in content.get("indicators", ())}
    groups: list[tuple[str, list[str | None]]] = []
    for name in names:
        column, level = said.get(name, (name, name))
        if name in said and groups and groups[-1][0] == column:
            groups[-1][1].append(level)
        else:
            groups.append((column, [level]))
    plain = {
        **content,
        "columns": [{"name": name} for name in names],
        "rounding_error": content.get("rounding_error"),
        "rules": [{"decision": None, **rule} for rule in content["rules"]],
    }
    system = read(plain)
    columns: list[Column] = []
    means: dict[int, float] = {}
    place = 0
    for column, parts in groups:
        missing = parts[-1] is None
        levels = tuple(part for part in parts if part is not None)
        if column in names and missing and len(parts) == 2:
            mean = _mean(system.domain, place)
            if mean is None:
                columns += [Column(column), Column(f"{column} is missing", "yes/no")]
            else:
                columns.append(Column(column, missing=True))
                means[place] = mean
        elif column in names:
            columns.append(Column(column))
        else:
            columns.append(Column(column, "category", levels, missing))
        place += len(parts)
    numbers = np.array(list(means), dtype=np.intp)
    return _folded(system, tuple(columns), Fill(numbers, numbers + 1, np.array(list(means.values()))))


def _mean(domain: Domain | None, number: int) -> float | None:
    """What stands for a missing number: `x + (upper - mean) * missing <= upper` is a constraint of the domain."""
    if not isinstance(domain, Polytope):
        return None
    for coef, limit in zip(domain.coef, domain.limit, strict=True):
        if np.count_nonzero(np.delete(coef, [number, number + 1])) == 0 and coef[number] == 1:
            return float(limit - coef[number + 1])
    return None


def _folded(system: RuleSystem, columns: tuple[Column, ...], fill: Fill) -> RuleSystem:
    """The same rules for rows in which missing numbers are 0."""
    if not len(fill.values):
        return replace(system, columns=columns)
    rules = tuple(
        Rule(
            tuple(replace(c, coef=fill.folded_rows(c.coef[None])[0]) for c in rule.conditions),
            AffineMap(fill.folded_rows(rule.outputs.coef), rule.outputs.intercept),
            rule.count,
            rule.decision,
        )
        for rule in system.rules
    )
    assert isinstance(system.domain, Polytope)
    lower, upper = system.domain.box.lower.copy(), system.domain.box.upper.copy()
    lower[fill.numbers], upper[fill.numbers] = np.minimum(lower[fill.numbers], 0), np.maximum(upper[fill.numbers], 0)
    box = replace(system.domain.box, lower=lower, upper=upper)
    domain = replace(system.domain, box=box, coef=fill.folded_rows(system.domain.coef))
    form = None if system.form is None else fill.folded(system.form)
    return replace(system, rules=rules, columns=columns, form=form, domain=domain)
