"""All that scikit-learn asks of an estimator. Training is short here; the default takes some minutes for all checks."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from prelu_rules import PReLURuleClassifier, PReLURuleRegressor

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::prelu_rules.errors.ShortPathWarning"),
    pytest.mark.filterwarnings("ignore::prelu_rules.errors.DataWarning"),
]

FORCE = {"starts": "force", "members": 2, "hidden": (4,), "warm_up_steps": 100, "force_steps": 100, "jit": False}
GROWTH = {"max_nonlinear": 1, "n_folds": 2}


@parametrize_with_checks(
    [
        PReLURuleRegressor(**FORCE),
        PReLURuleClassifier(**FORCE),
        PReLURuleRegressor(**GROWTH),
        PReLURuleClassifier(**GROWTH),
    ]
)
def test_what_scikit_learn_asks(estimator, check):
    check(estimator)
