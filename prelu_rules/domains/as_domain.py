"""Whatever may stand for a domain, as a domain: one function for all that take one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from prelu_rules.columns.column import Column, features_of
from prelu_rules.columns.encoding import feature_rows, inferred_columns
from prelu_rules.columns.fill import Fill
from prelu_rules.columns.tables import TableLike, is_table, table_cells
from prelu_rules.domains.box import Box
from prelu_rules.domains.domain import Domain
from prelu_rules.domains.polytope import Polytope
from prelu_rules.errors import ShapeError
from prelu_rules.values import FloatArray, input_rows

DomainLike: TypeAlias = Domain | npt.ArrayLike | TableLike
"""A `Box`, a `Polytope`, rows `(n_rows, n_inputs)` or a table, of which the smallest domain is meant."""


def as_domain(domain: DomainLike | None, columns: Sequence[Column] | int) -> Domain | None:
    """A domain, whatever stands for it.

    Args:
        domain: a `Box` or `Polytope`; rows or a table, of which `domain_of_rows` is meant; None for all inputs.
        columns: what the columns are; or the number of inputs, where they are just numbers.

    Returns:
        The domain; None for all inputs.

    Raises:
        ShapeError: if rows or a table have another number of features.
        InvalidValueError: if there is no row, or a cell cannot be used.
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
        What the columns are, by what their cells hold.

    Raises:
        ShapeError: if they make another number of features.
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
    """The smallest domain that holds encoded rows and knows what no row can be.

    Args:
        columns: what the columns are.
        x: `(n_rows, n_features)`, encoded rows.
        fill: what stands for missing numbers in `x`; None where they are 0.

    Returns:
        The box of the rows. Where there are categories, of which each row has one level, or missing values, which have
        one value, it is cut down to a polytope.

    Raises:
        InvalidValueError: if there is no row.

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
            # The more of a row is missing, the closer it is to the value of missing ones: from the whole range at 0 to
            # a point at 1.
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
