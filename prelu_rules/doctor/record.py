"""Everything that was recorded about a training; the only input of the checks."""

from __future__ import annotations

from dataclasses import dataclass, replace

from prelu_rules.doctor.finding import Place
from prelu_rules.doctor.label_count import LabelCount
from prelu_rules.doctor.look import Look
from prelu_rules.values import Shown

KEPT = 64
"""How many looks and periods are kept, besides the first ones and the best look."""


@dataclass(frozen=True)
class NotFinite(Shown):
    """The first numbers in a training that were not finite.

    Attributes:
        where: the position; `layer` is the first affected layer or weight, in the order of the forward pass.
        cause: what was not finite, the first of "inputs", "labels", "sample weights", "activations", "loss",
            "gradient", "weights".
        count: how many of its numbers were not finite.
        of: how many numbers it has.
        examples: for inputs and labels, up to five indices into the batch, row first.
        weights_of: the step whose weights were used; those of the step itself are not always known.
    """

    where: Place
    cause: str
    count: int
    of: int
    examples: tuple[tuple[int, ...], ...] = ()
    weights_of: int | None = None


@dataclass(frozen=True)
class Surge(Shown):
    """A batch with a loss far above the first ones.

    Attributes:
        loss: the loss of that batch.
        first: the loss at the beginning.
        where: the batch.
    """

    loss: float
    first: float
    where: Place


@dataclass(frozen=True)
class Record(Shown):
    """What is known about a training so far.

    Attributes:
        looks: the looks, oldest first; for long trainings only the first, the most accurate, and the latest ones.
        periods: the mean loss of each period, an epoch or a fixed number of steps, whichever is shorter.
        labels: the labels seen so far; None if unknown.
        surge: the first surge; None if there was none.
        not_finite: the first numbers that were not finite; None if there were none.
        ended: whether the training is over.
        notes: what could not be examined, and why; one sentence each.

    Example:
        >>> from prelu_rules.doctor.outputs import outputs_of
        >>> record = Record()
        >>> for step, labels in ((1, [0, 1]), (2, [1, 0])):
        ...     outputs = outputs_of([[9.0, 1.0], [1.0, 9.0]], labels)
        ...     record = record.with_look(Look(Place(step=step), outputs=outputs))
        >>> [look.where.step for look in (record.newest, record.most_accurate_before) if look is not None]
        [2, 1]
    """

    looks: tuple[Look, ...] = ()
    periods: tuple[float, ...] = ()
    labels: LabelCount | None = None
    surge: Surge | None = None
    not_finite: NotFinite | None = None
    notes: tuple[str, ...] = ()
    ended: bool = False

    @property
    def newest(self) -> Look | None:
        """The latest look."""
        return self.looks[-1] if self.looks else None

    @property
    def parts(self) -> frozenset[str] | None:
        """The parts of the model, as in `Setup`, and "classes" if it has some; None if the model is unknown."""
        seen = [look for look in self.looks if look.setup is not None]
        if not seen or seen[-1].setup is None:
            return None
        outputs = seen[-1].outputs
        classes = outputs is not None and outputs.task != "regression"
        return seen[-1].setup.parts | ({"classes"} if classes else set())

    @property
    def most_accurate_before(self) -> Look | None:
        """The look with the highest accuracy before the latest one; the first of several."""
        earlier = [look for look in self.looks[:-1] if _accuracy(look) >= 0]
        return max(earlier, key=_accuracy, default=None)

    def with_look(self, look: Look) -> Record:
        """The record with another look.

        Args:
            look: the latest look.

        Returns:
            A new record.
        """
        looks = (*self.looks, look)
        if len(looks) > KEPT + 2:
            best = max(looks[1:-KEPT], key=_accuracy)
            looks = (looks[0], best, *looks[-KEPT:])
        return replace(self, looks=looks)

    def with_period(self, loss: float) -> Record:
        """The record with another period.

        Args:
            loss: its mean loss.

        Returns:
            A new record.
        """
        periods = (*self.periods, loss)
        if len(periods) > KEPT + 2:
            periods = (periods[0], min(periods[1:-KEPT]), *periods[-KEPT:])
        return replace(self, periods=periods)


def _accuracy(look: Look) -> float:
    accuracy = look.outputs.accuracy if look.outputs else None
    return -1.0 if accuracy is None else accuracy
