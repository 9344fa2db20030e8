"""Rules as a small program over the raw cells of one row: what every executable target prints.

A program is a list of steps, each of which gives a name to an expression of cells and of earlier steps. There are two
shapes: the *formula* (one step for each bend, then the outputs) and the *list* (one step for each boundary that several
rules share, the number of the first rule that holds, then the outputs of that rule). A language is a table of how it
writes these expressions; see `language`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Literal

import numpy as np

from prelu_rules.columns.column import Column, Feature, Level
from prelu_rules.errors import InvalidValueError
from prelu_rules.network.compact import CompactForm
from prelu_rules.rules.names import ClassLabel
from prelu_rules.rules.on_demand import RulesOnDemand
from prelu_rules.rules.output_bounds import OutputBounds
from prelu_rules.rules.rule import Condition
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.values import Array

NO_BOUNDS = (None, None)
"""The bounds of an output without any."""

Shape = Literal["formula", "list"]
"""Whether the network's formula is computed, or the first rule that holds is looked up."""


@dataclass(frozen=True)
class Cell:
    """The raw cell of a column."""

    column: Column


@dataclass(frozen=True)
class Reference:
    """The value of an earlier step."""

    step: int


@dataclass(frozen=True)
class Number:
    """A number; a whole one where it is an int."""

    value: float | int


@dataclass(frozen=True)
class Label:
    """A class label as it is."""

    value: ClassLabel


@dataclass(frozen=True)
class IsMissing:
    """Whether a cell is missing."""

    cell: Cell


@dataclass(frozen=True)
class IsLevel:
    """Whether a cell is a level of its category, or yes (True) in a column of yes and no; a missing cell is neither."""

    cell: Cell
    level: Level


@dataclass(frozen=True)
class IsKnown:
    """Whether a cell is one that rules can answer: a level of its category, and missing only where it may be."""

    cell: Cell


@dataclass(frozen=True)
class Weighted:
    """A weighted sum, to be added in this order, the constant last; no weight is 0.

    A test in it counts as 1 where it holds and as 0 elsewhere.
    """

    terms: tuple[tuple[float, Expression], ...]
    constant: float


@dataclass(frozen=True)
class Positive:
    """`max(0, value)`."""

    value: Expression


@dataclass(frozen=True)
class AtLeast:
    """`value >= bound`; `value < bound` where it is negated."""

    value: Expression
    bound: Expression
    negated: bool = False


@dataclass(frozen=True)
class IsEqual:
    """`value == bound`."""

    value: Expression
    bound: Expression


@dataclass(frozen=True)
class All:
    """All tests hold; none hold everywhere."""

    tests: tuple[Expression, ...]


@dataclass(frozen=True)
class Choice:
    """The value of the first test that holds; `otherwise` where none does, and nothing (missing) where that is None."""

    branches: tuple[tuple[Expression, Expression], ...]
    otherwise: Expression | None


Test = IsMissing | IsLevel | IsKnown | AtLeast | IsEqual | All
Expression = Cell | Reference | Number | Label | Weighted | Positive | Choice | Test


@dataclass(frozen=True)
class Step:
    """An expression and what it is called.

    Attributes:
        name: what a reader would call it; not yet a name in any language.
        value: of cells and earlier steps.
        is_test: whether it is true or false rather than a number.
    """

    name: str
    value: Expression
    is_test: bool = False


@dataclass(frozen=True)
class Program:
    """Steps, and which of them are the results.

    Attributes:
        columns: whose cells are used or at least known.
        steps: each uses earlier ones only.
        known: a test for each column; a row has an answer where all hold.
        outputs: name and step of each output.
        rule: the step that is the number of the rule, counted from 1; None for the formula.
        decision: the step that is the class; None where numbers are predicted.
        classes: the class labels; None where numbers are predicted.
    """

    columns: tuple[Column, ...]
    steps: tuple[Step, ...]
    known: tuple[IsKnown, ...]
    outputs: tuple[tuple[str, int], ...]
    rule: int | None
    decision: int | None
    classes: tuple[ClassLabel, ...] | None


def program_of(system: RuleSystem | RulesOnDemand, shape: Shape | None = None, bounded: bool = True) -> Program:
    """The program of rules.

    Args:
        system: the rules.
        shape: "formula" computes the network; "list" looks up the first rule that holds, and says which it is; by
            default the list where there are rules.
        bounded: whether outputs are kept within the bounds of the rules; otherwise that is for the caller to do.

    Returns:
        The program. Where no rule holds, which happens off the domain only, the outputs of a list are missing.

    Raises:
        InvalidValueError: if the shape is another word, or if the formula of rules without a network or the list of
            rules on demand is asked for.

    Example:
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-3], C=[[1]], D=[[1]], e=[0], slopes=[0])
        >>> [step.name for step in program_of(extract_rules(form, feature_names=["age"]), "formula").steps]
        ['age', 'bend 1', 'out1']
    """
    if shape not in ("formula", "list", None):
        raise InvalidValueError(f"shape is {shape!r}; it must be 'formula' or 'list'.")
    has_rules = isinstance(system, RuleSystem)
    if shape == "list" and not has_rules:
        raise InvalidValueError("rules on demand have no list of rules; give shape='formula'.")
    if shape == "formula" and system.form is None:
        raise InvalidValueError("these rules came without a network, so they have no formula; give shape='list'.")
    builder = _Builder(system, output_bounds_of(system) if bounded else None)
    if isinstance(system, RuleSystem) and shape != "formula":
        return builder.list_of(system)
    return builder.formula(system)


