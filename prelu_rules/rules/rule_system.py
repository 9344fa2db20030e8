"""A system of rules: what is predicted, explained, exported and signed."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from prelu_rules.domains.box import Box
from prelu_rules.domains.domain import Domain
from prelu_rules.errors import DataError, InvalidValueError, OutsideDomainError, ShapeError
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.network.precision import Precision
from prelu_rules.rules.names import Indicator, check_classes, check_names
from prelu_rules.rules.off_domain import first_met
from prelu_rules.rules.rule import Rule
from prelu_rules.values import Array, FloatArray, IntArray, Value, input_rows

if TYPE_CHECKING:
    import keras
    import sympy

    from prelu_rules.rules.certificate import Certificate

CHUNK = 8192
"""Rows that are predicted together."""


@dataclass(frozen=True, eq=False)
class RuleSystem(Value):
    """Rules that together give one answer for every input.

    Attributes:
        rules: in the order in which they are shown, most rows covered first.
        feature_names: `n_inputs` names, distinct.
        output_names: `n_outputs` names, distinct.
        classes: for a classifier its class labels; then the outputs are logits, one per class, or a single one
            for the second of two classes.
        form: the collapsed network that the rules were read from, if there was one.
        domain: the box on which the rules were asked to hold; None for all inputs.
        precision: how many digits a printed number needs; None for all of them.
        rounding_error: for rules that were rounded, how far each output is from the unrounded rules at most.
        indicators: the features that are 0 or 1 and say something of a column; a condition on one reads `colour = red`.

    Raises:
        ShapeError: if names, classes, rules, form, domain and precision do not fit together.
        InvalidValueError: if there is no rule, a name is no text or used twice, an indicator is none of the features,
            or some rules decide for a class and others for none.

    Example:
        >>> from prelu_rules.network.affine import AffineMap
        >>> from prelu_rules.rules.rule import Condition
        >>> left = Rule((Condition([1.0], 0.0, nonnegative=False),), AffineMap([[-1.0]], [0.0]))
        >>> right = Rule((Condition([1.0], 0.0, nonnegative=True),), AffineMap([[1.0]], [0.0]))
        >>> RuleSystem((left, right), ("x",), ("distance",)).predict([[-3.0], [5.0]])
        array([[3.],
               [5.]])
    """

    rules: tuple[Rule, ...]
    feature_names: tuple[str, ...]
    output_names: tuple[str, ...]
    classes: tuple[str | int | float | bool, ...] | None = None
    form: NormalForm | None = None
    domain: Domain | None = None
    precision: Precision | None = None
    rounding_error: tuple[float, ...] | None = None
    indicators: tuple[Indicator, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "indicators", tuple(Indicator(*indicator) for indicator in self.indicators))
        for name in ("rules", "feature_names", "output_names"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if self.classes is not None:
            object.__setattr__(self, "classes", tuple(self.classes))
        if self.rounding_error is not None:
            object.__setattr__(self, "rounding_error", tuple(self.rounding_error))
            if len(self.rounding_error) != len(self.output_names):
                raise ShapeError(
                    f"there are {len(self.rounding_error)} rounding errors for {len(self.output_names)} outputs; give "
                    "one each."
                )
        if not self.rules:
            raise InvalidValueError("a rule system has 0 rules; it needs at least one.")
        shape = (len(self.output_names), len(self.feature_names))
        for rule in self.rules:
            if rule.outputs.coef.shape != shape:
                raise ShapeError(
                    f"a rule maps {rule.outputs.coef.shape[1]} inputs to {rule.outputs.coef.shape[0]} outputs, but "
                    f"there are {shape[1]} feature names and {shape[0]} output names; give one name each."
                )
        for name, have in (
            ("form", self.form and (self.form.n_outputs, self.form.n_inputs)),
            ("domain", self.domain and (shape[0], self.domain.n_inputs)),
            ("precision", self.precision and (len(self.precision.output_scale), len(self.precision.feature_scale))),
        ):
            if have not in (None, shape):
                raise ShapeError(f"the {name} is for {have} outputs and inputs, but the rules are for {shape}.")
        check_names("feature", self.feature_names)
        check_names("output", self.output_names)
        strange = {indicator.name for indicator in self.indicators}.difference(self.feature_names)
        if strange:
            raise InvalidValueError(f"the indicator {min(strange)!r} is none of the features; name one of them so.")
        check_classes(self.classes or ())
        if self.classes is not None and len(self.classes) != max(2, shape[0]):
            raise ShapeError(
                f"there are {len(self.classes)} classes for {shape[0]} logits; give one each, or two for one."
            )
        decisions = {rule.decision for rule in self.rules}
        if decisions != {None} and not decisions <= set(range(len(self.classes or ()))):
            raise InvalidValueError(
                f"the rules decide for the classes {[rule.decision for rule in self.rules]}, but there are "
                f"{len(self.classes or ())}; let each rule decide for one of them, or none decide."
            )

    def __len__(self) -> int:
        return len(self.rules)

    def __str__(self) -> str:
        return self.export("text")

    def __repr__(self) -> str:
        return f"<RuleSystem: {len(self)} rules, {len(self.feature_names)} features -> {', '.join(self.output_names)}>"

    @property
    def n_inputs(self) -> int:
        """The number of inputs."""
        return len(self.feature_names)

    @property
    def decides(self) -> bool:
        """Whether these are decision rules: each names a class."""
        return self.rules[0].decision is not None

    @property
    def n_rows(self) -> int | None:
        """How many rows of training data the rules were counted on; None where there were none."""
        counts = [rule.count for rule in self.rules if rule.count is not None]
        return sum(counts) if counts else None

    def _rows(self, x: Any) -> Array:
        """Input rows; a DataFrame's columns are found by name, whatever their order."""
        columns = getattr(x, "columns", None)
        if columns is not None:
            # Columns may be called by numbers, features are called by text.
            column = {str(name): name for name in columns}
            missing = [name for name in self.feature_names if name not in column]
            if missing:
                raise DataError(f"the table has no column {missing[0]!r}; its columns are {', '.join(column)}.")
            x = x[[column[name] for name in self.feature_names]].to_numpy()
        return input_rows(x, self.n_inputs)[0]

    def _domain(self, domain: Any) -> Domain | None:
        """A domain, or the box of rows that were given in its place; that of the rules by default."""
        if domain is None:
            return self.domain
        return domain if isinstance(domain, Domain) else Box.from_data(self._rows(domain))

    def assign(self, x: npt.ArrayLike) -> IntArray:
        """Which rule each row falls under.

        Args:
            x: `(n_rows, n_inputs)`, `(n_inputs,)` for one row, or a DataFrame with the feature names as columns.

        Returns:
            int, `(n_rows,)`, the index of the first rule in `rules` whose conditions all hold. Where none does, it is
            the rule that is met first on the straight way to the domain's middle; see `prelu_rules.rules.off_domain`.

        Raises:
            ShapeError: if `x` has another number of columns.
            InvalidValueError: if `x` holds NaN or infinity.
            DataError: if a DataFrame lacks a feature.
            OutsideDomainError: if no rule covers a row, and none is met on the way to the domain.
        """
        rows = self._rows(x)
        index = np.empty(len(rows), dtype=np.intp)
        # Rows in chunks, so that what is computed of them stays in the processor's cache.
        for start in range(0, len(rows), CHUNK):
            index[start : start + CHUNK] = self._assigned(rows[start : start + CHUNK])
        if (index < 0).any():
            index[index < 0] = first_met(self.rules, rows[index < 0], self.domain)
        if (index < 0).any():
            row = int(np.argmax(index < 0))
            raise OutsideDomainError(
                f"row {row} ({rows[row].tolist()}) is covered by no rule; extract the rules on a domain that holds it."
            )
        return index

    def _assigned(self, rows: Array) -> IntArray:
        """The first rule that covers each row; -1 where none does."""
        index = np.full(len(rows), -1, dtype=np.intp)
        # Rules share hyperplanes, so each sign is computed once.
        signs: dict[bytes, npt.NDArray[np.bool_]] = {}
        for number, rule in enumerate(self.rules):
            covered = index < 0
            for condition in rule.conditions:
                key = condition.coef.tobytes() + np.float64(condition.intercept).tobytes()
                if key not in signs:
                    signs[key] = rows @ condition.coef + condition.intercept >= 0
                covered &= signs[key] if condition.nonnegative else ~signs[key]
            index[covered] = number
        return index

    def predict(self, x: npt.ArrayLike) -> FloatArray:
        """The outputs that the rules give; for a classifier the logits.

        Args:
            x: `(n_rows, n_inputs)`, `(n_inputs,)` for one row, or a DataFrame with the feature names as columns.

        Returns:
            float64, `(n_rows, n_outputs)`.

        Raises:
            ShapeError: if `x` has another number of columns.
            InvalidValueError: if `x` holds NaN or infinity.
            DataError: if a DataFrame lacks a feature.
            OutsideDomainError: if no rule covers a row, and none is met on the way to the domain.
        """
        rows = self._rows(x)
        index = self.assign(rows)
        y = np.empty((len(rows), len(self.output_names)))
        for start in range(0, len(rows), CHUNK):
            chunk = slice(start, start + CHUNK)
            for number in np.unique(index[chunk]):
                covered = start + np.flatnonzero(index[chunk] == number)
                outputs = self.rules[number].outputs
                y[covered] = rows[covered] @ outputs.coef.T + outputs.intercept
        return y

    def _logits(self, x: npt.ArrayLike) -> tuple[tuple[str | int | float | bool, ...], FloatArray]:
        """The classes, and one logit for each: of two classes with one logit the first has 0."""
        if self.classes is None:
            raise InvalidValueError(f"{self!r} predicts numbers, not classes; use predict.")
        logits = self.predict(x)
        return self.classes, np.hstack([np.zeros_like(logits), logits]) if logits.shape[1] == 1 else logits

    def classify(self, x: npt.ArrayLike) -> npt.NDArray[Any]:
        """The class that the rules give.

        Args:
            x: `(n_rows, n_inputs)`, `(n_inputs,)` for one row, or a DataFrame with the feature names as columns.

        Returns:
            `(n_rows,)` class labels: the class of the largest logit, the first of equal ones; of two classes with
            one logit the second where the logit is above 0.

        Raises:
            InvalidValueError: if these are rules for numbers, not for classes.
        """
        classes, logits = self._logits(x)
        # Labels of several types would be turned into one, such as 1 into "1".
        one_type = len({type(label) for label in classes}) == 1
        return np.array(classes, dtype=None if one_type else object)[logits.argmax(axis=1)]

    def probabilities(self, x: npt.ArrayLike) -> FloatArray:
        """The probability of each class: softmax of the logits, or sigmoid of a single one.

        Args:
            x: `(n_rows, n_inputs)`, `(n_inputs,)` for one row, or a DataFrame with the feature names as columns.

        Returns:
            float64, `(n_rows, n_classes)`, in the order of `classes`; each row sums to 1.

        Raises:
            InvalidValueError: if these are rules for numbers, not for classes.

        Example:
            >>> from prelu_rules.network.affine import AffineMap
            >>> rules = RuleSystem((Rule((), AffineMap([[1.0]], [0.0])),), ("x",), ("logit",), classes=("no", "yes"))
            >>> rules.probabilities([[0.0], [1000.0]])
            array([[0.5, 0.5],
                   [0. , 1. ]])
        """
        _, logits = self._logits(x)
        # The largest becomes exp(0), so that none overflows.
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return odds / odds.sum(axis=1, keepdims=True)

    def decision_rules(
        self, domain: Domain | npt.ArrayLike | None = None, *, x: npt.ArrayLike | None = None
    ) -> RuleSystem:
        """The rules of a classifier cut along the ties of its logits, so that each names a class.

        Args:
            domain: a `Box`, a `Polytope`, or rows, whose box is meant; None for the domain of the rules.
            x: rows to count, as in `predict`; None for no counts.

        Returns:
            Rules with a `decision` each; see `prelu_rules.rules.decisions`.

        Raises:
            InvalidValueError: if these are rules for numbers, not for classes.

        Example:
            >>> from prelu_rules.network.affine import AffineMap
            >>> rules = RuleSystem((Rule((), AffineMap([[1.0]], [0.0])),), ("x",), ("logit",), classes=("no", "yes"))
            >>> [rules.classes[rule.decision] for rule in rules.decision_rules().rules]
            ['no', 'yes']
        """
        from prelu_rules.rules.decisions import decision_rules

        return decision_rules(self, self._domain(domain), x=None if x is None else self._rows(x))

    def rounded(
        self,
        max_error: npt.ArrayLike | None = None,
        decimals: int | None = None,
        domain: Domain | npt.ArrayLike | None = None,
        *,
        x: npt.ArrayLike | None = None,
    ) -> RuleSystem:
        """The rules with shorter numbers, and a proof of how far that takes them from what they were.

        Args:
            max_error: the largest difference anywhere on the domain, `(n_outputs,)` or one number for all.
            decimals: instead, how many decimals every number gets.
            domain: where the error counts: a `Box`, a `Polytope`, or rows, whose box is meant; None for the domain of
                the rules.
            x: `(n_rows, n_inputs)`, rows to count; without them the rules have no counts.

        Returns:
            Rules with the proven difference in `rounding_error`; see `rules.rounded`.

        Raises:
            InvalidValueError: unless one of `max_error` and `decimals` is given; if there is no domain.
            RoundingError: if so few decimals leave inputs without a rule, or nothing shorter is within the error.

        Example:
            >>> from prelu_rules.network.affine import AffineMap
            >>> rules = RuleSystem((Rule((), AffineMap([[0.9999]], [1e-9])),), ("x",), ("y",), domain=Box([-1], [1]))
            >>> rules.rounded(max_error=0.01).rules[0].outputs
            AffineMap(coef=array([[1.]]), intercept=array([0.]))
        """
        from prelu_rules.rules.rounded import rounded

        return rounded(self, max_error, decimals, self._domain(domain), x=None if x is None else self._rows(x))

    def certify(
        self,
        network: NormalForm | keras.Model | str | PathLike[str],
        domain: Domain | npt.ArrayLike | None = None,
        **limits: Any,
    ) -> Certificate:
        """Prove, in exact rational arithmetic, how far the rules are from a network; see `rules.certificate`.

        Args:
            network: a `NormalForm`, a Keras model, or the path of a `.keras` file.
            domain: where to compare: a `Box`, a `Polytope`, or rows, whose box is meant; None for the domain of the
                rules, or all inputs if they have none.
            limits: `max_cells`, the most pieces that rules and network may cut the domain into.

        Returns:
            An upper bound of the largest difference per output, one that is attained, and where; and whether every
            input falls under a rule, and none under two but on boundaries.

        Raises:
            ShapeError: if the network has other inputs or outputs than the rules.
            UnsupportedModelError: if the network has a part without an exact piecewise linear form.
            LimitError: if there are more pieces than `max_cells`.

        Example:
            >>> form = NormalForm(A=[[1]], B=[[0]], b=[0], C=[[0]], D=[[1]], e=[0], slopes=[0.5])
            >>> from prelu_rules.rules.extraction import extract_rules
            >>> extract_rules(form).certify(form).equal
            True
        """
        from prelu_rules.network.reading import read_network
        from prelu_rules.rules.certificate import certify

        return certify(self, read_network(network), self._domain(domain), **limits)

    def to_sympy(
        self, kind: Literal["piecewise", "max"] = "piecewise", *, exact: bool = False
    ) -> dict[str, sympy.Expr]:
        """The rules as SymPy expressions in symbols of the feature names.

        Args:
            kind: "piecewise" for one `Piecewise` per output, or "max" for the closed formula with nested `Max`.
            exact: whether numbers become the exact rationals that the floats are, rather than `Float`.

        Returns:
            One expression per output, by output name.

        Raises:
            InvalidValueError: if `kind` is another word, or "max" is asked of rules that came without a network.

        Example:
            >>> form = NormalForm(A=[[1]], B=[[0]], b=[0], C=[[0]], D=[[1]], e=[0], slopes=[0.5])
            >>> from prelu_rules.rules.extraction import extract_rules
            >>> extract_rules(form, feature_names=["x"], output_names=["y"]).to_sympy("max", exact=True)
            {'y': x/2 + Max(0, x)/2}
        """
        from prelu_rules.rules import symbolic

        if kind == "piecewise":
            return symbolic.piecewise(self.rules, self.feature_names, self.output_names, exact=exact)
        if kind != "max":
            raise InvalidValueError(f"kind is {kind!r}; it must be 'piecewise' or 'max'.")
        if self.form is None:
            raise InvalidValueError(
                "these rules came without a network, so they have no closed formula; use 'piecewise'."
            )
        return symbolic.closed_formula(self.form, self.feature_names, self.output_names, exact=exact)

    def export(self, target: str, path: str | PathLike[str] | None = None, **options: Any) -> str:
        """The rules in another language; see `prelu_rules.export` for the targets and their options.

        Args:
            target: "text", "compact", "markdown", "latex", "json" or "python", or one that was registered.
            path: a file to write as well; it appears whole or not at all.
            options: what the target takes.

        Returns:
            The text.

        Raises:
            InvalidValueError: if there is no such target.
            DataError: if the file cannot be written.
        """
        from prelu_rules.export import export

        return export(self, target, path, **options)
