"""The certificate: how far rules can be from a network on a domain, proven in exact rational arithmetic.

Rules and network are overlaid: each rule's cell is cut into the linear regions that the network has there. On each
piece the difference is one affine function, which linear programs bound. Floats do most of the work, but all that is
claimed is proven: their rounding errors are bounded, and where that leaves a doubt, exact arithmetic decides. So the
bounds hold for the actual numbers of rules and network.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from prelu_rules import markup
from prelu_rules.domains.box import Box
from prelu_rules.domains.domain import Domain
from prelu_rules.errors import LimitError, ShapeError
from prelu_rules.geometry.deviation import deviation_bounds
from prelu_rules.network.collapse import without_unused
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.rules.cover import cover
from prelu_rules.rules.differences import Differences
from prelu_rules.rules.output_bounds import OutputBounds
from prelu_rules.rules.overlay import rounded_down, rounded_up, whole_domain
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.values import Array, FloatArray, Value

MAX_WORK = 8_000_000
"""The most pieces of the overlay times units of the network, unless the user says otherwise."""


@dataclass(frozen=True, eq=False)
class Certificate(Value):
    """What has been proven about rules and a network on a domain.

    Attributes:
        output_names: the outputs.
        upper: `(n_outputs,)`, the difference is nowhere larger; infinite if it is unbounded. It is 0 only if rules and
            network are equal. Otherwise, where `exact` is set, it is larger than the largest difference by at most a
            billionth, or it is below a trillionth (1e-12) of the terms that the output is the sum of.
        lower: `(n_outputs,)`, a difference that is attained, rounded down.
        at: `(n_outputs, n_inputs)`, the inputs where it is attained, by these very floats; NaN if no rule covers any
            input that was found in floats.
        largest: `(n_outputs,)`, the absolute outputs of the rules are nowhere larger; infinite if they are unbounded.
        uncovered: `(n_inputs,)`, an input of the domain that falls under no rule; None if every input falls under one,
            boundaries included. It is in float64, and these very floats are in the domain and under no rule. If no
            floats were found of which that is true, because what is left out is thinner than their distance, it is in
            fractions, in an object array.
        overlap: `(n_inputs,)`, an input inside two rules, in the same form; None if the interiors of all rules are
            disjoint.
        n_cells: the number of pieces of the overlay.
        exact: whether the upper bounds come from the overlay alone, and are as tight as said above; otherwise some of
            them come from bound propagation or branch and bound, which are sound but not tight.
        domain: the domain of the comparison; None for all inputs.
        bounds: what the rules keep outputs within after what is compared here; None for nothing.
    """

    output_names: tuple[str, ...]
    upper: FloatArray
    lower: FloatArray
    at: FloatArray
    largest: FloatArray
    uncovered: Array | None
    overlap: Array | None
    n_cells: int
    exact: bool = True
    domain: Domain | None = None
    bounds: OutputBounds | None = None

    @property
    def equal(self) -> bool:
        """Whether rules and network are proven to be equal, with one rule for each input except on boundaries.

        Bounds of the rules do not count; see `certify`.
        """
        return not self.upper.any() and self.covered and self.disjoint

    @property
    def covered(self) -> bool:
        """Whether every input of the domain falls under a rule."""
        return self.uncovered is None

    @property
    def disjoint(self) -> bool:
        """Whether no two rules share more than a boundary."""
        return self.overlap is None

    def _summary(self) -> str:
        bounds = "equal" if not self.upper.any() else f"differ by at most {self.upper.max():.6g}"
        covered = "every input falls under a rule" if self.covered else "not every input falls under a rule"
        return f"{bounds}; {covered}; {'no two' if self.disjoint else 'some'} rules overlap"

    def __str__(self) -> str:
        lines = [self._headline()]
        for name, upper, lower, at in zip(self.output_names, self.upper, self.lower, self.at, strict=True):
            if upper == 0:
                lines.append(f"  {name}: equal, proven")
            else:
                bounds = f"by at most {upper:.6g}, and by {lower:.6g} at {_point(at)}"
                lines.append(f"  {name}: differ {bounds}; gap {upper - lower:.1g}")
        return "\n".join([*lines, *(f"  {line}" for line in self._cover())]) + "\n"

    def _repr_html_(self) -> str:
        rows = [
            (
                markup.name(output),
                *(("0, proven", "", "") if upper == 0 else (f"{upper:.6g}", f"{lower:.6g}", _point(at))),
            )
            for output, upper, lower, at in zip(self.output_names, self.upper, self.lower, self.at, strict=True)
        ]
        header = ("output", "differs by at most", "and by", "at")
        lines = [markup.tag("p", line[0].upper() + line[1:] + ".", style="line") for line in self._cover()]
        return markup.page(
            markup.tag("p", self._headline(), style="line"), markup.table(header, rows, numbers=(1, 2)), *lines
        )

    def _headline(self) -> str:
        where = "all inputs" if self.domain is None else "the domain"
        how = f"in exact arithmetic ({self.n_cells} pieces)" if self.exact else "by bounds"
        return f"Rules against network on {where}, {how}:"

    def _cover(self) -> tuple[str, ...]:
        """Whether every input falls under a rule, and whether under one only; and what is not compared."""
        bounds = () if self.bounds is None else ("outputs are compared before the rules keep them within bounds",)
        return (
            "every input falls under a rule, proven"
            if self.uncovered is None
            else f"no rule covers {_point(self.uncovered)}",
            "no two rules overlap, proven" if self.overlap is None else f"two rules overlap at {_point(self.overlap)}",
            *bounds,
        )


def _point(at: Array) -> str:
    return f"({', '.join(f'{float(v):.6g}' for v in at)})"


def certify(
    system: RuleSystem, network: NormalForm, domain: Domain | None = None, *, max_cells: int | None = None
) -> Certificate:
    """Prove how far rules are from a network.

    Rules with bounds are compared as they are before their outputs are kept within these. Whatever is proven then also
    holds for rules and network both kept within the bounds, which brings no two numbers further apart.

    Args:
        system: the rules; if an input falls under several, all of them count.
        network: the network, collapsed or not; units whose slope is exactly 1 cost nothing.
        domain: where to compare them; None for the domain of the rules, or all inputs if they have none.
        max_cells: the largest number of pieces of the overlay; None for `MAX_WORK` divided by the number of units, but
            four pieces for each rule in any case. If a network has more, the rules are overlaid with the
            collapsed network that they were read from, and the difference of the two networks is bounded by bound
            propagation and branch and bound.

    Returns:
        The bounds, and whether the rules cover the domain and are disjoint.

    Raises:
        ShapeError: if the network has other inputs or outputs than the rules.
        InvalidValueError: if no point satisfies the constraints of the domain exactly.
        LimitError: if the overlay has more pieces than `max_cells`, and the rules have no network or no domain.

    Example:
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm.from_layers([[[1.0]], [[2.0]]], [[-1.0], [0.0]], [[0.5]])
        >>> print(certify(extract_rules(form), form), end="")
        Rules against network on all inputs, in exact arithmetic (2 pieces):
          out1: equal, proven
          every input falls under a rule, proven
          no two rules overlap, proven
    """
    if (network.n_inputs, network.n_outputs) != (system.n_inputs, len(system.output_names)):
        raise ShapeError(
            f"the network has {network.n_inputs} inputs and {network.n_outputs} outputs, but the rules have "
            f"{system.n_inputs} and {len(system.output_names)}; certify them against the network they came from."
        )
    domain = system.domain if domain is None else domain
    whole = whole_domain(domain, system.n_inputs)
    rules = [rule.exact() for rule in system.rules]
    form = network.exact()
    form = without_unused(form.eliminate(np.flatnonzero(form.slopes == 1), 1))
    if max_cells is None:
        max_cells = max(4 * len(rules), MAX_WORK // (form.n_units + 1))
    overlay, extra = Differences(form, rules, whole), np.zeros(network.n_outputs)
    exact = found = overlay.search(max_cells)
    if not found and system.form is not None and domain is not None:
        overlay = Differences(system.form.exact(), rules, whole)
        found = overlay.search(max_cells)
        if found:
            between = deviation_bounds(system.form, network, domain if isinstance(domain, Box) else domain.box)
            extra = between.upper
            overlay.restart(form, between.at)
    if not found:
        raise LimitError(
            f"rules and network cut the domain into more than max_cells={max_cells} pieces; raise it, or use a smaller "
            "domain or a network with fewer nonlinear units."
        )
    covered = cover(whole, rules)
    return Certificate(
        output_names=system.output_names,
        upper=np.array(
            [rounded_up(v if v is None else v + Fraction(e)) for v, e in zip(overlay.upper, extra, strict=True)]
        ),
        at=overlay.places(),
        lower=np.array([rounded_down(value) for value in overlay.lower]),
        largest=np.array([rounded_up(value) for value in overlay.largest]),
        uncovered=covered.uncovered,
        overlap=covered.overlap,
        n_cells=overlay.n_cells,
        exact=exact,
        domain=domain,
        bounds=system.bounds,
    )
