"""The exact judge against linear programs of SciPy, sampling, known counts, and faults that were planted."""

import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import rational_plane
from exact_judge import claims_of_regions, systems
from exact_judge.case import Case, all_cases, drawn, polyhedron_of
from exact_judge.cells import Network, cells
from exact_judge.claims import CLAIMS
from exact_judge.claims_of_certificates import certificate_fault
from exact_judge.domain_kinds import DOMAINS, Bounds
from exact_judge.network_kinds import NETWORKS
from exact_judge.polyhedron import Polyhedron, value
from exact_judge.results import Results
from exact_judge.systems import Condition, Rule
from exact_judge.verdict import BROKEN, HELD, NOT_REACHED, RAISED, REFUSED, Claim, verdicts
from hypothesis import given
from hypothesis import strategies as st
from reference_networks import reference_network
from scipy.optimize import linprog

import prelu_rules as pr

seeds = st.integers(0, 2**32 - 1)


def test_the_geometry_does_not_import_the_package():
    modules = "cells, domain_kinds, network_kinds, polyhedron, systems"
    code = f"import sys; sys.modules['prelu_rules'] = None; from exact_judge import {modules}"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parent)


def constraints(rng, n_inputs, n_rows):
    """Rows of small whole numbers over 8, many of which meet in one point."""
    return rng.integers(-8, 9, size=(n_rows, n_inputs + 1)) / 8


def polyhedron(rows, n_inputs):
    found = Polyhedron.everything(n_inputs)
    for row in rows:
        found = None if found is None else found.within([Fraction(float(number)) for number in row])
    return found


@given(seeds, st.integers(1, 4), st.integers(0, 9))
def test_linear_programs_have_the_optimum_that_scipy_finds(seed, n_inputs, n_rows):
    rng = np.random.default_rng(seed)
    rows, objective = constraints(rng, n_inputs, n_rows), constraints(rng, n_inputs, 1)[0]
    found = polyhedron(rows, n_inputs)
    program = linprog(-objective[:-1], -rows[:, :-1], rows[:, -1], bounds=(None, None))
    if found is None:
        assert program.status == 2
        return
    optimum = found.maximum([Fraction(float(number)) for number in objective])
    if optimum.value is None:
        assert program.status == 3
        return
    assert program.status == 0 and float(optimum.value) == pytest.approx(objective[-1] - program.fun, abs=1e-7)
    assert value(list(map(Fraction, objective)), optimum.point) == optimum.value
    assert all(value(list(map(Fraction, row)), optimum.point) >= 0 for row in rows)


@given(seeds, st.integers(1, 4), st.integers(0, 9))
def test_a_half_is_there_if_it_has_a_width(seed, n_inputs, n_rows):
    """A linear program with slack decides whether a polyhedron has points above 0 of a row."""
    rng = np.random.default_rng(seed)
    rows, row = constraints(rng, n_inputs, n_rows), constraints(rng, n_inputs, 1)[0]
    found = polyhedron(rows, n_inputs)
    if found is None:
        return
    above = found.half([Fraction(float(number)) for number in row])
    capped = np.vstack([rows, [*-row[:-1], 1 - row[-1]]])
    program = linprog(-row[:-1], -capped[:, :-1], capped[:, -1], bounds=(None, None))
    # It is infeasible where the row is above 1 everywhere.
    assert (above is not None) == (program.status == 2 or row[-1] - program.fun > 1e-7)
    for part in [found] if above is None else [found, above]:
        assert all(value(list(map(Fraction, limit)), part.inner) >= 0 for limit in rows)
    if above is not None:
        assert value(list(map(Fraction, row)), above.inner) > 0


def test_polyhedra_have_their_corners():
    cube = polyhedron_of(Bounds(np.zeros(3), np.ones(3)), 3)
    assert len(cube.vertices) == 8 and not cube.directions and cube.inner == (Fraction(1, 2),) * 3
    octant = polyhedron(np.hstack([np.eye(3), np.zeros((3, 1))]), 3)
    assert octant.vertices == [(0, 0, 0)] and len(octant.directions) == 3
    plane = Polyhedron.everything(2)
    assert len(plane.directions) == 4 and plane.maximum([1, 0, 0]).value is None and plane.maximum([0, 0, 3]).value == 3
    simplex = polyhedron_of(Bounds(np.zeros(3), np.ones(3), np.ones((1, 3)), np.ones(1), np.ones(1, dtype=bool)), 3)
    assert sorted(simplex.vertices) == [(0, 0, 1), (0, 1, 0), (1, 0, 0)] and simplex.vanishes([1, 1, 1, -1])
    assert polyhedron_of(Bounds(np.full(2, 0.5), np.ones(2), np.ones((1, 2)), np.array([0.75]), np.zeros(1)), 2) is None


