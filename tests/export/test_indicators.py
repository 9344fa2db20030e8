"""Rules about categories and missing values, in every target."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.errors import FormatError, InvalidValueError
from prelu_rules.export.json import read as read_json
from prelu_rules.export.text_reader import read
from prelu_rules.network.affine import AffineMap
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.names import Indicator
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem

RED, MISSING = Indicator("colour", "red"), Indicator("age", None)
RULE = Rule((), AffineMap([[1.0, 2.0, -3.0]], [5.0]))


def system(*conditions, indicators=(RED, MISSING)):
    rule = replace(RULE, conditions=conditions)
    return RuleSystem((rule,), ("age", *(i.name for i in indicators)), ("cost",), indicators=indicators)


def red(weight, constant, nonnegative):
    return Condition([0.0, weight, 0.0], constant, nonnegative)


@pytest.mark.parametrize(
    ("condition", "text", "markdown", "latex"),
    [
        (red(2, -0.7, True), "colour = red", "colour = red", r"\text{colour} = \text{red}"),
        (red(2, -0.7, False), "colour != red", "colour ≠ red", r"\text{colour} \ne \text{red}"),
        (red(-1, 0.0, True), "colour != red", "colour ≠ red", r"\text{colour} \ne \text{red}"),
        (red(-1, 0.0, False), "colour = red", "colour = red", r"\text{colour} = \text{red}"),
        (red(1, -1.0, True), "colour = red", "colour = red", r"\text{colour} = \text{red}"),
        (
            Condition([0, 0, 1.0], -0.5, True),
            "age is missing",
            "age is missing",
            r"\text{age} \text{ is missing}",
        ),
        (
            Condition([0, 0, 1.0], -0.5, False),
            "age is not missing",
            "age is not missing",
            r"\text{age} \text{ is not missing}",
        ),
    ],
)
def test_a_condition_on_an_indicator_says_what_it_means(condition, text, markdown, latex):
    rules = system(condition)
    assert rules.export("text").startswith(f"IF {text}\nTHEN")
    assert f"| 1 | {markdown} |" in rules.export("markdown")
    assert rf"& \text{{if }} {latex}" in rules.export("latex")


def test_in_sums_an_indicator_is_in_brackets():
    rules = system(Condition([1.0, 10.0, 0.0], -20.0, True))
    assert "IF +0.1*age +1.0*[colour = red] +0.0*[age is missing] -2.0 >= 0" in rules.export("text")
    assert r"age + 2 \[colour = red\] - 3 \[age is missing\] + 5" in rules.export("markdown")
    assert r"2\,[\text{colour} = \text{red}]" in rules.export("latex")


@pytest.mark.parametrize(("constant", "bound"), [(0.5, "-0.5"), (-2.0, "2.0")])
def test_a_condition_that_0_and_1_do_not_tell_apart_keeps_its_numbers(constant, bound):
    assert system(red(1, constant, True)).export("text").startswith(f"IF [colour = red] >= {bound}\n")


ODD = ["red", "dark red", "= blue", "is missing", '"]', "", "1", "a\\b"]


@given(st.sampled_from(ODD), st.sampled_from([*ODD, None]), st.floats(-2, 2), st.booleans(), st.booleans())
def test_what_is_read_back_holds_for_the_same_rows(column, value, constant, nonnegative, alone):
    odd = Indicator(column, value)
    rules = system(Condition([0.0 if alone else 0.1, 1.0, 0.0], constant, nonnegative), indicators=(odd, MISSING))
    again = read(rules.export("text"))
    assert again.feature_names == rules.feature_names
    assert again.indicators == rules.indicators
    rows = np.array([[age, yes, no] for age in (0.0, 3.7) for yes in (0.0, 1.0) for no in (0.0, 1.0)])
    np.testing.assert_array_equal(again.rules[0].covers(rows), rules.rules[0].covers(rows))
    np.testing.assert_allclose(again.rules[0].outputs(rows), rules.rules[0].outputs(rows))


def test_json_keeps_them_and_reads_files_from_before_there_were_any():
    rules = system(red(1, -0.5, True))
    assert read_json(rules.export("json")) == rules
    before = replace(rules, indicators=())
    text = before.export("json").replace(',\n "indicators": []', "")
    assert "indicators" not in text
    assert read_json(text) == before


def test_the_compact_form_has_brackets_too():
    form = NormalForm(A=[[1, 10]], B=[[0]], b=[-3], C=[[0, 1]], D=[[1]], e=[0], slopes=[0])
    rules = replace(extract_rules(form, feature_names=["age", RED.name]), indicators=(RED,))
    assert rules.export("compact") == "out1 = [colour = red] + 10 * max(0, 0.1 * age + [colour = red] - 0.3)\n"


def test_indicators_are_features():
    with pytest.raises(InvalidValueError, match="the indicator 'colour = red' is none of the features"):
        RuleSystem((Rule((), AffineMap([[1.0]], [0.0])),), ("age",), ("cost",), indicators=(RED,))


@pytest.mark.parametrize("text", ["+1.0*[colour]", "+1.0*[colour = red", "+1.0*[]"])
def test_brackets_that_say_nothing(text):
    with pytest.raises(FormatError, match="line 3"):
        read(f"IF true\nTHEN\n  cost = {text}")
