"""How far two networks differ on a domain, proven: what a reviewer of a retrained or pruned network needs to know."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

import numpy as np

from prelu_rules import markup
from prelu_rules.domains.domain import Domain
from prelu_rules.values import FloatArray, Value


@dataclass(frozen=True, eq=False)
class NetworkComparison(Value):
    """What has been proven about the difference of two networks on a domain.

    Attributes:
        upper: `(n_outputs,)`, the absolute difference is nowhere larger; infinite if it is unbounded, or nothing is
            known.
        lower: `(n_outputs,)`, the absolute difference at `at` is at least this large.
        at: `(n_outputs, n_inputs)`.
        n_pieces: into how many pieces the domain was split; 0 if the networks were found to be equal by their weights.
        exact: whether the upper bounds are the largest differences, from exact arithmetic; otherwise they come from
            bounds on boxes, which account for rounding errors.
        complete: whether what was asked for is proven; otherwise a limit was reached before.
        seconds: the time that it took.
        domain: the domain of the comparison; None for all inputs.

    Example:
        >>> at = np.array([[0.5]])
        >>> NetworkComparison(np.array([3.0]), np.array([2.0]), at, 100, False, True, 0.1)
        <NetworkComparison: differ by at most 3, and by 2>
    """

    upper: FloatArray
    lower: FloatArray
    at: FloatArray
    n_pieces: int
    exact: bool
    complete: bool
    seconds: float
    domain: Domain | None = None

    @property
    def equal(self) -> bool:
        """Whether the networks are proven to be equal on the domain."""
        return not np.any(self.upper)

    def _summary(self) -> str:
        bounds = "equal" if self.equal else f"differ by at most {self.upper.max():.6g}, and by {self.lower.max():.6g}"
        return bounds if self.complete else f"{bounds}; not complete"

    def __str__(self) -> str:
        lines = [self._headline()]
        for name, upper, lower, at in self._outputs():
            if upper == 0:
                lines.append(f"  {name}: equal, proven")
            else:
                lines.append(f"  {name}: differ by at most {upper:.6g}, and by {lower:.6g} at {_point(at)}")
        return "\n".join([*lines, *(f"  {line}" for line in self._limited())]) + "\n"

    def _repr_html_(self) -> str:
        rows = [
            (name, *(("0, proven", "", "") if upper == 0 else (f"{upper:.6g}", f"{lower:.6g}", _point(at))))
            for name, upper, lower, at in self._outputs()
        ]
        header = ("output", "differs by at most", "and by", "at")
        return markup.page(
            markup.tag("p", self._headline(), style="line"),
            markup.table(header, rows, numbers=(1, 2)),
            *(markup.tag("p", line[0].upper() + line[1:] + ".", style="line") for line in self._limited()),
        )

    def _outputs(self) -> list[tuple[str, float, float, FloatArray]]:
        names = (f"out{number}" for number in count(1))
        return list(zip(names, self.upper, self.lower, self.at, strict=False))

    def _headline(self) -> str:
        where = "all inputs" if self.domain is None else "the domain"
        if not self.n_pieces:
            how = "from their weights"
        else:
            how = f"{'in exact arithmetic' if self.exact else 'by bounds'} ({self.n_pieces} pieces)"
        return f"Two networks on {where}, {how}, in {self.seconds:.2g} s:"

    def _limited(self) -> list[str]:
        return [] if self.complete else ["a limit was reached; more time or pieces bring the bounds closer together"]


def _point(at: FloatArray) -> str:
    return f"({', '.join(f'{v:.6g}' for v in at)})"
