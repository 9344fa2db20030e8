"""Claims of certificates: the bounds hold, are attained, and every planted fault is found at a true place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

import prelu_rules as pr
from exact_judge import systems
from exact_judge.case import Case
from exact_judge.cells import Affine, fractions
from exact_judge.claims_of_rules import shown
from exact_judge.polyhedron import Polyhedron, value
from exact_judge.results import Results, judged
from exact_judge.verdict import Claim

MOVE = 1e-6
"""How far a bend or a constant is moved, relative to its size on the domain."""

ON_EQUATION = Fraction(1, 10**12)
"""Floats that solve an equation do so up to rounding errors."""

TIGHT = Fraction(1, 10**12)
"""A bound that is said to be exact is the true difference, rounded up to a float."""

Rules = Sequence[systems.Rule]

Point = Sequence[Fraction]


def _of_rules(results: Results) -> str | None:
    return certificate_fault(results, results.system("rules"), results.case.form)


def _of_exact_rules(results: Results) -> str | None:
    return certificate_fault(results, results.system("exact rules"), results.case.form.exact())


def _places(results: Results) -> str | None:
    """The places where differences are attained are in the domain."""
    case = results.case
    for name, form in (("rules", case.form), ("exact rules", case.form.exact())):
        for point in results.system(name).certify(form, case.domain).at:
            if not _is_in(case, fractions(point)):
                return f"of the {name}, a difference is said to be attained at {point}, which is not in the domain"
    return None


def _of_planted(change: Callable[[Results, pr.RuleSystem], pr.RuleSystem]) -> Callable[[Results], str | None]:
    return lambda results: certificate_fault(results, change(results, results.system("rules")), results.case.form)


def certificate_fault(results: Results, system: pr.RuleSystem, form: pr.NormalForm) -> str | None:
    """What is wrong with the certificate of a system; None if nothing is."""
    case, rules = results.case, judged(system)
    certificate = system.certify(form, case.domain)
    parts = list(systems.pieces(rules, case.cells))
    true = systems.largest(parts, case.network.n_outputs)
    own = systems.largest(list(_parts(case, rules)), case.network.n_outputs)
    for output, (difference, size) in enumerate(zip(true, own, strict=True)):
        upper, lower = certificate.upper[output], Fraction(certificate.lower[output])
        if _is_below(upper, difference):
            return f"output {output + 1} differs by {_float(difference)}, but the bound is {upper}"
        if _is_below(certificate.largest[output], size):
            return f"output {output + 1} reaches {_float(size)}, but largest is {certificate.largest[output]}"
        if certificate.exact and difference is not None and not _is_tight(upper, difference):
            return f"output {output + 1} differs by {_float(difference)} only, but the bound is {upper}"
        attained = _attained(case, rules, fractions(certificate.at[output]), output)
        if attained < lower:
            return f"the difference {float(lower)} of output {output + 1} is not attained at {certificate.at[output]}"
    return _gap_fault(case, rules, certificate) or _overlap_fault(case, rules, certificate)


def _gap_fault(case: Case, rules: Rules, certificate: pr.Certificate) -> str | None:
    """Whether gaps are found, and are what they are said to be."""
    gap = systems.uncovered(case.polyhedron, rules)
    said = certificate.uncovered
    if said is None:
        return None if gap is None else f"{shown(gap.inner)} is uncovered, which was not found"
    if gap is None:
        return f"{said} is said to be uncovered, but all rules together cover the domain"
    if any(rule.covers(fractions(said)) for rule in rules):
        return f"{said} is said to be uncovered, but a rule covers it"
    return None if _is_in(case, fractions(said)) else f"{said} is said to be uncovered, but is not in the domain"


def _overlap_fault(case: Case, rules: Rules, certificate: pr.Certificate) -> str | None:
    """Whether overlaps are found, and are what they are said to be."""
    shared = next(systems.overlaps(case.polyhedron, rules), None)
    said = certificate.overlap
    if said is None:
        return None if shared is None else f"{shown(shared[2].inner)} is inside two rules, which was not found"
    if shared is None:
        return f"{said} is said to be inside two rules, but no two overlap"
    if sum(rule.inside(fractions(said), case.polyhedron) for rule in rules) < 2:
        return f"{said} is said to be inside two rules, but is not"
    return None if _is_in(case, fractions(said)) else f"{said} is said to be inside two rules, but is not in the domain"


def _parts(case: Case, rules: Rules) -> Iterator[tuple[Polyhedron, list[Affine]]]:
    """The cell of each rule, and its outputs."""
    for rule in rules:
        part = systems.meeting(case.polyhedron, rule.conditions)
        if part is not None:
            yield part, rule.outputs


def _attained(case: Case, rules: Rules, point: Point, output: int) -> Fraction:
    """The largest difference at a point of rules that cover it, boundaries included."""
    network = case.network.at(point)[output]
    here = [abs(value(rule.outputs[output], point) - network) for rule in rules if rule.touches(point)]
    return max(here, default=Fraction(0))


def _is_in(case: Case, point: Point) -> bool:
    """Whether a point is in the domain: exactly, but for equations, which floats seldom solve exactly."""
    bounds = case.bounds
    if bounds is None:
        return True
    box = zip(fractions(bounds.lower), point, fractions(bounds.upper), strict=True)
    if not all(lower <= x <= upper for lower, x, upper in box):
        return False
    if bounds.coef is None:
        return True
    for weights, limit, equal in zip(fractions(bounds.coef), fractions(bounds.limit), bounds.equal, strict=True):
        over = value([*weights, -limit], point)
        if over > (ON_EQUATION if equal else 0) or (equal and over < -ON_EQUATION):
            return False
    return True


def _is_below(bound: float, true: Fraction | None) -> bool:
    return bound != np.inf and (true is None or Fraction(bound) < true)


def _is_tight(bound: float, true: Fraction) -> bool:
    return bound != np.inf and Fraction(bound) <= true * (1 + TIGHT) + Fraction(float(np.nextafter(0, 1)))


def _float(true: Fraction | None) -> float:
    return np.inf if true is None else float(true)


def _dropped(results: Results, system: pr.RuleSystem) -> pr.RuleSystem:
    """The system without a rule; with one rule only, that rule holds on half of the domain."""
    number = results.case.number % len(system)
    left = [rule for place, rule in enumerate(system.rules) if place != number]
    return replace(system, rules=left or [_halved(results, system.rules[0])])


def _halved(results: Results, rule: pr.Rule) -> pr.Rule:
    coef = np.zeros(results.case.network.n_inputs)
    points = np.array([[float(x) for x in point] for point in results.case.polyhedron.vertices])
    widest = int(np.argmax(points.max(axis=0) - points.min(axis=0)))
    coef[widest] = 1.0
    return replace(rule, conditions=(pr.Condition(coef, -float(points[:, widest].mean()), True),))


def _moved(results: Results, system: pr.RuleSystem) -> pr.RuleSystem:
    """The system with one bend of one rule moved, in either direction."""
    places = [(number, k) for number, rule in enumerate(system.rules) for k in range(len(rule.conditions))]
    if not places:
        return system
    number, k = places[results.case.number % len(places)]
    conditions = list(system.rules[number].conditions)
    row = [*conditions[k].coef.tolist(), conditions[k].intercept]
    points = [[float(x) for x in point] for point in results.case.polyhedron.vertices]
    size = max(abs(np.dot(row[:-1], point) + row[-1]) for point in points) or max(map(abs, row))
    step = MOVE * size * (-1) ** (results.case.number + k)
    conditions[k] = replace(conditions[k], intercept=row[-1] + step)
    return _with_rule(system, number, replace(system.rules[number], conditions=tuple(conditions)))


def _changed(results: Results, system: pr.RuleSystem) -> pr.RuleSystem:
    """The system with another constant in one output of one rule."""
    number = results.case.number % len(system)
    outputs = system.rules[number].outputs
    intercept = np.array(outputs.intercept)
    intercept[-1] += MOVE * max(1.0, abs(intercept[-1]))
    return _with_rule(system, number, replace(system.rules[number], outputs=replace(outputs, intercept=intercept)))


def _with_rule(system: pr.RuleSystem, number: int, rule: pr.Rule) -> pr.RuleSystem:
    rules = list(system.rules)
    rules[number] = rule
    return replace(system, rules=tuple(rules))


CLAIMS = [
    Claim("certificate of the rules", _of_rules),
    Claim("certificate of the exact rules", _of_exact_rules),
    Claim("certificates name places in the domain", _places),
    Claim("certificate without a rule", _of_planted(_dropped)),
    Claim("certificate with a bend moved", _of_planted(_moved)),
    Claim("certificate with a constant changed", _of_planted(_changed)),
]
