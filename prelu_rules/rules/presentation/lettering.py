"""Which bends get letters, and in which order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from prelu_rules.rules.presentation.presentation import Formula, OutputFormula
from prelu_rules.rules.presentation.statements import Bend, Letter, Sum


def lettered(outputs: Mapping[str, Sum], bends: Mapping[Letter, Bend]) -> Formula:
    """A formula of the bends that are used, those of one sum side by side.

    Args:
        outputs: of each output, by name, the sum of base and bends.
        bends: each uses earlier ones only.

    Returns:
        The formula: bends that use others come last, and of those with the same sum the lower threshold comes first.

    Example:
        >>> from prelu_rules.rules.presentation.statements import Case, Term
        >>> x = Sum(0.0, (Term(1.0, "x"),))
        >>> bends = {Letter(k): Bend((Case((), (), x, 9.0 - k),), strict=False) for k in range(3)}
        >>> y = Sum(2.0, (Term(5.0, Letter(0)), Term(7.0, Letter(2))))
        >>> formula = lettered({"y": y}, bends)
        >>> [bend.cases[0].threshold for bend in formula.bends], formula.outputs[0].bends
        ([7.0, 9.0], ((7.0, Letter(place=0)), (5.0, Letter(place=1))))
    """
    used = {letter for total in outputs.values() for letter in _letters_of_sum(total)}
    for letter in reversed(list(bends)):
        if letter in used:
            used |= set(_letters_of_bend(bends[letter]))
    depths: dict[Letter, int] = {}
    for letter, bend in bends.items():
        depths[letter] = 1 + max((depths[inner] for inner in _letters_of_bend(bend)), default=0)
    totals = [bend.cases[0].total for bend in bends.values()]
    order = sorted(
        (letter for letter in bends if letter in used),
        key=lambda letter: (
            depths[letter],
            totals.index(bends[letter].cases[0].total),
            bends[letter].cases[0].threshold or 0.0,
        ),
    )
    places = {letter: Letter(place) for place, letter in enumerate(order)}
    return Formula(
        tuple(_output(name, _renamed(total, places)) for name, total in outputs.items()),
        tuple(_renamed_bend(bends[letter], places) for letter in order),
    )


def _letters_of_sum(total: Sum) -> Iterator[Letter]:
    return (term.of for term in total.terms if isinstance(term.of, Letter))


def _letters_of_bend(bend: Bend) -> Iterator[Letter]:
    for case in bend.cases:
        yield from _letters_of_sum(case.total)
        yield from (letter for letter, _ in case.bends)


def _output(name: str, total: Sum) -> OutputFormula:
    """A sum with its bends, as base and bends."""
    bends = [(t.weight, t.of) for t in total.terms if isinstance(t.of, Letter) and not t.where]
    base = tuple(term for term in total.terms if term.where or not isinstance(term.of, Letter))
    return OutputFormula(name, replace(total, terms=base), tuple(sorted(bends, key=lambda one: one[1].place)))


def _renamed(total: Sum, places: Mapping[Letter, Letter]) -> Sum:
    terms = (term._replace(of=places[term.of]) if isinstance(term.of, Letter) else term for term in total.terms)
    return replace(total, terms=tuple(terms))


def _renamed_bend(bend: Bend, places: Mapping[Letter, Letter]) -> Bend:
    cases = (
        replace(
            case,
            bends=tuple((places[letter], side) for letter, side in case.bends),
            total=_renamed(case.total, places),
        )
        for case in bend.cases
    )
    return replace(bend, cases=tuple(cases))
