"""The steps of a program as SQL, whatever is made of them: names, results, and each step's expression."""

from __future__ import annotations

from collections.abc import Sequence

from prelu_rules.errors import InvalidValueError
from prelu_rules.export.language import Language, written
from prelu_rules.export.program import Choice, Expression, IsEqual, Program, depths, needed
from prelu_rules.export.sql_cells import is_known, is_level, is_missing
from prelu_rules.export.sql_dialect import Dialect
from prelu_rules.rules.names import free_name

LONGEST_SUM = 100
"""Terms in a row; SQLite takes expressions that are 1,000 deep."""


class Source:
    """What the steps of a program are called, and how they are written."""

    def __init__(self, program: Program, dialect: Dialect, prefix: str) -> None:
        self.program, self.dialect = program, dialect
        self.cells = {c.name: prefix + dialect.quoted(c.name, "column") for c in program.columns}
        self.check_distinct("column", list(self.cells))
        self.results = [(name, step) for name, step in program.outputs]
        for name, chosen in (("rule", program.rule), ("class", program.decision)):
            if chosen is not None:
                self.results.append((free_name(name, [name for name, _ in self.results], ignore_case=True), chosen))
        self.check_distinct("output", [name for name, _ in self.results])
        self.aliases = [dialect.quoted(name, "output") for name, _ in self.results]
        self.names = [""] * len(program.steps)
        label = dialect.writer_of(program.classes or (), "class")
        self.language = Language(
            number=dialect.float_literal,
            label=label,
            cell=lambda cell: dialect.number_of.format(self.cells[cell.column.name]),
            is_missing=lambda cell: is_missing(cell.column, self.cells[cell.column.name], dialect),
            is_level=lambda test: is_level(test, self.cells[test.cell.column.name], dialect),
            is_known=lambda cell: is_known(cell.column, self.cells[cell.column.name], dialect),
            as_number=lambda test: test,
            choice=_choice,
            positive=lambda value: f"CASE WHEN {value} > 0 THEN {value} ELSE {dialect.float_literal(0)} END",
            both=" AND ",
            always="1 = 1",
            equal=" = ",
            tests_are_numbers=True,
            longest_sum=LONGEST_SUM,
        )
        self.depths, self.used = depths(program), needed(program, _results(program))

    def check_distinct(self, what: str, names: Sequence[str]) -> None:
        """Refuse names that are one in the dialect."""
        seen: dict[str, str] = {}
        for name in names:
            key = name.lower() if self.dialect.folds_case else name
            if key in seen:
                raise InvalidValueError(
                    f"the {what} names {seen[key]!r} and {name!r} are one in {self.dialect.name}; rename one of them."
                )
            seen[key] = name

    def known(self) -> str:
        """A test that every cell is one that rules can answer."""
        return " AND ".join(self.language.is_known(test.cell) for test in self.program.known)

    def step(self, place: int, indent: str) -> str:
        """The expression of a step, on several lines where it has several branches."""
        step = self.program.steps[place]
        if step.is_test:
            one, zero = map(self.dialect.float_literal, (1, 0))
            return f"CASE WHEN {self.write(step.value)} THEN {one} ELSE {zero} END"
        if not isinstance(step.value, Choice) or len(step.value.branches) < 2:
            return self.write(step.value)
        head, branches = self._branches(step.value)
        lines = [f"CASE{head}", *(f"  WHEN {test} THEN {value}" for test, value in branches)]
        if step.value.otherwise is not None:
            lines.append(f"  ELSE {self.write(step.value.otherwise)}")
        return f"\n{indent}".join([*lines, "END"])

    def _branches(self, choice: Choice) -> tuple[str, list[tuple[str, str]]]:
        """What is compared, if every test compares the same step, and the pairs after WHEN and THEN."""
        tests = [test for test, _ in choice.branches]
        subjects = {test.value for test in tests if isinstance(test, IsEqual)}
        if len(subjects) == 1 and all(isinstance(test, IsEqual) for test in tests):
            pairs = [
                (self.write(test.bound), self.write(v)) for test, v in choice.branches if isinstance(test, IsEqual)
            ]
            return f" {self.write(subjects.pop())}", pairs
        return "", [(self.write(test), self.write(value)) for test, value in choice.branches]

    def write(self, value: Expression) -> str:
        """An expression in one line."""
        return written(value, self.program, self.names, self.language)


def _choice(branches: Sequence[tuple[str, str]], otherwise: str | None) -> str:
    """A choice in one line."""
    parts = [f" WHEN {test} THEN {value}" for test, value in branches]
    return f"CASE{''.join(parts)}{'' if otherwise is None else f' ELSE {otherwise}'} END"


def _results(program: Program) -> list[int]:
    """The steps that are asked for."""
    return [step for step in (*(s for _, s in program.outputs), program.rule, program.decision) if step is not None]
