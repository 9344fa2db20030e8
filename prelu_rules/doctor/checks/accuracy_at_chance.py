"""Accuracy at chance: no better than guessing, after having been clearly better."""

from __future__ import annotations

from scipy.stats import binomtest

from prelu_rules.doctor.finding import Finding
from prelu_rules.doctor.outputs import Outputs
from prelu_rules.doctor.record import Record
from prelu_rules.doctor.remedies import article

CHANCE = 0.01
"""An accuracy is consistent with chance if guessing reaches it with at least this probability."""

CLEARLY_BETTER = 1e-6
"""An accuracy is clearly better than chance if guessing reaches it with less than this probability."""

NEARLY_EQUAL_LOGITS = 0.05
"""Logits are nearly equal across classes if their range is less than this share of their magnitude."""

LARGE_LOGITS = 10.0
"""Logits above this are large: a healthy network that is unsure has logits near 0."""


def accuracy_at_chance(record: Record) -> list[Finding]:
    """Compares the latest accuracy, and the best one before, with chance.

    The test is the exact one-sided binomial test. Its null hypothesis is that every row is right with the probability
    `chance`, the share of the most frequent class, which is 1/N for balanced classes. Accuracy was clearly better than
    chance if the p-value was below `CLEARLY_BETTER`, and is consistent with chance if it is above `CHANCE`. If there is
    no earlier accuracy, logits that are nearly equal and large suffice for a warning.

    Args:
        record: the record of the training.

    Returns:
        One finding or none.

    Example:
        >>> accuracy_at_chance(Record())
        []
    """
    look = record.newest
    if look is None or look.outputs is None or look.outputs.correct is None:
        return []
    now = look.outputs
    p_now = p_value(now)
    if p_now <= CHANCE:
        return []
    flat = _flat(now)
    logits = _logits(now)
    numbers = {"accuracy": now.accuracy or 0.0, "chance": now.chance or 0.0, "p_value": p_now, "rows": float(now.rows)}
    if now.logit_spread is not None and now.logit_size is not None:
        numbers |= {"logit_spread": now.logit_spread, "logit_size": now.logit_size}
    best = record.most_accurate_before
    if best is not None and best.outputs is not None and p_value(best.outputs) < CLEARLY_BETTER:
        numbers |= {"best_accuracy": best.outputs.accuracy or 0.0, "best_p_value": p_value(best.outputs)}
        return [
            Finding(
                "accuracy at chance",
                "fault",
                f"accuracy has fallen from {best.outputs.accuracy:.1%} ({best.where}) to {now.accuracy:.1%}, which is "
                f"no better than guessing ({now.chance:.1%}; binomial test on {now.rows} rows: p = "
                f"{p_value(best.outputs):.1e} then, {p_now:.2g} now). {logits}",
                look.where,
                "The network has lost what it had learned and does not recover: an unstable "
                "loss, or too large steps, drove the logits up until they no longer differed between "
                "classes."
                if flat
                else "The network has lost what it had learned, usually by too large steps or an unstable loss.",
                article(),
                numbers,
            )
        ]
    if flat and len(record.looks) == 1:
        return [
            Finding(
                "accuracy at chance",
                "warning",
                f"accuracy is {now.accuracy:.1%}, which is no better than guessing ({now.chance:.1%}; binomial test on "
                f"{now.rows} rows: p = {p_now:.2g}). {logits}",
                look.where,
                "Large logits that hardly differ between classes are typical after a fall to 1/N.",
                article(),
                numbers,
            )
        ]
    return []


def p_value(outputs: Outputs) -> float:
    """The probability that guessing gets at least as many rows right.

    Args:
        outputs: outputs with `correct` and `chance`.

    Returns:
        The p-value of the one-sided binomial test.

    Example:
        >>> from prelu_rules.doctor.outputs import outputs_of
        >>> outputs = outputs_of([[2.0, 1.0], [1.0, 2.0]] * 5, [0, 1] * 5)
        >>> assert outputs is not None
        >>> p_value(outputs) == 2**-10
        True
    """
    if outputs.correct is None or outputs.chance is None:
        return 1.0
    return float(binomtest(outputs.correct, outputs.rows, outputs.chance, alternative="greater").pvalue)


def _flat(outputs: Outputs) -> bool:
    spread, size = outputs.logit_spread, outputs.logit_size
    return spread is not None and size is not None and size > LARGE_LOGITS and spread < NEARLY_EQUAL_LOGITS * size


def _logits(outputs: Outputs) -> str:
    if outputs.logit_spread is None or outputs.logit_size is None:
        return "The logits are unknown; there are only probabilities."
    equal = "nearly equal across classes" if outputs.logit_spread < NEARLY_EQUAL_LOGITS * outputs.logit_size else ""
    large = "large" if outputs.logit_size > LARGE_LOGITS else ""
    verdict = ", and ".join(word for word in (equal, large) if word)
    return (
        f"The logits of a row differ by {outputs.logit_spread:.3g} between classes, and are up to "
        f"{outputs.logit_size:.3g} in size (medians)" + (f": {verdict}." if verdict else ".")
    )
