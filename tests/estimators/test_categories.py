"""What rules say of categories and gaps: a reference level, one effect of rare levels, and values never seen."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import cross_val_score

import prelu_rules as pr
from prelu_rules.errors import DataError, InvalidValueError
from prelu_rules.export.json import read

pytestmark = pytest.mark.slow

QUICK = {
    "starts": "force",
    "members": 2,
    "hidden": (3,),
    "warm_up_steps": 200,
    "force_steps": 200,
    "jit": False,
    "random_state": 0,
}
NEW = {"kwh": [100.0, np.nan], "kind": ["palace", None], "sex": ["f", "x"], "age": [3.0, np.nan]}


def bills(n_rows=300):
    """Three rare kinds that cost alike, two sexes, and one age that is missing."""
    rng = np.random.default_rng(0)
    kind = rng.choice(["farm", "home"], n_rows, p=[0.3, 0.7]).astype(object)
    kind[:12] = ["zoo", "inn", "pub"] * 4
    frame = pd.DataFrame({"kwh": rng.uniform(0, 500, n_rows).round(), "kind": kind})
    frame["sex"] = rng.choice(["f", "m"], n_rows)
    frame["age"] = rng.uniform(1, 60, n_rows).round(1)
    rare = ~frame["kind"].isin(["farm", "home"])
    price = 10 + 0.1 * frame["kwh"] - 15 * (frame["kind"] == "farm") + 30 * rare + 5 * (frame["sex"] == "f")
    price = (price + 0.5 * frame["age"]).rename("price")
    frame.loc[20, "age"] = np.nan
    return frame, price


@pytest.fixture(scope="module", params=["reference", "mean"])
def regressor(request):
    return pr.PReLURuleRegressor(**QUICK, unknown=request.param).fit(*bills())


def weights_by_column(model):
    """The weights of the features of each column, in each row of weights of each network of the path."""
    features = model.rules_.features
    for point in model.path_:
        for row in np.vstack([point.form.A, point.form.C]):
            named = {}
            for feature, weight in zip(features, row.tolist(), strict=True):
                named.setdefault(feature.column, {})[feature.level] = weight
            yield named


def test_one_level_is_in_the_constant_and_rare_ones_share_a_number(regressor):
    for weights in weights_by_column(regressor):
        assert weights["kind"]["home"] == 0
        assert weights["kind"]["zoo"] == weights["kind"]["inn"] == weights["kind"]["pub"]
        assert 0 in weights["sex"].values() and list(weights["age"]) == [None]
    text = str(regressor.rules_)
    # Which of the three effects is in the printed constant is for the text to choose.
    assert "where kind is farm" in text and not any(f"kind is {level}" in text for level in ("inn", "pub", "zoo"))
    assert text.count("where sex is") == text.count("where sex is f") + text.count("where sex is m")
    assert regressor.columns_[3].fill == regressor.rules_.columns[3].fill
    assert f"(age counts as {regressor.columns_[3].fill:g} where it is missing)" in text


def test_a_classifier_has_one_number_of_two_levels():
    frame, price = bills()
    model = pr.PReLURuleClassifier(**QUICK).fit(frame, price > price.median())
    for weights in weights_by_column(model):
        assert sum(weight != 0 for weight in weights["sex"].values()) <= 1
    assert model.rules_.export("compact").count("[sex = ") <= 1


def test_values_never_seen_count_as_the_rules_say(regressor):
    new = pd.DataFrame(NEW)
    with pytest.warns(pr.UnknownValueWarning) as caught:
        found = regressor.predict(new)
    said = "column 'kind' holds 'palace' and 1 other unknown value in 2 rows"
    assert [str(one.message).startswith(said) for one in caught] == [False, True, False]
    again = read(regressor.rules_.export("json"))
    for rules in (regressor.rules_, again):
        with pytest.warns(pr.UnknownValueWarning):
            np.testing.assert_array_equal(rules.predict(new)[:, 0], found)
    assert again.columns == regressor.columns_
    if regressor.unknown == "reference":
        known = new.assign(kwh=[100.0, regressor.columns_[0].unknown[0]], kind="home")
        known["sex"] = ["f", regressor.columns_[2].levels[regressor.columns_[2].unknown.index(1.0)]]
        np.testing.assert_array_equal(regressor.predict(known), found)
        assert "where training saw no such value, kwh counts as" in str(regressor.rules_)
    else:
        shares = regressor.rules_.encoded(bills()[0]).mean(axis=0)
        np.testing.assert_allclose(regressor.columns_[1].unknown, shares[1:6])
        assert "kind counts as the mean of training" in str(regressor.rules_)


def test_they_can_be_refused():
    frame, price = bills()
    model = pr.PReLURuleRegressor(**QUICK, unknown="error").fit(frame, price)
    with pytest.raises(InvalidValueError, match="column 'kwh' is missing in row 1"):
        model.predict(pd.DataFrame(NEW))
    assert "training saw" not in str(model.rules_)


def test_cross_validation_passes_with_a_warning():
    frame, price = bills(60)
    frame.loc[3, "kind"] = "palace"
    with pytest.warns(pr.UnknownValueWarning):
        scores = cross_val_score(pr.PReLURuleRegressor(**QUICK), frame, price, cv=3, error_score="raise")
    assert np.isfinite(scores).all()


def test_fit_rules_refuses_them_unless_asked():
    frame, price = bills(100)
    fitted = pr.fit_rules(frame.assign(price=price), "price", **QUICK)
    with pytest.raises(InvalidValueError, match="column 'kwh' is missing in row 1"):
        fitted.predict(pd.DataFrame(NEW))
    fitted = pr.fit_rules(frame.assign(price=price), "price", **QUICK, unknown="reference")
    with pytest.warns(pr.UnknownValueWarning):
        assert np.isfinite(fitted.predict(pd.DataFrame(NEW))).all()
    with pytest.raises(InvalidValueError, match="unknown is 'skip'"):
        pr.fit_rules(frame.assign(price=price), "price", unknown="skip")


X = np.random.default_rng(1).normal(size=(30, 3))


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (X[:4], X[:4, 0], None),
        (X[:3, [0, 1, 2, 0]], X[:3, 0], "there are 3 different rows but 4 columns"),
        (np.ones((30, 2)), X[:, 0], "all rows are alike"),
        (X, np.full(30, 7.0), "all targets are alike"),
        (X * [1, 0, 1], X[:, 0], None),
    ],
    ids=["as many", "fewer rows than columns", "rows alike", "targets alike", "a constant column"],
)
def test_rows_that_teach_little(x, y, message):
    model = pr.PReLURuleRegressor(**QUICK)
    if message is None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            model.fit(x, y)
    else:
        with pytest.warns(pr.DataWarning, match=message) as caught:
            model.fit(x, y)
        assert len(caught) == 1 and caught[0].filename == __file__
    assert np.isfinite(model.predict(x)).all()
    if message is not None and "alike" in message:
        np.testing.assert_allclose(model.predict(x), y.mean(), atol=1e-6)
    elif message is None and len(x) == 30:
        assert all(not form[:, 1].any() for point in model.path_ for form in (point.form.A, point.form.C))


def test_a_table_whose_rows_are_alike_is_refused_before_any_training():
    with pytest.raises(DataError, match="all rows are alike but for the target 'y'"):
        pr.fit_rules({"a": ["x"] * 12, "b": [1.0] * 12, "y": range(12)}, "y")


def test_a_limit_that_nothing_meets_says_what_would():
    model = pr.PReLURuleRegressor(**QUICK).fit(X, X @ [[1.0, 2.0], [2.0, 1.0], [3.0, 0.0]] + 4)
    with pytest.raises(InvalidValueError, match="at most 1 numbers; the shortest has 2, so set max_numbers to that"):
        model.choose(max_numbers=1)
