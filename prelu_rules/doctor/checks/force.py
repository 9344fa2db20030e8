"""The force that pulls slopes to 1: relapses, a rate that no slope can resist, and all slopes pinned.

Source: E. P. Csirmaz, "Interpreting Neural Networks by Reducing Nonlinearities during Training", section on the force.
"""

from __future__ import annotations

import numpy as np

from prelu_rules.doctor.finding import Finding, Remedy
from prelu_rules.doctor.look import ForceLook, Look
from prelu_rules.doctor.record import Record
from prelu_rules.network.slopes import is_linear

RELAPSE = 5.0
"""A loss this many times the best one is a relapse if it had been below the level at which the force wakes."""

RELAPSES = 3
"""One or two relapses happen in any training with the force; with this many, it does not settle."""

FORCE_OUT_OF_BALANCE = 10.0
"""No slope can resist a force rate that is this many times as large as the step that the gradient can make."""

WORSE_LOSS = 1.5
"""A loss this many times the best is clearly worse."""


_WEAKER = Remedy(
    "Make the force weaker: a tenth of the rate, and below the learning rate of an optimiser such as Adam.",
    "prelu_rules.IdentityForce(rate={rate:.0e})",
)
_FADING = Remedy(
    "Let the force fade, so that the network settles at the end.",
    "steps = epochs * len(x) // batch_size\n"
    "prelu_rules.IdentityForce(rate=keras.optimizers.schedules.CosineDecay({rate:.0e}, steps))",
)
_KEEP_BEST = Remedy(
    "Keep the best weights rather than the last.",
    'keras.callbacks.ModelCheckpoint("best.keras", monitor="val_loss", save_best_only=True)',
)
_PATH = Remedy(
    "Or use train_path, which eliminates units one by one and refits.",
    "path = prelu_rules.train_path(x, y)",
)


def force(record: Record) -> list[Finding]:
    """Checks a training with the force, if the force is used.

    Args:
        record: the record of the training.

    Returns:
        At most one finding: a rate out of balance, otherwise pinned slopes, otherwise relapses.

    Example:
        >>> force(Record())
        []
    """
    look = record.newest
    if look is None or look.force is None:
        return []
    for found in (_balance(look, look.force), _pinned(record, look, look.force), _relapses(record, look, look.force)):
        if found is not None:
            return [found]
    return []


def reach(force: ForceLook) -> float:
    """The largest step that the optimiser can make against the force.

    Args:
        force: the force as it was recorded.

    Returns:
        The learning rate for an adaptive optimiser; for others, the learning rate times the largest gradient.

    Example:
        >>> reach(ForceLook(0.01, None, learning_rate=0.1, adaptive=False, pull=0.5))
        0.05
    """
    return force.learning_rate if force.adaptive else force.learning_rate * force.pull


def _remedies(rate: float) -> tuple[Remedy, ...]:
    filled = tuple(Remedy(remedy.text, remedy.code.format(rate=rate)) for remedy in (_WEAKER, _FADING))
    return (*filled, _KEEP_BEST, _PATH)


def _balance(look: Look, seen: ForceLook) -> Finding | None:
    longest = reach(seen)
    if not seen.rate > FORCE_OUT_OF_BALANCE * longest or (not seen.adaptive and seen.pull == 0):
        return None
    return Finding(
        "force",
        "warning",
        f"the force moves each slope by {seen.rate:.2g} a step, {seen.rate / longest:.3g} times as far as the "
        f"optimiser can move it back ({longest:.2g}).",
        look.where,
        "The rate is out of balance with the gradient: every slope will reach 1, whether the data need its bend or "
        "not.",
        _remedies(longest / 2),
        {"rate": seen.rate, "reach": longest},
    )


def _pinned(record: Record, look: Look, seen: ForceLook) -> Finding | None:
    slopes = look.slopes
    if not slopes or not all(is_linear(layer).all() for layer in slopes):
        return None
    losses = [other.loss for other in record.looks if other.loss is not None]
    worse = look.loss is not None and look.loss > WORSE_LOSS * min(losses)
    number = sum(np.size(layer) for layer in slopes)
    text = f"all {number} slopes are pinned at 1, so the network is a linear function"
    if look.loss is not None:
        text += f"; its loss is {look.loss:.3g}, the best seen was {min(losses):.3g}"
    return Finding(
        "force",
        "warning" if worse else "note",
        f"{text}.",
        look.where,
        "The force has removed bends that the data need."
        if worse
        else "A linear function is as good as the earlier networks; the data may not need more.",
        _remedies(seen.rate / 10) if worse else (),
        {"slopes": float(number), "rate": seen.rate},
    )


def _relapses(record: Record, look: Look, seen: ForceLook) -> Finding | None:
    number, best, settled = 0, np.inf, False
    for loss in record.periods:
        best = min(best, loss)
        if settled and loss > max(RELAPSE * best, seen.threshold or 0.0):
            number, settled = number + 1, False
        # Without a threshold, there can be a relapse from any loss, once training has lowered it.
        elif loss < (seen.threshold if seen.threshold is not None else 0.5 * record.periods[0]) and loss < 2 * best:
            settled = True
    if number < RELAPSES:
        return None
    return Finding(
        "force",
        "warning",
        f"{number} relapses: the loss fell, and then rose again to more than {RELAPSE:g} times the best ({best:.3g}).",
        look.where,
        "As the error falls, the force grows, until it pushes the network away from its solution; it does not settle "
        "by itself.",
        _remedies(seen.rate / 10),
        {"relapses": float(number), "best": float(best), "rate": seen.rate},
    )
