"""Rules as HTML, a part of a page: what a notebook shows.

The formula as base and adjustments, then a table of rules; of a classifier decisions and typical rows come first. The
words are those of the text for people.
"""

from __future__ import annotations

from collections.abc import Sequence

from prelu_rules.export.grids import Grid, Grids
from prelu_rules.export.sentences import FormulaLine, Sentences, in_line
from prelu_rules.export.single import NOTE, presented_alone
from prelu_rules.export.spelling import Spelling, spelled, spelled_level, spelled_number
from prelu_rules.markup import Html, html, name, page, table, tag
from prelu_rules.rules.presentation.presentation import Presentation
from prelu_rules.rules.rule import Rule
from prelu_rules.rules.rule_system import RuleSystem

UNBROKEN = 24
"""Letters up to which a name stands in one line."""


def _name(text: str) -> Html:
    """A name in a sentence."""
    written = name(text)
    return Html(written.replace(" ", "&nbsp;")) if len(text) <= UNBROKEN else written


SPELLING = Spelling(
    name=lambda text: _name(spelled(text)),
    level=lambda level: _name(spelled_level(level)),
    number=lambda value: html(spelled_number(value)),
    minus="\N{MINUS SIGN}",
    times="\u202f\N{MULTIPLICATION SIGN}\u202f",
    less="&lt;",
    at_most="≤",
    more="&gt;",
    at_least="≥",
    unequal="≠",
)
"""Signs as they are printed in books; a narrow space keeps a weight and its name in one line."""


def write(system: RuleSystem) -> str:
    """The rules as a part of an HTML page.

    Args:
        system: the rules.

    Returns:
        A `<div>` without scripts, outside resources, and colours of text or background.

    Example:
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> write(extract_rules(NormalForm.from_layers([[[2.0]]], [[0.1]], []))).count("<table")
        1
    """
    return write_presentation(system.presentation)


def write_rule(rule: Rule) -> str:
    """A rule alone, for a notebook.

    Args:
        rule: the rule; its columns are called `in1`, `in2`, ...

    Returns:
        A `<div>`.

    Example:
        >>> from prelu_rules.network.affine import AffineMap
        >>> "always" in write_rule(Rule((), AffineMap([[2.0]], [1.0])))
        True
    """
    return page(Html(write_presentation(presented_alone(rule))), tag("p", f"({NOTE})", style="aside"))


def write_presentation(presentation: Presentation) -> str:
    """A presentation as a part of an HTML page.

    Args:
        presentation: what is to be shown.

    Returns:
        A `<div>`.
    """
    sentences = Sentences(presentation, SPELLING)
    grids = Grids(sentences, name, _line)
    return page(
        *_lines([_line(sentences.class_of_logits())], "line"),
        *_table(grids.decisions(), "decisions"),
        *_table(grids.typical(), "classes"),
        *_lines([_line(sentences.logits())], "heading"),
        *map(_formula_line, sentences.formula()),
        *_lines([f"({_line(line)})" for line in sentences.explanations()], "aside"),
        *_lines([sentences.heading()], "heading"),
        *_table(grids.rules(), "rules"),
        *_lines([sentences.folded()], "line"),
        *_lines([f"({_line(note)})" for note in sentences.notes()], "aside"),
    )


def _formula_line(line: FormulaLine) -> Html:
    """A line of the formula, with its letter behind it."""
    text = _line([line.start, *line.pieces] if line.start else line.pieces)
    letter = [" ", tag("b", f"({line.letter})", style="letter")] if line.letter else []
    return tag("div", text, *letter, style="part" if line.kind == "part" else "formula")


def _lines(lines: Sequence[str], style: str) -> list[Html]:
    """Lines that are HTML already, without those that say nothing."""
    return [tag("p", Html(line), style=style) for line in lines if line]


def _table(grid: Grid | None, called: str) -> list[Html]:
    if grid is None:
        return []
    rows = [list(map(Html, row)) for row in grid.rows]
    return [table(list(map(Html, grid.header)), rows, numbers=grid.numbers, wide=grid.long, called=called)]


def _line(pieces: Sequence[str]) -> Html:
    """Pieces in one line, in which no sign is parted from its term."""
    signs = ("+ ", f"{SPELLING.minus} ")
    return Html(in_line([f"{p[0]}&nbsp;{p[2:]}" if p.startswith(signs) else p for p in pieces]))
