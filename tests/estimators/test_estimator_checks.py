"""All that scikit-learn asks of an estimator, with the parameters that a user starts with."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from prelu_rules import PReLURuleClassifier, PReLURuleRegressor


@parametrize_with_checks([PReLURuleRegressor(), PReLURuleClassifier()])
def test_what_scikit_learn_asks(estimator, check):
    check(estimator)
