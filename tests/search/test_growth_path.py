"""Paths by growth, from the rows to the choice."""

import subprocess
import sys

import numpy as np
import pytest
from hinge_rows import hinges
from sklearn.datasets import make_friedman1
from sklearn.metrics import r2_score

import prelu_rules as pr
from prelu_rules.errors import InvalidValueError, ShortPathWarning
from prelu_rules.losses.huber import Huber
from prelu_rules.losses.squared import Squared
from prelu_rules.network.compact import CompactForm
from prelu_rules.population.settings import PopulationSettings
from prelu_rules.refine.growth import linear_fit
from prelu_rules.refine.shape import FREE, SHALLOW
from prelu_rules.rows.rows import Rows
from prelu_rules.search import by_growth, path
from prelu_rules.search.left_out_choice import tried
from prelu_rules.search.parts import Growth
from prelu_rules.search.path import train_path
from prelu_rules.search.settings import PathSettings

pytestmark = pytest.mark.slow

FEW = PathSettings(max_nonlinear=2, n_folds=3)


def test_the_true_bends_are_found_and_no_more():
    x, y = hinges(200, noise=0.02)
    point = train_path(x, y).choose()
    assert point.n_nonlinear == 2 and point.n_numbers <= 12
    thresholds = sorted(np.abs(point.form.b / np.abs(point.form.A).max(axis=1)))
    np.testing.assert_allclose(thresholds, [40, 70], atol=3)


def test_validation_losses_are_of_all_rows_and_scores_of_the_forms():
    x, y = hinges(200)
    path = train_path(x, y, settings=FEW)
    assert len(path) == 3 and path.by == "both"
    for point in path:
        assert point.validation_losses.shape == (200,)
        assert point.train_score == pytest.approx(r2_score(y, point.form.predict(x)[:, 0]), abs=1e-9)
    # Rows that were not left out would know the noise of their own targets.
    assert path[2].validation_score < path[2].train_score


@pytest.mark.parametrize(("loss", "by"), [("huber", "validation"), ("logistic", "validation"), ("squared", "both")])
def test_a_criterion_has_a_say_in_the_size_only_where_it_does_not_mislead(loss, by):
    x, y = hinges(60)
    targets = (y > np.median(y)) * 1.0 if loss == "logistic" else y
    assert train_path(x, targets, loss=loss, settings=PathSettings(max_nonlinear=1, n_folds=2)).by == by


def without_sparse_search(x, y, settings, monkeypatch):
    """A path without the search among sparse networks, and the numbers of units that it was to start from."""
    given = []

    def nothing(levels, *rest):
        given.extend(system.n_units for level in levels for system in level)
        return []

    with monkeypatch.context() as patched:
        patched.setattr(by_growth, "searched_levels", nothing)
        return train_path(x, y, settings=settings), given


def least_criteria(path):
    return np.array([min(one.criterion for one in level) for level in path.levels])


def test_sparse_networks_are_searched_for_up_to_the_sizes_that_may_be_chosen(monkeypatch):
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (150, 4))
    inner = np.maximum(0, x[:, 0] + 0.2)
    y = 2 * inner - 3 * np.maximum(0, x[:, 1] - 0.8 * inner + 0.1) + 0.05 * rng.normal(size=150)
    without, given = without_sparse_search(x, y, PathSettings(max_nonlinear=4, n_folds=3), monkeypatch)
    assert max(given) == 3 and without.choose().n_nonlinear == 2


def test_the_search_among_sparse_networks_finds_better_ones(monkeypatch):
    settings, gains = PathSettings(max_nonlinear=4, n_folds=3), []
    for seed in (0, 1, 3):
        x, y = make_friedman1(200, n_features=6, noise=0.5, random_state=seed)
        after = least_criteria(train_path(x, y, settings=settings))
        gains.append(least_criteria(without_sparse_search(x, y, settings, monkeypatch)[0]) - after)
    assert np.min(gains) >= 0 and (np.max(gains, axis=1) > 3).sum() >= 2


@pytest.mark.parametrize(
    ("n_columns", "starts", "kept"), [(1, "growth", [SHALLOW]), (2, "growth", []), (2, "both", [FREE])]
)
def test_shapes_that_are_never_given_up(monkeypatch, n_columns, starts, kept):
    given = []

    def recorded(*args):
        given.append(list(args[-1]))
        return tried(*args)

    monkeypatch.setattr(by_growth, "tried", recorded)
    x, y = hinges(60)
    population = PopulationSettings(members=2, hidden=(2,), warm_up_steps=2, force_steps=2)
    settings = PathSettings(max_nonlinear=1, n_folds=2, starts=starts, population=population)
    train_path(x[:, :n_columns], y, settings=settings)
    assert given == [kept]


