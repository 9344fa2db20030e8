"""The path of a network that was trained on while its PReLUs were eliminated: score against what is left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import numpy.typing as npt

from prelu_rules.errors import InvalidValueError
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
        n_nonlinear: slopes that are not linear; one that a channel shares counts once.
        n_evaluations: nonlinear PReLUs that are evaluated for one input row, where a shared slope counts at every place
            that has it: the "ReLU count" of Selective Network Linearization. None if the number of places varies.
        train_scores: loss and metrics, as `fit` reports them of the last epoch before this point.
        validation_scores: loss and metrics on the validation rows.
        validation_losses: `(n_validation,)`, the loss of each of these rows alone.
        weights: all weights of the network, as `get_weights` gives them.

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

    `path[0]` is the network that was given, `path[1]` the one after the warm start, from which nothing was eliminated
    yet.

    Attributes:
        points: the networks.
        network: their architecture, with all PReLUs; `model` fills in the weights of a point.
        validation_weights: `(n_validation,)`, of the validation rows.
        metric: what `choose(max_drop=...)` and the plot look at: the first metric of the model, or the loss.
        larger_is_better: for each metric of which it is known.
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

    def __getitem__(self, place: Any) -> Any:
        return self.points[place]

    def __iter__(self) -> Iterator[FinetunePoint]:
        return iter(self.points)

    def model(self, point: FinetunePoint | int) -> keras.Model:
        """The network of a point, compiled as the given one was.

        Eliminated units stay at a slope of exactly 1 when it is trained on, saved and loaded. If it is made of layers
        that have a normal form, `prelu_rules.extract` turns it into rules.

        Args:
            point: of the path, or its place.

        Returns:
            A new Keras model with weights of its own.
        """
        chosen = point if isinstance(point, FinetunePoint) else self.points[point]
        model = copied(self.network)
        set_weights(model, chosen.weights)
        return model

    def removed(self, point: FinetunePoint) -> float:
        """The share of the evaluations of the given network that another has no more; of its slopes if not known.

        Args:
            point: the network.

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
        """A network of the path; nothing is trained again.

        Without a limit the one-standard-error rule chooses: the fewest nonlinear units whose loss on the validation
        rows is not clearly above the smallest.

        Args:
            max_drop: take the fewest units with a validation score at most this much worse than that of the given
                network, in the metric's own unit; 0.005 is half a point of accuracy.
            max_nonlinear: the most nonlinear units; without `max_drop` the network of those with the smallest
                validation loss.
            metric: what `max_drop` looks at; the path's by default.

        Returns:
            The network.

        Raises:
            InvalidValueError: if a limit is out of range, no network of the path keeps within the limits, or the
                metric is unknown.
        """
        if max_nonlinear is not None and (max_nonlinear != int(max_nonlinear) or max_nonlinear < 0):
            raise InvalidValueError(f"max_nonlinear is {max_nonlinear}; it must be a whole number of at least 0.")
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

    def plot(self, chosen: FinetunePoint | None = None, metric: str | None = None) -> Axes:
        """Score against the share of PReLUs that is gone; see `prelu_rules.plotting.removal`.

        Args:
            chosen: the network to mark; that of the one-standard-error rule by default.
            metric: the score; the path's by default.

        Returns:
            The axes.

        Raises:
            InvalidValueError: if the metric is unknown.
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
        )

    def _last_within(self, points: Sequence[FinetunePoint], max_drop: float, metric: str) -> FinetunePoint:
        if not (np.isfinite(max_drop) and max_drop >= 0):
            raise InvalidValueError(f"max_drop is {max_drop}; it must be a finite number of at least 0.")
        self._check(metric)
        if metric not in self.larger_is_better:
            known = ", ".join(self.larger_is_better)
            raise InvalidValueError(f"whether more of {metric!r} is better is not known; choose by one of {known}.")
        sign = 1 if self.larger_is_better[metric] else -1

        def drop(point: FinetunePoint) -> float:
            return sign * (self.points[0].validation_scores[metric] - point.validation_scores[metric])

        kept = [point for point in points if drop(point) <= max_drop]
        if not kept:
            least = min(map(drop, points))
            raise InvalidValueError(
                f"no such network has lost at most {max_drop} of {metric}; the best lost {least:.4g}."
            )
        # Of networks of one size the later one was trained longer.
        return kept[-1]

    def _check(self, metric: str) -> None:
        names = list(self.points[0].validation_scores)
        if metric not in names:
            raise InvalidValueError(f"metric is {metric!r}; it must be one of {', '.join(names)}.")

    def _mean_loss(self, point: FinetunePoint) -> float:
        return float(np.average(point.validation_losses, weights=self.validation_weights))
