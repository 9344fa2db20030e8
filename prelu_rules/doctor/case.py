"""The doctor's file on one training: what was recorded, and what has been found so far; no Keras."""

from __future__ import annotations

import math
from dataclasses import replace

from prelu_rules.doctor.examination import examine, in_order
from prelu_rules.doctor.finding import LEVELS, Finding, Place
from prelu_rules.doctor.label_count import LabelCount
from prelu_rules.doctor.look import Look
from prelu_rules.doctor.record import NotFinite, Record, Surge
from prelu_rules.doctor.report import Report

SURGE = 100.0
"""A batch whose loss exceeds the initial loss by this factor cannot be explained by differences between batches."""


class Case:
    """Collects a record, and reports each finding only once.

    Example:
        >>> case = Case()
        >>> for step, loss in enumerate([2.0, 3.0, 5e6], start=1):
        ...     surged = case.see_loss(loss, Place(step=step))
        >>> [str(finding) for finding in case.examine()]
        ['fault: growth at step 3: the loss of a batch is 5e+06, 2.5e+06 times the initial loss (2).']
        >>> case.examine()
        ()
    """

    def __init__(self) -> None:
        self.record = Record()
        self.actions: tuple[str, ...] = ()
        self._findings: dict[tuple[str, str | None], Finding] = {}
        self._first_loss: float | None = None
        self._total, self._weight = 0.0, 0.0

    def see_loss(self, loss: float, where: Place, weight: float = 1.0) -> bool:
        """Adds the loss of a batch.

        Args:
            loss: the mean loss of the batch.
            where: the batch.
            weight: the weight of the batch in the mean of the period, such as its number of rows.

        Returns:
            Whether the loss is suspicious: not finite, or far above the first ones, for the first time.
        """
        if self._first_loss is None and math.isfinite(loss):
            self._first_loss = loss
        self._total += loss * weight
        self._weight += weight
        if not math.isfinite(loss):
            return self.record.not_finite is None
        if self.record.surge is None and self._first_loss is not None and loss > SURGE * self._first_loss > 0:
            self.record = replace(self.record, surge=Surge(loss, self._first_loss, where))
            return True
        return False

    def expect_at_least(self, loss: float) -> None:
        """Raises the initial loss to that of guessing, for models that were already trained at the beginning.

        Args:
            loss: the loss of a model that ignores its inputs.
        """
        if self._first_loss is not None and math.isfinite(loss):
            self._first_loss = max(self._first_loss, loss)

    def end_period(self) -> bool:
        """Ends a period: an epoch or a fixed number of steps.

        Returns:
            Whether its mean loss is suspicious: clearly above that of the best period.
        """
        if not self._weight:
            return False
        loss, self._total, self._weight = self._total / self._weight, 0.0, 0.0
        best = min(self.record.periods, default=loss)
        self.record = self.record.with_period(loss)
        return loss - best > 0.1 * abs(self.record.periods[0]) and loss > 1.5 * best

    def see(self, look: Look) -> None:
        """Adds a look at the model.

        Args:
            look: the latest look.
        """
        self.record = self.record.with_look(look)

    def see_labels(self, count: LabelCount) -> None:
        """Adds counted labels.

        Args:
            count: the count of labels that were not counted before.
        """
        before = self.record.labels
        self.record = replace(self.record, labels=count if before is None else before + count)

    def all_labels_seen(self) -> None:
        """Marks the counted labels as complete: all labels, or those of an epoch."""
        if self.record.labels is not None:
            self.record = replace(self.record, labels=replace(self.record.labels, all_seen=True))

    def end(self) -> None:
        """Marks the training as finished."""
        self.record = replace(self.record, ended=True)

    def see_not_finite(self, seen: NotFinite) -> None:
        """Records the first thing that was not finite; later ones are ignored.

        Args:
            seen: what it was, and where.
        """
        if self.record.not_finite is None:
            self.record = replace(self.record, not_finite=seen)

    def note(self, text: str) -> None:
        """Adds a note about something that could not be examined, once.

        Args:
            text: a sentence.
        """
        if text not in self.record.notes:
            self.record = replace(self.record, notes=(*self.record.notes, text))

    def examine(self) -> tuple[Finding, ...]:
        """Runs all checks.

        Returns:
            The findings that are new or have become more serious, the most serious first.
        """
        new = []
        for finding in examine(self.record):
            key = (finding.kind, finding.where.layer)
            known = self._findings.get(key)
            if known is None or LEVELS.index(known.level) < LEVELS.index(finding.level):
                self._findings[key] = finding
                new.append(finding)
        return tuple(new)

    def report(self) -> Report:
        """Reports the findings so far.

        Returns:
            The report.
        """
        return Report(in_order(list(self._findings.values())), self.record, self.actions)
