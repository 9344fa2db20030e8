"""The source of a module for polars."""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence
from itertools import pairwise

from prelu_rules.columns.column import Column, Level
from prelu_rules.export.frames import check_labels, docstring, number, results_of, type_of_numbers
from prelu_rules.export.holding import as_double, held_by, holding_of
from prelu_rules.export.imperative import LONGEST_SUM, Names, names_of
from prelu_rules.export.language import Language, written
from prelu_rules.export.program import (
    Expression,
    Number,
    Positive,
    Program,
    Weighted,
    depths,
    needed,
)
from prelu_rules.rules.names import ClassLabel

RESERVED = frozenset([*keyword.kwlist, "cs", "expressions", "isinstance", "known", "pl", "value"])
"""The language's words, and what the source calls."""

_HEAD = '''\
import polars as pl
import polars.selectors as cs


def {function}(frame):
    """The answers to the rows of a DataFrame or a LazyFrame, as a frame of the same kind."""
    if isinstance(frame, pl.DataFrame):
        return {function}(frame.lazy()).collect()
    frame = frame.select(_features())
    for stage in _stages(pl.col):
        frame = frame.with_columns(stage)
    return frame.select(_answers(pl.col))


def expressions():
    """The answers as expressions of a frame's columns; each computes all that it needs."""
    features = {{feature.meta.output_name(): feature for feature in _features()}}
    row, found = pl.struct(features["known"]), dict(features)
    for stage in _stages(lambda name: features.get(name, pl.field(name))):
        row = row.struct.with_fields(stage)
        found |= {{name: row.struct.field(name) for name in (step.meta.output_name() for step in stage)}}
    return _answers(found.get)


def _number(column):
    # Of a type other than numbers and truth values it is an error.
    return column * pl.lit(1.0, dtype=pl.Float64)


def _exact(column):
    # Whether doubles hold the cells. Of a column that is not of integers nothing is selected, and nothing is tested.
    integers = column & cs.integer()
    double = integers.cast(pl.Float64)
    same = double.cast(pl.Int64, strict=False).eq_missing(integers.cast(pl.Int64, strict=False))
    return pl.all_horizontal(same & (double.abs() < 2.0**63))
'''

LONGEST_CHAIN = 10
"""Branches of one choice; polars takes a time to plan it that grows with the square of that."""

_TYPES = {"truth": "pl.Boolean", "text": "pl.String", "mixed": "pl.String"}


class Source:
    """The functions of a program: features, then what needs them, stage by stage, then the answers."""

    def __init__(self, program: Program) -> None:
        check_labels(program)
        self.program, self.results = program, results_of(program)
        self.names = names_of(program, RESERVED, letters="unicode")
        self.stages = _stages_of(program, [step for _, step in self.results])
        self.language = _language(self.names, holding_of(program.classes or ()) == "mixed")

    def module(self, function: str) -> str:
        """The whole module."""
        head = "\n".join([*docstring(self.program, self.names, "null"), "", _HEAD.format(function=function)])
        parts = [self._features(), self._stages(), self._answers()]
        return "\n\n".join([head, *("\n".join([*lines, ""]) for lines in parts)])

    def _features(self) -> list[str]:
        """What the cells are to the rules, and whether these can answer all of them."""
        words = self.names.columns
        lines = ["def _features():"]
        for column in self.program.columns:
            cell = f"pl.col({_pattern(column.name) or repr(column.name)})"
            lines.append(f"    {words[column.name]} = {f'_number({cell})' if _is_number(column) else cell}")
        lines += _listed("known =", [self.language.is_known(test.cell) for test in self.program.known])
        features = [f"{self._step(place)}.alias({self.names.steps[place]!r})" for place in self.stages[0]]
        return [*lines, *_listed("return", [*features, "pl.all_horizontal(known).alias('known')"])]

    def _stages(self) -> list[str]:
        """Lists of steps, each of which needs earlier ones only."""
        lines = ["def _stages(value):"]
        for before, stage in pairwise(self.stages):
            lines += [f"    {self.names.steps[place]} = value({self.names.steps[place]!r})" for place in before]
            lines += _listed("yield", [f"{self._step(place)}.alias({self.names.steps[place]!r})" for place in stage])
        return lines

    def _step(self, place: int) -> str:
        """The expression of a step."""
        step = self.program.steps[place]
        constant = _constant(step.value)
        if constant is not None:
            return f"pl.lit({constant!r})"
        text = written(step.value, self.program, self.names.steps, self.language)
        if step.is_test:
            return self.language.as_number(text)
        return f"({text})" if isinstance(step.value, Weighted) else text

    def _answers(self) -> list[str]:
        """The results, where rules can answer."""
        types = {self.program.rule: "pl.Int64", self.program.decision: _type(self.program.classes or ())}
        answers = []
        for name, step in self.results:
            cast = f".cast({types[step]})" if step in types else ""
            answers.append(f"pl.when(known).then(value({self.names.steps[step]!r})){cast}.alias({name!r})")
        return ["def _answers(value):", "    known = value('known')", *_listed("return", answers)]


