"""The largest differences of rules and a network: bounds of all pieces of their overlay, and exact values of some.

Floats bound the difference on each piece, with proofs. The pieces with the largest bounds are then compared in exact
arithmetic, until what is left can hardly be larger than what was found. So the largest differences are known exactly or
almost so, and that rules equal a network is only ever found by exact arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache, partial
from typing import NamedTuple

import numpy as np

from prelu_rules.geometry.proofs.certified import UNIT
from prelu_rules.geometry.proofs.certified_patterns import CertifiedNetwork, PieceSigns
from prelu_rules.geometry.proofs.certified_rows import Coordinates, Rows
from prelu_rules.geometry.proofs.exact import ExactCell
from prelu_rules.geometry.proofs.exact_patterns import ExactPart, ExactPattern, exact_patterns
from prelu_rules.geometry.proofs.representable import inner_input, nearest_input
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.rules.rule import Rule
from prelu_rules.values import Array, FloatArray, exact_array

TIGHT = Fraction(1, 10**9)
"""Upper bounds that exceed what is attained by no more than this share are good enough."""

ROUNDING = 1e-12
"""Upper bounds below this share of the terms that an output is the sum of are good enough, if there is a difference."""

EXACT_PIECES = 30
"""So many pieces are compared exactly for each output even where their bounds are good enough already."""

NEAR = Fraction(1, 2**30)
"""How far from a corner a difference is looked for next to it, as a share of the way to the middle of the piece."""


class _TooMany(Exception):
    """There are more pieces than allowed."""


class _Candidate(NamedTuple):
    """A piece of the overlay, or all of a rule if nothing is known; and bounds of the differences there."""

    rule: int
    known: PieceSigns | None
    bounds: FloatArray


class Differences:
    """The largest differences so far, and the inputs where they are attained.

    Args:
        form: the network, in exact rationals.
        rules: the rules, in exact rationals.
        whole: the domain.

    Attributes:
        n_cells: the number of pieces.
        upper: the differences are nowhere larger; None if they are unbounded.
        lower: differences that are attained.
        at: the inputs where they are, in floats.
        largest: the absolute outputs of the rules are nowhere larger; None if they are unbounded.

    Example:
        >>> from prelu_rules.domains.box import Box
        >>> from prelu_rules.network.affine import AffineMap
        >>> whole = ExactCell.of_domain(Box([-1], [2]), 1)
        >>> assert whole is not None
        >>> form = NormalForm.from_layers([[[1.0]], [[1.0]]], [[0.0], [0.0]], [[0.0]]).exact()
        >>> found = Differences(form, [Rule((), AffineMap([[1.0]], [0.0])).exact()], whole)
        >>> found.search(max_cells=10), found.n_cells, found.upper
        (True, 2, [Fraction(1, 1)])
    """

    def __init__(self, form: NormalForm, rules: Sequence[Rule], whole: ExactCell) -> None:
        self._form, self._rules, self._whole = form, rules, whole
        self._coordinates = Coordinates.of_cell(whole)
        self._candidates: list[_Candidate] = []
        self.n_cells = 0
        self.upper: list[Fraction | None] = []
        self.lower = [Fraction(0)] * form.n_outputs
        self.largest: list[Fraction | None] = []
        self.at: list[FloatArray | None] = [None] * form.n_outputs

    def search(self, max_cells: int) -> bool:
        """Find the largest differences; returns False if there are too many pieces.

        Args:
            max_cells: the most pieces.
        """
        if self._coordinates is None:
            self._sizes = np.zeros(self._form.n_outputs)
            unknown = np.full(self._form.n_outputs, np.inf)
            self._candidates = [_Candidate(number, None, unknown) for number in range(len(self._rules))]
            self._outputs = np.tile(unknown, (len(self._rules), 1))
        elif not self._find_pieces(self._coordinates, max_cells):
            return False
        exact = cache(partial(self._exact, max_cells))
        try:
            for k in range(self._form.n_outputs):
                bounds = np.array([candidate.bounds[k] for candidate in self._candidates])
                negligible = float(ROUNDING * self._sizes[k])
                self.upper.append(_largest(bounds, partial(_item, exact, k), negligible))
                self.largest.append(_largest(self._outputs[:, k], partial(self._output, k), 0.0))
        except _TooMany:
            return False
        return True

    def _find_pieces(self, coordinates: Coordinates, max_cells: int) -> bool:
        """Bound the differences on all pieces, and the outputs of all rules."""
        network = CertifiedNetwork(self._form, coordinates)
        width, n_outputs = self._form.n_inputs + 1, self._form.n_outputs
        domain = [row for row in self._whole.rows if np.count_nonzero(row[:-1]) > 1]
        base = coordinates.rows(np.array(domain, dtype=object).reshape(-1, width))
        self._outputs, self._sizes = np.full((len(self._rules), n_outputs), -np.inf), np.zeros(n_outputs)
        for number, rule in enumerate(self._rules):
            rows = np.array([condition.row() for condition in rule.conditions], dtype=object).reshape(-1, width)
            cell = base.with_rows(coordinates.rows(rows))
            outputs = coordinates.rows(np.hstack([rule.outputs.coef, rule.outputs.intercept[:, None]]), scaled=False)
            self._outputs[number] = _absolute(coordinates.ranges(cell, outputs))
            own = np.abs(outputs.values[:, :-1]) @ coordinates.reach + np.abs(outputs.values[:, -1])
            for piece in network.pieces(cell):
                self.n_cells += 1
                if self.n_cells > max_cells:
                    return False
                sizes = piece.sizes + own
                errors = piece.outputs.errors + outputs.errors + 2 * UNIT * sizes
                between = Rows(piece.outputs.values - outputs.values, errors)
                bounds = _absolute(coordinates.ranges(piece.cell, between))
                self._candidates.append(_Candidate(number, piece.known, bounds))
                self._sizes = np.maximum(self._sizes, sizes)
        return True

    def _exact(self, max_cells: int, number: int) -> list[Fraction | None]:
        """The largest differences on a piece, for each output."""
        candidate = self._candidates[number]
        rule = self._rules[candidate.rule]
        part = ExactPart(self._whole, [condition.row() for condition in rule.conditions])
        if candidate.known is not None:
            # What is counted below was counted as one piece before.
            self.n_cells -= 1
        found: list[Fraction | None] = [Fraction(0)] * self._form.n_outputs
        for pattern in exact_patterns(self._form, part, candidate.known):
            self.n_cells += 1
            if self.n_cells > max_cells:
                raise _TooMany
            between = pattern.outputs - np.hstack([rule.outputs.coef, rule.outputs.intercept[:, None]])
            for k in np.flatnonzero((between != 0).any(axis=1)):
                found[k] = _larger(found[k], self._compared(int(k), between[k], rule, pattern))
        return found

    def _compared(self, k: int, between: Array, rule: Rule, pattern: ExactPattern) -> Fraction | None:
        """The largest difference of an output where a pattern holds; a larger one than any before is looked for."""
        cell = pattern.part.cell
        if cell is None or not all(cell.exceeds(c.row()) for c in rule.conditions if not c.nonnegative):
            # The rule covers nothing here.
            return Fraction(0)
        largest: Fraction | None = Fraction(0)
        for side in (between, -between):
            value, corner = cell.maximum(side)
            largest = _larger(largest, value)
            if value is None or value > self.lower[k]:
                self._attain(k, rule, cell, side, corner)
        return largest

    def _attain(self, k: int, rule: Rule, cell: ExactCell, side: Array, corner: Array) -> None:
        """Look for an input in floats at or close to a corner where the difference is as large as at the corner."""
        value = side[:-1] @ corner + side[-1]

        def accepts(point: Array, least: Fraction) -> bool:
            # The difference is that of the network and this rule wherever the rule holds, on other pieces too.
            return self._is_covered(rule, point) and self._difference(k, rule, point) >= least

        flat = [row for row in self._whole.rows if not cell.exceeds(row)]
        found = nearest_input(corner, lambda point: accepts(point, value), flat)
        if found is None:
            inner = cell.inner_point
            near = corner + (inner - corner) * NEAR
            least = value * (1 - TIGHT)
            found = nearest_input(near, lambda point: accepts(point, least), flat)
            if found is None:
                found = nearest_input(near, lambda point: accepts(point, self.lower[k]), flat)
        if found is not None:
            self._compare_at(k, rule, found)

    def _compare_at(self, k: int, rule: Rule, x: FloatArray) -> None:
        """Note the difference at an input that a rule covers, if it is the largest one so far."""
        difference = self._difference(k, rule, exact_array(x))
        if self.at[k] is None or difference > self.lower[k]:
            self.lower[k], self.at[k] = difference, x

    def _difference(self, k: int, rule: Rule, point: Array) -> Fraction:
        return Fraction(abs(self._form.predict(point)[k] - rule.outputs(point)[k]))

    def _is_covered(self, rule: Rule, point: Array) -> bool:
        inside = all(row[:-1] @ point + row[-1] >= 0 for row in self._whole.rows)
        return inside and bool(rule.covers(point)[0])

    def _output(self, k: int, number: int) -> Fraction | None:
        """The largest absolute output of a rule."""
        rule = self._rules[number]
        cell = ExactPart(self._whole, [condition.row() for condition in rule.conditions]).cell
        row = np.append(rule.outputs.coef[k], rule.outputs.intercept[k])
        if cell is None:
            return Fraction(0)
        return _larger(cell.maximum(row).value, cell.maximum(-row).value)

    def restart(self, form: NormalForm, points: FloatArray) -> None:
        """Look for attained differences to another network, at the points found so far and at others.

        Args:
            form: the network, in exact rationals.
            points: `(n_points, n_inputs)`, inputs in floats.
        """
        self._form, self.lower = form, [Fraction(0)] * form.n_outputs
        before, self.at = self.at, [None] * form.n_outputs
        for x in [*(x for x in before if x is not None), *points]:
            point = exact_array(np.asarray(x))
            rule = next((rule for rule in self._rules if self._is_covered(rule, point)), None)
            if rule is not None:
                for k in range(form.n_outputs):
                    self._compare_at(k, rule, x)

    def places(self) -> FloatArray:
        """Where the differences of `lower` are attained; if a rule covers any input in floats, there is one for each.

        Returns:
            `(n_outputs, n_inputs)`.
        """
        for k in range(self._form.n_outputs):
            for rule in self._rules if self.at[k] is None else ():
                part = ExactPart(self._whole, [condition.row() for condition in rule.conditions])
                strict = [c.row() for c in rule.conditions if not c.nonnegative]
                if part.cell is not None and all(part.exceeds(row) for row in strict):
                    x = inner_input(part.cell, strict)
                    if x.dtype != object:
                        self._compare_at(k, rule, x)
                        break
        unknown = np.full(self._form.n_inputs, np.nan)
        return np.array([unknown if x is None else x for x in self.at]).reshape(-1, self._form.n_inputs)


def _absolute(ranges: FloatArray) -> FloatArray:
    """The largest absolute values of functions with given bounds; minus infinity where there is nothing."""
    low, high = ranges.T
    return np.maximum(-low, high)


def _largest(bounds: FloatArray, exact: Callable[[int], Fraction | None], negligible: float) -> Fraction | None:
    """The largest of several values, at most `TIGHT` too large, or negligible.

    Args:
        bounds: upper bounds of the values.
        exact: computes a value.
        negligible: what is good enough if it is known that some value is positive.

    Returns:
        The value, None if it is unbounded.
    """
    best = Fraction(0)
    for done, number in enumerate(np.argsort(-bounds, kind="stable").tolist()):
        bound = float(bounds[number])
        is_close = bound <= best * (1 + TIGHT) or (best > 0 and bound <= negligible)
        if bound <= best or (is_close and done >= EXACT_PIECES):
            return max(best, Fraction(bound)) if bound > -np.inf else best
        value = exact(number)
        if value is None:
            return None
        best = max(best, value)
    return best


def _item(values: Callable[[int], list[Fraction | None]], k: int, number: int) -> Fraction | None:
    return values(number)[k]


def _larger(one: Fraction | None, other: Fraction | None) -> Fraction | None:
    """The larger of two bounds; None means unbounded."""
    return None if one is None or other is None else max(one, other)
