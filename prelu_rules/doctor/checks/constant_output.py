"""Constant output: the same output for every input."""

from __future__ import annotations

from prelu_rules.doctor.finding import Finding
from prelu_rules.doctor.record import Record
from prelu_rules.doctor.remedies import SCALE_INPUTS, article
from prelu_rules.tolerances import LEAST_ROWS

CONSTANT_OUTPUT = 1e-6
"""Outputs whose deviation between rows is below this share of their magnitude are constant up to rounding."""

CONSTANT_PROBABILITY = 1e-4
"""The same for probabilities, as an absolute deviation."""


def constant_output(record: Record) -> list[Finding]:
    """Compares the outputs of the examined rows with one another.

    A network whose last layer is initialised to 0 is constant before its first step; that is not reported.

    Args:
        record: the record of the training.

    Returns:
        One finding or none.

    Example:
        >>> constant_output(Record())
        []
    """
    look = record.newest
    if look is None or look.outputs is None or look.outputs.rows < LEAST_ROWS or look.where.step == 0:
        return []
    outputs = look.outputs
    limit = CONSTANT_OUTPUT if outputs.task == "regression" else CONSTANT_PROBABILITY
    if outputs.deviation >= limit:
        return []
    what = "relative to their size" if outputs.task == "regression" else "as probabilities"
    return [
        Finding(
            "constant output",
            "fault",
            f"the outputs for {outputs.rows} different rows deviate by {outputs.deviation:.1e} ({what}): the model "
            "gives the same answer for every input.",
            look.where,
            "The inputs have no effect on the outputs: there may be dead units, weights of 0, a masked part, or "
            "inputs that are all equal.",
            (*article("easy data", "learning rate", "activation", "regularisers"), SCALE_INPUTS),
            {"deviation": outputs.deviation, "rows": float(outputs.rows)},
        )
    ]
