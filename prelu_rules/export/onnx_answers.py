"""What an ONNX graph computes from rows: the first rule that holds, or the network's formula."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from prelu_rules.export.onnx_graph import Graph
from prelu_rules.export.onnx_rows import Rows
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.rules.output_bounds import OutputBounds
from prelu_rules.rules.rule import Rule
from prelu_rules.values import Array, FloatArray

NO_RULE = 0
"""Stands for the number of a rule where no rule answers; rules are counted from 1."""


def add_rule(rules: Sequence[Rule], rows: Rows, graph: Graph) -> tuple[str, str]:
    """Look up the first rule that holds.

    Args:
        rules: the rules.
        rows: what they are about.
        graph: gets nodes.

    Returns:
        The names of `(n_rows, 1)` places of rules, `len(rules)` where none answers, and of `(n_rows, n_outputs)`
        outputs, NaN there.
    """
    found = graph.add("ArgMax", _fitting(rules, rows, graph), name="first", axis=1, keepdims=1)
    none = graph.constant("no rule", np.array(len(rules)))
    found = graph.add("Where", rows.known, found, none, name="place of rule")
    # One rule more, whose outputs are not known.
    maps = [rule.outputs for rule in rules]
    coef = np.vstack([one.coef for one in [*maps, maps[0]]])
    intercept = np.concatenate([*(one.intercept for one in maps), np.full(len(maps[0].intercept), np.nan)])
    every = _linear(rows.x, rows.weights(coef), intercept, graph, "outputs of all rules")
    # The 0 keeps the number of rows.
    shape = graph.constant("by rule", np.array([0, len(rules) + 1, len(maps[0].intercept)]))
    every = graph.add("Reshape", every, shape, name="outputs by rule")
    # GatherND says the same in one node, but fails without rows in the reference implementation.
    place = graph.add("Unsqueeze", found, graph.constant("at the end", np.array([2])), name="place")
    numbers = graph.constant("places of rules", np.arange(len(rules) + 1)[:, None])
    chosen = graph.add("Equal", place, numbers, name="is chosen")
    only = graph.add("Where", chosen, every, graph.constant("nothing", np.array(0.0)), name="outputs of rule")
    return found, graph.add("ReduceSum", only, graph.constant("along rules", np.array([1])), name="outputs", keepdims=0)


def add_bounds(bounds: OutputBounds, outputs: str, graph: Graph) -> str:
    """Keep outputs within bounds.

    Args:
        bounds: of all outputs.
        outputs: the name of `(n_rows, n_outputs)` outputs.
        graph: gets nodes.

    Returns:
        The name of outputs of the same shape, NaN where they are NaN.
    """
    # Comparisons with NaN are false, which not all runtimes' Min and Max heed.
    for operator, ends, name in zip(("Less", "Greater"), bounds.arrays, ("lower bound", "upper bound"), strict=True):
        if np.isfinite(ends).any():
            end = graph.constant(name, ends)
            beyond = graph.add(operator, outputs, end, name=f"is beyond {name}")
            outputs = graph.add("Where", beyond, end, outputs, name="outputs within bounds")
    return outputs


def add_formula(form: NormalForm, rows: Rows, graph: Graph) -> str:
    """Compute a network, all bends of one depth at once.

    Args:
        form: with slopes 0.
        rows: what it is about.
        graph: gets nodes.

    Returns:
        The name of `(n_rows, n_outputs)` outputs, NaN where there is no answer.
    """
    depths = _depths(form)
    values, done = rows.x, np.array([], dtype=np.intp)
    for depth in range(1, max(depths, default=0) + 1):
        units = np.flatnonzero(depths == depth)
        weights = np.vstack([rows.weights(form.A[units]), form.B[np.ix_(units, done)].T])
        bends = graph.add("Relu", _linear(values, weights, form.b[units], graph, "before bends"), name="bends")
        values, done = graph.joined([values, bends], "values"), np.concatenate([done, units])
    weights = np.vstack([rows.weights(form.C), form.D[:, done].T])
    outputs = _linear(values, weights, form.e, graph, "outputs of all rows")
    return graph.add("Where", rows.known, outputs, graph.constant("no output", np.array(np.nan)), name="outputs")


def named(values: Array, places: str, name: str, graph: Graph) -> str:
    """The value of each place.

    Args:
        values: a value for each place.
        places: the name of `(n_rows, 1)` places.
        name: what the result should be called.
        graph: gets nodes.

    Returns:
        The name of `(n_rows,)` values.
    """
    found = graph.add("Gather", graph.constant(f"{name} by place", values), places, name=f"{name} in a column")
    return graph.add("Squeeze", found, graph.constant(f"columns of {name}", np.array([1])), name=name)


def _fitting(rules: Sequence[Rule], rows: Rows, graph: Graph) -> str:
    """`(n_rows, n_rules + 1)`, 1 where a rule holds; the last always does."""
    sums: dict[bytes, tuple[int, FloatArray, float]] = {}
    signs: list[tuple[int, int, int]] = []
    for k, rule in enumerate(rules):
        for c in rule.conditions:
            key = c.coef.tobytes() + np.float64(c.intercept).tobytes()
            place, _, _ = sums.setdefault(key, (len(sums), c.coef, c.intercept))
            signs.append((place, k, 1 if c.nonnegative else -1))
    # Without boundaries there is one that all rows are above.
    coef = np.array([coef for _, coef, _ in sums.values()] or [np.zeros(len(rows.places))])
    intercept = np.array([intercept for _, _, intercept in sums.values()] or [0.0])
    counted = np.zeros((len(coef), len(rules) + 1))
    for place, k, sign in signs:
        counted[place, k] += sign
    n_conditions = np.array([[float(len(rule.conditions)) for rule in rules] + [0.0]])
    total = _linear(rows.x, rows.weights(coef), intercept, graph, "boundaries")
    zero = graph.constant("boundary", np.array(0.0))
    above = graph.cast(graph.add("GreaterOrEqual", total, zero, name="at least"), np.float64, "at least as number")
    under = graph.cast(graph.add("Less", total, zero, name="below"), np.float64, "below as number")
    # 1 above and -1 below a boundary; 0 where the sum is too large to tell.
    side = graph.add("Sub", above, under, name="side")
    met = graph.add("MatMul", side, graph.constant("sides of rules", counted), name="conditions met")
    fits = graph.add("Equal", met, graph.constant("conditions", n_conditions), name="fits")
    return graph.cast(fits, np.float64, "fits as number")


def _linear(x: str, weights: FloatArray, constants: FloatArray, graph: Graph, name: str) -> str:
    """Weighted sums, all at once."""
    weighted, constant = (
        graph.constant(f"weights of {name}", weights),
        graph.constant(f"constants of {name}", constants),
    )
    return graph.add("Gemm", x, weighted, constant, name=name)


def _depths(form: NormalForm) -> Array:
    """How many bends stand one in the other, of each unit."""
    depths = np.zeros(form.n_units, dtype=np.intp)
    for unit in range(form.n_units):
        depths[unit] = 1 + max(depths[:unit][form.B[unit, :unit] != 0], default=0)
    return depths
