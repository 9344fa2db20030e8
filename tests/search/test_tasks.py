"""Rows as tasks."""

import numpy as np
import pytest

from prelu_rules.losses.named import loss_named
from prelu_rules.rows.rows import Rows
from prelu_rules.search.tasks import task_of


@pytest.mark.parametrize(("loss", "most"), [("squared", 1e-2), ("huber", 1e-2), ("logistic", np.inf)])
def test_bends_have_a_limit_only_where_the_ridge_of_numbers_is_chosen(loss, most):
    rows = Rows(np.eye(4), np.array([0.0, 1.0, 0.0, 1.0])[:, None], np.ones(4))
    assert task_of(rows, loss_named(loss)).most_on_bends == pytest.approx(most)
    assert task_of(rows, loss_named(loss), ridge=0.5).ridge_on_bends == 0.5
