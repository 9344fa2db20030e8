"""A finding: what was seen, where, what it usually means, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from prelu_rules.values import Shown

Level = Literal["note", "warning", "fault"]

LEVELS: tuple[Level, ...] = ("note", "warning", "fault")
"""From harmless to serious: worth knowing; training is probably worse than it could be; training does not work."""


@dataclass(frozen=True)
class Place(Shown):
    """Where in a training something was seen; what is not known is None.

    Attributes:
        step: optimiser steps done, counted from 1 over all epochs; 0 is before the first.
        epoch: counted from 1, as Keras prints it.
        batch: within the epoch, counted from 1.
        layer: the name of a layer or weight.

    Example:
        >>> print(Place(step=37, epoch=2, batch=5, layer="dense_1"))
        epoch 2, batch 5 (step 37), layer dense_1
        >>> print(Place(step=0), "|", Place())
        before the first step | one look
    """

    step: int | None = None
    epoch: int | None = None
    batch: int | None = None
    layer: str | None = None

    def __str__(self) -> str:
        parts = [f"{name} {value}" for name, value in (("epoch", self.epoch), ("batch", self.batch)) if value]
        if self.step == 0:
            parts = ["before the first step"]
        elif self.step is not None:
            parts = [f"{', '.join(parts)} (step {self.step})" if parts else f"step {self.step}"]
        if self.layer is not None:
            parts.append(f"layer {self.layer}")
        return ", ".join(parts) or "one look"


@dataclass(frozen=True)
class Remedy(Shown):
    """One thing to do.

    Attributes:
        text: what to do and why, one or two sentences.
        code: Python to paste, or the setting to change; empty if there is none.
        needs: parts of which the model must have one for the remedy to make sense, named as in `Setup.parts`; empty
            for a remedy that suits any model.
    """

    text: str
    code: str = ""
    needs: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Finding(Shown):
    """What a check found.

    Attributes:
        kind: the check, such as "accuracy at chance"; `prelu_rules.doctor.KINDS` has them all.
        level: "note", "warning" or "fault"; see `LEVELS`.
        seen: what was seen, one or two sentences with their numbers.
        where: in the training.
        meaning: what it usually means.
        remedies: what to do, in the order in which to try it.
        numbers: the numbers of `seen`, by name.

    Example:
        >>> finding = Finding("growth", "fault", "the loss is 4e9.", Place(step=12), "The steps are too long.", ())
        >>> print(finding)
        fault: growth at step 12: the loss is 4e9.
    """

    kind: str
    level: Level
    seen: str
    where: Place
    meaning: str
    remedies: tuple[Remedy, ...]
    numbers: Mapping[str, float] = field(default_factory=dict)

    def _summary(self) -> str:
        return str(self)

    def __str__(self) -> str:
        at = {None: "", 0: " before the first step"}.get(self.where.step, f" at {self.where}")
        return f"{self.level}: {self.kind}{at}: {self.seen}"

    def at_least(self, level: Level) -> bool:
        """Whether the finding is as serious as a level, or more.

        Args:
            level: one of `LEVELS`.

        Returns:
            The answer.
        """
        return LEVELS.index(self.level) >= LEVELS.index(level)
