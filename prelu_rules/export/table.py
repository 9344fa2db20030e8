"""Rules as a table, a row for each: of CSV, pandas or polars."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from prelu_rules.errors import DataError
from prelu_rules.export.conditions import conditions_of
from prelu_rules.export.program import NO_BOUNDS
from prelu_rules.rules.names import free_name
from prelu_rules.rules.rule_system import RuleSystem

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl


def write(system: RuleSystem) -> str:
    r"""The rules as CSV, a line for each; see `columns_of`.

    Args:
        system: the rules.

    Returns:
        Comma-separated text with a header, numbers in full. Texts are as they are: one that begins with = is a formula
        to a spreadsheet that opens the file unasked; the target "excel" writes a workbook in which it is none.

    Raises:
        SolverError: if the linear programming solver fails.

    Example:
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-3], C=[[1]], D=[[1]], e=[0], slopes=[0])
        >>> rules = extract_rules(form, [[2.0], [4.0], [5.0]], feature_names=["age"], output_names=["cost"])
        >>> print(write(rules), end="")
        rule,conditions,rows,share,cost: age,cost: constant
        1,age < 3,1,0.3333333333333333,1.0,0.0
        2,age >= 3,2,0.6666666666666666,2.0,-3.0
    """
    columns = columns_of(system)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return text.getvalue()


def columns_of(system: RuleSystem) -> dict[str, list[Any]]:
    """A row for each rule, column by column.

    Args:
        system: the rules.

    Returns:
        By name, in this order: "rule", the number, from 1; "conditions", as text; "class", of decision rules; "rows"
        and "share" of the training rows, "error of OUTPUT", the mean absolute error on them, and "rows of CLASS", where
        these are known; "OUTPUT: FEATURE" and "OUTPUT: constant", the coefficients; "OUTPUT: at least" and
        "OUTPUT: at most", what it is kept within, where there is something. A name that is there already gets a number.

    Raises:
        SolverError: if the linear programming solver fails.
    """
    rules, classes, n_rows = system.rules, system.classes or (), system.n_rows
    named: list[tuple[str, list[Any]]] = [
        ("rule", list(range(1, len(rules) + 1))),
        ("conditions", list(conditions_of(system))),
    ]
    if system.decides:
        named.append(("class", [None if rule.decision is None else classes[rule.decision] for rule in rules]))
    if n_rows is not None:
        named.append(("rows", [rule.count for rule in rules]))
        named.append(("share", [(rule.count or 0) / n_rows for rule in rules]))
    for k, output in enumerate(system.output_names):
        if any(rule.errors is not None for rule in rules):
            named.append((f"error of {output}", [rule.errors and rule.errors[k] for rule in rules]))
    for k, label in enumerate(classes):
        if any(rule.class_counts is not None for rule in rules):
            named.append((f"rows of {label}", [rule.class_counts and rule.class_counts[k] for rule in rules]))
    for k, output in enumerate(system.output_names):
        for place, feature in enumerate(system.feature_names):
            named.append((f"{output}: {feature}", [float(rule.outputs.coef[k, place]) for rule in rules]))
        named.append((f"{output}: constant", [float(rule.outputs.intercept[k]) for rule in rules]))
        lower, upper = NO_BOUNDS if system.bounds is None else system.bounds.pairs[k]
        named += [(f"{output}: at least", [lower] * len(rules))] if lower is not None else []
        named += [(f"{output}: at most", [upper] * len(rules))] if upper is not None else []
    found: dict[str, list[Any]] = {}
    for name, values in named:
        found[free_name(name, found)] = values
    return found


def to_pandas(system: RuleSystem) -> pd.DataFrame:
    """The rules as a pandas DataFrame; see `columns_of`.

    Args:
        system: the rules.

    Returns:
        A row for each rule.

    Raises:
        SolverError: if the linear programming solver fails.

    Example:
        >>> from prelu_rules.network.affine import AffineMap
        >>> from prelu_rules.rules.rule import Rule
        >>> to_pandas(RuleSystem((Rule((), AffineMap([[2.0]], [1.0])),), ("x",), ("y",))).to_dict("records")
        [{'rule': 1, 'conditions': 'always', 'y: x': 2.0, 'y: constant': 1.0}]
    """
    import pandas as pd

    return pd.DataFrame(columns_of(system))


def to_polars(system: RuleSystem) -> pl.DataFrame:
    """The rules as a polars DataFrame; see `columns_of`.

    Args:
        system: the rules.

    Returns:
        A row for each rule. Classes of several types are texts.

    Raises:
        DataError: if polars is not installed.
        SolverError: if the linear programming solver fails.

    Example:
        >>> from prelu_rules.network.affine import AffineMap
        >>> from prelu_rules.rules.rule import Rule
        >>> to_polars(RuleSystem((Rule((), AffineMap([[2.0]], [1.0])),), ("x",), ("y",))).rows()
        [(1, 'always', 2.0, 1.0)]
    """
    try:
        import polars as pl
    except ImportError:
        raise DataError("a polars table needs polars; pip install polars.") from None
    columns = columns_of(system)
    if "class" in columns and len(set(map(type, columns["class"]))) > 1:
        columns["class"] = list(map(str, columns["class"]))
    return pl.DataFrame(columns)
