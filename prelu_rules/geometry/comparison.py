"""How far two networks differ on a domain, proven: what a reviewer of a retrained or pruned network needs to know."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import count

import numpy as np

from prelu_rules import markup
from prelu_rules.domains.as_domain import DomainLike, as_domain
from prelu_rules.domains.box import Box
from prelu_rules.domains.domain import Domain
from prelu_rules.domains.sampling import sampled
from prelu_rules.errors import InvalidValueError, UnsupportedModelError
from prelu_rules.geometry.box_bounds import compiled_pair
from prelu_rules.geometry.box_search import BoxSearch, proven_at
from prelu_rules.geometry.deviation import probes
from prelu_rules.geometry.difference import Difference, difference
from prelu_rules.geometry.exact_difference import ExactDifference, exact_difference
from prelu_rules.network.duplicates import without_duplicates
from prelu_rules.network.normal_form import NormalForm, UnitLabel
from prelu_rules.network.reading import NetworkLike, read_with_link
from prelu_rules.values import FloatArray, Value, exact_array

MAX_PIECES = 1_000_000
"""Pieces of the domain; so many take about twenty minutes for networks of 300 units."""

MAX_CELLS = 300
"""Linear regions of the difference up to which it is computed in exact arithmetic."""

EXACT_UNITS = 100
"""Units of both networks together up to which that is tried."""

EXACT_SECONDS = 2.0
"""The time after which that is given up, since bounds on boxes may be faster."""

ROUNDING = 1e-9
"""Bounds below this share of the largest output are not improved: they come from rounding errors more than from the
networks."""


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
        >>> form = NormalForm([[1]], [[0]], [0], [[0]], [[1]], [0], slopes=[0])
        >>> compare_networks(form, form, Box([-1], [1])).equal
        True
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
        return not self.upper.any()

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


def compare_networks(
    a: NetworkLike,
    b: NetworkLike,
    domain: DomainLike | None = None,
    *,
    tolerance: float = 1.0,
    enough: float | None = None,
    time_limit: float | None = None,
    max_pieces: int = MAX_PIECES,
) -> NetworkComparison:
    """Prove how far two networks differ, and find inputs where they differ most.

    Networks that differ only in the order, scale or repetition of units are found to be equal by their weights. If the
    difference has few linear regions, its largest values are computed in exact arithmetic. Otherwise the domain is
    split into boxes where its bounds are worst, until they are close to a difference that was found, for each output.
    This takes seconds to minutes for networks of some hundred units that are close to each other, with five inputs; the
    boxes that are needed grow exponentially with the number of inputs that matter.

    Args:
        a: a network: a `NormalForm`, a Keras model, or the path of a `.keras` file.
        b: another one, with as many inputs and outputs. If units correspond, they should be in the same order; a
            retrained or pruned copy is then compared fastest.
        domain: where to compare them: a `Box`, a `Polytope`, or rows or a table (then the smallest domain that contains
            them); None for all inputs, where only few linear regions can be compared.
        tolerance: how much larger the proven bound may be than the difference that was found, as a share of that.
        enough: a difference that is small enough: then the comparison ends as soon as it is proven that no output
            differs by more, or one that does is found.
        time_limit: the longest time to take, in seconds; None for as long as it takes.
        max_pieces: the largest number of boxes.

    Returns:
        The bounds. When a limit is reached they are proven, too, but wider than was asked for.

    Raises:
        ShapeError: if the networks have different inputs or outputs, or the domain has another dimension.
        InvalidValueError: if a limit is not positive, the tolerance or `enough` is negative, or the domain is empty.
        UnsupportedModelError: if something else is given than networks, or one of them ends in a softmax or sigmoid
            that the other does not have. If both have the same, the logits are compared.

    Example:
        >>> form = NormalForm.from_layers([[[1.0]], [[2.0]]], [[0.0], [0.0]], [[0.5]])
        >>> other = NormalForm.from_layers([[[1.0]], [[2.0]]], [[0.0], [0.0]], [[0.25]])
        >>> comparison = compare_networks(form, other, Box([-3], [1]))
        >>> comparison.upper, comparison.at
        (array([1.5]), array([[-3.]]))
    """
    start = time.monotonic()
    for name, limit in (("time_limit", time_limit), ("max_pieces", max_pieces)):
        if limit is not None and not limit > 0:
            raise InvalidValueError(f"{name} is {limit}; it must be positive.")
    for name, value in (("tolerance", tolerance), ("enough", enough)):
        if value is not None and not 0 <= value < np.inf:
            raise InvalidValueError(f"{name} is {value}; it must be a finite number of at least 0.")
    form, other = _same_kind(a, b)
    domain = as_domain(domain, form.n_inputs)
    parts = _pairs(difference(form, other))
    rows = _rows(parts.form, domain)
    stop = np.inf if time_limit is None else start + time_limit
    found = _by_weights(form, other, parts, rows, domain, stop)
    if found is None and domain is not None:
        found = _by_boxes(form, parts, rows, domain, tolerance, enough, stop, max_pieces)
    if found is None:
        found = _unbounded(parts.form, rows)
    return replace(found, seconds=time.monotonic() - start, domain=domain)


def _same_kind(a: NetworkLike, b: NetworkLike) -> tuple[NormalForm, NormalForm]:
    one, other = read_with_link(a), read_with_link(b)
    if one.link != other.link:
        raise UnsupportedModelError(
            f"one network ends in {one.link or 'no link'} and the other in {other.link or 'no link'}; give two "
            "networks that end in the same way, such as two classifiers without their last activation."
        )
    return one.form, other.form


def _pairs(parts: Difference) -> Difference:
    """The same difference with partners that may have different slopes: units with the same label."""
    partners = parts.partners.copy()
    first: dict[UnitLabel, int] = {}
    taken = set(partners.tolist())
    for unit, label in enumerate(parts.form.labels):
        partner = first.setdefault(label, unit)
        if partner != unit and partners[unit] < 0 and partner not in taken:
            partners[unit] = partner
            taken.add(partner)
    return Difference(parts.form, partners)


def _rows(form: NormalForm, domain: Domain | None) -> FloatArray:
    """Inputs at which to look for a difference first."""
    if domain is None:
        rng = np.random.default_rng(0)
        return rng.normal(size=(1024, form.n_inputs)) * 10.0 ** rng.uniform(-2, 3, (1024, 1))
    return probes(domain) if isinstance(domain, Box) else sampled(domain, 2048)


def _by_weights(
    form: NormalForm, other: NormalForm, parts: Difference, rows: FloatArray, domain: Domain | None, stop: float
) -> NetworkComparison | None:
    """Compare in exact arithmetic; None if the networks are too large for it and differ, or differ in many regions."""
    small = parts.form.n_units <= EXACT_UNITS
    if not small and (np.abs(parts.form.predict(rows)) > ROUNDING * np.abs(form.predict(rows)).max(axis=0)).any():
        return None
    exact = difference(form.exact(), other.exact()).form
    if small:
        exact = exact.eliminate(np.flatnonzero(exact.slopes == 1), 1)
    exact = without_duplicates(exact)
    if not any(bool(array.any()) for array in (exact.C, exact.D, exact.e)):
        none = np.zeros(form.n_outputs)
        return NetworkComparison(none, none, np.tile(rows[0], (form.n_outputs, 1)), 0, True, True, 0.0)
    if not small:
        return None
    found = exact_difference(exact, domain, MAX_CELLS, min(EXACT_SECONDS, stop - time.monotonic()))
    return None if found is None else _as_comparison(exact, found, rows, domain)


def _as_comparison(
    exact: NormalForm, found: ExactDifference, rows: FloatArray, domain: Domain | None
) -> NetworkComparison:
    """Round what was found: the bounds up, the inputs to floats, and the differences there down."""
    at = found.at.astype(np.float64)
    if domain is not None:
        at = np.clip(at, domain.lower, domain.upper)
        inside = domain.contains(at)
        at = np.where(inside[:, None], at, rows[0])
    lower = np.abs(exact.predict(exact_array(at)).diagonal())
    upper = np.array([np.inf if value is None else _rounded(value, up=True) for value in found.upper])
    return NetworkComparison(
        upper, np.array([_rounded(value, up=False) for value in lower]), at, found.n_cells, True, True, 0.0
    )


def _rounded(value: Fraction, up: bool) -> float:
    near = float(value)
    wrong = Fraction(near) < value if up else Fraction(near) > value
    return float(np.nextafter(near, np.inf if up else 0.0)) if wrong else near


def _by_boxes(
    form: NormalForm,
    parts: Difference,
    rows: FloatArray,
    domain: Domain,
    tolerance: float,
    enough: float | None,
    stop: float,
    max_pieces: int,
) -> NetworkComparison:
    """Compare by splitting the domain, until the bounds are close or a limit is reached."""
    search = BoxSearch(parts, domain, rows)
    rounding = ROUNDING * np.abs(form.predict(rows)).max(axis=0)

    def goal() -> FloatArray:
        return (1 + tolerance) * search.attained + rounding if enough is None else np.full(len(rounding), enough)

    def refuted() -> bool:
        return enough is not None and bool((search.attained > enough).any())

    while not refuted() and time.monotonic() < stop and search.n_pieces < max_pieces and search.split(goal()):
        pass
    lower = search.proven()
    upper = np.maximum(search.upper, lower)
    complete = bool((upper <= goal()).all()) or (enough is not None and bool((lower > enough).any()))
    return NetworkComparison(upper, lower, search.at, search.n_pieces, False, complete, 0.0)


def _unbounded(form: NormalForm, rows: FloatArray) -> NetworkComparison:
    """What is known on all inputs, if there are too many regions: differences at some of them."""
    at = rows[np.abs(form.predict(rows)).argmax(axis=0)]
    lower = proven_at(compiled_pair(Difference(form, np.full(form.n_units, -1))), at)
    return NetworkComparison(np.full(form.n_outputs, np.inf), lower, at, 0, False, False, 0.0)