class _Builder:
    """Steps as they are added."""

    def __init__(self, system: RuleSystem | RulesOnDemand, bounds: OutputBounds | None) -> None:
        self.bounds = bounds
        self.columns = system.columns
        self.steps: list[Step] = []
        self.features = [self._feature(column, feature) for column in system.columns for feature in column.features]

    def add(self, name: str, value: Expression, is_test: bool = False) -> Reference:
        """A further step."""
        self.steps.append(Step(name, value, is_test))
        return Reference(len(self.steps) - 1)

    def _feature(self, column: Column, feature: Feature) -> Reference:
        cell = Cell(column)
        if feature.says == "missing":
            return self.add(feature.name, IsMissing(cell), is_test=True)
        if feature.says in ("level", "yes"):
            level = True if feature.says == "yes" else feature.level
            assert level is not None
            return self.add(feature.name, IsLevel(cell, level), is_test=True)
        value = Choice(((IsMissing(cell), Number(column.fill or 0.0)),), cell) if column.missing else cell
        return self.add(feature.name, value)

    def weighted(self, weights: Array, of: Sequence[Reference], constant: float) -> Weighted:
        """A sum of steps, without those of weight 0."""
        terms = tuple((float(w), step) for w, step in zip(weights, of, strict=True) if w != 0)
        return Weighted(terms, float(constant))

    def formula(self, system: RuleSystem | RulesOnDemand) -> Program:
        """One step for each bend, then the outputs."""
        assert system.form is not None
        form = CompactForm.of(system.form).form
        bends: list[Reference] = []
        for unit in range(form.n_units):
            weights = np.concatenate([form.A[unit], form.B[unit, :unit]])
            total = self.weighted(weights, [*self.features, *bends], form.b[unit])
            bends.append(self.add(f"bend {unit + 1}", Positive(total)))
        totals = [
            self.weighted(np.concatenate([c, d]), [*self.features, *bends], e)
            for c, d, e in zip(form.C, form.D, form.e, strict=True)
        ]
        return self._program(system, totals, None)

    def list_of(self, system: RuleSystem) -> Program:
        """The number of the first rule that holds, then its outputs."""
        sums = self._boundaries([condition for rule in system.rules for condition in rule.conditions])
        tests = [
            All(tuple(AtLeast(sums[_key(c)], Number(0.0), negated=not c.nonnegative) for c in rule.conditions))
            for rule in system.rules
        ]
        numbers = tuple((test, Number(k)) for k, test in enumerate(tests, start=1))
        if not system.rules[-1].conditions:
            chosen: Expression = Choice(numbers[:-1], numbers[-1][1]) if len(numbers) > 1 else numbers[0][1]
        else:
            chosen = Choice(numbers, None)
        found = self.add("rule", chosen)
        totals: list[Expression] = []
        for k in range(len(system.output_names)):
            affine = [(rule.outputs.coef[k], rule.outputs.intercept[k]) for rule in system.rules]
            values = [self.weighted(coef, self.features, intercept) for coef, intercept in affine]
            totals.append(self._by_rule(found, values))
        return self._program(system, totals, found)

    def _boundaries(self, conditions: Sequence[Condition]) -> dict[bytes, Expression]:
        """The sum of each boundary by its key; one of several terms that is needed again is a step."""
        uses, numbers = Counter(map(_key, conditions)), count(1)
        sums: dict[bytes, Expression] = {}
        for condition in conditions:
            key = _key(condition)
            if key not in sums:
                total = self.weighted(condition.coef, self.features, condition.intercept)
                is_shared = uses[key] > 1 and len(total.terms) > 1
                sums[key] = self.add(f"boundary {next(numbers)}", total) if is_shared else total
        return sums

    def _by_rule(self, rule: Reference, values: Sequence[Expression]) -> Expression:
        """The value of the rule that was found."""
        if len(values) == 1 and not isinstance(self.steps[rule.step].value, Choice):
            return values[0]
        numbered = enumerate(values, start=1)
        return Choice(tuple((IsEqual(rule, Number(number)), value) for number, value in numbered), None)

    def _outputs(self, names: Sequence[str], totals: Sequence[Expression], rule: Reference | None) -> list[Reference]:
        """A step for each output, after another one where it has bounds."""
        pairs = [NO_BOUNDS] * len(names) if self.bounds is None else self.bounds.pairs
        found = []
        for name, total, pair in zip(names, totals, pairs, strict=True):
            value = self.add(name if pair == NO_BOUNDS else f"{name} without bounds", total)
            found.append(value if pair == NO_BOUNDS else self.add(name, _within(value, pair, rule)))
        return found

    def _program(
        self, system: RuleSystem | RulesOnDemand, totals: Sequence[Expression], rule: Reference | None
    ) -> Program:
        outputs = self._outputs(system.output_names, totals, rule)
        decision = None
        if system.classes is not None:
            decided = _decided(system.classes, outputs)
            if rule is not None:
                decided = Choice(((AtLeast(rule, Number(1)), decided),), None)
            decision = self.add("class", decided).step
        answers = tuple((name, step.step) for name, step in zip(system.output_names, outputs, strict=True))
        known = tuple(IsKnown(Cell(column)) for column in system.columns)
        chosen = None if rule is None else rule.step
        return Program(system.columns, tuple(self.steps), known, answers, chosen, decision, system.classes)


