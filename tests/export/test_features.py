"""Rules about categories, yes and no, and missing values, in every target."""

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.columns.column import Column
from prelu_rules.errors import FormatError
from prelu_rules.export.json import read as read_json
from prelu_rules.export.paper_reader import read
from prelu_rules.network.affine import AffineMap
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem

COLUMNS = (Column("age", missing=True), Column("colour", "category", ("red",)))
RULE = Rule((), AffineMap([[1.0, 2.0, -3.0]], [5.0]))


def system(*conditions, columns=COLUMNS):
    """Weights are those of the age, of the level, and of a missing age, in that order."""
    order = [0, 2, 1]
    turned = tuple(replace(c, coef=c.coef[order]) for c in conditions)
    outputs = AffineMap(RULE.outputs.coef[:, order], RULE.outputs.intercept)
    return RuleSystem((Rule(turned, outputs),), columns, ("cost",))


def red(weight, constant, nonnegative):
    return Condition([0.0, weight, 0.0], constant, nonnegative)


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (red(2, -0.7, True), "colour = red"),
        (red(2, -0.7, False), "colour != red"),
        (red(-1, 0.0, True), "colour != red"),
        (red(-1, 0.0, False), "colour = red"),
        (red(1, -1.0, True), "colour = red"),
        (Condition([0, 0, 1.0], -0.5, True), "age is missing"),
        (Condition([0, 0, 1.0], -0.5, False), "age is not missing"),
    ],
)
def test_a_condition_on_an_indicator_says_what_it_means(condition, text):
    rules = system(condition)
    assert rules.export("paper").startswith(f"IF {text}\nTHEN")
    # Where there are two other levels, so that it says something.
    more = replace(
        rules,
        columns=(Column("age", missing=True), Column("colour", "category", ("red", "blue", "green"))),
        rules=[widened(rules.rules[0])],
    )
    assert f"| 1 | {text.replace('!=', '≠')} |" in more.export("markdown")
    unequal = text.replace("!=", r"$\ne$")
    assert rf"if {unequal}}}" in more.export("latex") or len(more.presentation.rules) == 1


def widened(rule):
    """A rule for two features more, which have no effect."""
    conditions = [replace(c, coef=np.insert(c.coef, 3, [0.0, 0.0])) for c in rule.conditions]
    return replace(
        rule, conditions=conditions, outputs=AffineMap(np.insert(rule.outputs.coef, [3, 3], 0.0, axis=1), [5.0])
    )


def test_in_sums_an_indicator_is_in_brackets():
    rules = system(Condition([1.0, 10.0, 0.0], -20.0, True))
    assert "IF +0.1*age +0.0*[age is missing] +1.0*[colour = red] -2.0 >= 0" in rules.export("paper")


@pytest.mark.parametrize(("constant", "bound"), [(0.5, "-0.5"), (-2.0, "2.0")])
def test_a_condition_that_0_and_1_do_not_tell_apart_keeps_its_numbers(constant, bound):
    assert system(red(1, constant, True)).export("paper").startswith(f"IF [colour = red] >= {bound}\n")


ODD = ["red", "dark red", "= blue", "is missing", '"]', "", "1", "a\\b"]


@given(st.sampled_from(ODD), st.sampled_from([*ODD, None]), st.floats(-2, 2), st.booleans(), st.booleans())
def test_what_is_read_back_holds_for_the_same_rows(column, level, constant, nonnegative, alone):
    odd = Column(column, "yes/no") if level is None else Column(column, "category", (level,))
    condition = Condition([0.0 if alone else 0.1, 1.0, 0.0], constant, nonnegative)
    rules = system(condition, columns=(COLUMNS[0], odd))
    again = read(rules.export("paper"))
    assert again.columns == rules.columns
    rows = np.array([[age, yes, no] for age in (0.0, 3.7) for yes in (0.0, 1.0) for no in (0.0, 1.0)])
    np.testing.assert_array_equal(again.rules[0].covers(rows), rules.rules[0].covers(rows))
    np.testing.assert_allclose(again.rules[0].outputs(rows), rules.rules[0].outputs(rows))


def test_a_missing_number_counts_as_0_and_every_target_says_so():
    """Read by hand: 25 where the cap is missing, else twice the cap."""
    rule = Rule((), AffineMap([[2.0, 25.0]], [0.0]))
    rules = RuleSystem((rule,), (Column("cap", missing=True),), ("price",))
    assert rules.predict({"cap": [None, 3.0]}).tolist() == [[25.0], [6.0]]
    text = rules.export("paper")
    assert "price = +2.0*cap +25.0*[cap is missing] +0.0" in text and "(counted as 0 where missing: cap)" in text
    assert read(text).columns == rules.columns
    assert read(text).predict({"cap": [None, 3.0]}).tolist() == [[25.0], [6.0]]
    for target in ("text", "html", "markdown", "latex"):
        assert "cap counts as 0 where it is missing" in re.sub("</?bdi>", "", rules.export(target))
    scope = {}
    exec(rules.export("python"), scope)
    assert [scope["predict"](cap)["price"] for cap in (None, float("nan"), 3.0)] == [25.0, 25.0, 6.0]


def test_yes_and_no():
    rules = RuleSystem(
        (Rule((Condition([1.0], -0.5, True),), AffineMap([[3.0]], [0.0])),), (Column("smoker", "yes/no"),), ("y",)
    )
    assert rules.export("paper").startswith("IF smoker is yes\nTHEN\n  y = +3.0*[smoker is yes] +0.0")
    assert (
        replace(rules, rules=[replace(rules.rules[0], conditions=[Condition([1.0], -0.5, False)])])
        .export("paper")
        .startswith("IF smoker is no\n")
    )
    assert read(rules.export("paper")).columns == rules.columns


def test_json_keeps_the_columns():
    rules = system(red(1, -0.5, True), columns=(COLUMNS[0], replace(COLUMNS[1], unit="hue", description="of the car")))
    assert read_json(rules.export("json")) == rules


def test_the_compact_form_has_brackets_too():
    form = NormalForm(A=[[1, 0, 10]], B=[[0]], b=[-3], C=[[0, 2, 1]], D=[[1]], e=[0], slopes=[0])
    compact = extract_rules(form, columns=COLUMNS).export("compact")
    first, note = compact.splitlines()
    assert first == "out1 = 2 * [age is missing] + [colour = red] + 10 * max(0, 0.1 * age + [colour = red] - 0.3)"
    assert note == "(counted as 0 where missing: age)"


def test_one_name_for_a_number_and_a_level():
    with pytest.raises(FormatError, match="'colour' is a number in one place and has levels"):
        read("IF colour >= 1\nTHEN\n  cost = +1.0*[colour = red]")


@pytest.mark.parametrize("text", ["+1.0*[colour]", "+1.0*[colour = red", "+1.0*[]"])
def test_brackets_that_say_nothing(text):
    with pytest.raises(FormatError, match="line 3"):
        read(f"IF true\nTHEN\n  cost = {text}")
