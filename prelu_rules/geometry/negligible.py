"""How far a unit may be taken beyond its bend before any output shows it: float64 has 16 digits, and no more."""

from __future__ import annotations

import numpy as np

from prelu_rules.domains.domain import Domain
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.tolerances import CANCELLED
from prelu_rules.values import FloatArray


def negligible(form: NormalForm, domain: Domain | None) -> FloatArray:
    """The largest `|z|` of each unit at which its sign does not matter to any output.

    If a unit's sign is taken wrongly where `|z|` is at most this, no output changes by more than `CANCELLED` of the
    size of its terms (the largest sum of their absolute values at both ends and in the middle of the domain; for all
    inputs, where all are -1, 0 or 1). That is as much as rounding errors of the network itself.

    Args:
        form: the network.
        domain: the domain; None for all inputs.

    Returns:
        `(n_units,)`: 0 for exact networks, where every sign matters, and infinite for units that no output uses.

    Example:
        >>> form = NormalForm(A=[[1], [1]], B=np.zeros((2, 2)), b=[0, 0], C=[[0]], D=[[1, 1e-3]], e=[0], slopes=[0, 0])
        >>> bool(negligible(form, None)[1] > 100 * negligible(form, None)[0] > 0)
        True
    """
    if form.A.dtype == object:
        return np.zeros(form.n_units)
    effect = np.abs(1 - form.slopes) * sensitivity(form)
    sizes = _sizes(form, domain)[:, None]
    with np.errstate(divide="ignore", over="ignore"):
        return np.asarray(np.where(effect > 0, CANCELLED * sizes / np.where(effect > 0, effect, 1), np.inf)).min(
            axis=0, initial=np.inf
        )


def sensitivity(form: NormalForm) -> FloatArray:
    """The most that each output changes if a unit's activation changes by 1, also through later units.

    Args:
        form: the network, in float64.

    Returns:
        `(n_outputs, n_units)`.

    Example:
        >>> sensitivity(NormalForm.from_layers([[[1.0]], [[2.0]], [[3.0]]], [[0], [0], [0]], [[0.5], [0.5]]))
        array([[6., 3.]])
    """
    weights, reach = np.abs(form.D), np.maximum(1, np.abs(form.slopes))
    for block in reversed(form.blocks):
        weights[:, : block.start] += (weights[:, block] * reach[block]) @ np.abs(form.B[block, : block.start])
    return weights


def _sizes(form: NormalForm, domain: Domain | None) -> FloatArray:
    """The largest sum of the absolute terms of each output at both ends and in the middle of the domain."""
    ends = (-np.ones(form.n_inputs), np.ones(form.n_inputs)) if domain is None else (domain.lower, domain.upper)
    x = np.stack([ends[0], (ends[0] + ends[1]) / 2, ends[1]])
    activations = np.abs(form.pre_activations(x)) * np.maximum(1, np.abs(form.slopes))
    terms = np.abs(x) @ np.abs(form.C).T + np.abs(form.e) + activations @ np.abs(form.D).T
    return np.asarray(terms.max(axis=0))
