"""The path of accuracy against size, from which a network can be chosen without training again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from prelu_rules.domains.domain import Domain
from prelu_rules.errors import InvalidValueError
from prelu_rules.geometry.pattern_count import count_patterns
from prelu_rules.losses.loss import Chooser
from prelu_rules.markup import page
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.refine.choice import compared, not_worse
from prelu_rules.refine.path_table import path_table
from prelu_rules.tolerances import NEGLIGIBLE_ERROR
from prelu_rules.values import FloatArray, Value

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from prelu_rules.plotting.shown import Places

SAME_CRITERION = 1e-3
"""Criteria that differ relatively by less than this count as the same."""

SAME_PRICE = 0.1
"""But not if they differ by more than this share of what a number costs: with many rows they are large."""

AS_GOOD = 0.5
"""A larger size may go first if it is worse than the best one by at most so many standard errors."""

MUCH_WORSE = 3.0
"""A size must not be worse on the validation rows by more standard errors than this, whatever the criterion is."""


@dataclass(frozen=True, eq=False)
class PathPoint(Value):
    """A network on the path, in its compact form.

    Attributes:
        form: in the user's units, with slopes of 0.
        domain: the domain on which rules are counted.
        train_score: the score of the loss (R2 or accuracy) on all rows that it was fitted to.
        validation_score: the score on the validation rows of the network of this size that was fitted without them.
        validation_losses: `(n_validation,)`, that network's loss on each of these rows.
        criterion: Schwarz's criterion on the rows that it was fitted to; for classes, Akaike's; for losses that are no
            likelihood, the loss of left-out rows (`prelu_rules.refine.criterion`). Smaller is better.
        price: how much of the criterion its numbers cost; 0 for classes and losses that are no likelihood.

    Example:
        >>> form = NormalForm(A=[[1.0]], B=[[0]], b=[3], C=[[0]], D=[[2]], e=[0], slopes=[0])
        >>> point = PathPoint(form, None, 0.9, 0.8, np.zeros(2), 1.0)
        >>> point.n_nonlinear, point.n_rules, point.n_numbers
        (1, 2, 3)
    """

    form: NormalForm
    domain: Domain | None
    train_score: float
    validation_score: float
    validation_losses: FloatArray
    criterion: float
    price: float = 0.0

    def _summary(self) -> str:
        sizes = f"{self.n_nonlinear} nonlinear units, {self.n_numbers} numbers"
        return f"{sizes}, validation score {self.validation_score:.3f}"

    @property
    def n_nonlinear(self) -> int:
        """The number of nonlinear units."""
        return self.form.n_units

    @cached_property
    def n_rules(self) -> int:
        """The number of linear regions on the domain, and so of rules before any are merged."""
        return count_patterns(self.form, self.domain)

    @property
    def right_everywhere(self) -> bool:
        """Whether nothing is left to explain: every class is right, or hardly any variance is left."""
        return min(self.train_score, self.validation_score) >= 1 - NEGLIGIBLE_ERROR

    @property
    def slopes(self) -> FloatArray:
        """`(n_nonlinear,)`, the factor that each unit applies to a negative pre-activation: 0 in the compact form."""
        return np.asarray(self.form.slopes, dtype=np.float64)

    @property
    def n_numbers(self) -> int:
        """Numbers to read in the compact form: the nonzero coefficients, constants and thresholds."""
        form = self.form
        return sum(int(np.count_nonzero(part)) for part in (form.A, form.B, form.b, form.C, form.D, form.e))


@dataclass(frozen=True, eq=False)
class RulePath(Sequence[PathPoint], Value):
    """Networks with 0, 1, 2, ... nonlinear units; for each size the best one found, sparser versions, and lean ones.

    Lean networks fit less well than the best one, but better than all other networks found with as few rules.

    `path[k]` is the network with `k` nonlinear units, at the sparsity that the criterion prefers.

    Attributes:
        levels: for each size, its networks: the best one found, sparser versions of it, then all others.
        validation_weights: `(n_validation,)`, of the validation rows.
        by: what chooses the size, see `choose`: "validation" for the one-standard-error rule, "both" if a size that the
            criterion prefers may go first, or "criterion" if it chooses under limits.
        before_force: the network that the force was let loose on, the best on the validation rows, in its compact form.
        complete: whether the search came to its end; False after an interrupt (Ctrl-C).
        chosen: the network that was taken from it, if one was; the plot circles it.
        most_errors: by how many standard errors the version of a size that the criterion prefers may be worse on the
            validation rows than the best version; for classes `MUCH_WORSE`, since their criterion is only an estimate
            of that loss, and 1 where even networks without units have more than 500 numbers.
        price_share: which share of the price of numbers counts where the criterion prefers a version of a size: less
            than 1 if that was clearly better on rows that were left out while networks were made sparse. The size is
            chosen at the whole price.

    Raises:
        InvalidValueError: if a size is missing.

    Example:
        >>> form = NormalForm(np.zeros((0, 1)), np.zeros((0, 0)), [], [[2.0]], np.zeros((1, 0)), [1.0], [])
        >>> path = RulePath(((PathPoint(form, None, 1.0, 1.0, np.zeros(3), 0.0),),), np.ones(3))
        >>> len(path), path.choose().n_numbers
        (1, 2)
    """

    levels: tuple[tuple[PathPoint, ...], ...]
    validation_weights: FloatArray
    by: Chooser = "criterion"
    before_force: NormalForm | None = None
    complete: bool = True
    chosen: PathPoint | None = None
    most_errors: float = np.inf
    price_share: float = 1.0

    def __post_init__(self) -> None:
        for size, level in enumerate(self.levels):
            if not level or any(point.n_nonlinear != size for point in level):
                raise InvalidValueError(
                    f"the path has no network with {size} units at index {size}; give every size from 0."
                )

    def _summary(self) -> str:
        versions = sum(map(len, self.levels))
        scores = ", ".join(f"{point.validation_score:.3f}" for point in self)
        return f"{versions} networks of 0 to {len(self) - 1} nonlinear units, validation scores {scores}"

    def __len__(self) -> int:
        return len(self.levels)

    def _repr_html_(self) -> str:
        return page(path_table(self))

    def __getitem__(self, size: Any) -> Any:
        if isinstance(size, slice):
            return [self._preferred(level) for level in self.levels[size]]
        return self._preferred(self.levels[size])

    def __iter__(self) -> Iterator[PathPoint]:
        return (self._preferred(level) for level in self.levels)

    def choose(
        self, max_nonlinear: int | None = None, max_rules: int | None = None, max_numbers: int | None = None
    ) -> PathPoint:
        """Choose a network of the path; nothing is trained again.

        The one-standard-error rule chooses: the fewest nonlinear units whose loss on the validation rows is not above
        the smallest by more than a standard error of the difference. If `by` is "both", another size goes first if the
        criterion prefers it: a smaller one whose loss is at most three standard errors above the smallest, or a larger
        one whose loss is at most half a standard error above it. If `by` is "criterion", limits leave the choice to the
        criterion, among all sizes whose loss is at most three standard errors above. The smallest size that is right on
        every training and validation row counts as not above. `to_frame` shows all values that matter for the choice.

        Args:
            max_nonlinear: the largest number of nonlinear units.
            max_rules: the largest number of rules on the domain.
            max_numbers: the largest number of numbers in the compact form.

        Returns:
            The network.

        Raises:
            InvalidValueError: if no network of the path satisfies the limits.
        """
        check_limits(max_nonlinear, max_rules, max_numbers)
        free = max_nonlinear is max_rules is max_numbers is None
        versions: dict[int, list[PathPoint]] = {}
        for size, level in enumerate(self.levels):
            if max_nonlinear is not None and size > max_nonlinear:
                break
            within = [point for point in level if max_numbers is None or point.n_numbers <= max_numbers]
            if max_rules is not None:
                # A unit makes at least one more rule, unless it never bends on the domain.
                within = [point for point in within if point.n_rules <= max_rules]
            if within:
                versions[size] = within
        if not versions:
            fewest = min(point.n_numbers for level in self.levels for point in level)
            raise InvalidValueError(
                f"no network of the path has at most {max_numbers} numbers; the shortest has {fewest}, so "
                "set max_numbers to that or more."
            )
        whole = replace(self, price_share=1.0)
        size = whole._chosen({size: whole._preferred(some) for size, some in versions.items()}, free).n_nonlinear
        return self._preferred(versions[size])

    def _chosen(self, allowed: Mapping[int, PathPoint], free: bool) -> PathPoint:
        """The network of the size that is chosen; without limits the choice is free."""
        losses = {size: point.validation_losses for size, point in allowed.items()}
        right = [size for size, point in allowed.items() if point.right_everywhere]
        fair = not_worse(losses, self.validation_weights, MUCH_WORSE, right)
        if self.by == "criterion" and not free:
            return self._preferred([allowed[size] for size in fair])
        most = not_worse(losses, self.validation_weights, right=right)[0]
        if self.by != "both":
            return allowed[most]
        as_good = not_worse(losses, self.validation_weights, AS_GOOD, right)
        return self._preferred([allowed[size] for size in fair if size <= most or size in as_good])

    def _preferred(self, points: Sequence[PathPoint]) -> PathPoint:
        """The one that the criterion prefers, among those that are right everywhere if there are any.

        Left-out rows decide between points that are the same to it. These are often one network, found in several ways.
        """
        points = [point for point in points if point.right_everywhere] or self._fair(points)
        best = min(points, key=self._criterion)
        room = SAME_CRITERION * abs(self._criterion(best))
        if best.price > 0:
            room = min(room, SAME_PRICE * best.price / max(best.n_numbers, 1))
        same = (point for point in points if self._criterion(point) <= self._criterion(best) + room)
        return max(same, key=lambda point: point.validation_score)

    def _criterion(self, point: PathPoint) -> float:
        """The criterion at the price that was chosen."""
        return point.criterion - (1 - self.price_share) * point.price

    def _fair(self, points: Sequence[PathPoint]) -> Sequence[PathPoint]:
        """Those that are not too much worse than the best of them on the validation rows."""
        if not np.isfinite(self.most_errors):
            return points
        losses = {place: point.validation_losses for place, point in enumerate(points)}
        return [points[place] for place in not_worse(losses, self.validation_weights, self.most_errors)]

    def rewritten(self, rewrite: Callable[[NormalForm], NormalForm], domain: Domain | None) -> RulePath:
        """The same networks, rewritten for other inputs.

        Args:
            rewrite: maps the form of a network to that of the same function of the other inputs.
            domain: where rules are counted, in the other inputs.

        Returns:
            A path with the scores of this one, of which none is chosen yet.

        Example:
            >>> form = NormalForm(np.zeros((0, 1)), np.zeros((0, 0)), [], [[2.0]], np.zeros((1, 0)), [1.0], [])
            >>> path = RulePath(((PathPoint(form, None, 1.0, 1.0, np.zeros(3), 0.0),),), np.ones(3))
            >>> path.rewritten(lambda form: replace(form, C=10 * form.C), None)[0].form.C
            array([[20.]])
        """
        levels = tuple(tuple(replace(p, form=rewrite(p.form), domain=domain) for p in level) for level in self.levels)
        before = None if self.before_force is None else rewrite(self.before_force)
        return replace(self, levels=levels, before_force=before, chosen=None)

    def to_frame(self) -> pd.DataFrame:
        """The path as a table, one row per size.

        Returns:
            Columns `n_nonlinear`, `n_rules`, `n_numbers`, `train_score`, `validation_score`; and the basis of the
            choice: `validation_loss`, the mean loss on the validation rows; `excess_loss`, how far it is above the
            smallest; `standard_error`, of this difference; and `criterion`, at the price of numbers that was chosen.
        """
        import pandas as pd

        names = ("n_nonlinear", "n_rules", "n_numbers", "train_score", "validation_score")
        losses = {size: point.validation_losses for size, point in enumerate(self)}
        rows = []
        for point, (loss, excess, error) in zip(self, compared(losses, self.validation_weights).values(), strict=True):
            decides = {"validation_loss": loss, "excess_loss": excess, "standard_error": error}
            decides["criterion"] = self._criterion(point)
            rows.append({name: getattr(point, name) for name in names} | decides)
        return pd.DataFrame(rows)

    def with_point(self, point: PathPoint) -> list[PathPoint]:
        """The networks of the path, one per size, with a given one in the place of its size.

        Args:
            point: of the path; it may be sparser than the one that the path shows of its size.

        Returns:
            `len(path)` networks.
        """
        return [point if size == point.n_nonlinear else other for size, other in enumerate(self)]

    def plot(self, chosen: PathPoint | None = None, ax: Places | None = None) -> Axes:
        """Score against units, rules and numbers; see `prelu_rules.plotting.path`.

        Args:
            chosen: the network to circle; by default the one that was taken, or else that of the one-standard-error
                rule.
            ax: three axes to draw in, or a figure to make them in; a new figure by default.

        Returns:
            The first of the three axes; in a notebook it shows them all.

        Raises:
            ShapeError: if there are not three axes.
        """
        from prelu_rules.plotting.path import plot_path

        return plot_path(self, chosen, ax)


def check_limits(max_nonlinear: int | None, max_rules: int | None, max_numbers: int | None) -> None:
    """Refuse limits that no network can satisfy.

    Args:
        max_nonlinear: the largest number of nonlinear units; None for any number.
        max_rules: the largest number of rules.
        max_numbers: the largest number of numbers.

    Raises:
        InvalidValueError: if one is not an integer, or too small.

    Example:
        >>> check_limits(0, None, 12)
    """
    limits = {"max_nonlinear": (max_nonlinear, 0), "max_rules": (max_rules, 1), "max_numbers": (max_numbers, 1)}
    for name, (limit, least) in limits.items():
        if limit is not None and (limit != int(limit) or limit < least):
            raise InvalidValueError(f"{name} is {limit}; it must be an integer of at least {least}.")
