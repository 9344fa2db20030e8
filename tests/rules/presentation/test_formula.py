"""The formula says what the compact form says, and no more than a person needs."""

from dataclasses import replace

import networks
import numpy as np
import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from typed_columns import random_table, random_weights, some_columns

from prelu_rules.columns.column import Column, features_of
from prelu_rules.columns.feature_rows import feature_rows
from prelu_rules.domains.as_domain import as_domain
from prelu_rules.domains.box import Box
from prelu_rules.domains.polytope import Polytope
from prelu_rules.domains.sampling import sampled
from prelu_rules.network.affine import AffineMap
from prelu_rules.network.compact import CompactForm
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.network.precision import Precision, rounded
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.presentation.formula import formula_of
from prelu_rules.rules.presentation.length import n_numbers
from prelu_rules.rules.presentation.presentation import OutputFormula
from prelu_rules.rules.presentation.statements import Bend, Case, Cells, Letter, Sum, Term, Test
from prelu_rules.rules.rule import Condition, Rule
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
    assert n_numbers(formula) == 0 or formula.outputs
    event(f"{len(formula.bends)} bends of {form.n_units}")
    event(f"cases: {max((len(bend.cases) for bend in formula.bends), default=0)}")


@given(networks.seeds, st.integers(1, 3), st.integers(0, 4), st.integers(2, 6))
def test_of_numbers_in_one_layer_it_is_exactly_the_printed_compact_form(seed, n_inputs, n_units, digits):
    rng = np.random.default_rng(seed)
    form, x = random_network(rng, n_inputs, 2, n_units, short=False), rng.normal(size=(40, n_inputs))
    form = replace(form, B=0 * form.B)
    precision = Precision.of_data(digits, x, form.predict(x))
    columns = tuple(Column(f"x{k}") for k in range(n_inputs))
    formula = formula_of(system_of(form, columns), precision)
    printed = CompactForm.of(form, precision).rounded(precision)
    np.testing.assert_allclose(formula.predict(columns, x), printed.predict(x), rtol=1e-9, atol=1e-9)
    assert n_numbers(formula) <= printed.n_numbers + 2 * n_units


@given(cases(), st.integers(2, 6))
def test_rounded_it_is_near_the_exact_formula(case, digits):
    columns, form, domain, x = case
    precision = Precision.of_data(digits, x, form.predict(x))
    formula = formula_of(system_of(form, columns, domain), precision)
    exact = formula_of(system_of(form, columns, domain), None)
    found, wanted = formula.predict(columns, x), exact.predict(columns, x)
    # Each number is off by half a digit at most, and so is each number of what it is multiplied by.
    weights = CompactForm.of(form).scaled().weights
    n_units = len(weights) - form.n_outputs
    steepness = np.prod(1 + np.abs(weights[:n_units, form.n_inputs : -1]).sum(axis=1)) * (
        1 + np.abs(weights[n_units:, form.n_inputs : -1]).sum()
    )
    sizes = 1 + np.abs(x).max() + precision.output_scale.max()
    assert (np.abs(found - wanted) <= 10.0**-digits * weights.size * steepness * sizes).all()


@given(cases(), st.integers(2, 6))
def test_rounded_numbers_have_few_digits(case, digits):
    columns, form, domain, x = case
    precision = Precision.of_data(digits, x, form.predict(x))
    formula = formula_of(system_of(form, columns, domain), precision)
    for k, output in enumerate(formula.outputs):
        places, constant = precision.output_places(k)
        assert output.base.constant == rounded(output.base.constant, constant)
        of_name = {
            f.column: p for f, p in zip(features_of(columns), places.tolist(), strict=True) if not f.is_indicator
        }
        for term in output.base.terms:
            if not isinstance(term.of, Letter):
                assert term.weight == rounded(term.weight, constant if term.of is None else of_name[term.of])


@given(networks.seeds, st.integers(1, 3), st.booleans())
def test_a_letter_holds_on_the_side_of_its_unit_also_where_a_row_is_on_the_bend(seed, n_inputs, turned):
    """The network's z = 0 counts as non-negative, whichever side the compact form has turned the unit to."""
    rng = np.random.default_rng(seed)
    A = rng.integers(-2, 3, (1, n_inputs))
    A[0, 0] = -1 if turned else 1
    form = NormalForm(
        A=A, B=[[0]], b=[rng.integers(-2, 3)], C=A * 2 if turned else [[0] * n_inputs], D=[[3]], e=[0], slopes=[0]
    )
    columns = tuple(Column(f"x{k}") for k in range(n_inputs))
    x = rng.integers(-3, 4, (50, n_inputs)).astype(float)
    nonnegative = (x @ form.A.T + form.b >= 0)[:, 0]
    formula = formula_of(system_of(form, columns), None)
    holds = Cells(columns, x, formula.bends).bends_hold[0]
    np.testing.assert_array_equal(holds, ~nonnegative if formula.bends[0].strict else nonnegative)
    event(f"strict: {formula.bends[0].strict}")


