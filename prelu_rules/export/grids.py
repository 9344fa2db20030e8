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

    def rules(self) -> Grid | None:
        """The rules: conditions, outputs, and what there is to know of their rows."""
        p = self.presentation
        if not p.rules:
            return None
        decided = any(rule.decision is not None for rule in p.rules)
        header = ("rule", "if", *(["class"] if decided else []), *map(self.name, p.output_names))
        rows = [self._rule(rule, decided) for rule in p.rules]
        long = (1, *range(2 + decided, len(header)))
        return self._with_evidence(Grid(header, tuple(rows), (0,), long), [[rule] for rule in p.rules])

    def decisions(self) -> Grid | None:
        """Which class is decided for where; the class that is left last."""
        groups = self.sentences.decisions()
        if not groups:
            return None
        rows: list[tuple[str, ...]] = []
        together: list[list[PresentedRule]] = []
        for label, group in groups:
            last = any(rule.otherwise for rule in group)
            for rules in [group] if last else [[rule] for rule in group]:
                rows.append((self.sentences.spelling.level(label), "otherwise" if last else self._conditions(rules[0])))
                together.append(rules)
        return self._with_evidence(Grid(("class", "where"), tuple(rows), (), (1,)), together)

    def typical(self) -> Grid | None:
        """How sure the rules are of a row of the middle of each class."""
        p = self.presentation
        if not p.typical:
            return None
        columns = [self.name(column) for column, _ in p.typical[0].cells]
        probabilities = [f"probability of {self.sentences.spelling.level(label)}" for label in p.classes or ()]
        rows = tuple(
            (
                self.sentences.spelling.level(row.label),
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
        label = "" if rule.decision is None else self.sentences.spelling.level(rule.decision)
        return (str(rule.number), self._conditions(rule), *([label] if decided else []), *outputs)

    def _conditions(self, rule: PresentedRule) -> str:
        return "otherwise" if rule.otherwise else self.line(self.sentences.phrases.conditions(rule.clauses))

    def _output(self, output: PresentedOutput) -> str:
        if output.like is not None:
            return f"as in rule {output.like}"
        return self.line(self.sentences.phrases.output(output.total, output.relative, output.bends))

    def _with_evidence(self, grid: Grid, together: Sequence[Sequence[PresentedRule]]) -> Grid:
        """A table with what is known of the rows that the rules of each line cover together."""
        p, number = self.presentation, self.sentences.spelling.number
        rules = [rule for some in together for rule in some]
        columns: list[tuple[str, list[str]]] = []
        if any(rule.count is not None for rule in rules):
            counts = [sum(rule.count or 0 for rule in some) for some in together]
            columns.append(("rows", list(map(str, counts))))
            if p.n_rows:
                columns.append(("share", [percent(count / p.n_rows) for count in counts]))
        if any(rule.errors is not None for rule in rules):
            for place, name in enumerate(p.output_names):
                title = "mean error" if len(p.output_names) == 1 else f"mean error of {self.name(name)}"
                errors = [some[0].errors if len(some) == 1 else None for some in together]
                columns.append((title, ["" if e is None else number(float(f"{e[place]:.2g}")) for e in errors]))
        width = len(grid.header)
        numbers, long = (*grid.numbers, *range(width, width + len(columns))), grid.long
        if any(rule.class_counts is not None for rule in rules):
            long = (*long, width + len(columns))
            columns.append(("classes", [self.line(self.sentences.classes(some)) for some in together]))
        rows = zip(grid.rows, *(cells for _, cells in columns), strict=True)
        header = (*grid.header, *(title for title, _ in columns))
        return Grid(header, tuple((*row, *cells) for row, *cells in rows), numbers, long)

    def _cell(self, value: float | State) -> str:
        """What a cell of a typical row holds."""
        if isinstance(value, float | int):
            return self.sentences.spelling.signed(value)
        return self.sentences.phrases.state(value)
