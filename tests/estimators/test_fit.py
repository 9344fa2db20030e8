import numpy as np
import pandas as pd
import pytest

import prelu_rules as pr
from prelu_rules.errors import InvalidValueError
from prelu_rules.estimators.fit import _split, fit_rules
from prelu_rules.readers.table import Table

rng = np.random.default_rng(0)
X = pd.DataFrame(
    {"a": rng.uniform(-1, 1, 300), "b": rng.uniform(0, 100, 300), "colour": rng.choice(["red", "blue"], 300)}
)
QUICK = {"members": 2, "hidden": (4,), "warm_up_steps": 200, "force_steps": 200, "jit": False}


@pytest.fixture(scope="module")
def bent():
    y = 1000 + 300 * np.abs(X["a"]) + 2 * X["b"] + 100 * (X["colour"] == "red") + rng.normal(0, 5, len(X))
    return fit_rules(Table(X, y, "y"), max_nonlinear=1, **QUICK)


def test_a_bend_is_found_and_told_in_the_users_units(bent):
    assert bent.score > 0.98 and bent.full_score > 0.6 and bent.full_nonlinear >= 3
    assert bent.rules.n_rows + bent.n_test == len(X)
    low, high = sorted(bent.rules.rules, key=lambda rule: rule.outputs.coef[0, 0])
    np.testing.assert_allclose(low.outputs.coef[0, :2], [-300, 2], rtol=0.1)
    np.testing.assert_allclose(high.outputs.coef[0, :2], [300, 2], rtol=0.1)
    assert bent.chosen is bent.path.choose(max_nonlinear=1) and "[colour = " in str(bent.rules)


def test_the_model_is_the_rules(bent):
    certificate = bent.rules.certify(bent.model)
    assert certificate.covered and certificate.disjoint
    assert certificate.upper[0] <= 1e-12 * certificate.largest[0]


def test_classes_are_scored_by_their_labels():
    labels = np.where(X["a"] > 0, "yes", "no")
    table = Table.from_frame(X.assign(y=labels), "y")
    fitted = fit_rules(table, **QUICK)
    assert isinstance(fitted.estimator, pr.PReLURuleClassifier) and fitted.rules.output_names == ("logit(y = yes)",)
    assert min(fitted.score, fitted.full_score) > 0.9
    assert fitted.estimator.predict(X.iloc[:1]) == labels[:1]


def test_what_one_row_alone_has_is_learned_from():
    for row in range(0, 300, 30):
        odd = X.assign(b=X["b"].where(X.index != row), colour=X["colour"].where(X.index != row, "green"))
        learn, test = _split(Table(odd, np.zeros(300), "y"), seed=0)
        assert row in learn and sorted([*learn, *test]) == list(range(300)) and len(test) in (59, 60)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hidden": ()}, r"hidden is \[\]"),
        ({"max_nonlinear": -1}, "max_nonlinear is -1; it must be a whole number of at least 0"),
        ({"max_rules": 0}, "max_rules is 0"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_bad_options_are_named(options, message):
    with pytest.raises(InvalidValueError, match=message):
        fit_rules(Table(X, X["b"], "y"), **options)


@pytest.mark.parametrize("value", [1e200, -1e308])
def test_numbers_that_training_cannot_hold_are_named(value):
    with pytest.raises(InvalidValueError, match=r"column 1 of x holds .*, whose square overflows"):
        fit_rules(Table(X.assign(b=X["b"].where(X.index != 3, value)), X["a"], "y"))
    with pytest.raises(InvalidValueError, match=r"column 0 of y holds .*, whose square overflows"):
        fit_rules(Table(X, X["a"].where(X.index != 3, value), "y"))
