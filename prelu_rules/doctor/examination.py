"""Runs all checks on a record, and puts the findings in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from prelu_rules.doctor.checks.accuracy_at_chance import accuracy_at_chance
from prelu_rules.doctor.checks.constant_output import constant_output
from prelu_rules.doctor.checks.dead_units import dead_units
from prelu_rules.doctor.checks.force import force
from prelu_rules.doctor.checks.growth import growth
from prelu_rules.doctor.checks.labels import labels
from prelu_rules.doctor.checks.loss_input import loss_input
from prelu_rules.doctor.checks.not_finite import not_finite
from prelu_rules.doctor.checks.oscillation import oscillation
from prelu_rules.doctor.checks.out_of_reach import out_of_reach
from prelu_rules.doctor.checks.saturation import saturation
from prelu_rules.doctor.checks.unmoved import unmoved
from prelu_rules.doctor.finding import LEVELS, Finding
from prelu_rules.doctor.record import Record
from prelu_rules.doctor.remedies import suitable

CHECKS: dict[str, Callable[[Record], list[Finding]]] = {
    "labels": labels,
    "unmoved": unmoved,
    "loss input": loss_input,
    "out of reach": out_of_reach,
    "growth": growth,
    "not finite": not_finite,
    "force": force,
    "accuracy at chance": accuracy_at_chance,
    "saturation": saturation,
    "dead units": dead_units,
    "constant output": constant_output,
    "oscillation": oscillation,
}
"""By kind. For findings at the same step, the one closer to the cause comes first: growth causes NaN, and dead units
cause constant outputs."""

OF_DATA = ("labels", "growth", "not finite")
"""The checks that are still meaningful when numbers are not finite."""

KINDS = tuple(CHECKS)
"""The kinds of findings, in that order."""


def examine(record: Record) -> tuple[Finding, ...]:
    """Runs every check on a record.

    Args:
        record: the record of a training, or of a single look.

    Returns:
        The findings in order.

    Example:
        >>> examine(Record())
        ()
    """
    kinds = KINDS if record.not_finite is None else OF_DATA
    findings = [finding for kind in kinds for finding in CHECKS[kind](record)]
    # A remedy must not mention something that the model does not have.
    return in_order([replace(one, remedies=suitable(one.remedies, record.parts)) for one in findings])


def in_order(findings: list[Finding]) -> tuple[Finding, ...]:
    """Orders findings as they should be read.

    Args:
        findings: findings of any checks, at any steps.

    Returns:
        The most serious level first, then the earliest step, then the order of `CHECKS`.
    """
    return tuple(
        sorted(
            findings,
            key=lambda finding: (-LEVELS.index(finding.level), finding.where.step or 0, KINDS.index(finding.kind)),
        )
    )
