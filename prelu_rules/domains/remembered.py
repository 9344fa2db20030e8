"""What is computed of a domain once, and asked for again and again, is kept as long as the domain is."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from prelu_rules.domains.box import Box
from prelu_rules.domains.polytope import Polytope

T = TypeVar("T")

# Domains cannot be hashed, and what is kept in them would be copied with them to other processes.
_known: dict[int, dict[Hashable, Any]] = {}


def remembered(domain: Box | Polytope, key: Hashable, compute: Callable[[], T]) -> T:
    """Compute something of a domain, unless that was done before.

    Args:
        domain: a box or a polytope, which never change.
        key: what is computed.
        compute: computes it; the result must not refer to the domain, or neither would ever be given up.

    Returns:
        What it returned first, and must not be changed.

    Example:
        >>> square = Box([0, 0], [1, 1])
        >>> remembered(square, "corners", lambda: 4), remembered(square, "corners", lambda: 5)
        (4, 4)
    """
    mine = _known.get(id(domain))
    if mine is None:
        mine = _known[id(domain)] = {}
        weakref.finalize(domain, _known.pop, id(domain), None)
    if key not in mine:
        mine[key] = compute()
    found: T = mine[key]
    return found
