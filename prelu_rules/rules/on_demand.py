"""Networks with too many rules to list: they predict, print as their compact form, and find the rule of each row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from os import PathLike
from typing import TYPE_CHECKING, Literal

import numpy as np

from prelu_rules.columns.column import Column, check_columns, check_names
from prelu_rules.columns.tables import TableLike
from prelu_rules.domains.as_domain import DomainLike
from prelu_rules.domains.domain import Domain
from prelu_rules.domains.sampling import sampled
from prelu_rules.errors import InvalidValueError, ShapeError
from prelu_rules.geometry.patterns import ReachablePattern, reachable_patterns
from prelu_rules.markup import page, tag
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.network.precision import Precision
from prelu_rules.rules.extraction import SAMPLED_ROWS, columns_and_rows, rule_on
from prelu_rules.rules.lazily import lazily
from prelu_rules.rules.names import ClassLabel, check_classes, default_names
from prelu_rules.rules.order import reading_order
from prelu_rules.rules.predictor import Predictor
from prelu_rules.rules.printed import compact_precision
from prelu_rules.rules.rule import Rule
from prelu_rules.rules.rule_system import named_columns
from prelu_rules.tolerances import PRINTED_OUTPUT
from prelu_rules.values import Array, FloatArray, IntArray, Value

if TYPE_CHECKING:
    import sympy


@dataclass(frozen=True, eq=False)
class RulesOnDemand(Predictor, Value):
    """A collapsed network that can be used without listing its rules, of which there may be `2^n_units`.

    It predicts like the network, prints as the compact form, which has one term per unit, and finds the rule of a row.
    Rows are given as for a `RuleSystem`.

    Attributes:
        form: the collapsed network.
        columns: the columns of a table; a name alone stands for a numeric column.
        output_names: `n_outputs` names, distinct.
        classes: the class labels of a classifier, as in a `RuleSystem`.
        domain: the box or polytope, of features, on which conditions are simplified; None for all inputs.
        precision: how many digits a printed number needs; None for all of them.

    Raises:
        ShapeError: if columns, names, classes, domain and precision do not fit the network.
        InvalidValueError: if a name is not text, or is used twice.

    Example:
        >>> form = NormalForm.from_layers([[[1.0]], [[1.0]]], [[-18.0], [0.0]], [[0.0]])
        >>> fee = RulesOnDemand(form, ("age",), ("fee",))
        >>> fee
        <RulesOnDemand: 1 nonlinear units, 1 features -> fee>
        >>> print(fee, end="")
        fee = max(0, age - 18)
        >>> fee.rule_for({"age": 20.0}).outputs
        AffineMap(coef=array([[1.]]), intercept=array([-18.]))
    """

    form: NormalForm
    columns: tuple[Column, ...]
    output_names: tuple[str, ...]
    classes: tuple[ClassLabel, ...] | None = None
    domain: Domain | None = None
    precision: Precision | None = None

    if TYPE_CHECKING:
        # Other types are accepted and converted, which a dataclass cannot express to a type checker.
        def __init__(
            self,
            form: NormalForm,
            columns: Sequence[Column | str],
            output_names: Sequence[str],
            classes: Sequence[ClassLabel] | None = None,
            domain: Domain | None = None,
            precision: Precision | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", named_columns(self.columns))
        object.__setattr__(self, "output_names", tuple(self.output_names))
        if self.classes is not None:
            object.__setattr__(self, "classes", tuple(self.classes))
        check_columns(self.columns)
        check_names("output", self.output_names)
        check_classes(self.classes, len(self.output_names))
        shape = (self.form.n_outputs, self.form.n_inputs)
        domain, precision = self.domain, self.precision
        for name, have in (
            ("names are", (len(self.output_names), self.n_inputs)),
            ("domain is", domain and (shape[0], domain.n_inputs)),
            ("precision is", precision and (len(precision.output_scale), len(precision.feature_scale))),
        ):
            if have not in (None, shape):
                raise ShapeError(f"the {name} for {have} outputs and features, but the network is for {shape}.")

    def __str__(self) -> str:
        return self.export("compact")

    def _repr_html_(self) -> str:
        size = f"{self.form.n_units} nonlinear units, {len(self.columns)} columns; too many rules to list."
        return page(tag("p", size, style="line"), tag("pre", str(self), style="code"))

    def _summary(self) -> str:
        return f"{self.form.n_units} nonlinear units, {self.n_inputs} features -> {', '.join(self.output_names)}"

    @lazily
    def predict(self, x: TableLike) -> FloatArray:
        """Compute the outputs of the network; for a classifier the logits.

        Args:
            x: rows.

        Returns:
            float64, `(n_rows, n_outputs)`.

        Raises:
            DataError: if a table lacks a column.
            ShapeError: if an array has the wrong number of features.
            InvalidValueError: if a cell is not allowed; see `encoded`.
        """
        return self.form.predict(self.encoded(x))

    def rule_for(self, row: TableLike) -> Rule:
        """Find the rule of a row.

        Args:
            row: one row.

        Returns:
            The conditions of its linear region, without those that the others and the domain imply, and the outputs
            there. For a row off the domain the conditions hold for all inputs; for one on a boundary it is a
            neighbouring rule, which gives the same outputs.

        Raises:
            ShapeError: if there is not exactly one row; otherwise as for `predict`.
            SolverError: if the linear programming solver fails.

        Example:
            >>> form = NormalForm.from_layers([[[1.0]], [[1.0]]], [[-18.0], [0.0]], [[0.0]])
            >>> [child] = RulesOnDemand(form, ("age",), ("fee",)).rule_for([7.0]).conditions
            >>> child.holds([[17.0], [18.0]])
            array([ True, False])
        """
        rows = self.encoded(row)
        if len(rows) != 1:
            raise ShapeError(f"there are {len(rows)} rows; give one, or use rules_of for several.")
        pattern, domain = self._pattern(rows[0])
        return rule_on(self.form, pattern, domain)

    def rules_of(self, x: TableLike) -> tuple[Rule, ...]:
        """Find the rules of several rows.

        Args:
            x: rows.

        Returns:
            Each rule once, with its number of rows as `count`, in reading order; see `rules.order`.

        Raises:
            SolverError: if the linear programming solver fails; otherwise as for `predict`.

        Example:
            >>> form = NormalForm.from_layers([[[1.0]], [[1.0]]], [[-18.0], [0.0]], [[0.0]])
            >>> [rule.count for rule in RulesOnDemand(form, ("age",), ("fee",)).rules_of({"age": [7.0, 30.0, 40.0]})]
            [1, 2]
        """
        return self._found(self.encoded(x))[0]

    def rule_numbers(self, x: TableLike) -> IntArray:
        """Find the number of each row's rule, counted from 1 among the rules of these rows.

        Args:
            x: rows.

        Returns:
            int, `(n_rows,)`; rule 1 is `rules_of(x)[0]`.

        Raises:
            SolverError: if the linear programming solver fails; otherwise as for `predict`.

        Example:
            >>> form = NormalForm.from_layers([[[1.0]], [[1.0]]], [[-18.0], [0.0]], [[0.0]])
            >>> RulesOnDemand(form, ("age",), ("fee",)).rule_numbers({"age": [30.0, 7.0, 40.0]})
            array([2, 1, 2])
        """
        return self._found(self.encoded(x))[1] + 1

    def _found(self, rows: Array) -> tuple[tuple[Rule, ...], IntArray]:
        """The rules of rows in reading order, and the index of each row's rule."""
        inside = np.ones(len(rows), dtype=bool) if self.domain is None else self.domain.contains(rows)
        signs = np.hstack([self.form.pattern(rows), inside[:, None]])
        _, first, which = np.unique(signs, axis=0, return_index=True, return_inverse=True)
        # Rows on a boundary may have the sign pattern of no region; they get the rule of a neighbouring one.
        found: dict[tuple[bytes, bytes, bool], tuple[int, ReachablePattern, Domain | None]] = {}
        places = np.empty(len(first), dtype=np.intp)
        for k in np.argsort(first):
            pattern, domain = self._pattern(rows[first[k]])
            key = (pattern.signs.tobytes(), pattern.decides.tobytes(), domain is None)
            places[k] = found.setdefault(key, (len(found), pattern, domain))[0]
        index = places[which.ravel()]
        counts = np.bincount(index, minlength=len(found)).tolist()
        rules = [
            replace(rule_on(self.form, pattern, domain), count=n)
            for n, (_, pattern, domain) in zip(counts, found.values(), strict=True)
        ]
        order = np.array(reading_order(rules, self.columns), dtype=np.intp)
        return tuple(rules[k] for k in order), np.argsort(order)[index]

    def to_sympy(self, kind: Literal["max"] = "max", *, exact: bool = False) -> dict[str, sympy.Expr]:
        """Write one SymPy expression per output, in symbols of the features; see `rules.symbolic.closed_formula`."""
        from prelu_rules.rules.symbolic import closed_formula

        if kind != "max":
            raise InvalidValueError(f"kind is {kind!r}; rules on demand only have the closed formula, 'max'.")
        return closed_formula(self.form, self.feature_names, self.output_names, exact=exact)

    def export(self, target: str = "compact", path: str | PathLike[str] | None = None) -> str:
        """Write the compact form as text.

        Args:
            target: "compact"; the other targets list all rules.
            path: a file to write in addition; it is written completely or not at all.

        Returns:
            One line per output, after the lines of the named bends.

        Raises:
            InvalidValueError: if it is another target.
            DataError: if the file cannot be written.
        """
        from prelu_rules.export import export

        if target != "compact":
            raise InvalidValueError(
                f"rules on demand cannot be exported as {target!r}, which lists all rules; export them as 'compact', "
                "or extract them without on_demand and with a larger max_nonlinear."
            )
        return export(self, target, path)

    def _pattern(self, row: Array) -> tuple[ReachablePattern, Domain | None]:
        """The pattern of a row, and the domain for simplifying its conditions; None for a row off the domain."""
        domain = self.domain if self.domain is not None and self.domain.contains(row)[0] else None
        return next(reachable_patterns(self.form, domain, at=row)), domain


