"""Rules as HTML, a part of a page: what a notebook shows.

The formula as base and adjustments, then a table of rules; of a classifier decisions and typical rows come first. The
words are those of the text for people.
"""

from __future__ import annotations

from collections.abc import Sequence

from prelu_rules.export.sentences import AS_FORMULA, Sentences, in_line
from prelu_rules.export.spelling import Spelling, percent, spelled, spelled_level, spelled_number
from prelu_rules.markup import Html, html, joined, name, page, table, tag
from prelu_rules.rules.presentation.presentation import Presentation, PresentedOutput, PresentedRule
from prelu_rules.rules.presentation.statements import State
from prelu_rules.rules.rule_system import RuleSystem

SPELLING = Spelling(
    name=lambda text: name(spelled(text)),
    level=lambda level: name(spelled_level(level)),
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
    raise NotImplementedError


def write_presentation(presentation: Presentation) -> str:
    """A presentation as a part of an HTML page.

    Args:
        presentation: what is to be shown.

    Returns:
        A `<div>`.
    """
    return _Writer(presentation).page()


class _Writer:
    """All parts of a page, from top to bottom."""

    def __init__(self, presentation: Presentation) -> None:
        self.presentation = presentation
        self.sentences = Sentences(presentation, SPELLING)

    def page(self) -> Html:
        """The page."""
        parts = [
            *self._classes(),
            *self._formula(),
            *(_aside(line) for line in self.sentences.explanations()),
            *self._rules(),
            *(tag("p", line, style="line") for line in [self.sentences.folded()] if line),
            *(_aside(_line(note)) for note in self.sentences.notes()),
        ]
        return page(*parts)

    def _formula(self) -> list[Html]:
        """A line for each part of the formula, with its letter behind it."""
        found: list[Html] = []
        for line in self.sentences.formula():
            text = _line([line.start, *line.pieces] if line.start else line.pieces)
            letter = [" ", tag("b", f"({line.letter})", style="letter")] if line.letter else []
            found.append(tag("div", text, *letter, style="formula" if line.start else "part"))
        return found

    def _rules(self) -> list[Html]:
        """The table of rules; of a rule that is the formula nothing is repeated."""
        p = self.presentation
        if not p.rules:
            return []
        decided = any(rule.decision is not None for rule in p.rules)
        same = self.sentences.says_formula(p.rules[0])
        header = ["rule", "if", *(["class"] if decided else []), *map(name, p.output_names), *self._evidence_header()]
        rows = [
            [
                rule.number,
                self._conditions(rule),
                *([Html(self.sentences.label(rule.decision))] if decided else []),
                *([AS_FORMULA] * len(rule.outputs) if same else map(self._output, rule.outputs)),
                *self._evidence([rule]),
            ]
            for rule in p.rules
        ]
        first = 2 + decided + len(p.output_names)
        numbers = [0, *range(first, first + len(self._evidence_header()) - (self._has_classes()))]
        wide = [1, *range(2 + decided, first)]
        heading = [_heading("The same, as rules:")] if p.formula is not None and not same else []
        return [*heading, table(header, rows, numbers=numbers, wide=wide, called="rules")]

    def _conditions(self, rule: PresentedRule) -> Html:
        return Html("otherwise") if rule.otherwise else _line(self.sentences.phrases.conditions(rule.clauses))

    def _output(self, output: PresentedOutput) -> Html:
        if output.like is not None:
            return html(f"as in rule {output.like}")
        return _line(self.sentences.phrases.output(output.total, output.relative, output.bends))

    def _evidence_header(self) -> list[Html]:
        """What there is to know of the rows of rules."""
        p = self.presentation
        names = ["rows"] if self._has_counts() else []
        names += ["share"] if self._has_counts() and p.n_rows is not None else []
        found = list(map(html, names))
        if self._has_errors():
            several = len(p.output_names) > 1
            found += [joined(["mean error of ", name(n)]) if several else html("mean error") for n in p.output_names]
        return [*found, html("classes")] if self._has_classes() else found

    def _evidence(self, rules: Sequence[PresentedRule]) -> list[Html]:
        """What there is to know of the rows of some rules together."""
        p = self.presentation
        count = sum(rule.count or 0 for rule in rules)
        found = [html(count)] if self._has_counts() else []
        if self._has_counts() and p.n_rows is not None:
            found.append(html(percent(count / p.n_rows if p.n_rows else 0.0)))
        if self._has_errors():
            errors = rules[0].errors if len(rules) == 1 else None
            found += [html(spelled_number(float(f"{e:.2g}"))) for e in errors or ()] or [html("")] * len(p.output_names)
        if self._has_classes():
            counts = [rule.class_counts for rule in rules if rule.class_counts is not None]
            sums = [(label, sum(n)) for label, *n in zip(p.classes or (), *counts, strict=True)]
            found.append(Html(", ".join(f"{self.sentences.label(label)}:&nbsp;{n}" for label, n in sums if n)))
        return found

    def _has_counts(self) -> bool:
        return any(rule.count is not None for rule in (*self.presentation.rules, *self.presentation.decisions))

    def _has_errors(self) -> bool:
        return any(rule.errors is not None for rule in self.presentation.rules)

    def _has_classes(self) -> bool:
        return any(rule.class_counts is not None for rule in (*self.presentation.rules, *self.presentation.decisions))

    def _classes(self) -> list[Html]:
        """Of a classifier what it decides for, how sure it is of typical rows, and what its logits are."""
        found = [tag("p", Html(line), style="line") for line in [self.sentences.class_of_logits()] if line]
        found += [*self._decisions(), *self._typical()]
        logits = self.sentences.logits()
        return [*found, _heading(_line(logits))] if logits else found

    def _decisions(self) -> list[Html]:
        """Which class is decided for where."""
        groups = self.sentences.decisions()
        if not groups:
            return []
        evidence = self._evidence_header()
        rows: list[list[object]] = []
        for label, group in groups:
            last = any(rule.otherwise for rule in group)
            for rules in [group] if last else [[rule] for rule in group]:
                where = Html("otherwise") if last else self._conditions(rules[0])
                rows.append([Html(self.sentences.label(label)), where, *self._evidence(rules)])
        numbers = range(2, 2 + len(evidence) - self._has_classes())
        return [table(["class", "where", *evidence], rows, numbers=numbers, wide=[1], called="decisions")]

    def _typical(self) -> list[Html]:
        """How sure the rules are of a row of the middle of each class."""
        p = self.presentation
        if not p.typical:
            return []
        columns = [column for column, _ in p.typical[0].cells]
        probabilities = [joined(["probability of ", Html(self.sentences.label(label))]) for label in p.classes or ()]
        header = ["a typical row of class", *map(name, columns), *probabilities]
        rows = [
            [
                Html(self.sentences.label(row.label)),
                *(self._cell(value) for _, value in row.cells),
                *map(percent, row.probabilities),
            ]
            for row in p.typical
        ]
        return [table(header, rows, numbers=range(1, len(header)), called="classes")]

    def _cell(self, value: float | State) -> Html:
        """What a cell of a typical row holds."""
        if isinstance(value, float | int):
            return Html(SPELLING.signed(value))
        return Html(self.sentences.phrases.state(value))


def _heading(text: object) -> Html:
    return tag("p", text, style="heading")


def _aside(text: str) -> Html:
    return tag("p", Html(f"({text})"), style="aside")


def _line(pieces: Sequence[str]) -> Html:
    """Pieces in one line, in which no sign is parted from its term."""
    signs = ("+ ", f"{SPELLING.minus} ")
    return Html(in_line([f"{p[0]}&nbsp;{p[2:]}" if p.startswith(signs) else p for p in pieces]))
