"""Rules in other languages: a registry with one file per target.

A target is a function from a `RuleSystem`, with options of its own, to text. Users add theirs with `register`.
"""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from typing import Any

from prelu_rules.export import compact, html, json, latex, markdown, paper, python, text
from prelu_rules.export.text_reader import read
from prelu_rules.files import write_text
from prelu_rules.registry import Registry
from prelu_rules.rules.on_demand import RulesOnDemand
from prelu_rules.rules.rule_system import RuleSystem

Exporter = Callable[..., str]

_exporters: Registry[str, Exporter] = Registry(
    "export target",
    {
        "text": text.write,
        "compact": compact.write,
        "html": html.write,
        "markdown": markdown.write,
        "latex": latex.write,
        "json": json.write,
        "python": python.write,
        "paper": paper.write,
    },
)


read_text = read
"""Rules that were printed as text, or written by hand; see `text_reader.read`."""


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
    """Add an export target; one that was registered under the same name is replaced.

    Args:
        target: its name; not that of a target of the package.
        exporter: a function that takes a `RuleSystem` and keyword options and returns text.

    Raises:
        InvalidValueError: if the package itself has a target of this name.

    Example:
        >>> register("size", lambda system: f"{len(system)} rules")
        >>> "size" in targets()
        True
    """
    _exporters.register(target, exporter)


def unregister(target: str) -> None:
    """Remove an export target that was registered.

    Args:
        target: its name.

    Raises:
        InvalidValueError: if there is no such target, or it is one of the package.

    Example:
        >>> register("size", lambda system: f"{len(system)} rules")
        >>> unregister("size")
        >>> "size" in targets()
        False
    """
    _exporters.unregister(target)


def check_target(target: str) -> None:
    """Refuse a target that does not exist.

    Args:
        target: a name.

    Raises:
        InvalidValueError: if there is no such target; it names the nearest one.

    Example:
        >>> check_target("latex")
    """
    _exporters[target]


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
    result = _exporters[target](system, **options)
    if path is not None:
        write_text(path, result)
    return result
