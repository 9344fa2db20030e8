"""What users do with the estimators; `test_estimator_checks` has what scikit-learn asks."""

import copy
import pickle
import subprocess
import sys

import joblib
import numpy as np
import pandas as pd
import pytest
from dask.distributed import Client, LocalCluster
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from prelu_rules import PReLURuleClassifier, PReLURuleRegressor
from prelu_rules.errors import InvalidValueError
from prelu_rules.estimators import rule_estimator
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.search import by_force

pytestmark = pytest.mark.slow

QUICK = {
    "starts": "force",
    "members": 2,
    "hidden": (4,),
    "warm_up_steps": 200,
    "force_steps": 200,
    "jit": False,
    "random_state": 0,
}


def shop(n_rows=200):
    """Costs that bend at an age of 40, and depend on a colour and on whether the age is known."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"age": rng.uniform(18, 80, n_rows), "colour": rng.choice(["red", "blue"], n_rows)})
    cost = np.maximum(frame["age"] - 40, 0) + 20 * (frame["colour"] == "red")
    frame.loc[::10, "age"] = np.nan
    return frame, cost.where(frame["age"].notna(), 50.0).rename("cost")


@pytest.fixture(scope="module")
def regressor():
    return PReLURuleRegressor(**QUICK).fit(*shop())


@pytest.fixture(scope="module")
def classifier():
    frame, cost = shop()
    return PReLURuleClassifier(**QUICK).fit(frame, cost.gt(15).map({True: "dear", False: "cheap"}).rename("price"))


def test_rules_speak_of_categories_and_of_what_is_missing(regressor):
    frame, cost = shop()
    assert regressor.score(frame, cost) > 0.95
    names = ["age", "age is missing", "colour = blue", "colour = red"]
    assert list(regressor.rules_.feature_names) == regressor.get_feature_names_out().tolist() == names
    assert regressor.rules_.output_names == ("cost",)
    assert regressor.rules_.n_rows == len(frame)
    printed = regressor.rules_.export("paper")
    assert "[age is missing]" in printed and "[colour = red]" in printed
    encoded = regressor.rules_.encoded(frame)
    np.testing.assert_array_equal(regressor.rules_.predict(encoded)[:, 0], regressor.predict(frame))
    domain = regressor.rules_.domain
    assert domain.contains(encoded).all() and regressor.path_[0].domain == domain
    # An age that is missing and yet far from the mean, and two colours at once.
    assert not domain.contains([[75.0, 1.0, 0.0, 1.0], [50.0, 0.0, 1.0, 1.0]]).any()


def test_what_training_knew_nothing_of_is_refused():
    frame, cost = shop()
    regressor = PReLURuleRegressor(**QUICK, unknown="error").fit(frame, cost)
    with pytest.raises(InvalidValueError, match="column 'colour' holds 'green' in row 3"):
        regressor.predict(frame.assign(colour=frame["colour"].where(frame.index != 3, "green")))
    with pytest.raises(
        InvalidValueError, match=r"column 'colour' is missing in row 3, but was never missing in training"
    ):
        regressor.predict(frame.assign(colour=frame["colour"].where(frame.index != 3, None)))


def test_the_table_must_have_rows(regressor):
    with pytest.raises(InvalidValueError, match="the table has 2 columns and 0 rows"):
        clone(regressor).fit(shop()[0][:0], [])


def test_names_of_columns():
    x = np.random.default_rng(0).normal(size=(20, 2))
    plain = PReLURuleRegressor(**QUICK).fit(x, x[:, 0])
    assert plain.rules_.feature_names == ("x0", "x1") and plain.rules_.output_names == ("y",)
    numbered = PReLURuleRegressor(**QUICK).fit(pd.DataFrame(x), x)
    assert numbered.rules_.feature_names == ("0", "1") and numbered.rules_.output_names == ("y1", "y2")
    with pytest.raises(ValueError, match="should have length equal"):
        plain.get_feature_names_out(["a"])


def test_lists_may_mix_strings_and_numbers():
    rows = [[1.0, "a"], [2.0, "b"], [3.0, "a"], [4.0, "b"]] * 5
    model = PReLURuleRegressor(**QUICK).fit(rows, [row[0] for row in rows])
    assert model.rules_.feature_names == ("x0", "x1 = a", "x1 = b")
    np.testing.assert_allclose(model.predict([[2.5, "a"]]), [2.5], atol=0.05)


def test_several_targets():
    x = np.random.default_rng(0).normal(size=(60, 2))
    y = pd.DataFrame({"sum": x.sum(axis=1), "bend": np.abs(x[:, 0])})
    model = PReLURuleRegressor(**QUICK).fit(x, y)
    assert model.rules_.output_names == ("sum", "bend")
    assert model.predict(x).shape == (60, 2)
    assert model.score(x, y) > 0.9


def test_selecting_is_as_good_as_training_with_the_limit(regressor):
    for limits in ({"max_nonlinear": 0}, {"max_nonlinear": 1}, {"max_rules": 2}, {"max_numbers": 5}):
        trained = PReLURuleRegressor(**QUICK, **limits).fit(*shop())
        selected = pickle.loads(pickle.dumps(regressor)).choose(**limits)
        assert selected.rules_ == trained.rules_
        assert selected.n_nonlinear_ == trained.n_nonlinear_


def test_selecting_a_size():
    model = PReLURuleRegressor(**QUICK).fit(*shop())
    for size in range(len(model.path_)):
        assert model.choose(size) is model
        assert model.n_nonlinear_ == model.rules_.form.n_units == size
    with pytest.raises(InvalidValueError, match=f"size is {len(model.path_)}, but must be from 0 to"):
        model.choose(len(model.path_))
    with pytest.raises(InvalidValueError, match="size is -1"):
        model.choose(-1)
    with pytest.raises(NotFittedError):
        PReLURuleRegressor().choose(0)


def test_equal_rows_give_equal_rules_in_any_order(regressor):
    frame, cost = shop()
    order = np.random.default_rng(1).permutation(len(frame))
    assert clone(regressor).fit(frame.iloc[order], cost.iloc[order]).rules_ == regressor.rules_
    other = clone(regressor).set_params(random_state=1).fit(frame, cost)
    assert other.path_ != regressor.path_


def test_a_fitted_estimator_predicts_without_keras(regressor, tmp_path):
    frame, _ = shop()
    (tmp_path / "model.pickle").write_bytes(pickle.dumps(regressor))
    frame.to_pickle(tmp_path / "frame.pickle")
    code = f"""