def _key(condition: Condition) -> bytes:
    """The same of all conditions at the same boundary, and of no others."""
    return condition.coef.tobytes() + np.float64(condition.intercept).tobytes()


def output_bounds_of(system: RuleSystem | RulesOnDemand) -> OutputBounds | None:
    """What outputs are kept within.

    Args:
        system: the rules.

    Returns:
        Its bounds; rules on demand have none.

    Example:
        >>> from prelu_rules.network.affine import AffineMap
        >>> from prelu_rules.rules.rule import Rule
        >>> output_bounds_of(RuleSystem((Rule((), AffineMap([[2.0]], [0.0])),), ("x",), ("y",))) is None
        True
    """
    return system.bounds if isinstance(system, RuleSystem) else None


def is_by_rule(value: Expression, rule: int | None) -> bool:
    """Whether a value is chosen by the number of the rule.

    Args:
        value: of a step.
        rule: the step that is this number.

    Returns:
        Whether it is.

    Example:
        >>> by_rule = Choice(((IsEqual(Reference(3), Number(1)), Number(5.0)),), None)
        >>> is_by_rule(by_rule, 3), is_by_rule(by_rule, None)
        (True, False)
    """
    match value:
        case Choice(((IsEqual(Reference(step), _), _), *_), None):
            return step == rule
    return False


def _within(value: Reference, bounds: tuple[float | None, float | None], rule: Reference | None) -> Expression:
    """A value that is kept within bounds; where no rule holds, none."""
    lower, upper = bounds
    above = () if upper is None else ((AtLeast(value, Number(upper)), Number(upper)),)
    if lower is None:
        found = Choice(above, value)
    else:
        found = Choice((*above, (AtLeast(value, Number(lower)), value)), Number(lower))
    return found if rule is None else Choice(((AtLeast(rule, Number(1)), found),), None)


def _decided(classes: Sequence[ClassLabel], logits: Sequence[Reference]) -> Expression:
    """The class of the largest logit, the first of equal ones; of one logit the second class where it is above 0."""
    if len(logits) == 1:
        # Not above 0 is at least 0 of the negative.
        negative = Weighted(((-1.0, logits[0]),), 0.0)
        return Choice(((AtLeast(negative, Number(0.0)), Label(classes[0])),), Label(classes[1]))
    branches = []
    for k, label in enumerate(classes[:-1]):
        largest = tuple(AtLeast(logits[k], other) for j, other in enumerate(logits) if j != k)
        branches.append((All(largest), Label(label)))
    return Choice(tuple(branches), Label(classes[-1]))


def parts_of(expression: Expression) -> Iterator[Expression]:
    """An expression and all within it, each as often as it stands there; earlier steps are not entered.

    Args:
        expression: of cells and steps.

    Yields:
        Expressions, outer ones first.
    """
    yield expression
    match expression:
        case IsMissing(cell) | IsKnown(cell) | IsLevel(cell, _):
            inner: tuple[Expression, ...] = (cell,)
        case Weighted(terms, _):
            inner = tuple(term for _, term in terms)
        case Positive(value):
            inner = (value,)
        case AtLeast(value, bound, _) | IsEqual(value, bound):
            inner = (value, bound)
        case All(tests):
            inner = tests
        case Choice(branches, otherwise):
            inner = tuple(part for branch in branches for part in branch)
            inner += () if otherwise is None else (otherwise,)
        case _:
            inner = ()
    for part in inner:
        yield from parts_of(part)


def needed(program: Program, results: Iterable[int]) -> list[int]:
    """The steps that some steps need, and these themselves.

    Args:
        program: the steps.
        results: numbers of steps.

    Returns:
        Numbers of steps, in order.
    """
    found = set(results)
    for place in reversed(range(len(program.steps))):
        if place in found:
            found |= {part.step for part in parts_of(program.steps[place].value) if isinstance(part, Reference)}
    return sorted(found)


def depths(program: Program) -> list[int]:
    """How many steps each step needs, one after the other.

    Args:
        program: the steps.

    Returns:
        A number for each step; 0 where it needs cells only.
    """
    found: list[int] = []
    for step in program.steps:
        before = [found[part.step] for part in parts_of(step.value) if isinstance(part, Reference)]
        found.append(1 + max(before, default=-1))
    return found
