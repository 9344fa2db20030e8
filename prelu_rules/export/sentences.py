"""What is said of rules beside the rules themselves, in the words that every target shares.

Sentences and lines are lists of pieces, as in `phrases`.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Literal, NamedTuple

from prelu_rules.columns.column import Column
from prelu_rules.export.phrases import Phrases, Pieces, holds_everywhere, listed
from prelu_rules.export.spelling import TEXT, Spelling, letters, rounded_up
from prelu_rules.rules.names import ClassLabel
from prelu_rules.rules.presentation.contents import cell_tests, letters_in_conditions, letters_in_sums, sums_of
from prelu_rules.rules.presentation.presentation import (
    Formula,
    OutputFormula,
    Presentation,
    PresentedOutput,
    PresentedRule,
)
from prelu_rules.rules.presentation.statements import Letter, Term

AS_FORMULA = "as the formula says"
HEADING = "The same, as rules:"


class FormulaLine(NamedTuple):
    """A line of the formula.

    Attributes:
        kind: an output, a part that is added to it, or a bend that is defined below the outputs.
        start: what it begins with, with its `=`; of a part nothing.
        pieces: the rest.
        letter: of a part the letter that it is called by, if something else names it.
    """

    kind: Literal["output", "part", "bend"]
    start: str
    pieces: Pieces
    letter: str = ""


class Sentences:
    """What is said of a presentation.

    Args:
        presentation: what is to be written.
        spelling: how names, numbers and signs are written.
    """

    def __init__(self, presentation: Presentation, spelling: Spelling = TEXT) -> None:
        self.presentation, self.spelling = presentation, spelling
        formula = presentation.formula
        bends = () if formula is None else formula.bends
        self.inline = formula is not None and _is_inline(formula)
        self.conditional = letters_in_conditions(presentation)
        named = self.conditional | letters_in_sums(presentation) if self.inline else range(len(bends))
        alphabet = letters(_names(presentation))
        self.letters = tuple(next(alphabet) if place in named else "" for place in range(len(bends)))
        self.phrases = Phrases(self.letters, self.conditional, spelling)

    def formula(self) -> list[FormulaLine]:
        """The formula: each bend in a line of the output or, if there are several outputs, below them."""
        formula = self.presentation.formula
        if formula is None:
            return []
        lines = [line for output in formula.outputs for line in self._output(output, formula)]
        if not self.inline:
            for place, bend in enumerate(formula.bends):
                start = f"{'' if place else 'with '}{self.letters[place]} ="
                elsewhere = [] if holds_everywhere(bend) else ["(otherwise 0)"]
                lines.append(FormulaLine("bend", start, [*self.phrases.bend(bend, place, named=True), *elsewhere]))
        return lines

    def explanations(self) -> list[Pieces]:
        """What `base` and letters mean, where rules use them."""
        formula = self.presentation.formula
        if formula is None:
            return []
        lines: list[Pieces] = []
        outputs = [output for rule in self.presentation.rules for output in rule.outputs if output.relative]
        if outputs and not self.letters:
            lines.append(["base: the formula of an output"])
        elif outputs and self.inline:
            lines.append(['base: the formula without its lines "for each unit"'])
        elif outputs:
            lines.append(["base: the formula of an output", "without", *listed(self.letters, "or")])
        added = next((letter for output in outputs for letter in output.bends), None)
        if added is not None:
            name = self.phrases.letter(added)
            part = f"line {name}" if self.inline else f"the part of {name} in it"
            lines.append([f"base with {name}: the base and {part}"])
        if self.conditional:
            name = self.letters[min(self.conditional)]
            lines.append([f"in a condition, {name} means that line {name} applies, and not {name} that it does not"])
        return lines

    def heading(self) -> str:
        """What stands between the formula and the rules; empty where one of them is missing, or says all."""
        p = self.presentation
        return HEADING if p.formula is not None and p.rules and not self.says_formula(p.rules[0]) else ""

    def says_formula(self, rule: PresentedRule) -> bool:
        """Whether a rule is the only one, and says word for word what the formula says."""
        p = self.presentation
        if p.formula is None or p.formula.bends or len(p.rules) > 1 or p.folded or rule.clauses or rule.otherwise:
            return False
        return rule.decision is None and rule.outputs == tuple(PresentedOutput(o.base) for o in p.formula.outputs)

    def folded(self) -> str:
        """That there are more rules; empty where there are none."""
        p = self.presentation
        if not p.folded:
            return ""
        first = max((rule.number for rule in p.rules), default=0) + 1
        rows = "the 1 row" if p.n_rows == 1 else f"the {p.n_rows or 0} rows"
        if p.folded == 1:
            return f"1 more rule ({first}) covers none of {rows}; the formula gives its answers."
        numbers = f"{first} to {first + p.folded - 1}"
        return f"{p.folded} more rules ({numbers}) cover none of {rows}; the formula gives their answers."

    def class_of_logits(self) -> Pieces:
        """Which class a classifier decides for, where that is not said by decisions; empty otherwise."""
        p = self.presentation
        if p.classes is None or p.decisions or any(rule.decision is not None for rule in p.rules):
            return []
        if len(p.output_names) > 1:
            return ["class = the one with the largest logit"]
        no, yes = map(self.spelling.level, p.classes)
        return [f"class = {yes}", "where the logit is above 0,", f"otherwise {no}"]

    def decisions(self) -> list[tuple[ClassLabel, list[PresentedRule]]]:
        """The rules that decide for each class, the class that is left last."""
        groups: dict[tuple[type, ClassLabel], list[PresentedRule]] = {}
        for rule in self.presentation.decisions:
            assert rule.decision is not None, "a decision names a class"
            groups.setdefault((type(rule.decision), rule.decision), []).append(rule)
        ordered = sorted(groups.items(), key=lambda item: any(rule.otherwise for rule in item[1]))
        return [(label, group) for (_, label), group in ordered]

    def logits(self) -> Pieces:
        """What the outputs of a classifier are; empty where they are numbers."""
        names = [self.spelling.level(label) for label in self.presentation.classes or ()]
        if not names:
            return []
        if len(self.presentation.output_names) == 1:
            no, yes = names
            return [f"The logit of {yes},", f"above 0 where {yes}", f"is likelier than {no}:"]
        *others, last = listed(names, "and")
        return ["The logits of", *others, f"{last},", "of which the largest", "says which class is likeliest:"]

    def notes(self) -> list[Pieces]:
        """What is true of all: missing and unknown cells, bounds, and how far printed numbers are from the rules."""
        p, found = self.presentation, []
        used = {term.of for total in sums_of(p) for term in total.terms}
        numbers = [column for column in p.columns if column.missing and column.name in used]
        for value in dict.fromkeys(column.fill or 0.0 for column in numbers):
            mine = [self.spelling.name(column.name) for column in numbers if (column.fill or 0.0) == value]
            count = self.spelling.signed(value)
            end = f"counts as {count} where it is" if len(mine) == 1 else f"count as {count} where they are"
            found.append([*listed(mine, "and"), f"{end} missing"])
        found += self.bounds()
        found += self._unknown(used | {test.column.name for test in cell_tests(p)})
        if p.within is not None:
            names = map(self.spelling.name, p.output_names)
            bounds = [self.spelling.number(rounded_up(error)) for error in p.within]
            first, *rest = [f"{name} within {bound}" for name, bound in zip(names, bounds, strict=True)]
            first = f"{self.spelling.name(p.output_names[0])} is within {bounds[0]}"
            start, *others = listed([first, *rest])
            rows = "on every training row" if p.n_rows is not None else "on every row that was tried"
            end = "on the whole domain, which is proven" if p.proven else rows
            found.append([f"rounded: {start}", *others, "of the exact rules", end])
        return found

    def bounds(self) -> list[Pieces]:
        """What outputs are kept within, a sentence for each that has bounds."""
        bounds, found = self.presentation.bounds, list[Pieces]()
        if bounds is None:
            return found
        for name, pair in zip(self.presentation.output_names, bounds.pairs, strict=True):
            low, high = ("" if one is None else self._signed(one) for one in pair)
            within = f"between {low} and {high}" if low and high else f"at least {low}" if low else f"at most {high}"
            if low or high:
                found.append([f"{self.spelling.name(name)} is kept {within}"])
        return found

    def _unknown(self, used: Set[str | Letter | None]) -> list[Pieces]:
        """What cells count as that training saw no such value of, in columns that the rules use."""
        columns = [one for one in self.presentation.columns if one.unknown is not None and one.name in used]
        said = [f"{self.spelling.name(column.name)} counts as {self._substitute(column)}" for column in columns]
        return [["where training saw no such value,", *listed(said, "and")]] if said else []

    def _substitute(self, column: Column) -> str:
        """What an unknown cell counts as."""
        assert column.unknown is not None
        if column.kind in ("number", "integer"):
            return self.spelling.signed(column.unknown[0])
        share = max(column.unknown)
        if share not in (0.0, 1.0):
            return "the mean of training"
        return self.phrases.state(column.features[column.unknown.index(share)] if share else None)

    def classes(self, rules: Sequence[PresentedRule]) -> Pieces:
        """How many rows that some rules cover are of each class, without those of which there are none."""
        counts = [rule.class_counts for rule in rules if rule.class_counts is not None]
        if not counts:
            return []
        sums = [(label, sum(rows)) for label, *rows in zip(self.presentation.classes or (), *counts, strict=True)]
        there = [(label, rows) for label, rows in sums if rows] or sums[:1]
        return listed([f"{self.spelling.level(label)}: {rows}" for label, rows in there])

    def _signed(self, value: float) -> str:
        return f"{self.spelling.minus if value < 0 else ''}{self.spelling.number(abs(value))}"

    def _output(self, output: OutputFormula, formula: Formula) -> list[FormulaLine]:
        """The lines of an output: constant, numbers and perhaps letters, adjustments, and bends in place of letters."""
        terms = [term for term in output.base.terms if not term.where]
        terms += [] if self.inline else [Term(weight, letter) for weight, letter in output.bends]
        pieces = self.phrases.total(output.base.constant, terms)
        parts = [FormulaLine("part", "", [self.phrases.adjustment(term)]) for term in output.base.terms if term.where]
        parts += [self._bend(weight, letter.place, formula) for weight, letter in output.bends] if self.inline else []
        return [FormulaLine("output", f"{self.spelling.name(output.name)} =", pieces), *parts]

    def _bend(self, weight: float, place: int, formula: Formula) -> FormulaLine:
        """What a bend adds to an output."""
        first = f"{self.spelling.minus if weight < 0 else '+'} {self.spelling.number(abs(weight))} for each unit"
        pieces = self.phrases.bend(formula.bends[place], place, named=False)
        return FormulaLine("part", "", [first, *pieces], self.letters[place])


def _is_inline(formula: Formula) -> bool:
    """Whether each bend can stand in the output that uses it: there is one, which uses all in their order."""
    places = [letter.place for _, letter in formula.outputs[0].bends]
    return len(formula.outputs) == 1 and places == list(range(len(formula.bends)))


def _names(presentation: Presentation) -> set[str]:
    """All names in a text, which letters must not be taken for."""
    found = {column.name for column in presentation.columns} | set(presentation.output_names)
    found |= {str(level) for column in presentation.columns for level in column.levels}
    return found | {str(label) for label in presentation.classes or ()}


def in_line(pieces: Sequence[str]) -> str:
    """Pieces that need not be broken over lines.

    Args:
        pieces: the pieces.

    Returns:
        Their text.

    Example:
        >>> in_line(["a", "+ b"])
        'a + b'
    """
    return " ".join(pieces)
