"""Out of reach: targets that the activation of the last layer cannot produce."""

from __future__ import annotations

from prelu_rules.doctor.finding import Finding, Remedy
from prelu_rules.doctor.record import Record

UNREACHED_SHARE = 0.05
"""A smaller share of targets beyond the range of the outputs is noise around a limit, such as a ReLU's at 0."""


def out_of_reach(record: Record) -> list[Finding]:
    """Compares the targets with the range of the last activation.

    Args:
        record: the record of the training.

    Returns:
        One finding or none.

    Example:
        >>> out_of_reach(Record())
        []
    """
    look = record.newest
    setup = None if look is None else look.setup
    if look is None or setup is None or setup.ranges is None or setup.ranges.unreached <= UNREACHED_SHARE:
        return []
    least, largest = setup.ranges.targets
    share = setup.ranges.unreached
    return [
        Finding(
            "out of reach",
            "fault" if share > 0.5 else "warning",
            f"{share:.0%} of the targets, which lie between {least:.3g} and {largest:.3g}, are beyond the range of the "
            f"{setup.last_activation} of the last layer.",
            look.where,
            "The model cannot get close to these targets, however long it is trained; its outputs are pushed to the "
            "limit of the activation, where the gradient vanishes.",
            (
                Remedy("Let the last layer be linear.", "keras.layers.Dense(n_outputs)  # the last layer"),
                Remedy(
                    f"Or scale the targets to the range of the {setup.last_activation}.",
                    "y = (y - y.min()) / (y.max() - y.min())  # from 0 to 1",
                ),
            ),
            {"unreached": share, "least_target": least, "largest_target": largest},
        )
    ]
