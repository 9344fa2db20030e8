"""One cell far outside its column neither decides what is learned nor is left out without a word."""

import warnings

import numpy as np
import pandas as pd
import pytest

from prelu_rules.columns.cells import cells_of_values
from prelu_rules.errors import InvalidValueError, OutlierWarning
from prelu_rules.estimators.classifier import PReLURuleClassifier
from prelu_rules.estimators.fit import fit_rules
from prelu_rules.estimators.outlying_rows import ordinary_rows
from prelu_rules.estimators.regressor import PReLURuleRegressor

QUICK = {
    "starts": "force",
    "members": 2,
    "hidden": (3,),
    "warm_up_steps": 200,
    "force_steps": 200,
    "jit": False,
    "random_state": 0,
}
SENTINEL = 999999999.0


def all_there(n):
    return np.ones(n, dtype=bool)


def bent(n=120):
    rng = np.random.default_rng(0)
    x = rng.random((n, 2))
    return x, np.abs(x[:, 0] - 0.5) + x[:, 1] / 4


def looked(cells, targets=(), there=None, **options):
    """The rows that are kept, and what is said."""
    there = all_there(len(cells[0])) if there is None else there
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        kept = ordinary_rows(cells, targets, there, options.pop("option", "leave out"), **options)
    assert all(one.category is OutlierWarning for one in caught)
    return np.flatnonzero(there & ~kept).tolist(), [str(one.message) for one in caught]


def test_the_warning_names_column_number_and_rows():
    ages = [*range(20, 60), *[-9999] * 7]
    left, (said,) = looked([cells_of_values("age", ages)])
    assert left == list(range(40, 47))
    assert said == (
        "column 'age' holds -9999 in rows 40, 41, 42, 43, 44 and 2 more, far outside its other numbers (20 to 59), so "
        "these rows are left out; leave the cell empty where the value is missing, correct it, or set outliers to keep "
        "if it is right."
    )
    _, (said,) = looked([cells_of_values("age", ages[:41])], labels=[*"ab" * 20, "Bob"])
    assert "holds -9999 in row 'Bob', far outside" in said and "so this row is left out;" in said


def test_all_columns_and_targets_are_looked_at():
    plain = cells_of_values("a", [*range(50)])
    slip = cells_of_values("b", [None, 1e12, *range(48)])
    left, said = looked([plain, slip], [("price", np.append(np.arange(49.0), 1e9))])
    assert left == [1, 49]
    assert [one.split(" holds ")[0] for one in said] == ["column 'b'", "target 'price'"]
    assert "empty" in said[0] and "empty" not in said[1]


def test_missing_cells_categories_and_rows_without_weight_are_passed_over():
    texts = cells_of_values("kind", ["999999999", *["a", "b"] * 25])
    gaps = cells_of_values("gap", [None, *range(900, 950)])
    assert looked([texts, gaps]) == ([], [])
    number, there = cells_of_values("n", [1e9, *range(50)]), all_there(51)
    there[0] = False
    assert looked([number], there=there) == ([], [])


def test_rows_are_kept_where_that_is_asked_for():
    number = cells_of_values("n", [1e9, *range(50)])
    assert looked([number], option="keep") == ([], [])
    with pytest.raises(InvalidValueError, match="outliers is 'drop'; it must be 'leave out' or 'keep'"):
        looked([number], option="drop")


@pytest.mark.slow
@pytest.mark.parametrize("where", ["x", "y"])
def test_a_regressor_learns_what_it_learns_without_the_row(where):
    x, y = bent()
    ordinary = np.arange(len(x)) != 17
    without = PReLURuleRegressor(**QUICK).fit(x[ordinary], y[ordinary])
    (x[:, 0] if where == "x" else y)[17] = SENTINEL
    with pytest.warns(OutlierWarning, match="holds 999999999 in row 17, far outside") as caught:
        model = PReLURuleRegressor(**QUICK).fit(x, y)
    assert caught[0].filename == __file__
    assert model.rules_ == without.rules_ and model.score(x[ordinary], y[ordinary]) > 0.9
    assert model.rules_.domain.upper.max() < 1.01


@pytest.mark.slow
def test_a_classifier_learns_what_it_learns_without_the_row():
    x, y = bent()
    labels = np.where(y > 0.4, "dear", "cheap")
    ordinary = np.arange(len(x)) != 3
    without = PReLURuleClassifier(**QUICK).fit(x[ordinary], labels[ordinary])
    table = pd.DataFrame(x, columns=["a", "b"], index=[f"row {k}" for k in range(len(x))])
    table.iloc[3, 1] = -999.0
    with pytest.warns(OutlierWarning, match="column 'b' holds -999 in row 'row 3', far outside"):
        model = PReLURuleClassifier(**QUICK).fit(table, labels)
    assert [rule.outputs for rule in model.rules_.rules] == [rule.outputs for rule in without.rules_.rules]


@pytest.mark.slow
def test_fit_rules_holds_no_such_row_out():
    x, y = bent()
    table = {"a": x[:, 0], "b": x[:, 1], "y": y}
    scores = []
    # In one of these rows it would be held out, and decide the score.
    for row in (0, 5, 11):
        a = x[:, 0].copy()
        a[row] = SENTINEL
        with pytest.warns(OutlierWarning, match=f"column 'a' holds 999999999 in row {row}, far outside") as caught:
            fitted = fit_rules({**table, "a": a}, "y", **QUICK)
        assert len(caught) == 1 and fitted.n_rows == len(x) - 1
        scores.append(fitted.score)
    assert min(scores) > 0.9