KIND = Column("kind", "category", ("business", "farm", "household"))
FARM = Test(KIND, (KIND.features[1],))
BILL = (Column("kwh"), KIND)
TABLE = {"kwh": [0.0, 600.0, 300.0], "kind": ["farm", "household", "business"]}


def tariff():
    return NormalForm(
        A=[[1, 0, 0, 0], [1, 0, 0, 0]],
        B=np.zeros((2, 2)),
        b=[-200, -400],
        C=[[0.1, 0, -15, 0]],
        D=[[0.15, 0.2]],
        e=[10],
        slopes=[0, 0],
    )


@pytest.mark.parametrize("way", ["network", "network, with precision", "rounded", "without a network"])
def test_a_tariff_is_a_base_and_three_adjustments(way):
    system = extract_rules(tariff(), TABLE, columns=BILL, output_names=["price"])
    if way == "rounded":
        system = system.rounded(max_error=1)
    if way == "without a network":
        system = replace(system, form=None)
    formula = formula_of(system, system.precision if "precision" in way else None)
    kwh = Sum(0.0, (Term(1.0, "kwh"),))
    base = Sum(10.0, (Term(0.1, "kwh"), Term(-15.0, None, (FARM,))))
    assert formula.outputs == (OutputFormula("price", base, ((0.15, Letter(0)), (0.2, Letter(1)))),)
    assert formula.bends == tuple(Bend((Case((), (), kwh, above),), strict=False) for above in (200.0, 400.0))
    assert n_numbers(formula) == 7


def test_a_discount_for_farms_is_another_slope():
    """`max(0, kwh + 600 [farm] - 600)` is `kwh` for farms, and nothing for others, as long as kwh is at most 600."""
    form = NormalForm(A=[[1, 0, 600, 0]], B=[[0]], b=[-600], C=[[0.1, 0, 0, 0]], D=[[-0.02]], e=[10], slopes=[0])
    formula = formula_of(extract_rules(form, TABLE, columns=BILL, output_names=["price"]), None)
    base = Sum(10.0, (Term(0.1, "kwh"), Term(-0.02, "kwh", (FARM,))))
    assert formula.outputs == (OutputFormula("price", base, ()),)
    assert formula.bends == ()
    # Where kwh may be anything, it bends.
    assert len(formula_of(system_of(form, BILL), None).bends) == 1


def test_a_bend_of_indicators_is_a_constant_in_some_states():
    form = NormalForm(A=[[0, 0, 3, 2]], B=[[0]], b=[-1], C=[[0.1, 0, 0, 0]], D=[[2]], e=[10], slopes=[0])
    formula = formula_of(system_of(form, BILL), None)
    household = Test(KIND, (KIND.features[2],))
    assert formula.bends == ()
    assert set(formula.outputs[0].base.terms) == {
        Term(0.1, "kwh"),
        Term(4.0, None, (FARM,)),
        Term(2.0, None, (household,)),
    }


def test_a_threshold_for_each_level():
    form = NormalForm(A=[[1, -188, -390, -188]], B=[[0]], b=[0], C=[[0.1, 0, 0, 0]], D=[[0.2]], e=[10], slopes=[0])
    formula = formula_of(extract_rules(form, TABLE, columns=BILL), None)
    kwh = Sum(0.0, (Term(1.0, "kwh"),))
    others = Test(KIND, (KIND.features[0], KIND.features[2]))
    assert formula.bends == (Bend((Case((FARM,), (), kwh, 390.0), Case((others,), (), kwh, 188.0)), strict=False),)
    assert formula.outputs[0].bends == ((0.2, Letter(0)),)


