from dataclasses import replace

import numpy as np
import pytest
from hinge_rows import hinges
from sklearn.datasets import make_moons
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import r2_score

from prelu_rules.errors import InvalidValueError, ShapeError
from prelu_rules.losses.logistic import Logistic
from prelu_rules.network.compact import CompactForm
from prelu_rules.population.settings import PopulationSettings
from prelu_rules.refine.curvature import Task
from prelu_rules.refine.frontier import Frontier
from prelu_rules.search import by_force as module
from prelu_rules.search.path import train_path
from prelu_rules.search.separable import separating
from prelu_rules.search.settings import PathSettings

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:max_nonlinear is")]

QUICK = PathSettings(
    PopulationSettings(members=3, hidden=(6,), warm_up_steps=300, force_steps=300, jit=False),
    starts="force",
    max_nonlinear=3,
)


def test_the_true_bends_are_found_and_no_more():
    x, y = hinges(400)
    path = train_path(x, y, settings=QUICK)
    point = path.choose()
    assert point.n_nonlinear == 2
    thresholds = sorted(-point.form.b / np.abs(point.form.A).max(axis=1))
    np.testing.assert_allclose(np.abs(thresholds), [70, 40][:: -1 if thresholds[0] > 0 else 1], atol=4)
    fresh, truth = hinges(400, seed=1, noise=0)
    assert r2_score(truth, point.form.predict(fresh)[:, 0]) > 0.995
    # Three features, two bends: their numbers and little else.
    assert point.n_numbers <= 12


def test_scores_are_those_of_the_forms():
    x, y = hinges(400)
    for point in train_path(x, y, settings=QUICK):
        assert point.train_score == pytest.approx(r2_score(y, point.form.predict(x)[:, 0]), abs=1e-9)


def test_lean_networks_make_few_rules_say_more(monkeypatch):
    # Three bends that cross once follow two moons much better than two bends do; those that fit best cross more often.
    sparsified, given = module.sparsified_levels, []
    monkeypatch.setattr(
        module, "sparsified_levels", lambda systems, *rest: given.append(systems) or sparsified(systems, *rest)
    )
    x, y = make_moons(800, noise=0.2, random_state=2)
    path = train_path(x, y, loss="logistic", settings=QUICK)
    best, lean, *_ = given
    # Networks that are there anyway are not there twice.
    assert lean and not any(system in best for system in lean)
    # The slow twin: one network of each size and its sparser versions, as if nobody had listened to the search.
    monkeypatch.setattr(Frontier, "offer", lambda self, objective, system: None)
    without = train_path(x, y, loss="logistic", settings=QUICK)
    for level, fewer in zip(path.levels, without.levels, strict=True):
        assert level[: len(fewer)] == fewer
    assert path.levels[3][0].n_rules > 5
    few, few_without = (
        min((point for level in one.levels for point in level if point.n_rules <= 5), key=lambda point: point.criterion)
        for one in (path, without)
    )
    assert few.n_nonlinear == 3 and few.criterion < 0.97 * few_without.criterion


def test_noise_alone_has_no_units():
    rng = np.random.default_rng(0)
    assert train_path(rng.normal(size=(200, 3)), rng.normal(size=200), settings=QUICK).choose().n_nonlinear == 0


def test_outputs_and_classes():
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (300, 2))
    both = np.column_stack([np.abs(x[:, 0]), 100 + x[:, 1]])
    point = train_path(x, both, settings=QUICK).choose()
    assert point.form.n_outputs == 2 and r2_score(both, point.form.predict(x)) > 0.99
    inside = (np.abs(x[:, 0]) < 0.5) * 1.0
    point = train_path(x, inside, loss="logistic", settings=QUICK).choose()
    assert point.form.n_outputs == 1 and point.train_score > 0.95 and point.n_nonlinear >= 1
    thirds = np.digitize(x[:, 0], [-0.3, 0.3]) * 1.0
    point = train_path(x, thirds, loss="softmax", settings=QUICK).choose()
    assert point.form.n_outputs == 3 and point.train_score > 0.95


def test_equal_seeds_give_equal_paths():
    x, y = hinges(100)
    first, second = (train_path(x, y, settings=QUICK, random_state=3) for _ in range(2))
    assert first == second


