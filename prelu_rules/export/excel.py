"""An Excel workbook: cases to fill in with live answers beside them, the rules as text, and the steps between.

The sheet Cases has one case a line; Rules says the rules to a person; Steps has one column for each bend, boundary and
sum; Lists holds the levels that cells may be chosen from, and numbers that formulas would cut.
"""

from __future__ import annotations

from types import ModuleType

from prelu_rules.columns.column import Column, Level
from prelu_rules.errors import DataError, InvalidValueError, quoted
from prelu_rules.export import compact, text
from prelu_rules.export.excel_book import workbook
from prelu_rules.export.excel_lists import LISTS, check_text
from prelu_rules.export.excel_steps import CASES, STEPS, Calculation
from prelu_rules.export.program import Program, Shape, program_of
from prelu_rules.rules.on_demand import RulesOnDemand
from prelu_rules.rules.rule_system import RuleSystem

MOST_LINES = 1_048_576
"""Lines of a sheet, the one of the headings included."""

MOST_COLUMNS = 16_384


def write(system: RuleSystem | RulesOnDemand, shape: Shape | None = None, rows: int = 100) -> bytes:
    """An Excel workbook with live formulas.

    Excel adds as rules do, but takes a sum that is 0 to 15 digits of its terms for 0, and so compares. A line that is
    empty has empty answers, even if all its values may be missing; one that rules cannot answer has #N/A, and a note
    which column to check.

    Args:
        system: the rules.
        shape: "list" for the rules, "formula" for the network's formula; see `program_of`.
        rows: how many cases it has lines for.

    Returns:
        The bytes of an .xlsx file. Its first line is a typical row of the first class, where the rules know of one.

    Raises:
        InvalidValueError: if rows is not such a number; a name, level, class or number is one that Excel cannot hold;
            there are more columns or steps than a sheet has columns; or there is no such shape of these rules.
        DataError: if XlsxWriter is not installed.

    Example:
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-3], C=[[1]], D=[[1]], e=[0], slopes=[0])
        >>> write(extract_rules(form, feature_names=["age"]))[:2]
        b'PK'
    """
    if isinstance(rows, bool) or not isinstance(rows, int) or not 1 <= rows < MOST_LINES:
        raise InvalidValueError(f"rows is {quoted(rows)}; it must be a whole number from 1 to {MOST_LINES - 1:,}.")
    program = program_of(system, shape)
    calculation = Calculation(program)
    _check(program, calculation)
    said = text.write(system) if isinstance(system, RuleSystem) else compact.write(system)
    return workbook(_xlsxwriter(), calculation, said, rows, _typical(system))


def _check(program: Program, calculation: Calculation) -> None:
    """Refuse names that no cell can hold, and more columns than a sheet has."""
    for column in program.columns:
        check_text("column name", column.name)
    for name, _ in program.outputs:
        check_text("output name", name)
    # Lists has fewer columns than the cases.
    for sheet, what, count, most in (
        (CASES, "columns", len(program.columns) + len(calculation.answers) + 1, MOST_COLUMNS),
        (STEPS, "columns", len(calculation.helpers), MOST_COLUMNS),
        (LISTS, "numbers", len(calculation.lists.columns[0][1]), MOST_LINES - 1),
    ):
        if count > most:
            raise InvalidValueError(
                f"the sheet {sheet} would have {count:,} {what}, but Excel has room for {most:,}; choose fewer rules "
                "or columns, or shape='formula'."
            )


def _typical(system: RuleSystem | RulesOnDemand) -> list[dict[str, Level | None]]:
    """The raw cells of a typical row of the first class; none where the rules know of none."""
    if not isinstance(system, RuleSystem) or system.typical is None:
        return []
    left = iter(system.typical[0].tolist())
    return [{column.name: _decoded(column, [next(left) for _ in column.features]) for column in system.columns}]


def _decoded(column: Column, features: list[float]) -> Level | None:
    """The cell that has these features."""
    if column.indicates_missing and (features.pop() > 0.5 or not features):
        return None
    if column.kind == "category":
        return column.levels[max(range(len(features)), key=features.__getitem__)]
    return features[0] > 0.5 if column.kind == "yes/no" else features[0]


def _xlsxwriter() -> ModuleType:
    try:
        import xlsxwriter
    except ImportError:
        raise DataError("a workbook is written by XlsxWriter; pip install 'prelu-rules[excel]'.") from None
    return xlsxwriter
