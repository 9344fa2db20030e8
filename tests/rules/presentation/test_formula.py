"""The formula says what the compact form says, and no more than a person needs."""

import networks
import numpy as np
from hypothesis import event, given
from hypothesis import strategies as st
from typed_columns import random_table, random_weights, some_columns

from prelu_rules.columns.column import features_of
from prelu_rules.columns.encoding import feature_rows
from prelu_rules.domains.as_domain import as_domain
from prelu_rules.network.affine import AffineMap
from prelu_rules.network.compact import CompactForm
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.network.precision import Precision
from prelu_rules.rules.presentation.formula import formula_of
from prelu_rules.rules.rule import Rule
from prelu_rules.rules.rule_system import RuleSystem


def system_of(form, columns, domain=None):
    """A system with a network; its rules do not matter."""
    rule = Rule((), AffineMap(np.zeros((form.n_outputs, form.n_inputs)), np.zeros(form.n_outputs)))
    return RuleSystem((rule,), columns, [f"y{k}" for k in range(form.n_outputs)], form=form, domain=domain)


def random_network(rng, n_inputs, n_outputs, n_units, short):
    return NormalForm(
        A=random_weights(rng, (n_units, n_inputs), short),
        B=np.tril(random_weights(rng, (n_units, n_units), short), -1) * (rng.random((n_units, n_units)) < 0.6),
        b=random_weights(rng, n_units, short),
        C=random_weights(rng, (n_outputs, n_inputs), short),
        D=random_weights(rng, (n_outputs, n_units), short),
        e=random_weights(rng, n_outputs, short),
        slopes=rng.choice((0.0, 0.25, -0.5, 1.5), n_units),
    )


@st.composite
def cases(draw):
    """Columns, a network of them, a domain made from a table, and rows of it."""
    columns, seed, short = draw(some_columns()), draw(networks.seeds), draw(st.booleans())
    rng = np.random.default_rng(seed)
    form = random_network(rng, len(features_of(columns)), draw(st.integers(1, 3)), draw(st.integers(0, 4)), short)
    table = random_table(columns, seed)
    domain = as_domain(table, columns) if draw(st.booleans()) else None
    return columns, form, domain, feature_rows(columns, table)


@given(cases())
def test_it_is_the_compact_form(case):
    columns, form, domain, x = case
    formula = formula_of(system_of(form, columns, domain), None)
    y = CompactForm.of(form).predict(x)
    np.testing.assert_allclose(formula.predict(columns, x), y, rtol=1e-9, atol=1e-9 * np.abs(y).max())
    event(f"{len(formula.bends)} bends of {form.n_units}")
    event(f"gates: {any(case.bends for bend in formula.bends for case in bend.cases)}")
    event(f"cases: {max((len(bend.cases) for bend in formula.bends), default=0)}")


@given(cases(), st.integers(2, 6))
def test_rounded_it_is_the_rounded_compact_form(case, digits):
    columns, form, domain, x = case
    y = form.predict(x)
    precision = Precision.of_data(digits, x, y)
    formula = formula_of(system_of(form, columns, domain), precision)
    printed = CompactForm.of(form, precision).rounded(precision)
    n_terms = printed.weights.shape[1] * (1 + printed.n_units)
    steepness = 1 + np.abs(printed.weights[printed.n_units :, printed.n_inputs : -1]).sum()
    allowed = 10.0**-digits * n_terms * np.abs(y).max() * (1 + steepness)
    assert (np.abs(formula.predict(columns, x) - printed.predict(x)) <= allowed + 1e-9).all()
