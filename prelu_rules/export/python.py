"""Python source without imports: a function that predicts one row."""

from __future__ import annotations

import keyword
import unicodedata
from collections.abc import Iterable

from prelu_rules.errors import InvalidValueError
from prelu_rules.export.terms import decided_class, linear_sum
from prelu_rules.rules.rule import Condition
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.rules.short_numbers import as_fraction


def identifiers(names: Iterable[str]) -> list[str]:
    """Distinct Python identifiers that look like the names.

    Args:
        names: any texts.

    Returns:
        One identifier per name.

    Example:
        >>> identifiers(["age", "body mass (kg)", "class", "1st", "body mass [kg]"])
        ['age', 'body_mass_kg', 'class_', '_1st', 'body_mass_kg_2']
    """
    result: list[str] = []
    for name in names:
        # Python itself reads identifiers in this normal form, so names that differ before may not differ in it.
        plain = unicodedata.normalize("NFKC", name)
        word = "".join(c if f"x{c}".isidentifier() else " " for c in plain)
        word = "_".join(word.replace("_", " ").split()) or "x"
        word = word if word.isidentifier() else f"_{word}"
        word = f"{word}_" if keyword.iskeyword(word) else word
        candidate, number = word, 2
        while candidate in result:
            candidate, number = f"{word}_{number}", number + 1
        result.append(candidate)
    return result


def write(system: RuleSystem, function: str = "predict") -> str:
    """A function of one row, with every number in full.

    Off the domain, where no rule needs to hold, it raises a `ValueError` if none does.

    Args:
        system: the rules.
        function: the name of the function, a Python identifier.

    Returns:
        Python source without imports. The function takes one float per feature, in order or by name, and returns
        a dict of the outputs by name. Decision rules come with a second one, `predict_class`, that returns the class.

    Raises:
        InvalidValueError: if the function cannot be called so.

    Example:
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-3], C=[[1]], D=[[1]], e=[0], slopes=[0])
        >>> scope = {}
        >>> exec(write(extract_rules(form, feature_names=["age"], output_names=["cost"])), scope)
        >>> scope["predict"](age=5.0)
        {'cost': 7.0}
    """
    if not function.isidentifier() or keyword.iskeyword(function):
        raise InvalidValueError(f"function is {function!r}, which is no Python identifier; choose another name.")
    names = identifiers(system.feature_names)
    outputs: list[list[str]] = []
    for rule in system.rules:
        outputs.append(["return {"])
        for k, name in enumerate(system.output_names):
            value = linear_sum(rule.outputs.coef[k], names, rule.outputs.intercept[k], write=_number)
            outputs[-1].append(f"    {name!r}: {value},")
        outputs[-1].append("}")
    source = _function(system, function, "Predict one row from these features:", outputs)
    if system.decides:
        classes = [[f"return {decided_class(system, rule)!r}"] for rule in system.rules]
        source += "\n\n" + _function(system, f"{function}_class", "The class of one row with these features:", classes)
    return source


def _function(system: RuleSystem, function: str, summary: str, results: list[list[str]]) -> str:
    names = identifiers(system.feature_names)
    lines = [f"def {function}({', '.join(names)}):", f'    """{summary}', ""]
    lines += [f"    {word}: {_comment(name)}" for word, name in zip(names, system.feature_names, strict=True)]
    lines.append('    """')
    for rule, result in zip(system.rules, results, strict=True):
        test = " and ".join(_condition(c, names) for c in rule.conditions)
        if test:
            lines.append(f"    if {test}:")
        lines += [f"{'        ' if test else '    '}{line}" for line in result]
    if all(rule.conditions for rule in system.rules):
        lines.append('    raise ValueError("no rule covers this row")')
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    # Divided out it is the same float, so the fraction that is shorter to read is as exact.
    return str(as_fraction(value) or repr(value))


def _comment(name: str) -> str:
    # A plain word as it is; anything else as Python would write it, without ending the docstring.
    return name if name.isidentifier() else repr(name).replace('"', '\\"')


def _condition(condition: Condition, names: list[str]) -> str:
    side = ">=" if condition.nonnegative else "<"
    return f"{linear_sum(condition.coef, names, condition.intercept, write=_number)} {side} 0"
