"""Tests of raw cells in SQL. NULL is looked at first, since a comparison with NULL is neither true nor false."""

from __future__ import annotations

from collections.abc import Sequence

from prelu_rules.columns.column import Column, Level
from prelu_rules.export.program import IsLevel
from prelu_rules.export.sql_dialect import Dialect


def is_missing(column: Column, cell: str, dialect: Dialect) -> str:
    """A test of whether a cell is NULL or NaN.

    Args:
        column: what it is.
        cell: the column as SQL.
        dialect: how it is written.

    Returns:
        The test, in parentheses where it needs them.

    Example:
        >>> from prelu_rules.export.sql_dialect import DIALECTS
        >>> is_missing(Column("age", missing=True), "age", DIALECTS["sqlite"])
        'age IS NULL'
    """
    if dialect.is_nan is None or not _are_numbers(column):
        return f"{cell} IS NULL"
    return f"({cell} IS NULL OR {dialect.is_nan.format(dialect.number_of.format(cell))})"


def is_level(test: IsLevel, cell: str, dialect: Dialect) -> str:
    """A test of whether a cell is a level, or yes; not true where it is missing.

    Args:
        test: the column and the level.
        cell: the column as SQL.
        dialect: how it is written.

    Returns:
        The test.

    Example:
        >>> from prelu_rules.export.program import Cell
        >>> from prelu_rules.export.sql_dialect import DIALECTS
        >>> is_level(IsLevel(Cell(Column("kind", "category", ("farm",))), "farm"), "kind", DIALECTS["duckdb"])
        "CAST(kind AS VARCHAR) = 'farm'"
    """
    return _is_one_of(test.cell.column, [test.level], cell, dialect)


def is_known(column: Column, cell: str, dialect: Dialect) -> str:
    """A test of whether a cell is one that rules can answer.

    Args:
        column: what it is.
        cell: the column as SQL.
        dialect: how it is written.

    Returns:
        The test, in parentheses where it needs them. It is not true for an unknown level, an infinite number, or NULL
        where no cell may be missing.

    Example:
        >>> from prelu_rules.export.sql_dialect import DIALECTS
        >>> is_known(Column("smoker", "yes/no", missing=True), "smoker", DIALECTS["duckdb"])
        '(smoker IS NULL OR CAST(smoker AS DOUBLE) IN (0, 1))'
    """
    tests = [is_missing(column, cell, dialect)] if column.missing else []
    if column.kind in ("number", "integer"):
        tests.append(dialect.is_finite(dialect.number_of.format(cell)))
    elif column.kind == "yes/no":
        tests.append(_is_one_of(column, [False, True], cell, dialect))
    elif column.levels:
        tests.append(_is_one_of(column, column.levels, cell, dialect))
    return tests[0] if len(tests) == 1 else f"({' OR '.join(tests)})"


def _is_one_of(column: Column, levels: Sequence[Level], cell: str, dialect: Dialect) -> str:
    """A test of whether a cell is one of some levels."""
    if column.kind == "yes/no" or set(map(type, column.levels)) == {bool}:
        if dialect.yes_as_text:
            texts = {False: ("'false'", "'0'"), True: ("'true'", "'1'")}
            return _one_of(dialect.text_of.format(cell), [text for level in levels for text in texts[bool(level)]])
        return _one_of(dialect.number_of.format(cell), [str(int(level)) for level in levels])
    if _are_numbers(column):
        numbers = dialect.writer_of((0.0,), "level")
        return _one_of(dialect.number_of.format(cell), [numbers(level) for level in levels])
    return _one_of(dialect.text_of.format(cell), [dialect.text_literal(str(level), "level") for level in levels])


def _one_of(value: str, literals: Sequence[str]) -> str:
    return f"{value} = {literals[0]}" if len(literals) == 1 else f"{value} IN ({', '.join(literals)})"


def _are_numbers(column: Column) -> bool:
    """Whether a column holds numbers, be it as the levels of a category."""
    levels = set(map(type, column.levels))
    return column.kind in ("number", "integer") or (bool(levels) and levels <= {int, float})
