from dataclasses import replace

import networks
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.domains.box import Box
from prelu_rules.errors import FormatError
from prelu_rules.export.paper import quoted, write
from prelu_rules.export.paper_reader import read
from prelu_rules.network.affine import AffineMap
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.network.precision import Precision
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.printed import printed_rule
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem

ODD = [
    "a b",
    'say "x"',
    "a*b",
    " +1.0*c",
    "x < 0",
    "IF",
    "THEN",
    "line\nbreak",
    "back\\slash",
    "größe",
    "1st",
    "",
    "= 2",
    "line\u2028separator\x85",
    "x < 0  (PReLU #1 on level 1",
]
names = st.lists(st.one_of(st.sampled_from(ODD), st.text(max_size=6)), min_size=3, max_size=3, unique=True)


@given(networks.seeds, names, st.booleans())
def test_reading_gives_the_printed_numbers(seed, features, with_rows):
    x = np.random.default_rng(seed).normal(size=(20, 3))
    form = networks.random_form(seed, (3, 2, 1, 2), slopes=(0.25, -0.5))
    rules = extract_rules(form, x if with_rows else None, feature_names=features, output_names=features[:2])
    again = read(write(rules))
    assert again.feature_names == rules.feature_names
    assert again.output_names == rules.output_names
    if with_rows:
        assert again.rules == tuple(printed_rule(rule, rules.precision) for rule in rules.rules)
    else:
        np.testing.assert_allclose(again.predict(x), rules.predict(x), rtol=1e-12, atol=1e-12)
    assert [c.label for r in again.rules for c in r.conditions] == [c.label for r in rules.rules for c in r.conditions]


AGE = Condition([1.0, 0.0], -20.0, True, (1, 1)), Condition([-2.0, 0.0], 130.0, False, (1, 2))


@pytest.mark.parametrize(
    ("conditions", "line"),
    [
        (AGE[:1], "IF age >= 20.0  (PReLU #1 on level 1 is pos.)"),
        (AGE, "IF age > 65.0  (PReLU #2 on level 1 is neg.)"),
        ((AGE[0], Condition([2.0, 0.0], -130.0, False)), "IF age < 65.0"),
        ((Condition([1.0, 0.0], 20.0, True), Condition([4.0, 0.0], -260.0, False)), "IF -20.0 <= age < 65.0"),
        ((Condition([0.0, -1.0], 3.5, True), Condition([0.0, -1.0], -1.0, False)), 'IF -1.0 < "blood type" <= 3.5'),
        (
            (AGE[0], replace(AGE[1], nonnegative=True)),
            "IF 20.0 <= age <= 65.0  (PReLU #1 on level 1 is pos.; #2 on level 1 is pos.)",
        ),
        ((Condition([0.0, 1e-9], -1e9, True),), 'IF "blood type" >= 1e+18'),
    ],
)
def test_conditions_on_one_feature_are_written_as_such(conditions, line):
    rules = RuleSystem((Rule(conditions, AffineMap([[1.0, 2.0]], [0.0])),), ("age", "blood type"), ("y",))
    text = write(rules)
    assert line in text.splitlines()
    again = read(text)
    assert again.feature_names == rules.feature_names
    normal = [c.normalised() for c in conditions]
    found = again.rules[0].conditions
    assert sorted(map(repr, found)) == sorted(map(repr, normal))


def test_two_lower_bounds_are_refused():
    with pytest.raises(FormatError, match="line 1: 'IF 1 < a >= 2' has two lower bounds"):
        read("IF 1 < a >= 2\nTHEN\n  y = +1*a")


def test_the_papers_format():
    form = networks.xor_form()
    block = write(extract_rules(replace(form, slopes=[0.92392, 0.5]), networks.BINARY)).split("\n\n")[-1]
    assert block.splitlines() == [
        "IF +1.00*in1 +1.00*in2 +0.00*in3 +0.00*in4 -1.00 < 0  (PReLU #1 on level 1 is neg. ln(1-weight)=-2.58)",
        "IF +0.00*in1 +0.00*in2 +1.00*in3 +1.00*in4 -1.00 < 0  (PReLU #2 on level 1 is neg. ln(1-weight)=-0.69)",
        "THEN  (1 of 16 rows)",
        "  out1 = -0.85*in1 -0.85*in2 +0.00*in3 +0.00*in4 +1.85",
        "  out2 = +0.00*in1 +0.00*in2 +0.00*in3 +0.00*in4 +1.00",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the text has no rule"),
        ("IF +1*a < 0\nTHEN\nnonsense", r"line 3 \('nonsense'\) is neither"),
        ("THEN\n  y = +1", r"line 1 \('THEN'\) is neither"),
        ("IF 1*a < 0\nTHEN\n  y = +1", "line 1: cannot read '1[*]a'"),
        ("IF true\nTHEN\n  y = +1*", "line 3: cannot read '[*]'"),
        ("IF true\nTHEN", "rule 1 gives"),
        ("IF true\nTHEN\n  y = +1e999", "line 3: '.1e999' is too large"),
        ("IF true\nTHEN\n  y = +1\n  y = +2", "line 4: the rule gives 'y' already"),
        ("IF +1*a < 0\nTHEN\n  y = +1\n\nIF +1*a >= 0\nTHEN\n  z = +1", r"rule 2 gives \['z'\], but .* \['y'\]"),
    ],
)
def test_other_texts_are_refused_with_their_line(text, message):
    with pytest.raises(FormatError, match=message):
        read(text)


