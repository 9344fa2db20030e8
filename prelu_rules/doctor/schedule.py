"""Decides when to look at a model, within a share of the training's time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Schedule:
    """Measures the time that a training takes, and the doctor's part of it.

    Args:
        budget: the largest share of the time of training.
        clock: returns seconds, from any origin.

    Example:
        >>> seconds = iter([0.0, 10.0, 10.2, 20.0, 20.0, 30.0, 30.0])
        >>> schedule = Schedule(0.03, clock=lambda: next(seconds))
        >>> schedule.start()
        >>> with schedule.spending():  # from 10.0 to 10.2
        ...     pass
        >>> schedule.allows(0.5), schedule.allows(0.3), schedule.allows(1.0, times=2)
        (False, True, True)
    """

    def __init__(self, budget: float, clock: Callable[[], float] = time.perf_counter) -> None:
        self.budget = budget
        self.spent = 0.0
        self._clock = clock
        self._started: float | None = None

    @property
    def has_started(self) -> bool:
        """Whether the first step, which includes compilation, is over."""
        return self._started is not None

    def start(self) -> None:
        """Marks the beginning of the training."""
        self._started = self._clock()

    @contextmanager
    def spending(self) -> Iterator[None]:
        """Counts the time of a block as the doctor's."""
        began = self._clock()
        try:
            yield
        finally:
            self.spent += self._clock() - began

    def allows(self, more: float = 0.0, times: int = 1) -> bool:
        """Whether this much more time may be spent now.

        Args:
            more: the additional seconds.
            times: how many times the budget may be used.

        Returns:
            True if it may; False before the start.
        """
        if self._started is None:
            return False
        return self.spent + more <= times * self.budget * (self._clock() - self._started)