def test_weights_count():
    x, y = hinges(200)
    spoilt = np.concatenate([y, y + 1000])
    weights = np.concatenate([np.ones(200), np.full(200, 1e-9)])
    path = train_path(np.vstack([x, x]), spoilt, sample_weight=weights, settings=QUICK)
    assert r2_score(y, path[2].form.predict(x)[:, 0]) > 0.98


def test_validation_rows_of_the_users():
    x, y = hinges(200)
    fresh = hinges(80, seed=5)
    path = train_path(x, y, validation_data=fresh, settings=QUICK)
    assert path[0].validation_losses.shape == (80,)


def test_few_rows_and_constant_columns():
    x = np.column_stack([np.arange(4.0), np.full(4, 7.0)])
    path = train_path(x, 2 * np.arange(4.0), settings=QUICK)
    np.testing.assert_allclose(path[0].form.predict(x)[:, 0], 2 * np.arange(4.0), atol=0.01)
    constant = train_path(x, np.full(4, 3.0), settings=QUICK)
    np.testing.assert_allclose(constant.choose().form.predict(x), 3.0)


def test_large_data_are_refined_on_a_sample():
    x, y = hinges(2000)
    settings = PathSettings(QUICK.population, "force", max_nonlinear=2, refine_rows=300)
    assert r2_score(y, train_path(x, y, settings=settings)[2].form.predict(x)[:, 0]) > 0.97


def test_an_interrupt_leaves_a_path(monkeypatch):
    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "sparsified_levels", interrupted)
    x, y = hinges(200)
    with pytest.warns(UserWarning, match="interrupted"):
        path = train_path(x, y, settings=QUICK)
    assert not path.complete and path[2].train_score > 0.97 and [len(level) for level in path.levels] == [1] * len(path)


def test_the_network_before_the_force_is_kept():
    x, y = hinges(400)
    path = train_path(x, y, settings=QUICK)
    assert path.complete and path.before_force.n_units == 6
    assert 0.8 < r2_score(y, path.before_force.predict(x)[:, 0]) < 1
    assert [point.slopes.tolist() for point in path] == [[0.0] * size for size in range(len(path))]


def test_workers_do_not_change_the_path():
    x, y = hinges(100)
    assert train_path(x, y, settings=QUICK, n_jobs=2) == train_path(x, y, settings=QUICK)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"x": [[np.nan]] * 20}, InvalidValueError, "x holds nan"),
        ({"x": np.zeros((0, 1)), "y": []}, ShapeError, "at least one row"),
        ({"y": np.zeros(19)}, ShapeError, "20 rows, but y has 19"),
        ({"y": np.zeros((20, 2)), "loss": "softmax"}, ShapeError, "one class for each row"),
        ({"loss": "hinge"}, InvalidValueError, "loss is 'hinge'"),
        ({"y": np.arange(20.0), "loss": "logistic"}, InvalidValueError, "one logit tells two classes apart"),
        ({"y": np.arange(20.0) / 2, "loss": "softmax"}, InvalidValueError, "y holds 0.5, which is not the index"),
        ({"y": np.zeros(20), "loss": "softmax"}, InvalidValueError, "class 0 only"),
        (
            {"loss": "softmax", "validation_data": (np.zeros((2, 1)), [1, 4])},
            InvalidValueError,
            "validation_data has class 4, but the largest class in y is 1",
        ),
        ({"sample_weight": -np.ones(20)}, InvalidValueError, "must not be negative"),
        ({"validation_fraction": 1.5}, InvalidValueError, "validation_fraction is 1.5"),
        ({"random_state": -1}, InvalidValueError, "random_state is -1"),
    ],
)
def test_bad_input(change, error, message):
    arguments = {"x": np.arange(20.0)[:, None], "y": np.arange(20.0) % 2, "settings": QUICK, **change}
    with pytest.raises(error, match=message):
        train_path(arguments.pop("x"), arguments.pop("y"), **arguments)


@pytest.mark.parametrize("seed", range(5))
def test_a_last_class_of_a_single_row_has_a_logit_whether_or_not_it_is_left_out(seed):
    x = np.random.default_rng(0).normal(size=(50, 2))
    classes = (x[:, 0] > 0) * 1
    classes[seed] = 2
    path = train_path(x, classes, loss="softmax", settings=PathSettings(max_nonlinear=1), random_state=seed)
    assert path[0].form.predict(x).shape == (50, 3)


