"""What drawn decision trees are compared with: the tree as a value, and what its boxes are meant to say."""

from functools import cache
from typing import NamedTuple

import executed
import networks
import numpy as np

from prelu_rules.columns.column import Column
from prelu_rules.export.diagram import diagram_of
from prelu_rules.export.spelling import TEXT
from prelu_rules.rules.decision_tree import Leaf
from prelu_rules.rules.extraction import extract_rules

MORE_PAIRS = (
    ("<img src=x onerror=fired()>", "<a href='javascript:fired()'>x</a>"),
    ('"] click test1 call fired()', "end"),
    ("`**bold** _it_`", "1. list"),
    ("- list", "+ list"),
    ("https://example.org/x", "someone@example.org"),
    ("www.example.org", "fa:fa-car"),
    ("$$x^2$$", "#35; #quot; &quot; &#35;"),
    ("ﬂ°°60¶ß", "\\l \\N \\G"),
    ("%%{init: {}}%%", "style a:b#c;"),
    ("classDef x fill:#f00;", "%% comment"),
    ("a  b", "a   b"),
    ("subgraph", "default"),
    ("<br/>", "<b>bold</b>"),
    ("}|", "{{"),
    ('<table border="0">', "<U>under</U>"),
)
"""Names that mean something to Graphviz, Mermaid, Markdown or a browser."""


class Drawn(NamedTuple):
    """What a consumer drew: lines of text by the name of the box, and where arrows lead by tail and answer."""

    boxes: dict[str, list[str]]
    arrows: dict[tuple[str, str], str]


@cache
def systems():
    """All cases, rules of rows, and hostile names but the longest, by name."""
    found = {name: executed.case(name).system for name in executed.NAMES}
    found |= {"four rules": four_rules(), "classes": classes()}
    pairs = [pair for pair in (*executed.PAIRS, *MORE_PAIRS) if executed.LONG not in pair[0]]
    return found | {executed.pair_id(pair): hostile(*pair) for pair in pairs}


def too_long():
    """Rules with names of 10,000 characters."""
    return [hostile(*pair) for pair in executed.PAIRS if executed.LONG in pair[0]]


def four_rules():
    """Rules that were counted on rows, so that numbers are short."""
    x = np.random.default_rng(0).normal(size=(480, 3))
    form = networks.random_form(1, (3, 2, 1), (0.0,))
    return extract_rules(form, x, feature_names=["kwh", "age", "size"], output_names=["price"])


def classes():
    """Decision rules that were counted on rows."""
    x = np.random.default_rng(0).normal(size=(480, 3))
    form = networks.random_form(2, (3, 3, 3))
    rules = extract_rules(form, x, feature_names=["kwh", "age", "size"], classes=["low", "middle", "high"])
    return rules.decision_rules(x=x)


def hostile(first, second):
    """Rules whose columns, levels, outputs and classes are all called by two names, which all are in the boxes."""
    columns = (Column(first), Column(second, "category", (first, second), missing=True))
    form = networks.random_form(11, (4, 1, 2))
    rules = extract_rules(form, columns=columns, output_names=(second, first), classes=(first, second))
    # The test of a level alone, and a class.
    return rules if len(first) % 2 else rules.decision_rules()


@cache
def meant(name, spelling=TEXT):
    """The tree of one of the systems, and its diagram."""
    return systems()[name].tree(), diagram_of(systems()[name], spelling=spelling)


def check(name, drawn, spelling=TEXT):
    """Compare what was drawn of one of the systems with the tree and with what its boxes are meant to say."""
    tree, diagram = meant(name, spelling)
    assert drawn.boxes == {box.name: list(box.lines) for box in diagram.boxes}
    assert len(drawn.boxes) == len(tree.nodes)
    assert len(drawn.arrows) == 2 * sum(not isinstance(node, Leaf) for node in tree.nodes)
    [root] = set(drawn.boxes) - set(drawn.arrows.values())
    same = {0: root}
    for place, node in enumerate(tree.nodes):
        name = same[place]
        if isinstance(node, Leaf):
            assert drawn.boxes[name][0] == ("no rule" if node.rule is None else f"rule {node.rule}")
            continue
        for answer, child in (("yes", node.yes), ("no", node.no)):
            assert same.setdefault(child, drawn.arrows[name, answer]) == drawn.arrows[name, answer]
    assert len(set(same.values())) == len(tree.nodes)
