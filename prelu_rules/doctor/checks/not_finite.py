"""Numbers that are not finite: in the inputs, labels, activations, loss, gradient or weights."""

from __future__ import annotations

from prelu_rules.doctor.finding import Finding, Remedy
from prelu_rules.doctor.record import NotFinite, Record
from prelu_rules.doctor.remedies import STABLE_SIGMOID, article

_MEANING = {
    "inputs": "There are missing values, or the preparation of the data divided by 0. One such row makes the gradient "
    "of its batch NaN, and with it every weight.",
    "labels": "Targets are missing. One such row makes the loss of its batch NaN, and with it every weight.",
    "sample weights": "Some row weights come from a division by 0 or a missing value. One of them makes the loss "
    "of its batch NaN, and with it every weight of the model.",
    "activations": "The layer computes something that has no finite value there (log, division, root, exp of a large "
    "number), or the weights have grown until float32 overflows.",
    "loss": "All outputs are finite but the loss is not, so the loss itself divides by 0, takes the log of 0, or "
    "overflows.",
    "gradient": "The loss is finite but its gradient is not: there is a square root or a norm at 0, a `where` whose "
    "other branch is NaN, or an overflow in back-propagation.",
    "weights": "The batch is finite with the last finite weights, and so are the data of the batches that were "
    "kept. Either the weights have grown without limit since then, or an earlier batch was not finite.",
}

_NAMES = {
    "inputs": "the inputs",
    "labels": "the labels",
    "sample weights": "the sample weights",
    "activations": "the output of layer {layer}",
    "loss": "the loss",
    "gradient": "the gradient of {layer}",
    "weights": "{layer}",
}

_DATA = ("inputs", "labels", "sample weights")

_DROP_WEIGHTS = Remedy(
    "Set weights that are not finite to 0.",
    "sample_weight = np.where(np.isfinite(sample_weight), sample_weight, 0.0)",
)

_DROP_ROWS = Remedy(
    "Drop the rows that are not finite, or fill in what is missing.",
    "finite = np.isfinite(x).all(axis=1) & np.isfinite(y)  # one row of features per sample, one target\n"
    "model.fit(x[finite], y[finite])",
)


def not_finite(record: Record) -> list[Finding]:
    """Reports the first thing that was not finite, with its layer and batch.

    Args:
        record: the record of the training.

    Returns:
        One finding or none.

    Example:
        >>> from prelu_rules.doctor.finding import Place
        >>> seen = NotFinite(Place(step=3, epoch=1, batch=3), "inputs", 2, 64, ((0, 1), (4, 1)))
        >>> print(not_finite(Record(not_finite=seen))[0].seen.split(", for")[0])
        2 of 64 numbers in the inputs of the batch are NaN or infinite
    """
    seen = record.not_finite
    if seen is None:
        return []
    return [
        Finding(
            "not finite",
            "fault",
            _seen(seen),
            seen.where,
            _MEANING[seen.cause],
            _remedies(seen.cause),
            {"count": float(seen.count), "of": float(seen.of)},
        )
    ]


def _seen(seen: NotFinite) -> str:
    if seen.cause == "loss":
        return "the loss is NaN or infinite, though inputs, labels and all outputs of the batch are finite."
    name = _NAMES[seen.cause].format(layer=seen.where.layer)
    text = f"{seen.count} of {seen.of} numbers in {name}"
    if seen.cause in _DATA:
        text += " of the batch"
    elif seen.cause == "activations":
        text += ", the first affected layer,"
    text += " are NaN or infinite"
    if seen.examples:
        text += f", for example at {', '.join(str(list(index)) for index in seen.examples)} (row of the batch first)"
    if seen.weights_of is not None and seen.weights_of != (seen.where.step or 0) - 1:
        text += f" (with the weights of step {seen.weights_of}, the last known ones)"
    return text + "."


def _remedies(cause: str) -> tuple[Remedy, ...]:
    if cause == "sample weights":
        return (_DROP_WEIGHTS, *article("no NaN"))
    if cause in _DATA:
        return (_DROP_ROWS, *article("no NaN"))
    if cause == "loss":
        return (*article("stable loss"), STABLE_SIGMOID, *article("no NaN"))
    return (
        *article("stable loss"),
        STABLE_SIGMOID,
        *article("no NaN", "learning rate", "optimiser", "activation", "regularisers"),
    )
