"""Loss input: a cross-entropy that gets logits instead of probabilities, or probabilities instead of logits."""

from __future__ import annotations

from prelu_rules.doctor.finding import Finding, Remedy
from prelu_rules.doctor.look import Look, Ranges, Setup
from prelu_rules.doctor.record import Record
from prelu_rules.tolerances import LEAST_ROWS

PROBABILITY_ERROR = 0.01
"""Tolerance for probabilities outside [0, 1], and for sums of rows other than 1; bfloat16 has 2 to 3 digits."""


_ENDS = {"categorical": "softmax", "binary": "sigmoid"}
_TAKES_LOGITS = {
    "categorical": "keras.losses.SparseCategoricalCrossentropy(from_logits=True)  # Categorical... for one-hot labels",
    "binary": "keras.losses.BinaryCrossentropy(from_logits=True)",
}
_TAKES_PROBABILITIES = {
    "categorical": "keras.losses.SparseCategoricalCrossentropy()  # Categorical... for one-hot labels",
    "binary": "keras.losses.BinaryCrossentropy()",
}


def loss_input(record: Record) -> list[Finding]:
    """Compares the outputs with what the cross-entropy expects.

    Args:
        record: the record of the training.

    Returns:
        One finding or none.

    Example:
        >>> loss_input(Record())
        []
    """
    look = record.newest
    if look is None or look.setup is None or look.setup.ranges is None or look.setup.cross_entropy is None:
        return []
    found = _given_probabilities if look.setup.from_logits else _given_logits
    return found(look, look.setup, look.setup.ranges, look.setup.cross_entropy)


def _given_logits(look: Look, setup: Setup, ranges: Ranges, kind: str) -> list[Finding]:
    least, largest = ranges.outputs
    outside = least < -PROBABILITY_ERROR or largest > 1 + PROBABILITY_ERROR
    if not outside and (kind == "binary" or abs(ranges.row_sum - 1) <= PROBABILITY_ERROR):
        return []
    seen = f"outputs lie between {least:.3g} and {largest:.3g}"
    if kind == "categorical":
        seen += f", and those of a row add up to {ranges.row_sum:.3g}"
    return [
        Finding(
            "loss input",
            "fault" if outside else "warning",
            f"the loss is a cross-entropy on probabilities (from_logits=False), but {seen}.",
            look.where,
            "The outputs are not probabilities. The loss clips values outside of 0 to 1, and clipped values have no "
            "gradient."
            if outside
            else "The outputs are not the probabilities of one class out of several, which the loss expects.",
            (
                Remedy("If the outputs are logits, tell the loss so.", f'model.compile("adam", {_TAKES_LOGITS[kind]})'),
                Remedy(
                    f"Or turn them into probabilities: let the last layer end in {_ENDS[kind]}.",
                    f'keras.layers.Dense(n_outputs, activation="{_ENDS[kind]}")  # the last layer',
                ),
            ),
            {"least_output": least, "largest_output": largest, "row_sum": ranges.row_sum},
        )
    ]


def _given_probabilities(look: Look, setup: Setup, ranges: Ranges, kind: str) -> list[Finding]:
    least, largest = ranges.outputs
    end = setup.last_activation
    # A row of logits may lie between 0 and 1, but many rows do not all add up to 1.
    many = look.outputs is not None and look.outputs.rows >= LEAST_ROWS and look.outputs.n_outputs > 1
    sums = kind == "categorical" and many and least >= 0 and abs(ranges.row_sum - 1) <= PROBABILITY_ERROR / 10
    if end not in {"softmax", "sigmoid"} and not sums:
        return []
    made = f"they come from a {end}" if end in {"softmax", "sigmoid"} else "every row adds up to 1"
    return [
        Finding(
            "loss input",
            "warning",
            f"the loss is a cross-entropy on logits (from_logits=True), but the outputs are probabilities already: "
            f"they lie between {least:.3g} and {largest:.3g}, and {made}.",
            look.where,
            f"The loss applies another {_ENDS[kind]}, so that no class can get a probability near 1 or 0, and "
            "gradients are small. Keras goes back to the logits only if it can see how the outputs were computed.",
            (
                Remedy(
                    "Let the last layer output logits.",
                    "keras.layers.Dense(n_outputs)  # the last layer, no activation",
                ),
                Remedy(
                    "Or tell the loss that it gets probabilities.",
                    f'model.compile("adam", {_TAKES_PROBABILITIES[kind]})',
                ),
            ),
            {"least_output": least, "largest_output": largest, "row_sum": ranges.row_sum},
        )
    ]
