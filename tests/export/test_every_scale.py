"""Whatever numbers are measured in, texts for people can be made, and what is read back answers as the rules do."""

from dataclasses import replace

import networks
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from prelu_rules.domains.box import Box
from prelu_rules.domains.linear_program import CellProgram
from prelu_rules.errors import SolverError
from prelu_rules.export import paper_reader, text_reader
from prelu_rules.extraction import extract
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.tolerances import CANCELLED, PRINTED_OUTPUT

pytestmark = pytest.mark.slow

FOR_PEOPLE = "text", "compact", "html", "markdown", "latex", "graphviz", "mermaid", "table", "paper"
ROUNDING = 4
"""How many times what a unit of a network may differ from its rules by: printed sums are in another order."""

exponents = st.floats(-12, 12)


@st.composite
def scaled_networks(draw):
    """A network, its domain and its classes: columns and outputs of any size, shifted, constant or nearly so."""
    rng = np.random.default_rng(draw(st.integers(0, 10**9)))
    n_inputs, n_units, n_outputs = draw(st.integers(1, 3)), draw(st.integers(0, 3)), draw(st.integers(1, 3))
    sizes = 10.0 ** np.array([draw(exponents) if draw(st.booleans()) else 0.0 for _ in range(n_inputs)])
    centre = sizes * np.array([draw(st.sampled_from([0.0, 0.0, 1e3, 1e9, 1e12])) for _ in range(n_inputs)])
    A = rng.normal(size=(n_units, n_inputs)) / sizes
    B = np.tril(rng.normal(size=(n_units, n_units)), -1) * draw(st.integers(0, 1))
    C, D = rng.normal(size=(n_outputs, n_inputs)) / sizes, rng.normal(size=(n_outputs, n_units))
    b, e = rng.normal(size=n_units) / 2 - A @ centre, rng.normal(size=n_outputs) - C @ centre
    kind = draw(st.sampled_from(["plain", "tiny", "huge", "nearly constant", "constant", "shifted", "alike", "zero"]))
    factor = 10.0 ** np.array([[draw(st.floats(-17, 0))] for _ in range(n_outputs)])
    classes = None
    if kind in ("tiny", "huge"):
        factor = factor if kind == "tiny" else 1 / factor
        C, D, e = C * factor, D * factor, e * factor[:, 0]
    elif kind == "nearly constant":
        C, D = C * 0, D * factor * 1e-3
    elif kind == "shifted":
        e = e * 10.0 ** draw(st.floats(0, 14))
    elif kind == "alike" and n_outputs > 1:
        C, D, e = C[:1] + factor * C, D[:1] + factor * D, np.full(n_outputs, e[0])
        classes = list(range(n_outputs))
    elif kind in ("constant", "zero"):
        C[0], D[0], e[-1] = 0, 0, 0 if kind == "zero" else e[-1]
    slopes = np.array([draw(st.sampled_from([0.0, 0.5, -0.5, 1.0])) for _ in range(n_units)])
    return NormalForm(A, B, b, C, D, e, slopes), Box(centre - sizes, centre + sizes), classes


def sizes_of_terms(form, x):
    """How large the sums of absolute terms get in the network."""
    units = np.zeros((len(x), form.n_units))
    for unit in range(form.n_units):
        units[:, unit] = np.abs(x) @ np.abs(form.A[unit]) + np.abs(form.b[unit]) + units @ np.abs(form.B[unit])
    return (np.abs(x) @ np.abs(form.C).T + np.abs(form.e) + units @ np.abs(form.D).T).max(axis=0)


def issue(weight, constant):
    form = NormalForm(A=[[1]], B=[[0]], b=[0], C=[[0]], D=[[weight]], e=[constant], slopes=[0])
    return form, Box([-1], [1]), None


@given(scaled_networks(), st.booleans(), st.booleans())
@example(issue(1e-14, 0.3), False, False)
@example(issue(1e-13, 0.3), True, False)
@example(issue(1e-9, 1e6), True, False)
@example(issue(1e-14, 0), True, True)
def test_texts_for_people_are_made_and_read(drawn, with_rows, exact):
    form, domain, classes = drawn
    x = domain.lower + (domain.upper - domain.lower) * np.random.default_rng(0).random((60, form.n_inputs))
    rules = extract(form.exact() if exact else form, x if with_rows else domain, classes=classes)
    for target in FOR_PEOPLE:
        rules.export(target)
    if classes is not None:
        decisions = rules.decision_rules(x=x)
        for target in FOR_PEOPLE:
            decisions.export(target)
    extract(form, x if with_rows else domain, on_demand=True).export("compact")
    y, size = rules.predict(x).astype(float), sizes_of_terms(form, x)
    # Of rows that the digits were not chosen by, a few may be further off.
    allowed = PRINTED_OUTPUT * rules.precision.output_scale * (1 if with_rows else 3)
    allowed = allowed + ROUNDING * max(1, form.n_units) * CANCELLED * size
    text = rules.export("text")
    found = {"paper": paper_reader.read(rules.export("paper")), "rules": text_reader.read(text, "rules")}
    if "\nThe same, as rules:" in text or text.startswith("out1 = "):
        found["formula"] = text_reader.read(text, "formula")
    for part, again in found.items():
        apart = np.abs(again.predict(x) - y).max(axis=0)
        assert (apart <= allowed).all(), (part, apart, allowed)


@pytest.mark.parametrize("seed", range(5))
def test_where_the_solver_fails_exact_arithmetic_says_the_same(seed, monkeypatch):
    x = np.random.default_rng(seed).normal(size=(40, 2))
    rules = extract_rules(networks.random_form(seed, (2, 2, 1, 1)), x)
    before = [rules.export(target) for target in ("text", "graphviz")]

    def failing(*_):
        raise SolverError("the solver stopped without an answer.")

    monkeypatch.setattr(CellProgram, "reach", failing)
    assert [replace(rules).export(target) for target in ("text", "graphviz")] == before
