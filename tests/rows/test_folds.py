import numpy as np
import pytest

from prelu_rules.losses.logistic import Logistic
from prelu_rules.losses.squared import Squared
from prelu_rules.rows.folds import folds
from prelu_rules.rows.rows import Rows


def test_each_row_is_left_out_once():
    rows = Rows(np.arange(23.0)[:, None], np.arange(23.0)[:, None], np.ones(23))
    found = folds(rows, Squared(), 5, seed=3)
    assert sorted(np.concatenate([fold.held for fold in found])) == list(range(23))
    for fold in found:
        assert sorted([*fold.train, *fold.held]) == list(range(23))


def test_equal_inputs_of_different_classes_stay_together():
    x = np.repeat(np.arange(20.0), 2)[:, None]
    rows = Rows(x, np.tile([0.0, 1.0], 20), np.ones(40))
    for fold in folds(rows, Logistic(), 4, seed=0):
        assert not set(x[fold.train, 0]) & set(x[fold.held, 0])


def test_each_fold_has_its_share_of_a_rare_class():
    y = (np.arange(100) < 10) * 1.0
    found = folds(Rows(np.arange(100.0)[:, None], y, np.ones(100)), Logistic(), 5, seed=0)
    assert [int(y[fold.held].sum()) for fold in found] == [2] * 5


@pytest.mark.filterwarnings("error")
def test_a_class_with_fewer_rows_than_folds_is_no_fault():
    y = (np.arange(40) < 2) * 1.0
    found = folds(Rows(np.arange(40.0)[:, None], y, np.ones(40)), Logistic(), 5, seed=0)
    assert len(found) == 5


def test_a_row_with_most_of_the_weight_is_always_learned_from():
    weights = np.ones(50)
    weights[7] = 1000
    found = folds(Rows(np.arange(50.0)[:, None], np.arange(50.0)[:, None], weights), Squared(), 5, seed=0)
    assert all(7 in fold.train and 7 not in fold.held for fold in found)


def test_few_rows_are_on_both_sides():
    (fold,) = folds(Rows(np.arange(6.0)[:, None], np.arange(6.0)[:, None], np.ones(6)), Squared(), 5, seed=0)
    assert fold.train.tolist() == fold.held.tolist() == list(range(6))
