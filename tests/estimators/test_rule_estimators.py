import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from prelu_rules import PReLURuleClassifier, PReLURuleRegressor
from prelu_rules.errors import InvalidValueError

QUICK = {"members": 3, "hidden": (6,), "warm_up_steps": 300, "force_steps": 300, "random_state": 0}


def mixed(n_rows=300):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "age": rng.uniform(20, 80, n_rows),
            "colour": rng.choice(["red", "green", "blue"], n_rows),
            "member": rng.uniform(size=n_rows) < 0.5,
        }
    )
    y = np.maximum(0, frame.age - 50) + 10 * (frame.colour == "red") + 3 * frame.member
    return frame, y.rename("price")


@pytest.fixture(scope="module")
def fitted():
    return PReLURuleRegressor(**QUICK).fit(*mixed())


def test_categories_are_features_of_their_own(fitted):
    frame, y = mixed()
    assert r2_score(y, fitted.predict(frame)) > 0.99
    assert list(fitted.get_feature_names_out()) == ["age", "colour = blue", "colour = green", "colour = red", "member"]
    assert list(fitted.feature_names_in_) == ["age", "colour", "member"] and fitted.n_features_in_ == 3
    assert fitted.rules_.output_names == ("price",) and fitted.n_nonlinear_ == 1
    assert "[colour = " in str(fitted.rules_)
    np.testing.assert_allclose(fitted.rules_.predict(fitted.encoding_.transform(frame))[:, 0], fitted.predict(frame))


def test_an_unknown_category_is_refused_by_name(fitted):
    frame, _ = mixed()
    frame.loc[7, "colour"] = "pink"
    with pytest.raises(InvalidValueError, match="column 'colour' holds 'pink' in row 7"):
        fitted.predict(frame)


def test_missing_values_are_said_to_be_missing():
    frame, y = mixed()
    frame.loc[::3, "age"] = np.nan
    y[::3] = 40.0
    model = PReLURuleRegressor(**QUICK).fit(frame, y)
    assert "age is missing" in str(model.rules_) and r2_score(y, model.predict(frame)) > 0.85
    frame.loc[0, "colour"] = None
    with pytest.raises(InvalidValueError, match="colour"):
        model.predict(frame)


def test_another_point_of_the_path_needs_no_training(fitted):
    model = pickle.loads(pickle.dumps(fitted))
    before = model.path_
    assert model.select(0).n_nonlinear_ == 0 and len(model.rules_) == 1 and model.path_ is before
    assert model.select(max_rules=2).n_nonlinear_ <= 1
    with pytest.raises(InvalidValueError, match="size is 99"):
        model.select(99)
    with pytest.raises(NotFittedError):
        PReLURuleRegressor().select(0)


def test_equal_states_give_equal_rules(fitted):
    again = clone(fitted).fit(*mixed())
    assert again.rules_ == fitted.rules_
    assert pickle.loads(pickle.dumps(fitted)).rules_ == fitted.rules_


def test_several_outputs():
    frame, y = mixed()
    both = pd.DataFrame({"price": y, "weight": 100 - frame.age})
    model = PReLURuleRegressor(**QUICK).fit(frame, both)
    assert model.predict(frame).shape == (300, 2) and model.rules_.output_names == ("price", "weight")
    assert r2_score(both, model.predict(frame)) > 0.98


@pytest.mark.parametrize("labels", [["no", "yes"], ["a", "b", "c"]])
def test_classes(labels):
    rng = np.random.default_rng(1)
    x = rng.uniform(-1, 1, (300, 2))
    y = np.array(labels)[np.digitize(x[:, 0], np.linspace(-1, 1, len(labels) + 1)[1:-1])]
    model = PReLURuleClassifier(**QUICK).fit(x, y)
    assert model.score(x, y) > 0.96 and list(model.classes_) == labels
    probabilities = model.predict_proba(x)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    np.testing.assert_array_equal(model.classes_[probabilities.argmax(axis=1)], model.predict(x))
    assert all(f"= {label}" in str(model.rules_.decision_rules()) for label in labels)


def test_class_weights_move_the_border():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(400, 1))
    y = (x[:, 0] + rng.normal(size=400) > 1.0) * 1
    plain = PReLURuleClassifier(**QUICK, max_nonlinear=0).fit(x, y)
    balanced = PReLURuleClassifier(**QUICK, max_nonlinear=0, class_weight="balanced").fit(x, y)
    assert balanced.predict(x).sum() > 1.3 * plain.predict(x).sum()


def test_a_pipeline_in_a_grid_search():
    frame, y = mixed(150)
    x = frame[["age"]].to_numpy()
    pipeline = make_pipeline(StandardScaler(), PReLURuleRegressor(**QUICK))
    search = GridSearchCV(pipeline, {"preluruleregressor__max_nonlinear": [0, 1]}, cv=2)
    search.fit(x, np.maximum(0, x[:, 0] - 50) + y * 0)
    assert search.best_params_ == {"preluruleregressor__max_nonlinear": 1}


def test_a_warm_start_only_chooses_anew():
    frame, y = mixed(150)
    model = PReLURuleRegressor(**QUICK, warm_start=True).fit(frame, y)
    path = model.path_
    assert model.set_params(max_nonlinear=0).fit(frame, y).path_ is path and model.n_nonlinear_ == 0
    assert model.fit(frame, y + 1).path_ is not path
