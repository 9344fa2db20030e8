"""Rules in other languages: a registry with one file per target.

A target is a function from a `RuleSystem`, with options of its own, to text or the bytes of a file. Users add theirs
with `register`.
"""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from types import MappingProxyType
from typing import Any, overload

from prelu_rules.export import (
    c,
    compact,
    graphviz,
    html,
    javascript,
    json,
    julia,
    latex,
    markdown,
    mermaid,
    paper,
    python,
    r,
    rust,
    sql,
    text,
)
from prelu_rules.export.target import BinaryTarget as BinaryTarget
from prelu_rules.export.target import Exporter, Target
from prelu_rules.export.text_reader import read
from prelu_rules.files import write_bytes, write_text
from prelu_rules.registry import Registry
from prelu_rules.rules.on_demand import RulesOnDemand
from prelu_rules.rules.rule_system import RuleSystem

_targets: Registry[str, Target] = Registry(
    "export target",
    {
        "text": Target(text.write, "for people, and read back by the package", shapes=("list", "formula")),
        "compact": Target(compact.write, "one formula for each output", shapes=("formula",)),
        "html": Target(html.write, "formula and rules as a fragment of a page", "a browser or a notebook", ("list",)),
        "markdown": Target(markdown.write, "a table of the rules", "a Markdown viewer", ("list",)),
        "latex": Target(latex.write, "formulas by cases", "LaTeX with amsmath, or MathJax", ("list",)),
        "graphviz": Target(
            graphviz.write,
            "a decision tree in DOT",
            "Graphviz",
            ("list",),
            "trees of at most 1,000 nodes, lines of at most 1,000 characters",
        ),
        "mermaid": Target(
            mermaid.write,
            "a decision tree as a flowchart",
            "Mermaid, as on GitHub",
            ("list",),
            "500 edges and 50,000 characters, which is what Mermaid draws",
        ),
        "json": Target(json.write, "everything, to be read back by the package", shapes=("list",)),
        "python": Target(python.write, "functions of one row, without imports", "Python", ("list", "formula")),
        "c": Target(
            c.write,
            "a C99 function of one row, its header, or a program that reads CSV",
            "a compiler of C99 with IEEE doubles",
            ("list", "formula"),
            "levels and classes without NUL, of at most 4,095 bytes",
        ),
        "javascript": Target(
            javascript.write, "an ES module, or its types for TypeScript", "a browser or node", ("list", "formula")
        ),
        "julia": Target(
            julia.write,
            "a function of one row, without packages",
            "Julia",
            ("list", "formula"),
            "not yet run by Julia itself; parsed by a grammar of Julia, and computed from that",
        ),
        "r": Target(
            r.write, "a function of a data frame, without packages", "R 4.0", ("list", "formula"), "names without NUL"
        ),
        "rust": Target(rust.write, "a module without crates", "Rust", ("list", "formula")),
        "sql": Target(sql.write, "a query, a view or expressions", "a database", ("list", "formula")),
        "paper": Target(paper.write, "the paper's text format, and read back by the package", shapes=("list",)),
    },
)


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
