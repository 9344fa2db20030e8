"""A decision tree as a diagram: boxes of lines, and arrows that say yes or no."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Literal, get_args

from prelu_rules.errors import InvalidValueError
from prelu_rules.export.layout import wrapped
from prelu_rules.export.sentences import Sentences
from prelu_rules.export.spelling import TEXT, Spelling, percent
from prelu_rules.rules.decision_tree import DecisionTree, Leaf
from prelu_rules.rules.on_demand import RulesOnDemand
from prelu_rules.rules.presentation.presentation import PresentedRule
from prelu_rules.rules.presentation.tree import presented_tree
from prelu_rules.rules.rule_system import RuleSystem

WIDTH = 40
"""Columns of a line in a box, where a name does not need more."""

NOTE_WIDTH = 80
"""Columns of a line below the diagram."""

Direction = Literal["down", "right"]
"""Where arrows lead."""


@dataclass(frozen=True)
class Box:
    """A node.

    Attributes:
        name: a word of letters and digits.
        kind: a test, or a rule at the end.
        lines: what stands in it; names in it cannot break lines, and nothing in them is hidden.
    """

    name: str
    kind: Literal["test", "rule"]
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Arrow:
    """What comes next where the answer is yes or no."""

    tail: str
    head: str
    answer: Literal["yes", "no"]


@dataclass(frozen=True)
class Diagram:
    """A decision tree to be drawn.

    Attributes:
        boxes: the root first.
        arrows: of each test the one of yes first.
        notes: what is true of all of it.
    """

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    notes: tuple[str, ...]


def diagram_of(system: RuleSystem | RulesOnDemand, everywhere: bool = True, spelling: Spelling = TEXT) -> Diagram:
    """The decision tree of rules as a diagram.

    Args:
        system: the rules.
        everywhere: whether the tree is right for every row, or for those of the domain; see `decision_tree`.
        spelling: how names, numbers and signs are written.

    Returns:
        A box for each node of the tree, in its order.

    Raises:
        InvalidValueError: if these are rules on demand, or the tree has too many nodes.
        SolverError: if the linear programming solver fails.

    Example:
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-200], C=[[0.1]], D=[[0.15]], e=[10], slopes=[0])
        >>> rules = extract_rules(form, feature_names=["kwh"], output_names=["price"])
        >>> [box.lines for box in diagram_of(rules).boxes]
        [('kwh >= 200',), ('rule 2', 'price = -20 + 0.25*kwh'), ('rule 1', 'price = 10 + 0.1*kwh')]
    """
    if not isinstance(system, RuleSystem):
        raise InvalidValueError(
            "rules on demand are not listed, so they have no decision tree; extract the rules, or export 'compact'."
        )
    tree = system.tree(everywhere)
    drawn = presented_tree(tree)
    said = Sentences(drawn.presentation, spelling)
    names = _names(tree)
    boxes, arrows = [], []
    for place, (name, node) in enumerate(zip(names, tree.nodes, strict=True)):
        if isinstance(node, Leaf):
            lines = ["no rule"] if node.rule is None else _rule(said, drawn.rules[node.rule])
            boxes.append(Box(name, "rule", tuple(lines)))
            continue
        conditions = said.phrases.conditions(drawn.tests[place])
        boxes.append(Box(name, "test", tuple(wrapped(conditions, "", "    ", WIDTH))))
        arrows += [Arrow(name, names[node.yes], "yes"), Arrow(name, names[node.no], "no")]
    return Diagram(tuple(boxes), tuple(arrows), tuple(_notes(said)))


def check_direction(direction: str) -> None:
    """Refuse a direction that there is not.

    Args:
        direction: "down" or "right".

    Raises:
        InvalidValueError: if it is another word.

    Example:
        >>> check_direction("down")
    """
    if direction not in get_args(Direction):
        raise InvalidValueError(f"direction is {direction!r:.80}; it must be 'down' or 'right'.")


def _names(tree: DecisionTree) -> list[str]:
    """A name for each node: tests are numbered as they are read, rules are called by their numbers."""
    numbers = count(1)
    return [f"rule{node.rule or 0}" if isinstance(node, Leaf) else f"test{next(numbers)}" for node in tree.nodes]


def _rule(said: Sentences, rule: PresentedRule) -> list[str]:
    """What a rule says, and how many rows it covers."""
    lines = [f"rule {rule.number}"]
    if rule.decision is not None:
        lines.append(f"class = {said.spelling.level(rule.decision)}")
    else:
        for name, output in zip(said.presentation.output_names, rule.outputs, strict=True):
            lines += wrapped(said.phrases.output(output.total), f"{said.spelling.name(name)} = ", "    ", WIDTH)
    n_rows = said.presentation.n_rows
    if rule.count is not None and n_rows is not None:
        rows = "row" if n_rows == 1 else "rows"
        lines.append(f"{rule.count} of {n_rows} {rows}, {percent(rule.count / max(n_rows, 1))}")
    return lines


def _notes(said: Sentences) -> list[str]:
    """Which class the outputs mean, and what is true of all numbers."""
    blocks = [said.class_of_logits(), *said.notes()]
    return [line for block in blocks if block for line in wrapped(block, "", "    ", NOTE_WIDTH)]
