"""Rules that were written before they knew their columns (version 1 of the JSON format)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from prelu_rules.columns.column import Column
from prelu_rules.columns.fill import Fill
from prelu_rules.domains.domain import Domain
from prelu_rules.domains.polytope import Polytope
from prelu_rules.export.json_entry import Entry
from prelu_rules.network.affine import AffineMap
from prelu_rules.rules.rule import Rule
from prelu_rules.rules.rule_system import RuleSystem


def read_version_1(content: Entry, read: Callable[[Entry], RuleSystem]) -> RuleSystem:
    """The system of a file of version 1, in which features had names and a missing number was at a mean.

    Where the domain tells the mean, it is folded into the weight of `... is missing`, so that the rules take raw
    tables. Where nothing tells it, `... is missing` stays a column of its own, which a table must have.

    Args:
        content: the JSON.
        read: reads content in the present version.

    Returns:
        The rules.

    Raises:
        FormatError: if a part is missing, or parts do not fit together.
    """
    names = [name.text() for name in content["feature_names"].items()]
    known = set(names)
    said = dict(map(_indicator, content.get("indicators", []).items()))
    groups: list[tuple[str, list[str | None]]] = []
    for name in names:
        column, level = said.get(name, (name, name))
        if name in said and groups and groups[-1][0] == column:
            groups[-1][1].append(level)
        else:
            groups.append((column, [level]))
    for rule in content["rules"].items():
        rule.get("decision")
    plain = {
        **content.value,
        "columns": [{"name": name} for name in names],
        "rounding_error": content.get("rounding_error").value,
        "rules": [{"decision": None, **rule} for rule in content.value["rules"]],
    }
    system = read(Entry(plain))
    with content.named():
        columns, means = _columns(groups, known, _means(system.domain))
        numbers = np.array(list(means), dtype=np.intp)
        return _folded(system, columns, Fill(numbers, numbers + 1, np.array(list(means.values()))))


def _columns(
    groups: list[tuple[str, list[str | None]]], known: set[str], found: dict[int, float]
) -> tuple[tuple[Column, ...], dict[int, float]]:
    """The columns that features were made of, and what stood for the missing numbers among them."""
    columns: list[Column] = []
    means: dict[int, float] = {}
    place = 0
    for column, parts in groups:
        missing = parts[-1] is None
        levels = tuple(part for part in parts if part is not None)
        if column in known and missing and len(parts) == 2:
            if place in found:
                columns.append(Column(column, missing=True))
                means[place] = found[place]
            else:
                columns += [Column(column), Column(f"{column} is missing", "yes/no")]
        elif column in known:
            columns.append(Column(column))
        else:
            columns.append(Column(column, "category", levels, missing))
        place += len(parts)
    return tuple(columns), means


def _indicator(entry: Entry) -> tuple[str, tuple[str, str | None]]:
    """The name of a feature, the column that it is of, and its level; None where it says that a cell is missing."""
    parts = entry.items()
    if len(parts) != 2:
        entry.refuse("a column and a level")
    column, level = parts[0].text(), parts[1].optional(Entry.text)
    return f"{column} is missing" if level is None else f"{column} = {level}", (column, level)


def _means(domain: Domain | None) -> dict[int, float]:
    """What stands for missing numbers: `x + (upper - mean) * missing <= upper` is a constraint of the domain."""
    means: dict[int, float] = {}
    if isinstance(domain, Polytope):
        for coef, limit in zip(domain.coef, domain.limit, strict=True):
            used = np.flatnonzero(coef)
            if len(used) and coef[used[0]] == 1 and set(used[1:]) <= {used[0] + 1} and used[0] + 1 < len(coef):
                means.setdefault(int(used[0]), float(limit - coef[used[0] + 1]))
    return means


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
