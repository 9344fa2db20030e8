import ablation as a
import numpy as np
import pytest
from datasets import TABLES, folds

from prelu_rules.network.compact import CompactForm
from prelu_rules.population.settings import PopulationSettings
from prelu_rules.population.training import train_population
from prelu_rules.refine.curvature import objective

pytestmark = pytest.mark.slow

QUICK = PopulationSettings(members=2, hidden=(3,), warm_up_steps=200, force_steps=200, jit=False)


def fold_of(name, number=0):
    table = TABLES[name]()
    split = list(folds(name, *table))[number]
    return a.Fold.of(name, table, split, number), split


def forms_of(fold):
    size = (fold.train.x.shape[1], fold.n_outputs, fold.loss)
    return train_population(fold.train, *size, QUICK, 0)


@pytest.mark.parametrize(
    ("name", "loss"), [("diabetes", "squared"), ("breast_cancer", "logistic"), ("iris", "softmax")]
)
def test_rows_of_a_fold(name, loss):
    fold, (train, test) = fold_of(name, 2)
    assert (fold.loss, len(fold.everything.x), len(fold.test.x)) == (loss, len(train), len(test))
    assert len(fold.train.x) + len(fold.held.x) == len(train)
    assert fold.everything.x.mean(axis=0) == pytest.approx(0, abs=1e-9)
    rows = [{tuple(row) for row in part.x.round(9)} for part in (fold.train, fold.held, fold.test)]
    assert not rows[0] & rows[1] or name == "iris"
    assert np.isclose(fold.task(fold.train).weights.sum(), 1)


def test_outputs_refitted_is_least_squares_on_the_units():
    fold, _ = fold_of("diabetes")
    task = fold.task(fold.train)
    system = CompactForm.of(forms_of(fold)[0])
    found, value = a.outputs_refitted(system, task)
    k = system.n_units
    assert np.array_equal(found.weights[:k], system.weights[:k])
    features = system.features(task.x)
    penalty = np.diag([task.ridge] * (features.shape[1] - 1) + [0.0])
    n_rows = len(features)
    expected = np.linalg.solve(features.T @ features / n_rows + penalty, features.T @ task.y / n_rows)
    assert found.predict(task.x) == pytest.approx(features @ expected, abs=1e-3)
    assert value <= objective(system, task)


def test_without_polish_bends_are_those_of_the_training():
    fold, _ = fold_of("diabetes")
    forms = forms_of(fold)
    # Rows that choose the most units, so that there are bends to look at.
    found = a.without_polish(fold, forms)
    starts = [CompactForm.of(form).scaled().weights[: form.n_units, : fold.train.x.shape[1]] for form in forms]
    for unit in found.scaled().weights[: found.n_units, : fold.train.x.shape[1]]:
        assert any(np.allclose(unit, start, atol=1e-9) for rows in starts for start in rows)


def test_variants_on_a_fold_and_what_is_said_of_them(capsys):
    fold, _ = fold_of("iris")
    rows = [a.variants(fold, QUICK)] * 2
    steps = {a.ALL, a.NO_FORCE, a.NO_ELIMINATION, a.NO_POLISH, a.NO_SPARSIFY, a.NETWORK}
    assert set(rows[0]) == steps | {a.GROWTH, a.BOTH}
    assert all(result.score > 0.8 for result in rows[0].values())
    assert rows[0][a.ALL].numbers <= rows[0][a.NO_SPARSIFY].numbers < rows[0][a.NETWORK].numbers
    better = {variant: result._replace(score=result.score - (variant != a.ALL)) for variant, result in rows[0].items()}
    text = list(a.sentences({"iris": [better, better]}))
    assert len(text) == 7 and all("the score is lower for iris" in line for line in text)
    a.show("iris", rows)
    assert "no elimination" in capsys.readouterr().out
