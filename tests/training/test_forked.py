import threading

import pytest

from prelu_rules.errors import BackendError, FormatError
from prelu_rules.training import forked


@pytest.fixture
def child(monkeypatch):
    """As in a forked child, which waits only for a moment."""
    monkeypatch.setattr(forked, "_threads_are_lost", True)
    monkeypatch.setattr(forked, "PATIENCE", 0.2)


def test_elsewhere_everything_is_as_ever():
    forked.refuse_in_forked_child()
    assert forked.with_patience(threading.current_thread) is threading.current_thread()


def test_a_child_does_what_needs_no_other_thread(child):
    assert forked.with_patience(lambda: 3) == 3
    assert forked.with_patience(lambda: None) is None
    with pytest.raises(FormatError, match="as it was"):
        forked.with_patience(lambda: (_ for _ in ()).throw(FormatError("as it was")))


def test_a_child_does_not_wait_for_ever(child):
    never = threading.Event()
    with pytest.raises(BackendError, match="so a model of this size cannot be run in it; start processes with"):
        forked.with_patience(never.wait)
    never.set()


def test_a_child_does_not_train(child):
    with pytest.raises(BackendError, match="so nothing trains in it"):
        forked.refuse_in_forked_child()
