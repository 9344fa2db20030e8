"""pandas: a module for data frames, computed with NumPy block by block."""

from __future__ import annotations

import keyword
from collections.abc import Sequence
from typing import TYPE_CHECKING

from prelu_rules.columns.column import Column, Level
from prelu_rules.errors import InvalidValueError
from prelu_rules.export.frames import check_labels, docstring, loaded, number, results_of
from prelu_rules.export.holding import as_double, held_by, holding_of
from prelu_rules.export.identifiers import check_function
from prelu_rules.export.imperative import LONGEST_SUM, Names, names_of, where_a_rule_holds
from prelu_rules.export.language import Language, written
from prelu_rules.export.program import Cell, Program, Shape, needed, program_of
from prelu_rules.rules.names import ClassLabel
from prelu_rules.rules.on_demand import RulesOnDemand
from prelu_rules.rules.rule_system import RuleSystem

if TYPE_CHECKING:
    import pandas as pd

RESERVED = frozenset([*keyword.kwlist, "answers", "index", "known", "labels", "np", "pd"])
"""The language's words, and what the source calls."""

AND = ") & ("
"""Between two tests, which have to be in parentheses."""

_HEAD = '''\
import numpy as np
import pandas as pd

# The rows that are computed at a time, so that their numbers stay in the processor's cache.
BLOCK = 10_000


def {function}(frame):
    """The answers to the rows of a DataFrame, as one with the same index."""
    columns = _columns(frame)
    starts = range(0, max(len(frame), 1), BLOCK)
    with np.errstate(over="ignore", invalid="ignore"):
        blocks = [_block(*(column[start : start + BLOCK] for column in columns)) for start in starts]
    return _answers(frame.index, *map(np.concatenate, zip(*blocks)))


def _cells(frame, name):
    cells = frame[name]
    if isinstance(cells, pd.DataFrame):
        raise ValueError(f"there are two columns {{name!r}}")
    return cells
'''

_NUMBERS = '''

def _numbers(frame, name):
    """Cells as floats: NaN where they are missing, infinite where no float is equal to them."""
    cells = _cells(frame, name)
    if isinstance(cells.dtype, pd.CategoricalDtype):
        levels = _numbers({name: pd.Series(cells.cat.categories)}, name)
        return np.append(levels, np.nan)[cells.cat.codes.to_numpy()]
    if cells.dtype.kind in "biuf":
        found = cells.to_numpy(dtype=float, na_value=np.nan)
    else:
        there = cells.notna().to_numpy()
        values = cells.to_numpy(dtype=object)[there]
        if any(isinstance(value, (str, bytes)) for value in values):
            raise TypeError(f"column {name!r} holds text where numbers are needed")
        found = np.full(len(cells), np.nan)
        found[there] = [float(value) for value in values]
    far = np.flatnonzero(np.abs(found) >= 2.0**53) if cells.dtype.kind != "f" else []
    if len(far):
        exact = cells.iloc[far].to_numpy(dtype=object) == found[far].astype(object)
        found[far[~exact.astype(bool)]] = np.inf
    return found
'''

_LEVELS = '''

def _levels(frame, name, numbers):
    """Cells as the numbers of levels: -1 where they are missing, -2 where they are no level."""
    cells = _cells(frame, name)
    values = cells.cat.categories.to_series() if isinstance(cells.dtype, pd.CategoricalDtype) else cells
    there = values.notna().to_numpy()
    if values.dtype.kind in "biufcmM" and there.any() and all(isinstance(level, str) for level in numbers):
        raise TypeError(f"column {name!r} holds {values.dtype} where texts are needed")
    places = pd.Index(list(numbers), dtype=object).get_indexer(values.to_numpy(dtype=object))
    found = np.where(there, np.array([*numbers.values(), -2])[places], -1)
    return found if values is cells else np.append(found, -1)[cells.cat.codes.to_numpy()]
'''

_RULE = """pd.arrays.IntegerArray(np.where(np.isnan({0}), 0, {0}).astype("int64"), np.isnan({0}))"""


