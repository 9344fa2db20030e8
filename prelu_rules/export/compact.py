"""The compact form as text: `out1 = in1 + in2 - 2 * max(0, in1 + in2 - 1)`."""

from __future__ import annotations

import numpy as np

from prelu_rules.errors import InvalidValueError
from prelu_rules.export.terms import linear_sum
from prelu_rules.export.text import quoted
from prelu_rules.normal_form import NormalForm
from prelu_rules.rules.compact import compact_form, rounded_compact_form
from prelu_rules.rules.rule_system import RuleSystem

SHORT = 2
"""A bend of up to this many terms is written in place even where it is used several times."""


def write(system: RuleSystem) -> str:
    r"""The network behind the rules as one line per output.

    A bend `max(0, ...)` that several lines use and that is long gets a line and a name of its own.

    Args:
        system: the rules.

    Returns:
        One line per output, after the lines of the named bends.

    Raises:
        InvalidValueError: if the rules came without a network.

    Example:
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[2, 2]], B=[[0]], b=[-2], C=[[1, 1]], D=[[-1]], e=[0], slopes=[0])
        >>> write(extract_rules(form))
        'out1 = in1 + in2 - 2 * max(0, in1 + in2 - 1)\n'
    """
    if system.form is None:
        raise InvalidValueError(
            "these rules came without a network, so they have no compact form; export them as 'text'."
        )
    form = (
        compact_form(system.form) if system.precision is None else rounded_compact_form(system.form, system.precision)
    )
    return write_form(form, system.feature_names, system.output_names)


def write_form(form: NormalForm, feature_names: tuple[str, ...], output_names: tuple[str, ...]) -> str:
    """A form whose slopes are 0 as one line per output.

    Args:
        form: a form with `slopes` 0.
        feature_names: `n_inputs` names.
        output_names: `n_outputs` names.

    Returns:
        The lines.

    Example:
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-3], C=[[1]], D=[[2]], e=[0], slopes=[0])
        >>> print(write_form(form, ("x",), ("y",)), end="")
        y = x + 2 * max(0, x - 3)
    """
    names = [quoted(name) for name in feature_names]
    prefix = "bend"
    while any(name.startswith(prefix) for name in (*feature_names, *output_names)):
        prefix += "_"
    lines: list[str] = []
    bends: list[str] = []
    for unit in range(form.n_units):
        weights = np.concatenate([form.A[unit], form.B[unit, :unit]])
        bend = f"max(0, {linear_sum(weights, [*names, *bends], form.b[unit])})"
        uses = np.count_nonzero(form.B[:, unit]) + np.count_nonzero(form.D[:, unit])
        if uses > 1 and np.count_nonzero(weights) > SHORT:
            lines.append(f"{prefix}{unit + 1} = {bend}")
            bend = f"{prefix}{unit + 1}"
        bends.append(bend)
    for k, name in enumerate(output_names):
        weights = np.concatenate([form.C[k], form.D[k]])
        lines.append(f"{quoted(name)} = {linear_sum(weights, [*names, *bends], form.e[k])}")
    return "\n".join(lines) + "\n"
