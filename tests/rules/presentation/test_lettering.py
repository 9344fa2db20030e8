"""Bends that are used, in an order that can be read."""

from prelu_rules.rules.presentation.lettering import lettered
from prelu_rules.rules.presentation.statements import Bend, Case, Letter, Sum, Term


def bend(*terms, above=0.0, gates=()):
    return Bend((Case((), gates, Sum(0.0, terms), above),), strict=False)


X, Y = Term(1.0, "x"), Term(1.0, "y")


def test_unused_bends_go_and_those_inside_of_used_ones_stay():
    bends = {
        Letter(0): bend(X, above=1.0),
        Letter(1): bend(X, above=2.0),
        Letter(2): bend(Y, above=3.0, gates=((Letter(1), False),)),
        Letter(3): bend(Y, Term(1.0, Letter(2)), above=4.0),
    }
    formula = lettered({"out": Sum(0.0, (Term(5.0, Letter(3)),))}, bends)
    assert [b.cases[0].threshold for b in formula.bends] == [2.0, 3.0, 4.0]
    assert formula.bends[1].cases[0].bends == ((Letter(0), False),)
    assert formula.bends[2].cases[0].total.terms[1].of == Letter(1)
    assert formula.outputs[0].bends == ((5.0, Letter(2)),)


def test_one_sum_side_by_side_and_inner_bends_first():
    bends = {
        Letter(0): bend(X, above=9.0),
        Letter(1): bend(Y, Term(2.0, Letter(0)), above=0.0),
        Letter(2): bend(Y, above=1.0),
        Letter(3): bend(X, above=7.0),
    }
    terms = tuple(Term(1.0 + k, Letter(k)) for k in range(4))
    formula = lettered({"out": Sum(0.0, terms)}, bends)
    assert [b.cases[0].threshold for b in formula.bends] == [7.0, 9.0, 1.0, 0.0]
    assert formula.outputs[0].bends == ((4.0, Letter(0)), (1.0, Letter(1)), (3.0, Letter(2)), (2.0, Letter(3)))
    assert formula.outputs[0].base == Sum(0.0, ())
