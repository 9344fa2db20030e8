"""Compares two networks: proves how far they differ on a domain, and finds where."""

from __future__ import annotations

import time
from dataclasses import replace
from fractions import Fraction

import numpy as np

from prelu_rules.domains.as_domain import DomainLike, as_domain
from prelu_rules.domains.box import Box
from prelu_rules.domains.domain import Domain
from prelu_rules.domains.sampling import sampled
from prelu_rules.errors import InvalidValueError, UnsupportedModelError
from prelu_rules.geometry.comparison.box_search import BoxSearch, proven_at
from prelu_rules.geometry.comparison.exact_difference import ExactDifference, exact_difference
from prelu_rules.geometry.comparison.network_comparison import NetworkComparison
from prelu_rules.geometry.comparison.network_pair import compiled_pair
from prelu_rules.geometry.deviation import probes
from prelu_rules.geometry.difference import Difference, difference
from prelu_rules.network.duplicates import without_duplicates
from prelu_rules.network.normal_form import NormalForm, UnitLabel
from prelu_rules.network.reading import NetworkLike, read_with_link
from prelu_rules.values import FloatArray, exact_array

MAX_PIECES = 1_000_000
"""Pieces of the domain; a thousand take one to three seconds for networks of 300 units."""

MAX_CELLS = 300
"""Linear regions of the difference up to which it is computed in exact arithmetic."""

EXACT_UNITS = 100
"""Units of both networks together up to which that is tried."""

EXACT_SECONDS = 2.0
"""The time after which that is given up, since bounds on boxes may be faster."""

ROUNDING = 1e-9
"""Bounds below this share of the largest output are not improved: they come from rounding errors more than from the
networks."""


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
    The boxes that are needed grow exponentially with the number of inputs that matter, and with how far apart the
    networks are: with five inputs and 300 units, hundreds to thousands for a retrained copy or rounded weights, and
    more than 30,000 for one that lost a tenth of its weights.

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
