"""A case: a network and a domain, as the package has them and as the judge has them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

import prelu_rules as pr
from exact_judge.cells import Cell, Network, cells
from exact_judge.domain_kinds import DOMAINS, FEWEST_INPUTS, Bounds, polyhedron_of
from exact_judge.network_kinds import NETWORKS, Arrays
from exact_judge.polyhedron import Polyhedron

MOST_INPUTS = 3


@dataclass(frozen=True, eq=False)
class Case:
    """A network on a domain.

    Attributes:
        network_kind: a key of `NETWORKS`.
        domain_kind: a key of `DOMAINS`.
        number: which of this kind.
        arrays: the network.
        bounds: the domain; None for all of R^n.
    """

    network_kind: str
    domain_kind: str
    number: int
    arrays: Arrays
    bounds: Bounds | None

    @property
    def name(self) -> str:
        return f"{self.network_kind}, {self.domain_kind}, {self.number}"

    @cached_property
    def form(self) -> pr.NormalForm:
        return pr.NormalForm(*self.arrays)

    @cached_property
    def network(self) -> Network:
        return Network.of(*self.arrays)

    @cached_property
    def given(self) -> pr.Box | pr.Polytope | np.ndarray | None:
        """What the package is given as the domain."""
        bounds = self.bounds
        return None if bounds is None else self.domain if bounds.rows is None else bounds.rows

    @cached_property
    def domain(self) -> pr.Box | pr.Polytope | None:
        bounds = self.bounds
        if bounds is None:
            return None
        box = pr.Box(bounds.lower, bounds.upper)
        return box if bounds.coef is None else pr.Polytope(box, bounds.coef, bounds.limit, bounds.equal)

    @cached_property
    def polyhedron(self) -> Polyhedron:
        """The domain as the judge has it."""
        found = polyhedron_of(self.bounds, self.network.n_inputs)
        assert found is not None, f"the domain of {self.name} is empty"
        return found

    @cached_property
    def cells(self) -> list[Cell]:
        """The activation cells as the judge finds them."""
        return list(cells(self.network, self.polyhedron))

    def shown(self) -> str:
        """Python that makes the network and the domain again."""
        lines = [
            f"# {self.name}",
            f"form = NormalForm({', '.join(_shown(n, v) for n, v in self.arrays._asdict().items())})",
        ]
        if self.bounds is None:
            return "\n".join([*lines, "domain = None"])
        given = {name: v for name, v in self.bounds._asdict().items() if v is not None}
        return "\n".join([*lines, f"bounds = dict({', '.join(_shown(n, v) for n, v in given.items())})"])


def drawn(network_kind: str, domain_kind: str, number: int) -> Case:
    """The case of this number, the same in every run."""
    kinds = list(NETWORKS).index(network_kind), list(DOMAINS).index(domain_kind)
    rng = np.random.default_rng([*kinds, number])
    n_inputs = int(rng.integers(FEWEST_INPUTS.get(domain_kind, 1), MOST_INPUTS + 1))
    arrays = NETWORKS[network_kind](rng, n_inputs)
    return Case(network_kind, domain_kind, number, arrays, DOMAINS[domain_kind](rng, arrays))


def all_cases(n_cases: int) -> list[tuple[str, str, int]]:
    """So many cases, equally many of each combination of kinds as far as possible."""
    pairs = [(network, domain) for network in NETWORKS for domain in DOMAINS]
    return [(*pairs[k % len(pairs)], k // len(pairs)) for k in range(n_cases)]


def _shown(name: str, array: np.ndarray) -> str:
    return f"{name}={array.tolist()!r}"