def test_networks_that_make_few_rules_stay_on_the_path(monkeypatch):
    x, y = hinges(200, noise=0.02)
    lean, sparsified = [], by_growth._sparsified

    def recorded(*args):
        levels, few = sparsified(*args)
        lean.extend(version for _, versions in few for version in versions)
        return levels, few

    monkeypatch.setattr(by_growth, "_sparsified", recorded)
    # Of the others, only the first one of each size is left.
    monkeypatch.setattr(by_growth, "undominated", lambda levels, _: [level[:1] for level in levels])
    found = train_path(x, y, settings=PathSettings(max_nonlinear=4, n_folds=2))
    numbers = sorted(point.n_numbers for level in found.levels for point in level)
    assert len(lean) > 10 and len(numbers) >= len(lean) + 5


@pytest.mark.parametrize(("loss", "n_columns"), [("huber", 2), ("logistic", 2), ("squared", 1)])
def test_sparse_networks_are_not_searched_for_where_nothing_could_choose_them(monkeypatch, loss, n_columns):
    monkeypatch.setattr(by_growth, "searched_levels", None)
    x, y = hinges(60)
    targets = (y > np.median(y)) * 1.0 if loss == "logistic" else y
    assert len(train_path(x[:, :n_columns], targets, loss=loss, settings=PathSettings(max_nonlinear=1, n_folds=2)))


@pytest.mark.parametrize("seed", range(3))
def test_bends_are_found_among_more_columns_than_rows_could_tell_apart(seed):
    """Networks of all columns have twice as many weights as there are rows, so no penalty suits their bends."""
    x, y = make_friedman1(190, 50, noise=1.0, random_state=seed)
    fresh, wanted = make_friedman1(2000, 50, noise=1.0, random_state=100 + seed)
    chosen = train_path(x, y).choose()
    assert r2_score(wanted, chosen.form.predict(fresh)[:, 0]) > 0.85
    assert np.count_nonzero(chosen.form.A.any(axis=0) | chosen.form.C.any(axis=0)) <= 8


@pytest.mark.parametrize(
    ("loss", "limits", "n_rows", "few"),
    [
        (Squared(), {}, 36, True),
        (Squared(), {}, 70, False),
        (Squared(), {"max_columns_per_bend": 3}, 36, False),
        (Squared(), {"nesting": False}, 36, False),
        (Squared(), {"starts": "both"}, 36, False),
        (Huber(), {}, 36, False),
    ],
)
def test_where_bends_use_few_columns_from_the_start(loss, limits, n_rows, few):
    """Networks of five units of eight columns have 9 + 45 weights, and a fifth of the rows is left out."""
    rng = np.random.default_rng(0)
    settings = PathSettings(**limits)
    growth = Growth.of_folds(
        Rows(rng.normal(size=(n_rows, 8)), rng.normal(size=(n_rows, 1)), np.ones(n_rows)), loss, settings, 0
    )
    assert by_growth._shapes(growth, settings) == (settings.shapes[-1:] if few else settings.shapes)


def test_growth_imports_no_keras():
    code = """
        import sys, numpy as np, prelu_rules as pr
        x = np.linspace(-1, 1, 40)[:, None]
        model = pr.PReLURuleRegressor(max_nonlinear=1, n_folds=2).fit(x, np.abs(x[:, 0]))
        print(model.n_nonlinear_, "tensorflow" in sys.modules)
    """
    code = "\n".join(line.strip() for line in code.splitlines())
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "False"]


def test_an_interrupt_leaves_a_path(monkeypatch):
    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(by_growth, "sparsified_levels", interrupted)
    x, y = hinges(200)
    with pytest.warns(UserWarning, match="interrupted"):
        path = train_path(x, y)
    assert not path.complete and path[2].train_score > 0.97 and [len(level) for level in path.levels] == [1] * len(path)


def test_a_path_that_is_shorter_than_asked_says_why():
    x = np.repeat([0.0, 1.0], 20)[:, None]
    with pytest.warns(
        ShortPathWarning, match="max_nonlinear is 2, but the path ends at 0 units, since no further unit"
    ):
        path = train_path(x, np.arange(40.0), settings=FEW)
    assert len(path) == 1


