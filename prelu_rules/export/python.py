"""Python source without imports: a function that predicts one row."""

from __future__ import annotations

import keyword
import unicodedata
from collections.abc import Iterable, Sequence

from prelu_rules.columns.column import Column
from prelu_rules.errors import InvalidValueError
from prelu_rules.export.language import Language, written
from prelu_rules.export.program import Cell, Choice, Expression, IsLevel, Program, Shape, program_of
from prelu_rules.rules.on_demand import RulesOnDemand
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.rules.short_numbers import as_fraction


def identifiers(names: Iterable[str]) -> list[str]:
    """Distinct Python identifiers that look like the names.

    Args:
        names: any texts.

    Returns:
        One identifier per name.

    Example:
        >>> identifiers(["age", "body mass (kg)", "class", "1st", "body mass [kg]"])
        ['age', 'body_mass_kg', 'class_', '_1st', 'body_mass_kg_2']
    """
    result: list[str] = []
    for name in names:
        # Python itself reads identifiers in this normal form, so names that differ before may not differ in it.
        plain = unicodedata.normalize("NFKC", name)
        word = "".join(c if f"x{c}".isidentifier() else " " for c in plain)
        word = "_".join(word.replace("_", " ").split()) or "x"
        word = word if word.isidentifier() else f"_{word}"
        word = f"{word}_" if keyword.iskeyword(word) else word
        candidate, number = word, 2
        while candidate in result:
            candidate, number = f"{word}_{number}", number + 1
        result.append(candidate)
    return result


def write(system: RuleSystem | RulesOnDemand, function: str = "predict", shape: Shape | None = None) -> str:
    """A function of one row, with every number in full.

    Off the domain, where no rule needs to hold, it raises a `ValueError` if none does, and so it does for a level that
    training never saw.

    Args:
        system: the rules.
        function: the name of the function, a Python identifier.
        shape: "list" for the rules, "formula" for the network's formula; see `program_of`.

    Returns:
        Python source without imports. The function takes one cell per column, in order or by name, None where it is
        missing, and returns a dict of the outputs by name. For classifiers there is a second one, `predict_class`, that
        returns the class; and where there are rules, `predict_rule` returns the number of the rule, counted from 1.

    Raises:
        InvalidValueError: if the function cannot be called so, or there is no such shape of these rules.

    Example:
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-3], C=[[1]], D=[[1]], e=[0], slopes=[0])
        >>> scope: dict = {}
        >>> exec(write(extract_rules(form, feature_names=["age"], output_names=["cost"])), scope)
        >>> scope["predict"](age=5.0), scope["predict_rule"](age=5.0)
        ({'cost': 7.0}, 2)
    """
    if not function.isidentifier() or keyword.iskeyword(function):
        raise InvalidValueError(f"function is {function!r}, which is not a Python identifier; choose another name.")
    source = _Source(program_of(system, shape))
    program = source.program
    outputs = ", ".join(f"{name!r}: {source.names[step]}" for name, step in program.outputs)
    last = max(step for _, step in program.outputs)
    functions = [source.function(function, "Predict one row from these columns:", last, f"{{{outputs}}}")]
    if program.rule is not None:
        rule = source.names[program.rule]
        about = "The number of the rule, counted from 1, of one row with these columns:"
        functions.append(source.function(f"{function}_rule", about, program.rule, rule))
    if program.decision is not None:
        decision = source.names[program.decision]
        about = "The class of one row with these columns:"
        functions.append(source.function(f"{function}_class", about, program.decision, decision))
    return "\n\n".join(functions)


