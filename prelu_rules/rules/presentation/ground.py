"""The domain by the states of cells, and which conditions leave something of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from prelu_rules.columns.column import Column, features_of
from prelu_rules.domains.box import Box
from prelu_rules.domains.domain import Domain, frame_of
from prelu_rules.domains.frame import Frame
from prelu_rules.domains.linear_program import CellProgram
from prelu_rules.errors import InvalidValueError, SolverError
from prelu_rules.geometry.proofs.exact import ExactCell
from prelu_rules.rules.presentation.by_state import ByColumn, Linear, Of, Where, by_column
from prelu_rules.rules.presentation.by_state import Part as PartOfFunction
from prelu_rules.rules.presentation.decimals import exact, plain
from prelu_rules.rules.presentation.statements import Comparison, State, states_of
from prelu_rules.tolerances import CUT
from prelu_rules.values import BoolArray, FloatArray, exact_array


class Cut(NamedTuple):
    """A half-space: `row (x, 1) >= 0`, or `> 0` where it is strict."""

    row: FloatArray
    strict: bool

    @property
    def opposite(self) -> Cut:
        """All that is not in it."""
        return Cut(-self.row, not self.strict)


class Ground:
    """A domain of encoded rows, of which real ones have one state in each cell.

    Args:
        columns: what the columns are.
        domain: the domain; None for all inputs.

    Example:
        >>> from prelu_rules.rules.presentation.statements import Test
        >>> kind = Column("kind", "category", ("farm", "home"))
        >>> ground = Ground((kind, Column("kwh")), Box([0, 0, 0], [1, 1, 500]))
        >>> farm = ground.part((Test(kind, kind.features[:1]),))
        >>> assert farm is not None
        >>> [farm.possible([Cut(np.array([0.0, 0.0, 1.0, -kwh]), strict=True)]) for kwh in (499.0, 500.0)]
        [True, False]
    """

    def __init__(self, columns: tuple[Column, ...], domain: Domain | None) -> None:
        self.columns, self.domain = columns, domain
        self._places = {feature: k for k, feature in enumerate(features_of(columns))}
        self._numbers: dict[Of, int] = {f.column: k for f, k in self._places.items() if not f.is_indicator}
        self._parts: dict[Where, Part | None] = {}
        self._cuts: dict[Comparison, tuple[tuple[bool, Cut], ...]] = {}

    def part(self, where: Where) -> Part | None:
        """The part where tests pass; None if there is none."""
        if where not in self._parts:
            self._parts[where] = self._part(where)
        return self._parts[where]

    def row(self, parts: ByColumn) -> FloatArray:
        """A function, by columns, as weights of features and a constant, `(n_features + 1,)`.

        What a state adds to the weight of a number cannot be said so, and is left out.
        """
        row = np.zeros(len(self._places) + 1)
        for (name, state), linear in parts.items():
            if not name:
                for of, weight in linear.weights.items():
                    row[self._numbers[of]] = plain(weight)
                row[-1] += plain(linear.constant)
            elif state is not None:
                row[self._places[state]] = plain(linear.constant)
        return row

    def cuts(self, comparison: Comparison) -> tuple[tuple[bool, Cut], ...]:
        """The bounds of a comparison as half-spaces of features; which of them are lower ones."""
        if comparison not in self._cuts:
            self._cuts[comparison] = tuple(self._bounds(comparison))
        return self._cuts[comparison]

    def _bounds(self, comparison: Comparison) -> Iterator[tuple[bool, Cut]]:
        parts = by_column(
            self.columns,
            tuple(
                PartOfFunction(
                    term.where,
                    Linear(exact(term.weight)) if term.of is None else Linear(weights={term.of: exact(term.weight)}),
                )
                for term in comparison.total.terms
            ),
        )
        assert parts is not None
        row = self.row(parts)
        for lower, bound in ((True, comparison.lower), (False, comparison.upper)):
            if bound is not None:
                apart = np.append(row[:-1], row[-1] - bound.value)
                yield lower, Cut(apart if lower else -apart, strict=not bound.included)

    def _allows(self, column: Column, state: State) -> bool:
        if self.domain is None:
            return True
        others = [self._places[one] for one in states_of(column) if one not in (state, None)]
        if (self.domain.lower[others] > 0).any():
            return False
        return state is None or bool(self.domain.upper[self._places[state]] >= 1)

    def _part(self, where: Where) -> Part | None:
        fixed: dict[int, float] = {}
        for test in where:
            states = [state for state in test.states if self._allows(test.column, state)]
            if not states:
                return None
            for state in states_of(test.column):
                if state is not None and (state not in states or len(states) == 1):
                    fixed[self._places[state]] = float(state in states)
            if len(states) == 1 and states[0] is not None and states[0].says == "missing":
                number = next((f for f in test.column.features if not f.is_indicator), None)
                if number is not None:
                    fixed[self._places[number]] = 0.0
        try:
            return Part(len(self._places), self.domain, fixed)
        except InvalidValueError:
            return None


class Rest(NamedTuple):
    """What cuts leave of a part of a domain.

    Attributes:
        program: the linear program.
        depth: how deep a point can be inside all cuts, negative if none can; NaN where the solver cannot tell.
        point: `(n_features,)`, the deepest point.
    """

    program: CellProgram
    depth: float
    point: FloatArray

    def shows(self, row: FloatArray, frame: Frame, more: float) -> bool:
        """Whether the deepest point proves that a function reaches further than a number to where it is above 0."""
        length = float(np.linalg.norm(row[:-1] @ frame.basis))
        return self.depth > CUT and bool(row[:-1] @ self.point + row[-1] > max(more, CUT) * length > 0)


class Part:
    """A part of a domain, in which some features are fixed.

    Raises:
        InvalidValueError: if it is empty.
    """

    def __init__(self, n_inputs: int, domain: Domain | None, fixed: dict[int, float]) -> None:
        self._fixed, self._domain = fixed, _narrowed(domain, fixed)
        self.frame = frame_of(self._domain, n_inputs) if domain is not None else _everything_but(n_inputs, fixed)

    def possible(self, cuts: Sequence[Cut]) -> bool:
        """Whether a point satisfies all cuts; where floats are in doubt, exact arithmetic decides."""
        if contradictory(cuts):
            return False
        depth = self.cut_down(cuts).depth
        if abs(depth) > CUT:
            return depth > 0
        program = CellProgram(self.frame)
        for cut in cuts:
            try:
                reach = program.reach(cut.row[:-1], float(cut.row[-1]))
            except SolverError:
                return self.exactly_possible(cuts)
            if reach < -CUT:
                return False
            if reach <= CUT:
                return self.exactly_possible(cuts)
            program.push(cut.row[:-1], float(cut.row[-1]))
        return True

    def cut_down(self, cuts: Iterable[Cut]) -> Rest:
        """What cuts leave: one linear program says what is otherwise asked of each cut after the other."""
        program = CellProgram(self.frame)
        for cut in cuts:
            program.push(cut.row[:-1], float(cut.row[-1]))
        try:
            return Rest(program, *program.inner_point_of_cell())
        except SolverError:
            return Rest(program, np.nan, self.frame.centre)

    def exactly_possible(self, cuts: Iterable[Cut]) -> bool:
        """The same in exact arithmetic.

        A convex set where each of several functions is positive somewhere, and none is negative, has points where all
        are.
        """
        cuts, cell = tuple(cuts), self.exact()
        for cut in cuts:
            cell = None if cell is None else cell.cut(exact_array(cut.row))
        return cell is not None and all(cell.exceeds(exact_array(cut.row)) for cut in cuts if cut.strict)

    def exact(self) -> ExactCell | None:
        """The part in exact arithmetic; None if it is empty."""
        n_inputs = len(self.frame.centre)
        cell = ExactCell.of_domain(self._domain, n_inputs)
        for cut in self._fixings(n_inputs) if self._domain is None else ():
            cell = None if cell is None else cell.cut(exact_array(cut.row))
        return cell

    def _fixings(self, n_inputs: int) -> Iterable[Cut]:
        for place, value in self._fixed.items():
            row = np.zeros(n_inputs + 1)
            row[place], row[-1] = 1.0, -value
            yield from (Cut(row, False), Cut(-row, False))


def contradictory(cuts: Sequence[Cut]) -> bool:
    """Whether two cuts are the two sides of one hyperplane, which at least one of them leaves out.

    Args:
        cuts: the cuts.

    Returns:
        True only if no point satisfies all.

    Example:
        >>> above = Cut(np.array([1.0, -5.0]), strict=False)
        >>> contradictory([above, above.opposite])
        True
    """
    strict = {(cut.row + 0.0).tobytes(): cut.strict for cut in cuts}
    opposite = ((-cut.row + 0.0).tobytes() for cut in cuts)
    return any(
        strict.get(row, False) or (cut.strict and row in strict) for cut, row in zip(cuts, opposite, strict=True)
    )


def _narrowed(domain: Domain | None, fixed: dict[int, float]) -> Domain | None:
    if domain is None:
        return None
    lower, upper = domain.lower.copy(), domain.upper.copy()
    for place, value in fixed.items():
        if not lower[place] <= value <= upper[place]:
            raise InvalidValueError(f"input {place} is never {value} on the domain; widen it.")
        lower[place] = upper[place] = value
    box = Box(lower, upper)
    return box if isinstance(domain, Box) else replace(domain, box=box)


def _everything_but(n_inputs: int, fixed: dict[int, float]) -> Frame:
    """All inputs of which some are fixed."""
    free: BoolArray = ~np.isin(np.arange(n_inputs), list(fixed))
    centre = np.zeros(n_inputs)
    centre[list(fixed)] = list(fixed.values())
    return replace(
        Frame.of_everything(n_inputs),
        centre=centre,
        basis=np.eye(n_inputs)[:, free],
        rows=np.empty((0, int(free.sum()) + 1)),
    )
