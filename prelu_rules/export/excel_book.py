"""The sheets of a workbook, written by XlsxWriter.

Everything that comes from data is written as the text, number or truth value that it is, and never as a formula.
"""

from __future__ import annotations

import datetime
import io
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any

from prelu_rules.columns.column import Column, Level
from prelu_rules.export.evaluation import Value
from prelu_rules.export.excel_lists import LARGEST, LISTS, LONGEST_TEXT, letters
from prelu_rules.export.excel_steps import CASES, LINE, STEPS, Calculation

RULES = "Rules"
"""The name of the sheet that people read."""

LONGEST_HEADING = 255
"""Characters of the heading of a step; columns and answers are named in full."""

LONGEST_NOTE = 80
"""Characters of a column's name that a note repeats."""

MOST_DIGITS = 999_999_999_999_999
"""Of a larger whole number that is typed Excel drops digits."""

HOW_TO = (
    f"Fill in one case a line on the sheet {CASES}; the answers stand beside it.",
    "An empty cell is a missing value where there may be one. #N/A is no answer, and the note beside it says why.",
    f"The sheet {STEPS} shows how each answer is computed, and {LISTS} what may be chosen.",
)

HEADING_HEIGHT, NARROWEST, WIDEST = 32, 12, 24
"""Points of the line of headings, of two lines of text; and the characters that a column is wide."""

STATE = f"{STEPS}!$A{LINE}"


def workbook(
    xlsxwriter: ModuleType,
    calculation: Calculation,
    said: str,
    rows: int,
    filled: Sequence[Mapping[str, Level | None]],
) -> bytes:
    """A workbook.

    Args:
        xlsxwriter: the module that writes it.
        calculation: what the formulas are.
        said: the rules as text.
        rows: how many cases it has lines for.
        filled: the cells of the first lines; the others are left empty.

    Returns:
        The bytes of an .xlsx file.
    """
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    # So that the same rules are the same bytes.
    book.set_properties({"created": datetime.datetime(2000, 1, 1)})
    sheets = _Sheets(book, calculation)
    empty = calculation.values({column.name: None for column in calculation.program.columns})
    lines = [*map(calculation.values, filled), *[empty] * (rows - len(filled))]
    sheets.cases(lines, filled)
    sheets.rules(said)
    sheets.steps(lines)
    sheets.lists()
    book.close()
    return file.getvalue()


class _Full(float):
    """A number that XlsxWriter writes with 17 digits, as Excel does."""

    def __format__(self, spec: str) -> str:
        return float.__format__(self, ".17G")


