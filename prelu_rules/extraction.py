"""From a trained network, whatever its source, to rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, overload

import numpy.typing as npt

from prelu_rules.columns.column import Column, features_of
from prelu_rules.columns.encoding import encoded_cells
from prelu_rules.columns.tables import is_table, table_cells
from prelu_rules.domains.as_domain import DomainLike, as_domain, columns_of_table
from prelu_rules.errors import InvalidValueError, UnsupportedModelError
from prelu_rules.network.collapse import ReplacementKind, collapse_form
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.network.reading import NetworkLike, read_network, read_with_link
from prelu_rules.renamed import renamed_arguments
from prelu_rules.rules.extraction import MAX_UNITS, extract_rules
from prelu_rules.rules.names import ClassLabel
from prelu_rules.rules.on_demand import RulesOnDemand, rules_on_demand
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.tolerances import LINEAR_SLOPE, PRINTED_OUTPUT


def collapse(
    network: NetworkLike,
    threshold: float = LINEAR_SLOPE,
    *,
    replacement: ReplacementKind = "identity",
    max_error: npt.ArrayLike | None = None,
    domain: DomainLike | None = None,
    columns: Sequence[Column] | None = None,
) -> NormalForm:
    """Eliminate the linear units of a network (paper, sections on extraction and on future work).

    Args:
        network: a Keras model, the path of a `.keras` file, or a `NormalForm`.
        threshold: units with slopes above this count as linear.
        replacement: what replaces them: "identity", the paper's "midslope" `(a + 1) / 2 z`, or "best", the affine
            function with the smallest maximum error on the unit's range over the domain.
        max_error: the largest error of each output over the domain, used instead of the threshold: `(n_outputs,)`, or
            one number for all. As many units are replaced as it allows; `linear_replacement` also says which, and at
            what cost.
        domain: a `Box`, a `Polytope`, or rows or a table (then the smallest domain that contains them); needed for
            "best" and `max_error`.
        columns: the columns of the table whose features are the inputs; None to infer them from the domain.

    Returns:
        A form that has the nonlinear units only.

    Raises:
        UnsupportedModelError: if the network has a part without an exact piecewise linear form.
        DataError: if a file cannot be read.
        FormatError: if a file is not a Keras model.
        InvalidValueError: if the threshold is not in [0, 1), `replacement` is not one of these, or a domain is missing.
        LimitError: if the network has too many linear regions to compute errors.

    Example:
        >>> form = NormalForm.from_layers([[[1.0, 2.0]], [[1.0], [1.0]]], [[0, 0], [0]], [[1.0, 0.25]])
        >>> collapse(form).labels
        (UnitLabel(level=1, number=2),)
    """
    form = read_network(network)
    where = as_domain(domain, form.n_inputs if columns is None else columns)
    if max_error is None:
        ranges = None
        if replacement == "best" and where is not None:
            # Imported here, because most collapses need no compiled code.
            from prelu_rules.geometry.ranges import unit_ranges

            found = unit_ranges(form, where)
            ranges = found.lower, found.upper
        return collapse_form(form, threshold, replacement, ranges)
    if where is None:
        raise InvalidValueError("max_error needs a domain; give one.")
    from prelu_rules.rules.replacement import linear_replacement

    return linear_replacement(form, where, max_error, replacement).form


@overload
def extract(
    network: NetworkLike,
    domain: DomainLike | None = ...,
    *,
    threshold: float = ...,
    replacement: ReplacementKind = ...,
    max_error: npt.ArrayLike | None = ...,
    columns: Sequence[Column] | None = ...,
    feature_names: Sequence[str] | None = ...,
    output_names: Sequence[str] | None = ...,
    classes: Sequence[ClassLabel] | None = ...,
    max_nonlinear: int = ...,
    tolerance: float = ...,
    on_demand: Literal[False] = ...,
) -> RuleSystem: ...


@overload
def extract(
    network: NetworkLike,
    domain: DomainLike | None = ...,
    *,
    threshold: float = ...,
    replacement: ReplacementKind = ...,
    max_error: npt.ArrayLike | None = ...,
    columns: Sequence[Column] | None = ...,
    feature_names: Sequence[str] | None = ...,
    output_names: Sequence[str] | None = ...,
    classes: Sequence[ClassLabel] | None = ...,
    max_nonlinear: int = ...,
    tolerance: float = ...,
    on_demand: Literal[True],
) -> RulesOnDemand: ...


@renamed_arguments(max_units="max_nonlinear")
def extract(
    network: NetworkLike,
    domain: DomainLike | None = None,
    *,
    threshold: float = LINEAR_SLOPE,
    replacement: ReplacementKind = "identity",
    max_error: npt.ArrayLike | None = None,
    columns: Sequence[Column] | None = None,
    feature_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    classes: Sequence[ClassLabel] | None = None,
    max_nonlinear: int = MAX_UNITS,
    tolerance: float = PRINTED_OUTPUT,
    on_demand: bool = False,
) -> RuleSystem | RulesOnDemand:
    """Collapse a network and read its rules.

    Args:
        network: a Keras model, the path of a `.keras` file, or a `NormalForm`.
        domain: where the rules have to hold: a `Box`, a `Polytope`, or rows or a table (then the smallest domain that
            contains them). Rows are also counted, and determine the printed digits; a table also says what the columns
            are. None for all inputs.
        threshold: units with slopes above this count as linear.
        replacement: what replaces linear units; see `collapse`.
        max_error: the largest error of each output on the domain; see `collapse`.
        columns: the columns of the table whose features are the inputs.
        feature_names: `n_inputs` names of numeric features, instead of columns; `in1`, `in2`, ... by default.
        output_names: `n_outputs` names; `out1`, `out2`, ... by default.
        classes: class labels, if the outputs are logits. By default 0, 1, ... for a network that ends in a softmax, and
            0 and 1 for a network that ends in the sigmoid of one output. The rules then predict the logits, and
            `rules.probabilities` the probabilities that the network outputs.
        max_nonlinear: the largest number of nonlinear units that rules are written for.
        tolerance: how far the printed text may be from the rules on any row, as a share of each output's range.
        on_demand: whether rules are found only when they are asked for, which works with any number of units:
            `rule_for(row)` returns the rule of a row, `rules_of(x)` the rules of several, and the compact form prints
            the whole network.

    Returns:
        The rules, equal to the collapsed network on the domain.

    Raises:
        UnsupportedModelError: if the network has a part without an exact piecewise linear form, or ends in a sigmoid of
            several outputs.
        TooManyUnitsError: if more than `max_nonlinear` nonlinear units are left, and rules are not on demand.
        ShapeError: if the names, the columns or the domain do not fit the network.
        InvalidValueError: if a row is not finite, there are no rows, or a domain is missing.

    Example:
        >>> from prelu_rules.domains.box import Box
        >>> form = NormalForm.from_layers([[[1.0, 2.0]], [[1.0], [1.0]]], [[0, 0], [0]], [[1.0, 0.0]])
        >>> print(extract(form, Box([-1], [1]), feature_names=["x"]).export("compact"), end="")
        out1 = x + 2 * max(0, x)
        >>> rules = extract(form, Box([-1], [1]), feature_names=["x"], on_demand=True)
        >>> len(rules.rule_for({"x": 0.5}).conditions)
        1
    """
    found = read_with_link(network)
    form = found.form
    if found.link == "sigmoid" and found.classes is None:
        raise UnsupportedModelError(
            f"the network ends in a sigmoid of {form.n_outputs} outputs, each of which answers a question of its own, "
            "so they are not classes; extract from prelu_rules.with_logits(model), whose outputs are their logits."
        )
    classes = found.classes if classes is None else classes
    if columns is None and is_table(domain):
        columns = columns_of_table(domain, form.n_inputs)
        if feature_names is not None:
            if any(feature.is_indicator for feature in features_of(columns)):
                raise InvalidValueError(
                    "feature_names cannot name the levels of categories; rename the columns instead."
                )
            domain, columns = encoded_cells(columns, table_cells(domain)), None
    small = collapse(form, threshold, replacement=replacement, max_error=max_error, domain=domain, columns=columns)
    if on_demand:
        return rules_on_demand(
            small,
            domain,
            columns=columns,
            feature_names=feature_names,
            output_names=output_names,
            classes=classes,
            tolerance=tolerance,
        )
    return extract_rules(
        small,
        domain,
        columns=columns,
        feature_names=feature_names,
        output_names=output_names,
        classes=classes,
        max_nonlinear=max_nonlinear,
        tolerance=tolerance,
    )
