"""The columns of the sheet of a workbook that computes: one formula a line for each step of a program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prelu_rules.columns.column import Column, Level
from prelu_rules.export.evaluation import Value, evaluated
from prelu_rules.export.excel_lists import Lists, letters
from prelu_rules.export.imperative import LONGEST_SUM
from prelu_rules.export.language import Language, written
from prelu_rules.export.program import (
    All,
    Cell,
    Choice,
    Expression,
    IsLevel,
    IsMissing,
    Program,
    Reference,
    is_by_rule,
)
from prelu_rules.export.short_steps import in_short_steps

CASES, STEPS = "Cases", "Steps"
"""The names of the sheets with the raw cells, and with the steps in the same lines."""

LINE = "{line}"
"""What stands in formulas for the number of the line."""

NOT_AVAILABLE = "#N/A"

NOTHING_FILLED_IN = -1
"""The state of a line without cells; that of a line with an answer is 0, and others are the number of a column."""


@dataclass(frozen=True)
class Helper:
    """A column of the sheet of steps.

    Attributes:
        name: its heading.
        formula: of a line, with LINE for its number.
    """

    name: str
    formula: str


class Calculation:
    """The sheet of steps: the state of each line, whether each of its cells is known, and all steps.

    Args:
        program: what is computed.

    Attributes:
        lists: what the formulas refer to.
        helpers: the columns.
        answers: what each answer is called, and which helper it is: the outputs, "rule" of a list, and "class".
        may_fail: whether there are cells that no rule covers.

    Raises:
        InvalidValueError: if a number, a level or a class is one that Excel cannot hold.

    Example:
        >>> from prelu_rules.export.program import program_of
        >>> from prelu_rules.network.affine import AffineMap
        >>> from prelu_rules.rules.rule import Rule
        >>> from prelu_rules.rules.rule_system import RuleSystem
        >>> system = RuleSystem((Rule((), AffineMap([[2.0]], [0.5])),), ("x",), ("y",))
        >>> for helper in Calculation(program_of(system)).helpers:
        ...     print(f"{helper.name}: {helper.formula}")
        state: IF(COUNTA(Cases!$A{line}:$A{line})=0,-1,IF($B{line},0,1))
        x is known: ISNUMBER(Cases!$A{line})
        rule: 1
        y: 2*Cases!$A{line} + 0.5
    """

    def __init__(self, program: Program) -> None:
        self.lists = Lists(program)
        self.program = in_short_steps(program)
        columns, steps = self.program.columns, self.program.steps
        self._cells = {column.name: f"{CASES}!${letters(k)}{LINE}" for k, column in enumerate(columns)}
        # A step that is nothing but a cell needs no column.
        self._placed = [place for place, step in enumerate(steps) if not isinstance(step.value, Cell)]
        self._names = [self._cells[step.value.column.name] if isinstance(step.value, Cell) else "" for step in steps]
        for number, place in enumerate(self._placed, start=1 + len(columns)):
            self._names[place] = f"${letters(number)}{LINE}"
        self._language = _language(self._cells, self.lists)
        self.helpers = [
            Helper("state", self._state()),
            *(Helper(f"{column.name} is known", self._is_known(column)) for column in columns),
            *(Helper(steps[place].name, self._formula(place)) for place in self._placed),
        ]
        results = [*self.program.outputs, ("rule", self.program.rule), ("class", self.program.decision)]
        first = 1 + len(columns)
        self.answers = [(name, first + self._placed.index(step)) for name, step in results if step is not None]
        rule = None if self.program.rule is None else steps[self.program.rule].value
        self.may_fail = isinstance(rule, Choice) and rule.otherwise is None

    def values(self, cells: Mapping[str, Level | None]) -> list[Value]:
        """What the formulas of a line give.

        Args:
            cells: those of a case that rules can answer; or None for all columns, for a line without cells.

        Returns:
            A value for each helper; #N/A where no rule holds.
        """
        state = NOTHING_FILLED_IN if all(cell is None for cell in cells.values()) else 0
        known = [column.missing or cells[column.name] is not None for column in self.program.columns]
        found = evaluated(self.program.steps, cells)
        steps: list[Value] = []
        for place in self._placed:
            value = found[place]
            counts = isinstance(self.program.steps[place].value, (IsLevel, IsMissing))
            steps.append(NOT_AVAILABLE if value is None else int(bool(value)) if counts else value)
        return [state, *known, *steps]

    def _state(self) -> str:
        """Whether a line has an answer, or which column has a cell that is not known."""
        columns = self.program.columns
        if not columns:
            return "0"
        first, last = f"${letters(1)}{LINE}", f"${letters(len(columns))}{LINE}"
        problem = f"IFERROR(MATCH(FALSE,{first}:{last},0),0)" if len(columns) > 1 else f"IF({first},0,1)"
        return f"IF(COUNTA({CASES}!$A{LINE}:${letters(len(columns) - 1)}{LINE})=0,{NOTHING_FILLED_IN},{problem})"

    def _is_known(self, column: Column) -> str:
        """Whether a cell is one that rules can answer."""
        cell = self._cells[column.name]
        if column.kind == "category":
            tests = [
                self._names[place]
                for place, step in enumerate(self.program.steps)
                if isinstance(step.value, (IsLevel, IsMissing)) and step.value.cell.column == column
            ]
            # A text that Excel took for two levels would be none.
            return f"SUM({tests[0]}:{tests[-1]})=1" if len(tests) > 1 else f"{tests[0]}=1"
        known = f"ISNUMBER({cell})"
        if column.kind == "yes/no":
            known = f"IF(ISLOGICAL({cell}),TRUE,IF({known},OR({cell}=0,{cell}=1),FALSE))"
        return f"IF(ISBLANK({cell}),TRUE,{known})" if column.missing else known

    def _formula(self, place: int) -> str:
        """The formula of a step."""
        value, rule = self.program.steps[place].value, self.program.rule
        if place == self.program.decision:
            return self._class()
        match value:
            case IsLevel() | IsMissing():
                return self._language.as_number(self._written(value))
            case All(tests):
                return f"AND({','.join(map(self._written, tests))})" if tests else "TRUE"
            case Choice(((Reference(first), _), *others), otherwise) if place == rule:
                nothing = "NA()" if otherwise is None else self._written(otherwise)
                return _first_that_holds(self._range(first, len(others)), nothing)
            case Choice(((_, Reference(first)), *others), None) if is_by_rule(value, rule):
                assert rule is not None
                values = self._range(first, len(others))
                return f"INDEX({values},1,{self._names[rule]})" if others else f"IF({self._names[rule]}=1,{values})"
        return self._written(value)

    def _class(self) -> str:
        """The label of the largest logit, the first of equal ones; of one logit the second where it is above 0."""
        logits = [self._names[place] for _, place in self.program.outputs]
        values = f"{logits[0]}:{logits[-1]}"
        largest = f"MATCH(MAX({values}),{values},0)" if len(logits) > 1 else f"IF({logits[0]}>0,2,1)"
        return f"INDEX({self.lists.classes},{largest},1)"

    def _range(self, first: int, further: int) -> str:
        """A step, or the range of it and the next ones."""
        return self._names[first] + (f":{self._names[first + further]}" if further else "")

    def _written(self, value: Expression) -> str:
        return written(value, self.program, self._names, self._language)


def _first_that_holds(tests: str, otherwise: str) -> str:
    """The number of the first test, counted from 1."""
    found = f"MATCH(TRUE,{tests},0)" if ":" in tests else f"IF({tests},1,NA())"
    return found if otherwise == "NA()" else f"IFERROR({found},{otherwise})"


def _choice(branches: Sequence[tuple[str, str]], otherwise: str | None) -> str:
    """The value of the first test that holds."""
    return "".join(f"IF({test},{value}," for test, value in branches) + (otherwise or "NA()") + ")" * len(branches)


def _language(cells: Mapping[str, str], lists: Lists) -> Language:
    return Language(
        number=lists.number,
        label=str,
        cell=lambda cell: cells[cell.column.name],
        is_missing=lambda cell: f"ISBLANK({cells[cell.column.name]})",
        is_level=lambda test: _is_level(test, cells[test.cell.column.name], lists),
        is_known=lambda cell: "TRUE",
        as_number=lambda test: f"IF({test},1,0)",
        choice=_choice,
        positive=lambda value: f"MAX(0,{value})",
        at_least=">=",
        below="<",
        equal="=",
        times="*",
        tests_are_numbers=True,
        filled=lambda cell, value: f"IF(ISBLANK({cells[cell.column.name]}),{value},{cells[cell.column.name]})",
        longest_sum=LONGEST_SUM,
    )


def _is_level(test: IsLevel, cell: str, lists: Lists) -> str:
    """A test of a cell; of a blank one it does not hold."""
    if test.cell.column.kind == "yes/no":
        return f"IF(ISLOGICAL({cell}),{cell},IF(ISNUMBER({cell}),{cell}=1,FALSE))"
    level = lists.level(test.cell.column, test.level)
    if isinstance(test.level, str):
        # EXACT takes a number for its text.
        return f"IF(ISTEXT({cell}),EXACT({cell},{level}),FALSE)"
    if isinstance(test.level, bool):
        return f"IF(ISLOGICAL({cell}),{cell}={level},FALSE)"
    # To LibreOffice TRUE is a number.
    return f"IF(ISLOGICAL({cell}),FALSE,IF(ISNUMBER({cell}),{cell}={level},FALSE))"