@pytest.mark.parametrize(
    ("dimension", "widths", "count"),
    [(2, (16, 16), 345), pytest.param(4, (10, 10), 1758, marks=pytest.mark.slow)],
)
def test_known_counts(dimension, widths, count):
    form = reference_network(dimension, widths)
    network = Network.of(form.A, form.B, form.b, form.C, form.D, form.e, form.slopes)
    box = polyhedron_of(Bounds(-np.ones(dimension), np.ones(dimension)), dimension)
    assert sum(1 for _ in cells(network, box)) == count


@pytest.mark.parametrize("kind", NETWORKS)
def test_cells_of_the_plane_are_those_of_clipping(kind):
    rng = np.random.default_rng(0)
    arrays = NETWORKS[kind](rng, 2)
    bounds = DOMAINS["box"](rng, arrays)
    found = {cell.signs: cell for cell in cells(Network.of(*arrays), polyhedron_of(bounds, 2))}
    expected = rational_plane.exact_regions(arrays, bounds.lower, bounds.upper)
    assert found.keys() == expected.keys()
    for signs, cell in found.items():
        assert cell.outputs == expected[signs].outputs
        assert set(cell.polyhedron.vertices) == set(expected[signs].corners)


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("kind", NETWORKS)
def test_cells_are_where_the_network_has_their_signs(kind, domain):
    case = drawn(kind, domain, 0)
    found = {cell.signs: cell for cell in case.cells}
    assert len(found) == len(case.cells)
    for cell in case.cells:
        assert case.form.exact().pattern(np.array(cell.polyhedron.inner, dtype=object)).tolist() == list(cell.signs)
        for point in [*cell.polyhedron.vertices, cell.polyhedron.inner]:
            assert [value(row, point) for row in cell.outputs] == case.network.at(point)


@pytest.mark.parametrize("kind", NETWORKS)
def test_samples_lie_in_the_cells(kind):
    """Points of the domain that are on no bend, as mixtures of its vertices."""
    case = drawn(kind, "polytope", 1)
    found = {cell.signs for cell in case.cells}
    rng, vertices = np.random.default_rng(0), case.polyhedron.vertices
    form = case.form.exact()
    for weights in rng.integers(0, 1000, size=(50, len(vertices))).tolist():
        total = Fraction(sum(weights))
        point = [sum(w * x for w, x in zip(weights, xs, strict=True)) / total for xs in zip(*vertices, strict=True)]
        z = form.pre_activations(np.array(point, dtype=object))
        if all(z != 0):
            assert tuple((z > 0).tolist()) in found


QUADRANTS = [
    Rule([Condition((1, 0, 0), False), Condition((0, 1, 0), False)], [[1, 1, 0]]),
    Rule([Condition((-1, 0, 0), True), Condition((0, 1, 0), False)], [[-1, 1, 0]]),
    Rule([Condition((0, -1, 0), True)], [[0, 0, 5]]),
]


def test_faults_of_systems():
    plane = Polyhedron.everything(2)
    assert systems.uncovered(plane, QUADRANTS) is None and not list(systems.overlaps(plane, QUADRANTS))
    assert not list(systems.redundant(plane, QUADRANTS)) and systems.mergeable(plane, QUADRANTS) is None
    for number in range(3):
        left = [rule for k, rule in enumerate(QUADRANTS) if k != number]
        gap = systems.uncovered(plane, left)
        assert gap is not None and QUADRANTS[number].covers(gap.inner) and not any(r.covers(gap.inner) for r in left)
    moved = [*QUADRANTS[:2], Rule([Condition((0, -1, Fraction(1, 10**30)), True)], [[0, 0, 5]])]
    assert [pair[:2] for pair in systems.overlaps(plane, moved)] == [(0, 2), (1, 2)]
    assert systems.width(next(systems.overlaps(plane, moved))[2], moved) == pytest.approx(1e-30)
    longer = [QUADRANTS[0]._replace(conditions=[*QUADRANTS[0].conditions, Condition((1, 1, 0), False)])]
    assert list(systems.redundant(plane, longer)) == [(0, 2)]
    assert systems.empty(plane, [Rule([Condition((1, 0, 0), False), Condition((-1, 0, 0), False)], [])]) == [0]
    alike = [QUADRANTS[0], QUADRANTS[1]._replace(outputs=QUADRANTS[0].outputs), QUADRANTS[2]]
    assert systems.mergeable(plane, alike) == (0, 1)