class _Source:
    """The lines of a program, step by step."""

    def __init__(self, program: Program) -> None:
        self.program = program
        words = identifiers([*(c.name for c in program.columns), *(step.name for step in program.steps)])
        self.words = dict(zip((c.name for c in program.columns), words, strict=False))
        self.names = words[len(program.columns) :]
        # A number that is always there needs no step of its own.
        for place, step in enumerate(program.steps):
            if isinstance(step.value, Cell):
                self.names[place] = self.words[step.value.column.name]
        self.language = Language(
            number=_number,
            label=repr,
            cell=lambda cell: self.words[cell.column.name],
            is_missing=lambda cell: _is_missing(self.words[cell.column.name]),
            is_level=lambda test: _is_level(test, self.words[test.cell.column.name]),
            is_known=lambda cell: _is_known(cell.column, self.words[cell.column.name]),
            as_number=lambda test: test,
            choice=_choice,
            positive=lambda value: f"max(0.0, {value})",
        )

    def function(self, name: str, about: str, last: int, result: str) -> str:
        """A function which computes the steps up to the last."""
        columns = self.program.columns
        lines = [f"def {name}({', '.join(self.words.values())}):", f'    """{about}', ""]
        lines += [f"    {self.words[column.name]}: {_comment(column, self.words[column.name])}" for column in columns]
        lines.append('    """')
        for known in self.program.known:
            lines += self._check(known.cell)
        for place, step in enumerate(self.program.steps[: last + 1]):
            lines += self._assignment(self.names[place], step.value)
        return "\n".join([*lines, f"    return {result}"]) + "\n"

    def _check(self, cell: Cell) -> list[str]:
        """Refuse a cell that rules cannot answer."""
        column, word = cell.column, self.words[cell.column.name]
        problem = f'    raise ValueError(f"{word} is {{{word}!r}}, which no training row had")'
        if column.kind == "category":
            return [f"    if not ({self.language.is_known(cell)}):", f"    {problem}"]
        return [] if column.missing else [f"    if {self.language.is_missing(cell)[1:-1]}:", f"    {problem}"]

    def _assignment(self, name: str, value: Expression) -> list[str]:
        """Lines that compute a step."""
        if isinstance(value, Cell):
            return []
        if not isinstance(value, Choice) or (value.otherwise is not None and len(value.branches) == 1):
            return [f"    {name} = {self._written(value)}"]
        lines = []
        for number, (test, result) in enumerate(value.branches):
            lines.append(f"    {'elif' if number else 'if'} {self._written(test)}:")
            lines.append(f"        {name} = {self._written(result)}")
        lines.append("    else:")
        if value.otherwise is None:
            return [*lines, '        raise ValueError("no rule covers this row")']
        return [*lines, f"        {name} = {self._written(value.otherwise)}"]

    def _written(self, value: Expression) -> str:
        return written(value, self.program, self.names, self.language)


def _choice(branches: Sequence[tuple[str, str]], otherwise: str | None) -> str:
    """A choice within an expression."""
    parts = [f"{value} if {test} else " for test, value in branches]
    return f"({''.join(parts)}{otherwise})"


def _is_missing(word: str) -> str:
    # A missing number may be None or NaN, which is not equal to itself.
    return f"({word} is None or {word} != {word})"


def _is_level(test: IsLevel, word: str) -> str:
    return f"({word} == {test.level!r})"


def _is_known(column: Column, word: str) -> str:
    if column.kind == "category":
        known = f"{word} in {column.levels!r}"
        return f"{_is_missing(word)} or {known}" if column.missing else known
    return "True" if column.missing else f"not {_is_missing(word)}"


def _number(value: float) -> str:
    # Divided out it is the same float, so the fraction that is shorter to read is as exact.
    return str(as_fraction(value) or repr(value))


def _comment(column: Column, word: str) -> str:
    """What a cell may be, and the name of the column where the source calls it otherwise."""
    kinds = {"number": "a number", "integer": "a whole number", "yes/no": "True or False"}
    what = kinds.get(column.kind) or f"one of {', '.join(map(repr, column.levels))}"
    text = what if column.name == word else f"{column.name!r}, {what}"
    text += ", or None where it is missing" if column.missing else ""
    # It must not end the docstring.
    return text.replace("\\", "\\\\").replace('"', '\\"')
