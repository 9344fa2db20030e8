"""From network to rules in one call."""

import networks
import numpy as np
import pandas as pd
import pytest

import prelu_rules as pr
from prelu_rules.errors import InvalidValueError, ShapeError, TooManyUnitsError, UnsupportedModelError

FORM = networks.random_form(0, (2, 3, 2), slopes=(1.0, 0.5))
ROWS = np.random.default_rng(0).normal(size=(20, 2))


def test_linear_units_are_gone_and_the_function_stays():
    small = pr.collapse(FORM)
    assert 0 < small.n_units == (FORM.slopes == 0.5).sum() < FORM.n_units
    rules = pr.extract(FORM, ROWS)
    assert rules.form == small
    np.testing.assert_allclose(rules.predict(ROWS), FORM.predict(ROWS), rtol=1e-12, atol=1e-12)


def test_the_threshold_says_what_is_linear():
    assert pr.collapse(FORM, threshold=0.4).n_units == 0
    assert len(pr.extract(FORM, threshold=0.4)) == 1
    with pytest.raises(InvalidValueError, match="threshold is 1.0"):
        pr.extract(FORM, threshold=1.0)


def test_options_arrive():
    form = networks.random_form(1, (2, 3, 2), slopes=(0.5,))
    with pytest.raises(TooManyUnitsError, match="3 nonlinear units are left"):
        pr.extract(form, max_nonlinear=2)
    rules = pr.extract(form, ROWS, feature_names=["a", "b"], output_names=["y", "z"], classes=[0, 1], tolerance=1e-9)
    assert (rules.feature_names, rules.output_names, rules.classes) == (("a", "b"), ("y", "z"), (0, 1))
    assert rules.precision.digits > pr.extract(form, ROWS).precision.digits
    with pytest.raises(InvalidValueError, match="tolerance is nan"):
        pr.extract(form, ROWS, tolerance=np.nan)


def test_a_table_names_the_features():
    rules = pr.extract(FORM, pd.DataFrame(ROWS, columns=["age", "body mass"]))
    assert rules.feature_names == ("age", "body mass")
    assert rules.domain == pr.Box.from_data(ROWS)
    assert pr.extract(FORM, pd.DataFrame(ROWS), feature_names=["a", "b"]).feature_names == ("a", "b")


def test_a_table_without_names_works_as_well():
    """Its columns are called by the numbers 0 and 1, and rules by the texts "0" and "1": they were not found."""
    table = pd.DataFrame(ROWS)
    rules = pr.extract(FORM, table)
    assert rules.feature_names == ("0", "1")
    np.testing.assert_array_equal(rules.predict(table), rules.predict(ROWS))


def test_a_table_of_several_types_becomes_numbers():
    """Such a table is an array of objects, which was taken for exact rationals."""
    table = pd.DataFrame({"a": ROWS[:, 0], "b": ROWS[:, 1] > 0})
    rules = pr.extract(FORM, table)
    assert rules.domain.lower.dtype == np.float64
    np.testing.assert_array_equal(rules.predict(table), rules.predict(table.to_numpy(dtype=float)))
    with pytest.raises(ShapeError, match="2 columns, which make 3 features, but the network has 2 inputs"):
        pr.extract(FORM, table.assign(b=["red", "blue"] * (len(table) // 2) + ["red"] * (len(table) % 2)))


def test_a_table_says_what_its_columns_are():
    """Levels and missing values are inputs of their own, so rules take the cells as they are."""
    form = networks.random_form(0, (4, 3, 1))
    rows = {"age": [3.0, None, 5.5, 1.0], "colour": ["red", "blue", "red", "blue"]}
    rules = pr.extract(form, rows)
    assert rules.feature_names == ("age", "age is missing", "colour = blue", "colour = red")
    encoded = np.array([[3.0, 0, 0, 1], [0, 1, 1, 0], [5.5, 0, 0, 1], [1.0, 0, 1, 0]])
    np.testing.assert_allclose(rules.predict(rows), form.predict(encoded), rtol=1e-9)
    assert rules.predict({"colour": "blue", "age": None})[0] == rules.predict(encoded)[1]
    with pytest.raises(InvalidValueError, match="feature_names cannot name the levels of categories"):
        pr.extract(form, rows, feature_names=["a", "b", "c", "d"])


def test_other_networks_are_refused():
    with pytest.raises(UnsupportedModelError, match="cannot read a network from int"):
        pr.collapse(3)
