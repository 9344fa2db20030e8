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
from prelu_rules.export import text_classes
from prelu_rules.export.layout import evidence, wrapped
from prelu_rules.export.phrases import Phrases, holds_everywhere, listed
from prelu_rules.export.spelling import letters, rounded_up, spelled, spelled_level, spelled_number
from prelu_rules.export.text_reader import inferred_columns
from prelu_rules.rules.presentation.contents import letters_in_conditions, letters_in_sums, sums_of
from prelu_rules.rules.presentation.presentation import (
    Formula,
    OutputFormula,
    Presentation,
    PresentedOutput,
    PresentedRule,
)
from prelu_rules.rules.presentation.presented import presented
from prelu_rules.rules.presentation.statements import Letter, Term
from prelu_rules.rules.rule_system import RuleSystem

HEADING = "The same, as rules:"
AS_FORMULA = "Always as the formula says"

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
    return write_presentation(presented(system))


def write_presentation(presentation: Presentation) -> str:
    """A presentation as text.

    Args:
        presentation: what is to be printed.

    Returns:
        Its lines.

    Example:
        >>> from prelu_rules.rules.presentation.statements import Sum, Term
        >>> rule = PresentedRule(1, (), False, (PresentedOutput(Sum(10.0, (Term(0.1, "kwh"),))),), 480, (0.38,))
        >>> print(write_presentation(Presentation((Column("kwh"),), ("price",), None, (rule,), n_rows=480)), end="")
        1. Always  (480 of 480 rows, 100%; mean error 0.38)
             price = 10 + 0.1*kwh
    """
    text = _Writer(presentation).text()
    as_read = tuple(replace(c, kind="number") if c.kind == "integer" else c for c in presentation.columns)
    # Columns are named where a reader of the rest would take them for others.
    if inferred_columns(text) == as_read:
        return text
    columns = wrapped(["Columns:", *listed([_column(column) for column in presentation.columns])], "", "  ")
    return text + "\n" + "\n".join(columns) + "\n"


