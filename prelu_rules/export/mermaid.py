"""Rules as a decision tree in Mermaid, which Markdown viewers such as that of GitHub draw."""

from __future__ import annotations

import re
from collections.abc import Sequence

from prelu_rules.errors import InvalidValueError
from prelu_rules.export.diagram import Box, Diagram, Direction, check_direction, diagram_of
from prelu_rules.export.spelling import Spelling
from prelu_rules.rules.on_demand import RulesOnDemand
from prelu_rules.rules.rule_system import RuleSystem

MOST_CHARACTERS, MOST_EDGES = 50_000, 500
"""Mermaid draws no larger diagrams unless the page that it is in allows them."""

_RANKS: dict[Direction, str] = {"down": "TD", "right": "LR"}

_PLAIN = frozenset(" ,()=")
"""Signs that mean nothing to Mermaid in double quotes."""

_JOINER = "\N{WORD JOINER}"

_DECODED = re.compile(r"(\\|[$](?=[$])|:(?=fa-|//)|www(?=[.])|@|ﬂ(?=°)|¶(?=ß))", re.IGNORECASE)
"""What ends a line, or is an escape, mathematics, an icon, a link, or a code of Mermaid, together with what follows,
even if both are written as codes."""

_INVISIBLE = f"\N{NO-BREAK SPACE}{_JOINER}"

_NAMED = {'"': "quot", "<": "lt", ">": "gt", "&": "amp", "\N{NO-BREAK SPACE}": "nbsp"}

_SPELLING = Spelling(times="\N{MIDDLE DOT}")
"""Versions before 12 take all text for Markdown, where two stars in a line disappear."""

_START = '%%{init: {"flowchart": {"wrappingWidth": 600}}}%%\n'
"""Lines are broken here, in other places than Mermaid would choose."""

_STYLES = """\
    classDef test fill:#ffffff,stroke:#5b6b7b,color:#1f2933,text-align:left
    classDef rule fill:#eaf1f8,stroke:#5b6b7b,color:#1f2933,text-align:left
"""
_NOTE_STYLE = "    classDef notes fill:none,stroke:none,color:#5b6b7b,text-align:left\n"


def write(system: RuleSystem | RulesOnDemand, direction: Direction = "down", everywhere: bool = True) -> str:
    """A decision tree as a flowchart of Mermaid: tests with arrows for yes and no, and each rule once.

    Args:
        system: the rules.
        direction: where arrows lead, "down" or "right".
        everywhere: whether the tree is right for every row; otherwise it leaves out tests that all rows of the domain
            of the rules pass.

    Returns:
        The text of a flowchart, to stand in a block of code that is called `mermaid`. Nothing in a name is taken for
        Markdown, HTML or a command. Tests are called test1, test2, ..., rules by their numbers, and rule0 stands where
        no rule holds.

    Raises:
        InvalidValueError: if these are rules on demand, there is no such direction, or the diagram is larger than
            Mermaid draws.
        SolverError: if the linear programming solver fails.

    Example:
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-200], C=[[0.1]], D=[[0.15]], e=[10], slopes=[0])
        >>> chart = write(extract_rules(form, feature_names=["kwh"], output_names=["price"]))
        >>> print(chart.split("    classDef")[0], end="")
        %%{init: {"flowchart": {"wrappingWidth": 600}}}%%
        flowchart TD
            test1("kwh #gt;= 200")
            rule2["rule 2<br/>price = #45;20 #43; 0.25·kwh"]
            rule1["rule 1<br/>price = 10 #43; 0.1·kwh"]
            test1 -->|yes| rule2
            test1 -->|no| rule1
    """
    check_direction(direction)
    diagram = diagram_of(system, everywhere, _SPELLING)
    text = _chart(diagram, direction)
    _check_size(diagram, text)
    return text


def escaped(text: str) -> str:
    """A text that stands for itself in double quotes.

    Args:
        text: any text in one line.

    Returns:
        The text with everything that may mean something as a character code; of several spaces all but the first, too,
        as a browser would show one. What Mermaid looks for in the decoded text, too, is parted by a character without
        width: what follows a backslash, two dollars, links, the names of icons, and its own marks.

    Example:
        >>> escaped('a "b" <c>')
        'a #quot;b#quot; #lt;c#gt;'
    """
    spaced = re.sub("(?<= ) |^ ", "\N{NO-BREAK SPACE}", text)
    joined = _DECODED.sub(rf"\1{_JOINER}", spaced)
    # A point between digits is plain.
    return re.sub(r"(?<![0-9])[.]|[.](?![0-9])|[^.]", lambda one: _code(one[0]), joined)


def _code(letter: str) -> str:
    is_plain = letter.isalnum() or letter in _PLAIN if letter.isascii() else letter not in _INVISIBLE
    return letter if is_plain else f"#{_NAMED.get(letter, ord(letter))};"


def _chart(diagram: Diagram, direction: Direction) -> str:
    lines = [f"{_START}flowchart {_RANKS[direction]}"]
    lines += [_box(box) for box in diagram.boxes]
    lines += [f"    {arrow.tail} -->|{arrow.answer}| {arrow.head}" for arrow in diagram.arrows]
    if diagram.notes:
        lines.append(f"    notes[{_label(diagram.notes)}]")
    text = "\n".join(lines) + "\n" + _STYLES + (_NOTE_STYLE if diagram.notes else "")
    for kind in ("test", "rule"):
        names = ",".join(box.name for box in diagram.boxes if box.kind == kind)
        text += f"    class {names} {kind}\n" if names else ""
    return text + ("    class notes notes\n" if diagram.notes else "")


def _box(box: Box) -> str:
    opening, closing = "()" if box.kind == "test" else "[]"
    return f"    {box.name}{opening}{_label(box.lines)}{closing}"


def _label(lines: Sequence[str]) -> str:
    return f'"{"<br/>".join(map(escaped, lines))}"'


def _check_size(diagram: Diagram, text: str) -> None:
    """Refuse what Mermaid would not draw."""
    if len(diagram.arrows) > MOST_EDGES:
        raise InvalidValueError(
            f"the decision tree has {len(diagram.arrows)} edges, but Mermaid draws at most {MOST_EDGES}; write "
            "'graphviz'."
        )
    # As JavaScript counts characters.
    size = len(text.encode("utf-16-le")) // 2
    if size > MOST_CHARACTERS:
        longest = max((line for box in diagram.boxes for line in box.lines), key=len)
        raise InvalidValueError(
            f"the diagram has {size} characters, but Mermaid draws at most {MOST_CHARACTERS}, and {longest!r:.80} is "
            f"a line of {len(longest)}; shorten names, or write 'graphviz'."
        )