def test_a_pinwheel_is_convex_only_as_a_whole():
    ways = [(1, 0), (-1, 1), (-1, -1)]
    wedges = [
        Rule([Condition((-y, x, 0), False), Condition((v, -u, 0), True)], [[0, 0, 1]])
        for (x, y), (u, v) in zip(ways, [*ways[1:], ways[0]], strict=True)
    ]
    assert systems.uncovered(Polyhedron.everything(2), wedges) is None
    assert systems.mergeable(Polyhedron.everything(2), wedges) == (0, 1, 2)
    assert systems.mergeable(Polyhedron.everything(2), wedges[:2]) is None


def test_a_difference_is_found_where_it_is_largest():
    network = Network.of(*drawn("ordinary", "box", 0).arrays)
    case = drawn("ordinary", "box", 0)
    rules = [Rule([], cell.outputs) for cell in case.cells[:1]]
    parts = list(systems.pieces(rules, case.cells))
    (found,) = systems.largest(parts, 1)
    at = [abs(value(rules[0].outputs[0], p) - network.at(p)[0]) for c in case.cells for p in c.polyhedron.vertices]
    assert found == max(at) > 0


def test_the_cases_are_of_all_kinds_and_the_same_in_every_run():
    names = all_cases(2000)
    assert len(set(names)) == 2000 and {name[:2] for name in names} == {(n, d) for n in NETWORKS for d in DOMAINS}
    assert drawn(*names[5]).shown() == drawn(*names[5]).shown() != drawn(*names[141]).shown()


HAT = Case(
    "by hand",
    "by hand",
    0,
    NETWORKS["ordinary"](np.random.default_rng(0), 1)._replace(
        A=np.ones((3, 1)),
        B=np.zeros((3, 3)),
        b=np.array([0.0, -1.0, -2.0]),
        C=np.zeros((1, 1)),
        D=np.array([[1.0, -2.0, 1.0]]),
        e=np.zeros(1),
        slopes=np.zeros(3),
    ),
    Bounds(np.array([-4.0]), np.array([4.0])),
)


def planted(change):
    """What becomes of the claims of the rules of a hat if the rules that the package found are changed."""
    results = Results(HAT)
    results.put("rules", change(results.system("rules")))
    return {v.claim for v in verdicts(HAT, CLAIMS, results) if v.state == BROKEN and v.claim.startswith("rules")}


def with_rules(system, change):
    return replace(system, rules=change(list(system.rules)))


def with_condition(rule, coef, intercept, nonnegative):
    return replace(rule, conditions=(*rule.conditions, pr.Condition([coef], intercept, nonnegative)))


def test_nothing_is_wrong_with_a_hat():
    assert {verdict.state for verdict in verdicts(HAT, CLAIMS)} <= {HELD, REFUSED}


@pytest.mark.parametrize(
    ("claim", "change"),
    [
        ("rules cover", lambda rules: rules[1:]),
        ("rules are disjoint", lambda rules: [*rules, replace(rules[0], conditions=())]),
        ("rules have an interior", lambda rules: [*rules, with_condition(rules[0], 1.0, -5.0, True)]),
        ("rules are irredundant", lambda rules: [with_condition(rules[0], 1.0, -5.0, False), *rules[1:]]),
        (
            "rules are merged",
            lambda rules: [with_condition(rules[0], 1.0, 2.0, side) for side in (True, False)] + rules[1:],
        ),
        (
            "rules equal the network up to rounding",
            lambda rules: [
                replace(rules[0], outputs=pr.AffineMap(rules[0].outputs.coef, rules[0].outputs.intercept + 1e-9)),
                *rules[1:],
            ],
        ),
    ],
)
def test_each_fault_of_rules_breaks_its_claim(claim, change):
    broken = planted(lambda system: with_rules(system, change))
    assert claim in broken
    assert not planted(lambda system: system)


def judged_claims(*names):
    """The states of some claims on the hat."""
    found = {verdict.claim: verdict for verdict in verdicts(HAT, [c for c in CLAIMS if c.name in names or not names])}
    return [found[name].state for name in names]


@pytest.mark.parametrize(
    "change",
    [
        lambda c: replace(c, upper=c.upper - 1e-12),
        lambda c: replace(c, upper=c.upper + 1e-9),
        lambda c: replace(c, lower=c.lower + 1e-12),
        lambda c: replace(c, largest=c.largest - 1e-12),
        lambda c: replace(c, uncovered=None),
        lambda c: replace(c, uncovered=np.array([1.5])),
        lambda c: replace(c, uncovered=np.array([5.0])),
        lambda c: replace(c, overlap=np.array([0.5])),
        lambda c: replace(c, at=c.at + 0.25),
    ],
)
def test_a_false_certificate_breaks_its_claim(change, monkeypatch):
    """Of the hat without the rule where it rises, and where it is 0 another slope than the network has."""
    results = Results(HAT)
    rules = [r for r in results.system("rules").rules if not r.covers([[0.5]]).any()]
    raised = replace(rules[0], outputs=pr.AffineMap(rules[0].outputs.coef + 0.125, rules[0].outputs.intercept))
    system = replace(results.system("rules"), rules=(raised, *rules[1:]))
    truth = system.certify(HAT.form, HAT.domain)
    assert truth.lower > 0 and truth.uncovered is not None and certificate_fault(results, system, HAT.form) is None
    monkeypatch.setattr(pr.RuleSystem, "certify", lambda *_: change(truth))
    assert certificate_fault(results, system, HAT.form) is not None