class _Writer:
    """Everything but the columns, block by block."""

    def __init__(self, presentation: Presentation) -> None:
        self.presentation = presentation
        formula = presentation.formula
        bends = () if formula is None else formula.bends
        self.conditional = letters_in_conditions(presentation)
        self.inline = formula is not None and _is_inline(formula)
        named = self.conditional | letters_in_sums(presentation) if self.inline else range(len(bends))
        alphabet = letters(_names(presentation))
        self.names = [next(alphabet) if place in named else "" for place in range(len(bends))]
        self.phrases = Phrases(self.names, self.conditional)

    def text(self) -> str:
        """The blocks, with a blank line between."""
        p = self.presentation
        formula = [] if p.formula is None else [*self._formula(p.formula), *self._explanations()]
        rules = [line for rule in p.rules for line in self._rule(rule)] + self._folded()
        heading = [HEADING] if formula and rules and not self._is_formula(p.rules[0]) else []
        decisions = text_classes.decisions(p, self.phrases)
        blocks = [decisions, text_classes.typical(p), text_classes.logits(p), formula, heading, rules, self._notes()]
        return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"

    def _formula(self, formula: Formula) -> list[str]:
        """The formula: each bend in a line of the output, or below if there are several."""
        if self.inline:
            return self._with_bends(formula.outputs[0], formula)
        lines = [line for output in formula.outputs for line in self._base(output, output.bends)]
        for place, bend in enumerate(formula.bends):
            pieces = [f"{self.names[place]} =", *self.phrases.bend(bend, place, named=True)]
            pieces += [] if holds_everywhere(bend) else ["(otherwise 0)"]
            lines += wrapped(pieces, "     " if place else "with ", "         ")
        return lines

    def _base(self, output: OutputFormula, bends: Sequence[tuple[float, Letter]] = ()) -> list[str]:
        """Constant, numbers and perhaps letters, and adjustments each in a line of its own."""
        start, indent = _start(output)
        terms = [term for term in output.base.terms if not term.where]
        terms += [Term(weight, letter) for weight, letter in bends]
        lines = wrapped(self.phrases.total(output.base.constant, terms), start, indent)
        return lines + [indent + self.phrases.adjustment(term) for term in output.base.terms if term.where]

    def _with_bends(self, output: OutputFormula, formula: Formula) -> list[str]:
        """An output with a line for each bend, and letters at their ends."""
        _, indent = _start(output)
        found: list[tuple[list[str], str]] = []
        for weight, letter in output.bends:
            first = f"{'-' if weight < 0 else '+'} {spelled_number(abs(weight))} for each unit"
            pieces = [first, *self.phrases.bend(formula.bends[letter.place], letter.place, named=False)]
            name = self.phrases.letter(letter)
            found.append((wrapped(pieces, indent, indent + "    "), f"({name})" if name else ""))
        margin = max((len(lines[-1]) for lines, name in found if name), default=0)
        lines = self._base(output)
        for (*some, last), name in found:
            lines += [*some, f"{last.ljust(margin)}    {name}" if name else last]
        return lines

    def _explanations(self) -> list[str]:
        """What `base` and letters mean, where rules use them."""
        lines: list[str] = []
        outputs = [output for rule in self.presentation.rules for output in rule.outputs if output.relative]
        if outputs and not self.names:
            lines.append("(base: the formula of an output)")
        elif outputs and self.inline:
            lines.append('(base: the formula without its lines "for each unit")')
        elif outputs:
            names = listed(self.names, "or")
            lines += wrapped(["(base: the formula of an output", "without", *names[:-1], f"{names[-1]})"], "", " ")
        added = next((letter for output in outputs for letter in output.bends), None)
        if added is not None:
            name = self.phrases.letter(added)
            part = f"line {name}" if self.inline else f"the part of {name} in it"
            lines.append(f"(base with {name}: the base and {part})")
        if self.conditional:
            name = self.names[min(self.conditional)]
            meaning = f"{name} means that it is as line {name} says, and not {name} that it is not"
            lines.append(f"(in a condition, {meaning})")
        return lines

    def _rule(self, rule: PresentedRule) -> list[str]:
        """A rule: conditions and evidence, then what it says of each output."""
        start, found = f"{rule.number}. ", evidence(self.presentation, [rule])
        if self._is_formula(rule):
            return wrapped([AS_FORMULA, *found], start, "       ")
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

    def _is_formula(self, rule: PresentedRule) -> bool:
        """Whether a rule is the only one, and says word for word what the formula says."""
        p = self.presentation
        if p.formula is None or p.formula.bends or len(p.rules) > 1 or p.folded or rule.clauses or rule.otherwise:
            return False
        return rule.decision is None and rule.outputs == tuple(PresentedOutput(o.base) for o in p.formula.outputs)

    def _folded(self) -> list[str]:
        """That there are more rules."""
        p = self.presentation
        if not p.folded:
            return []
        first = max((rule.number for rule in p.rules), default=0) + 1
        rows = "the 1 row" if p.n_rows == 1 else f"the {p.n_rows or 0} rows"
        if p.folded == 1:
            return [f"1 more rule ({first}) covers none of {rows}; the formula gives its answers."]
        numbers = f"{first} to {first + p.folded - 1}"
        return [f"{p.folded} more rules ({numbers}) cover none of {rows}; the formula gives their answers."]

    def _notes(self) -> list[str]:
        """What is true of all of it: missing numbers, and how far printed numbers are from the rules."""
        p = self.presentation
        lines: list[str] = []
        used = {term.of for total in sums_of(p) for term in total.terms}
        zero = [spelled(column.name) for column in p.columns if column.missing and column.name in used]
        if zero:
            first, *rest = listed(zero, "and")
            end = "counts as 0 where it is missing)" if len(zero) == 1 else "count as 0 where they are missing)"
            lines += wrapped([f"({first}", *rest, end], "", " ")
        if p.within is not None:
            bounds = [spelled_number(rounded_up(error)) for error in p.within]
            parts = [f"{spelled(name)} within {bound}" for name, bound in zip(p.output_names, bounds, strict=True)]
            parts[0] = f"{spelled(p.output_names[0])} is within {bounds[0]}"
            first, *rest = listed(parts)
            rows = "on every training row" if p.n_rows is not None else "on every row that was tried"
            end = "on the whole domain, which is proven" if p.proven else rows
            lines += wrapped([f"(rounded: {first}", *rest, "of the exact rules", f"{end})"], "", " ")
        return lines


def _is_inline(formula: Formula) -> bool:
    """Whether each bend can be a line of the only output."""
    places = [letter.place for _, letter in formula.outputs[0].bends]
    return len(formula.outputs) == 1 and places == list(range(len(formula.bends)))


def _names(presentation: Presentation) -> set[str]:
    """All names in a text, which letters must not be taken for."""
    found = {column.name for column in presentation.columns} | set(presentation.output_names)
    found |= {str(level) for column in presentation.columns for level in column.levels}
    return found | {str(label) for label in presentation.classes or ()}


def _start(output: OutputFormula) -> tuple[str, str]:
    """How the first line of a formula begins, and the others."""
    start = f"{spelled(output.name)} = "
    return start, " " * (len(start) if len(start) <= LONGEST_START else 4)


def _column(column: Column) -> str:
    """A column, and what there is to know of it."""
    facts = ["yes or no"] if column.kind == "yes/no" else []
    facts += [", ".join(map(spelled_level, column.levels))] if column.levels else []
    if column.missing:
        facts.append("always missing" if column.kind == "category" and not column.levels else "may be missing")
    facts += [f"in {spelled(column.unit)}"] if column.unit is not None else []
    facts += [f"described as {spelled(column.description)}"] if column.description is not None else []
    return spelled(column.name) + (f" ({'; '.join(facts)})" if facts else "")
