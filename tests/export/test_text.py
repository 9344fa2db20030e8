"""The text for people says everything that a presentation holds, reads well, and is read back."""

import random

import numpy as np
import presentations
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.columns.column import Column
from prelu_rules.domains.box import Box
from prelu_rules.errors import FormatError, InvalidValueError
from prelu_rules.export import read_text, text_reader
from prelu_rules.export.text import write, write_presentation
from prelu_rules.export.text_reader import parse, read
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.presentation.presentation import Presentation, PresentedOutput, PresentedRule
from prelu_rules.rules.presentation.statements import Cells, Sum, Term

TARIFF = """\
price = 10 + 0.1*kwh + 0.05*age
        - 15 where kind is farm
        + 5 where age is missing
        + 0.15 for each unit that kwh is above 200                                         (A)
        + 0.2 for each unit that kwh is above 390 where kind is farm, or above 188 elsewhere
        - 3 for each unit that hdl is at or above 0.111*cholesterol + 20.7, where not A    (B)
        + 2 for each unit that x2 is below 5
(base: the formula without its lines "for each unit")
(base with A: the base and line A)
(in a condition, A means that line A applies, and not A that it does not)

The same, as rules:

1. If kwh < 200 and (kwh >= 390 if kind = farm, else kwh >= 188)  (1 of 480 rows, 0.2%)
     price = 10 + 0.1*kwh + 0.05*age, - 15 where kind is farm, + 5 where age is missing
2. If 200 <= kwh < 400 and not B and hdl > 0.111*cholesterol + 20.7
       and kind in {business, household}  (124 of 480 rows, 26%; mean error 0.38)
     price = base with A and B + x2 - 3
3. Otherwise
     price as in rule 1
7 more rules (4 to 10) cover none of the 480 rows; the formula gives their answers.

(age counts as 0 where it is missing)
(rounded: price is within 0.21 of the exact rules on every training row)

Columns: kwh, age (may be missing), kind (farm, business, household, "my own"), hdl, cholesterol, x2
"""

CLASSES = """\
class = yes where bmi > 30 and A  (80 of 480 rows, 17%; no: 3, yes: 77)
        or where bmi <= 30 and age > 50  (1 of 480 rows, 0.2%; yes: 1)
class = no otherwise  (399 of 480 rows, 83%; no: 390, yes: 9)

A typical row of class no (age 34, bmi 22.5): probability of no 97%, of yes 3%
A typical row of class yes (age missing, bmi 31): probability of no under 0.1%, of yes over 99.9%

The logit of yes, above 0 where yes is likelier than no:

logit = -12 + 0.3*bmi
        + 0.1 for each unit that age is above 50    (A)
(in a condition, A means that line A applies, and not A that it does not)

(age counts as 0 where it is missing)
"""

SEVERAL = """\
out1 = 1.01*in1 + 1.01*in2 - 2.01*A
out2 = 0.5 + B
       + 3 where smoker is yes
with A = how far in1 + in2 is above 1 (otherwise 0)
     B = the value of 2*A, where smoker is yes, or the value of in2 - 1 elsewhere
(base: the formula of an output without A or B)
(base with A: the base and the part of A in it)

The same, as rules:

1. Always
     out1 = base with A
     out2 = base + in1, - 1 where smoker is no
"""


@given(presentations.presentations())
def test_a_text_is_read_back_to_what_was_written(presentation):
    text = write_presentation(presentation)
    assert parse(text) == presentation
    assert all(line.isprintable() for line in text.split("\n"))


@pytest.mark.parametrize("text", [TARIFF, CLASSES, SEVERAL], ids=["tariff", "classes", "several outputs"])
def test_the_layout(text):
    assert write_presentation(parse(text)) == text


@given(presentations.presentations(), st.integers(0, 10**6))
def test_the_order_of_terms_does_not_matter(presentation, seed):
    if presentation.formula is None:
        return
    turned = [
        type(output)(output.name, Sum(output.base.constant, output.base.terms[::-1]), output.bends)
        for output in presentation.formula.outputs
    ]
    formula = type(presentation.formula)(tuple(turned), presentation.formula.bends)
    again = parse(write_presentation(Presentation(**{**vars(presentation), "formula": formula})))
    x = presentations.encoded_rows(presentation.columns, seed)
    y = presentation.formula.predict(presentation.columns, x)
    np.testing.assert_allclose(again.formula.predict(again.columns, x), y, rtol=1e-9, atol=1e-9 * (1 + np.abs(y).max()))


