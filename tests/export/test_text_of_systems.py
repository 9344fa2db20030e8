"""Both parts of the printed text answer as the rules do, as closely as the text says."""

import numpy as np
import presented_systems
import pytest
from hypothesis import given

from prelu_rules.export.text import write_presentation
from prelu_rules.export.text_reader import parse, read
from prelu_rules.rules.presentation.presented import presented

pytestmark = pytest.mark.slow

ROUND_OFF = 1e-9


def check(system, x):
    shown = presented(system)
    text = write_presentation(shown)
    y = system.predict(x)
    allowed = np.array(shown.within or [0.0] * y.shape[1]) + ROUND_OFF * (1 + np.abs(y).max())
    for part in ("rules", "formula") if shown.formula is not None else ("rules",):
        again = read(text, part)
        assert [column.name for column in again.columns] == [column.name for column in system.columns]
        assert again.feature_names == system.feature_names
        assert (again.output_names, again.classes) == (system.output_names, system.classes)
        covers = np.array([rule.covers(x) for rule in again.rules])
        assert covers.any(axis=0).all(), part
        assert (np.abs(again.predict(x) - y) <= allowed).all(), (
            part,
            np.abs(again.predict(x) - y).max(axis=0),
            allowed,
        )
    if shown.formula is not None and len(shown.rules) > 1 and not shown.folded:
        counts = [rule.count for rule in read(text).rules]
        assert None in counts or sum(counts) == len(x)
    assert write_presentation(parse(text)) == text


@given(presented_systems.systems())
def test_regression(drawn):
    check(*drawn)


@given(presented_systems.systems(classes=True))
def test_classification(drawn):
    check(*drawn)
