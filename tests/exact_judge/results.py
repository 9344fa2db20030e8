"""What the package answers in a case, each answer asked for once, and as the judge has it."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np

import prelu_rules as pr
from exact_judge.case import Case
from exact_judge.systems import Rule
from prelu_rules.rules.extraction import extract_rules

MOST_UNITS = 8

SHARE_OF_RANGE = 0.02
"""The error that rounding is allowed, as a share of each output's range on the domain."""

SHARE_OF_TERMS = 1e-12
"""Less than this share of an output's terms cannot be allowed, since sums of floats have rounding errors."""

DECIMALS = 3


class NotReached(Exception):
    """What is asked for has been raised for before."""


class Results:
    """Answers of the package.

    Args:
        case: the case.
    """

    def __init__(self, case: Case) -> None:
        self.case = case
        self._found: dict[str, pr.RuleSystem | None] = {}

    def system(self, name: str) -> pr.RuleSystem:
        """A system of rules: a key of `SYSTEMS`.

        Raises:
            NotReached: if the package raised an error for it before.
        """
        if name not in self._found:
            self._found[name] = None
            self._found[name] = SYSTEMS[name](self)
        found = self._found[name]
        if found is None:
            raise NotReached(name)
        return found

    def put(self, name: str, system: pr.RuleSystem | None) -> None:
        """Judge another system under this name; None for one for which an error was raised."""
        self._found[name] = system

    def rules(self, name: str) -> list[Rule]:
        """The same as the judge has it."""
        return judged(self.system(name))

    @property
    def ranges(self) -> list[tuple[Fraction, Fraction]]:
        """The true range of each output on a bounded domain."""
        found = []
        for output in range(self.case.network.n_outputs):
            values = [
                (
                    cell.polyhedron.maximum(cell.outputs[output]).value,
                    cell.polyhedron.maximum([-w for w in cell.outputs[output]]).value,
                )
                for cell in self.case.cells
            ]
            found.append((-max(low for _, low in values), max(high for high, _ in values)))
        return found


def judged(system: pr.RuleSystem) -> list[Rule]:
    """Rules of the package as the judge has them."""
    return [
        Rule.of(
            [condition.coef for condition in rule.conditions],
            [condition.intercept for condition in rule.conditions],
            [condition.nonnegative for condition in rule.conditions],
            rule.outputs.coef,
            rule.outputs.intercept,
        )
        for rule in system.rules
    ]


def _extracted(results: Results) -> pr.RuleSystem:
    return extract_rules(results.case.form, results.case.given, max_nonlinear=MOST_UNITS)


def _extracted_exactly(results: Results) -> pr.RuleSystem:
    return extract_rules(results.case.form.exact(), results.case.given, max_nonlinear=MOST_UNITS)


def _rounded_within(results: Results) -> pr.RuleSystem:
    return results.system("rules").rounded(max_error=allowed_error(results))


def _rounded_to(results: Results) -> pr.RuleSystem:
    return results.system("rules").rounded(decimals=DECIMALS)


def _decisions(results: Results) -> pr.RuleSystem:
    system = results.system("rules")
    n = len(system.output_names)
    return extract_rules(
        results.case.form, results.case.given, max_nonlinear=MOST_UNITS, classes=list(range(n))
    ).decision_rules()


SYSTEMS: dict[str, Callable[[Results], pr.RuleSystem]] = {
    "rules": _extracted,
    "exact rules": _extracted_exactly,
    "rounded within": _rounded_within,
    "rounded to decimals": _rounded_to,
    "decision rules": _decisions,
}
"""What is asked of the package."""


def allowed_error(results: Results) -> np.ndarray:
    """What rounding is allowed: a share of each output's range, or of its terms where the range drowns in them."""
    network, vertices = results.case.network, results.case.polyhedron.vertices
    terms = network.terms([max(map(abs, column)) for column in zip(*vertices, strict=True)])
    shares = [
        max(SHARE_OF_RANGE * float(high - low), SHARE_OF_TERMS * float(size))
        for (low, high), size in zip(results.ranges, terms, strict=True)
    ]
    return np.array([share or SHARE_OF_RANGE for share in shares])
