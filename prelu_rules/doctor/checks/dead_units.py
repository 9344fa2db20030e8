"""Dead units: units with the same output for every input."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from prelu_rules.doctor.finding import Finding, Level, Remedy
from prelu_rules.doctor.record import Record
from prelu_rules.doctor.remedies import SCALE_INPUTS, article

DEAD_SHARE = 0.5
"""A layer with a larger share of dead units than this gets a warning."""

SOME_DEAD_SHARE = 0.1
"""A layer with a larger share than this gets a note; a few dead ReLUs are common."""

FLAT_SLOPE = 1e-3
"""A PReLU with a smaller absolute slope than this acts as a ReLU: hardly anything of negative inputs passes."""


_FREE_SLOPES = Remedy(
    "Start the slopes further from 0, where negative inputs pass and have a gradient.",
    "prelu_rules.PReLU(initial_slope=0.25)",
)


def dead_units(record: Record) -> list[Finding]:
    """Reports layers in which many units have the same output for every examined row, and slopes near 0.

    Args:
        record: the record of the training.

    Returns:
        One finding per affected layer, the one with the largest share first; notes last.

    Example:
        >>> from prelu_rules.doctor.finding import Place
        >>> from prelu_rules.doctor.look import LayerLook, Look
        >>> look = Look(Place(step=5), layers=(LayerLook("relu", 0.0, units=8, dead=6),))
        >>> print(dead_units(Record().with_look(look))[0])
        warning: dead units at step 5, layer relu: 6 of 8 units of relu (75%) give the same output for every row.
    """
    look = record.newest
    if look is None:
        return []
    found = []
    for layer in look.layers:
        share = layer.dead / layer.units if layer.units else 0.0
        where = replace(look.where, layer=layer.name)
        if share > SOME_DEAD_SHARE:
            level: Level = "fault" if share == 1 else "warning" if share > DEAD_SHARE else "note"
            found.append(
                Finding(
                    "dead units",
                    level,
                    f"{layer.dead} of {layer.units} units of {layer.name} ({share:.0%}) give the same output for every "
                    "row.",
                    where,
                    "A dead unit has no gradient and stays dead: a large step or a large bias has moved its "
                    "inputs to where the activation is flat, for all rows.",
                    (*article("learning rate", "activation", "regularisers"), SCALE_INPUTS),
                    {"share": share, "dead": float(layer.dead), "units": float(layer.units)},
                )
            )
        if layer.slopes is not None:
            flat = int((np.abs(layer.slopes) < FLAT_SLOPE).sum())
            share = flat / layer.slopes.size
            if share > SOME_DEAD_SHARE:
                found.append(
                    Finding(
                        "dead units",
                        "warning" if share > DEAD_SHARE else "note",
                        f"{flat} of {layer.slopes.size} PReLU slopes of {layer.name} ({share:.0%}) are within "
                        f"{FLAT_SLOPE:g} of 0.",
                        where,
                        "Such a unit acts as a ReLU: it does not pass negative inputs, and can die like one.",
                        (_FREE_SLOPES, *article("learning rate", "regularisers")),
                        {"share": share, "flat_slopes": float(flat), "units": float(layer.slopes.size)},
                    )
                )
    return sorted(found, key=lambda finding: (finding.level == "note", -finding.numbers["share"]))
