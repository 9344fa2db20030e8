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
    dmn,
    excel,
    graphviz,
    html,
    javascript,
    json,
    julia,
    keras,
    latex,
    markdown,
    mermaid,
    onnx,
    pandas,
    paper,
    pmml,
    polars,
    python,
    r,
    rust,
    sql,
    sympy,
    table,
    text,
)
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
        "dmn": Target(
            dmn.write,
            "a decision model, DMN 1.3 with FEEL",
            "a modeler or engine of DMN",
            ("list", "formula"),
            "levels and classes without control characters",
        ),
        "javascript": Target(
            javascript.write,
            "an ES module, or its types for TypeScript",
            "a browser or node",
            ("list", "formula"),
            "whole numbers as levels and classes up to 2^53",
        ),
        "julia": Target(
            julia.write,
            "a function of one row, without packages",
            "Julia",
            ("list", "formula"),
            "not yet run by Julia itself; parsed by a grammar of Julia, and computed from that",
        ),
        "keras": Target(
            keras.write,
            "the network as a Keras model, from columns or features",
            "Keras 3, with TensorFlow where columns hold texts",
            ("formula",),
            "no rules that came without a network",
        ),
        "polars": Target(
            polars.write,
            "a module of expressions, for DataFrame and LazyFrame",
            "polars 1.40",
            ("list", "formula"),
            "of integers only those that a double is equal to",
        ),
        "pandas": Target(pandas.write, "a module for a DataFrame", "pandas 2.2 and NumPy 2", ("list", "formula")),
        "r": Target(
            r.write, "a function of a data frame, without packages", "R 4.0", ("list", "formula"), "names without NUL"
        ),
        "onnx": Target(
            onnx.write,
            "a model in doubles of columns or encoded features",
            "onnx to be written; onnxruntime or another runtime",
            ("list", "formula"),
            "columns with names; columns, text levels and classes without NUL",
        ),
        "rust": Target(
            rust.write,
            "a module without crates",
            "Rust",
            ("list", "formula"),
            "whole numbers as levels and classes up to 2^53",
        ),
        "sql": Target(
            sql.write,
            "a query, a view or expressions",
            "a database",
            ("list", "formula"),
            "names that the dialect tells apart and can hold, none with NUL; deeply nested bends only as a query",
        ),
        "table": Target(table.write, "a line of CSV for each rule", "a spreadsheet, or pandas", ("list",)),
        "sympy": Target(
            sympy.write,
            "Python source of SymPy expressions of the features",
            "SymPy",
            ("list", "formula"),
            "symbols stand for features, 1 or 0 for a level or a missing cell, rather than for cells",
        ),
        "excel": Target(
            excel.write,
            "a workbook with live formulas (.xlsx)",
            "a spreadsheet; XlsxWriter writes it",
            ("list", "formula"),
            "Excel compares 15 digits; names without NUL, of at most 32,767 characters; no empty level or class",
        ),
        "pmml": Target(
            pmml.write,
            "a PMML 4.4 document",
            "a program that evaluates PMML, such as JPMML or PMML4S",
            ("list", "formula"),
            "names without NUL and what else XML does not have",
        ),
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
