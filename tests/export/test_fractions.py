"""Numbers that read as fractions are the same floats, whoever reads them."""

import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.errors import FormatError
from prelu_rules.export import json, paper, paper_reader
from prelu_rules.network.affine import AffineMap
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem

fractions = st.builds(lambda p, q: p / q, st.integers(-200, 200), st.integers(1, 12))
FORM = NormalForm(A=[[1]], B=[[0]], b=[-5 / 3], C=[[1 / 3]], D=[[-2 / 7]], e=[100 / 3], slopes=[0])


@given(st.lists(fractions, min_size=12, max_size=12))
def test_rules_read_back_from_text_and_json_are_the_same(numbers):
    a, b, *rest = numbers
    # Divided by their largest weight already, as text writes them.
    conditions = (Condition([1.0, min(1.0, abs(a))], b, True), Condition([0.0, -1.0], rest[0], False))
    rules = RuleSystem(
        (Rule(conditions, AffineMap([rest[1:3]], rest[3:4])), Rule((), AffineMap([rest[4:6]], rest[6:7]))),
        ("x1", "x2"),
        ("y",),
    )
    assert paper_reader.read(paper.write(rules)).rules == rules.rules
    assert json.read(json.write(rules)) == rules


@given(st.lists(fractions, min_size=4, max_size=4), st.floats(-10, 10), st.floats(-10, 10))
def test_python_computes_what_the_rules_do(numbers, x1, x2):
    rules = RuleSystem((Rule((), AffineMap([numbers[:2]], numbers[2:3])),), ("x1", "x2"), ("y",))
    scope = {}
    exec(rules.export("python"), scope)
    assert scope["predict"](x1, x2)["y"] == numbers[0] * x1 + numbers[1] * x2 + numbers[2]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("paper", ["IF x < 5/3", "y = +1/3*x +100/3"]),
        ("compact", ["y = 1/3 * x - 2/7 * max(0, x - 5/3) + 100/3"]),
        ("markdown", ["x < 5/3", r"100/3 + 1/3\*x"]),
        ("latex", [r"$\frac{100}{3}$ + $\frac{1}{3}$ x", r"x $<$ $\frac{5}{3}$"]),
        ("python", ["if x - 5/3 < 0", "1/3 * x + 100/3 if rule == 1"]),
    ],
)
def test_thirds_are_written_as_such(target, expected):
    rules = extract_rules(FORM, feature_names=["x"], output_names=["y"])
    written = rules.export(target)
    for part in expected:
        assert part in written
    if target == "compact":
        # Whole numbers and fractions need no other reader than Python's own.
        right = written.split(" = ")[1]
        for x in np.linspace(-3, 5, 9):
            assert eval(right, {"x": x, "max": max}) == pytest.approx(rules.predict([[x]])[0, 0], rel=1e-15)
            exact = eval(re.sub(r"(\d+)/(\d+)", r"Fraction(\1, \2)", right), {"x": Fraction(x), "Fraction": Fraction})
            assert float(exact) == pytest.approx(FORM.exact().predict([Fraction(x)])[0], rel=1e-15)


def test_thirds_of_a_system_with_printed_digits_stay_decimals():
    rules = extract_rules(FORM, [[0.0], [5.0]], feature_names=["x"], output_names=["y"])
    assert "/" not in rules.export("paper")


@pytest.mark.parametrize(
    ("number", "message"), [("+1/0", "divides by 0"), (f"+{'9' * 400}/3", "too large"), (f"+{'9' * 5000}/3", "large")]
)
def test_fractions_that_are_no_numbers_are_refused(number, message):
    with pytest.raises(FormatError, match=f"line 3: .* {message}"):
        paper_reader.read(f"IF true\nTHEN\n  y = {number}*x +0.0\n")
