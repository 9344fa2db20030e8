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

from prelu_rules.columns.column import Column
from prelu_rules.export.phrases import Pieces
from prelu_rules.export.sentences import AS_FORMULA, Sentences
from prelu_rules.export.spelling import (
    percent,
    spelled,
    spelled_label,
    spelled_level,
    spelled_number,
)
from prelu_rules.export.text_reader import inferred_columns
from prelu_rules.rules.names import ClassLabel
from prelu_rules.rules.presentation.presentation import (
    Presentation,
    PresentedRule,
    TypicalRow,
)
from prelu_rules.rules.presentation.statements import State
from prelu_rules.rules.rule_system import RuleSystem

WIDTH = 100
"""Columns that a line has at most, where a name does not need more."""

INDENT = 12
"""Spaces before a line of a paragraph, at most."""


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
    # Columns are named where a reader of the rest would take them for others.
    if inferred_columns(text) == tuple(_as_read(column) for column in presentation.columns):
        return text
    return text + "\n" + "\n".join(_wrapped(_columns(presentation.columns), "", "  ")) + "\n"


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
            indent = " " * (len(line.start) + 1 if len(line.start) < INDENT else 4)
            blocks.append((_wrapped(line.pieces, f"{line.start} ", indent), ""))
        elif line.kind == "part":
            blocks.append((_wrapped(line.pieces, indent, indent + "    "), line.letter))
        else:
            blocks.append((_wrapped(line.pieces, f"{' ' * 5 * (bends > 0)}{line.start} ", " " * 9), ""))
            bends += 1
    margin = max((len(some[-1]) for some, letter in blocks if letter), default=0)
    lines: list[str] = []
    for some, letter in blocks:
        lines += [*some[:-1], f"{some[-1].ljust(margin)}    ({letter})" if letter else some[-1]]
    return lines


class _Writer:
    """Everything but the columns, block by block."""

    def __init__(self, presentation: Presentation) -> None:
        self.presentation = presentation
        self.sentences = Sentences(presentation)
        self.phrases = self.sentences.phrases

    def text(self) -> str:
        """The blocks, with a blank line between."""
        said = self.sentences
        formula = [*formula_lines(said), *(f"({line})" for line in said.explanations())]
        rules = [line for rule in self.presentation.rules for line in self._rule(rule)]
        rules += _wrapped(said.folded().split(" "), "", "   ") if said.folded() else []
        heading = [said.heading()] if said.heading() else []
        logits = _wrapped(said.logits(), "", "    ") if said.logits() else []
        notes = [line for note in said.notes() for line in _wrapped(_in_parentheses(note), "", " ")]
        blocks = [self._decisions(), self._typical(), logits, formula, heading, rules, notes]
        return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"

    def _rule(self, rule: PresentedRule) -> list[str]:
        """A rule: conditions and evidence, then what it says of each output."""
        start = f"{rule.number}. "
        evidence = self._evidence([rule])
        if self.sentences.says_formula(rule):
            return _wrapped([f"Always {AS_FORMULA}", *evidence], start, "       ")
        conditions = ["Otherwise"] if rule.otherwise else self.phrases.conditions(rule.clauses)
        if rule.clauses and not rule.otherwise:
            conditions = [f"If {conditions[0]}", *conditions[1:]]
        conditions[0] = conditions[0][0].upper() + conditions[0][1:]
        lines = _wrapped([*conditions, *evidence], start, "       ")
        if rule.decision is not None:
            lines.append(f"     class = {spelled_label(rule.decision)}")
        for name, output in zip(self.presentation.output_names, rule.outputs, strict=True):
            if output.like is not None:
                lines.append(f"     {spelled(name)} as in rule {output.like}")
                continue
            pieces = self.phrases.output(output.total, output.relative, output.bends)
            lines += _wrapped(pieces, f"     {spelled(name)} = ", "         ")
        return lines

    def _evidence(self, rules: Sequence[PresentedRule]) -> Pieces:
        """Rows, their share, and how far off the rules are there."""
        counts = [rule.count for rule in rules if rule.count is not None]
        if not counts:
            return []
        count, n_rows, names = sum(counts), self.presentation.n_rows, self.presentation.output_names
        if n_rows is None:
            found = [f" ({count} {_rows(count)}"]
        else:
            found = [f" ({count} of {n_rows} {_rows(n_rows)}, {percent(count / n_rows if n_rows else 0.0)}"]
        errors = rules[0].errors if len(rules) == 1 else None
        if errors is not None:
            texts = [spelled_number(float(f"{error:.2g}")) for error in errors]
            if len(texts) == 1:
                found = [f"{found[0]};", f"mean error {texts[0]}"]
            else:
                listed = [f"{spelled(name)} {text}," for name, text in zip(names, texts, strict=True)]
                found = [f"{found[0]};", "mean error:", *listed[:-1], listed[-1][:-1]]
        classes = self.sentences.listed_classes(rules)
        if classes:
            found = [*found[:-1], f"{found[-1]};", *classes]
        found[-1] += ")"
        whole = " ".join(found)
        return [whole] if len(whole) <= WIDTH - INDENT else found

    def _decisions(self) -> list[str]:
        """Which class is decided for where; the class that is left last."""
        said = self.sentences
        lines: list[str] = _wrapped(said.class_of_logits(), "", " " * 8) if said.class_of_logits() else []
        for label, group in said.decisions():
            start = f"class = {said.label(label)}"
            if any(rule.otherwise for rule in group):
                lines += _wrapped([f"{start} otherwise", *self._evidence(group)], "", " " * 8)
                continue
            for number, rule in enumerate(group):
                pieces = self.phrases.conditions(rule.clauses)
                word = ("or where " if number else "where ") if rule.clauses else ("or " if number else "")
                before = " " * 8 if number else f"{start} "
                lines += _wrapped([word + pieces[0], *pieces[1:], *self._evidence([rule])], before, " " * 12)
        return lines

    def _typical(self) -> list[str]:
        """How sure the rules are of a row of the middle of each class."""
        return [line for row in self.presentation.typical for line in _wrapped(self._typical_row(row), "", "   ")]

    def _typical_row(self, row: TypicalRow) -> Pieces:
        found = [f"A typical row of class {_label(row.label)}"]
        cells = [f"{spelled(name)} {_cell(value)}," for name, value in row.cells]
        if cells:
            found += [f"({cells[0]}", *cells[1:]]
            found[-1] = f"{found[-1][:-1]})"
        found[-1] += ":"
        labels = self.presentation.classes or ()
        shares = [f"{_label(label)} {percent(share)}," for label, share in zip(labels, row.probabilities, strict=True)]
        found += [f"probability of {shares[0]}", *(f"of {share}" for share in shares[1:])]
        return [*found[:-1], found[-1][:-1]]


