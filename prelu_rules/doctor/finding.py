"""A finding: what was seen and where, what it usually means, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from prelu_rules.markup import Html, folded, page, tag
from prelu_rules.values import Shown

Level = Literal["note", "warning", "fault"]

LEVELS: tuple[Level, ...] = ("note", "warning", "fault")
"""From harmless to serious: worth knowing; training is probably worse than it could be; training does not work."""


@dataclass(frozen=True)
class Place(Shown):
    """A position in a training; None where it is unknown.

    Attributes:
        step: the number of optimiser steps, counted from 1 over all epochs; 0 is before the first.
        epoch: the epoch, counted from 1, as Keras prints it.
        batch: the batch within the epoch, counted from 1.
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
    """One thing to try.

    Attributes:
        text: what to do and why, one or two sentences.
        code: Python code to paste, or the setting to change; empty if there is none.
        needs: parts of which the model must have at least one for the remedy to make sense, named as in `Setup.parts`;
            empty for a remedy that suits any model.
    """

    text: str
    code: str = ""
    needs: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Finding(Shown):
    """The result of a check.

    Attributes:
        kind: the name of the check, such as "accuracy at chance"; `prelu_rules.doctor.KINDS` lists them all.
        level: "note", "warning" or "fault"; see `LEVELS`.
        seen: what was seen, in one or two sentences with numbers.
        where: the position in the training.
        meaning: what it usually means.
        remedies: what to do, in the order to try.
        numbers: the numbers in `seen`, by name.

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

    def _repr_html_(self) -> str:
        return page(self.as_html())

    def as_html(self) -> Html:
        """What was seen, what it usually means, and, folded, what to do, as part of a page.

        Returns:
            HTML.
        """
        remedies = [
            tag("li", remedy.text, *([tag("pre", remedy.code, style="code")] if remedy.code else []))
            for remedy in self.remedies
        ]
        head = tag("p", tag("b", f"{self.level}: {self.kind}"), f" ({self.where})", style="line")
        seen = tag("p", self.seen[0].upper() + self.seen[1:], style="line")
        meaning = tag("p", tag("i", "What it usually means:"), f" {self.meaning}", style="line")
        advice = [folded("What to do, in this order", tag("ol", *remedies))] if remedies else []
        return tag("div", head, seen, meaning, *advice, style=self.level)

    def at_least(self, level: Level) -> bool:
        """Whether the finding is at least as serious as a level.

        Args:
            level: one of `LEVELS`.

        Returns:
            True if it is.
        """
        return LEVELS.index(self.level) >= LEVELS.index(level)
