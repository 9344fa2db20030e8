"""LaTeX: one `cases` environment per output, for a paper or a page with MathJax."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby

from prelu_rules.columns.column import Level
from prelu_rules.export.phrases import ALWAYS, Pieces
from prelu_rules.export.sentences import FormulaLine, Sentences, in_line
from prelu_rules.export.single import presented_alone
from prelu_rules.export.spelling import Spelling, percent, spelled_number, visible
from prelu_rules.rules.presentation.presentation import Presentation, PresentedRule
from prelu_rules.rules.rule import Rule
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.rules.short_numbers import as_fraction

_SPECIAL = {
    "\\": r"\backslash",
    "^": r"\wedge",
    "~": r"\sim",
    "<": "<",
    ">": ">",
    **{c: rf"\{c}" for c in "&%$#_{}"},
}
"""Characters with a meaning, as formulas: MathJax and KaTeX read these inside of text, but not all commands of text."""


def escaped(name: str) -> str:
    r"""A name inside of upright text.

    Args:
        name: any text.

    Returns:
        The text with every special character as a formula; what is not printable is spelled out.

    Example:
        >>> print(escaped("a_b"))
        a$\_$b
    """
    runs = groupby(visible(name), key=lambda one: one in _SPECIAL)
    return "".join(f"${''.join(map(_SPECIAL.__getitem__, run))}$" if special else "".join(run) for special, run in runs)


def _level(level: Level) -> str:
    return escaped(level if isinstance(level, str) else json.dumps(level))


def _number(value: float) -> str:
    fraction = as_fraction(value)
    if fraction is not None:
        return rf"$\frac{{{fraction.numerator}}}{{{fraction.denominator}}}$"
    mantissa, _, exponent = spelled_number(value).partition("e")
    return rf"${mantissa}\cdot 10^{{{int(exponent)}}}$" if exponent else mantissa


SPELLING = Spelling(
    name=escaped,
    level=_level,
    number=_number,
    minus="$-$",
    times=" ",
    less="$<$",
    at_most=r"$\le$",
    more="$>$",
    at_least=r"$\ge$",
    unequal=r"$\ne$",
    opening=r"$\{$",
    closing=r"$\}$",
)


def write(system: RuleSystem, opening: str = r"\[", closing: str = r"\]") -> str:
    r"""The rules as displayed formulas; they need the package amsmath.

    Args:
        system: the rules.
        opening: what a displayed formula begins with.
        closing: what it ends with.

    Returns:
        The formula as base and adjustments where there is one, then the class of a classifier, then the rules: one
        formula for each output.

    Example:
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-3], C=[[1]], D=[[1]], e=[0], slopes=[0])
        >>> print(write(extract_rules(form, feature_names=["x"], output_names=["y"])), end="")
        \[
        \begin{array}{l}
          \text{y = x} \\
          \quad\text{+ 1 for each unit that x is above 3}
        \end{array}
        \]
        \[
        \text{y} = \begin{cases}
          \text{x} & \text{if x $<$ 3} \\
          \text{$-$3 + 2 x} & \text{otherwise}
        \end{cases}
        \]
    """
    return write_presentation(system.presentation, opening, closing)


def write_rule(rule: Rule) -> str:
    """A rule alone, for a notebook.

    Args:
        rule: the rule; its columns are called `in1`, `in2`, ...

    Returns:
        Displayed formulas.

    Example:
        >>> from prelu_rules.network.affine import AffineMap
        >>> write_rule(Rule((), AffineMap([[2.0]], [1.0]))).split()[0]
        '$$'
    """
    return write_presentation(presented_alone(rule), "$$", "$$")


def write_presentation(presentation: Presentation, opening: str = r"\[", closing: str = r"\]") -> str:
    """A presentation as displayed formulas.

    Args:
        presentation: what is to be written.
        opening: what a displayed formula begins with.
        closing: what it ends with.

    Returns:
        The formulas.
    """
    said = Sentences(presentation, SPELLING)
    blocks = [
        *_decisions(said),
        _array([*map(_formula_line, said.formula()), *(_text([f"({in_line(line)})"]) for line in said.explanations())]),
    ]
    rules = presentation.rules
    # One rule that is the formula has been said.
    for place, name in enumerate(presentation.output_names if rules and not said.says_formula(rules[0]) else ()):
        blocks.append(
            _cases(escaped(name), [_output(said, rule, place) for rule in rules], [_where(said, r) for r in rules])
        )
    notes = [said.folded(), *(f"({in_line(note)})" for note in said.notes())]
    blocks.append(_array([_text([note]) for note in notes if note]))
    return "".join(f"{opening}\n{block}\n{closing}\n" for block in blocks if block)


def _decisions(said: Sentences) -> list[str]:
    """Which class is decided for."""
    named = said.class_of_logits()
    rules = [rule for _, group in said.decisions() for rule in group]
    of_rules = [rule for rule in said.presentation.rules if rule.decision is not None]
    found = [_text(named)] if named else []
    for some in (rules, of_rules):
        labels = [_text([_level(rule.decision)]) for rule in some if rule.decision is not None]
        found += [_cases("class", labels, [_where(said, rule) for rule in some])] if some else []
    return found


def _formula_line(line: FormulaLine) -> str:
    letter = rf"\quad\text{{({line.letter})}}" if line.letter else ""
    if line.kind == "part":
        return rf"\quad{_text(line.pieces)}{letter}"
    return _text([line.start, *line.pieces])


def _output(said: Sentences, rule: PresentedRule, place: int) -> str:
    """What a rule says of an output."""
    output = rule.outputs[place]
    if output.like is not None:
        return _text([f"as in rule {output.like}"])
    return _text(said.phrases.output(output.total, output.relative, output.bends))


def _where(said: Sentences, rule: PresentedRule) -> str:
    """Where a rule holds, and how many rows that are; empty where it always holds and nothing is known of rows."""
    pieces = ["otherwise"] if rule.otherwise else said.phrases.conditions(rule.clauses)
    if not rule.otherwise and rule.clauses:
        pieces = [f"if {pieces[0]}", *pieces[1:]]
    n_rows = said.presentation.n_rows
    if rule.count is not None and n_rows:
        pieces = [*pieces, f"({rule.count} of {n_rows} rows, {escaped(percent(rule.count / n_rows))})"]
    return _text(pieces)


def _cases(name: str, values: Sequence[str], tests: Sequence[str]) -> str:
    if len(values) == 1 and tests[0].startswith(rf"\text{{{ALWAYS}"):
        return rf"{_text([name])} = {values[0]}"
    cases = " \\\\\n".join(f"  {value} & {test}" for value, test in zip(values, tests, strict=True))
    return f"{_text([name])} = \\begin{{cases}}\n{cases}\n\\end{{cases}}"


def _array(lines: Sequence[str]) -> str:
    """Lines below each other."""
    rows = " \\\\\n".join(f"  {line}" for line in lines)
    return f"\\begin{{array}}{{l}}\n{rows}\n\\end{{array}}" if lines else ""


def _text(pieces: Pieces) -> str:
    return rf"\text{{{in_line(pieces)}}}"
