"""The source of a module for pandas."""

from __future__ import annotations

import keyword
from collections.abc import Sequence

from prelu_rules.columns.column import Column, Level
from prelu_rules.errors import InvalidValueError
from prelu_rules.export.frames import check_labels, docstring, number, results_of, type_of_numbers
from prelu_rules.export.holding import as_double, held_by, holding_of
from prelu_rules.export.imperative import LONGEST_SUM, Names, names_of, where_a_rule_holds
from prelu_rules.export.language import Language, written
from prelu_rules.export.program import Cell, Program, needed
from prelu_rules.rules.names import ClassLabel

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


class Source:
    """The functions of a program: columns as arrays, then a block of rows, then the answers to all."""

    def __init__(self, program: Program) -> None:
        check_labels(program)
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
                found = f"labels.iloc[np.where(np.isnan({word}), -1, {word}).astype(int)].set_axis(index)"
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
        filled=lambda cell, value: "np.where(np.isnan({0}), {1}, {0})".format(cells[cell.column.name], value),
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
        return "Int64" if type_of_numbers(classes) is int else "float64"
    return {"truth": "boolean", "mixed": "object", "text": ""}[holding]
