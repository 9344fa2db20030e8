"""Rules as text for people; `text_reader` reads it.

    price = 10 + 0.1*kwh
            - 15 where kind is farm
            + 0.15 for each unit that kwh is above 200

    The same, as rules:

    1. If kwh < 200  (124 of 480 rows, 26%; mean error 0.38)
         price = 10 + 0.1*kwh, - 15 where kind is farm
    2. Otherwise  (356 of 480 rows, 74%; mean error 0.41)
         price = -20 + 0.25*kwh, - 15 where kind is farm

Bends that something else names have letters, in parentheses at the end of their line; where there are several outputs,
bends are defined below them. Of a classifier the decisions and typical rows stand first. Notes in parentheses say what
else there is to know, and a last line names the columns where what is above does not tell what they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from prelu_rules.columns.column import Column
from prelu_rules.export.layout import evidence, wrapped
from prelu_rules.export.phrases import Pieces, listed
from prelu_rules.export.sentences import AS_FORMULA, Sentences
from prelu_rules.export.spelling import spelled, spelled_level, spelled_number
from prelu_rules.export.text_classes import decisions, typical
from prelu_rules.export.text_reader import inferred_columns
from prelu_rules.rules.presentation.presentation import Presentation, PresentedRule
from prelu_rules.rules.rule_system import RuleSystem

LONGEST_START = 12
"""Under a longer name and its `=` a sum is indented by 4 spaces."""


def write(system: RuleSystem) -> str:
    """The rules as text for people.

    Args:
        system: the rules.

    Returns:
        The formula, then the rules, and for a classifier first what it decides.

    Raises:
        SolverError: if the linear programming solver fails.

    Example:
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-200], C=[[0.1]], D=[[0.15]], e=[10], slopes=[0])
        >>> print(write(extract_rules(form, feature_names=["kwh"], output_names=["price"])), end="")
        price = 10 + 0.1*kwh
                + 0.15 for each unit that kwh is above 200
        <BLANKLINE>
        The same, as rules:
        <BLANKLINE>
        1. If kwh < 200
             price = 10 + 0.1*kwh
        2. Otherwise
             price = -20 + 0.25*kwh
    """
    return write_presentation(system.presentation)


def write_presentation(presentation: Presentation) -> str:
    """A presentation as text.

    Args:
        presentation: what is to be printed.

    Returns:
        Its lines.

    Example:
        >>> from prelu_rules.rules.presentation.statements import Sum, Term
        >>> from prelu_rules.rules.presentation.presentation import PresentedOutput
        >>> rule = PresentedRule(1, (), False, (PresentedOutput(Sum(10.0, (Term(0.1, "kwh"),))),), 480, (0.38,))
        >>> print(write_presentation(Presentation((Column("kwh"),), ("price",), None, (rule,), n_rows=480)), end="")
        1. Always  (480 of 480 rows, 100%; mean error 0.38)
             price = 10 + 0.1*kwh
    """
    text = _Writer(presentation).text()
    as_read = tuple(
        replace(column, kind="number" if column.kind == "integer" else column.kind, unknown=None)
        for column in presentation.columns
    )
    # Columns are named where a reader of the rest would take them for others.
    if inferred_columns(text) == as_read:
        return text
    columns = wrapped(["Columns:", *_columns(presentation.columns)], "", "  ")
    return text + "\n" + "\n".join(columns) + "\n"


def formula_lines(sentences: Sentences) -> list[str]:
    """The formula as lines, with letters in a column behind the parts that have one.

    Args:
        sentences: what is said of the rules, in the spelling of text.

    Returns:
        Its lines; none where there is no formula.
    """
    blocks: list[tuple[list[str], str]] = []
    indent, bends = "", 0
    for line in sentences.formula():
        if line.kind == "output":
            indent = " " * (len(line.start) + 1 if len(line.start) < LONGEST_START else 4)
            blocks.append((wrapped(line.pieces, f"{line.start} ", indent), ""))
        elif line.kind == "part":
            blocks.append((wrapped(line.pieces, indent, f"{indent}    "), line.letter))
        else:
            blocks.append((wrapped(line.pieces, f"{'     ' if bends else ''}{line.start} ", "         "), ""))
            bends += 1
    margin = max((len(some[-1]) for some, letter in blocks if letter), default=0)
    lines: list[str] = []
    for (*some, last), letter in blocks:
        lines += [*some, f"{last.ljust(margin)}    ({letter})" if letter else last]
    return lines


class _Writer:
    """Everything but the columns, block by block."""

    def __init__(self, presentation: Presentation) -> None:
        self.presentation = presentation
        self.sentences = Sentences(presentation)
        self.phrases = self.sentences.phrases

    def text(self) -> str:
        """The blocks, with a blank line between."""
        said, p = self.sentences, self.presentation
        formula = [*formula_lines(said), *_in_parentheses(said.explanations())]
        rules = [line for rule in p.rules for line in self._rule(rule)] + [line for line in [said.folded()] if line]
        heading = [said.heading()] if said.heading() else []
        logits = wrapped(said.logits(), "", "    " if len(p.output_names) == 1 else "") if said.logits() else []
        blocks = [decisions(said), typical(p), logits, formula, heading, rules, _in_parentheses(said.notes())]
        return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"

    def _rule(self, rule: PresentedRule) -> list[str]:
        """A rule: conditions and evidence, then what it says of each output."""
        start, found = f"{rule.number}. ", evidence(self.presentation, [rule])
        if self.sentences.says_formula(rule):
            return wrapped([f"Always {AS_FORMULA}", *found], start, "       ")
        if rule.otherwise or not rule.clauses:
            conditions = ["Otherwise" if rule.otherwise else "Always"]
        else:
            first, *rest = self.phrases.conditions(rule.clauses)
            conditions = [f"If {first}", *rest]
        lines = wrapped([*conditions, *found], start, "       ")
        if rule.decision is not None:
            lines.append(f"     class = {spelled_level(rule.decision)}")
        for name, output in zip(self.presentation.output_names, rule.outputs, strict=True):
            if output.like is not None:
                lines.append(f"     {spelled(name)} as in rule {output.like}")
                continue
            pieces = self.phrases.output(output.total, output.relative, output.bends)
            lines += wrapped(pieces, f"     {spelled(name)} = ", "         ")
        return lines


def _in_parentheses(notes: Sequence[Pieces]) -> list[str]:
    """Lines of notes, each in parentheses."""
    return [line for (*some, last) in notes for line in wrapped(_opened([*some, f"{last})"]), "", " ")]


def _opened(pieces: Pieces) -> Pieces:
    return [f"({pieces[0]}", *pieces[1:]]


def _columns(columns: Sequence[Column]) -> Pieces:
    """All columns, and what there is to know of each; a line may end after a level."""
    pieces: Pieces = []
    for column in columns:
        pieces += _column(column)
        pieces[-1] += ","
    return [*pieces[:-1], pieces[-1].removesuffix(",")] if pieces else []


def _column(column: Column) -> Pieces:
    """A column, and what there is to know of it."""
    facts: list[Pieces] = [["yes or no"]] if column.kind == "yes/no" else []
    facts += [listed([spelled_level(level) for level in column.levels])] if column.levels else []
    if column.missing:
        facts.append(["always missing" if column.kind == "category" and not column.levels else "may be missing"])
    if column.fill is not None:
        facts[-1][-1] += f" and counts as {spelled_number(column.fill)} then"
    facts += [[f"in {spelled(column.unit)}"]] if column.unit is not None else []
    facts += [[f"described as {spelled(column.description)}"]] if column.description is not None else []
    name = spelled(column.name)
    if not facts:
        return [name]
    *some, last = [piece for fact in facts for piece in (*fact[:-1], f"{fact[-1]};")]
    first, *rest = [*some, f"{last.removesuffix(';')})"]
    return [f"{name} ({first}", *rest]
