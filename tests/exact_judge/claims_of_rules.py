"""Claims of every system of rules: it covers the domain, no two rules overlap, and nothing in it can be left out."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import prelu_rules as pr
from exact_judge import systems
from exact_judge.case import Case
from exact_judge.polyhedron import value
from exact_judge.results import Results, allowed_error
from exact_judge.verdict import Claim

ROUNDING = Fraction(1, 10**12)
"""Rules of a network in floats may differ from it by this share of the size of the output's terms; see `Network.terms`.

A sum of floats is off by a few units in the last place (1e-16) for each of its terms, and there are tens of terms.
"""

FAR = 10**6
"""Rules of floats for all inputs are judged up to so many times as far as bends; a billion is claimed."""

Fault = Callable[[Results], str | None]


def structure(name: str, concerns: Callable[[Case], bool], may_raise: tuple[type[Exception], ...] = ()) -> list[Claim]:
    """What holds of every system; that it is merged comes last, since decision rules need not be."""
    faults: dict[str, Callable[[Results, str], str | None]] = {
        "are there": lambda results, name: results.system(name) and None,
        "cover": _uncovered,
        "are disjoint": _overlap,
        "have an interior": _without_interior,
        "are irredundant": _redundant,
        "are merged": _mergeable,
    }
    return [
        Claim(f"{name} {claim}", lambda r, fault=fault: fault(r, name), concerns, may_raise)
        for claim, fault in faults.items()
    ]


def _uncovered(results: Results, name: str) -> str | None:
    part = systems.uncovered(results.case.polyhedron, results.rules(name))
    if part is None:
        return None
    return f"no rule covers {shown(part.inner)}, in a part {systems.width(part, results.rules(name)):.1g} wide"


def _overlap(results: Results, name: str) -> str | None:
    rules, case = results.rules(name), results.case
    # Of floats no more is claimed: far away, bends meet that only rounding errors keep from being parallel.
    within = (
        case.polyhedron if case.bounds or name == "exact rules" else systems.near(case.polyhedron, case.network, FAR)
    )
    found = None if within is None else next(systems.overlaps(within, rules), None)
    if found is None:
        return None
    left, right, part = found
    where = f"{shown(part.inner)}, in a part {systems.width(part, [rules[left], rules[right]]):.1g} wide"
    return f"rules {left + 1} and {right + 1} overlap at {where}"


def _without_interior(results: Results, name: str) -> str | None:
    numbers = systems.empty(results.case.polyhedron, results.rules(name))
    return f"rule {numbers[0] + 1} has no interior" if numbers else None


def _redundant(results: Results, name: str) -> str | None:
    found = next(systems.redundant(results.case.polyhedron, results.rules(name)), None)
    return None if found is None else f"condition {found[1] + 1} of rule {found[0] + 1} follows from the others"


def _mergeable(results: Results, name: str) -> str | None:
    group = systems.mergeable(results.case.polyhedron, results.rules(name))
    return None if group is None else f"the union of rules {', '.join(str(number + 1) for number in group)} is convex"


def _differs(results: Results) -> str | None:
    """Rules of floats: nowhere further from the network than rounding errors."""
    case, cells = results.case, results.case.cells
    if not case.bounds:
        # Further away, what rules leave out as implied may not be.
        parts = [(cell, systems.near(cell.polyhedron, case.network, FAR)) for cell in cells]
        cells = [cell._replace(polyhedron=part) for cell, part in parts if part is not None]
    shares = systems.shares_of_terms(case.network, list(systems.pieces(results.rules("rules"), cells)))
    return f"the outputs differ by {shown(shares)} of their terms" if max(shares) > ROUNDING else None


def _differs_exactly(results: Results) -> str | None:
    parts = list(systems.pieces(results.rules("exact rules"), results.case.cells))
    found = systems.largest(parts, results.case.network.n_outputs)
    return (
        f"the rules differ by {[None if d is None else float(d) for d in found]}"
        if any(d != 0 for d in found)
        else None
    )


def _rounding_error(name: str) -> Fault:
    """Rounded rules are as close to the rules as they say, and as was asked for."""

    def fault(results: Results) -> str | None:
        system, case = results.system(name), results.case
        before = [
            systems.Cell(part, (), rule.outputs)
            for rule in results.rules("rules")
            if (part := systems.meeting(case.polyhedron, rule.conditions)) is not None
        ]
        parts = list(systems.pieces(results.rules(name), before))
        found = systems.largest(parts, case.network.n_outputs)
        stated = [Fraction(error) for error in system.rounding_error or ()]
        if any(true is None or true > error for true, error in zip(found, stated, strict=True)):
            return f"the rules moved by {[float(d) for d in found]}, not {[float(d) for d in stated]}"
        if name == "rounded within" and (system.rounding_error > allowed_error(results)).any():
            return f"the error {system.rounding_error} is above {allowed_error(results)}"
        return None

    return fault


def _decides_otherwise(results: Results) -> str | None:
    """The class of each rule has the largest output, up to rounding errors."""
    case, system = results.case, results.system("decision rules")
    for number, rule in enumerate(results.rules("decision rules")):
        label = system.rules[number].decision
        for cell in case.cells:
            part = systems.meeting(cell.polyhedron, rule.conditions)
            for point in [] if part is None else [*part.vertices, part.inner]:
                outputs = [value(row, point) for row in cell.outputs]
                if max(outputs) - outputs[label] > ROUNDING * max(case.network.terms(list(map(abs, point)))):
                    return f"rule {number + 1} is for {label} at {shown(point)}, where outputs are {shown(outputs)}"
    return None


def shown(point) -> str:
    """A point as a message shows it."""
    return f"({', '.join(repr(float(x)) for x in point)})"


def _is_bounded(case: Case) -> bool:
    return case.bounds is not None


def _has_classes(case: Case) -> bool:
    return case.network.n_outputs > 1


def _anywhere(case: Case) -> bool:
    return True


CLAIMS = [
    *structure("rules", _anywhere),
    Claim("rules equal the network up to rounding", _differs),
    *structure("exact rules", _anywhere),
    Claim("exact rules equal the network", _differs_exactly),
    *structure("rounded within", _is_bounded),
    Claim("rounded within the error", _rounding_error("rounded within"), _is_bounded),
    *structure("rounded to decimals", _is_bounded, (pr.RoundingError,)),
    Claim("rounded to decimals, with the error that is stated", _rounding_error("rounded to decimals"), _is_bounded),
    *structure("decision rules", _has_classes)[:-1],
    Claim("decision rules name the largest output", _decides_otherwise, _has_classes),
]
