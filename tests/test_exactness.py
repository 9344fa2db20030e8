"""What the package claims, as the exact judge finds it, on 150 cases of 17 kinds of networks and 8 kinds of domains.

`benchmarks/exactness.py` does the same on 2,000.
"""

import networks
import numpy as np
import pytest
from exact_judge.case import all_cases, drawn
from exact_judge.claims import CLAIMS
from exact_judge.domain_kinds import Bounds, polyhedron_of
from exact_judge.verdict import verdicts

import prelu_rules as pr
from prelu_rules.geometry.ranges import output_ranges
from prelu_rules.rules.certificate import certify
from prelu_rules.rules.extraction import extract_rules

N_CASES = 150

ONCE_BROKEN = [
    ("weights of 1e12", "1e9 wide", 8),  # ends of ranges as the simplex method had them
    ("nearly constant", "rows", 10),  # digits of rules as coarse as those of a compact form that differs from them
    ("nested", "one-hot", 12),  # a corner lost by an intercept that was computed in floats
    ("weights of 1e-12", "all of R^n", 10),  # further away than is claimed
]
"""What 2,000 cases found."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [*all_cases(N_CASES), *ONCE_BROKEN], ids=lambda name: "-".join(map(str, name)).replace(" ", "_")
)
def test_claims_hold(name, capfd):
    case = drawn(*name)
    failures = [verdict for verdict in verdicts(case, CLAIMS) if verdict.is_failure]
    # The linear programming solver prints where it is not told to be silent.
    assert capfd.readouterr() == ("", "")
    assert not failures, "\n".join([f"{v.claim}: {v.state} {v.error} {v.detail}" for v in failures] + [case.shown()])


FORM = networks.random_form(0, (2, 2, 1))

# 0.1 + 0.2 is not 0.3 in floats, so this holds up to rounding errors only.
NEARLY = pr.Polytope(pr.Box([0.1, 0.2], [0.1, 0.2]), [[1.0, 1.0]], [0.3], [True])

EMPTY = pr.Polytope.one_hot(pr.Box([0.0, 0.0], [0.25, 0.5]), [[0, 1]])


@pytest.mark.parametrize("domain", [NEARLY, EMPTY])
def test_these_domains_have_no_exact_point(domain):
    assert polyhedron_of(Bounds(domain.lower, domain.upper, domain.coef, domain.limit, domain.equal), 2) is None


@pytest.mark.parametrize(
    ("refused", "error"),
    [
        (lambda: extract_rules(FORM, EMPTY), pr.InvalidValueError),
        (lambda: extract_rules(FORM.exact(), EMPTY), pr.InvalidValueError),
        (lambda: list(pr.linear_regions(FORM, EMPTY)), pr.InvalidValueError),
        (lambda: list(pr.linear_regions(FORM.exact(), EMPTY)), pr.InvalidValueError),
        (lambda: output_ranges(FORM, EMPTY), pr.InvalidValueError),
        (lambda: certify(extract_rules(FORM), FORM, EMPTY), pr.InvalidValueError),
        (lambda: certify(extract_rules(FORM), FORM, NEARLY), pr.InvalidValueError),
        (lambda: extract_rules(FORM).rounded(max_error=0.1, domain=NEARLY), pr.InvalidValueError),
        (lambda: extract_rules(FORM).rounded(max_error=0.1), pr.InvalidValueError),
        (lambda: output_ranges(FORM, None), pr.InvalidValueError),
        (lambda: extract_rules(FORM, np.empty((0, 2))), pr.InvalidValueError),
        (lambda: extract_rules(FORM, [[0.0, np.inf]]), pr.InvalidValueError),
        (lambda: extract_rules(FORM, pr.Box([0], [1])), pr.ShapeError),
        (lambda: extract_rules(networks.random_form(0, (2, 6, 1))), pr.TooManyUnitsError),
        (lambda: pr.Box([1.0], [0.0]), pr.InvalidValueError),
    ],
)
def test_what_has_no_answer_is_refused(refused, error):
    with pytest.raises(error):
        refused()
