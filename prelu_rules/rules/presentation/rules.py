"""The rules of a system as they are printed: which of them, in how few numbers, and what need not be said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from prelu_rules.rules.names import ClassLabel
from prelu_rules.rules.presentation.base import Left
from prelu_rules.rules.presentation.boundaries import Boundaries
from prelu_rules.rules.presentation.clauses import clauses_of
from prelu_rules.rules.presentation.ground import Ground
from prelu_rules.rules.presentation.known_bends import KnownBends
from prelu_rules.rules.presentation.length import n_numbers as n_numbers_of_formula
from prelu_rules.rules.presentation.letters import RuleLetters
from prelu_rules.rules.presentation.numbers import n_numbers_of_rule, n_thresholds
from prelu_rules.rules.presentation.outputs import full, lettered, relative, states_left, without_repetitions
from prelu_rules.rules.presentation.presentation import Formula, PresentedOutput, PresentedRule
from prelu_rules.rules.presentation.pruning import Pruned
from prelu_rules.rules.presentation.requirements import requirements_of
from prelu_rules.rules.presentation.statements import Clause
from prelu_rules.rules.rule import Rule
from prelu_rules.rules.rule_system import RuleSystem

FOLD = 2
"""The rules may hold so many times the numbers of the formula, and one threshold for each condition."""

MOST_IN_SUM = 2
"""Numbers in a condition up to which it is written out; one of more is a letter where there is one."""


@dataclass(frozen=True)
class _Entry:
    """A rule that is printed, and what is known of it."""

    number: int
    rule: Rule
    pruned: Pruned
    letters: RuleLetters | None
    said: dict[tuple[tuple[int, ...], bool], tuple[Clause, ...]] = field(default_factory=dict)


def presented_rules(
    system: RuleSystem, formula: Formula | None, look_again: bool = True
) -> tuple[tuple[PresentedRule, ...], int]:
    """The rules as they are printed.

    Args:
        system: the rules.
        formula: its formula, if it has one.
        look_again: whether to leave out of conditions what has become superfluous as it was written; rows of the domain
            see no difference.

    Returns:
        The rules, with the numbers that they have in the system, counted from 1; and how many more there are that cover
        no row, where the formula says what they do.
    """
    with_rows = [k for k, rule in enumerate(system.rules) if rule.count != 0]
    folding = formula is not None and 0 < len(with_rows) < len(system)
    shown = with_rows if folding else list(range(len(system)))
    ground = Ground(system.columns, system.domain)
    entries = _entries(system, ground, formula, shown)
    complete = not folding and (system.form is not None or system.rounding_error is not None)
    found: tuple[PresentedRule, ...] = ()
    for style in _styles(formula):
        clauses = [_clauses(ground, entry, style.letters, look_again=False) for entry in entries]
        found = _in_style(system, formula, entries, clauses, style, complete)
        if formula is None or _is_short(found, formula):
            break
    if look_again:
        clauses = [_clauses(ground, entry, style.letters, look_again=True) for entry in entries]
        found = tuple(replace(rule, clauses=mine) for rule, mine in zip(found, clauses, strict=True))
    return found, len(system) - len(with_rows) if folding else 0


def presented_decisions(system: RuleSystem, formula: Formula, short: bool) -> tuple[PresentedRule, ...]:
    """Decision rules as they are printed, without outputs.

    Args:
        system: rules that decide.
        formula: the formula of the logits, whose letters conditions may use.
        short: whether letters also stand for conditions that hold more numbers than their thresholds.

    Returns:
        The rules, in the order of the system.
    """
    ground = Ground(system.columns, system.domain)
    return tuple(
        PresentedRule(
            entry.number, _clauses(ground, entry, short, True), False, (), decision=_label(system, entry.rule)
        )
        for entry in _entries(system, ground, formula, range(len(system)))
    )


def _label(system: RuleSystem, rule: Rule) -> ClassLabel | None:
    return None if rule.decision is None or system.classes is None else system.classes[rule.decision]


def _entries(system: RuleSystem, ground: Ground, formula: Formula | None, shown: Sequence[int]) -> list[_Entry]:
    """What is needed of the rules, without those that no row of the domain can fall under."""
    boundaries = Boundaries(system.rules, system.columns, system.precision, system.domain)
    known = None if formula is None else KnownBends(formula, system.columns, boundaries.all, system.precision)
    found = []
    for k in shown:
        sides = boundaries.sides[k]
        pruned = Pruned(ground, requirements_of(boundaries.all, sides))
        if not pruned.possible:
            continue
        found.append(_Entry(k + 1, system.rules[k], pruned, None if known is None else RuleLetters(known, pruned)))
    return found


@dataclass(frozen=True)
class _Style:
    """How outputs are printed, and whether letters stand for conditions of more than one number."""

    outputs: str
    letters: bool


def _styles(formula: Formula | None) -> list[_Style]:
    """From the one that is read most easily to the one with the fewest numbers."""
    if formula is None:
        return [_Style("full", False)]
    plain = [_Style(outputs, False) for outputs in ("full", "relative", "letters")]
    return [*plain, _Style("letters", True)]


def _is_short(rules: Sequence[PresentedRule], formula: Formula) -> bool:
    """Whether rules hold few numbers enough."""
    conditions = sum(n_thresholds(clause) for rule in rules if not rule.otherwise for clause in rule.clauses)
    return sum(map(n_numbers_of_rule, rules)) <= FOLD * n_numbers_of_formula(formula) + conditions


def _in_style(
    system: RuleSystem,
    formula: Formula | None,
    entries: Sequence[_Entry],
    clauses: Sequence[tuple[Clause, ...]],
    style: _Style,
    complete: bool,
) -> tuple[PresentedRule, ...]:
    outputs = without_repetitions(
        system.columns,
        [entry.number for entry in entries],
        [_outputs(system, formula, e, style, states_left(mine)) for e, mine in zip(entries, clauses, strict=True)],
        system.precision,
    )
    return tuple(
        PresentedRule(
            number=entry.number,
            clauses=clauses[place],
            otherwise=complete and 0 < place == len(entries) - 1,
            outputs=mine,
            count=entry.rule.count,
            errors=entry.rule.errors,
            class_counts=entry.rule.class_counts,
            decision=_label(system, entry.rule),
        )
        for place, (entry, mine) in enumerate(zip(entries, outputs, strict=True))
    )


def _outputs(
    system: RuleSystem, formula: Formula | None, entry: _Entry, style: _Style, left: Left
) -> tuple[PresentedOutput, ...]:
    columns, precision = system.columns, system.precision
    if formula is None or entry.letters is None or style.outputs == "full":
        return full(columns, entry.rule, precision, left)
    found = None
    if style.outputs == "relative":
        found = relative(columns, entry.rule, formula, entry.letters.resolved, precision, left)
    return lettered(formula, entry.letters.holding) if found is None else found


def _clauses(ground: Ground, entry: _Entry, short: bool, look_again: bool) -> tuple[Clause, ...]:
    """The conditions of a rule, with letters for those that hold many numbers; if it has to be short for all others."""
    requirements = entry.pruned.requirements
    needed = [k for k in range(len(requirements)) if entry.pruned.is_needed(k)]
    if entry.letters is None:
        return clauses_of(ground, entry.pruned, None, look_again)
    # A letter says what the requirement says, and not what it was sharpened to.
    long = tuple(
        k
        for k in needed
        if k not in entry.pruned.sharper
        and (len(requirements[k].total.terms) > MOST_IN_SUM or (short and requirements[k].numbers_besides_threshold))
    )
    if (long, look_again) not in entry.said:
        entry.said[long, look_again] = clauses_of(ground, entry.pruned, entry.letters.instead_of(long), look_again)
    return entry.said[long, look_again]
