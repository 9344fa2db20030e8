"""Unmoved: training does not change any weights, because they are frozen or the learning rate is 0."""

from __future__ import annotations

from prelu_rules.doctor.finding import Finding, Remedy
from prelu_rules.doctor.look import Look
from prelu_rules.doctor.record import Record

_UNFREEZE = Remedy(
    "Make the layers that should learn trainable, at least the last ones, and compile again.",
    'model.trainable = True  # or layer.trainable = True for some layers\nmodel.compile("adam", loss)',
)
_RATE = Remedy(
    "Set a positive learning rate, and check what changes it: a schedule or a callback.",
    "print(model.optimizer.learning_rate)\nmodel.optimizer.learning_rate = 1e-3  # where it is not a schedule",
)


def unmoved(record: Record) -> list[Finding]:
    """Checks whether there are trainable weights, and compares them with their first values.

    A rate of 0 in the first period may be a warm-up, so weights are compared at the end of the second, or of training.

    Args:
        record: the record of the training.

    Returns:
        One finding or none.

    Example:
        >>> unmoved(Record())
        []
    """
    look = record.newest
    if look is None or look.setup is None or look.setup.own_step:
        return []
    if not look.setup.trainable and look.setup.weights:
        return [
            Finding(
                "unmoved",
                "fault",
                f"none of the {look.setup.weights} weights of the model is trainable.",
                look.where,
                "All layers are frozen, so training cannot change anything.",
                (_UNFREEZE,),
                {"trainable": 0.0, "weights": float(look.setup.weights)},
            )
        ]
    return _still(record, record.looks[0], look)


def _still(record: Record, first: Look, now: Look) -> list[Finding]:
    setup = now.setup
    steps = (now.where.step or 0) - (first.where.step or 0)
    if setup is None or not now.weights or steps < max(2, setup.steps_per_update):
        return []
    if len(record.periods) < 2 and not record.ended:
        return []
    before, after = ([(w.name, w.total, w.largest) for w in look.weights] for look in (first, now))
    # Without a gradient, weights should not move; other checks find gradients that should not vanish.
    if before != after or not (setup.learning_rate == 0 or (now.gradient or 0.0) > 0):
        return []
    rate = setup.learning_rate
    said = "" if rate is None else f"; the learning rate is {rate:.3g}"
    numbers = {"steps": float(steps), "gradient": now.gradient or 0.0}
    return [
        Finding(
            "unmoved",
            "fault",
            f"no weight has changed in {steps} steps{said}.",
            now.where,
            "The learning rate is 0, so no step changes anything."
            if rate == 0
            else "The steps are so small that float32 rounds them away, or the optimiser skips them.",
            (_RATE,),
            numbers if rate is None else numbers | {"learning_rate": rate},
        )
    ]
