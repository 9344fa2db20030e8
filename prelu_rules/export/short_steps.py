"""The same program in shorter steps, for spreadsheets: each is a formula, and these are limited in length."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from prelu_rules.export.imperative import LONGEST_SUM
from prelu_rules.export.program import (
    All,
    AtLeast,
    Choice,
    Expression,
    IsEqual,
    Positive,
    Program,
    Reference,
    Step,
    Weighted,
    is_by_rule,
)


def in_short_steps(program: Program) -> Program:
    """Split steps, so that none is longer than about a hundred terms.

    Sums of more than one term that conditions are about, the conditions of each rule, and the outputs of each rule
    become steps, those of one rule after the other; and so do the parts of longer sums. They are added in the order in
    which every program adds them.

    Args:
        program: with any steps.

    Returns:
        A program with the same results. Its outputs are neighbours, in order, and so are the tests of the rules and,
        for each output, its values by rule.

    Example:
        >>> from prelu_rules.export.program import program_of
        >>> from prelu_rules.network.affine import AffineMap
        >>> from prelu_rules.rules.rule import Condition, Rule
        >>> from prelu_rules.rules.rule_system import RuleSystem
        >>> low = Rule((Condition([1.0, 1.0], 0.0, nonnegative=False),), AffineMap([[-1.0, 0.0]], [0.0]))
        >>> system = RuleSystem((low, Rule((), AffineMap([[1.0, 0.0]], [0.0]))), ("a", "b"), ("y",))
        >>> [step.name for step in in_short_steps(program_of(system)).steps]
        ['a', 'b', 'rule 1, condition 1', 'rule 1 holds', 'rule', 'y of rule 1', 'y of rule 2', 'y']
    """
    return _Splitter(program).split()


Part = TypeVar("Part")


class _Splitter:
    """Steps as they are added, and where the steps of the program are among them."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.steps: list[Step] = []
        self.places: dict[int, int] = {}

    def split(self) -> Program:
        """The program with these steps."""
        program, decision = self.program, self.program.decision
        outputs = [step for _, step in program.outputs]
        # Outputs with bounds are of others that are chosen by rule.
        chosen = [k for k, s in enumerate(program.steps) if k not in outputs and is_by_rule(s.value, program.rule)]
        for place, step in enumerate(program.steps):
            if place not in (*outputs, *chosen) and place != decision:
                value = self._rule(step.value) if place == program.rule else self._short(step.name, step.value)
                self._place(place, value)
        # After all sums that they need, so that they are neighbours.
        for places in (chosen, outputs):
            values = [self._output(program.steps[place].name, program.steps[place].value) for place in places]
            for place, value in zip(places, values, strict=True):
                self._place(place, value)
        if decision is not None:
            self._place(decision, self._short("class", program.steps[decision].value))
        return replace(
            program,
            steps=tuple(self.steps),
            outputs=tuple((name, self.places[step]) for name, step in program.outputs),
            rule=None if program.rule is None else self.places[program.rule],
            decision=None if decision is None else self.places[decision],
        )

    def _place(self, place: int, value: Expression) -> None:
        """Add a step of the program, which is called as before."""
        self.places[place] = len(self.steps)
        self.steps.append(replace(self.program.steps[place], value=value))

    def _add(self, name: str, value: Expression, is_test: bool = False) -> Reference:
        """A further step."""
        self.steps.append(Step(name, value, is_test))
        return Reference(len(self.steps) - 1)

    def _rule(self, value: Expression) -> Expression:
        """The number of the rule, of tests that are neighbours."""
        if not isinstance(value, Choice):
            return value
        tests = [self._holds(f"rule {k}", test) for k, (test, _) in enumerate(value.branches, start=1)]
        placed = [self._add(f"rule {k} holds", test, is_test=True) for k, test in enumerate(tests, start=1)]
        return replace(value, branches=tuple((t, n) for t, (_, n) in zip(placed, value.branches, strict=True)))

    def _holds(self, name: str, test: Expression) -> Expression:
        """The conditions of a rule, of which each is one comparison of two steps or terms."""
        assert isinstance(test, All)
        conditions: list[Expression] = []
        for number, condition in enumerate(test.tests, start=1):
            assert isinstance(condition, AtLeast)
            value = self._short(f"{name}, condition {number}", condition.value)
            if isinstance(value, Weighted) and len(value.terms) > 1:
                value = self._add(f"{name}, condition {number}", value)
            conditions.append(replace(condition, value=value))
        while len(conditions) > LONGEST_SUM:
            groups = _groups(conditions)
            conditions = [self._add(f"{name}, part {k}", All(g), is_test=True) for k, g in enumerate(groups, start=1)]
        return All(tuple(conditions))

    def _output(self, name: str, value: Expression) -> Expression:
        """An output, chosen from values that are neighbours."""
        if not (isinstance(value, Choice) and is_by_rule(value, self.program.rule)):
            return self._short(name, value)
        sums = [self._short(f"{name} of rule {k}", one) for k, (_, one) in enumerate(value.branches, start=1)]
        placed = [self._add(f"{name} of rule {k}", one) for k, one in enumerate(sums, start=1)]
        tests = [self._short(name, test) for test, _ in value.branches]
        return replace(value, branches=tuple(zip(tests, placed, strict=True)))

    def _short(self, name: str, value: Expression) -> Expression:
        """An expression of the new steps, after those that are parts of its sums."""
        match value:
            case Reference(step):
                return Reference(self.places[step])
            case Weighted(terms, constant):
                moved = tuple((weight, self._short(name, term)) for weight, term in terms)
                return self._sum(name, Weighted(moved, constant))
            case Positive(inner):
                return Positive(self._short(name, inner))
            case AtLeast(one, other) | IsEqual(one, other):
                return replace(value, value=self._short(name, one), bound=self._short(name, other))
            case All(tests):
                return All(tuple(self._short(name, test) for test in tests))
            case Choice(branches, otherwise):
                pairs = tuple((self._short(name, test), self._short(name, one)) for test, one in branches)
                return Choice(pairs, None if otherwise is None else self._short(name, otherwise))
            case _:
                return value

    def _sum(self, name: str, total: Weighted) -> Weighted:
        """A sum, of sums that are steps where it is long."""
        terms, constant, number = total.terms, total.constant, 1
        while len(terms) + (constant != 0) > LONGEST_SUM:
            parts = [Weighted(group, 0.0) for group in _groups(terms)]
            if len(parts[-1].terms) == LONGEST_SUM and constant != 0:
                parts.append(Weighted((), constant))
            else:
                parts[-1] = replace(parts[-1], constant=constant)
            placed = [self._add(f"{name}, part {k}", part) for k, part in enumerate(parts, start=number)]
            terms, constant, number = tuple((1.0, part) for part in placed), 0.0, number + len(parts)
        return Weighted(terms, constant)


def _groups(parts: Sequence[Part]) -> Iterable[tuple[Part, ...]]:
    """As many parts as a step holds, one group after the other."""
    return (tuple(parts[start : start + LONGEST_SUM]) for start in range(0, len(parts), LONGEST_SUM))
