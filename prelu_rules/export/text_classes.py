"""What the text for people says of a classifier before its logits: decisions and typical rows."""

from __future__ import annotations

from prelu_rules.export.layout import evidence, wrapped
from prelu_rules.export.phrases import Phrases, listed
from prelu_rules.export.spelling import percent, spelled, spelled_level, spelled_number
from prelu_rules.rules.names import ClassLabel
from prelu_rules.rules.presentation.presentation import Presentation, PresentedRule, TypicalRow
from prelu_rules.rules.presentation.statements import State


def decisions(presentation: Presentation, phrases: Phrases) -> list[str]:
    """Which class is decided for where; the class that is left stands last.

    Args:
        presentation: what is printed.
        phrases: what statements read like.

    Returns:
        Lines; none where numbers are predicted, or rules themselves name classes.

    Example:
        >>> decisions(Presentation((), ("logit",), None, (), classes=("no", "yes")), Phrases([]))
        ['class = yes where the logit is above 0, otherwise no']
    """
    classes = presentation.classes
    if classes is None:
        return []
    if not presentation.decisions:
        if any(rule.decision is not None for rule in presentation.rules):
            return []
        if len(presentation.output_names) > 1:
            return ["class = the one with the largest logit"]
        no, yes = map(spelled_level, classes)
        return wrapped([f"class = {yes}", "where the logit is above 0,", f"otherwise {no}"], "", "        ")
    groups: dict[tuple[type, ClassLabel], list[PresentedRule]] = {}
    for rule in presentation.decisions:
        assert rule.decision is not None, "a decision names a class"
        groups.setdefault((type(rule.decision), rule.decision), []).append(rule)
    ordered = sorted(groups.items(), key=lambda item: any(rule.otherwise for rule in item[1]))
    return [line for (_, label), rules in ordered for line in _decision(label, rules, presentation, phrases)]


def typical(presentation: Presentation) -> list[str]:
    """How sure the rules are of a row of the middle of each class.

    Args:
        presentation: what is printed.

    Returns:
        Lines.

    Example:
        >>> row = TypicalRow("no", (("age", 34.0),), (0.97, 0.03))
        >>> typical(Presentation((), ("logit",), None, (), classes=("no", "yes"), typical=(row,)))
        ['A typical row of class no (age 34): probability of no 97%, of yes 3%']
    """
    return [line for row in presentation.typical for line in _typical_row(row, presentation.classes or ())]


def logits(presentation: Presentation) -> list[str]:
    """What the outputs of a classifier are.

    Args:
        presentation: what is printed.

    Returns:
        Lines; none where numbers are predicted.

    Example:
        >>> logits(Presentation((), ("logit",), None, (), classes=("no", "yes")))
        ['The logit of yes, above 0 where yes is likelier than no:']
    """
    if presentation.classes is None:
        return []
    names = [spelled_level(label) for label in presentation.classes]
    if len(presentation.output_names) == 1:
        no, yes = names
        return wrapped([f"The logit of {yes},", f"above 0 where {yes}", f"is likelier than {no}:"], "", "    ")
    *others, last = listed(names, "and")
    return wrapped(["The logits of", *others, f"{last},", "of which the largest", "says which class is likeliest:"])


def _decision(label: ClassLabel, rules: list[PresentedRule], p: Presentation, phrases: Phrases) -> list[str]:
    """All that is decided for a class: a line for each rule, or one for what is left."""
    start = f"class = {spelled_level(label)}"
    if any(rule.otherwise for rule in rules):
        return wrapped([f"{start} otherwise", *evidence(p, rules)], "", "        ")
    lines: list[str] = []
    for rule in rules:
        first, *rest = phrases.conditions(rule.clauses)
        words = f"{'or ' if lines else ''}{'where ' if rule.clauses else ''}{first}"
        before = "        " if lines else f"{start} "
        lines += wrapped([words, *rest, *evidence(p, [rule])], before, "            ")
    return lines


def _typical_row(row: TypicalRow, classes: tuple[ClassLabel, ...]) -> list[str]:
    pieces = [f"A typical row of class {spelled_level(row.label)}"]
    if row.cells:
        first, *rest = listed([f"{spelled(name)} {_cell(value)}" for name, value in row.cells])
        pieces += [f"({first}", *rest]
        pieces[-1] += ")"
    pieces[-1] += ":"
    pairs = zip(map(spelled_level, classes), map(percent, row.probabilities), strict=True)
    return wrapped([*pieces, "probability", *listed([f"of {label} {share}" for label, share in pairs])], "", "   ")


def _cell(value: float | State) -> str:
    """What a cell of a typical row holds."""
    if value is None:
        return "no"
    if isinstance(value, float | int):
        return spelled_number(value)
    return value.says if value.level is None else spelled_level(value.level)
