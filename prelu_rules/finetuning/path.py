"""The path of a network that was trained further while its PReLUs were eliminated: score against remaining units."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import numpy.typing as npt

from prelu_rules.errors import InvalidValueError
from prelu_rules.markup import joined, name, page, table
from prelu_rules.refine.choice import fewest_not_worse
from prelu_rules.training.copies import copied, set_weights
from prelu_rules.values import FloatArray, Shown

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False)
class FinetunePoint(Shown):
    """A network on the path.

    Attributes:
        n_nonlinear: the number of nonlinear slopes; a slope that is shared within a channel counts once.
        n_evaluations: the number of nonlinear PReLUs that are evaluated for one row of inputs; a shared slope counts at
            every position that uses it. This is the "ReLU count" of Selective Network Linearization. None if the number
            of positions varies.
        train_scores: loss and metrics that `fit` reported in the last epoch before this point.
        validation_scores: loss and metrics on the validation rows.
        validation_losses: `(n_validation,)`, the loss of each of these rows.
        weights: all weights of the network, as returned by `get_weights`.

    Example:
        >>> FinetunePoint(3, 48, {"loss": 0.1}, {"loss": 0.2}, np.array([0.1, 0.3]), ()).n_nonlinear
        3
    """

    n_nonlinear: int
    n_evaluations: int | None
    train_scores: Mapping[str, float]
    validation_scores: Mapping[str, float]
    validation_losses: FloatArray
    weights: tuple[npt.NDArray[Any], ...]


@dataclass(frozen=True, eq=False)
class FinetunePath(Sequence[FinetunePoint], Shown):
    """Networks of one architecture with ever fewer nonlinear PReLUs, from the given one to the smallest.

    `path[0]` is the given network, and `path[1]` the one after the warm-up, before anything was eliminated.

    Attributes:
        points: the networks.
        network: their architecture, with all PReLUs; `model` fills in the weights of a point.
        validation_weights: `(n_validation,)`, the weights of the validation rows.
        metric: the score for `choose(max_drop=...)` and the plot: the first metric of the model, or the loss.
        larger_is_better: whether larger values are better, for each metric for which this is known.
    """

    points: tuple[FinetunePoint, ...]
    network: keras.Model
    validation_weights: FloatArray
    metric: str
    larger_is_better: Mapping[str, bool]

    def _summary(self) -> str:
        sizes = [str(point.n_nonlinear) for point in self.points]
        return f"{len(self)} networks of {' to '.join(sizes[:1] + sizes[1:][-1:])} nonlinear PReLUs"

    def __len__(self) -> int:
        return len(self.points)

    def _repr_html_(self) -> str:
        chosen, scores = self.choose(), self.points[0].validation_scores
        header = [
            "nonlinear units",
            "removed",
            *(joined([f"{rows} ", name(n)]) for n in scores for rows in ("training", "validation")),
            "",
        ]
        rows = [
            [
                point.n_nonlinear,
                f"{self.removed(point):.1%}",
                *(f"{part[n]:.4g}" for n in scores for part in (point.train_scores, point.validation_scores)),
                "chosen" if point is chosen else "",
            ]
            for point in self.points
        ]
        marked = [place for place, point in enumerate(self.points) if point is chosen]
        return page(table(header, rows, numbers=range(len(header) - 1), marked=marked, called="networks"))

    def __getitem__(self, place: Any) -> Any:
        return self.points[place]

    def __iter__(self) -> Iterator[FinetunePoint]:
        return iter(self.points)

    def model(self, point: FinetunePoint | int) -> keras.Model:
        """The network of a point, compiled like the given one.

        Eliminated units keep a slope of exactly 1 if it is trained further, saved and loaded. If it is made of layers
        that have a normal form, `prelu_rules.extract` turns it into rules.

        Args:
            point: a point of the path, or its index.

        Returns:
            A new Keras model with its own weights.
        """
        chosen = point if isinstance(point, FinetunePoint) else self.points[point]
        model = copied(self.network)
        set_weights(model, chosen.weights)
        return model

    def removed(self, point: FinetunePoint) -> float:
        """The share of the given network's evaluations that have been removed; of its slopes if these are unknown.

        Args:
            point: a point of the path.

        Returns:
            From 0 to 1.
        """
        given = self.points[0]
        before, after = given.n_evaluations, point.n_evaluations
        if before is None or after is None:
            before, after = given.n_nonlinear, point.n_nonlinear
        return 1 - after / before if before else 1.0

    def choose(
        self, max_drop: float | None = None, max_nonlinear: int | None = None, metric: str | None = None
    ) -> FinetunePoint:
        """Choose a network of the path; nothing is trained again.

        Without a limit, the one-standard-error rule chooses: the fewest nonlinear units whose loss on the validation
        rows is not clearly above the smallest.

        Args:
            max_drop: choose the fewest units whose validation score is at most this much worse than that of the given
                network, in the metric's own unit; 0.005 is half a percentage point of accuracy.
            max_nonlinear: the largest number of nonlinear units; without `max_drop`, the network within this limit with
                the smallest validation loss is chosen.
            metric: the metric that `max_drop` refers to; the path's by default.

        Returns:
            The network.

        Raises:
            InvalidValueError: if a limit is out of range, no network of the path satisfies the limits, or the metric is
                unknown.
        """
        if max_nonlinear is not None and (max_nonlinear != int(max_nonlinear) or max_nonlinear < 0):
            raise InvalidValueError(f"max_nonlinear is {max_nonlinear}; it must be an integer of at least 0.")
        within = [point for point in self.points if max_nonlinear is None or point.n_nonlinear <= max_nonlinear]
        if not within:
            fewest = min(point.n_nonlinear for point in self.points)
            raise InvalidValueError(
                f"no network of the path has at most {max_nonlinear} nonlinear units; the smallest has {fewest}."
            )
        if max_drop is not None:
            return self._last_within(within, max_drop, metric or self.metric)
        if max_nonlinear is not None:
            return min(within, key=self._mean_loss)
        # From the smallest network to the largest.
        losses = {rank: point.validation_losses for rank, point in enumerate(reversed(self.points))}
        return self.points[-1 - fewest_not_worse(losses, self.validation_weights)]

    def to_frame(self) -> pd.DataFrame:
        """The path as a table, one row per network.

        Returns:
            Columns `n_nonlinear`, `n_evaluations`, `removed`, and `train_` and `val_` for the loss and each metric.
        """
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "n_nonlinear": point.n_nonlinear,
                    "n_evaluations": point.n_evaluations,
                    "removed": self.removed(point),
                    **{f"train_{name}": value for name, value in point.train_scores.items()},
                    **{f"val_{name}": value for name, value in point.validation_scores.items()},
                }
                for point in self.points
            ]
        )

    def plot(self, chosen: FinetunePoint | None = None, metric: str | None = None, ax: Axes | None = None) -> Axes:
        """Score against the share of PReLUs that is gone; see `prelu_rules.plotting.removal`.

        Args:
            chosen: the network to mark; that of the one-standard-error rule by default.
            metric: the score; the path's by default.
            ax: where to draw; a new figure by default.

        Returns:
            The axes.

        Raises:
            InvalidValueError: if the metric is unknown, or `ax` is not axes.
        """
        from prelu_rules.plotting.removal import plot_removal

        metric = metric or self.metric
        self._check(metric)
        chosen = chosen or self.choose()
        return plot_removal(
            [self.removed(point) for point in self.points],
            [point.train_scores[metric] for point in self.points],
            [point.validation_scores[metric] for point in self.points],
            (self.removed(chosen), chosen.validation_scores[metric]),
            metric,
            ax,
        )

    def _last_within(self, points: Sequence[FinetunePoint], max_drop: float, metric: str) -> FinetunePoint:
        if not (np.isfinite(max_drop) and max_drop >= 0):
            raise InvalidValueError(f"max_drop is {max_drop}; it must be a finite number of at least 0.")
        self._check(metric)
        if metric not in self.larger_is_better:
            known = ", ".join(self.larger_is_better)
            raise InvalidValueError(
                f"it is not known whether larger values of {metric!r} are better; use one of {known}."
            )
        sign = 1 if self.larger_is_better[metric] else -1

        def drop(point: FinetunePoint) -> float:
            return sign * (self.points[0].validation_scores[metric] - point.validation_scores[metric])

        kept = [point for point in points if drop(point) <= max_drop]
        if not kept:
            least = min(map(drop, points))
            raise InvalidValueError(
                f"no such network has lost at most {max_drop} of {metric}; raise max_drop to at least {least:.4g}."
            )
        # If several networks have the same size, the last one was trained for the longest time.
        return kept[-1]

    def _check(self, metric: str) -> None:
        names = list(self.points[0].validation_scores)
        if metric not in names:
            raise InvalidValueError(f"metric is {metric!r}; it must be one of {', '.join(names)}.")

    def _mean_loss(self, point: FinetunePoint) -> float:
        return float(np.average(point.validation_losses, weights=self.validation_weights))
