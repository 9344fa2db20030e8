"""Python source without imports: a function that predicts one row."""

from __future__ import annotations

import keyword
import unicodedata
from collections.abc import Iterable

from prelu_rules.columns.column import Column
from prelu_rules.errors import InvalidValueError
from prelu_rules.export.terms import decided_class, linear_sum
from prelu_rules.rules.rule import Condition
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.rules.short_numbers import as_fraction


def identifiers(names: Iterable[str]) -> list[str]:
    """Distinct Python identifiers that resemble the names.

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
        # Python normalises identifiers in this way, so names must still differ after it.
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
    """A function for one row, with every number in full precision.

    If no rule applies to a row, which can only happen off the domain, it raises a `ValueError`; so it does for a level
    that did not occur in training.

    Args:
        system: the rules.
        function: the name of the function, a Python identifier.

    Returns:
        Python source without imports. The function takes one cell per column, by position or by name, None if it is
        missing, and returns a dict of the outputs by name. For decision rules there is a second function,
        `predict_class`, that returns the class.

    Raises:
        InvalidValueError: if the name is not a Python identifier.

    Example:
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-3], C=[[1]], D=[[1]], e=[0], slopes=[0])
        >>> scope: dict = {}
        >>> exec(write(extract_rules(form, feature_names=["age"], output_names=["cost"])), scope)
        >>> scope["predict"](age=5.0)
        {'cost': 7.0}
    """
    if not function.isidentifier() or keyword.iskeyword(function):
        raise InvalidValueError(f"function is {function!r}, which is not a Python identifier; choose another name.")
    _, names = _words(system)
    outputs: list[list[str]] = []
    for rule in system.rules:
        outputs.append(["return {"])
        for k, name in enumerate(system.output_names):
            value = linear_sum(rule.outputs.coef[k], names, rule.outputs.intercept[k], write=_number)
            outputs[-1].append(f"    {name!r}: {value},")
        outputs[-1].append("}")
    source = _function(system, function, "Predict one row from these columns:", outputs)
    if system.decides:
        classes = [[f"return {decided_class(system, rule)!r}"] for rule in system.rules]
        source += "\n\n" + _function(system, f"{function}_class", "The class of one row with these columns:", classes)
    return source


def _words(system: RuleSystem) -> tuple[list[str], list[str]]:
    """The variable name of each column and each feature in the source; that of a number is that of its column."""
    new = [feature.name for feature in system.features if feature.says in ("level", "missing")]
    words = identifiers([*(column.name for column in system.columns), *new])
    columns, rest = words[: len(system.columns)], iter(words[len(system.columns) :])
    of_column = dict(zip((column.name for column in system.columns), columns, strict=True))
    return columns, [
        next(rest) if feature.says in ("level", "missing") else of_column[feature.column] for feature in system.features
    ]


def _function(system: RuleSystem, function: str, summary: str, results: list[list[str]]) -> str:
    columns, names = _words(system)
    lines = [f"def {function}({', '.join(columns)}):", f'    """{summary}', ""]
    lines += [f"    {word}: {_comment(column, word)}" for word, column in zip(columns, system.columns, strict=True)]
    lines.append('    """')
    place = 0
    for word, column in zip(columns, system.columns, strict=True):
        lines += [f"    {line}" for line in _encoded(column, word, names[place : place + len(column.features)])]
        place += len(column.features)
    for rule, result in zip(system.rules, results, strict=True):
        test = " and ".join(_condition(c, names) for c in rule.conditions)
        if test:
            lines.append(f"    if {test}:")
        lines += [f"{'        ' if test else '    '}{line}" for line in result]
    if all(rule.conditions for rule in system.rules):
        lines.append('    raise ValueError("no rule covers this row")')
    return "\n".join(lines) + "\n"


def _encoded(column: Column, word: str, names: list[str]) -> list[str]:
    """Lines that compute the features of a column from its cell."""
    lines = []
    if column.missing:
        # A missing number may be None or NaN, which is not equal to itself.
        lines.append(f"{names[-1]} = {word} is None or {word} != {word}")
    if column.kind == "category":
        known = f"{word} not in {column.levels!r}"
        lines.append(f"if not {names[-1]} and {known}:" if column.missing else f"if {known}:")
        lines.append(f'    raise ValueError(f"{word} is {{{word}!r}}, which no training row had")')
        lines += [f"{name} = {word} == {level!r}" for name, level in zip(names, column.levels, strict=False)]
    elif column.missing:
        lines.append(f"{word} = 0.0 if {names[-1]} else {word}")
    return lines


def _number(value: float) -> str:
    # The quotient is the same float, so the shorter fraction is equally exact.
    return str(as_fraction(value) or repr(value))


def _comment(column: Column, word: str) -> str:
    """The allowed values of a cell, and the name of the column if its variable has another name."""
    kinds = {"number": "a number", "integer": "a whole number", "yes/no": "True or False"}
    what = kinds.get(column.kind) or f"one of {', '.join(map(repr, column.levels))}"
    text = what if column.name == word else f"{column.name!r}, {what}"
    text += ", or None where it is missing" if column.missing else ""
    # It must not end the docstring.
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _condition(condition: Condition, names: list[str]) -> str:
    side = ">=" if condition.nonnegative else "<"
    return f"{linear_sum(condition.coef, names, condition.intercept, write=_number)} {side} 0"
