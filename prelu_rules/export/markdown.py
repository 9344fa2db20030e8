"""A Markdown table, one row per rule."""

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

_SPECIAL = r"\`*_{}[]<>()#+-.!|$~&"


def escaped(name: str) -> str:
    r"""A name without any meaning in Markdown.

    Args:
        name: any text.

    Returns:
        The text with every special character escaped and line breaks as spaces.

    Example:
        >>> print(escaped("a|b_c"))
        a\|b\_c
    """
    return "".join(f"\\{c}" if c in _SPECIAL else c for c in " ".join(name.split()))


def write(system: RuleSystem) -> str:
    """The rules as a table.

    Args:
        system: the rules.

    Returns:
        A pipe table with the conditions, the number of rows where there are counts, the class of decision rules, and a
        column per output.

    Example:
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-3], C=[[1]], D=[[1]], e=[0], slopes=[0])
        >>> print(write(extract_rules(form, feature_names=["age"], output_names=["cost"])), end="")
        | rule | if | cost |
        |---:|---|---|
        | 1 | age < 3 | age |
        | 2 | age ≥ 3 | 2 age - 3 |
    """
    names = feature_terms(system, escaped, lambda indicator: rf"\[{said(indicator, True, escaped)}\]")
    counted = system.n_rows is not None
    header = ["rule", *(["rows"] if counted else []), "if", *(["class"] if system.decides else [])]
    header += [escaped(name) for name in system.output_names]
    alignment = ["---:"] * (1 + counted) + ["---"] * (len(header) - 1 - counted)
    lines = [_line(header), f"|{'|'.join(alignment)}|"]
    for index, rule in enumerate(printed_rules(system), start=1):
        conditions = " and ".join(_relation(relation, system, names) for relation in relations(rule.conditions))
        decision = [escaped(str(decided_class(system, rule)))] if system.decides else []
        outputs = [
            linear_sum(coef, names, constant, times=" ")
            for coef, constant in zip(rule.outputs.coef, rule.outputs.intercept, strict=True)
        ]
        lines.append(
            _line([str(index), *([str(rule.count)] if counted else []), conditions or "always", *decision, *outputs])
        )
    zero = ", ".join(map(escaped, counted_as_zero(system)))
    lines += ["", f"Counted as 0 where missing: {zero}"] if zero else []
    return "\n".join(lines) + "\n"


def _relation(relation: Relation, system: RuleSystem, names: list[str]) -> str:
    indication = relation.indication(system)
    if indication is not None:
        return said(*indication, escaped, Words("=", "≠"))
    return relation.write(linear_sum(relation.coef, names, 0.0, times=" "), number, ("<", "≤", "\\>", "≥"))


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
