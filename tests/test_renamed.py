import warnings

import pytest

from prelu_rules import renamed
from prelu_rules.renamed import renamed_arguments, warn_renamed


@pytest.fixture(autouse=True)
def nothing_said_yet(monkeypatch):
    monkeypatch.setattr(renamed, "_said", set())


@renamed_arguments(seed="random_state")
def draw(a, random_state=0):
    """Draws."""
    return a, random_state


def test_the_old_name_works_and_warns_once():
    with pytest.warns(
        FutureWarning, match=r"draw\(seed=\) is now called random_state=; the old name will be removed"
    ) as caught:
        assert draw(1, seed=2) == (1, 2)
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert draw(1, seed=3) == (1, 3)
        assert draw(1, random_state=3) == draw(1, 3) == (1, 3)
    assert draw.__doc__ == "Draws."


def test_both_names_are_one_too_many():
    with pytest.raises(TypeError, match="draw was given both random_state and its old name seed"):
        draw(1, seed=2, random_state=3)


def test_each_name_warns_for_itself():
    for name in ("a", "b"):
        with pytest.warns(FutureWarning, match=name):
            warn_renamed(name, "new")
