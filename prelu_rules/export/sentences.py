"""What is said of rules beside the rules themselves, in the words that every target shares.

Sentences and lines are lists of pieces, as in `phrases`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Literal, NamedTuple

from prelu_rules.export.phrases import Phrases, Pieces, joined
from prelu_rules.export.spelling import TEXT, Spelling, letters, rounded_up
from prelu_rules.rules.names import ClassLabel
from prelu_rules.rules.presentation.contents import letters_in_conditions, letters_in_sums, sums_of
from prelu_rules.rules.presentation.presentation import (
    Formula,
    OutputFormula,
    Presentation,
    PresentedOutput,
    PresentedRule,
)

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
        n_bends = 0 if presentation.formula is None else len(presentation.formula.bends)
        self.letters = tuple(islice(letters(_names(presentation)), n_bends))
        self.conditional = letters_in_conditions(presentation)
        self.lettered = self.conditional | letters_in_sums(presentation)
        self.phrases = Phrases(self.letters, self.conditional, spelling)

    def formula(self) -> list[FormulaLine]:
        """The formula: each bend in a line of the output or, if there are several outputs, below them."""
        formula = self.presentation.formula
        if formula is None:
            return []
        inline = self._inline(formula)
        lines = [line for output in formula.outputs for line in self._output(output, formula, inline)]
        if not inline:
            for place, bend in enumerate(formula.bends):
                start = f"{'' if place else 'with '}{self.letters[place]} ="
                lines.append(FormulaLine("bend", start, [*self.phrases.bend(bend, place, named=True), "(otherwise 0)"]))
        return lines

    def explanations(self) -> list[str]:
        """What `base` and letters mean, where rules use them."""
        formula = self.presentation.formula
        if formula is None:
            return []
        lines: list[str] = []
        outputs = [output for rule in self.presentation.rules for output in rule.outputs if output.relative]
        single = len(formula.outputs) == 1
        if outputs and not self.letters:
            lines.append("base: the formula of an output")
        elif outputs and single:
            lines.append('base: the formula without its lines "for each unit"')
        elif outputs:
            lines.append(f"base: the formula of an output without {joined(self.letters, 'or')}")
        added = next((letter for output in outputs for letter in output.bends), None)
        if added is not None:
            name = self.phrases.letter(added)
            part = f"line {name}" if single else f"the part of {name} in it"
            lines.append(f"base with {name}: the base and {part}")
        if self.conditional:
            name = self.letters[min(self.conditional)]
            lines.append(f"as a condition, {name} means that {name} applies, and not {name} that it does not")
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
        first, rows = max((rule.number for rule in p.rules), default=0) + 1, f"none of the {p.n_rows or 0} rows"
        if p.folded == 1:
            return f"1 more rule ({first}) covers {rows}; the formula gives its answers."
        numbers = f"{first} to {first + p.folded - 1}"
        return f"{p.folded} more rules ({numbers}) cover {rows}; the formula gives their answers."

    def class_of_logits(self) -> Pieces:
        """Which class a classifier decides for, where that is not said by decisions; empty otherwise."""
        p = self.presentation
        if p.classes is None or p.decisions or any(rule.decision is not None for rule in p.rules):
            return []
        if len(p.output_names) > 1:
            return ["class = the one with the largest logit"]
        no, yes = map(self.label, p.classes)
        return [f"class = {yes} where the logit is above 0, otherwise", no]

    def decisions(self) -> list[tuple[ClassLabel | None, list[PresentedRule]]]:
        """The rules that decide for each class, the class that is left last."""
        groups: dict[tuple[type, ClassLabel | None], list[PresentedRule]] = {}
        for rule in self.presentation.decisions:
            groups.setdefault((type(rule.decision), rule.decision), []).append(rule)
        ordered = sorted(groups.items(), key=lambda item: any(rule.otherwise for rule in item[1]))
        return [(label, group) for (_, label), group in ordered]

    def logits(self) -> Pieces:
        """What the outputs of a classifier are; empty where they are numbers."""
        classes = self.presentation.classes
        if classes is None:
            return []
        if len(self.presentation.output_names) == 1:
            no, yes = map(self.label, classes)
            return [f"The logit of {yes},", f"above 0 where {yes}", f"is likelier than {no}:"]
        names = [f"{self.label(label)}," for label in classes]
        names[-2] = names[-2][:-1]
        names[-1] = f"and {names[-1]}"
        return ["The logits of", *names, "of which the largest", "says which class is likeliest:"]

    def notes(self) -> list[Pieces]:
        """What is true of all of it: missing numbers, and how far printed numbers are from the rules."""
        p, found = self.presentation, []
        used = {term.of for total in sums_of(p) for term in total.terms}
        zero = [self.spelling.name(c.name) for c in p.columns if c.missing and c.name in used]
        if zero:
            verb, pronoun = ("counts", "it is") if len(zero) == 1 else ("count", "they are")
            names = [f"{name}," for name in zero[:-2]] + ([f"{zero[-2]} and"] if len(zero) > 1 else []) + zero[-1:]
            found.append([*names[:-1], f"{names[-1]} {verb} as 0 where {pronoun} missing"])
        if p.within is not None:
            parts = [
                f"{self.spelling.name(name)} {'' if k else 'is '}within {self.spelling.number(rounded_up(error))},"
                for k, (name, error) in enumerate(zip(p.output_names, p.within, strict=True))
            ]
            parts[-1] = parts[-1][:-1] + " of the exact rules"
            rows = "on every training row" if p.n_rows is not None else "on every row that was tried"
            end = "on the whole domain, which is proven" if p.proven else rows
            found.append([f"rounded: {parts[0]}", *parts[1:], end])
        return found

    def listed_classes(self, rules: Sequence[PresentedRule]) -> Pieces:
        """How many rows that some rules cover are of each class, without those of which there are none."""
        counts = [rule.class_counts for rule in rules if rule.class_counts is not None]
        if not counts:
            return []
        sums = [(label, sum(n)) for label, *n in zip(self.presentation.classes or (), *counts, strict=True)]
        listed = [f"{self.label(label)}: {n}," for label, n in sums if n] or [f"{self.label(sums[0][0])}: 0,"]
        return [*listed[:-1], listed[-1][:-1]]

    def label(self, label: ClassLabel | None) -> str:
        """A class label; yes and no need no quotes."""
        if label is None:
            return "none"
        plain = isinstance(label, str) and label in ("yes", "no")
        return str(label) if plain else self.spelling.level(label)

    def _output(self, output: OutputFormula, formula: Formula, inline: bool) -> list[FormulaLine]:
        """The lines of an output: its constant and numbers, adjustments, and bends or their letters."""
        pieces = self.phrases.total(output.base.constant, [term for term in output.base.terms if not term.where])
        parts = [FormulaLine("part", "", [self.phrases.adjustment(term)]) for term in output.base.terms if term.where]
        if inline:
            parts += [self._bend(weight, letter.place, formula) for weight, letter in output.bends]
        else:
            pieces = self.phrases.with_letters(pieces, output.bends)
        return [FormulaLine("output", f"{self.spelling.name(output.name)} =", pieces), *parts]

    def _bend(self, weight: float, place: int, formula: Formula) -> FormulaLine:
        """What a bend adds to an output."""
        first = f"{self.spelling.minus if weight < 0 else '+'} {self.spelling.number(abs(weight))} for each unit"
        letter = self.letters[place] if place in self.lettered else ""
        return FormulaLine("part", "", [first, *self.phrases.bend(formula.bends[place], place, named=False)], letter)

    def _inline(self, formula: Formula) -> bool:
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
