"""A presentation: the formula as base and adjustments, and the rules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from prelu_rules.columns.column import Column
from prelu_rules.rules.names import ClassLabel
from prelu_rules.rules.output_bounds import OutputBounds
from prelu_rules.rules.presentation.statements import Bend, Cells, Clause, Letter, State, Sum
from prelu_rules.values import BoolArray, FloatArray


@dataclass(frozen=True)
class OutputFormula:
    """One output: its base, and what each bend adds for each unit of its amount.

    Attributes:
        name: of the output.
        base: constant, numbers, and adjustments where tests pass.
        bends: weight and bend, in order.
    """

    name: str
    base: Sum
    bends: tuple[tuple[float, Letter], ...]


@dataclass(frozen=True)
class Formula:
    """All outputs, and the bends that they use.

    Attributes:
        outputs: at least one.
        bends: each uses earlier ones only; a `Letter` is a place among them.
    """

    outputs: tuple[OutputFormula, ...]
    bends: tuple[Bend, ...]

    def predict(self, columns: tuple[Column, ...], x: FloatArray) -> FloatArray:
        """The outputs of encoded rows, `(n_rows, n_outputs)`."""
        cells = Cells(columns, x, self.bends)
        return np.column_stack(
            [o.base.of(cells) + sum(w * cells.value(letter) for w, letter in o.bends) for o in self.outputs]
        )


@dataclass(frozen=True)
class PresentedOutput:
    """What a rule says of an output.

    Attributes:
        like: the number of an earlier rule that has the same function; then the rest is empty.
        relative: whether the total is added to the base of the formula.
        bends: bends of the formula whose part is added to the base; only where it is relative.
        total: the sum.
    """

    total: Sum
    like: int | None = None
    relative: bool = False
    bends: tuple[Letter, ...] = ()


@dataclass(frozen=True)
class PresentedRule:
    """A rule as it is printed.

    Attributes:
        number: counted from 1; rule `number - 1` of the system.
        clauses: all of them hold; none where the rule is the only one.
        otherwise: whether it is the last of a complete cover, so that its clauses need not be said.
        outputs: one for each output.
        count: rows of training data; None where there were none.
        errors: mean absolute error of each output on them.
        class_counts: of them, how many are of each class.
        decision: the label of the class that a decision rule decides for.
    """

    number: int
    clauses: tuple[Clause, ...]
    otherwise: bool
    outputs: tuple[PresentedOutput, ...]
    count: int | None = None
    errors: tuple[float, ...] | None = None
    class_counts: tuple[int, ...] | None = None
    decision: ClassLabel | None = None

    def covers(self, cells: Cells) -> BoolArray:
        """Where all clauses hold, bool `(n_rows,)`."""
        found = np.ones(cells.n_rows, dtype=bool)
        for clause in self.clauses:
            found &= np.any([alternative.holds(cells) for alternative in clause], axis=0)
        return found


@dataclass(frozen=True)
class TypicalRow:
    """A row of the middle of a class, and how sure the rules are of it.

    Attributes:
        label: the class.
        cells: what its cells hold, by the name of the column; only of columns that the rules use.
        probabilities: of each class.
    """

    label: ClassLabel
    cells: tuple[tuple[str, float | State], ...]
    probabilities: tuple[float, ...]


@dataclass(frozen=True)
class Presentation:
    """All that is printed of rules.

    Attributes:
        columns: of the table.
        output_names: of the outputs.
        formula: None where the rules have no network and do not meet at their bends.
        rules: those that are printed.
        folded: how many more rules there are that cover no row; the formula gives their answers.
        n_rows: rows of training data; None where there were none.
        classes: for a classifier its class labels; the outputs are logits then.
        decisions: for a classifier, rules that name a class; none where they would be longer than the logits.
        typical: for a classifier, a row of the middle of each class.
        within: how far printed numbers are from the rules at most, for each output; None where they are the rules'.
        proven: whether that holds on the whole domain; otherwise it is what was seen on rows.
        bounds: what outputs are kept within; None for nothing. Formula and rules are without them.
    """

    columns: tuple[Column, ...]
    output_names: tuple[str, ...]
    formula: Formula | None
    rules: tuple[PresentedRule, ...]
    folded: int = 0
    n_rows: int | None = None
    classes: tuple[ClassLabel, ...] | None = None
    decisions: tuple[PresentedRule, ...] = ()
    typical: tuple[TypicalRow, ...] = ()
    within: tuple[float, ...] | None = None
    proven: bool = False
    bounds: OutputBounds | None = None
