"""From a collapsed network to rules: one per reachable sign pattern (paper, section on extraction)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from prelu_rules.columns.column import Column
from prelu_rules.columns.feature_rows import feature_rows
from prelu_rules.columns.tables import TableLike
from prelu_rules.domains.as_domain import DomainLike, as_domain
from prelu_rules.domains.domain import Domain
from prelu_rules.domains.sampling import sampled
from prelu_rules.errors import TooManyUnitsError
from prelu_rules.geometry.patterns import ReachablePattern, reachable_patterns
from prelu_rules.geometry.proofs.exact import ExactCell
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.rules.alignment import aligned
from prelu_rules.rules.merging import merged
from prelu_rules.rules.names import ClassLabel, default_names
from prelu_rules.rules.order import ordered
from prelu_rules.rules.printed import with_honest_precision
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem, named_columns
from prelu_rules.rules.simplification import everywhere, is_solid, needed
from prelu_rules.tolerances import PRINTED_OUTPUT
from prelu_rules.values import Array, FloatArray

MAX_UNITS = 5
"""With up to this many nonlinear units, one rule per sign pattern is still readable (paper: at most 2^5 rules)."""

SAMPLED_ROWS = 1000
"""How many rows are drawn from a box to choose the printed digits if there are no data."""


def extract_rules(
    form: NormalForm,
    domain: DomainLike | None = None,
    *,
    columns: Sequence[Column | str] | None = None,
    feature_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    classes: Sequence[ClassLabel] | None = None,
    max_nonlinear: int = MAX_UNITS,
    tolerance: float = PRINTED_OUTPUT,
    x: TableLike | None = None,
) -> RuleSystem:
    """Rules that are the network on a domain: one for each sign pattern, merged where the outputs are the same.

    On the domain the rules equal the network, no condition follows from the others, and no two rules could be merged.
    Every input of the domain falls under a rule. Off the domain several may hold, and the first one counts; if none
    does, which is rare, it is the first one on the way to the domain (see `off_domain`). All of this is decided in
    exact arithmetic: for a network in exact rationals (`form.exact()`) the rules are the network, without any
    tolerance. In float64 they are as close as rounding errors of the network itself: bends that only those set apart
    count as one (see `negligible`), and all inputs are those up to a billion times as far as the bends, since further
    away bends meet that only rounding errors keep from being parallel.

    Args:
        form: a collapsed network; each of its units counts as nonlinear.
        domain: a `Box` or `Polytope`, or rows or a table (then the smallest domain that contains them); rows are
            counted, and determine the printed digits and the order of the rules. None for all inputs.
        columns: the columns of the table, whose features are the inputs.
        feature_names: `n_inputs` names of numeric features, instead of columns; `in1`, `in2`, ... by default.
        output_names: `n_outputs` names; `out1`, `out2`, ... by default.
        classes: class labels, if the outputs are logits.
        max_nonlinear: the largest number of nonlinear units to write rules for.
        tolerance: how far the printed text may be from the rules on any row, as a share of each output's range.
        x: rows to count and to choose the printed digits by, if the domain is not given by rows.

    Returns:
        The rules. If all thresholds are those of one sum, they ascend along it; otherwise the rules that cover most
        rows come first, or without rows they are in the order of the patterns, negative side first, and the last unit
        varies fastest. Rules that cover no row come last. See `rules.order`.

    Raises:
        TooManyUnitsError: if there are more than `max_nonlinear` units.
        ShapeError: if names or domain do not fit the network.
        InvalidValueError: if a row is not finite, or there are no rows.
        RoundingError: if no number of digits meets the tolerance.

    Example:
        >>> form = NormalForm.from_layers([[[1.0]], [[2.0]]], [[-1.0], [0.0]], [[0.5]])
        >>> rules = extract_rules(form, [[0.0], [2.0], [3.0]], feature_names=["age"], output_names=["cost"])
        >>> print(rules.export("paper"))
        IF age < 1.00  (PReLU #1 on level 1 is neg. ln(1-weight)=-0.69)
        THEN  (1 of 3 rows)
          cost = +1.00*age -1.0
        <BLANKLINE>
        IF age >= 1.00  (PReLU #1 on level 1 is pos. ln(1-weight)=-0.69)
        THEN  (2 of 3 rows)
          cost = +2.00*age -2.0
        <BLANKLINE>
    """
    if form.n_units > max_nonlinear:
        raise TooManyUnitsError(
            f"{form.n_units} nonlinear units are left, which makes up to 2^{form.n_units} = {2**form.n_units} rules "
            f"of up to {form.n_units} conditions each; train on until at most {max_nonlinear} are left, raise "
            "max_nonlinear, or read the compact form, which has one term per unit, from rules on demand: "
            "pr.extract(network, domain, on_demand=True)."
        )
    columns, domain, rows = columns_and_rows(form, domain, columns, feature_names, x)
    system = _system(form, domain, columns, default_names(output_names, "out", form.n_outputs), classes)
    if rows is not None:
        return with_honest_precision(counted(system, rows), rows, tolerance)
    if domain is not None:
        return with_honest_precision(system, rows_of_every_rule(system, domain), tolerance)
    return system


def counted_rules(
    form: NormalForm,
    domain: Domain | None,
    columns: Sequence[Column],
    output_names: Sequence[str],
    classes: Sequence[ClassLabel] | None,
    x: npt.ArrayLike,
) -> RuleSystem:
    """The rules of `extract_rules` however many they are, before it is known to how many digits they are printed.

    Args:
        form: a collapsed network.
        domain: where the rules have to hold; None for all inputs.
        columns: the columns of the table.
        output_names: `n_outputs` names.
        classes: class labels, if the outputs are logits.
        x: `(n_rows, n_inputs)`, the rows to count.

    Returns:
        The rules, whose `precision` is None; `with_honest_precision` finds it.

    Example:
        >>> from prelu_rules.domains.box import Box
        >>> form = NormalForm.from_layers([[[1.0]], [[2.0]]], [[-1.0], [0.0]], [[0.5]])
        >>> rules = counted_rules(form, Box([0], [3]), [Column("age")], ["cost"], None, [[0.0], [2.0], [3.0]])
        >>> [rule.count for rule in rules.rules], rules.precision
        ([1, 2], None)
    """
    return counted(_system(form, domain, columns, output_names, classes), x)


def _system(
    form: NormalForm,
    domain: Domain | None,
    columns: Sequence[Column],
    output_names: Sequence[str],
    classes: Sequence[ClassLabel] | None,
) -> RuleSystem:
    """The fewest rules that are the network on a domain, in reading order."""
    return ordered(
        RuleSystem(
            rules=_few_rules([_leaf(form, pattern) for pattern in reachable_patterns(form, domain)], domain),
            columns=tuple(columns),
            output_names=tuple(output_names),
            classes=None if classes is None else tuple(classes),
            form=form,
            domain=domain,
        )
    )


def rows_of_every_rule(system: RuleSystem, domain: Domain) -> FloatArray:
    """Inputs to choose printed digits by: random ones, and one inside each rule that these miss, however small it is.

    Args:
        system: the rules.
        domain: where to draw from.

    Returns:
        `(n_rows, n_inputs)`.

    Example:
        >>> form = NormalForm(A=[[1], [1]], B=np.zeros((2, 2)), b=[0, -1], C=[[0]], D=[[1, -1]], e=[0], slopes=[0, 0])
        >>> from prelu_rules.domains.box import Box
        >>> wide = Box([-1e9], [1e9])
        >>> rows_of_every_rule(extract_rules(form, wide), wide)[SAMPLED_ROWS:]
        array([[0.5]])
    """
    rows = sampled(domain, SAMPLED_ROWS)
    met = np.zeros(len(system), dtype=bool)
    met[system.assign(rows)] = True
    whole = ExactCell.of_domain(domain, system.n_inputs)
    inside = []
    for number in np.flatnonzero(~met):
        cell = whole
        for condition in system.rules[number].conditions:
            cell = None if cell is None else cell.cut(condition.exact().row())
        if cell is not None:
            inside.append(cell.inner_point.astype(np.float64))
    return np.vstack([rows, *inside])


def _few_rules(leaves: Sequence[Rule], domain: Domain | None) -> tuple[Rule, ...]:
    """The fewest rules, with the fewest conditions, that say what the leaves of a tree say."""
    leaves = aligned(leaves, domain)
    if domain is not None:
        return merged([_shortened(leaf, domain) for leaf in leaves], domain)
    far = everywhere([condition for leaf in leaves for condition in leaf.conditions])
    return merged([_shortened(leaf, far if is_solid(leaf.conditions, far) else None) for leaf in leaves], None)


def counted(system: RuleSystem, x: npt.ArrayLike) -> RuleSystem:
    """Count the rows that each rule covers, and put the rules into reading order.

    Args:
        system: rules of which no two overlap.
        x: `(n_rows, n_inputs)`, the training rows.

    Returns:
        A system whose rules have counts; their order is that of `rules.order`.

    Raises:
        OutsideDomainError: if no rule covers a row.

    Example:
        >>> form = NormalForm.from_layers([[[1.0]], [[1.0]]], [[0.0], [0.0]], [[0.5]])
        >>> [rule.count for rule in counted(extract_rules(form), [[1.0], [2.0], [-1.0]]).rules]
        [1, 2]
    """
    # On boundaries two rules may hold, of which the first counts: the order comes before the counts that are kept.
    return _with_counts(ordered(_with_counts(system, x)), x)


def _with_counts(system: RuleSystem, x: npt.ArrayLike) -> RuleSystem:
    """The rules in their order, with the number of rows that each covers."""
    counts = np.bincount(system.assign(x), minlength=len(system))
    rules = [replace(r.without_evidence(), count=n) for r, n in zip(system.rules, counts.tolist(), strict=True)]
    return replace(system, rules=tuple(rules))


def columns_and_rows(
    form: NormalForm,
    domain: DomainLike | None,
    columns: Sequence[Column | str] | None,
    feature_names: Sequence[str] | None,
    x: TableLike | None,
) -> tuple[tuple[Column, ...], Domain | None, Array | None]:
    """Determine the columns, the domain on which rules have to hold, and the rows to count.

    Args:
        form: the network.
        domain: as in `extract_rules`.
        columns: as in `extract_rules`.
        feature_names: as in `extract_rules`.
        x: as in `extract_rules`.

    Returns:
        The columns; the domain, None for all inputs; and the encoded rows, None if there are none.

    Example:
        >>> form = NormalForm.from_layers([[[1.0]]], [[0.0]], [])
        >>> columns_and_rows(form, [[0.0], [2.0]], None, ["age"], None)[1]
        Box(lower=array([0.]), upper=array([2.]))
    """
    named = named_columns(default_names(feature_names, "in", form.n_inputs) if columns is None else columns)
    rows = None if x is None else feature_rows(named, x)
    if domain is None or isinstance(domain, Domain):
        return named, domain, rows
    rows = feature_rows(named, domain)
    return named, as_domain(rows, named), rows


def rule_on(form: NormalForm, pattern: ReachablePattern, domain: Domain | None) -> Rule:
    """Make the rule of a sign pattern.

    Args:
        form: the network.
        pattern: one of its patterns.
        domain: where the conditions have to hold; None for all inputs.

    Returns:
        The rule, without conditions that others and the domain imply.

    Example:
        >>> form = NormalForm.from_layers([[[1.0]], [[2.0]]], [[-1.0], [0.0]], [[0.5]])
        >>> [rule_on(form, pattern, None).outputs.coef.item() for pattern in reachable_patterns(form)]
        [1.0, 2.0]
    """
    leaf = _leaf(form, pattern)
    far = everywhere(leaf.conditions) if domain is None else domain
    return _shortened(leaf, far if is_solid(leaf.conditions, far) else domain)


def _leaf(form: NormalForm, pattern: ReachablePattern) -> Rule:
    """The rule of a pattern with a condition for each unit that decides."""
    conditions = tuple(
        Condition(row[:-1], row[-1], bool(pattern.signs[unit]), form.labels[unit])
        for unit, row in enumerate(pattern.pre_activations)
        if pattern.decides[unit]
    )
    return Rule(conditions, form.affine_on(pattern.signs)[1])


def _shortened(leaf: Rule, domain: Domain | None) -> Rule:
    return replace(leaf, conditions=needed(leaf.conditions, domain))
