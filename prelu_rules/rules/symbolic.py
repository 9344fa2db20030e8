"""Rules and normal forms as SymPy expressions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Literal

import sympy

from prelu_rules.errors import InvalidValueError
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.rules.output_bounds import OutputBounds
from prelu_rules.rules.rule import Condition, Rule

if TYPE_CHECKING:
    from prelu_rules.rules.rule_system import RuleSystem


def expressions(
    system: RuleSystem, kind: Literal["piecewise", "max"] = "piecewise", *, exact: bool = False
) -> dict[str, sympy.Expr]:
    """The rules as SymPy expressions in symbols of the features.

    Args:
        system: the rules.
        kind: "piecewise" for one `Piecewise` per output, or "max" for the closed formula with nested `Max`.
        exact: whether numbers become the exact rationals that the floats are, rather than `Float`.

    Returns:
        One expression per output, by output name.

    Raises:
        InvalidValueError: if `kind` is not one of these, or is "max" for rules without a network.

    Example:
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[0], C=[[0]], D=[[1]], e=[0], slopes=[0.5])
        >>> expressions(extract_rules(form, feature_names=["x"], output_names=["y"]), "max", exact=True)
        {'y': x/2 + Max(0, x)/2}
    """
    if kind == "piecewise":
        found = piecewise(system.rules, system.feature_names, system.output_names, exact=exact)
        return _within(found, system.bounds, exact)
    if kind != "max":
        raise InvalidValueError(f"kind is {kind!r}; it must be 'piecewise' or 'max'.")
    if system.form is None:
        raise InvalidValueError("these rules have no network, so they have no closed formula; use 'piecewise'.")
    found = closed_formula(system.form, system.feature_names, system.output_names, exact=exact)
    return _within(found, system.bounds, exact)


def _within(found: dict[str, sympy.Expr], bounds: OutputBounds | None, exact: bool) -> dict[str, sympy.Expr]:
    """Expressions that are kept within bounds by `Max` and `Min`, unevaluated as in `_positive`."""
    if bounds is None:
        return found
    kept = {}
    for (name, value), (lower, upper) in zip(found.items(), bounds.pairs, strict=True):
        if lower is not None and lower == upper and not value.has(sympy.nan):
            # SymPy would say so where it reads the text of `Min` and `Max`.
            value = _number(lower, exact)
        for bound, larger in ((lower, sympy.Max), (upper, sympy.Min)):
            if bound is not None:
                value = larger(_number(bound, exact), value, evaluate=not value.free_symbols)
        kept[name] = value
    return kept


def _number(value: float | Fraction, exact: bool) -> sympy.Expr:
    # Not nsimplify: a float is exactly the rational that its bits represent.
    rational = sympy.Rational(*value.as_integer_ratio())
    return rational if exact or rational.is_Integer else sympy.Float(float(value))


def _sum(
    weights: Iterable[float | Fraction], terms: Sequence[sympy.Expr], constant: float | Fraction, exact: bool
) -> sympy.Expr:
    parts = [_number(w, exact) * t for w, t in zip(weights, terms, strict=True) if w != 0]
    return sympy.Add(*parts, _number(constant, exact))


def _positive(z: sympy.Expr) -> sympy.Expr:
    # Unevaluated, since SymPy would ask of every bend inside which of the two is larger: twice the time with each.
    return sympy.Max(0, z, evaluate=not z.free_symbols)


def _symbols(names: Sequence[str]) -> list[sympy.Symbol]:
    return [sympy.Symbol(name, real=True) for name in names]


def _relation(condition: Condition, symbols: Sequence[sympy.Symbol], exact: bool) -> sympy.Basic:
    left = _sum(condition.coef, symbols, condition.intercept, exact)
    return left >= 0 if condition.nonnegative else left < 0


def piecewise(
    rules: Sequence[Rule], feature_names: Sequence[str], output_names: Sequence[str], *, exact: bool = False
) -> dict[str, sympy.Expr]:
    """One `Piecewise` per output, with a piece per rule.

    Args:
        rules: the rules, in order.
        feature_names: the names of the symbols; these are real.
        output_names: the keys of the result.
        exact: whether numbers become exact rationals.

    Returns:
        One expression per output, by name.

    Example:
        >>> from prelu_rules.network.affine import AffineMap
        >>> left = Rule((Condition([1.0], 0.0, nonnegative=False),), AffineMap([[-1.0]], [0.0]))
        >>> right = Rule((Condition([1.0], 0.0, nonnegative=True),), AffineMap([[1.0]], [0.0]))
        >>> piecewise([left, right], ["x"], ["y"])
        {'y': Piecewise((-x, x < 0), (x, True))}
    """
    symbols = _symbols(feature_names)
    tests = [sympy.And(*(_relation(c, symbols, exact) for c in rule.conditions)) for rule in rules]
    return {
        name: sympy.Piecewise(
            *(
                (_sum(rule.outputs.coef[k], symbols, rule.outputs.intercept[k], exact), test)
                for rule, test in zip(rules, tests, strict=True)
            ),
        )
        for k, name in enumerate(output_names)
    }


def closed_formula(
    form: NormalForm, feature_names: Sequence[str], output_names: Sequence[str], *, exact: bool = False
) -> dict[str, sympy.Expr]:
    """The network as one formula per output: `PReLU_a(z) = a z + (1 - a) Max(0, z)`, nested like the layers.

    Args:
        form: the network; it should have few units, since the formula is nested.
        feature_names: the names of the symbols; these are real.
        output_names: the keys of the result.
        exact: whether numbers become exact rationals.

    Returns:
        One expression per output, by name.

    Example:
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[0], C=[[-1]], D=[[2]], e=[0], slopes=[0])
        >>> closed_formula(form, ["x"], ["y"])
        {'y': -x + 2*Max(0, x)}
    """
    number = partial(_number, exact=exact)
    symbols = _symbols(feature_names)
    activations: list[sympy.Expr] = []
    for unit in range(form.n_units):
        terms = [*symbols, *activations]
        z = _sum([*form.A[unit], *form.B[unit, :unit]], terms, form.b[unit], exact)
        slope = number(form.slopes[unit])
        activations.append(sympy.expand(slope * z) + (1 - slope) * _positive(z))
    terms = [*symbols, *activations]
    return {
        name: sympy.expand(_sum([*form.C[k], *form.D[k]], terms, form.e[k], exact))
        for k, name in enumerate(output_names)
    }
