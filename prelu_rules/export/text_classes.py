"""What the text for people says of a classifier before its logits: decisions and typical rows."""

from __future__ import annotations

from prelu_rules.export.layout import evidence, wrapped
from prelu_rules.export.phrases import listed
from prelu_rules.export.sentences import Sentences
from prelu_rules.export.spelling import percent, spelled, spelled_level, spelled_number
from prelu_rules.rules.names import ClassLabel
from prelu_rules.rules.presentation.presentation import Presentation, PresentedRule, TypicalRow
from prelu_rules.rules.presentation.statements import State


def decisions(sentences: Sentences) -> list[str]:
    """Which class is decided for where; the class that is left stands last.

    Args:
        sentences: what is said of the rules, in the spelling of text.

    Returns:
        Lines; none where numbers are predicted, or rules themselves name classes.

    Example:
        >>> decisions(Sentences(Presentation((), ("logit",), None, (), classes=("no", "yes"))))
        ['class = yes where the logit is above 0, otherwise no']
    """
    of_logits, groups = sentences.class_of_logits(), sentences.decisions()
    lines = wrapped(of_logits, "", "        ") if of_logits else []
    return lines + [line for label, rules in groups for line in _decision(label, rules, sentences)]


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


def _decision(label: ClassLabel, rules: list[PresentedRule], sentences: Sentences) -> list[str]:
    """All that is decided for a class: a line for each rule, or one for what is left."""
    p, start = sentences.presentation, f"class = {spelled_level(label)}"
    if any(rule.otherwise for rule in rules):
        return wrapped([f"{start} otherwise", *evidence(p, rules)], "", "        ")
    lines: list[str] = []
    for rule in rules:
        first, *rest = sentences.phrases.conditions(rule.clauses)
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
