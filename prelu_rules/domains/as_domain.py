"""Converts everything that a user may give as a domain; used by all functions that take one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from prelu_rules.columns.column import Column, features_of
from prelu_rules.columns.contrasts import REFERENCE, Contrasts
from prelu_rules.columns.encoding import inferred_columns
from prelu_rules.columns.feature_rows import feature_rows
from prelu_rules.columns.fill import Fill
from prelu_rules.columns.tables import TableLike, is_table, table_cells
from prelu_rules.domains.box import Box
from prelu_rules.domains.domain import Domain
from prelu_rules.domains.polytope import Polytope
from prelu_rules.errors import ShapeError
from prelu_rules.values import FloatArray, input_rows

DomainLike: TypeAlias = Domain | npt.ArrayLike | TableLike
"""A `Box`, a `Polytope`, or rows `(n_rows, n_inputs)` or a table (then the smallest domain that contains them)."""


def as_domain(domain: DomainLike | None, columns: Sequence[Column] | int) -> Domain | None:
    """Convert to a domain.

    Args:
        domain: a `Box` or a `Polytope`; rows or a table, for their `domain_of_rows`; None for all inputs.
        columns: the columns of the table; or the number of inputs, if they are plain numbers.

    Returns:
        The domain; None for all inputs.

    Raises:
        ShapeError: if rows or a table have the wrong number of features.
        InvalidValueError: if there are no rows, or a cell cannot be used.
        DataError: if a table lacks a column.

    Example:
        >>> as_domain([[0.0, 5.0], [1.0, 3.0]], 2)
        Box(lower=array([0., 3.]), upper=array([1., 5.]))
    """
    if domain is None or isinstance(domain, Domain):
        return domain
    if isinstance(columns, int):
        if not is_table(domain):
            return Box.from_data(input_rows(domain, columns)[0])
        columns = columns_of_table(domain, columns)
    return domain_of_rows(columns, feature_rows(columns, domain))


def columns_of_table(table: TableLike, n_features: int) -> tuple[Column, ...]:
    """The columns of a table whose features are the inputs of a network.

    Args:
        table: the table.
        n_features: the number of inputs.

    Returns:
        The columns, inferred from their cells.

    Raises:
        ShapeError: if the number of their features is not `n_features`.
        InvalidValueError: if a column cannot be used.

    Example:
        >>> [column.kind for column in columns_of_table({"age": [41, 17], "smoker": [True, False]}, 2)]
        ['integer', 'yes/no']
    """
    columns = inferred_columns(table_cells(table))
    found = len(features_of(columns))
    if found != n_features:
        raise ShapeError(
            f"the table has {len(columns)} columns, which make {found} features, but the network has {n_features} "
            "inputs; give the table that it was trained on, without the target."
        )
    return columns


def domain_of_rows(columns: Sequence[Column], x: FloatArray, fill: Fill | None = None) -> Domain:
    """The smallest domain that contains encoded rows and excludes what no row can be.

    Args:
        columns: the columns of the table.
        x: `(n_rows, n_features)`, encoded rows.
        fill: the numbers that replace missing ones in `x`; None if these are 0.

    Returns:
        The box of the rows. If there are categories or missing values, it is cut down to a polytope, since a row has
        exactly one level of a category, and all missing values have the same value.

    Raises:
        InvalidValueError: if there are no rows.

    Example:
        >>> x = np.array([[20.0, 0.0], [40.0, 0.0], [0.0, 1.0]])
        >>> domain_of_rows([Column("age", missing=True)], x).contains([[0, 1], [40, 0], [40, 1], [10, 0]])
        array([ True,  True, False, False])
    """
    box = Box.from_data(x)
    stand_ins = {} if fill is None else dict(zip(fill.numbers.tolist(), fill.values.tolist(), strict=True))
    groups: list[list[int]] = []
    rows: list[FloatArray] = []
    limits: list[float] = []
    features = features_of(columns)
    for k, feature in enumerate(features):
        if feature.says == "level" and (not k or features[k - 1].column != feature.column):
            groups.append([j for j, other in enumerate(features) if other.column == feature.column])
        elif feature.says == "missing" and features[k - 1].says != "level":
            value = stand_ins.get(k - 1, 0.0)
            there = x[x[:, k] == 0, k - 1]
            lower, upper = (there.min(), there.max()) if len(there) else (value, value)
            # The larger the indicator of missing is, the closer the number is to the value of missing ones: it has its
            # whole range where the indicator is 0, and is one point where it is 1.
            for sign, bound in ((1.0, upper), (-1.0, -lower)):
                row = np.zeros(box.n_inputs)
                row[k - 1], row[k] = sign, bound - sign * value
                rows.append(row)
                limits.append(bound)
    if not groups and not rows:
        return box
    sums = Polytope.one_hot(box, groups)
    return Polytope(
        box,
        np.vstack([sums.coef, *rows]),
        np.append(sums.limit, limits),
        np.append(sums.equal, np.zeros(len(limits), dtype=bool)),
    )


def domain_of_inputs(domain: Domain, contrasts: Contrasts, x: FloatArray) -> Domain:
    """The domain of encoded rows as one of what a network sees of them.

    Args:
        domain: as `domain_of_rows` returns it.
        contrasts: what the network sees.
        x: `(n_rows, n_inputs)`, what it sees of the rows.

    Returns:
        The box of these rows. An equation of a category whose reference is not seen becomes an inequality: the
        indicators of its other levels sum to at most 1.

    Example:
        >>> contrasts, levels = Contrasts(np.array([-1, 0, 1])), np.eye(3)
        >>> domain = domain_of_rows([Column("kind", "category", ("farm", "home", "shop"))], levels)
        >>> seen = domain_of_inputs(domain, contrasts, contrasts.inputs(levels))
        >>> seen.contains(np.array([[0, 0], [0.5, 0.5], [0.5, 0.6]]))
        array([ True,  True, False])
    """
    if contrasts.is_identity:
        return domain
    box = Box.from_data(x)
    if isinstance(domain, Box):
        return box
    assert isinstance(domain, Polytope)
    # Features that share an input have the same weight in every constraint.
    first = [int(np.argmax(contrasts.places == place)) for place in range(contrasts.n_inputs)]
    coef = domain.coef[:, first]
    unseen = (domain.coef[:, contrasts.places == REFERENCE] != 0).any(axis=1)
    kept = np.count_nonzero(coef, axis=1) > unseen
    return Polytope(box, coef[kept], domain.limit[kept], (domain.equal & ~unseen)[kept])
