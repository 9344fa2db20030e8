"""Columns whose kind the user specifies, because they look like another one."""

from __future__ import annotations

import re
from typing import Any, Literal

from prelu_rules.columns.cells import Cells, as_level, cells_of_values
from prelu_rules.errors import InvalidValueError


def recast(cells: Cells, kind: Literal["category", "number"]) -> Cells:
    """Change the kind of cells, as the user specifies.

    Args:
        cells: of any kind.
        kind: "category", which makes each value a level; or "number", for texts that are numbers.

    Returns:
        The cells.

    Raises:
        InvalidValueError: if a text is not a number.

    Example:
        >>> recast(cells_of_values("zip", [8001, 3012]), "category").levels
        (3012, 8001)
    """
    values: list[Any] = [None if gone else v for v, gone in zip(cells.values.tolist(), cells.missing, strict=True)]
    if kind == "number":
        return cells_of_values(cells.name, [_number(cells.name, row, value) for row, value in enumerate(values)])
    there = [value for value in values if value is not None]
    if all(isinstance(value, float) and value.is_integer() for value in there):
        # Integers became floats only because some are missing.
        values = [None if value is None else int(value) for value in values]
    levels = {as_level(value) for value in values if value is not None}
    ordered = sorted(levels) if len(set(map(type, levels))) == 1 else sorted(levels, key=str)
    return cells_of_values(cells.name, values, cells.levels or tuple(ordered))


def _number(name: str, row: int, value: Any) -> Any:
    """A cell as a number; integers stay integers, so that none is rounded."""
    try:
        whole = isinstance(value, str) and re.fullmatch(r"\s*[+-]?\d+\s*", value)
        return value if value is None else int(value) if whole else float(value)
    except ValueError:
        raise InvalidValueError(f"column {name!r} holds {value!r} in row {row}, where a number is needed.") from None
