"""Rules as Markdown: the formula, and a table with a row for each rule."""

from __future__ import annotations

from collections.abc import Sequence

from prelu_rules.export.grids import Grid, Grids
from prelu_rules.export.sentences import Sentences, in_line
from prelu_rules.export.spelling import Spelling, spelled, spelled_level, visible
from prelu_rules.export.text import formula_lines
from prelu_rules.rules.presentation.presentation import Presentation
from prelu_rules.rules.rule_system import RuleSystem

_SPECIAL = r"\`*_{}[]<>()#+-.!|$~&"


def escaped(name: str) -> str:
    r"""A name without any meaning in Markdown.

    Args:
        name: any text.

    Returns:
        The text with every special character escaped and line breaks as spaces; what is not printable is
        spelled out.

    Example:
        >>> print(escaped("a|b_c"))
        a\|b\_c
    """
    return "".join(f"\\{c}" if c in _SPECIAL else c for c in visible(name))


SPELLING = Spelling(
    name=lambda name: escaped(spelled(name)),
    level=lambda level: escaped(spelled_level(level)),
    times=r"\*",
    at_most="≤",
    more=r"\>",
    at_least="≥",
    unequal="≠",
)


def write(system: RuleSystem) -> str:
    r"""The rules as Markdown.

    Args:
        system: the rules.

    Returns:
        The formula as a block of code, and a pipe table of rules with the number of rows where there are counts; of a
        classifier tables of decisions and typical rows before.

    Example:
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-3], C=[[1]], D=[[1]], e=[0], slopes=[0])
        >>> print(write(extract_rules(form, feature_names=["age"], output_names=["cost"])), end="")
        ```text
        cost = age
               + 1 for each unit that age is above 3
        ```
        <BLANKLINE>
        The same, as rules:
        <BLANKLINE>
        | rule | if | cost |
        | ---: | --- | --- |
        | 1 | age < 3 | age |
        | 2 | otherwise | -3 + 2\*age |
    """
    return write_presentation(system.presentation)


def write_presentation(presentation: Presentation) -> str:
    """A presentation as Markdown.

    Args:
        presentation: what is to be written.

    Returns:
        Its blocks.
    """
    sentences, plain = Sentences(presentation, SPELLING), Sentences(presentation)
    grids, formula = Grids(sentences, escaped), formula_lines(plain)
    blocks = [
        in_line(sentences.class_of_logits()),
        *map(_table, (grids.decisions(), grids.typical())),
        in_line(sentences.logits()),
        "\n".join(["```text", *formula, "```"]) if formula else "",
        *(f"({in_line(line)})" for line in sentences.explanations()),
        sentences.heading(),
        _table(grids.rules()),
        sentences.folded(),
        *(f"({in_line(note)})" for note in sentences.notes()),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _table(grid: Grid | None) -> str:
    if grid is None:
        return ""
    alignment = ["---:" if place in grid.numbers else "---" for place in range(len(grid.header))]
    return "\n".join(map(_row, (grid.header, alignment, *grid.rows)))


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
