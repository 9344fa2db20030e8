"""Presentations made by hand, for the tests of what is written of them."""

from html_reader import HOSTILE

from prelu_rules.columns.column import Column
from prelu_rules.rules.presentation.presentation import (
    Formula,
    OutputFormula,
    Presentation,
    PresentedOutput,
    PresentedRule,
    TypicalRow,
)
from prelu_rules.rules.presentation.statements import (
    Alternative,
    Bend,
    Bound,
    Case,
    Comparison,
    Letter,
    Sum,
    Term,
    Test,
    states_of,
)


def below(name, value):
    return (Alternative(comparison=Comparison(Sum(0.0, (Term(1.0, name),)), None, Bound(value, False))),)


def between(name, low, high):
    total = Sum(0.0, (Term(1.0, name),))
    return (Alternative(comparison=Comparison(total, Bound(low, True), Bound(high, False))),)


def above(name, value, weight=1.0):
    return Bend((Case((), (), Sum(0.0, (Term(weight, name),)), value),), strict=True)


def is_state(column, place):
    return Test(column, (states_of(column)[place],))


def tariff():
    """A number, a category, and a number with gaps; two bends, of which rules name none."""
    kwh, kind = Column("kwh"), Column("kind", "category", ("business", "farm", "household"))
    age = Column("age", missing=True)
    extras = (Term(-15.0, None, (is_state(kind, 1),)), Term(5.0, None, (is_state(age, 1),)))
    sums = [
        Sum(constant, (Term(weight, "kwh"), Term(0.05, "age"), *extras))
        for constant, weight in ((10.0, 0.1), (-20.0, 0.25), (-100.0, 0.45))
    ]
    formula = Formula(
        (OutputFormula("price", sums[0], ((0.15, Letter(0)), (0.2, Letter(1)))),),
        (above("kwh", 200.0), above("kwh", 400.0)),
    )
    rules = (
        PresentedRule(1, (below("kwh", 200.0),), False, (PresentedOutput(sums[0]),), 124, (0.38,)),
        PresentedRule(2, (between("kwh", 200.0, 400.0),), False, (PresentedOutput(sums[1]),), 236, (0.41,)),
        PresentedRule(3, (), True, (PresentedOutput(sums[2]),), 120, (0.5,)),
    )
    return Presentation((kwh, kind, age), ("price",), formula, rules, n_rows=480, within=(0.2012,))


def many(n=30):
    """Many rules of long sums, and folded ones."""
    columns = tuple(Column(f"measure{k}") for k in range(1, 9))
    total = Sum(-12.5, tuple(Term((-1) ** k * (k + 0.25), f"measure{k}") for k in range(1, 9)))
    bends = tuple(above(f"measure{k}", 10.0 * k) for k in range(1, 6))
    formula = Formula((OutputFormula("output", total, tuple((1.5 + k, Letter(k)) for k in range(5))),), bends)
    rules = []
    for k in range(n):
        clauses = (
            between("measure1", 10.0 * k, 10.0 * k + 10),
            (Alternative(bends=((Letter(k % 5), k % 2 == 0),)),),
            below("measure3", k + 0.5),
        )
        output = (
            PresentedOutput(Sum(0.0, (Term(2.5, "measure2"),)), None, True, (Letter(k % 5),))
            if k % 3
            else PresentedOutput(total)
        )
        rules.append(PresentedRule(k + 1, clauses, False, (output,), 20, (0.125 * k,)))
    return Presentation(columns, ("output",), formula, tuple(rules), folded=7, n_rows=20 * n)


def hostile():
    """Names, levels and labels that do harm where they are not escaped."""
    columns = (*(Column(name) for name in HOSTILE), Column("kind", "category", tuple(HOSTILE), missing=True))
    total = Sum(1.0, (*(Term(-2.0, name) for name in HOSTILE), Term(3.0, None, (is_state(columns[-1], 0),))))
    tests = (Alternative(where=(is_state(columns[-1], 1),)),)
    rules = (
        PresentedRule(1, (below(HOSTILE[0], 3.0), tests), False, (PresentedOutput(total),) * 2, 3, None, (2, 1)),
        PresentedRule(2, (), True, (PresentedOutput(Sum(0.0, ()), like=1), PresentedOutput(total)), 2, None, (0, 2)),
    )
    formula = Formula(
        tuple(OutputFormula(n, total, ((2.0, Letter(0)),)) for n in HOSTILE[:2]), (above(HOSTILE[2], 1.0),)
    )
    typical = tuple(
        TypicalRow(label, tuple((name, 0.5) for name in HOSTILE), (0.25, 0.75)) for label in (HOSTILE[1], HOSTILE[0])
    )
    decisions = (
        PresentedRule(1, (below(HOSTILE[3], 3.0),), False, (), 3, None, (2, 1), HOSTILE[0]),
        PresentedRule(2, (), True, (), 2, None, (0, 2), HOSTILE[1]),
    )
    return Presentation(
        columns, HOSTILE[:2], formula, rules, 0, 5, HOSTILE[1::-1], decisions, typical, within=(0.5, 0.25)
    )


def flowers():
    """A classifier of three classes with decisions, typical rows and a bend for all logits."""
    names = ("petal_length", "petal_width")
    labels = ("setosa", "versicolor", "virginica")
    logits = [
        Sum(6.2, (Term(-1.9, names[0]),)),
        Sum(1.4, (Term(0.4, names[0]), Term(-0.8, names[1]))),
        Sum(-7.5, (Term(0.9, names[0]), Term(2.1, names[1]))),
    ]
    bends = ((2.5, Letter(0)),)
    formula = Formula(
        tuple(
            OutputFormula(label, total, bends if k else ())
            for k, (label, total) in enumerate(zip(labels, logits, strict=True))
        ),
        (above(names[0], 2.6),),
    )
    more = [Sum(t.constant - 6.5, (Term(t.terms[0].weight + 2.5, names[0]), *t.terms[1:])) for t in logits]
    rules = (
        PresentedRule(1, (below(names[0], 2.6),), False, tuple(map(PresentedOutput, logits)), 50, None, (50, 0, 0)),
        PresentedRule(
            2,
            (),
            True,
            (PresentedOutput(Sum(0.0, ()), like=1), *map(PresentedOutput, more[1:])),
            100,
            None,
            (0, 50, 50),
        ),
    )
    decisions = (
        PresentedRule(1, (below(names[0], 2.6),), False, (), 50, None, (50, 0, 0), "setosa"),
        PresentedRule(
            2, (between(names[0], 2.6, 4.9), below(names[1], 1.7)), False, (), 48, None, (0, 47, 1), "versicolor"
        ),
        PresentedRule(3, (), True, (), 52, None, (0, 3, 49), "virginica"),
    )
    typical = (
        TypicalRow("setosa", ((names[0], 1.5), (names[1], 0.2)), (0.998, 0.002, 0.0)),
        TypicalRow("versicolor", ((names[0], 4.35), (names[1], 1.3)), (0.001, 0.96, 0.039)),
        TypicalRow("virginica", ((names[0], 5.55), (names[1], 2.0)), (0.0, 0.03, 0.97)),
    )
    return Presentation(
        tuple(map(Column, names)), labels, formula, rules, 0, 150, labels, decisions, typical, (0.01, 0.02, 0.02)
    )