def write(system: RuleSystem | RulesOnDemand, function: str = "predict", shape: Shape | None = None) -> str:
    r"""A module that needs pandas and NumPy only, with every number in full.

    Columns are found by their names. Numbers, yes and no may be of any type of numbers or truth values, also as objects
    or a category, and levels that are texts of any type of texts; a category whose levels are all numbers is numeric.
    None, NaN and NA are missing cells.

    Args:
        system: the rules.
        function: the name of the function.
        shape: "list" for the rules, "formula" for the network's formula; see `program_of`.

    Returns:
        Python source. The function takes a DataFrame and returns one with the same index and a column for each output,
        `rule` with the number of the rule (from 1; not in a formula), and `class`; all are missing in a row where a
        cell is one that rules cannot answer, such as an integer that no float is equal to, or no rule holds. The
        function raises a `TypeError` if a column holds text where numbers are needed, or numbers where text is.

    Raises:
        InvalidValueError: if the function cannot be called so, there is no such shape, a level is a number that no
            float is equal to or equals another one, or a class is not Unicode or has more than 64 bits.

    Example:
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-3], C=[[1]], D=[[1]], e=[0], slopes=[0])
        >>> source = write(extract_rules(form, feature_names=["age"], output_names=["cost"]), shape="formula")
        >>> print(source[source.index("def _columns") :], end="")
        def _columns(frame):
            return [
                _numbers(frame, 'age'),
            ]
        <BLANKLINE>
        <BLANKLINE>
        def _block(age):
            known = np.isfinite(age)
            bend_1 = np.maximum(0.0, age - 3.0)
            cost = age + bend_1
            return [
                np.where(known, cost, np.nan),
            ]
        <BLANKLINE>
        <BLANKLINE>
        def _answers(index, cost):
            answers = {
                'cost': cost,
            }
            return pd.DataFrame(answers, index=index)
    """
    check_function(function, "Python", {*RESERVED, "BLOCK"})
    return _Source(program_of(system, shape)).module(function)


def answers(system: RuleSystem | RulesOnDemand, frame: pd.DataFrame, shape: Shape | None = None) -> pd.DataFrame:
    """What rules answer to the rows of a frame.

    Args:
        system: the rules.
        frame: the rows.
        shape: as in `write`.

    Returns:
        A frame with the same index and the columns that `write` describes.

    Raises:
        InvalidValueError: as `write` does.
        TypeError: if a column holds text where numbers are needed, or numbers where text is.

    Example:
        >>> import pandas as pd
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-3], C=[[1]], D=[[1]], e=[0], slopes=[0])
        >>> rules = extract_rules(form, feature_names=["age"], output_names=["cost"])
        >>> people = pd.DataFrame({"age": [1.0, None]}, index=["Ann", "Bo"])
        >>> people.join(answers(rules, people))
             age  cost  rule
        Ann  1.0   1.0     1
        Bo   NaN   NaN  <NA>
    """
    found: pd.DataFrame = loaded(write(system, shape=shape), "pandas")["predict"](frame)
    return found


class _Source:
    """The functions of a program: columns as arrays, then a block of rows, then the answers to all."""

    def __init__(self, program: Program) -> None:
        check_labels(program, 64)
        for column in program.columns:
            _check_distinct(column)
        self.program, self.results = program, results_of(program)
        self.names = names_of(program, RESERVED, letters="unicode")
        self.language = _language(self.names, program.classes or ())

    def module(self, function: str) -> str:
        """The whole module."""
        head = "\n".join([*docstring(self.program, self.names, "None or NaN"), "", _HEAD.format(function=function)])
        parts = ["\n".join([*lines, ""]) for lines in (self._columns(), self._block(), self._answers())]
        are_numbers = {_is_number(column) for column in self.program.columns}
        readers = (_NUMBERS if True in are_numbers else "") + (_LEVELS if False in are_numbers else "")
        return "\n\n".join([head + readers, *parts])

    def _columns(self) -> list[str]:
        """Cells as arrays of numbers."""
        reads = []
        for column in self.program.columns:
            name, levels = repr(column.name), _numbered(column)
            reads.append(f"_numbers(frame, {name})" if _is_number(column) else f"_levels(frame, {name}, {levels!r})")
        return ["def _columns(frame):", *_listed("return [", reads, "]")]

    def _block(self) -> list[str]:
        """The results of some rows; NaN where there is no answer."""
        program, names = self.program, self.names
        known = [f"({self.language.is_known(test.cell)})" for test in program.known]
        known = [known[0][1:-1]] if len(known) == 1 else known
        lines = [f"def _block({', '.join(names.columns.values())}):"]
        lines.append("    known = " + " & ".join(known))
        for place in needed(program, [step for _, step in self.results]):
            step = program.steps[place]
            if not isinstance(step.value, Cell):
                text = written(where_a_rule_holds(step.value, program), program, names.steps, self.language)
                lines.append(f"    {names.steps[place]} = {self.language.as_number(text) if step.is_test else text}")
        if program.rule is not None:
            lines.append(f"    known = known & (np.nan_to_num({names.steps[program.rule]}) > 0)")
        found = [f"np.where(known, {names.steps[step]}, np.nan)" for _, step in self.results]
        return [*lines, *_listed("return [", found, "]")]

    def _answers(self) -> list[str]:
        """The results as columns of a frame."""
        words = [self.names.steps[step] for _, step in self.results]
        lines = [f"def _answers(index, {', '.join(words)}):"]
        columns = []
        for (name, step), word in zip(self.results, words, strict=True):
            found = _RULE.format(word) if step == self.program.rule else word
            if step == self.program.decision:
                classes = self.program.classes or ()
                dtype = _type(classes)
                labels = f"pd.Series({[*classes, None]!r}{f', dtype={dtype!r}' if dtype else ''})"
                lines.append(f"    # The last one is taken where there is none.\n    labels = {labels}")
                found = f"labels.iloc[np.where(np.isnan({word}), -1, {word}).astype(int)].array"
            columns.append(f"{name!r}: {found}")
        return [*lines, *_listed("answers = {", columns, "}"), "    return pd.DataFrame(answers, index=index)"]


