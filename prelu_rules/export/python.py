"""Python source without imports: a function that predicts one row."""

from __future__ import annotations

import keyword
from collections.abc import Sequence

from prelu_rules.columns.column import Column
from prelu_rules.errors import InvalidValueError
from prelu_rules.export.holding import described
from prelu_rules.export.imperative import LONGEST_SUM, Blocks, names_of, statements
from prelu_rules.export.language import Language
from prelu_rules.export.program import Cell, Program, Shape, program_of
from prelu_rules.rules.on_demand import RulesOnDemand
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.rules.short_numbers import as_fraction

RESERVED = frozenset([*keyword.kwlist, "abs", "float", "max", "ValueError"])
"""The language's words, and what the source calls."""

BLOCKS = {"first": "if {}:", "further": "elif {}:", "last": "else:", "end": "", "ends": ""}


def write(system: RuleSystem | RulesOnDemand, function: str = "predict", shape: Shape | None = None) -> str:
    """A function of one row, with every number in full.

    Off the domain, where no rule needs to hold, it raises a `ValueError` if none does, and so it does for a cell that
    is missing where none may be, is infinite, or is a level that training never saw.

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
    if not function.isidentifier() or function in RESERVED:
        raise InvalidValueError(f"function is {function!r}, which is not a Python identifier; choose another name.")
    source = _Source(program_of(system, shape))
    program, names = source.program, source.names
    outputs = ", ".join(f"{name!r}: {names.steps[step]}" for name, step in program.outputs)
    logits = [step for _, step in program.outputs]
    functions = [source.function(function, "Predict one row from these columns:", logits, f"{{{outputs}}}")]
    for word, about, step in (
        ("rule", "The number of the rule, counted from 1, of one row with these columns:", program.rule),
        ("class", "The class of one row with these columns:", program.decision),
    ):
        if step is not None:
            functions.append(source.function(f"{function}_{word}", about, [step], names.steps[step]))
    return "\n\n".join(functions)


class _Source:
    """What the functions of a program share."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.names = names_of(program, RESERVED, letters="unicode")
        cells = self.names.cells
        self.language = Language(
            number=_number,
            label=repr,
            cell=lambda cell: cells[cell.column.name],
            is_missing=lambda cell: _is_missing(cells[cell.column.name]),
            is_level=lambda test: f"{cells[test.cell.column.name]} == {test.level!r}",
            is_known=lambda cell: _is_known(cell.column, cells[cell.column.name]),
            as_number=lambda test: f"float({test})",
            choice=_choice,
            positive=lambda value: f"max(0.0, {value})",
            tests_are_numbers=True,
            longest_sum=LONGEST_SUM,
        )
        fail = 'raise ValueError("no rule covers this row")'
        self.blocks = Blocks(lambda place: self.names.steps[place], None, fail, **BLOCKS)

    def function(self, name: str, about: str, results: Sequence[int], result: str) -> str:
        """A function which computes some steps."""
        words = self.names.columns
        lines = [f"def {name}({', '.join(words.values())}):", f'    """{about}', ""]
        lines += [f"    {words[c.name]}: {_comment(c, words[c.name])}" for c in self.program.columns]
        lines.append('    """')
        for known in self.program.known:
            lines += self._check(known.cell)
        lines += statements(self.program, self.names, self.language, self.blocks, results)
        return "\n".join([*lines, f"    return {result}"]) + "\n"

    def _check(self, cell: Cell) -> list[str]:
        """Refuse a cell that rules cannot answer."""
        word = self.names.cells[cell.column.name]
        problem = f'raise ValueError(f"{word} is {{{word}!r}}, which no training row had")'
        return [f"    if not ({self.language.is_known(cell)}):", f"        {problem}"]


def _choice(branches: Sequence[tuple[str, str]], otherwise: str | None) -> str:
    """A choice within an expression."""
    parts = [f"{value} if {test} else " for test, value in branches]
    return f"({''.join(parts)}{otherwise})"


def _is_missing(word: str) -> str:
    # A missing number may be None or NaN, which is not equal to itself.
    return f"{word} is None or {word} != {word}"


def _is_known(column: Column, word: str) -> str:
    if column.kind in ("category", "yes/no"):
        known = f"{word} in {column.levels or (False, True)!r}" if column.levels or column.kind == "yes/no" else "False"
        return f"{_is_missing(word)} or {known}" if column.missing else known
    # No float is larger than this; it is read as infinity.
    finite = f"abs({word}) < 1e999"
    return f"{_is_missing(word)} or {finite}" if column.missing else f"{word} is not None and {finite}"


def _number(value: float) -> str:
    # Divided out it is the same float, so the fraction that is shorter to read is as exact.
    return str(as_fraction(value) or repr(value))


def _comment(column: Column, word: str) -> str:
    """A line of the docstring, which it must not end."""
    return described(column, word, "None").replace("\\", "\\\\").replace('"', '\\"')
