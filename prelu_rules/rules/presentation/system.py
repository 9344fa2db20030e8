"""From a presentation back to rules over encoded features."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from prelu_rules.columns.column import features_of
from prelu_rules.errors import FormatError
from prelu_rules.network.affine import AffineMap
from prelu_rules.rules.presentation.contents import comparisons_of
from prelu_rules.rules.presentation.pieces import Affine, Piece, Splitter
from prelu_rules.rules.presentation.presentation import (
    Formula,
    Presentation,
    PresentedOutput,
    PresentedRule,
)
from prelu_rules.rules.presentation.statements import Sum, Term
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.values import FloatArray

LONGEST_LOGARITHM = 345.0
"""Scales lie between 1e-150 and 1e150, so that squares of them are numbers."""


def as_rules(presentation: Presentation, part: Literal["rules", "formula"] | None = None) -> RuleSystem:
    """The rules that a presentation states.

    Args:
        presentation: what is printed.
        part: "rules" for its rules, of which the formula gives what is folded; "formula" for the linear pieces of its
            formula; None for the rules where it has any.

    Returns:
        The rules, with the printed numbers; of several that cover an input the first counts. A rule that is not linear
        in the features, such as one with `0.02*kwh where kind is farm`, becomes several. They have no network, no
        domain and no precision.

    Raises:
        FormatError: if there is no such part, or far too many pieces.

    Example:
        >>> from prelu_rules.columns.column import Column
        >>> rule = PresentedRule(1, (), False, (PresentedOutput(Sum(10.0, (Term(0.1, "kwh"),))),))
        >>> as_rules(Presentation((Column("kwh"),), ("price",), None, (rule,))).predict([[200.0]])
        array([[30.]])
    """
    if part is None:
        part = "rules" if presentation.rules else "formula"
    if part == "formula" and presentation.formula is None:
        raise FormatError("the text has no formula; read its rules.")
    if part == "rules" and not presentation.rules:
        raise FormatError("the text has no rules; read its formula.")
    splitter = Splitter(
        presentation.columns,
        () if presentation.formula is None else presentation.formula.bends,
        _scales(presentation),
    )
    rules: list[Rule] = []
    if part == "rules":
        for rule in presentation.rules:
            rules += _of_rule(rule, presentation, splitter)
    if presentation.formula is not None and (part == "formula" or presentation.folded):
        rules += _of_formula(presentation.formula, splitter, rules)
    return RuleSystem(
        rules, presentation.columns, presentation.output_names, presentation.classes, bounds=presentation.bounds
    )


def _of_rule(rule: PresentedRule, presentation: Presentation, splitter: Splitter) -> list[Rule]:
    """A rule for each part of the inputs on which a presented one is linear."""
    pieces = [Piece()]
    for clause in () if rule.otherwise else rule.clauses:
        pieces = [part for piece in pieces for part in splitter.satisfied(piece, clause)]
    bases = () if presentation.formula is None else presentation.formula.outputs
    sums = []
    for place, output in enumerate(rule.outputs):
        stated = _stated(output, place, presentation)
        total = stated.total
        if stated.relative:
            weights = {letter: weight for weight, letter in bases[place].bends}
            added = tuple(Term(weights.get(letter, 0.0), letter) for letter in stated.bends)
            base = bases[place].base
            total = Sum(base.constant + total.constant, (*base.terms, *added, *total.terms))
        sums.append(total)
    found = [rule for piece in pieces for rule in _rules(piece, sums, splitter)]
    if len(found) == 1:
        # A count of rows that several rules share is known of none.
        found = [replace(found[0], count=rule.count, errors=rule.errors, class_counts=rule.class_counts)]
    if rule.decision is not None:
        labels = [(type(label), label) for label in presentation.classes or ()]
        if (type(rule.decision), rule.decision) not in labels:
            raise FormatError(f"rule {rule.number} is of a class that the heading of the logits does not name.")
        found = [replace(one, decision=labels.index((type(rule.decision), rule.decision))) for one in found]
    return found


def _stated(output: PresentedOutput, place: int, presentation: Presentation) -> PresentedOutput:
    """An output as the rule says it that has the same function."""
    seen = {rule.number: rule.outputs[place] for rule in reversed(presentation.rules)}
    for _ in seen:
        if output.like is None:
            break
        output = seen.get(output.like, output)
    return output


def _of_formula(formula: Formula, splitter: Splitter, known: Sequence[Rule]) -> Iterator[Rule]:
    """The linear pieces of a formula, without those that lie in a known rule."""
    letters = {letter for output in formula.outputs for _, letter in output.bends}
    sums = [
        Sum(output.base.constant, (*output.base.terms, *(Term(weight, letter) for weight, letter in output.bends)))
        for output in formula.outputs
    ]
    for piece in splitter.all_sided(Piece(), sorted(letters, key=lambda letter: letter.place)):
        if not any(_within(piece, rule.conditions, splitter) for rule in known):
            yield from _rules(piece, sums, splitter)


def _within(piece: Piece, conditions: Iterable[Condition], splitter: Splitter) -> bool:
    """Whether all conditions hold in the interior of a piece."""
    return not any(splitter.reaches(piece, replace(c, nonnegative=not c.nonnegative)) for c in conditions)


def _rules(piece: Piece, sums: Sequence[Sum], splitter: Splitter) -> Iterator[Rule]:
    """A rule for each part of a piece on which all sums are linear."""
    parts: list[tuple[Piece, list[Affine]]] = [(piece, [])]
    for total in sums:
        parts = [(part, [*rows, row]) for one, rows in parts for part, row in splitter.valued(one, total)]
    for part, rows in parts:
        outputs = np.array(rows).reshape(len(sums), -1)
        yield Rule(splitter.conditions(part), AffineMap(outputs[:, :-1], outputs[:, -1]))


def _scales(presentation: Presentation) -> FloatArray:
    """About how large each feature is where something changes, so that terms of a sum are as large as its bound.

    Where bounds are 0, only the ratios of features are known, as in `height < 5e-6*distance`.
    """
    features = features_of(presentation.columns)
    places = {feature.column: k for k, feature in enumerate(features) if not feature.is_indicator}
    compared = list(comparisons_of(presentation))
    n, rows, logs = len(features), [], []
    for number, (total, bound) in enumerate(compared):
        # In logarithms, with an unknown for each feature and one for the size of each sum.
        weights = [(places[term.of], term.weight) for term in total.terms if isinstance(term.of, str) and term.weight]
        for place, size in [*weights, *([(None, bound)] if bound and weights else [])]:
            row = np.zeros(n + len(compared))
            row[n + number] = 1.0
            if place is not None:
                row[place] = -1.0
            rows.append(row)
            logs.append(np.log(abs(size)))
    if not rows:
        return np.ones(n)
    # Of all that fit, the ones closest to 1.
    found = np.linalg.lstsq(np.array(rows), np.array(logs))[0][:n]
    return np.asarray(np.exp(np.clip(found, -LONGEST_LOGARITHM, LONGEST_LOGARITHM)))
