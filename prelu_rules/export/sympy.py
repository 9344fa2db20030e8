"""SymPy: Python source of an expression for each output, in symbols of the features."""

from __future__ import annotations

from collections.abc import Mapping

import sympy
from sympy.printing.str import StrPrinter

from prelu_rules.errors import InvalidValueError
from prelu_rules.export.identifiers import identifiers
from prelu_rules.export.program import Shape, output_bounds_of
from prelu_rules.export.python import RESERVED
from prelu_rules.rules.on_demand import RulesOnDemand
from prelu_rules.rules.rule_system import RuleSystem


def write(system: RuleSystem | RulesOnDemand, shape: Shape | None = None, exact: bool = False) -> str:
    """Source whose variable `outputs` is a dict of SymPy expressions by output, as `to_sympy` returns them.

    Features are symbols: of a number the number, 0 where it is missing; of a level, of yes and of a missing cell 1 or
    0. The symbols have the features' names; the variables, names that look like these.

    Args:
        system: the rules.
        shape: "list" for one `Piecewise` per output, "formula" for nested `Max`; by default the list where there are
            rules.
        exact: whether numbers are the exact rationals that the floats are.

    Returns:
        Python source. Parts of a formula that occur more than once are variables of their own.

    Raises:
        InvalidValueError: if there is no such shape of these rules.

    Example:
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-3], C=[[1]], D=[[1]], e=[0], slopes=[0])
        >>> print(write(extract_rules(form, feature_names=["age"], output_names=["cost"])), end="")
        from sympy import Max, Piecewise, Rational, S, Symbol
        <BLANKLINE>
        age = Symbol('age', real=True)
        outputs = {
            'cost': Piecewise((age, age < 3), (2*age - 3, True)),
        }
    """
    if shape not in ("formula", "list", None):
        raise InvalidValueError(f"shape is {shape!r}; it must be 'formula' or 'list'.")
    if isinstance(system, RuleSystem):
        outputs = system.to_sympy("max" if shape == "formula" else "piecewise", exact=exact)
    elif shape == "list":
        raise InvalidValueError("rules on demand have no list of rules; give shape='formula'.")
    else:
        outputs = system.to_sympy(exact=exact)
    symbols = [sympy.Symbol(feature.name, real=True) for feature in system.features]
    values = list(outputs.values())
    is_list = isinstance(system, RuleSystem) and shape != "formula"
    # In a list common parts would be tests, too, and what a rule says would stand in many places.
    parts, results = ([], values) if is_list else sympy.cse(values, order="none")
    names = ["part"] * len(parts)
    imported = _IMPORTED if output_bounds_of(system) is None else _IMPORTED | {"Min"}
    words = identifiers([*(symbol.name for symbol in symbols), *names], RESERVED | imported | {"outputs"})
    known = dict(zip([*symbols, *(part for part, _ in parts)], words, strict=True))
    printer = _Printer(known)
    used = {symbol for value in values for symbol in value.free_symbols}
    lines = [f"from sympy import {', '.join(sorted(imported))}", ""]
    lines += [f"{known[symbol]} = Symbol({symbol.name!a}, real=True)" for symbol in symbols if symbol in used]
    lines += [f"{known[part]} = {printer.doprint(value)}" for part, value in parts]
    answers = zip(outputs, results, strict=True)
    lines += ["outputs = {", *(f"    {name!a}: {printer.whole(value)}," for name, value in answers), "}"]
    return "\n".join(lines) + "\n"


_IMPORTED = frozenset({"Max", "Piecewise", "Rational", "S", "Symbol"})


class _Printer(StrPrinter):  # type: ignore[misc]
    """Expressions that Python reads back as they were: floats in full, symbols by the names of variables."""

    def __init__(self, words: Mapping[sympy.Symbol, str]) -> None:
        super().__init__({"sympy_integers": False})
        self._words = words

    def whole(self, expr: sympy.Expr) -> str:
        """An expression that stands alone; one that is nothing but a number would be one of Python's otherwise."""
        return f"S({self.doprint(expr)})" if expr.is_Number else str(self.doprint(expr))

    def _print_Float(self, expr: sympy.Float) -> str:
        return repr(float(expr))

    def _print_Symbol(self, expr: sympy.Symbol) -> str:
        return self._words[expr]

    def _print_Rational(self, expr: sympy.Rational) -> str:
        return str(expr.p) if expr.q == 1 else f"Rational({expr.p}, {expr.q})"
