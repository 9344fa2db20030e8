"""The compact form as text: `out1 = in1 + in2 - 2 * max(0, in1 + in2 - 1)`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from prelu_rules.errors import InvalidValueError
from prelu_rules.export.paper import bracketed, quoted
from prelu_rules.export.program import output_bounds_of
from prelu_rules.export.terms import feature_terms, linear_sum, notes_of_missing, number
from prelu_rules.network.compact import CompactForm
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.rules.on_demand import RulesOnDemand
from prelu_rules.rules.rule_system import RuleSystem

SHORT = 2
"""A bend of up to this many terms is written in place even where it is used several times."""


def write(system: RuleSystem | RulesOnDemand) -> str:
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
    compact = CompactForm.of(system.form, system.precision)
    form = compact.form if system.precision is None else compact.rounded(system.precision).form
    notes = "".join(f"({note})\n" for note in notes_of_missing(system, quoted))
    bounds = output_bounds_of(system)
    kept = [] if bounds is None else list(map(_kept, map(quoted, system.output_names), bounds.pairs))
    return "".join([write_form(form, feature_terms(system, quoted, bracketed), system.output_names), *kept, notes])


def _kept(name: str, bounds: tuple[float | None, float | None]) -> str:
    """A line that keeps an output within bounds; none where it has none."""
    lower, upper = bounds
    value = name if lower is None else f"max({number(lower)}, {name})"
    value = value if upper is None else f"min({number(upper)}, {value})"
    return "" if value == name else f"{name} = {value}\n"


def write_form(form: NormalForm, terms: Sequence[str], output_names: Sequence[str]) -> str:
    """A form whose slopes are 0 as one line per output.

    Args:
        form: a form with `slopes` 0.
        terms: how each of the `n_inputs` features reads in a sum.
        output_names: `n_outputs` names.

    Returns:
        The lines.

    Example:
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-3], C=[[1]], D=[[2]], e=[0], slopes=[0])
        >>> print(write_form(form, ["x"], ["y"]), end="")
        y = x + 2 * max(0, x - 3)
    """
    prefix = "bend"
    while any(name.startswith(prefix) for name in (*terms, *output_names)):
        prefix += "_"
    lines: list[str] = []
    bends: list[str] = []
    for unit in range(form.n_units):
        weights = np.concatenate([form.A[unit], form.B[unit, :unit]])
        bend = f"max(0, {linear_sum(weights, [*terms, *bends], form.b[unit])})"
        uses = np.count_nonzero(form.B[:, unit]) + np.count_nonzero(form.D[:, unit])
        if uses > 1 and np.count_nonzero(weights) > SHORT:
            lines.append(f"{prefix}{unit + 1} = {bend}")
            bend = f"{prefix}{unit + 1}"
        bends.append(bend)
    for k, name in enumerate(output_names):
        weights = np.concatenate([form.C[k], form.D[k]])
        lines.append(f"{quoted(name)} = {linear_sum(weights, [*terms, *bends], form.e[k])}")
    return "\n".join(lines) + "\n"
