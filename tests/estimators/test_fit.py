import numpy as np
import pandas as pd
import pytest

import prelu_rules as pr
from prelu_rules.columns.tables import table_cells
from prelu_rules.errors import DataError, InvalidValueError
from prelu_rules.estimators.fit import _split, fit_rules
from prelu_rules.estimators.target import Target

pytestmark = pytest.mark.slow

rng = np.random.default_rng(0)
X = pd.DataFrame(
    {"a": rng.uniform(-1, 1, 300), "b": rng.uniform(0, 100, 300), "colour": rng.choice(["red", "blue"], 300)}
)
QUICK = {"starts": "force", "members": 2, "hidden": (4,), "warm_up_steps": 200, "force_steps": 200, "jit": False}


@pytest.fixture(scope="module")
def bent():
    y = 1000 + 300 * np.abs(X["a"]) + 2 * X["b"] + 100 * (X["colour"] == "red") + rng.normal(0, 5, len(X))
    return fit_rules(X.assign(y=y), "y", max_nonlinear=1, **QUICK)


def test_a_bend_is_found_and_told_in_the_users_units(bent):
    assert bent.score > 0.98 and bent.full_score > 0.6 and bent.full_nonlinear >= 3
    assert bent.rules.n_rows + bent.n_test == len(X)
    low, high = sorted(bent.rules.rules, key=lambda rule: rule.outputs.coef[0, 0])
    np.testing.assert_allclose(low.outputs.coef[0, :2], [-300, 2], rtol=0.1)
    np.testing.assert_allclose(high.outputs.coef[0, :2], [300, 2], rtol=0.1)
    assert bent.chosen is bent.path.choose(max_nonlinear=1) and "[colour = " in bent.rules.export("paper")


def test_the_model_is_the_rules(bent):
    certificate = bent.rules.certify(bent.model)
    assert certificate.covered and certificate.disjoint
    assert certificate.upper[0] <= 1e-12 * certificate.largest[0]


def test_classes_are_scored_by_their_labels():
    labels = np.where(X["a"] > 0, "yes", "no")
    fitted = fit_rules(X.assign(y=labels), "y", **QUICK)
    assert isinstance(fitted.estimator, pr.PReLURuleClassifier) and fitted.rules.output_names == ("logit(y = yes)",)
    assert min(fitted.score, fitted.full_score) > 0.9
    assert fitted.estimator.predict(X.iloc[:1]) == fitted.predict(X.iloc[:1]) == labels[:1]
    assert list(fitted.scores) == ["accuracy", "balanced accuracy", "log-loss", "AUC"]
    np.testing.assert_allclose(fitted.predict_proba(X), fitted.estimator.predict_proba(X))


def test_what_one_row_alone_has_is_learned_from():
    for row in range(0, 300, 30):
        odd = X.assign(b=X["b"].where(X.index != row), colour=X["colour"].where(X.index != row, "green"))
        learn, test = _split(table_cells(odd), Target("y", np.arange(300.0)), 0.2, 0)
        assert row in learn and sorted([*learn, *test]) == list(range(300)) and len(test) in (59, 60)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hidden": ()}, r"hidden is \[\]"),
        ({"max_nonlinear": -1}, "max_nonlinear is -1; it must be an integer of at least 0"),
        ({"max_rules": 0}, "max_rules is 0"),
        ({"random_state": -1}, "random_state is -1"),
        ({"test_fraction": 0.0}, "test_fraction is 0.0"),
    ],
)
def test_bad_options_are_named(options, message):
    with pytest.raises(InvalidValueError, match=message):
        fit_rules(X.assign(y=X["b"]), "y", **options)


@pytest.mark.parametrize("value", [1e200, -1e308])
def test_numbers_that_training_cannot_hold_are_named(value):
    with pytest.raises(InvalidValueError, match=r"column 1 of x holds .*, whose square overflows"):
        fit_rules(X.assign(b=X["b"].where(X.index != 3, value), y=X["a"]), "y", outliers="keep")
    with pytest.raises(InvalidValueError, match=r"column 0 of y holds .*, whose square overflows"):
        fit_rules(X.assign(y=X["a"].where(X.index != 3, value)), "y", outliers="keep")


@pytest.mark.parametrize(
    "options", [{}, {"test_fraction": 0.9}, {"test_fraction": 0.999}, {"validation_fraction": 0.9}]
)
def test_more_classes_than_rows_on_a_side(options):
    """Shares of the classes cannot be kept then, which scikit-learn says with an error of its own."""
    classes = [f"class {number % 20}" for number in range(60)]
    fitted = fit_rules({"a": np.arange(60.0), "y": classes}, "y", **{**QUICK, "members": 1, **options})
    assert set(fitted.rules.classes) == set(classes) and 0 < fitted.n_test < 60


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.9, 0.999])
def test_every_class_is_learned_from(share):
    cells = table_cells({"a": np.arange(60.0)})
    classes = tuple(f"class {number}" for number in range(20))
    learn, test = _split(cells, Target("y", np.arange(60.0) % 20, classes), share, seed=0)
    assert set(learn % 20) == set(range(20)) and len(test) and not set(learn) & set(test)


def test_copies_of_a_row_are_on_one_side():
    copies = pd.concat([X.iloc[:60]] * 5, ignore_index=True)
    learn, test = _split(table_cells(copies), Target("y", np.tile(np.arange(60.0), 5)), 0.2, 0)
    assert len(test) == 60 and set(learn % 60).isdisjoint(test % 60)


@pytest.mark.parametrize(
    ("table", "target", "message"),
    [
        (X.assign(y=1.0), "z", "has no column 'z'; its columns are 'a', 'b', 'colour', 'y'"),
        (X, "colours", "did you mean 'colour'"),
        (X[["a"]], "a", "no column besides the target 'a'"),
        (X.iloc[:9].assign(y=range(9)), "y", "9 rows of data; at least 10 are needed"),
        (X.assign(y=X["a"].where(X.index != 7)), "y", "the target 'y' is missing in row 7"),
        (X.assign(y=3.0), "y", "the target 'y' is 3 in every row"),
        (X.assign(y=["a", "b"] + ["a"] * 298), "y", "class 'b' of the target 'y' has fewer than 3 rows"),
    ],
)
def test_tables_that_cannot_be_learned_from(table, target, message):
    with pytest.raises(DataError, match=message):
        fit_rules(table, target)


def test_columns_called_by_numbers():
    table = pd.DataFrame(np.column_stack([np.linspace(-1, 1, 60), np.linspace(3, 5, 60)]))
    fitted = fit_rules(table, target=1, **QUICK)
    assert fitted.rules.feature_names == ("0",) and fitted.rules.output_names == ("1",)
    np.testing.assert_allclose(fitted.predict(table), table[1], atol=0.05)


def test_a_result_is_saved_and_scores_the_table_from_the_file_alone(bent, tmp_path):
    rules, model = bent.save(tmp_path / "new" / "folder")
    assert model.exists()
    np.testing.assert_array_equal(pr.read_rules(rules).predict(X)[:, 0], bent.predict(X))
    assert "If a " in str(bent) and "MAE" in str(bent) and len(repr(bent)) < 100
