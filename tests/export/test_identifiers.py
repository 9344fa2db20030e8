import unicodedata

import executed
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.errors import InvalidValueError
from prelu_rules.export.identifiers import LONGEST, check_function, identifiers


@given(st.lists(st.text(max_size=6), max_size=6), st.sampled_from(["unicode", "ascii", "lower"]))
def test_they_are_distinct_words(names, letters):
    words = identifiers(names, ["class", "x", "if"], letters)
    assert len({unicodedata.normalize("NFKC", word) for word in words}) == len(names)
    for word in words:
        assert word.isidentifier() and word not in ("class", "x", "if") and len(word) <= LONGEST + 5
        assert word.isascii() or letters == "unicode"
        assert word.islower() or letters != "lower" or not word.strip("_0123456789")


def test_hostile_names_are_told_apart():
    words = identifiers([*executed.HOSTILE, *sum(executed.ALIKE, ())])
    assert len(set(words)) == len(words) and max(map(len, words)) <= LONGEST + 5


@pytest.mark.parametrize("function", ["class", "two words", "", "1st", "größe", "a\n", "_x", None])
def test_a_function_needs_a_name(function):
    with pytest.raises(InvalidValueError, match="which is not a C identifier; choose another name"):
        check_function(function, "C", {"class"})
