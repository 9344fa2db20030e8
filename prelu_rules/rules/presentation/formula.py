"""The formula of a rule system: one base for each output, and bends that are added to it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from prelu_rules.network.compact import CompactForm
from prelu_rules.network.fewest_numbers import rounded_weights, turned_compact_form
from prelu_rules.network.precision import Precision
from prelu_rules.rules.presentation.base import base_and_adjustments
from prelu_rules.rules.presentation.bend_cases import (
    bend_of,
    flat_bend,
    largest_weight,
    linear_parts,
    pieces_of,
)
from prelu_rules.rules.presentation.by_state import Function, Linear, Part, function_of, substituted
from prelu_rules.rules.presentation.length import numbers_of_bend
from prelu_rules.rules.presentation.lettering import lettered
from prelu_rules.rules.presentation.meeting import meeting_form
from prelu_rules.rules.presentation.places import Places
from prelu_rules.rules.presentation.presentation import Formula
from prelu_rules.rules.presentation.room import Room
from prelu_rules.rules.presentation.statements import Bend, Letter
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.values import BoolArray, FloatArray


def formula_of(system: RuleSystem, precision: Precision | None) -> Formula | None:
    """The compact form of rules as base and adjustments.

    Args:
        system: the rules.
        precision: how numbers are printed; None for all digits.

    Returns:
        The formula, with the numbers that are printed. None where the rules have no network, and are not one function
        plus what their bends add.

    Example:
        >>> from prelu_rules.domains.box import Box
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-200], C=[[0.1]], D=[[0.15]], e=[10], slopes=[0])
        >>> formula = formula_of(extract_rules(form, domain=Box([0], [500])), None)
        >>> assert formula is not None
        >>> formula.outputs[0].base.constant, formula.outputs[0].bends, formula.bends[0].cases[0].threshold
        (10.0, ((0.15, Letter(place=0)),), 200.0)
    """
    if system.form is not None:
        form, turned = turned_compact_form(system.form, precision)
        return _Formula(system, CompactForm.stacked(form), turned, precision).made()
    meeting = meeting_form(system)
    return None if meeting is None else _Formula(system, *meeting, precision).made()


class _Formula:
    """A formula in the making: unit by unit, each in terms of earlier ones.

    Args:
        system: columns, domain and names.
        compact: the compact form.
        turned: which of its units hold only where their sum is above 0, and not where it is 0.
        precision: how numbers are printed.
    """

    def __init__(
        self, system: RuleSystem, compact: CompactForm, turned: BoolArray, precision: Precision | None
    ) -> None:
        self._columns, self._names, self._turned = system.columns, system.output_names, turned
        self._room = Room(system.columns, system.domain)
        self._n_units, self._n_inputs = compact.n_units, compact.n_inputs
        weights = _scaled_by_numbers(compact, np.array([not feature.is_indicator for feature in system.features]))
        self._places = Places(system.columns, weights[: self._n_units], precision)
        # What is told of is what is printed.
        self._weights = weights if precision is None else rounded_weights(weights, compact.n_inputs, precision)
        self._sums: dict[Letter, Function] = {}
        self._bends: dict[Letter, Bend] = {}
        # What stands for units in the rows behind them.
        self._stand_ins: dict[Letter, Function] = {}

    def made(self) -> Formula:
        """The formula."""
        for unit in range(self._n_units):
            self._stand_ins[Letter(unit)] = self._stand_in(unit)
        sums = [
            base_and_adjustments(self._columns, self._row(self._n_units + k), self._places.output(k))
            for k in range(len(self._names))
        ]
        return lettered(dict(zip(self._names, sums, strict=True)), self._bends)

    def _row(self, number: int) -> Function:
        """A row of weights, with what stands for units."""
        row = self._weights[number]
        function = function_of(self._columns, row[: self._n_inputs], row[-1], row[self._n_inputs : -1])
        return substituted(self._columns, function, self._stand_ins)

    def _stand_in(self, unit: int) -> Function:
        """What a unit is to those who use it: a bend, or a function where it never bends."""
        function, strict = self._row(unit), bool(self._turned[unit])
        ways = pieces_of(self._room, function, self._sums)
        functions = [linear for linear in map(linear_parts, ways or ()) if linear is not None]
        if functions and self._may_go(unit, shortest := min(functions, key=_length)):
            return shortest
        said = [(flat_bend(self._room, function, self._places.unit(unit), strict), Fraction(1))]
        if ways is not None:
            scaled = [(ways.gated, largest_weight(ways.gated)), (ways.gated, Fraction(1)), (ways.amounts, Fraction(1))]
            said = [
                *((bend_of(one, self._room, self._places.unit(unit, by), strict, by), by) for one, by in scaled),
                *said,
            ]
        bend, factor = min(said, key=lambda way: numbers_of_bend(way[0]))
        letter = next((other for other, known in self._bends.items() if known == bend), Letter(unit))
        if letter not in self._bends:
            self._bends[letter] = bend
            self._places.rescale(unit, factor)
            self._sums[letter] = tuple(Part(where, linear.times(1 / factor)) for where, linear in function)
        return (Part((), Linear(weights={letter: factor})),)

    def _may_go(self, unit: int, function: Function) -> bool:
        """Whether a function in the place of a unit that never bends takes no more numbers than a name for it.

        One that does not depend on states is part of the base anyway.
        """
        uses, length = int(np.count_nonzero(self._weights[:, self._n_inputs + unit])), _length(function)
        return uses * length <= uses + length or not any(where for where, _ in function)


def _scaled_by_numbers(compact: CompactForm, is_number: BoolArray) -> FloatArray:
    """The weights of a compact form, with 1 or -1 as the largest weight of a number in each unit that has some."""
    weights = compact.weights.copy()
    for unit in range(compact.n_units):
        largest = np.abs(weights[unit, : compact.n_inputs][is_number]).max(initial=0)
        if largest > 0:
            weights[unit] /= largest
            weights[:, compact.n_inputs + unit] *= largest
    return weights


def _length(function: Function) -> int:
    """The numbers of a function that has another factor where it is used."""
    return sum((linear.constant != 0) + len(linear.weights) for _, linear in function)
