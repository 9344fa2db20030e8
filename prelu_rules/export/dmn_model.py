"""What a model of DMN is made of: types, cells that it is given, and decisions, each of which needs some of the others.

`xml` writes it with a diagram, in which everything stands below what needs it.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from xml.etree import ElementTree

NAMESPACES = {
    "xmlns": "https://www.omg.org/spec/DMN/20191111/MODEL/",
    "xmlns:dmndi": "https://www.omg.org/spec/DMN/20191111/DMNDI/",
    "xmlns:dc": "http://www.omg.org/spec/DMN/20180521/DC/",
    "xmlns:di": "http://www.omg.org/spec/DMN/20180521/DI/",
    "namespace": "urn:prelu-rules",
}
"""Those of DMN 1.3, and the one that the names of a model are in."""

WIDTH, HEIGHT, BETWEEN = 180, 80, 60
"""Of a shape, and to the next one."""


@dataclass(frozen=True)
class Type:
    """A type with a list of values; `allowed` are literals between commas."""

    name: str
    base: str
    allowed: str


@dataclass(frozen=True)
class Input:
    """A raw cell; `label` is what the user calls it, and `about` what it may be."""

    name: str
    label: str
    type: str
    about: str


@dataclass(frozen=True)
class Table:
    """A decision table with one output.

    Attributes:
        hit_policy: "FIRST" or "UNIQUE".
        inputs: expression and type of each column.
        rows: the tests of each row, one per column, and its output.
    """

    hit_policy: str
    inputs: tuple[tuple[str, str], ...]
    rows: tuple[tuple[tuple[str, ...], str], ...]


@dataclass(frozen=True)
class Decision:
    """A value that is computed.

    Attributes:
        name: an identifier, which is the id as well, since engines differ in what they go by.
        label: what the user calls it.
        type: of the value.
        needs: the names of inputs and earlier decisions.
        logic: an expression, or a table.
        about: a further remark.
    """

    name: str
    label: str
    type: str
    needs: tuple[str, ...]
    logic: str | Table
    about: str = ""


@dataclass(frozen=True)
class Model:
    """Types, inputs and decisions, each after those that it needs."""

    types: tuple[Type, ...]
    inputs: tuple[Input, ...]
    decisions: tuple[Decision, ...]


def xml(model: Model) -> str:
    """A model as a file.

    Args:
        model: the model; its texts hold no characters that XML cannot hold, but for labels.

    Returns:
        DMN 1.3.

    Example:
        >>> one = Decision("twice", "2 x", "number", ("x",), "2 * x")
        >>> text = xml(Model((), (Input("x", "x", "number", "a number"),), (one,)))
        >>> "<text>2 * x</text>" in text
        True
    """
    root = ElementTree.Element("definitions", {"id": "prelu-rules", "name": "rules", **NAMESPACES})
    for kind in model.types:
        item = _add(root, "itemDefinition", {"id": f"{kind.name}-type", "name": kind.name})
        _add(item, "typeRef", text=kind.base)
        _add(_add(item, "allowedValues", {"id": f"{kind.name}-values"}), "text", text=kind.allowed)
    for one in model.inputs:
        _named(root, "inputData", one)
    inputs = {one.name for one in model.inputs}
    for decision in model.decisions:
        element = _named(root, "decision", decision)
        for need in decision.needs:
            requirement = _add(element, "informationRequirement", {"id": _requirement(decision.name, need)})
            _add(requirement, "requiredInput" if need in inputs else "requiredDecision", {"href": f"#{need}"})
        _logic(element, decision)
    _diagram(root, model)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def shown(text: str) -> str:
    r"""A name of the user's, in which what is not printable is escaped.

    Args:
        text: the name.

    Returns:
        Text that XML can hold.

    Example:
        >>> print(shown("a\0b\u202e"))
        a\u0000b\u202e
    """
    return "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in text)


def _add(
    parent: ElementTree.Element, tag: str, attributes: dict[str, str] | None = None, text: str | None = None
) -> ElementTree.Element:
    """A further element within another one."""
    element = ElementTree.SubElement(parent, tag, attributes or {})
    element.text = text
    return element


def _named(root: ElementTree.Element, tag: str, one: Input | Decision) -> ElementTree.Element:
    """An element of the graph, with its variable."""
    element = _add(root, tag, {"id": one.name, "name": one.name, "label": shown(one.label)})
    if one.about:
        _add(element, "description", text=shown(one.about))
    _add(element, "variable", {"id": f"{one.name}-variable", "name": one.name, "typeRef": one.type})
    return element


def _requirement(name: str, need: str) -> str:
    return f"{name}-needs-{need}"


def _logic(element: ElementTree.Element, decision: Decision) -> None:
    """The expression or the table of a decision."""
    name, table = decision.name, decision.logic
    if isinstance(table, str):
        _expression(element, "literalExpression", f"{name}-logic", table, decision.type)
        return
    found = _add(element, "decisionTable", {"id": f"{name}-logic", "hitPolicy": table.hit_policy})
    for place, (text, kind) in enumerate(table.inputs, start=1):
        clause = _add(found, "input", {"id": f"{name}-input-{place}"})
        _expression(clause, "inputExpression", f"{name}-input-{place}-expression", text, kind)
    output = {"id": f"{name}-output", "label": shown(decision.label), "name": name, "typeRef": decision.type}
    _add(found, "output", output)
    for number, (tests, value) in enumerate(table.rows, start=1):
        row = _add(found, "rule", {"id": f"{name}-{number}"})
        for place, test in enumerate(tests, start=1):
            _expression(row, "inputEntry", f"{name}-{number}-input-{place}", test)
        _expression(row, "outputEntry", f"{name}-{number}-output", value)


def _expression(parent: ElementTree.Element, tag: str, identifier: str, text: str, kind: str | None = None) -> None:
    element = _add(parent, tag, {"id": identifier, **({} if kind is None else {"typeRef": kind})})
    _add(element, "text", text=text)


def _diagram(root: ElementTree.Element, model: Model) -> None:
    """A shape for each input and decision, in centred lines by how many steps it takes, and an edge for each need."""
    lines: dict[str, int] = {one.name: 0 for one in model.inputs}
    for decision in model.decisions:
        lines[decision.name] = 1 + max((lines[need] for need in decision.needs), default=0)
    diagram = _add(_add(root, "dmndi:DMNDI"), "dmndi:DMNDiagram", {"id": "prelu-rules-diagram"})
    in_line = Counter(lines.values())
    last, widest = max(in_line), max(in_line.values())
    places: dict[str, tuple[int, int]] = {}
    filled = Counter[int]()
    for name, line in lines.items():
        left = (widest - in_line[line] + 2 * filled[line]) * (WIDTH + BETWEEN) // 2
        places[name] = left, (last - line) * (HEIGHT + BETWEEN)
        filled[line] += 1
        shape = _add(diagram, "dmndi:DMNShape", {"id": f"{name}-shape", "dmnElementRef": name})
        bounds = {"height": HEIGHT, "width": WIDTH, "x": places[name][0], "y": places[name][1]}
        _add(shape, "dc:Bounds", {side: str(length) for side, length in bounds.items()})
    for decision in model.decisions:
        for need in decision.needs:
            reference = _requirement(decision.name, need)
            edge = _add(diagram, "dmndi:DMNEdge", {"id": f"{reference}-edge", "dmnElementRef": reference})
            (x, y), (top_x, top_y) = places[need], places[decision.name]
            for point in ((x + WIDTH // 2, y), (top_x + WIDTH // 2, top_y + HEIGHT)):
                _add(edge, "di:waypoint", dict(zip("xy", map(str, point), strict=True)))