def test_ten_levels_have_nine_adjustments_and_equal_ones_are_joined():
    ten = Column("town", "category", tuple("abcdefghij"))
    effects = [5, 1, 1, 2, 5, 5, 5, 3, 3, 2]
    form = NormalForm(
        A=np.zeros((0, 11)), B=np.zeros((0, 0)), b=[], C=[[2, *effects]], D=np.zeros((1, 0)), e=[1], slopes=[]
    )
    (output,) = formula_of(system_of(form, (Column("x"), ten)), None).outputs
    assert output.base.constant == 6
    levels = {term.weight: "".join(s.level for s in term.where[0].states) for term in output.base.terms if term.where}
    assert levels == {-4.0: "bc", -3.0: "dj", -2.0: "hi"}
    distinct = replace(form, C=[[2, *range(1, 11)]])
    (output,) = formula_of(system_of(distinct, (Column("x"), ten)), None).outputs
    assert len(output.base.terms) == 10


def test_a_sum_with_too_many_combinations_has_adjustments():
    columns = (Column("x"), *(Column(f"c{k}", "yes/no") for k in range(5)))
    form = NormalForm(A=[[1, 1, 2, 4, 8, 16]], B=[[0]], b=[-3], C=[[0] * 6], D=[[1]], e=[0], slopes=[0])
    (bend,) = formula_of(system_of(form, columns), None).bends
    (case,) = bend.cases
    assert (case.where, case.threshold) == ((), 3.0)
    assert [(t.weight, bool(t.where)) for t in case.total.terms] == [
        (1.0, False),
        (1.0, True),
        (2.0, True),
        (4.0, True),
        (8.0, True),
        (16.0, True),
    ]


def test_a_number_that_may_be_missing_is_left_out_of_the_sum():
    columns = (Column("age", missing=True), Column("size"))
    form = NormalForm(A=[[0.5, 20, 1]], B=[[0]], b=[-60], C=[[0, 0, 0]], D=[[2]], e=[0], slopes=[0])
    (bend,) = formula_of(system_of(form, columns), None).bends
    there, missing = bend.cases
    assert there.total.terms == (Term(0.5, "age"), Term(1.0, "size"))
    assert missing.total.terms == (Term(1.0, "size"),)
    assert (there.threshold, missing.threshold) == (60.0, 40.0)


def nested(weight, b, domain):
    """`max(0, y + weight * max(0, x - 2) + b)`, and what is said of it on a domain."""
    form = NormalForm(
        A=[[1, 0], [0, 1]], B=[[0, 0], [weight, 0]], b=[-2, b], C=[[0, 0]], D=[[21.8, 3]], e=[1], slopes=[0, 0]
    )
    return formula_of(system_of(form, (Column("x"), Column("y")), domain), None).bends[1].cases


def test_an_inner_bend_stays_where_the_outer_one_holds_on_both_sides():
    assert nested(0.5, -9, Box([0, 0], [20, 10])) == (
        Case((), (), Sum(0.0, (Term(1.0, "y"), Term(0.5, Letter(0)))), 9.0),
    )


def test_an_inner_bend_goes_where_the_outer_one_needs_it():
    """At most 5 of y, so the rest of 9 has to come from the inner bend; and the condition itself implies it."""
    assert nested(0.5, -9, Box([0, 0], [20, 5])) == (Case((), (), Sum(0.0, (Term(0.5, "x"), Term(1.0, "y"))), 10.0),)