def test_plain_words_stay_plain():
    assert [quoted(name) for name in ("age", "größe", "x_1", "1st", "")] == ["age", "größe", "x_1", '"1st"', '""']


def test_lines_may_end_as_on_windows():
    rules = extract_rules(networks.xor_form(), networks.BINARY)
    assert read(write(rules).replace("\n", "\r\n")) == read(write(rules))


def test_counts_are_read():
    rules = extract_rules(networks.xor_form(), networks.BINARY)
    assert [rule.count for rule in read(write(rules)).rules] == [9, 3, 3, 1]


def test_decision_rules_name_their_class():
    rule = Rule((), AffineMap([[1.0], [-1.0]], [0.0, 1.0]))
    labels = {("high", "in between"): ["high", '"in between"'], ("3", 3): ['"3"', "3"], (True, 0.5): ["true", "0.5"]}
    for classes, printed in labels.items():
        decisions = RuleSystem((rule,), ("x",), ("a", "b"), classes).decision_rules(x=[[0.0], [0.1], [2.0]])
        lines = write(decisions).splitlines()
        assert lines[1] == f"THEN class = {printed[1]}  (2 of 3 rows)"
        assert lines[6] == f"THEN class = {printed[0]}  (1 of 3 rows)"
        assert lines[7].startswith("  a = +1.0")
        assert [rule.count for rule in read(write(decisions)).rules] == [2, 1]


@given(st.text(max_size=8))
def test_any_class_is_read_over(label):
    rule = Rule((), AffineMap([[1.0]], [0.0]), decision=1)
    (again,) = read(write(RuleSystem((rule,), ("x",), ("logit",), ("no", label)))).rules
    assert again == replace(rule, decision=None)


scales = st.floats(-14, 14).map(lambda exponent: 10.0**exponent)
small_numbers = st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.5, 1 / 3, 2.0, 17.0, -123456.789])


@st.composite
def printed_systems(draw):
    """Rules of one or two features, measured in anything, with or without digits to be rounded to."""
    n = draw(st.integers(1, 2))
    units = [draw(scales) for _ in range(n)]
    rules = []
    for _ in range(draw(st.integers(1, 3))):
        conditions = []
        for _ in range(draw(st.integers(0, 3))):
            coef = [draw(small_numbers) / unit for unit in units]
            conditions.append(Condition(coef, draw(small_numbers) * draw(scales), draw(st.booleans())))
        outputs = AffineMap([[draw(small_numbers) / unit for unit in units]], [draw(small_numbers) * draw(scales)])
        rules.append(Rule(tuple(conditions), outputs))
    precision = draw(st.none() | st.integers(0, 17).map(lambda digits: Precision(digits, units, [1.0])))
    return RuleSystem(tuple(rules), ("x", "IF")[:n], ("y",), precision=precision)


def as_read(condition):
    """A condition as a sum without signs of zeros."""
    normal = condition.normalised()
    return (*(normal.coef + 0.0).tolist(), normal.intercept + 0.0, normal.nonnegative)


@given(printed_systems())
def test_what_is_printed_is_read_on_every_scale(system):
    again = read(write(system))
    for rule, found in zip(system.rules, again.rules, strict=True):
        if system.precision is not None:
            rule = printed_rule(rule, system.precision)
        wanted = [as_read(condition) for condition in rule.conditions]
        if system.precision is None:
            np.testing.assert_allclose(sorted(map(as_read, found.conditions)), sorted(wanted), rtol=1e-15)
        else:
            assert sorted(map(as_read, found.conditions)) == sorted(wanted)
        np.testing.assert_array_equal(found.outputs.coef, rule.outputs.coef)
        np.testing.assert_array_equal(found.outputs.intercept, rule.outputs.intercept)


@pytest.mark.parametrize("width", [1, 49, 50, 1e3, 1e9])
def test_a_bound_of_zero_is_read_with_or_without_decimals(width):
    form = NormalForm(A=[[1]], B=[[0]], b=[0], C=[[-1]], D=[[2]], e=[0], slopes=[0])
    rules = extract_rules(form, Box([-width], [width]), feature_names=["x"])
    again = read(write(rules))
    np.testing.assert_array_equal(again.predict([[-2.0], [0.0], [3.0]]), [[2.0], [0.0], [3.0]])
    assert [c.label for rule in again.rules for c in rule.conditions] == [(1, 1), (1, 1)]


@pytest.mark.parametrize(
    ("line", "row"),
    [
        ("IF x < 0", ([1.0], 0.0, False)),
        ("IF x >= 0", ([1.0], 0.0, True)),
        ("IF x <= 0  (PReLU #1 on level 1 is pos.)", ([-1.0], 0.0, True)),
        ("IF x > 0", ([-1.0], 0.0, False)),
        ("IF x < -0", ([1.0], 0.0, False)),
        ('IF "x < 0" < 0', ([1.0], 0.0, False)),
        ("IF +1*x +0 < 0", ([1.0], 0.0, False)),
        ("IF x >= 1e-05", ([1.0], -1e-5, True)),
        ("IF x < 1000000", ([1.0], -1e6, False)),
    ],
)
def test_bounds_and_sums_are_told_apart(line, row):
    (condition,) = read(f"{line}\nTHEN\n  y = +1").rules[0].conditions
    assert as_read(condition) == (*row[0], row[1], row[2])


def test_two_bounds_of_which_one_is_zero():
    conditions = read("IF -5 <= x < 0\nTHEN\n  y = +1").rules[0].conditions
    assert [as_read(condition) for condition in conditions] == [(1.0, 5.0, True), (1.0, 0.0, False)]
