"""Options of `fit` that are refused before anything is trained."""

import pytest

from prelu_rules.cli.fit import _clip
from prelu_rules.errors import InvalidValueError


@pytest.mark.parametrize(
    ("text", "clip"),
    [
        ("training", "training"),
        ("none", None),
        ("0,100", (0.0, 100.0)),
        ("-1.5, 2e3", (-1.5, 2000.0)),
        ("0,", (0.0, None)),
        (",5", (None, 5.0)),
    ],
)
def test_bounds_are_words_or_numbers(text, clip):
    assert _clip(text) == clip


@pytest.mark.parametrize("text", ["", "range", "1", "1,2,3", "a,b", "2,1", ",", "nan,1", "0,inf"])
def test_what_bounds_nothing_is_refused(text):
    with pytest.raises(InvalidValueError, match="clip is "):
        _clip(text)