def _stages_of(program: Program, results: Sequence[int]) -> list[list[int]]:
    """The steps of cells, and those that need a step, two steps, and so on, one after the other; results come later."""
    at = [0 if depth == 0 and place not in results else depth + 1 for place, depth in enumerate(depths(program))]
    places = needed(program, results)
    stages = [[place for place in places if at[place] == number] for number in range(max(at) + 1)]
    return [stages[0], *filter(None, stages[1:])]


def _language(names: Names, mixed: bool) -> Language:
    cells = names.cells
    return Language(
        number=number,
        label=lambda label: f"pl.lit({(str(label) if mixed else label)!r})",
        cell=lambda cell: cells[cell.column.name],
        is_missing=lambda cell: _is_missing(cell.column, cells[cell.column.name]),
        is_level=lambda test: f"{cells[test.cell.column.name]}.eq_missing({_level(test.cell.column, test.level)!r})",
        is_known=lambda cell: _is_known(cell.column, cells[cell.column.name]),
        as_number=lambda test: f"({test}).cast(pl.Float64)",
        choice=_choice,
        positive=lambda value: f"({value}).clip(0.0)",
        # `when` takes several tests.
        both=", ",
        filled=lambda cell, value: f"{cells[cell.column.name]}.fill_null({value}).fill_nan({value})",
        tests_are_numbers=True,
        longest_sum=LONGEST_SUM,
    )


def _listed(opening: str, items: Sequence[str]) -> list[str]:
    """The lines of a statement with a list."""
    return [f"    {opening} [", *(f"        {item}," for item in items), "    ]"]


def _choice(branches: Sequence[tuple[str, str]], otherwise: str | None) -> str:
    """A choice of the first test that holds; a long one is the first of several that is not null."""
    pairs = [f".when({test}).then({value})" for test, value in branches]
    if len(pairs) <= LONGEST_CHAIN:
        pairs += [] if otherwise is None else [f".otherwise({otherwise})"]
        return "pl" + "\n        ".join(pairs)
    starts = range(0, len(pairs), LONGEST_CHAIN)
    chains = ["pl" + "\n        ".join(pairs[start : start + LONGEST_CHAIN]) for start in starts]
    listed = ",\n        ".join([*chains, *([] if otherwise is None else [otherwise])])
    return f"pl.coalesce(\n        {listed},\n        )"


def _constant(value: Expression) -> float | int | None:
    """The number that a step always is; None where it depends on cells."""
    match value:
        case Number(found):
            return found
        case Weighted((), found):
            return found
        case Positive(inner):
            within = _constant(inner)
            return None if within is None else max(0.0, within)
    return None


def _pattern(name: str) -> str | None:
    """A regular expression for a name that polars would take for one, or for all columns; as source text."""
    special = name == "*" or (name.startswith("^") and name.endswith("$"))
    return repr(f"^{re.escape(name)}$") if special else None


def _is_number(column: Column) -> bool:
    return held_by(column) in ("truth", "number")


def _level(column: Column, level: Level) -> float | str:
    return as_double(level) if _is_number(column) else str(level)


def _is_missing(column: Column, word: str) -> str:
    return f"{word}.is_null() | {word}.is_nan()" if _is_number(column) else f"{word}.is_null()"


def _is_known(column: Column, word: str) -> str:
    """A test of a cell; null counts as false."""
    levels = column.levels or ((False, True) if column.kind == "yes/no" else ())
    known = f"{word}.is_in({[_level(column, level) for level in levels]!r})"
    if column.kind in ("number", "integer"):
        known = f"{word}.is_finite()"
    elif not levels:
        return _is_missing(column, word)
    if _is_number(column):
        pattern = _pattern(column.name)
        known += f" & _exact({f'cs.matches({pattern})' if pattern else f'cs.by_name({column.name!r})'})"
    return f"{_is_missing(column, word)} | ({known})" if column.missing else known


def _type(classes: Sequence[ClassLabel]) -> str:
    """The type of the classes."""
    holding = holding_of(classes)
    if holding == "number":
        return "pl.Int64" if type_of_numbers(classes) is int else "pl.Float64"
    return _TYPES[holding]