def _columns(columns: Sequence[Column]) -> Pieces:
    """All columns, and what there is to know of each."""
    pieces = ["Columns:"]
    for column in columns:
        facts = ["yes or no"] if column.kind == "yes/no" else []
        facts += [", ".join(map(spelled_level, column.levels))] if column.levels else []
        if column.missing:
            facts.append("always missing" if column.kind == "category" and not column.levels else "may be missing")
        facts += [f"in {spelled(column.unit)}"] if column.unit is not None else []
        facts += [f"described as {spelled(column.description)}"] if column.description is not None else []
        pieces.append(spelled(column.name) + (f" ({'; '.join(facts)})" if facts else "") + ",")
    return [*pieces[:-1], pieces[-1][:-1]]


def _as_read(column: Column) -> Column:
    """A column as the text says it: whole numbers are numbers."""
    return (
        Column(column.name, "number", (), column.missing, column.unit, column.description)
        if column.kind == "integer"
        else column
    )


def _cell(value: float | State) -> str:
    """What a cell of a typical row holds."""
    if value is None:
        return "no"
    if isinstance(value, float | int):
        return spelled_number(value)
    return value.says if value.level is None else spelled_level(value.level)


def _label(label: ClassLabel | None) -> str:
    return "none" if label is None else spelled_label(label)


def _in_parentheses(pieces: Pieces) -> Pieces:
    found = [f"({pieces[0]}", *pieces[1:]]
    return [*found[:-1], f"{found[-1]})"]


def _rows(number: int) -> str:
    return "row" if number == 1 else "rows"


def _wrapped(pieces: Pieces, start: str, indent: str) -> list[str]:
    """Lines of at most `WIDTH`, broken between pieces; the first begins with `start`, the others with `indent`."""
    lines, line = [], start + pieces[0]
    for piece in pieces[1:]:
        if len(line) + 1 + len(piece) > WIDTH:
            lines.append(line)
            line = indent + piece.lstrip()
        else:
            line += " " + piece
    return [*lines, line]