class _Sheets:
    """What is on each sheet."""

    def __init__(self, book: Any, calculation: Calculation) -> None:
        self.calculation, self.columns = calculation, calculation.program.columns
        self.sheets = {name: book.add_worksheet(name) for name in (CASES, RULES, STEPS, LISTS)}
        for sheet in self.sheets.values():
            sheet.set_landscape()
            # Printed as wide as one page, and as long as it is.
            sheet.fit_to_pages(1, 0)
        heading = {"bold": True, "text_wrap": True, "valign": "top", "bottom": 1}
        self.asked = book.add_format({**heading, "bg_color": "#FFF2CC"})
        self.answered = book.add_format({**heading, "bg_color": "#DDEBF7"})
        self.open = book.add_format({"bg_color": "#FFFBEF"})
        self.open_text = book.add_format({"bg_color": "#FFFBEF", "num_format": "@"})
        self.listing = book.add_format({"font_name": "Courier New", "font_size": 10})

    def cases(self, lines: Sequence[Sequence[Value]], filled: Sequence[Mapping[str, Level | None]]) -> None:
        """The sheet to fill in."""
        sheet, width = self.sheets[CASES], len(self.columns)
        self._headings(sheet, [column.name for column in self.columns], self.asked)
        self._headings(sheet, [*(name for name, _ in self.calculation.answers), "note"], self.answered, width)
        for place, column in enumerate(self.columns):
            texts = column.kind == "category" and all(isinstance(level, str) for level in column.levels)
            # A cell of text keeps what is typed or chosen, such as 007 or =1+1.
            sheet.set_column(place, place, _width(column.name), self.open_text if texts else self.open)
            sheet.data_validation(
                1, place, len(lines), place, _validation(column, self.calculation.lists.choices(column))
            )
        formulas = [*map(self._answer, self._positions), self._note()]
        for row, values in enumerate(lines, start=1):
            there = values[0] == 0
            shown = [values[position] if there else "" for position in self._positions]
            for place, (formula, value) in enumerate(zip(formulas, [*shown, ""], strict=True), start=width):
                _formula(sheet, row, place, formula, value)
        for row, cells in enumerate(filled, start=1):
            for place, column in enumerate(self.columns):
                cell = cells[column.name]
                if cell is not None:
                    _write(sheet, row, place, cell)

    def rules(self, said: str) -> None:
        """The rules for people."""
        sheet = self.sheets[RULES]
        sheet.set_column(0, 0, 120, self.listing)
        for row, piece in enumerate(_pieces([*HOW_TO, "", *said.split("\n")])):
            if piece:
                _write(sheet, row, 0, piece)

    def steps(self, lines: Sequence[Sequence[Value]]) -> None:
        """The sheet that computes, line by line as that of the cases."""
        sheet, helpers = self.sheets[STEPS], self.calculation.helpers
        self._headings(sheet, [helper.name[:LONGEST_HEADING] for helper in helpers], self.answered)
        for row, values in enumerate(lines, start=1):
            for place, (helper, value) in enumerate(zip(helpers, values, strict=True)):
                _formula(sheet, row, place, helper.formula, value)

    def lists(self) -> None:
        """The sheet of levels, classes and numbers."""
        sheet, columns = self.sheets[LISTS], self.calculation.lists.columns
        self._headings(sheet, [heading[:LONGEST_HEADING] for heading, _ in columns], self.answered)
        for place, (_, values) in enumerate(columns):
            for row, value in enumerate(values, start=1):
                _write(sheet, row, place, value)

    @property
    def _positions(self) -> list[int]:
        """The helpers that are answers."""
        return [position for _, position in self.calculation.answers]

    def _answer(self, position: int) -> str:
        """What a step gives where the line has an answer."""
        return f'IF({STATE}=0,{STEPS}!${letters(position)}{LINE},IF({STATE}<0,"",NA()))'

    def _note(self) -> str:
        """Why a line has no answer."""
        fine = '""'
        if self.calculation.may_fail:
            _, output = self.calculation.answers[0]
            fine = f'IF(ISNA({STEPS}!${letters(output)}{LINE}),"no rule covers this line","")'
        names = "$A$1" if len(self.columns) == 1 else f"INDEX($A$1:${letters(len(self.columns) - 1)}$1,1,{STATE})"
        return f'IF({STATE}=0,{fine},IF({STATE}<0,"","check "&LEFT({names},{LONGEST_NOTE})))'

    def _headings(self, sheet: Any, names: Sequence[str], style: Any, first: int = 0) -> None:
        """A line of names, which stays in view."""
        sheet.set_row(0, HEADING_HEIGHT)
        sheet.freeze_panes(1, 0)
        for place, name in enumerate(names, start=first):
            sheet.set_column(place, place, _width(name))
            _write(sheet, 0, place, name, style)


def _width(name: str) -> int:
    return min(max(len(name) + 2, NARROWEST), WIDEST)


def _validation(column: Column, choices: str | None) -> dict[str, Any]:
    """What may be typed into the cells of a column."""
    rule: dict[str, Any] = {"error_title": "Not a possible value"}
    if choices is not None:
        return {**rule, "validate": "list", "source": f"={choices}", "error_message": "Choose one from the list."}
    if column.kind == "category":
        # Without levels a cell can only be missing.
        return {**rule, "validate": "length", "criteria": "=", "value": 0, "error_message": "Leave it empty."}
    whole = column.kind == "integer"
    most = MOST_DIGITS if whole else LARGEST
    said = "Give a whole number." if whole else "Give a number."
    kind = "integer" if whole else "decimal"
    return {**rule, "validate": kind, "criteria": "between", "minimum": -most, "maximum": most, "error_message": said}


def _write(sheet: Any, row: int, place: int, value: Level, style: Any = None) -> None:
    """A cell that is what the value is."""
    if isinstance(value, bool):
        sheet.write_boolean(row, place, value, style)
    elif isinstance(value, str):
        # An empty text would be a text to some, and an empty cell to others.
        sheet.write_string(row, place, value, style) if value else sheet.write_blank(row, place, None, style)
    else:
        sheet.write_number(row, place, _Full(value), style)


def _formula(sheet: Any, row: int, place: int, formula: str, value: Value) -> None:
    """A formula, and what it gives until it is computed."""
    if isinstance(value, str):
        value = _escaped(value)
    elif isinstance(value, float) and not math.isfinite(value):
        value = "#NUM!"
    sheet.write_formula(row, place, f"={formula.replace(LINE, str(row + 1))}", None, value)


def _escaped(text: str) -> str:
    """A text as a file holds the result of a formula; XlsxWriter does the same to texts of cells only."""
    plain = re.sub("_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text)
    return re.sub("[\x00-\x08\x0b-\x1f\ufffe\uffff]", lambda found: f"_x{ord(found[0]):04X}_", plain)


def _pieces(lines: Iterable[str]) -> Iterator[str]:
    """Lines, each in as many cells as it needs."""
    # A character is one or two code units.
    most = LONGEST_TEXT // 2
    for line in lines:
        for start in range(0, max(1, len(line)), most):
            yield line[start : start + most]