def test_a_gate_that_the_condition_does_not_imply():
    """It never holds where x is negative, but without saying so `-0.25 x` alone would be above 0.5 there."""
    form = NormalForm(
        A=[[1, 0], [1, 1], [1, -1], [0, 0]],
        B=[[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [-0.25, 1, 1, 0]],
        b=[0, -4, -4, -0.5],
        C=[[0, 0]],
        D=[[5, 0, 0, 3]],
        e=[0],
        slopes=[0] * 4,
    )
    domain = Box([-10, -3], [10, 3])
    formula = formula_of(system_of(form, (Column("x"), Column("y")), domain), None)
    terms = (Term(-0.25, "x"), Term(1.0, Letter(1)), Term(1.0, Letter(2)))
    assert formula.bends[3].cases == (Case((), ((Letter(0), True),), Sum(0.0, terms), 0.5),)
    x = sampled(domain, 200)
    np.testing.assert_allclose(formula.predict((Column("x"), Column("y")), x), form.predict(x), atol=1e-9)


def test_a_bend_that_was_divided_is_still_right_inside_of_another():
    form = NormalForm(
        A=[[1, 0], [0, 0], [0, 1]],
        B=[[0, 0, 0], [0.5, 0, 0], [0, 1, 0]],
        b=[-2, -1, -3],
        C=[[0, 0]],
        D=[[1, 0.5, 3]],
        e=[1],
        slopes=[0, 0, 0],
    )
    columns, domain = (Column("x"), Column("y")), Box([0, 0], [20, 2])
    formula = formula_of(system_of(form, columns, domain), None)
    # max(0, 0.5 max(0, x - 2) - 1) is half of what x is above 4.
    assert formula.bends[1].cases == (Case((), (), Sum(0.0, (Term(1.0, "x"),)), 4.0),)
    assert formula.outputs[0].bends[1] == (0.25, Letter(1))
    x = sampled(domain, 200)
    np.testing.assert_allclose(formula.predict(columns, x), form.predict(x), atol=1e-9)


def test_a_function_of_states_that_several_outputs_use_has_a_letter():
    """In four outputs it would be eight numbers; as a bend it has one, and a weight in each output."""
    form = NormalForm(
        A=[[1, 0, 610, 0]], B=[[0]], b=[-600], C=np.zeros((4, 4)), D=[[3], [4], [5], [6]], e=[0] * 4, slopes=[0]
    )
    domain = as_domain(TABLE, BILL)
    formula = formula_of(system_of(form, BILL, domain), None)
    (bend,) = formula.bends
    assert bend.cases == (Case((FARM,), (), Sum(10.0, (Term(1.0, "kwh"),)), None),)
    assert [output.bends for output in formula.outputs] == [((w, Letter(0)),) for w in (3.0, 4.0, 5.0, 6.0)]
    one = replace(form, D=[[3], [0], [0], [0]])
    assert formula_of(system_of(one, BILL, domain), None).bends == ()


def test_a_unit_that_never_bends_is_part_of_the_base_of_every_output():
    form = NormalForm(A=[[1, 0, 0, 0]], B=[[0]], b=[7], C=np.zeros((3, 4)), D=[[3], [4], [5]], e=[0] * 3, slopes=[0])
    formula = formula_of(system_of(form, BILL, as_domain(TABLE, BILL)), None)
    assert formula.bends == ()
    assert [output.base.constant for output in formula.outputs] == [21.0, 28.0, 35.0]


def test_bends_of_one_sum_ascend_and_equal_ones_are_one():
    form = NormalForm(
        A=[[1], [2], [1]], B=np.zeros((3, 3)), b=[-4, -4, -4], C=[[1]], D=[[1, 1, 1]], e=[0], slopes=[0, 0, 0]
    )
    formula = formula_of(system_of(form, (Column("x"),)), None)
    assert [bend.cases[0].threshold for bend in formula.bends] == [2.0, 4.0]
    assert formula.outputs[0].bends == ((2.0, Letter(0)), (2.0, Letter(1)))


def test_short_decimals_stay_short():
    form = NormalForm(A=[[1, 0, 0.1]], B=[[0]], b=[0.2], C=[[0.3, 0.1, 0.3]], D=[[1]], e=[0.2], slopes=[0.7])
    formula = formula_of(system_of(form, (Column("x"), Column("kind", "category", ("p", "q")))), None)
    numbers = [formula.outputs[0].base.constant, *(t.weight for t in formula.outputs[0].base.terms)]
    numbers += [w for w, _ in formula.outputs[0].bends] + [case.threshold for case in formula.bends[0].cases]
    assert all(len(repr(number)) <= 6 for number in numbers), numbers


def test_the_domain_of_several_columns_is_asked_too():
    """No single range says that x + y is at most 1."""
    form = NormalForm(A=[[1, 1]], B=[[0]], b=[-1.5], C=[[0.5, 0]], D=[[1]], e=[0], slopes=[0])
    triangle = Polytope(Box([0, 0], [1, 1]), coef=[[1, 1]], limit=[1])
    columns = (Column("x"), Column("y"))
    assert formula_of(system_of(form, columns, triangle), None).bends == ()
    assert len(formula_of(system_of(form, columns, triangle.box), None).bends) == 1


def test_the_papers_toy_task():
    formula = formula_of(extract_rules(networks.xor_form(), networks.BINARY), None)
    assert n_numbers(formula) == 4
    np.testing.assert_array_equal(
        formula.predict(tuple(Column(f"in{k}") for k in range(1, 5)), networks.BINARY),
        networks.xor_form().predict(networks.BINARY),
    )


def test_rules_without_a_network_that_do_not_meet_have_no_formula():
    left = Rule((Condition([1.0], 0.0, nonnegative=False),), AffineMap([[1.0]], [0.0]))
    right = Rule((Condition([1.0], 0.0, nonnegative=True),), AffineMap([[1.0]], [0.5]))
    assert formula_of(RuleSystem((left, right), ("x",), ("y",)), None) is None