def _language(names: Names, classes: Sequence[ClassLabel]) -> Language:
    cells = names.cells
    places = {(type(label), label): place for place, label in enumerate(classes)}
    return Language(
        number=number,
        label=lambda label: str(places[type(label), label]),
        cell=lambda cell: cells[cell.column.name],
        is_missing=lambda cell: _is_missing(cell.column, cells[cell.column.name]),
        is_level=lambda test: f"{cells[test.cell.column.name]} == {_level(test.cell.column, test.level)}",
        is_known=lambda cell: _is_known(cell.column, cells[cell.column.name]),
        as_number=lambda test: f"np.where({test}, 1.0, 0.0)",
        choice=_choice,
        positive=lambda value: f"np.maximum(0.0, {value})",
        both=AND,
        filled=lambda cell: "np.where(np.isnan({0}), 0.0, {0})".format(cells[cell.column.name]),
        tests_are_numbers=True,
        longest_sum=LONGEST_SUM,
    )


def _listed(opening: str, items: Sequence[str], closing: str) -> list[str]:
    """The lines of a statement with several items."""
    return [f"    {opening}", *(f"        {item}," for item in items), f"    {closing}"]


def _choice(branches: Sequence[tuple[str, str]], otherwise: str | None) -> str:
    """A choice of the first test that holds; all values are computed."""
    tests = "\n".join(f"            {f'({test})' if AND in test else test}," for test, _ in branches)
    values = "\n".join(f"            {value}," for _, value in branches)
    lists = f"        [\n{tests}\n        ],\n        [\n{values}\n        ],\n"
    return f"np.select(\n{lists}        {otherwise or 'np.nan'},\n    )"


def _is_number(column: Column) -> bool:
    return held_by(column) in ("truth", "number")


def _numbered(column: Column) -> dict[Level, int]:
    """The levels and their numbers; levels of several types may stand in the frame as texts, too."""
    numbers: dict[Level, int] = {level: place for place, level in enumerate(column.levels)}
    return {**numbers, **{str(level): place for level, place in numbers.items()}}


def _check_distinct(column: Column) -> None:
    """Refuse levels of several types that pandas takes for one."""
    seen: dict[Level, Level] = {}
    for level in column.levels:
        if level in seen:
            raise InvalidValueError(
                f"column {column.name[:80]!r} has the levels {seen[level]!r} and {level!r}, which are equal in pandas; "
                "make them text."
            )
        seen[level] = level


def _level(column: Column, level: Level) -> str:
    return repr(as_double(level)) if _is_number(column) else str(_numbered(column)[level])


def _is_missing(column: Column, word: str) -> str:
    return f"np.isnan({word})" if _is_number(column) else f"{word} == -1"


def _is_known(column: Column, word: str) -> str:
    """A test of a cell."""
    if not _is_number(column):
        return f"{word} != -2" if column.missing else f"{word} >= 0"
    if column.kind in ("number", "integer"):
        known = f"np.isfinite({word})"
    else:
        known = f"np.isin({word}, {[as_double(level) for level in column.levels or (False, True)]!r})"
    return f"np.isnan({word}) | {known}" if column.missing else known


def _type(classes: Sequence[ClassLabel]) -> str:
    """The type of the classes; that of texts depends on the version of pandas."""
    holding = holding_of(classes)
    if holding == "number":
        return "Int64" if all(isinstance(label, int) for label in classes) else "float64"
    return {"truth": "boolean", "mixed": "object", "text": ""}[holding]
