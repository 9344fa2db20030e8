"""Reads the statements of the text for people: formula, rules and decisions, with the facts about them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple, TypeVar

from prelu_rules.columns.column import Column, check_names
from prelu_rules.errors import FormatError, InvalidValueError
from prelu_rules.export.fact_reader import Evidence, FactReader, Shares
from prelu_rules.export.named_columns import Mentions
from prelu_rules.export.tokens import Tokens
from prelu_rules.rules.names import ClassLabel
from prelu_rules.rules.output_bounds import OutputBounds
from prelu_rules.rules.presentation.presentation import (
    Formula,
    OutputFormula,
    Presentation,
    PresentedOutput,
    PresentedRule,
    TypicalRow,
)
from prelu_rules.rules.presentation.statements import Bend, Clause, Letter, Sum

Number = TypeVar("Number", int, float)


class _Read(NamedTuple):
    """A rule without what the rest of the text says of it, and that; without names it is as the formula says."""

    rule: PresentedRule
    evidence: Evidence
    names: tuple[str, ...] | None


class StatementReader(FactReader):
    """A parser of statements, which collects what they say.

    Args:
        tokens: the whole text.
        mentions: the columns, or where what is said of them is noted.
        letters: the places of bends, by name; empty in the first reading.
    """

    def __init__(self, tokens: Tokens, mentions: Mentions, letters: dict[str, int]) -> None:
        super().__init__(tokens, mentions, letters)
        self.listed: tuple[Column, ...] | None = None
        self.bend_names: list[str | None] = []
        self._bends: list[Bend] = []
        self._outputs: list[OutputFormula] = []
        self._rules: list[_Read] = []
        self._decisions: list[_Read] = []
        self._typical: list[tuple[TypicalRow, Shares]] = []
        self._classes: tuple[ClassLabel, ...] | None = None
        self._folded = 0
        self._rounded: tuple[dict[str, float], bool] | None = None
        self._bounds: dict[str, tuple[float | None, float | None]] = {}

    def read(self) -> None:
        """Read everything.

        Raises:
            FormatError: if a statement is not in the format.
        """
        tokens = self.tokens
        while tokens.peek().kind != "end":
            if tokens.sees("("):
                self._note()
            elif tokens.takes("class", "="):
                self._decision()
            elif tokens.takes("a", "typical", "row", "of", "class"):
                self._typical.append(self.typical_row())
            elif tokens.sees("the", "logit") or tokens.sees("the", "logits"):
                self._classes = self.classes()
            elif tokens.takes("the", "same", ",", "as", "rules", ":"):
                continue
            elif tokens.takes("columns", ":"):
                self.listed = self.columns()
            elif tokens.peek().kind == "number":
                self._rule_or_folded()
            elif self._rules:
                tokens.fail("another rule, or an output of this one such as y = 1 + 2*x")
            else:
                self._formula()

    def presentation(self, columns: tuple[Column, ...]) -> Presentation:
        """What was read.

        Args:
            columns: the columns.

        Returns:
            The presentation.

        Raises:
            FormatError: if statements contradict each other.
        """
        names = self._output_names()
        self._check_bends()
        n_rows = {read.evidence.n_rows for read in (*self._rules, *self._decisions)} - {None}
        if len(n_rows) > 1:
            raise FormatError(f"the rules are of {_listed(n_rows)} rows; give one number.")
        for number, read in enumerate(self._rules):
            earlier = {before.rule.number for before in self._rules[:number]}
            if any(output.like is not None and output.like not in earlier for output in read.rule.outputs):
                raise FormatError(f"rule {read.rule.number} is as a rule that does not come before it.")
        within, proven = (None, False) if self._rounded is None else self._rounded
        if within is not None and tuple(within) != names:
            raise FormatError(f"the note on rounding is of {_listed(within)}, but the outputs are {_listed(names)}.")
        return Presentation(
            columns,
            names,
            Formula(tuple(self._outputs), tuple(self._bends)) if self._outputs else None,
            tuple(self._completed(read, names) for read in self._rules),
            self._folded,
            next(iter(n_rows), None),
            self._classes,
            tuple(self._completed(read, ()) for read in self._decisions),
            tuple(replace(row, probabilities=self._by_class(shares, 0.0)) for row, shares in self._typical),
            None if within is None else tuple(within.values()),
            proven,
            self._output_bounds(names),
        )

    def _note(self) -> None:
        """What stands in parentheses between statements."""
        line, bounds = self.tokens.peek().line, self.bounds()
        if bounds is None:
            self._rounded = self.note() or self._rounded
            return
        name, lower, upper = bounds
        if name in self._bounds:
            raise FormatError(f"line {line}: {name[:80]!r} has bounds already; remove one of the two.")
        self._bounds[name] = lower, upper

    def _output_bounds(self, names: tuple[str, ...]) -> OutputBounds | None:
        """The bounds of all outputs."""
        if not self._bounds:
            return None
        if not set(self._bounds) <= set(names):
            raise FormatError(f"there are bounds of {_listed(self._bounds)}, but the outputs are {_listed(names)}.")
        pairs = [self._bounds.get(name, (None, None)) for name in names]
        try:
            return OutputBounds([low for low, _ in pairs], [high for _, high in pairs])
        except InvalidValueError as error:
            raise FormatError(str(error)[:300]) from None

    def _formula(self) -> None:
        """`y = 1 + 2*x`, or `with A = how far x is above 3 (otherwise 0)`."""
        tokens = self.tokens
        named = tokens.takes("with")
        name = self.name()
        tokens.need("=")
        if named or tokens.sees("how", "far") or tokens.sees("the", "value"):
            self._bends.append(self.bend(named=True))
            self.bend_names.append(name)
            tokens.takes("(", "otherwise", "0", ")")
            return
        total, bends = self.formula()
        weighted = [(t.weight, t.of) for t in total.terms if isinstance(t.of, Letter) and not t.where]
        for weight, bend, letter in bends:
            weighted.append((weight, Letter(len(self._bends))))
            self._bends.append(bend)
            self.bend_names.append(letter)
        base = Sum(total.constant, tuple(t for t in total.terms if t.where or not isinstance(t.of, Letter)))
        self._outputs.append(OutputFormula(name, base, tuple(weighted)))

    def _rule_or_folded(self) -> None:
        """`1. If ...`, or `7 more rules ...`."""
        tokens = self.tokens
        number = tokens.whole()
        if tokens.takes("more"):
            self._folded = number
            tokens.need_one("rule", "rules")
            while tokens.peek().kind != "end" and not tokens.takes("."):
                tokens.next()
            return
        tokens.need(".")
        clauses: tuple[Clause, ...] = ()
        otherwise, as_formula = tokens.takes("otherwise"), False
        if tokens.takes("if"):
            clauses = self.conditions()
        elif not otherwise:
            tokens.need("always")
            as_formula = tokens.takes("as", "the", "formula", "says")
        evidence = self.evidence()
        decision = self.level() if tokens.takes("class", "=") else None
        outputs = {} if as_formula else self._rule_outputs()
        rule = PresentedRule(number, clauses, otherwise, tuple(outputs.values()), decision=decision)
        self._rules.append(_Read(rule, evidence, None if as_formula else tuple(outputs)))

    def _rule_outputs(self) -> dict[str, PresentedOutput]:
        """What a rule says of outputs, by name."""
        tokens, found = self.tokens, dict[str, PresentedOutput]()
        while tokens.at_name() and (tokens.sees("=", ahead=1) or tokens.sees("as", ahead=1)):
            line, name = tokens.peek().line, self.name()
            if name in found:
                raise FormatError(f"line {line}: the rule gives {name[:80]!r} already; remove one of the two.")
            found[name] = self._output()
        if not found:
            tokens.fail("an output, such as y = 1 + 2*x")
        return found

    def _output(self) -> PresentedOutput:
        """What a rule says of an output, behind its name."""
        tokens = self.tokens
        if tokens.takes("as", "in", "rule"):
            return PresentedOutput(Sum(0.0, ()), like=tokens.whole())
        tokens.need("=")
        if not tokens.takes("base"):
            return PresentedOutput(self.sum())
        bends: list[Letter] = []
        if tokens.takes("with"):
            bends.append(self.letter())
            while (tokens.sees(",") and tokens.at_name(ahead=1) and tokens.takes(",")) or tokens.takes("and"):
                bends.append(self.letter())
        more = tokens.sees("+") or tokens.sees("-") or tokens.takes(",")
        return PresentedOutput(self.sum() if more else Sum(0.0, ()), relative=True, bends=tuple(bends))

    def _decision(self) -> None:
        """`class = yes where ..., or where ...`, behind the sign."""
        tokens = self.tokens
        if tokens.takes("the", "one", "with", "the", "largest", "logit"):
            return
        label = self.level()
        if tokens.takes("where", "the", "logit", "is", "above", "0", ",", "otherwise"):
            self.level()
            return
        first = True
        while first or tokens.takes(",", "or") or tokens.takes("or"):
            first = False
            clauses: tuple[Clause, ...] = ()
            otherwise = tokens.takes("otherwise")
            if not otherwise:
                if not tokens.sees("always"):
                    tokens.need("where")
                clauses = self.conditions()
            evidence = self.evidence()
            rule = PresentedRule(len(self._decisions) + 1, clauses, otherwise, (), decision=label)
            self._decisions.append(_Read(rule, evidence, ()))

    def _output_names(self) -> tuple[str, ...]:
        """The outputs, which are those of the formula, or of the first rule."""
        names = tuple(output.name for output in self._outputs)
        names = names or next((read.names for read in self._rules if read.names), ())
        if not names:
            raise FormatError("the text has neither a formula nor a rule; write one, such as y = 1 + 2*x.")
        try:
            check_names("output", names)
        except InvalidValueError as error:
            raise FormatError(str(error)[:300]) from None
        return names

    def _check_bends(self) -> None:
        """Refuse bends that use themselves or later ones, and rules that need a formula where there is none."""
        for place, bend in enumerate(self._bends):
            for case in bend.cases:
                used = [letter for letter, _ in case.bends]
                used += [term.of for term in case.total.terms if isinstance(term.of, Letter)]
                if any(letter.place >= place for letter in used):
                    name = self.bend_names[place] or str(place + 1)
                    raise FormatError(f"the bend {name[:80]} uses itself or a later one; sort them.")
        for rule, _, names in self._rules:
            if not self._outputs and (names is None or any(output.relative for output in rule.outputs)):
                raise FormatError(f"rule {rule.number} refers to the formula, but there is none; write its sums out.")

    def _completed(self, read: _Read, names: tuple[str, ...]) -> PresentedRule:
        """A rule with what the rest of the text says of outputs and classes."""
        rule, evidence = read.rule, read.evidence
        if read.names is None:
            rule = replace(rule, outputs=tuple(PresentedOutput(output.base) for output in self._outputs))
        elif read.names != names:
            raise FormatError(f"rule {rule.number} gives {_listed(read.names)}, but the outputs are {_listed(names)}.")
        if evidence.errors is not None and len(evidence.errors) != len(names):
            raise FormatError(f"rule {rule.number} has {len(evidence.errors)} errors for {len(names)} outputs.")
        counts = evidence.class_counts
        by_class = None if counts is None or self._classes is None else self._by_class(counts, 0)
        return replace(rule, count=evidence.count, errors=evidence.errors, class_counts=by_class)

    def _by_class(self, pairs: Iterable[tuple[ClassLabel, Number]], none: Number) -> tuple[Number, ...]:
        """Numbers of labels, in the order of the classes."""
        classes = [(type(label), label) for label in self._classes or ()]
        found = dict.fromkeys(classes, none)
        for label, number in pairs:
            if (type(label), label) not in found:
                raise FormatError(f"{str(label)[:80]!r} is not a class; the heading of the logits names the classes.")
            found[type(label), label] = number
        return tuple(found.values())


def _listed(names: object) -> str:
    return ", ".join(map(str, names))[:80]  # type: ignore[call-overload]
