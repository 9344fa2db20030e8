"""What the package uses of scikit-learn without its promise: a version that moves a name fails here."""

from types import SimpleNamespace

import numpy as np
import pytest

from prelu_rules.estimators.sklearn_internals import feature_names_in


def test_feature_names_in():
    unnamed = SimpleNamespace(n_features_in_=3)
    named = SimpleNamespace(n_features_in_=2, feature_names_in_=np.array(["a", "b"], dtype=object))
    assert feature_names_in(unnamed).tolist() == ["x0", "x1", "x2"]
    assert feature_names_in(named).tolist() == feature_names_in(named, ["a", "b"]).tolist() == ["a", "b"]
    with pytest.raises(ValueError, match="input_features is not equal to feature_names_in_"):
        feature_names_in(named, ["b", "a"])
    with pytest.raises(ValueError, match="should have length equal to number of features"):
        feature_names_in(unnamed, ["a"])