@pytest.mark.parametrize("options", [{"max_nonlinear": -1}, {"ridge": 0.0}, {"refine_rows": 0}])
def test_bad_settings(options):
    with pytest.raises(InvalidValueError, match=next(iter(options))):
        PathSettings(**options)


@pytest.mark.parametrize("margin", [0.0, 0.1])
@pytest.mark.parametrize("loss", ["logistic", "softmax"])
def test_classes_that_a_line_separates_need_no_unit(loss, margin):
    x = np.random.default_rng(0).uniform(-1, 1, (200, 2))
    if loss == "logistic":
        side = x @ [1.0, 2.0] - 0.1
        y, apart = (side > 0) * 1.0, np.abs(side)
    else:
        logits = x @ [[1.0, 0.0, -1.0], [0.0, 1.0, -1.0]]
        y, apart = logits.argmax(axis=1) * 1.0, np.diff(np.sort(logits, axis=1)[:, -2:])[:, 0]
    x, y = x[apart >= margin], y[apart >= margin]
    path = train_path(x, y, loss=loss, settings=QUICK)
    for limits in ({}, {"max_nonlinear": 3}, {"max_rules": 5}):
        point = path.choose(**limits)
        assert point.n_nonlinear == 0 and point.train_score == 1


def test_noise_free_targets_buy_no_further_units():
    x = np.random.default_rng(0).uniform(-1, 1, (200, 2))
    assert train_path(x, x @ [1.0, 2.0], settings=QUICK).choose().n_nonlinear == 0
    assert train_path(x, 100 * x[:, 0] + np.abs(x[:, 1]), settings=QUICK).choose().n_nonlinear == 1


@pytest.mark.parametrize("weight", [1e3, 1e5])
def test_one_heavy_row_leaves_the_others_their_fit(weight):
    x, y = hinges(200)
    weights = np.ones(200)
    weights[7] = weight
    plain, heavy = (train_path(x, y, sample_weight=w, settings=QUICK).choose() for w in (None, weights))
    scores = [r2_score(y, point.form.predict(x)[:, 0]) for point in (plain, heavy)]
    assert heavy.n_nonlinear >= 2 and scores[1] > scores[0] - 0.002


def test_equal_inputs_of_several_classes_are_several_observations():
    """Of twelve different inputs a network without units keeps all that a logistic regression finds on all rows."""
    rng = np.random.default_rng(1)
    x = np.column_stack([rng.integers(0, 3, 1000), rng.integers(0, 2, 1000), rng.integers(0, 2, 1000)]) * 1.0
    logits = x[:, 0] - 1 + 2 * x[:, 0] * x[:, 1] - 1.5 * x[:, 2]
    y = (rng.uniform(size=1000) < 1 / (1 + np.exp(-logits))) * 1.0
    point = train_path(x, y, loss="logistic", settings=QUICK)[0]
    # If all rows of a kind were left out at once, one of the three inputs would seem to be worth no number.
    assert point.n_numbers == 4 and point.train_score == LogisticRegression().fit(x, y).score(x, y)


@pytest.mark.parametrize(("boundary", "needed"), [(0.0, False), (0.93, True)])
def test_a_light_penalty_is_tried_only_where_the_usual_one_does_not_separate(boundary, needed):
    """With it more numbers were chosen for classes that were right anyway."""
    x = np.linspace(-1, 1, 60)[:, None]
    x = x[np.abs(x[:, 0] - boundary) > (0.3 if not needed else 0.0)]
    y = (x[:, 0] > boundary).astype(float)
    task = Task(x, y, np.full(len(x), 1 / len(x)), Logistic(), 1 / len(x))
    flat = CompactForm(np.zeros((1, 2)), np.ones((1, 2), dtype=bool), 1)
    tried, refitted = separating(flat, [task, task])
    assert bool(tried) == bool(refitted) == needed


@pytest.mark.parametrize(("n_columns", "most_errors"), [(50, 3.0), (60, 1.0)])
def test_of_very_many_numbers_left_out_rows_choose_how_many_stay(n_columns, most_errors):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(600, n_columns))
    y = (x @ rng.normal(size=(n_columns, 9))).argmax(axis=1)
    path = train_path(x, y, loss="softmax", settings=PathSettings(max_nonlinear=0))
    assert path.most_errors == most_errors
    if most_errors == 1.0:
        # Akaike's criterion alone would keep fewer of them.
        assert replace(path, most_errors=np.inf)[0].n_numbers < path[0].n_numbers