def test_searches_without_some_rows_may_end_earlier(monkeypatch):
    """Then nothing is known of larger networks on rows that they have not seen."""
    found = by_growth.tried

    def shorter(*args):
        trials = found(*args)
        cut = {variant: [networks[:2] for networks in each] for variant, each in trials.networks.items()}
        last = list(cut)[-1]
        kept = {variant: each if variant != last else cut[last] for variant, each in trials.networks.items()}
        outputs = {key: said for key, said in trials.outputs.items() if key[0] != last or key[1] < 2}
        losses = {key: loss for key, loss in trials.losses.items() if key in outputs}
        return type(trials)(kept, outputs, losses, trials.weights)

    monkeypatch.setattr(by_growth, "tried", shorter)
    x, y = hinges(100)
    assert len(train_path(x, y, settings=FEW)) == 3


@pytest.mark.parametrize(
    ("limits", "columns", "nested"), [({"max_columns_per_bend": 1}, 1, True), ({"nesting": False}, 3, False)]
)
def test_bends_have_the_shape_that_was_asked_for(limits, columns, nested):
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (150, 3))
    y = np.maximum(0, np.abs(x[:, 0] + x[:, 1]) - 0.5)
    path = train_path(x, y, settings=PathSettings(max_nonlinear=3, n_folds=2, **limits))
    for point in (point for level in path.levels for point in level):
        assert (np.count_nonzero(point.form.A, axis=1) <= columns).all()
        assert nested or not point.form.B.any()


def test_limits_of_growth_are_refused_for_the_force():
    with pytest.raises(InvalidValueError, match="starts is 'force', but max_columns_per_bend and nesting"):
        PathSettings(starts="force", nesting=False)


def test_large_tables_are_searched_on_a_sample_and_fitted_to_all_rows():
    x, y = hinges(900)
    settings = PathSettings(max_nonlinear=2, folds_up_to=500, search_rows=200)
    path = train_path(x, y, settings=settings)
    assert path[2].validation_losses.shape == (180,)
    assert path[2].train_score > 0.99
    assert path[2].train_score == pytest.approx(r2_score(y, path[2].form.predict(x)[:, 0]), abs=1e-9)


def test_both_takes_the_better_network_of_each_size():
    x, y = hinges(200)
    population = pr.PopulationSettings(members=2, hidden=(4,), warm_up_steps=200, force_steps=200, jit=False)
    both = train_path(x, y, settings=PathSettings(population, "both", max_nonlinear=2, n_folds=3))
    alone = train_path(x, y, settings=FEW)
    assert both.before_force.n_units == 4 and alone.before_force is None
    assert all(one.train_score >= other.train_score - 1e-3 for one, other in zip(both, alone, strict=True))


def test_a_trained_network_replaces_one_that_growth_found_worse(monkeypatch):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(100, 1))
    y = np.abs(x[:, 0])
    bend = float((0 - x.mean()) / x.std())
    trained = CompactForm(np.zeros((1, 2)), np.ones((1, 2), dtype=bool), 1)
    trained = trained.with_unit(np.array([1.0, -bend]), np.array([2 * x.std() / y.std()]))

    def blunt(task, most, rng, shape=FREE, known=()):
        start = linear_fit(task)
        # A unit that never bends: what growth might end with.
        return [start, start.with_unit(np.array([1.0, 100.0]), np.zeros(1))][: most + 1]

    monkeypatch.setattr(path, "_trained", lambda *args: ([trained], None, True))
    monkeypatch.setattr(by_growth, "both_ways", blunt)
    monkeypatch.setattr(by_growth, "EXPLORED", 0)
    found = train_path(x, y, settings=PathSettings(starts="both", max_nonlinear=1, n_folds=2))
    assert found[1].train_score > 0.999


def test_many_classes_leave_out_one_part():
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (120, 2))
    thirds = np.digitize(x[:, 0], [-0.3, 0.3]) * 1.0
    path = train_path(x, thirds, loss="softmax", settings=FEW)
    assert path[0].validation_losses.shape == (24,) and path[2].train_score > 0.95


def test_workers_and_seeds():
    x, y = hinges(60)
    one, two, again = (train_path(x, y, settings=FEW, n_jobs=n) for n in (1, 2, 1))
    assert one == two == again
