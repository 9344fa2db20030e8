"""Reading the text for people, as `text` writes it or a person does."""

from __future__ import annotations

from typing import Literal

from prelu_rules.columns.column import Column, check_columns
from prelu_rules.errors import LONGEST_REASON, FormatError, InvalidValueError, PReLURulesError, shortened
from prelu_rules.export.named_columns import Mentions
from prelu_rules.export.statement_reader import StatementReader
from prelu_rules.export.tokens import Token, Tokens, tokens_of
from prelu_rules.rules.presentation.presentation import Presentation
from prelu_rules.rules.presentation.system import as_rules
from prelu_rules.rules.rule_system import RuleSystem

Part = Literal["rules", "formula"]


def read(text: str, part: Part | None = None) -> RuleSystem:
    r"""The rules that a text states.

    Args:
        text: what `text.write` wrote, or a person in the same format: rules, a formula, or both.
        part: "rules" for its rules, of which the formula gives what is folded; "formula" for the pieces of its formula;
            None for the rules where it has any.

    Returns:
        The rules with the printed numbers, in the order of the text; of several that cover an input the first counts.
        They have no network, no domain and no precision.

    Raises:
        FormatError: if the text is not in the format, or lacks the part.

    Example:
        >>> rules = read("1. If age < 18\n   price = 5\n2. Otherwise\n   price = 9, - 2 where smoker is no")
        >>> rules.predict({"age": [17.0, 18.0], "smoker": [True, False]})
        array([[5.],
               [7.]])
    """
    presentation = parse(text)
    try:
        return as_rules(presentation, part)
    except FormatError:
        raise
    except PReLURulesError as error:
        raise FormatError(f"the text does not make rules: {shortened(str(error), LONGEST_REASON)}") from None


def parse(text: str) -> Presentation:
    r"""What a text says, as values.

    Args:
        text: what `text.write` wrote, or a person in the same format.

    Returns:
        The presentation. Whole numbers are read as numbers, and the conditions of `otherwise` are not said.

    Raises:
        FormatError: if the text is not in the format; it names the line.

    Example:
        >>> (rule,) = parse("1. Always\n   y = 1 + 2*x").rules
        >>> rule.outputs[0].total
        Sum(constant=1.0, terms=(Term(weight=2.0, of='x', where=()),))
    """
    tokens = tokens_of(text)
    letters, columns = _mentioned(tokens)
    try:
        check_columns(columns)
    except InvalidValueError as error:
        raise FormatError(shortened(str(error), LONGEST_REASON)) from None
    reader = StatementReader(Tokens(tokens), Mentions(columns), letters)
    reader.read()
    return reader.presentation(columns)


def inferred_columns(text: str) -> tuple[Column, ...] | None:
    """What the columns of a text are that does not list them.

    Args:
        text: the text.

    Returns:
        The columns, in the order of the text; None where it does not say enough.

    Example:
        >>> inferred_columns("y = 1 + 2*x") == (Column("x"),)
        True
    """
    try:
        return parse(text).columns
    except FormatError:
        return None


def _mentioned(tokens: list[Token]) -> tuple[dict[str, int], tuple[Column, ...]]:
    """A first reading, which finds the letters of bends, by place, and the columns."""
    reader = StatementReader(Tokens(tokens), Mentions(), {})
    reader.read()
    letters: dict[str, int] = {}
    for place, name in enumerate(reader.bend_names):
        if name is not None and letters.setdefault(name, place) != place:
            raise FormatError(f"the letter {name[:80]!r} stands for two bends; name one of them otherwise.")
    columns = reader.listed
    return letters, reader.mentions.columns(frozenset(letters)) if columns is None else columns
