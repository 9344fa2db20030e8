"""The doctor's report: a value that prints as text, as a table, and as HTML in a notebook."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prelu_rules.doctor.finding import LEVELS, Finding, Level
from prelu_rules.doctor.record import Record
from prelu_rules.markup import page, tag
from prelu_rules.values import Shown

if TYPE_CHECKING:
    import pandas as pd

_WIDTH = 100


@dataclass(frozen=True)
class Report(Shown):
    """The findings of a training.

    Attributes:
        findings: the most serious first, then the earliest.
        record: the numbers that they are based on.
        actions: what the doctor did, one sentence each.

    Example:
        >>> print(Report((), Record()))
        No finding. Nothing has been examined yet.
    """

    findings: tuple[Finding, ...]
    record: Record
    actions: tuple[str, ...] = ()

    def _summary(self) -> str:
        return ", ".join(f"{finding.level}: {finding.kind}" for finding in self.findings) or "no finding"

    def __len__(self) -> int:
        return len(self.findings)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __getitem__(self, index: int) -> Finding:
        return self.findings[index]

    def at_least(self, level: Level) -> tuple[Finding, ...]:
        """The findings of at least a level.

        Args:
            level: "note", "warning" or "fault".

        Returns:
            In the order of `findings`.
        """
        return tuple(finding for finding in self.findings if finding.at_least(level))

    def to_frame(self) -> pd.DataFrame:
        """One row per finding.

        Returns:
            Columns `level`, `kind`, `step`, `epoch`, `batch`, `layer`, `seen`, `meaning`, `remedies` (a tuple of
            `Remedy`).
        """
        import pandas as pd

        names = ("level", "kind", "step", "epoch", "batch", "layer", "seen", "meaning", "remedies")
        rows = [
            (f.level, f.kind, f.where.step, f.where.epoch, f.where.batch, f.where.layer, f.seen, f.meaning, f.remedies)
            for f in self.findings
        ]
        return pd.DataFrame(rows, columns=list(names)).astype({"step": "Int64", "epoch": "Int64", "batch": "Int64"})

    def __str__(self) -> str:
        blocks = [self._headline()]
        blocks += [_text(number, finding) for number, finding in enumerate(self.findings, start=1)]
        blocks += [textwrap.fill(line, _WIDTH) for line in (*self.actions, *self.record.notes)]
        return "\n\n".join(blocks)

    def _repr_html_(self) -> str:
        lines = [tag("p", line, style="line") for line in (*self.actions, *self.record.notes)]
        head = tag("p", tag("b", self._headline()), style="line")
        return page(head, *(finding.as_html() for finding in self.findings), *lines)

    def _headline(self) -> str:
        looked = _looked(self.record)
        if not self.findings:
            return f"No finding. {looked}"
        counts = {level: sum(finding.level == level for finding in self.findings) for level in reversed(LEVELS)}
        named = ", ".join(f"{n} {level}{'s' if n > 1 else ''}" for level, n in counts.items() if n)
        return f"{named}. {looked}"


def _looked(record: Record) -> str:
    look = record.newest
    if look is None:
        return "Nothing has been examined yet."
    parts = [f"Last look: {look.where}"]
    if look.outputs is not None:
        parts.append(f"{look.outputs.rows} rows")
        if look.outputs.accuracy is not None:
            parts.append(f"accuracy {look.outputs.accuracy:.1%} (guessing: {look.outputs.chance:.1%})")
    if look.loss is not None:
        parts.append(f"loss {look.loss:.3g}")
    return ", ".join(parts) + "."


def _text(number: int, finding: Finding) -> str:
    lines = [f"{number}. {finding.level.upper()}: {finding.kind} ({finding.where})"]
    lines += _filled(finding.seen[0].upper() + finding.seen[1:], "   ")
    lines += _filled(f"What it usually means: {finding.meaning}", "   ")
    if finding.remedies:
        lines.append("   What to try, in this order:")
    for index, remedy in enumerate(finding.remedies):
        lines += _filled(remedy.text, "      ", f"   {chr(ord('a') + index)}) ")
        lines += textwrap.indent(remedy.code, " " * 10).splitlines()
    return "\n".join(lines)


def _filled(text: str, indent: str, first: str | None = None) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=first or indent, subsequent_indent=indent, break_long_words=False)