@given(presentations.presentations(), st.integers(0, 10**6))
def test_rules_cover_the_same_rows_once_they_are_read(presentation, seed):
    again = parse(write_presentation(presentation))
    x = presentations.encoded_rows(presentation.columns, seed)
    bends = [() if p.formula is None else p.formula.bends for p in (presentation, again)]
    before, after = (Cells(presentation.columns, x, some) for some in bends)
    for rule, found in zip(presentation.rules, again.rules, strict=True):
        np.testing.assert_array_equal(rule.covers(before), found.covers(after))


def mutated(text, rng):
    """A text with a character, a word or a line more, less or elsewhere."""
    lines, words, place = text.split("\n"), text.split(" "), rng.randrange(len(text))
    some = rng.choice([lines, words])
    kind = rng.randrange(5)
    if kind == 0:
        return text[:place] + text[place + 1 :]
    if kind == 1:
        return text[:place] + rng.choice("\"()[]{}+-*/<>=!,;:.%0159eEA \n\0\\'é") + text[place:]
    if kind == 2:
        some.insert(rng.randrange(len(some)), rng.choice(some))
    elif kind == 3:
        del some[rng.randrange(len(some))]
    else:
        rng.shuffle(some)
    return ("\n" if some is lines else " ").join(some)


@given(presentations.presentations(), st.integers(0, 10**6))
def test_a_wrong_text_gives_nothing_but_a_format_error(presentation, seed):
    text, rng = write_presentation(presentation), random.Random(seed)
    for _ in range(8):
        text = mutated(text, rng) or " "
        for part in (None, "rules", "formula"):
            try:
                read(text, part)
            except FormatError as error:
                assert len(str(error)) < 500


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "neither a formula nor a rule"),
        ("y = 1 +\n", "line 2: expected a name, but found the end"),
        ("y = 1\n    + 2 x", "line 2: expected 'a name' or .* but found 'x'|line 2"),
        ('y = 1 + 2*"x', r"line 1: cannot read '\"x'; the double quotes are not closed"),
        ("y = 1 + 2*where", r"line 1: expected a name \(a word of the format needs double quotes\), but found 'where'"),
        ("y = 1e999", "line 1: '1e999' is too large"),
        ("y = 1/0*x", "line 1: cannot divide by 0"),
        ("y = 1 § 2", "line 1: cannot read '§ 2'; this is not part of the format"),
        ("1. If x < 3\n   y = 1\n2. Otherwise\n   z = 1", "rule 2 gives z, but the outputs are y"),
        ("1. If x < 3\n   y as in rule 2", "rule 1 is as a rule that does not come before it"),
        ("1. If x < 3\n   y = base", "rule 1 refers to the formula, but there is none"),
        ("1. If A\n   y = 1", "line 1: 'A' is not a letter of the formula"),
        ("1. If x < 3\n   y = 1\n   y = 2", "line 3: the rule gives 'y' already"),
        ("1. If kind != farm\n   y = 1", "line 1: the test of 'kind' is never true; name all"),
        ("y = x, + 2 where x = 3", "'x' is a number in one place and has levels"),
        ("y = 1 + 2*z\nColumns: x", "line 1: the line of columns does not name 'z'"),
        ("y = 1, + 2 where kind is b\nColumns: kind (a, c)", "line 1: 'kind' cannot be 'b'; it is one of a, c"),
        ("y = 1\n" + "x" * 500 + " < 3", "^.{1,200}$"),
    ],
)
def test_errors_name_the_line_and_what_is_wrong(text, message):
    with pytest.raises(FormatError, match=message):
        read(text)


def test_parts_that_are_not_there():
    with pytest.raises(FormatError, match="has no rules; read its formula"):
        read("y = 1 + 2*x", "rules")
    with pytest.raises(FormatError, match="has no formula; read its rules"):
        read("1. Always\n   y = 1", "formula")


def test_rules_written_by_hand():
    rules = read_text(
        """
        1. If age < 18 and smoker is no
           cost = 5
        2. IF age >= 65 or kind = farm
           cost = 0.1*age, + 2 where kind is farm
        3. otherwise
           cost = 9

        Columns: age (may be missing), smoker (yes or no), kind (farm, town)
        """
    )
    table = {
        "age": [10.0, 70.0, 30.0, 30.0],
        "smoker": [False, True, True, False],
        "kind": ["town", "town", "farm", "town"],
    }
    np.testing.assert_allclose(rules.predict(table)[:, 0], [5, 7, 5, 9])


