"""From a trained network of any source to rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from prelu_rules.normal_form import NormalForm
from prelu_rules.readers import normal_form_of
from prelu_rules.rules.collapse import collapse_form
from prelu_rules.rules.extraction import MAX_UNITS, extract_rules
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.tolerances import LINEAR_SLOPE, PRINTED_OUTPUT

if TYPE_CHECKING:
    import os

    import keras


def collapse(network: NormalForm | keras.Model | str | os.PathLike[str], threshold: float = LINEAR_SLOPE) -> NormalForm:
    """Eliminate the linear units of a network (paper, section on extraction).

    Args:
        network: a Keras model, the path of a `.keras` file, or a `NormalForm`.
        threshold: slopes above it are replaced by the identity.

    Returns:
        The form of the nonlinear units alone.

    Raises:
        UnsupportedModelError: if the network has a part without an exact piecewise linear form.
        DataError: if a file cannot be read.
        FormatError: if a file is not a Keras model.
        InvalidValueError: if the threshold is not in [0, 1).

    Example:
        >>> form = NormalForm.from_layers([[[1.0, 2.0]], [[1.0], [1.0]]], [[0, 0], [0]], [[1.0, 0.25]])
        >>> collapse(form).labels
        (UnitLabel(level=1, number=2),)
    """
    return collapse_form(normal_form_of(network), threshold)


def extract(
    network: NormalForm | keras.Model | str | os.PathLike[str],
    domain: Any = None,
    *,
    threshold: float = LINEAR_SLOPE,
    feature_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    classes: Sequence[str | int | float | bool] | None = None,
    max_units: int = MAX_UNITS,
    tolerance: float = PRINTED_OUTPUT,
) -> RuleSystem:
    """Collapse a network and read its rules.

    Args:
        network: a Keras model, the path of a `.keras` file, or a `NormalForm`.
        domain: where the rules are to hold: a `Box`, or rows `(n_rows, n_inputs)`, whose box is meant and which
            are counted and set the printed digits; a DataFrame also names the features. None for all inputs.
        threshold: slopes above it are replaced by the identity.
        feature_names: `n_inputs` names; those of a DataFrame, or `in1`, `in2`, ... by default.
        output_names: `n_outputs` names; `out1`, `out2`, ... by default.
        classes: class labels, if the outputs are logits.
        max_units: the most nonlinear units that rules are written for.
        tolerance: how far printed text may be from the rules on any row, as a share of each output's range.

    Returns:
        The rules, equal to the collapsed network on the domain.

    Raises:
        UnsupportedModelError: if the network has a part without an exact piecewise linear form.
        TooManyUnitsError: if more than `max_units` nonlinear units are left.
        ShapeError: if names or domain do not fit the network.
        InvalidValueError: if a row is not finite, or there is none.

    Example:
        >>> form = NormalForm.from_layers([[[1.0, 2.0]], [[1.0], [1.0]]], [[0, 0], [0]], [[1.0, 0.0]])
        >>> from prelu_rules.geometry.box import Box
        >>> print(extract(form, Box([-1], [1]), feature_names=["x"]).export("compact"), end="")
        out1 = x + 2 * max(0, x)
    """
    columns = getattr(domain, "columns", None)
    if columns is not None:
        feature_names = [str(name) for name in columns] if feature_names is None else feature_names
        domain = np.asarray(domain)
    return extract_rules(
        collapse(network, threshold),
        domain,
        feature_names=feature_names,
        output_names=output_names,
        classes=classes,
        max_units=max_units,
        tolerance=tolerance,
    )
