from dataclasses import replace
from fractions import Fraction

import networks
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.domains.box import Box
from prelu_rules.errors import (
    DataError,
    InvalidValueError,
    OutsideDomainError,
    RuleIndexError,
    ShapeError,
    TooManyUnitsError,
)
from prelu_rules.network.affine import AffineMap
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.network.precision import Precision
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem

small = networks.widths.filter(lambda widths: sum(widths[1:-1]) <= 8)


def size_of_terms(form, x):
    """How large the numbers on the way get; errors of rounding are relative to it."""
    z, y = form.pre_activations(x), form.predict(x)
    return 1 + np.abs(y).max() + np.abs(z).max(initial=0) * np.abs(form.D).max(initial=0)


@given(networks.seeds, small, st.sampled_from(["all", "box", "rows"]))
def test_rules_are_the_network(seed, widths, kind):
    form = networks.random_form(seed, widths)
    x = np.random.default_rng(seed).uniform(-1, 1, (60, widths[0]))
    domain = {"all": None, "box": Box(-np.ones(widths[0]), np.ones(widths[0])), "rows": x}[kind]
    rules = extract_rules(form, domain, max_nonlinear=8)
    np.testing.assert_allclose(rules.predict(x), form.predict(x), rtol=0, atol=1e-9 * size_of_terms(form, x))
    covers = np.array([rule.covers(x) for rule in rules.rules])
    assert (covers.sum(axis=0) == 1).all()
    assert (covers.argmax(axis=0) == rules.assign(x)).all()
    if kind == "rows":
        counts = [rule.count for rule in rules.rules]
        assert counts == covers.sum(axis=1).tolist()
        assert rules.n_rows == len(x)


@pytest.mark.slow
@given(networks.seeds, small)
def test_rules_of_exact_forms_are_the_network_exactly(seed, widths):
    form = networks.random_form(seed, widths).exact()
    rules = extract_rules(form, max_nonlinear=8)
    x = np.random.default_rng(seed).integers(-8, 8, (3, widths[0])).astype(object) * Fraction(1, 4)
    for row in x:
        (rule,) = [rule for rule in rules.rules if rule.covers(row[None])[0]]
        assert (rule.outputs(row) == form.predict(row)).all()
    np.testing.assert_array_equal(rules.predict(x), form.predict(x).astype(float))


def test_inputs_on_the_bends_belong_to_the_non_negative_side():
    rules = extract_rules(networks.xor_form(), networks.BINARY)
    xor = np.column_stack(
        [networks.BINARY[:, 0] != networks.BINARY[:, 1], networks.BINARY[:, 2] != networks.BINARY[:, 3]]
    )
    np.testing.assert_array_equal(rules.predict(networks.BINARY), xor)
    assert [rule.count for rule in rules.rules] == [9, 3, 3, 1]


def test_a_network_without_units_is_one_rule():
    rules = extract_rules(networks.random_form(0, (3, 2)), np.eye(3))
    assert len(rules) == 1 and rules.rules[0].conditions == ()
    assert rules.export("paper").startswith("IF true\nTHEN  (3 of 3 rows)\n")


def test_a_sign_that_others_decide_is_no_condition():
    bends_at_0_and_1 = NormalForm(
        A=[[1], [1]], B=np.zeros((2, 2)), b=[0, -1], C=[[0]], D=[[1, 1]], e=[0], slopes=[0, 0]
    )
    assert [len(rule.conditions) for rule in extract_rules(bends_at_0_and_1).rules] == [1, 2, 1]


def test_too_many_units_say_how_many_and_what_to_do():
    form = networks.random_form(0, (2, 6, 1), slopes=(0.5,))
    message = (
        "6 nonlinear units are left, which makes up to 2\\^6 = 64 rules .* train on until at most 5 are left, "
        "raise max_nonlinear, or read the compact form"
    )
    with pytest.raises(TooManyUnitsError, match=message):
        extract_rules(form)
    assert 6 < len(extract_rules(form, max_nonlinear=6)) <= 22  # six lines cut the plane into at most 22 pieces


def classifier(n_logits, classes):
    rule = Rule((), AffineMap(np.eye(2)[:n_logits], np.zeros(n_logits)))
    return RuleSystem((rule,), ("a", "b"), tuple(f"logit{k}" for k in range(n_logits)), classes)


def test_classes():
    assert classifier(1, ("no", "yes")).classify([[-1, 0], [0, 0], [1, 0]]).tolist() == ["no", "no", "yes"]
    assert classifier(2, (3, 7)).classify([[1, 0], [0, 1], [1, 1]]).tolist() == [3, 7, 3]
    # One array of both would have made a text of the 1, and a 1 of the True.
    assert classifier(2, (1, "a")).classify([[1, 0], [0, 1]]).tolist() == [1, "a"]
    assert classifier(2, (True, 7)).classify([[1, 0]])[0] is True
    with pytest.raises(InvalidValueError, match="predicts numbers, not classes; use predict"):
        classifier(2, None).classify([[1, 0]])
    with pytest.raises(ShapeError, match="3 classes for 2 logits"):
        classifier(2, (1, 2, 3))


