"""The user's columns in PMML: what their cells may be, and the features that are derived from them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from xml.etree.ElementTree import Element

from prelu_rules.columns.column import Column
from prelu_rules.export.holding import held_by
from prelu_rules.export.pmml_expressions import apply, constant, double, element, reference
from prelu_rules.export.pmml_names import check_name, data_type, literal
from prelu_rules.export.program import Cell, Choice, Expression, IsLevel, IsMissing

NO_LEVEL = "\ufdd0"
"""A character that no text has, by the standard of Unicode: the only level of a column whose cells are all missing."""


def data_field(column: Column) -> Element:
    """The cells of a column: a finite number, yes or no, or one of its levels.

    Args:
        column: the column.

    Returns:
        The element.

    Raises:
        InvalidValueError: if XML cannot hold its name or a level.

    Example:
        >>> data_field(Column("age")).attrib
        {'name': 'age', 'optype': 'continuous', 'dataType': 'double'}
    """
    check_name("column", column.name)
    if column.kind in ("number", "integer"):
        most = double(sys.float_info.max)
        values = [element("Interval", closure="closedClosed", leftMargin=f"-{most}", rightMargin=most)]
        return element("DataField", *values, name=column.name, optype="continuous", dataType="double")
    holding = held_by(column)
    levels = (False, True) if column.kind == "yes/no" else column.levels
    texts = [literal(level, holding, "level") for level in levels] or [NO_LEVEL]
    values = [element("Value", value=text) for text in texts]
    return element("DataField", *values, name=column.name, optype="categorical", dataType=data_type(holding))


def mining_field(column: Column) -> Element:
    """A column as a model takes it: a cell that rules cannot answer gives no answer.

    Args:
        column: the column.

    Returns:
        The element.

    Example:
        >>> mining_field(Column("age", missing=True)).attrib
        {'name': 'age', 'invalidValueTreatment': 'returnInvalid'}
    """
    missing = {} if column.missing else {"missingValueTreatment": "returnInvalid"}
    return element("MiningField", name=column.name, **missing, invalidValueTreatment="returnInvalid")


def feature(value: Expression) -> Element | None:
    """What a feature is derived by.

    Args:
        value: of its step.

    Returns:
        The element; None where the step is none of a feature, or the cell itself.
    """
    match value:
        case IsMissing(Cell(column)):
            return apply("if", apply("isMissing", reference(column.name)), constant(1.0), constant(0.0))
        case IsLevel(Cell(column), level):
            missing = {"mapMissingTo": "0"} if column.missing else {}
            text = literal(level, held_by(column), "level")
            return element("NormDiscrete", field=column.name, value=text, **missing)
        case Choice(((IsMissing(Cell(column)), _),), Cell()):
            return element("FieldRef", field=column.name, mapMissingTo=double(column.fill) if column.fill else "0")
    return None


def known(columns: Sequence[Column]) -> Element:
    """Whether no cell is missing that may not be: 1 or 0.

    Args:
        columns: at least one; the cells of all of them are looked at, since some programs check no others.

    Returns:
        The element.

    Example:
        >>> known([Column("age")])[0].attrib
        {'function': 'isNotMissing'}
    """
    tests = []
    for column in columns:
        there = apply("isNotMissing", reference(column.name))
        tests.append(apply("or", apply("isMissing", reference(column.name)), there) if column.missing else there)
    test = tests[0] if len(tests) == 1 else apply("and", *tests)
    return apply("if", test, constant(1.0), constant(0.0))
