"""The tables of a presentation, whose cells are in the words and spelling of a target."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from prelu_rules.export.phrases import Pieces
from prelu_rules.export.sentences import AS_FORMULA, Sentences, in_line
from prelu_rules.export.spelling import percent
from prelu_rules.rules.presentation.presentation import PresentedOutput, PresentedRule
from prelu_rules.rules.presentation.statements import State


@dataclass(frozen=True)
class Grid:
    """A table.

    Attributes:
        header: a cell for each column.
        rows: as many cells each.
        numbers: places of the columns of numbers.
        long: places of the columns of long text.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...]
    long: tuple[int, ...] = ()


class Grids:
    """The tables of what is said of a presentation.

    Args:
        sentences: what is said.
        name: how a name is written that stands alone.
        line: how pieces are written in one line.
    """

    def __init__(
        self, sentences: Sentences, name: Callable[[str], str], line: Callable[[Pieces], str] = in_line
    ) -> None:
        self.sentences, self.presentation = sentences, sentences.presentation
        self.name, self.line = name, line
        everything = (*self.presentation.rules, *self.presentation.decisions)
        self.has_counts = any(rule.count is not None for rule in everything)
        self.has_shares = self.has_counts and self.presentation.n_rows is not None
        self.has_errors = any(rule.errors is not None for rule in everything)
        self.has_classes = any(rule.class_counts is not None for rule in everything)

    def rules(self) -> Grid | None:
        """The rules: conditions, outputs, and what there is to know of their rows."""
        p = self.presentation
        if not p.rules:
            return None
        decided = any(rule.decision is not None for rule in p.rules)
        evidence, first = self._evidence_header(), 2 + decided + len(p.output_names)
        header = ["rule", "if", *(["class"] if decided else []), *map(self.name, p.output_names), *evidence]
        return Grid(
            tuple(header),
            tuple(self._rule(rule, decided) for rule in p.rules),
            (0, *range(first, first + len(evidence) - self.has_classes)),
            (1, *range(2 + decided, first)),
        )

    def decisions(self) -> Grid | None:
        """Which class is decided for where; the class that is left last."""
        groups = self.sentences.decisions()
        if not groups:
            return None
        evidence = self._evidence_header()
        rows: list[tuple[str, ...]] = []
        for label, group in groups:
            last = any(rule.otherwise for rule in group)
            for rules in [group] if last else [[rule] for rule in group]:
                where = "otherwise" if last else self._conditions(rules[0])
                rows.append((self.sentences.label(label), where, *self._evidence(rules)))
        numbers = tuple(range(2, 2 + len(evidence) - self.has_classes))
        return Grid(("class", "where", *evidence), tuple(rows), numbers, (1,))

    def typical(self) -> Grid | None:
        """How sure the rules are of a row of the middle of each class."""
        p = self.presentation
        if not p.typical:
            return None
        columns = [self.name(column) for column, _ in p.typical[0].cells]
        probabilities = [f"probability of {self.sentences.label(label)}" for label in p.classes or ()]
        rows = tuple(
            (
                self.sentences.label(row.label),
                *(self._cell(value) for _, value in row.cells),
                *map(percent, row.probabilities),
            )
            for row in p.typical
        )
        header = ("a typical row of class", *columns, *probabilities)
        return Grid(header, rows, tuple(range(1, len(header))))

    def _rule(self, rule: PresentedRule, decided: bool) -> tuple[str, ...]:
        outputs = (
            [AS_FORMULA] * len(rule.outputs) if self.sentences.says_formula(rule) else map(self._output, rule.outputs)
        )
        label = [self.sentences.label(rule.decision)] if decided else []
        return (str(rule.number), self._conditions(rule), *label, *outputs, *self._evidence([rule]))

    def _conditions(self, rule: PresentedRule) -> str:
        return "otherwise" if rule.otherwise else self.line(self.sentences.phrases.conditions(rule.clauses))

    def _output(self, output: PresentedOutput) -> str:
        if output.like is not None:
            return f"as in rule {output.like}"
        return self.line(self.sentences.phrases.output(output.total, output.relative, output.bends))

    def _evidence_header(self) -> list[str]:
        """What there is to know of the rows of rules."""
        names = self.presentation.output_names
        found = ["rows"] * self.has_counts + ["share"] * self.has_shares
        if self.has_errors:
            found += ["mean error" if len(names) == 1 else f"mean error of {self.name(name)}" for name in names]
        return found + ["classes"] * self.has_classes

    def _evidence(self, rules: Sequence[PresentedRule]) -> list[str]:
        """What there is to know of the rows of some rules together."""
        p, spelling = self.presentation, self.sentences.spelling
        count = sum(rule.count or 0 for rule in rules)
        found = [str(count)] * self.has_counts
        if self.has_shares:
            found.append(percent(count / p.n_rows if p.n_rows else 0.0))
        if self.has_errors:
            errors = rules[0].errors if len(rules) == 1 else None
            found += (
                [""] * len(p.output_names) if errors is None else [spelling.number(float(f"{e:.2g}")) for e in errors]
            )
        if self.has_classes:
            found.append(self.line(self.sentences.listed_classes(rules)))
        return found

    def _cell(self, value: float | State) -> str:
        """What a cell of a typical row holds."""
        if isinstance(value, float | int):
            return self.sentences.spelling.signed(value)
        return self.sentences.phrases.state(value)