import sys
sys.modules["tensorflow"] = sys.modules["keras"] = None
import pickle, pandas as pd
model = pickle.load(open({str(tmp_path / "model.pickle")!r}, "rb"))
print(model.choose(1).predict(pd.read_pickle({str(tmp_path / "frame.pickle")!r})).sum())
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    expected = pickle.loads(pickle.dumps(regressor)).choose(1).predict(frame).sum()
    assert float(run.stdout) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("model", ["regressor", "classifier"])
def test_digits_are_found_when_one_looks_and_are_those_of_extract_rules(model, request, monkeypatch):
    fitted = request.getfixturevalue(model)
    frame, _ = shop()
    once = fitted.rules_
    monkeypatch.setattr(rule_estimator, "with_honest_precision", lambda *_: pytest.fail("the digits are known"))
    assert fitted.rules_ is once
    new = copy.deepcopy(fitted).choose(fitted.n_nonlinear_)
    predicted, stored = new.predict(frame), pickle.dumps(new)
    monkeypatch.undo()
    np.testing.assert_array_equal(predicted, fitted.predict(frame))
    assert new.rules_ == pickle.loads(stored).rules_ == once
    point = fitted.point_
    same = extract_rules(point.form, point.domain, columns=fitted.columns_, max_nonlinear=99, x=fitted._learned_from[0])
    assert once.precision == same.precision


def test_an_estimator_that_is_not_fitted_has_no_rules():
    assert not hasattr(PReLURuleRegressor(), "rules_")
    with pytest.raises(NotFittedError, match="not fitted yet"):
        print(PReLURuleRegressor().rules_)


def test_rules_can_be_replaced_by_shorter_ones(regressor):
    shorter = copy.copy(regressor)
    shorter.rules_ = regressor.rules_.rounded(decimals=0)
    frame, _ = shop()
    np.testing.assert_array_equal(shorter.predict(frame), shorter.rules_.predict(frame)[:, 0])
    assert (shorter.predict(frame) != regressor.predict(frame)).any()


