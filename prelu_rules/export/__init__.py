"""Rules in other languages: a registry with one file per target.

A target is a function from a `RuleSystem`, with options of its own, to text. Users add theirs with `register`.
"""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from typing import Any

from prelu_rules.errors import InvalidValueError
from prelu_rules.export import compact, json, latex, markdown, python, text
from prelu_rules.files import write_text
from prelu_rules.rules.on_demand import RulesOnDemand
from prelu_rules.rules.rule_system import RuleSystem

Exporter = Callable[..., str]

_exporters: dict[str, Exporter] = {
    "text": text.write,
    "compact": compact.write,
    "markdown": markdown.write,
    "latex": latex.write,
    "json": json.write,
    "python": python.write,
}


def targets() -> tuple[str, ...]:
    """The names of all export targets, those that users registered included.

    Returns:
        The names, in order of registration.

    Example:
        >>> "python" in targets()
        True
    """
    return tuple(_exporters)


def register(target: str, exporter: Exporter) -> None:
    """Add an export target.

    Args:
        target: its name, not yet taken.
        exporter: a function that takes a `RuleSystem` and keyword options and returns text.

    Raises:
        InvalidValueError: if there is such a target already.

    Example:
        >>> register("size", lambda system: f"{len(system)} rules")
        >>> "size" in targets()
        True
    """
    if target in _exporters:
        raise InvalidValueError(f"there is an export target {target!r} already; choose another name.")
    _exporters[target] = exporter


def check_target(target: str) -> None:
    """Refuse a target that does not exist.

    Args:
        target: a name.

    Raises:
        InvalidValueError: if there is no such target.

    Example:
        >>> check_target("latex")
    """
    if target not in _exporters:
        raise InvalidValueError(f"there is no export target {target!r}; choose one of {', '.join(targets())}.")


def export(
    system: RuleSystem | RulesOnDemand, target: str, path: str | PathLike[str] | None = None, **options: Any
) -> str:
    """Write rules in another language.

    Args:
        system: the rules; of rules on demand only "compact" can be written.
        target: one of `targets()`.
        path: a file to write as well; it appears whole or not at all.
        options: what the target takes.

    Returns:
        The text.

    Raises:
        InvalidValueError: if there is no such target.
        DataError: if the file cannot be written.

    Example:
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-3], C=[[1]], D=[[1]], e=[0], slopes=[0])
        >>> print(export(extract_rules(form), "compact"), end="")
        out1 = in1 + max(0, in1 - 3)
    """
    check_target(target)
    result = _exporters[target](system, **options)
    if path is not None:
        write_text(path, result)
    return result