def rules_on_demand(
    form: NormalForm,
    domain: DomainLike | None = None,
    *,
    columns: Sequence[Column | str] | None = None,
    feature_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    classes: Sequence[ClassLabel] | None = None,
    tolerance: float = PRINTED_OUTPUT,
    x: TableLike | None = None,
) -> RulesOnDemand:
    """Convert a collapsed network to rules on demand, with any number of units.

    Args:
        form: a collapsed network.
        domain: a `Box` or `Polytope`, or rows or a table (then the smallest domain that contains them), which also
            determine the printed digits. None for all inputs.
        columns: the columns of the table, whose features are the inputs.
        feature_names: `n_inputs` names of numeric features, instead of columns; `in1`, `in2`, ... by default.
        output_names: `n_outputs` names; `out1`, `out2`, ... by default.
        classes: class labels, if the outputs are logits.
        tolerance: how far the printed compact form may be from the network on any row, as a share of each output's
            range.
        x: rows to choose the printed digits by, if the domain is not given by rows.

    Returns:
        The rules on demand.

    Raises:
        ShapeError: if the names or the domain do not fit the network.
        InvalidValueError: if a row is not finite, or there are no rows.
        RoundingError: if no number of digits meets the tolerance.

    Example:
        >>> form = NormalForm.from_layers([[[1.0]], [[1 / 3]]], [[-18.0], [0.0]], [[0.0]])
        >>> print(rules_on_demand(form, [[0.0], [90.0]], feature_names=["age"], output_names=["fee"]), end="")
        fee = 0.333 * max(0, age - 18)
    """
    named, where, rows = columns_and_rows(form, domain, columns, feature_names, x)
    if rows is None and where is not None:
        rows = sampled(where, SAMPLED_ROWS)
    return RulesOnDemand(
        form=form,
        columns=named,
        output_names=default_names(output_names, "out", form.n_outputs),
        classes=classes,
        domain=where,
        precision=None if rows is None else compact_precision(form, rows, tolerance),
    )
