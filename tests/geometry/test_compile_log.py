"""A compilation is announced once, before it starts, and only if it is of this package."""

import logging

import numpy as np
import pytest
from numba import njit

import prelu_rules.geometry.compiled  # noqa: F401  (registers the log)
from prelu_rules.geometry.compile_log import log_compilation


def compiled(function, module):
    function.__module__ = module
    return njit(function)


def test_it_is_announced_once_with_its_parts(caplog):
    log_compilation()
    part = compiled(lambda x: 2 * x, "prelu_rules.geometry.part")

    def whole(x):
        return part(x) + 1

    caplog.set_level(logging.INFO, "prelu_rules")
    function = compiled(whole, "prelu_rules.geometry.whole")
    assert function(1.0) == 3.0
    (message,) = caplog.messages
    assert message.startswith("compiling prelu_rules.geometry.whole.test_it_is_announced_once")
    # Another type of argument is another compilation; the same one is none.
    function(2.0)
    function(np.ones(2))
    assert len(caplog.messages) == 2


def test_other_packages_are_their_own_business(caplog):
    caplog.set_level(logging.INFO, "prelu_rules")
    compiled(lambda x: x + 1, "prelu_rules_of_others")(1.0)
    assert caplog.messages == []


def test_after_one_that_fails_others_are_announced(caplog):
    caplog.set_level(logging.INFO, "prelu_rules")
    with pytest.raises(Exception, match="typing"):
        compiled(lambda x: x.nothing, "prelu_rules.failing")(1.0)
    compiled(lambda x: x - 1, "prelu_rules.working")(1.0)
    assert len(caplog.messages) == 2