def test_pipelines_and_grids():
    x = np.random.default_rng(0).normal(size=(60, 2))
    pipeline = make_pipeline(StandardScaler().set_output(transform="pandas"), PReLURuleRegressor(**QUICK))
    search = GridSearchCV(pipeline, {"preluruleregressor__max_nonlinear": [0, 2]}, cv=2)
    search.fit(pd.DataFrame(x, columns=["a", "b"]), np.abs(x[:, 0]))
    best = search.best_estimator_[-1]
    assert best.max_nonlinear == 2 and best.rules_.feature_names == ("a", "b")


def test_folds_in_other_processes_and_on_a_cluster_are_the_same():
    x = np.random.default_rng(0).normal(size=(60, 2))
    model, y = PReLURuleRegressor(**QUICK), np.abs(x[:, 0])
    alone = cross_val_score(model, x, y, cv=2)
    np.testing.assert_array_equal(cross_val_score(model, x, y, cv=2, n_jobs=2), alone)
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None) as cluster,
        Client(cluster),
        joblib.parallel_config(backend="dask"),
    ):
        np.testing.assert_array_equal(cross_val_score(model, x, y, cv=2, n_jobs=2), alone)


def test_a_warm_start_trains_only_what_is_new():
    x = np.random.default_rng(0).normal(size=(40, 2))
    model = PReLURuleRegressor(**QUICK, warm_start=True).fit(x, np.abs(x[:, 0]))
    known = model.path_[0]
    assert model.set_params(max_nonlinear=0).fit(x, np.abs(x[:, 0])).path_[0] is known
    assert model.n_nonlinear_ == 0 and model.path_.chosen is model.point_
    assert model.fit(x, np.abs(x[:, 1])).path_[0] is not known
    known = model.path_[0]
    assert model.set_params(members=3).fit(x, np.abs(x[:, 1])).path_[0] is not known


def test_an_interrupt_keeps_what_was_found(monkeypatch):
    calls = []

    def interrupted(*args, **kwargs):
        calls.append(args)
        if len(calls) == 1:
            raise KeyboardInterrupt
        return eliminate(*args, **kwargs)

    eliminate = by_force.eliminate
    monkeypatch.setattr(by_force, "eliminate", interrupted)
    with pytest.warns(UserWarning, match="interrupted: the path has the networks found so far"):
        model = PReLURuleRegressor(**QUICK).fit(*shop())
    assert model.score(*shop()) > 0.5


def test_two_classes_have_one_logit(classifier):
    frame, _ = shop()
    rules = classifier.rules_
    assert classifier.classes_.tolist() == list(rules.classes) == ["cheap", "dear"]
    assert rules.output_names == ("logit(price = dear)",)
    x = classifier.rules_.encoded(frame)
    logits = classifier.decision_function(frame)
    np.testing.assert_array_equal(logits, rules.predict(x)[:, 0])
    np.testing.assert_array_equal(classifier.predict(frame), rules.classify(x))
    np.testing.assert_allclose(classifier.predict_proba(frame)[:, 1], 1 / (1 + np.exp(-logits)))
    assert (classifier.predict(frame) == np.where(logits > 0, "dear", "cheap")).all()
    decisions = rules.decision_rules(x=x)
    np.testing.assert_array_equal(decisions.classify(x), classifier.predict(frame))
    assert "THEN class = dear" in decisions.export("paper")


def test_each_of_three_classes_has_a_logit():
    x = np.random.default_rng(0).normal(size=(90, 2))
    y = np.digitize(x[:, 0], [-0.5, 0.5]) + 7
    model = PReLURuleClassifier(**QUICK).fit(x, y)
    assert model.classes_.tolist() == [7, 8, 9]
    assert model.rules_.output_names == ("logit(class = 7)", "logit(class = 8)", "logit(class = 9)")
    assert model.decision_function(x).shape == model.predict_proba(x).shape == (90, 3)
    np.testing.assert_array_equal(model.predict(x), model.classes_[model.decision_function(x).argmax(axis=1)])
    assert model.score(x, y) > 0.85


