"""Rules in other languages: a registry with one file per target.

A target is a function from a `RuleSystem`, with options of its own, to text or the bytes of a file. Users add theirs
with `register`.
"""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from types import MappingProxyType
from typing import Any, overload

from prelu_rules.export.built_in import TARGETS
from prelu_rules.export.keras import keras_model as keras_model
from prelu_rules.export.keras_names import keras_names as keras_names
from prelu_rules.export.table import to_pandas as to_pandas
from prelu_rules.export.table import to_polars as to_polars
from prelu_rules.export.target import BinaryTarget as BinaryTarget
from prelu_rules.export.target import Exporter, Target
from prelu_rules.export.text_reader import read
from prelu_rules.files import write_bytes, write_text
from prelu_rules.registry import Registry
from prelu_rules.rules.on_demand import RulesOnDemand
from prelu_rules.rules.rule_system import RuleSystem

_targets: Registry[str, Target] = Registry("export target", TARGETS)


read_text = read
"""Rules that were printed as text, or written by hand; see `text_reader.read`."""


def targets() -> Mapping[str, Target]:
    """All export targets by name, those that users registered included.

    Returns:
        What each target is, needs and cannot do, in order of registration.

    Example:
        >>> targets()["python"].needs, targets()["python"].options
        ('Python', ('function', 'shape'))
    """
    return MappingProxyType({name: _targets[name] for name in _targets})


def register(target: str, exporter: Exporter | Target) -> None:
    """Add an export target; one that was registered under the same name is replaced.

    Args:
        target: its name; not that of a target of the package.
        exporter: a function that takes a `RuleSystem` and keyword options and returns text or bytes; or a `Target`,
            which also says what users have to know.

    Raises:
        InvalidValueError: if the package itself has a target of this name.

    Example:
        >>> register("size", lambda system: f"{len(system)} rules")
        >>> "size" in targets()
        True
    """
    _targets.register(target, exporter if isinstance(exporter, Target) else Target(exporter))


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
    _targets.unregister(target)


def check_target(target: str) -> None:
    """Refuse a target that does not exist.

    Args:
        target: a name.

    Raises:
        InvalidValueError: if there is no such target; it names the nearest one.

    Example:
        >>> check_target("latex")
    """
    _targets[target]


@overload
def export(
    system: RuleSystem | RulesOnDemand, target: BinaryTarget, path: str | PathLike[str] | None = None, **options: Any
) -> bytes: ...


@overload
def export(
    system: RuleSystem | RulesOnDemand, target: str, path: str | PathLike[str] | None = None, **options: Any
) -> str: ...


def export(
    system: RuleSystem | RulesOnDemand, target: str, path: str | PathLike[str] | None = None, **options: Any
) -> str | bytes:
    """Write rules in another language.

    Args:
        system: the rules; of rules on demand only "compact" can be written.
        target: one of `targets()`.
        path: a file to write as well; it appears whole or not at all.
        options: what the target takes.

    Returns:
        The text, or the bytes of a file; see `BinaryTarget`.

    Raises:
        InvalidValueError: if there is no such target, or it does not take an option.
        DataError: if the file cannot be written.

    Example:
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-3], C=[[1]], D=[[1]], e=[0], slopes=[0])
        >>> print(export(extract_rules(form), "compact"), end="")
        out1 = in1 + max(0, in1 - 3)
    """
    found = _targets[target]
    found.check_options(target, options)
    result = found.write(system, **options)
    if path is not None:
        write_bytes(path, result) if isinstance(result, bytes) else write_text(path, result)
    return result
