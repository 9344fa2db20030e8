"""SymPy as an oracle: exact expressions against exact forms, on the bends as well."""

from dataclasses import replace
from fractions import Fraction

import networks
import numpy as np
import pytest
import sympy
from hypothesis import given, settings

from prelu_rules.errors import InvalidValueError
from prelu_rules.rules.extraction import extract_rules

tiny = networks.widths.filter(lambda widths: sum(widths[1:-1]) <= 3)


def value(expression, names, row):
    point = {
        sympy.Symbol(n, real=True): sympy.Rational(v.numerator, v.denominator) for n, v in zip(names, row, strict=True)
    }
    result = expression.subs(point)
    return Fraction(int(result.p), int(result.q))


@settings(max_examples=15)
@given(networks.seeds, tiny)
def test_both_forms_are_the_network_exactly(seed, widths):
    form = networks.random_form(seed, widths)
    exact = form.exact()
    rules = extract_rules(form, max_nonlinear=3)
    # Rules of exact numbers, so that nothing was rounded on the way from network to rules.
    exact_rules = replace(extract_rules(exact, max_nonlinear=3), form=exact)
    x = [[Fraction(int(v), 4) for v in row] for row in np.random.default_rng(seed).integers(-8, 8, (4, widths[0]))]
    for kind, system in (("piecewise", exact_rules), ("max", exact_rules)):
        expressions = system.to_sympy(kind, exact=True)
        for row in x:
            expected = exact.predict(np.array(row))
            assert [value(e, rules.feature_names, row) for e in expressions.values()] == expected.tolist()


def test_on_a_bend():
    expressions = extract_rules(networks.xor_form()).to_sympy(exact=True)
    row = [Fraction(1), Fraction(0), Fraction(1, 2), Fraction(1, 2)]
    assert [value(e, ("in1", "in2", "in3", "in4"), row) for e in expressions.values()] == [1, 1]


def test_floats_stay_floats():
    expression = extract_rules(networks.random_form(0, (1, 1))).to_sympy()["out1"]
    assert expression.atoms(sympy.Float)
    assert not expression.atoms(sympy.Rational) - expression.atoms(sympy.Integer)


def test_rules_without_a_network_have_no_closed_formula():
    rules = replace(extract_rules(networks.xor_form()), form=None)
    with pytest.raises(InvalidValueError, match="no closed formula; use 'piecewise'"):
        rules.to_sympy("max")
