"""When a member of a population has settled, and which of its states to return."""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple

import prelu_rules.training  # noqa: F401

# isort: split
import keras
import numpy as np

from prelu_rules.network.slopes import is_linear
from prelu_rules.population.settings import STEPS_PER_EXECUTION, PopulationSettings
from prelu_rules.tolerances import FORCE_SLEEPS_ABOVE
from prelu_rules.training.arrays import as_array
from prelu_rules.values import Array, BoolArray, FloatArray, IntArray

STABLE_LOOKS = 3
"""A member is stable if it looked the same at this many checks in a row, an execution apart."""

STABLE_ERROR = 0.02
"""Errors are stable if they differ by less than this share; different batches alone cause about 1%."""

STABLE_SLOPE = 0.01
"""Slopes are stable if they move by less than this; the force alone moves a free slope by 0.1 in that time."""

RELAPSED_ERROR = 2.5
"""The force trades error for linear units, which refits make up for; beyond this multiple of the best error is a
relapse."""


class State(NamedTuple):
    """A member at the end of an execution.

    Attributes:
        error: its mean loss over the execution.
        linear: `(n,)`, kernels and biases.
        slopes: `(k,)`.
    """

    error: float
    linear: FloatArray
    slopes: FloatArray

    @property
    def support(self) -> frozenset[int]:
        """The units that are not linear."""
        return frozenset(np.flatnonzero(~is_linear(self.slopes)).tolist())


class Course:
    """The history of one member, independent of the others.

    Before the force wakes, a member is stable as soon as its error hardly changes or is below the level at which the
    paper's force wakes. With the force, slopes and the support have to be stable as well. A member has also settled if
    its error has been clearly worse than its best one for so long that it will not recover.

    The best state since the force woke is the one with the fewest nonlinear units, among those whose error is not
    clearly worse than the smallest; on a tie, the one with the smallest error. So later states that are worse are never
    returned: no unit that was linear and became nonlinear again, and no error that rose and stayed high.

    Attributes:
        awake: whether the force has woken.

    Example:
        >>> course = Course()
        >>> for error in (0.5, 0.2, 0.2, 0.2):
        ...     course.add(State(error, np.ones(3), np.full(2, 0.25)))
        >>> course.stable
        True
        >>> course.wake()
        >>> course.add(State(0.21, np.ones(3), np.array([0.25, 1.0])))
        >>> course.add(State(0.22, np.ones(3), np.array([0.25, 0.9])))
        >>> assert course.best is not None
        >>> course.best.support, course.stable
        (frozenset({0}), False)
    """

    def __init__(self) -> None:
        self.awake = False
        self._recent: deque[State] = deque(maxlen=STABLE_LOOKS)
        self._least_error = np.inf
        # For each number of nonlinear units, the state with the smallest error.
        self._of_size: dict[int, State] = {}

    def add(self, state: State) -> None:
        """Add the next state.

        Args:
            state: the member's current state.
        """
        self._recent.append(state)
        if self.awake:
            self._compare(state)

    def wake(self) -> None:
        """Note that the force wakes now: the last state is the first one that may be returned."""
        self.awake = True
        if self._recent:
            self._compare(self._recent[-1])
        self._recent.clear()

    def _compare(self, state: State) -> None:
        self._least_error = min(self._least_error, state.error)
        size = len(state.support)
        if size not in self._of_size or state.error < self._of_size[size].error:
            self._of_size[size] = state

    def _clearly_worse(self, state: State) -> bool:
        return state.error > max(RELAPSED_ERROR * self._least_error, FORCE_SLEEPS_ABOVE)

    @property
    def best(self) -> State | None:
        """The state to return; None before the force has woken."""
        good = [size for size, state in self._of_size.items() if not self._clearly_worse(state)]
        return self._of_size[min(good)] if good else None

    @property
    def stable(self) -> bool:
        """Whether there is nothing to wait for: before the force wakes, or with the force."""
        recent = list(self._recent)
        errors = [state.error for state in recent]
        if not self.awake and recent and errors[-1] < FORCE_SLEEPS_ABOVE:
            return True
        if len(recent) < STABLE_LOOKS:
            return False
        calm = max(errors) <= max((1 + STABLE_ERROR) * min(errors), FORCE_SLEEPS_ABOVE)
        if not self.awake:
            return calm
        slopes = np.array([state.slopes for state in recent])
        still = len({state.support for state in recent}) == 1 and bool(np.ptp(slopes, axis=0).max() <= STABLE_SLOPE)
        return (calm and still) or all(map(self._clearly_worse, recent))


class Settling(keras.callbacks.Callback):
    """Wakes the force for each member, ends its training, and restores its best state (`Course`).

    Args:
        settings: how the population is trained.
    """

    def __init__(self, settings: PopulationSettings) -> None:
        super().__init__()
        self._settings = settings
        self._courses: list[Course] = []

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Start a course for each member."""
        self._courses = [Course() for _ in range(self.model.linear.shape[0])]
        self._wake(step=0)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Check the members that are still trained."""
        step = (epoch + 1) * STEPS_PER_EXECUTION
        diverged = self.model.divergences()
        parts = self.model.take_losses(), _array(self.model.linear), _array(self.model.slopes)
        active = _array(self.model.active)[:, 0]
        for member, (course, state) in enumerate(zip(self._courses, map(State, *parts), strict=True)):
            if active[member] and member not in diverged:
                course.add(state)
        wake = self._wake(step)
        ended = self._settings.settle & np.array([course.awake and course.stable for course in self._courses])
        ended |= (step >= wake + self._settings.force_steps) | np.isin(np.arange(len(ended)), [*diverged])
        self._end(ended & active)
        self.model.stop_training |= not (active & ~ended).any()

    def _wake(self, step: int) -> IntArray:
        """Wake the force for the members that are ready, and return the step at which it wakes for each."""
        wake = _array(self.model.wake)[:, 0]
        for member, course in enumerate(self._courses):
            if not course.awake:
                if self._settings.settle and course.stable:
                    wake[member] = min(step, wake[member])
                    self.model.wake.assign(wake[:, None])
                if wake[member] < step + STEPS_PER_EXECUTION:
                    course.wake()
        return wake

    def end(self) -> None:
        """End the training of all members, as after an interrupt."""
        self._end(_array(self.model.active)[:, 0])

    def _end(self, members: BoolArray) -> None:
        """Stop members, at their best states if they are to settle."""
        if not members.any():
            return
        linear, slopes, active = (_array(v) for v in (self.model.linear, self.model.slopes, self.model.active))
        active[members] = False
        for member in np.flatnonzero(members):
            best = self._courses[member].best if self._settings.settle else None
            if best is not None:
                linear[member], slopes[member] = best.linear, best.slopes
        self.model.linear.assign(linear)
        self.model.slopes.assign(slopes)
        self.model.active.assign(active)


def _array(variable: keras.Variable) -> Array:
    return as_array(variable)
