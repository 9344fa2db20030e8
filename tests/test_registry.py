"""One rule for whatever users can register."""

import pytest

from prelu_rules.errors import InvalidValueError
from prelu_rules.registry import Registry


@pytest.fixture
def greetings():
    return Registry("greeting", {"english": "hello", "german": "hallo"})


def test_what_was_registered_is_found_in_order(greetings):
    greetings.register("french", "bonjour")
    assert greetings["french"] == "bonjour" and greetings["german"] == "hallo"
    assert list(greetings) == ["english", "german", "french"]
    assert "french" in greetings and "danish" not in greetings


def test_a_cell_may_run_twice(greetings):
    greetings.register("french", "bonjour")
    greetings.register("french", "salut")
    assert greetings["french"] == "salut" and list(greetings).count("french") == 1


def test_what_is_built_in_is_neither_replaced_nor_removed(greetings):
    with pytest.raises(InvalidValueError, match="the greeting 'german' is built in; choose another name"):
        greetings.register("german", "moin")
    with pytest.raises(InvalidValueError, match="the greeting 'german' is built in and cannot be removed"):
        greetings.unregister("german")
    assert greetings["german"] == "hallo"


def test_what_was_removed_is_gone_and_may_come_back(greetings):
    greetings.register("french", "bonjour")
    greetings.unregister("french")
    assert list(greetings) == ["english", "german"]
    with pytest.raises(InvalidValueError, match="there is no greeting 'french'"):
        greetings.unregister("french")
    greetings.register("french", "salut")
    assert greetings["french"] == "salut"


def test_the_nearest_name_is_told(greetings):
    greetings.register("french", "bonjour")
    with pytest.raises(InvalidValueError, match=r"there is no greeting 'frensh'; did you mean 'french'\?"):
        greetings["frensh"]
    with pytest.raises(InvalidValueError, match="no greeting 'xyz'; choose one of english, german, french"):
        greetings["xyz"]


def test_keys_need_not_be_text():
    kinds = Registry("layer", {int: "whole"}, write=lambda kind: kind.__name__)
    kinds.register(float, "real")
    with pytest.raises(InvalidValueError, match="there is no layer 'str'; choose one of int, float"):
        kinds[str]
    with pytest.raises(InvalidValueError, match="the layer 'int' is built in; choose another name"):
        kinds.register(int, "other")


def test_registries_do_not_share_entries():
    built_in = {"a": 1}
    first, second = Registry("thing", built_in), Registry("thing", built_in)
    first.register("b", 2)
    assert "b" not in second and built_in == {"a": 1}
