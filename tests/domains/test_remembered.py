import gc
import pickle

import numpy as np
import pytest

from prelu_rules.domains import remembered as module
from prelu_rules.domains.box import Box
from prelu_rules.domains.domain import frame_of
from prelu_rules.domains.polytope import Polytope
from prelu_rules.domains.remembered import remembered
from prelu_rules.geometry.cell import Cell


def shares():
    return Polytope.one_hot(Box([0, 0, 0], [1, 1, 5]), [[0, 1]])


def test_each_domain_has_its_own_for_each_key():
    one, other = Box([0], [1]), Box([0], [1])
    asked = [(one, "a"), (one, "b"), (other, "a")]
    assert [remembered(domain, key, lambda k=k: k) for k, (domain, key) in enumerate(asked)] == [0, 1, 2]
    assert [remembered(domain, key, lambda: -1) for domain, key in asked] == [0, 1, 2]


def test_it_is_given_up_with_the_domain_and_not_sent_with_it():
    gc.collect()
    before, length = len(module._known), len(pickle.dumps(shares()))
    domain = shares()
    cell = Cell(domain, 3)
    cell.push(np.array([1.0, 0.0, 0.0, -0.5]))
    # On the boundary of the other condition, where floats do not decide.
    assert not cell.exceeds(np.array([0.0, 1.0, 0.0, -0.5]))
    assert len(module._known) == before + 1 and len(pickle.dumps(domain)) == length
    del domain, cell
    gc.collect()
    assert len(module._known) == before


def test_the_frame_of_a_polytope_is_computed_once(monkeypatch):
    domain = shares()
    first = frame_of(domain, 3)
    monkeypatch.setattr("prelu_rules.domains.domain._frame_of_polytope", lambda _: pytest.fail("it is known"))
    assert frame_of(domain, 3) is first
