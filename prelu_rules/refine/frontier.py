"""The networks of a search that are best for their number of rules.

How many rules a network makes depends on how its bends cross, and neither the number of units nor the objective
measures that: three bends make four rules if none of them cross on the domain, and eight if all do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prelu_rules.errors import SolverError
from prelu_rules.network.compact import CompactForm

WORTH = 1e-3
"""The share by which a network has to be better than those with no more rules."""


class Frontier:
    """Networks of which none is beaten by another one in both rules and objective.

    Args:
        n_rules: counts the rules of a network on the domain, but may stop at a given number; None to count all.
            Counting takes longest where there are many rules, and there it only matters that they are too many.

    Example:
        Both bends have two rules, so the better one replaces the other:

        >>> import numpy as np
        >>> flat = CompactForm(np.zeros((1, 2)), np.ones((1, 2), dtype=bool), 1)
        >>> good, bad = (flat.with_unit(np.array([1.0, b]), np.ones(1)) for b in (0.0, 1.0))
        >>> frontier = Frontier(lambda system, at_most: 2**system.n_units)
        >>> for objective, system in [(5.0, flat), (4.0, bad), (3.0, good), (6.0, bad)]:
        ...     frontier.offer(objective, system)
        >>> frontier.besides() == [flat, good]
        True
    """

    def __init__(self, n_rules: Callable[[CompactForm, int | None], int]) -> None:
        self._n_rules = n_rules
        self._found: dict[int, tuple[float, CompactForm]] = {}

    def besides(self, known: Iterable[CompactForm] = ()) -> list[CompactForm]:
        """The networks, those with the fewest rules first.

        Args:
            known: networks to leave out.

        Returns:
            The networks that are not among the known ones.
        """
        known = list(known)
        ordered = (self._found[n_rules][1] for n_rules in sorted(self._found))
        return [system for system in ordered if system not in known]

    def offer(self, objective: float, system: CompactForm) -> None:
        """Add a network unless it is beaten or its rules cannot be counted, and remove those that it beats.

        Args:
            objective: its objective, on the same rows as for all others; non-negative.
            system: the network.
        """
        too_many = min((k for k, (value, _) in self._found.items() if objective >= value * (1 - WORTH)), default=None)
        # Rules are not counted where that cannot help: each unit that bends on the domain makes at least one more.
        # Networks with units that do not bend are passed over too, unless they are good for their size.
        if too_many is not None and system.n_units + 1 >= too_many:
            return
        try:
            n_rules = self._n_rules(system, too_many)
        except SolverError:
            # The weights are so extreme that the rules cannot be told apart; this is not a network to choose for its
            # few rules.
            return
        if too_many is None or n_rules < too_many:
            self._found = {k: pair for k, pair in self._found.items() if k < n_rules or pair[0] < objective}
            self._found[n_rules] = objective, system