def test_an_overlap_that_is_missed_breaks_the_claim(monkeypatch):
    results = Results(HAT)
    system = with_rules(results.system("rules"), lambda rules: [*rules, replace(rules[0], conditions=())])
    truth = system.certify(HAT.form, HAT.domain)
    assert certificate_fault(results, system, HAT.form) is None
    for overlap in (None, np.array([5.0]), np.array([0.0])):
        monkeypatch.setattr(pr.RuleSystem, "certify", lambda *_, o=overlap: replace(truth, overlap=o))
        assert certificate_fault(results, system, HAT.form) is not None


def test_a_lost_region_breaks_the_claims(monkeypatch):
    found = pr.linear_regions
    names = "regions are the cells", "regions of the exact form are the cells"
    for change in (
        lambda regions: regions[1:],
        lambda regions: [*regions, SimpleNamespace(pattern=np.zeros(4, dtype=bool), coef=[], intercept=[])],
    ):
        monkeypatch.setattr(pr, "linear_regions", lambda *given, c=change: c(list(found(*given))))
        assert judged_claims(*names) == [BROKEN, BROKEN]
    half = SimpleNamespace(coef=np.array([[0.5]]), intercept=np.zeros(1))
    for pattern in ([False] * 3, [False, True, True]):
        half.pattern = np.array(pattern)
        monkeypatch.setattr(pr, "linear_regions", lambda *given: [half, *list(found(*given))[1:]])
        assert judged_claims(*names) == [HELD, BROKEN]


@pytest.mark.parametrize("shift", [1e-9, -1e-9])
def test_false_bounds_break_their_claims(shift, monkeypatch):
    ranges, bounds = claims_of_regions.output_ranges, claims_of_regions.deviation_bounds

    def other_ranges(*given):
        found = ranges(*given)
        return replace(found, upper=found.upper + shift)

    def other_bounds(*given, **limits):
        found = bounds(*given, **limits)
        return replace(found, lower=found.upper + 1e-9) if shift > 0 else replace(found, upper=found.lower + shift)

    monkeypatch.setattr(claims_of_regions, "output_ranges", other_ranges)
    monkeypatch.setattr(claims_of_regions, "deviation_bounds", other_bounds)
    assert judged_claims("ranges of outputs", "bounds of the deviation") == [BROKEN, BROKEN]


def test_a_changed_text_breaks_its_claim(monkeypatch):
    names = "the text is read back", "the paper's text is read back", "JSON is read back"
    assert judged_claims(*names) == [HELD] * 3
    export = pr.RuleSystem.export

    def changed(system, target):
        rules = [replace(r, outputs=pr.AffineMap(r.outputs.coef, r.outputs.intercept + 0.25)) for r in system.rules]
        return export(replace(system, rules=rules, form=None), target)

    monkeypatch.setattr(pr.RuleSystem, "export", changed)
    assert judged_claims(*names) == [BROKEN] * 3


def test_false_rounding_errors_break_their_claims():
    for name in ("rounded within", "rounded to decimals"):
        results = Results(HAT)
        system = results.system(name)
        change = pr.AffineMap(system.rules[0].outputs.coef + 0.125, system.rules[0].outputs.intercept)
        changed = with_rules(system, lambda rules, c=change: [replace(rules[0], outputs=c), *rules[1:]])
        results.put(name, changed)
        broken = {v.claim for v in verdicts(HAT, CLAIMS, results) if v.state == BROKEN}
        assert [claim for claim in broken if claim.startswith(f"{name} ") or claim.startswith(f"{name},")]


def test_what_is_raised_is_a_verdict():
    def refuse(results):
        raise pr.RoundingError("no.")

    claims = [
        Claim("raises", refuse),
        Claim("may raise", refuse, may_raise=(pr.RoundingError,)),
        Claim("concerns nothing", refuse, lambda case: False),
        Claim("is not reached", lambda results: str(results.system("broken"))),
    ]
    results = Results(HAT)
    results.put("broken", None)
    found = [(verdict.state, verdict.error) for verdict in verdicts(HAT, claims, results)]
    assert found == [(RAISED, "RoundingError"), (REFUSED, "RoundingError"), (NOT_REACHED, "")]
