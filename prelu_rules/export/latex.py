"""LaTeX: one `cases` environment per output, for a paper or a page with MathJax."""

from __future__ import annotations

from prelu_rules.export.terms import (
    Relation,
    Words,
    counted_as_zero,
    decided_class,
    feature_terms,
    linear_sum,
    number,
    printed_rules,
    relations,
    said,
)
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.rules.short_numbers import as_fraction

_ESCAPES = {
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    **{c: f"\\{c}" for c in "&%$#_{}"},
}

_WORDS = Words(
    "=",
    r"\ne",
    r"\text{ is yes}",
    r"\text{ is no}",
    r"\text{ is missing}",
    r"\text{ is not missing}",
)


def escaped(name: str) -> str:
    r"""A name as upright text inside a formula.

    Args:
        name: any text.

    Returns:
        A `\text{...}` with every special character escaped.

    Example:
        >>> print(escaped("a_b"))
        \text{a\_b}
    """
    return rf"\text{{{''.join(_ESCAPES.get(c, c) for c in ' '.join(name.split()))}}}"


def write(system: RuleSystem) -> str:
    r"""The rules as formulas; they need the package amsmath.

    Args:
        system: the rules.

    Returns:
        One displayed formula per output, after one for the class of decision rules.

    Example:
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-3], C=[[1]], D=[[1]], e=[0], slopes=[0])
        >>> print(write(extract_rules(form, feature_names=["x"], output_names=["y"])), end="")
        \[
        \text{y} = \begin{cases}
          \text{x} & \text{if } \text{x} < 3 \\
          2\,\text{x} - 3 & \text{if } \text{x} \ge 3
        \end{cases}
        \]
    """
    names = feature_terms(system, escaped, lambda indicator: f"[{said(indicator, True, escaped, _WORDS)}]")
    rules = printed_rules(system)
    tests = [r" \text{ and } ".join(_relation(r, system, names) for r in relations(rule.conditions)) for rule in rules]
    formulas = []
    if system.decides:
        classes = [escaped(str(decided_class(system, rule))) for rule in rules]
        formulas.append(_formula(r"\text{class}", classes, tests))
    for k, output in enumerate(system.output_names):
        sums = [
            linear_sum(rule.outputs.coef[k], names, rule.outputs.intercept[k], times=r"\,", write=_number)
            for rule in rules
        ]
        formulas.append(_formula(escaped(output), sums, tests))
    zero = ", ".join(escaped(name) for name in counted_as_zero(system))
    if zero:
        formulas.append(f"\\[\n\\text{{counted as 0 where missing: }}{zero}\n\\]\n")
    return "\n".join(formulas)


def _formula(name: str, values: list[str], tests: list[str]) -> str:
    if tests == [""]:
        return f"\\[\n{name} = {values[0]}\n\\]\n"
    cases = " \\\\\n".join(rf"  {value} & \text{{if }} {test}" for value, test in zip(values, tests, strict=True))
    return f"\\[\n{name} = \\begin{{cases}}\n{cases}\n\\end{{cases}}\n\\]\n"


def _number(value: float) -> str:
    fraction = as_fraction(value)
    if fraction is not None:
        return rf"\frac{{{fraction.numerator}}}{{{fraction.denominator}}}"
    mantissa, _, exponent = number(value).partition("e")
    return rf"{mantissa}\cdot 10^{{{int(exponent)}}}" if exponent else mantissa


def _relation(relation: Relation, system: RuleSystem, names: list[str]) -> str:
    indication = relation.indication(system)
    if indication is not None:
        return said(*indication, escaped, _WORDS)
    total = linear_sum(relation.coef, names, 0.0, times=r"\,", write=_number)
    return relation.write(total, lambda v: f"{'-' if v < 0 else ''}{_number(abs(v))}", ("<", r"\le", ">", r"\ge"))
