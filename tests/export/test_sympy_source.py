"""Source that SymPy reads back as the expressions, and the answers of these on rows."""

import executed
import networks
import numpy as np
import pytest
import sympy

from prelu_rules.errors import InvalidValueError
from prelu_rules.export.sympy import write
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.on_demand import rules_on_demand


def outputs_of(source):
    scope = {}
    exec(source, scope)
    return scope["outputs"]


def answers(system, outputs, table):
    """The outputs of rows, by NumPy."""
    # Under names of its own, since SymPy's writer of functions takes one that is called "select" for NumPy's.
    symbols = {sympy.Symbol(name, real=True): sympy.Symbol(f"x{k}") for k, name in enumerate(system.feature_names)}
    expressions = [outputs[name].xreplace(symbols) for name in system.output_names]
    x = system.encoded(table)
    functions = [sympy.lambdify(list(symbols.values()), one, "numpy", cse=True) for one in expressions]
    with np.errstate(invalid="ignore"):
        return np.column_stack([np.broadcast_to(function(*x.T), len(x)) for function in functions])


# SymPy takes long over bends that are thirteen deep.
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name == "deep")) for name in executed.NAMES]
)
def test_answers_are_those_of_the_rules(name):
    case = executed.case(name)
    for shape in case.shapes:
        outputs = outputs_of(write(case.system, shape))
        assert outputs == case.system.to_sympy("max" if shape == "formula" else "piecewise")
        executed.check(case, shape, answers(case.system, outputs, case.rows))


@pytest.mark.parametrize("name", ["tariff", "three classes", "twelve rules"])
def test_exact_numbers_survive(name):
    system = executed.case(name).system
    assert outputs_of(write(system, "formula", exact=True)) == system.to_sympy("max", exact=True)
    assert outputs_of(write(system, exact=True)) == system.to_sympy(exact=True)


@pytest.mark.parametrize("pair", executed.PAIRS, ids=executed.pair_id)
def test_names_are_data(pair):
    case = executed.hostile_case(*pair)
    source = write(case.system)
    assert source.isascii()
    executed.check(case, "list", answers(case.system, outputs_of(source), case.rows))


def test_rules_on_demand_have_a_formula():
    form = networks.random_form(0, (2, 3, 1))
    system = rules_on_demand(form)
    assert outputs_of(write(system)) == system.to_sympy()
    with pytest.raises(InvalidValueError, match="no list of rules"):
        write(system, "list")


def test_there_has_to_be_such_a_shape():
    with pytest.raises(InvalidValueError, match="shape is 'max'"):
        write(extract_rules(networks.random_form(0, (1, 1))), "max")