def test_class_weights_shift_the_decision():
    rng = np.random.default_rng(0)
    y = (rng.random(200) < 0.1).astype(int)
    x = (y + rng.normal(size=200))[:, None]
    share = {
        kind: (PReLURuleClassifier(**QUICK, class_weight=kind).fit(x, y).predict(x) == 1).mean()
        for kind in (None, "balanced")
    }
    assert share[None] < 0.1 < 0.2 < share["balanced"]
    by_class = PReLURuleClassifier(**QUICK, class_weight={0: 1 / 1.8, 1: 5.0}).fit(x, y)
    assert by_class.score(x, y) < 0.9


def test_one_class_is_none():
    with pytest.raises(InvalidValueError, match="y has 1 class, 'a', in the rows with a weight"):
        PReLURuleClassifier().fit([[1.0], [2.0]], ["a", "b"], sample_weight=[1, 0])


def test_progress_is_shown_where_it_is_asked_for(capsys):
    x = np.random.default_rng(0).normal(size=(20, 1))
    PReLURuleRegressor(**QUICK).fit(x, x[:, 0])
    assert capsys.readouterr().err == ""
    PReLURuleRegressor(**QUICK, verbose=1).fit(x, x[:, 0])
    shown = capsys.readouterr().err
    assert "population" in shown and "path" in shown


def test_rules_have_the_mean_errors_of_the_rows_that_were_learned_from(regressor):
    frame, cost = shop()
    numbers, errors = regressor.rules_.rule_numbers(frame), np.abs(regressor.predict(frame) - cost)
    for number, rule in enumerate(regressor.rules_, start=1):
        assert rule.count == (numbers == number).sum() and rule.class_counts is None
        # A rule without rows has no mean.
        assert rule.count == 0 or rule.errors == (pytest.approx(errors[numbers == number].mean()),)
    other = clone(regressor).fit(frame, cost).choose(0)
    assert len(other.rules_) == 1 and other.rules_[0].errors == (
        pytest.approx(np.abs(other.predict(frame) - cost).mean()),
    )


def test_rules_of_classes_have_their_counts_and_typical_rows(classifier):
    frame, cost = shop()
    labels = np.where(cost > 15, "dear", "cheap")
    numbers = classifier.rules_.rule_numbers(frame)
    assert [rule.class_counts for rule in classifier.rules_] == [
        tuple(int((labels[numbers == number] == label).sum()) for label in ("cheap", "dear"))
        for number in range(1, len(classifier.rules_) + 1)
    ]
    assert all(rule.errors is None for rule in classifier.rules_)
    ages = [frame["age"][labels == label].median() for label in ("cheap", "dear")]
    red = [(frame["colour"][labels == label] == "red").mean() > 0.5 for label in ("cheap", "dear")]
    found = classifier.rules_.typical
    assert found.tolist() == [[age, 0, not is_red, is_red] for age, is_red in zip(ages, red, strict=True)]


def test_errors_are_weighted_and_rows_without_a_weight_are_none():
    frame, cost = shop()
    weights = np.arange(len(cost)) % 3.0
    model = PReLURuleRegressor(**QUICK).fit(frame, cost, sample_weight=weights)
    numbers, errors = model.rules_.rule_numbers(frame), np.abs(model.predict(frame) - cost)
    for number, rule in enumerate(model.rules_, start=1):
        mine = numbers == number
        assert rule.count == (mine & (weights > 0)).sum()
        # The last rule covers no row that counts.
        means = (pytest.approx(np.average(errors[mine], weights=weights[mine])),) if rule.count else None
        assert rule.errors == means


def test_a_warm_start_tells_columns_apart_that_read_alike():
    """A digest of reprs would not: a repr shows the first levels of a category only."""
    levels = [f"level {k} of a category that has many, all of them long" for k in range(20)]
    others = [*levels[:-1], "another"]
    x = np.arange(60.0)
    frame = pd.DataFrame({"kind": pd.Categorical(levels * 3, levels), "x": x})
    other = frame.assign(kind=pd.Categorical(others * 3, others))
    model = PReLURuleRegressor(**QUICK, warm_start=True).fit(frame, x)
    first = model.path_[0]
    assert repr(model.columns_) == repr(clone(model).set_params(max_nonlinear=0).fit(other, x).columns_)
    # A path is a new value once another of its networks is chosen; the networks are the same.
    assert model.fit(frame, x).path_[0] is first and model.fit(other, x).path_[0] is not first
