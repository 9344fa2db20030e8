"""Lines of the text for people: wrapping, lists, and what stands in parentheses behind a rule."""

from __future__ import annotations

from collections.abc import Sequence

from prelu_rules.export.phrases import Pieces, listed
from prelu_rules.export.spelling import percent, spelled, spelled_level, spelled_number
from prelu_rules.rules.presentation.presentation import Presentation, PresentedRule

WIDTH = 100
"""Columns that a line has at most, where a name does not need more."""

INDENT = 12
"""Spaces before a line of a paragraph, at most."""


def wrapped(pieces: Pieces, start: str = "", indent: str = "", width: int = WIDTH) -> list[str]:
    """Pieces as lines of at most `width` columns, which end after pieces only.

    Args:
        pieces: at least one.
        start: what the first line begins with.
        indent: what the others begin with.
        width: of a line, at most, where a piece does not need more.

    Returns:
        The lines.

    Example:
        >>> wrapped(["10", "+ 0.1*kwh"], "price = ")
        ['price = 10 + 0.1*kwh']
    """
    lines, line = [], start + pieces[0]
    for piece in pieces[1:]:
        if len(line) + 1 + len(piece) > width:
            lines.append(line)
            line = indent + piece.lstrip()
        else:
            line += " " + piece
    return [*lines, line]


def evidence(presentation: Presentation, rules: Sequence[PresentedRule]) -> Pieces:
    """Rows that rules cover together, their share, and how far off they are there.

    Args:
        presentation: what the rules are of.
        rules: the rules.

    Returns:
        `(124 of 480 rows, 26%; mean error 0.38)`, with a space before, as one piece if it fits a line; nothing where
        there were no rows.

    Example:
        >>> rule = PresentedRule(1, (), False, (), 124, (0.38,))
        >>> evidence(Presentation((), ("y",), None, (rule,), n_rows=480), [rule])
        [' (124 of 480 rows, 26%; mean error 0.38)']
    """
    counts = [rule.count for rule in rules if rule.count is not None]
    if not counts:
        return []
    count, n_rows = sum(counts), presentation.n_rows
    if n_rows is None:
        facts = [[f" ({count} {_rows(count)}"]]
    else:
        facts = [[f" ({count} of {n_rows} {_rows(n_rows)}, {percent(count / max(n_rows, 1))}"]]
    errors = rules[0].errors if len(rules) == 1 else None
    if errors is not None:
        texts = [spelled_number(float(f"{error:.2g}")) for error in errors]
        pairs = zip(map(spelled, presentation.output_names), texts, strict=True)
        each = listed([f"{name} {text}" for name, text in pairs])
        facts.append([f"mean error {texts[0]}"] if len(texts) == 1 else ["mean error:", *each])
    classes = [rule.class_counts for rule in rules if rule.class_counts is not None]
    if classes:
        sums = [(label, sum(rows)) for label, *rows in zip(presentation.classes or (), *classes, strict=True)]
        there = [(label, rows) for label, rows in sums if rows] or sums[:1]
        facts.append(listed([f"{spelled_level(label)}: {rows}" for label, rows in there]))
    pieces = [piece for fact in facts for piece in [*fact[:-1], f"{fact[-1]};"]]
    pieces[-1] = f"{pieces[-1][:-1]})"
    whole = " ".join(pieces)
    return [whole] if len(whole) <= WIDTH - INDENT else pieces


def _rows(number: int) -> str:
    return "row" if number == 1 else "rows"