def test_adjustments_may_stand_after_bends():
    text = """
        y = 1 + 2*x
            + 3 for each unit that x is above 4
            - 15 where kind is farm
        Columns: x, kind (farm, town)"""
    (output,) = parse(text).formula.outputs
    assert len(output.base.terms) == 2 and len(output.bends) == 1
    np.testing.assert_allclose(read(text).predict({"x": [5.0, 5.0], "kind": ["farm", "town"]})[:, 0], [-1, 14])


def test_columns_are_named_only_where_the_rest_does_not_tell():
    def text(*columns):
        rule = PresentedRule(1, (), False, (PresentedOutput(Sum(0.0, (Term(1.0, "b"), Term(1.0, "a")))),))
        return write_presentation(Presentation(columns, ("y",), None, (rule,)))

    assert "Columns" not in text(Column("b", "integer"), Column("a"))
    assert text(Column("a"), Column("b")).endswith("\nColumns: a, b\n")
    assert text(Column("b"), Column("a"), Column("c", "category", ("p", 3, "no"))).endswith("c (p, 3, no)\n")
    assert "may be missing; in kWh" in text(Column("b"), Column("a", missing=True, unit="kWh"))


def test_lines_are_short():
    for presentation in (parse(TARIFF), parse(CLASSES)):
        assert max(map(len, write_presentation(presentation).splitlines())) <= 100


def test_reading_takes_linear_time():
    lines = "".join(f"{k}. If x < {k}\n   y = {k} + {k}*x, + 3 where kind is farm\n" for k in range(1, 3001))
    assert len(parse(lines + "Columns: x, kind (farm, town)").rules) == 3000


def test_a_formula_of_bends_close_together_and_far_from_zero_is_read():
    """Without a domain, what lies between them is thinner than a solver of linear programs can tell."""
    lines = [
        "y = 1",
        "    + 1 for each unit that x is above 999999999",
        "    + 2 for each unit that x is above 999999999.5",
    ]
    again = read("\n".join(lines), "formula")
    assert len(again) == 3
    np.testing.assert_allclose(again.predict([[999999998.0], [999999999.25], [1e9]])[:, 0], [1, 1.25, 3])


def test_a_formula_of_features_of_very_different_sizes_is_read():
    """Thresholds of 0 say nothing about the sizes of features, but the weights of a sum say how they compare."""
    text = (
        "y = 1\n    + 27000 for each unit that b is below 5.74e-12*a"
        "\n    + 60000 for each unit that 4.07e-12*a + b is above 0"
    )
    again = read(text, "formula")
    a, b = np.array([1e6, 1e6, 1e6, -1e6, -1e6]), np.array([1e-6, -4.5e-6, 6e-6, 0.0, -7e-6])
    wanted = 1 + 27000 * np.maximum(0, 5.74e-12 * a - b) + 60000 * np.maximum(0, 4.07e-12 * a + b)
    np.testing.assert_allclose(again.predict({"a": a, "b": b})[:, 0], wanted, rtol=1e-9)


def test_a_rule_between_thresholds_of_a_tiny_column_is_printed():
    form = NormalForm([[-1.0], [1.0]], np.zeros((2, 2)), [-4.1e-11, -3.3e-11], [[-41]], [[-14, -116]], [2.3e-9], [0, 0])
    rules = extract_rules(form, Box([-1e-10], [1e-10]))
    assert [rule.number for rule in rules.presentation.rules] == [1, 2, 3]
    x = np.linspace(-1e-10, 1e-10, 41)[:, None]
    assert np.abs(read(write(rules), "rules").predict(x) - form.predict(x)).max() <= 0.011 * np.ptp(form.predict(x))


def test_a_long_reason_is_shortened(monkeypatch):
    def refused(*args):
        raise InvalidValueError("no rules of these: " + "classes " * 200)

    monkeypatch.setattr(text_reader, "as_rules", refused)
    with pytest.raises(
        FormatError, match=r"^the text does not make rules: no rules of these: classes .*\.\.\.$"
    ) as found:
        read("1. Always\n   y = 1")
    assert len(str(found.value)) < 400
