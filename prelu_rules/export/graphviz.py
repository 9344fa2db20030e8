"""Rules as a decision tree in DOT, the language of Graphviz."""

from __future__ import annotations

from collections.abc import Sequence

from prelu_rules.errors import InvalidValueError
from prelu_rules.export.diagram import Arrow, Box, Diagram, Direction, check_direction, diagram_of
from prelu_rules.rules.on_demand import RulesOnDemand
from prelu_rules.rules.rule_system import RuleSystem

WIDEST_LINE, WIDEST = 1000, 25_000
"""Characters of a line, and of the widest lines of all rules together; Graphviz gives up at 65,535 points."""

_RANKS: dict[Direction, str] = {"down": "TB", "right": "LR"}

_STYLES = {"test": 'style="rounded"', "rule": 'style="filled"'}

_START = """\
digraph rules {{
    graph [rankdir={rank}, ordering=out, fontname="Helvetica", fontsize=10, nodesep=0.3, ranksep=0.4{notes}]
    node [shape=box, fontname="Helvetica", fontsize=11, margin="0.12,0.06", color="#5b6b7b", fillcolor="#eaf1f8"]
    edge [fontname="Helvetica", fontsize=10, color="#5b6b7b", arrowsize=0.7]
"""


def write(system: RuleSystem | RulesOnDemand, direction: Direction = "down", everywhere: bool = True) -> str:
    r"""A decision tree in DOT: tests with arrows for yes and no, and each rule once.

    Args:
        system: the rules.
        direction: where arrows lead, "down" or "right".
        everywhere: whether the tree is right for every row; otherwise it leaves out tests that all rows of the domain
            of the rules pass.

    Returns:
        A `digraph`; `dot -Tsvg` draws it. Tests are called test1, test2, ..., rules by their numbers, and rule0 stands
        where no rule holds.

    Raises:
        InvalidValueError: if these are rules on demand, there is no such direction, the tree has more than 1,000
            nodes, or it is wider than Graphviz draws.
        SolverError: if the linear programming solver fails.

    Example:
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-200], C=[[0.1]], D=[[0.15]], e=[10], slopes=[0])
        >>> dot = write(extract_rules(form, feature_names=["kwh"], output_names=["price"]))
        >>> print("\n".join(dot.splitlines()[4:]))
            test1 [label="kwh >= 200", style="rounded"]
            rule2 [label="rule 2\lprice = -20 + 0.25*kwh\l", style="filled"]
            rule1 [label="rule 1\lprice = 10 + 0.1*kwh\l", style="filled"]
            test1 -> rule2 [label=" yes "]
            test1 -> rule1 [label=" no "]
        }
    """
    check_direction(direction)
    diagram = diagram_of(system, everywhere)
    _check_width(diagram)
    notes = f", labelloc=b, labeljust=l, label={_label(diagram.notes, left=True)}" if diagram.notes else ""
    lines = [*map(_box, diagram.boxes), *map(_arrow, diagram.arrows)]
    return _START.format(rank=_RANKS[direction], notes=notes) + "".join(f"    {line}\n" for line in lines) + "}\n"


def escaped(text: str) -> str:
    r"""A text that stands for itself in a label in double quotes.

    Args:
        text: any text in one line.

    Returns:
        The text in which quotes, backslashes, and what would be read as a character of HTML are escaped.

    Example:
        >>> print(escaped(r'say "a\n" & c'))
        say \"a\\n\" &amp; c
    """
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")


def _check_width(diagram: Diagram) -> None:
    """Refuse what Graphviz would not draw."""
    longest = max((line for box in diagram.boxes for line in box.lines), key=len)
    if len(longest) > WIDEST_LINE:
        raise InvalidValueError(
            f"the line {longest!r:.80} has {len(longest)} characters, but Graphviz draws at most {WIDEST_LINE} in one; "
            "shorten names."
        )
    width = sum(max(map(len, box.lines)) for box in diagram.boxes if box.kind == "rule")
    if width > WIDEST:
        raise InvalidValueError(
            f"the rules are {width} characters wide side by side, but Graphviz draws at most {WIDEST}; shorten names, "
            "or train on until fewer units are left."
        )


def _box(box: Box) -> str:
    return f"{box.name} [label={_label(box.lines, left=len(box.lines) > 1)}, {_STYLES[box.kind]}]"


def _arrow(arrow: Arrow) -> str:
    # Spaces keep it off the line that it stands beside.
    return f'{arrow.tail} -> {arrow.head} [label=" {arrow.answer} "]'


def _label(lines: Sequence[str], left: bool) -> str:
    r"""Lines as a label; those that end with `\l` begin on the left."""
    end = r"\l" if left else ""
    return '"' + "".join(escaped(line) + end for line in lines) + '"'
