"""A system of rules, which predicts, is exported, and can be certified."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal, SupportsIndex, overload

import numpy.typing as npt

from prelu_rules.columns.column import Column, check_columns, check_names
from prelu_rules.columns.feature_rows import FeatureParts
from prelu_rules.columns.tables import TableLike
from prelu_rules.domains.as_domain import DomainLike
from prelu_rules.domains.domain import Domain
from prelu_rules.errors import InvalidValueError, RuleIndexError, ShapeError
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.network.precision import Precision
from prelu_rules.network.reading import NetworkLike, read_network
from prelu_rules.rules.evaluation import Evaluation
from prelu_rules.rules.in_parts import assigned_in_parts, predicted_in_parts
from prelu_rules.rules.lazily import lazily
from prelu_rules.rules.names import ClassLabel, check_classes
from prelu_rules.rules.output_bounds import OutputBounds
from prelu_rules.rules.predictor import Predictor
from prelu_rules.rules.rule import Rule
from prelu_rules.values import FloatArray, IntArray, Value, frozen_array

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import sympy

    from prelu_rules.export import BinaryTarget
    from prelu_rules.rules.certificate import Certificate
    from prelu_rules.rules.decision_tree import DecisionTree
    from prelu_rules.rules.presentation.presentation import Presentation


@dataclass(frozen=True, eq=False)
class RuleSystem(Predictor, Value):
    """Rules that together give one answer for every input.

    Rows `x` can be a table (pandas, polars, pyarrow, or a dict of columns), whose columns are matched by name; a single
    row with names (a dict or a pandas Series); or encoded features, `(n_rows, n_features)`. Dask collections are
    answered lazily; see `Predictor`.

    Attributes:
        rules: the rules in reading order; see `rules.order`. If several hold, the first one counts.
        columns: the columns of the table; a name alone stands for a numeric column.
        output_names: `n_outputs` names, distinct.
        classes: the class labels of a classifier; the outputs are then logits, one per class, or a single one for the
            second of two classes.
        form: the collapsed network that the rules were read from, if there was one.
        domain: the box or polytope, of features, on which the rules hold; None for all inputs.
        precision: how many digits a printed number needs; None for all of them.
        rounding_error: for rounded rules, the largest difference of each output from the unrounded rules.
        typical: for a classifier, `(n_classes, n_features)`, a typical encoded row of each class; see `with_evidence`.
        bounds: what outputs are kept within, wherever they are computed; None for nothing. The rules themselves, `form`
            and everything that is proven of them are without bounds.

    Raises:
        ShapeError: if columns, names, classes, rules, form, domain, precision, typical rows and bounds do not fit
            together.
        InvalidValueError: if there are no rules, a name is not text or is used twice, only some rules decide for a
            class, or errors, class counts, typical rows or bounds are given where they make no sense.

    Example:
        >>> from prelu_rules.network.affine import AffineMap
        >>> from prelu_rules.rules.rule import Condition
        >>> left = Rule((Condition([1.0], 0.0, nonnegative=False),), AffineMap([[-1.0]], [0.0]))
        >>> right = Rule((Condition([1.0], 0.0, nonnegative=True),), AffineMap([[1.0]], [0.0]))
        >>> system = RuleSystem((left, right), ("x",), ("distance",))
        >>> system.predict([[-3.0], [5.0]])
        array([[3.],
               [5.]])
        >>> system.predict({"x": -3.0})
        array([[3.]])
        >>> len(system), system[0] is left, [rule.outputs.coef.item() for rule in system]
        (2, True, [-1.0, 1.0])
    """

    rules: tuple[Rule, ...]
    columns: tuple[Column, ...]
    output_names: tuple[str, ...]
    classes: tuple[ClassLabel, ...] | None = None
    form: NormalForm | None = None
    domain: Domain | None = None
    precision: Precision | None = None
    rounding_error: tuple[float, ...] | None = None
    typical: FloatArray | None = None
    bounds: OutputBounds | None = None

    if TYPE_CHECKING:
        # Other types are accepted and converted, which a dataclass cannot express to a type checker.
        def __init__(
            self,
            rules: Sequence[Rule],
            columns: Sequence[Column | str],
            output_names: Sequence[str],
            classes: Sequence[ClassLabel] | None = None,
            form: NormalForm | None = None,
            domain: Domain | None = None,
            precision: Precision | None = None,
            rounding_error: Sequence[float] | None = None,
            typical: npt.ArrayLike | None = None,
            bounds: OutputBounds | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", named_columns(self.columns))
        for name in ("rules", "output_names", "classes", "rounding_error"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, tuple(getattr(self, name)))
        check_columns(self.columns)
        check_names("output", self.output_names)
        _check_shapes(self)
        _check_classes(self)
        _check_evidence(self)
        _check_bounds(self)
        if self.typical is not None:
            if self.classes is None:
                raise InvalidValueError("there are typical rows, but no classes; leave them out.")
            shape = len(self.classes), self.n_inputs
            object.__setattr__(self, "typical", frozen_array(self.typical, "typical", shape))

    def __len__(self) -> int:
        return len(self.rules)

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules)

    @overload
    def __getitem__(self, index: SupportsIndex) -> Rule: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Rule, ...]: ...

    def __getitem__(self, index: SupportsIndex | slice) -> Rule | tuple[Rule, ...]:
        """A rule by its index, which is one less than its printed number, or a tuple of rules by a slice."""
        try:
            return self.rules[index]
        except IndexError:
            n = len(self)
            raise RuleIndexError(
                f"the index of a rule is {index}, but there are {n} rules: 0 to {n - 1}, or -{n} to -1 from the end."
            ) from None

    def __str__(self) -> str:
        return self.export("text")

    def _repr_html_(self) -> str:
        return self.export("html")

    def _repr_latex_(self) -> str:
        # A notebook shows the HTML; this is for one that is printed by LaTeX.
        return self.export("latex", opening="$$", closing="$$")

    def _summary(self) -> str:
        return f"{len(self)} rules, {self.n_inputs} features -> {', '.join(self.output_names)}"

    @property
    def decides(self) -> bool:
        """Whether these are decision rules, each of which names a class."""
        return self.rules[0].decision is not None

    @property
    def n_rows(self) -> int | None:
        """The number of training rows that the rules were counted on; None if there were none."""
        counts = [rule.count for rule in self.rules if rule.count is not None]
        return sum(counts) if counts else None

    @cached_property
    def presentation(self) -> Presentation:
        """The rules as a person reads them, which most exports write; see `rules.presentation.presented`."""
        from prelu_rules.rules.presentation.presented import presented

        return presented(self)

    @cached_property
    def evaluation(self) -> Evaluation:
        """The rules as arrays, for many rows of features."""
        return Evaluation(self.rules, self.domain, self.bounds)

    @property
    def unbounded(self) -> RuleSystem:
        """The same rules without bounds of the outputs."""
        return self if self.bounds is None else replace(self, bounds=None)

    @lazily
    def assign(self, x: TableLike) -> IntArray:
        """Find the rule that each row falls under.

        Args:
            x: rows.

        Returns:
            int, `(n_rows,)`, the index of the first rule in `rules` whose conditions all hold. If none does, it is the
            first rule on a straight line to the domain's middle; see `prelu_rules.rules.off_domain`.

        Raises:
            DataError: if a table lacks a column.
            ShapeError: if an array has the wrong number of features.
            InvalidValueError: if a cell is not allowed; see `encoded`.
            OutsideDomainError: if no rule covers a row, and there is none on the line to the domain.
        """
        return assigned_in_parts(self.evaluation, FeatureParts(self.columns, x))

    @lazily
    def rule_numbers(self, x: TableLike) -> IntArray:
        """Find the number of the rule that each row falls under, counted from 1 as in every print.

        Args:
            x: rows.

        Returns:
            int, `(n_rows,)`; rule 1 is `rules[0]`.

        Raises:
            DataError: if a table lacks a column.
            ShapeError: if an array has the wrong number of features.
            InvalidValueError: if a cell is not allowed; see `encoded`.
            OutsideDomainError: if no rule covers a row, and there is none on the line to the domain.

        Example:
            >>> from prelu_rules.network.affine import AffineMap
            >>> RuleSystem((Rule((), AffineMap([[2.0]], [0.0])),), ("x",), ("y",)).rule_numbers({"x": [3.0, 4.0]})
            array([1, 1])
        """
        return self.assign(x) + 1

    @lazily
    def predict(self, x: TableLike) -> FloatArray:
        """Compute the outputs by the rules, within their bounds; for a classifier the logits.

        A row gets the same outputs, bit for bit, alone, in any table and in any batch: sums are added in the order of
        the features, the constant last. Besides the result, memory is needed only for parts of the rows.

        Args:
            x: rows.

        Returns:
            float64, `(n_rows, n_outputs)`.

        Raises:
            DataError: if a table lacks a column.
            ShapeError: if an array has the wrong number of features.
            InvalidValueError: if a cell is not allowed; see `encoded`.
            OutsideDomainError: if no rule covers a row, and there is none on the line to the domain.
        """
        return predicted_in_parts(self.evaluation, FeatureParts(self.columns, x))

    def with_evidence(self, x: TableLike, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None) -> RuleSystem:
        """Evaluate the rules on rows with known targets; see `prelu_rules.rules.evidence.with_evidence`."""
        from prelu_rules.rules.evidence import with_evidence

        return with_evidence(self, x, y, sample_weight)

    def decision_rules(self, domain: DomainLike | None = None, *, x: TableLike | None = None) -> RuleSystem:
        """Cut the rules of a classifier so that each names a class; see `rules.decisions.decision_rules`."""
        from prelu_rules.rules.decisions import decision_rules

        return decision_rules(self, self._domain(domain), x=None if x is None else self.encoded(x))

    def rounded(
        self,
        max_error: npt.ArrayLike | None = None,
        decimals: int | None = None,
        domain: DomainLike | None = None,
        *,
        x: TableLike | None = None,
    ) -> RuleSystem:
        """Shorten the numbers, with a proven error; see `prelu_rules.rules.rounded.rounded`."""
        from prelu_rules.rules.rounded import rounded

        return rounded(self, max_error, decimals, self._domain(domain), x=None if x is None else self.encoded(x))

    def certify(self, network: NetworkLike, domain: DomainLike | None = None, **limits: Any) -> Certificate:
        """Prove how far the rules are from a network; see `prelu_rules.rules.certificate.certify`."""
        from prelu_rules.rules.certificate import certify

        return certify(self, read_network(network), self._domain(domain), **limits)

    def tree(self, everywhere: bool = True) -> DecisionTree:
        """The rules as a decision tree; see `prelu_rules.rules.tree_growth.decision_tree`."""
        from prelu_rules.rules.tree_growth import decision_tree

        return decision_tree(self, everywhere)

    def to_sympy(
        self, kind: Literal["piecewise", "max"] = "piecewise", *, exact: bool = False
    ) -> dict[str, sympy.Expr]:
        """Write each output as a SymPy expression of the features; see `prelu_rules.rules.symbolic.expressions`."""
        from prelu_rules.rules.symbolic import expressions

        return expressions(self, kind, exact=exact)

    def to_pandas(self) -> pd.DataFrame:
        """The rules as a pandas DataFrame, a row for each; see `prelu_rules.export.table.columns_of`."""
        from prelu_rules.export import to_pandas

        return to_pandas(self)

    def to_polars(self) -> pl.DataFrame:
        """The rules as a polars DataFrame, a row for each; see `prelu_rules.export.table.columns_of`."""
        from prelu_rules.export import to_polars

        return to_polars(self)

    @overload
    def export(self, target: BinaryTarget, path: str | PathLike[str] | None = None, **options: Any) -> bytes: ...

    @overload
    def export(self, target: str, path: str | PathLike[str] | None = None, **options: Any) -> str: ...

    def export(self, target: str, path: str | PathLike[str] | None = None, **options: Any) -> str | bytes:
        """Write the rules in another language; see `prelu_rules.export.export`."""
        from prelu_rules.export import export

        return export(self, target, path, **options)


def named_columns(columns: Sequence[Column | str]) -> tuple[Column, ...]:
    """Convert names to columns of numbers.

    Args:
        columns: columns, or the names of columns of numbers.

    Returns:
        Columns.

    Example:
        >>> named_columns(["age"])[0].kind
        'number'
    """
    return tuple(one if isinstance(one, Column) else Column(one) for one in columns)


def _check_shapes(system: RuleSystem) -> None:
    """Check that all parts are for the same numbers of features and outputs."""
    if not system.rules:
        raise InvalidValueError("a rule system has 0 rules; it needs at least one.")
    shape = (len(system.output_names), system.n_inputs)
    for rule in system.rules:
        if rule.outputs.coef.shape != shape:
            raise ShapeError(
                f"a rule maps {rule.outputs.coef.shape[1]} inputs to {rule.outputs.coef.shape[0]} outputs, but "
                f"there are {shape[1]} feature names and {shape[0]} output names; give one name each."
            )
    form, domain, precision = system.form, system.domain, system.precision
    for name, have in (
        ("form", form and (form.n_outputs, form.n_inputs)),
        ("domain", domain and (shape[0], domain.n_inputs)),
        ("precision", precision and (len(precision.output_scale), len(precision.feature_scale))),
    ):
        if have not in (None, shape):
            raise ShapeError(f"the {name} is for {have} outputs and inputs, but the rules are for {shape}.")
    if system.rounding_error is not None and len(system.rounding_error) != shape[0]:
        raise ShapeError(
            f"there are {len(system.rounding_error)} rounding errors for {shape[0]} outputs; give one each."
        )


def _check_classes(system: RuleSystem) -> None:
    """Check that class labels fit the outputs, and decisions the labels."""
    check_classes(system.classes, len(system.output_names))
    n_classes = len(system.classes or ())
    decisions = [rule.decision for rule in system.rules]
    if set(decisions) != {None} and not set(decisions) <= set(range(n_classes)):
        raise InvalidValueError(
            f"the rules decide for the classes {decisions}, but there are {n_classes}; let each rule decide for one of "
            "them, or none decide."
        )


def _check_evidence(system: RuleSystem) -> None:
    """Check that class counts and errors fit the classes."""
    n_classes = len(system.classes or ())
    for number, rule in enumerate(system.rules, start=1):
        if rule.class_counts is not None and len(rule.class_counts) != n_classes:
            raise ShapeError(
                f"rule {number} has class_counts of {len(rule.class_counts)} classes, but there are {n_classes}; give "
                "one each."
            )
        if rule.errors is not None and n_classes:
            raise InvalidValueError(
                f"rule {number} has the errors {rule.errors}, but its outputs are logits; give class_counts instead."
            )


def _check_bounds(system: RuleSystem) -> None:
    """Check that bounds fit the outputs, which are numbers."""
    if system.bounds is None:
        return
    if system.classes is not None:
        raise InvalidValueError("there are bounds, but the outputs are logits; leave them out.")
    if len(system.bounds.lower) != len(system.output_names):
        raise ShapeError(
            f"there are bounds for {len(system.bounds.lower)} outputs, but there are {len(system.output_names)}; give "
            "a pair for each."
        )