def test_columns_of_a_table_are_found_by_name():
    rules = extract_rules(networks.random_form(0, (2, 2, 1)), feature_names=["a", "b"])
    table = pd.DataFrame({"b": [1.0, 2.0], "other": ["x", "y"], "a": [3.0, 4.0]})
    np.testing.assert_array_equal(rules.predict(table), rules.predict([[3.0, 1.0], [4.0, 2.0]]))
    with pytest.raises(DataError, match="no column 'b'; its columns are 'a', 'other'"):
        rules.predict(table[["a", "other"]])


def test_an_input_that_no_rule_covers_is_named():
    rule = Rule((Condition([1.0], 0.0, nonnegative=True),), AffineMap([[1.0]], [0.0]))
    with pytest.raises(OutsideDomainError, match=r"row 1 \(\[-2.0\]\) is covered by no rule"):
        RuleSystem((rule,), ("x",), ("y",)).predict([[1.0], [-2.0]])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (((), ("x",), ("y",)), InvalidValueError, "0 rules"),
        (((Rule((), AffineMap([[1.0, 2.0]], [0.0])),), ("x",), ("y",)), ShapeError, "2 inputs to 1 outputs"),
        (((Rule((), AffineMap([[1.0, 2.0]], [0.0])),), ("x", "x"), ("y",)), InvalidValueError, "'x' is used twice"),
        (((Rule((), AffineMap([[1.0, 2.0]], [0.0])),), ("x", 3), ("y",)), InvalidValueError, "must all be text"),
    ],
)
def test_bad_systems_are_named(arguments, error, message):
    with pytest.raises(error, match=message):
        RuleSystem(*arguments)


def test_bad_names_and_rules_are_named():
    form = networks.random_form(0, (2, 2, 1))
    with pytest.raises(ShapeError, match="3 names for 2 columns"):
        extract_rules(form, feature_names=["a", "b", "c"])
    with pytest.raises(ShapeError, match="a condition has 1 weights"):
        Rule((Condition([1.0], 0.0, nonnegative=True),), AffineMap([[1.0, 2.0]], [0.0]))
    with pytest.raises(InvalidValueError, match="count is -1"):
        Rule((), AffineMap([[1.0]], [0.0]), count=-1)
    with pytest.raises(ShapeError, match=r"the form is for \(1, 3\) outputs and inputs, but the rules are for"):
        replace(extract_rules(form), form=networks.random_form(0, (3, 2, 1)))
    with pytest.raises(ShapeError, match="the domain is for"):
        replace(extract_rules(form), domain=Box([0], [1]))
    with pytest.raises(ShapeError, match="the precision is for"):
        replace(extract_rules(form), precision=Precision(2, [1.0], [1.0]))
    with pytest.raises(InvalidValueError, match="kind is 'other'"):
        extract_rules(form).to_sympy("other")


def test_names_and_classes_that_nothing_could_write_are_refused():
    form = networks.random_form(0, (2, 2, 1))
    with pytest.raises(InvalidValueError, match="the names are the text 'ab'; give a list"):
        extract_rules(form, feature_names="ab")
    with pytest.raises(InvalidValueError, match=r"the column name 'a\\udc80' is not valid Unicode"):
        extract_rules(form, feature_names=["a\udc80", "b"])
    with pytest.raises(InvalidValueError, match="the class inf is not a finite number"):
        extract_rules(form, classes=[0.0, float("inf")])


def test_rows_stand_for_their_box():
    """Columns of a table are found by name, whatever their order."""
    form = networks.random_form(0, (2, 2, 1), slopes=(0.5,))
    rules = extract_rules(form, feature_names=["a", "b"])
    table = pd.DataFrame({"b": [0.0, 2.0], "a": [-1.0, 1.0]})
    box = Box([-1, 0], [1, 2])
    assert rules.certify(form, table).domain == rules.certify(form, box).domain == box
    assert (
        rules.rounded(max_error=0.1, domain=table).domain == rules.rounded(0.1, domain=[[-1, 0], [1, 2]]).domain == box
    )


def test_rules_are_a_sequence_counted_from_0_and_numbered_from_1():
    rules = extract_rules(networks.xor_form(), networks.BINARY)
    assert rules[0] is rules.rules[0] and rules[-1] is rules.rules[-1] and rules[np.intp(1)] is rules.rules[1]
    assert list(rules) == list(rules.rules) and len(rules) == len(list(reversed(rules))) == len(rules.rules)
    assert rules[1:] == rules.rules[1:] and rules[:0] == () and rules[0] in rules
    numbers = rules.rule_numbers(networks.BINARY)
    assert numbers.dtype == np.intp and (numbers == rules.assign(networks.BINARY) + 1).all() and numbers.min() == 1
    assert all(rules[number - 1].covers(row)[0] for number, row in zip(numbers, networks.BINARY, strict=True))
    printed = [line.split("|")[1].strip() for line in rules.export("markdown").splitlines() if line.startswith("| ")]
    assert printed[2:] == [str(number) for number in sorted(set(numbers))]


@pytest.mark.parametrize("index", [4, -5])
def test_there_is_no_rule_of_another_index(index):
    rules = extract_rules(networks.xor_form(), networks.BINARY)
    with pytest.raises(
        RuleIndexError, match=f"the index of a rule is {index}, but there are 4 rules: 0 to 3, or -4 to -1"
    ):
        rules[index]
    with pytest.raises(IndexError):
        rules[index]
    with pytest.raises(TypeError):
        rules["in1"]
