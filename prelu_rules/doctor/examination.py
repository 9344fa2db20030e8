"""All checks on one record, and which finding comes first."""

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
"""By kind. Of findings of the same step, the one nearer to the cause comes first: growth makes NaN, dead units make the
output constant."""

OF_DATA = ("labels", "growth", "not finite")
"""Those that still mean something when numbers are not finite any more."""

KINDS = tuple(CHECKS)
"""The kinds of findings, in that order."""


def examine(record: Record) -> tuple[Finding, ...]:
    """Every check on a record.

    Args:
        record: of a training, or of a single look.

    Returns:
        The findings, ordered.

    Example:
        >>> examine(Record())
        ()
    """
    kinds = KINDS if record.not_finite is None else OF_DATA
    findings = [finding for kind in kinds for finding in CHECKS[kind](record)]
    # A remedy must not speak of what the model does not have.
    return in_order([replace(one, remedies=suitable(one.remedies, record.parts)) for one in findings])


def in_order(findings: list[Finding]) -> tuple[Finding, ...]:
    """The findings in the order in which to read them.

    Args:
        findings: of any checks, at any steps.

    Returns:
        The most serious level first, then the earliest step, then the order of `CHECKS`.
    """
    return tuple(
        sorted(
            findings,
            key=lambda finding: (-LEVELS.index(finding.level), finding.where.step or 0, KINDS.index(finding.kind)),
        )
    )
