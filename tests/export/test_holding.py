import pytest

from prelu_rules.columns.column import Column
from prelu_rules.errors import InvalidValueError
from prelu_rules.export.holding import as_double, described, double_literal, held_by, holding_of, text_literal
from prelu_rules.rules.short_numbers import as_fraction


@pytest.mark.parametrize(
    ("values", "holding"),
    [
        ([], "text"),
        (["a"], "text"),
        ([1, 2.5], "number"),
        ([True], "truth"),
        ([True, 1], "mixed"),
        (["a", 1], "mixed"),
    ],
)
def test_what_values_are(values, holding):
    assert holding_of(values) == holding


def test_what_cells_are():
    assert held_by(Column("x")) == "number" and held_by(Column("x", "yes/no")) == "truth"
    assert held_by(Column("x", "category", (False, True))) == "truth"


@pytest.mark.parametrize("value", [2**53 + 1, 10**400])
def test_whole_numbers_have_to_be_doubles(value):
    with pytest.raises(InvalidValueError, match="0+[0-9]* is not a double|9007199254740993 is not a double"):
        as_double(value)
    assert as_double(2**60) == 2**60 and as_double(-3) == -3 and as_double(True) == 1


@pytest.mark.parametrize("value", [1 / 3, -2 / 3, 1000 / 7, 0.1, 1e300, 5e-324, 3.0])
def test_doubles_are_read_back(value):
    assert eval(double_literal(value)) == value
    assert ("/" in double_literal(value)) == (as_fraction(value) is not None)


def test_texts_have_to_be_unicode():
    with pytest.raises(InvalidValueError, match="is not Unicode"):
        text_literal("\ud800", {}, str)


@pytest.mark.parametrize("name", ["line\nbreak", "\u2028", "right\u202eto left", "back\\", "'", '"'])
def test_a_description_is_one_line_without_marks_that_turn_it(name):
    text = described(Column(name, "category", (name,), missing=True), "x", "NA")
    assert len(text.splitlines()) == 1 and text.endswith("where it is missing") and "\u202e" not in text
