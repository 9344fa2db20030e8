"""Numbers counted as they are printed."""

from prelu_rules.columns.column import Column
from prelu_rules.rules.presentation.length import n_numbers, numbers_of_bend, numbers_of_sum
from prelu_rules.rules.presentation.presentation import Formula, OutputFormula
from prelu_rules.rules.presentation.statements import Bend, Case, Letter, Sum, Term, Test

SMOKER = Column("smoker", "yes/no")
YES = (Test(SMOKER, (SMOKER.features[0],)),)
KWH = Sum(0.0, (Term(1.0, "kwh"),))


def test_a_sum():
    assert numbers_of_sum(Sum(0.0, ())) == 0
    assert numbers_of_sum(Sum(2.0, (Term(1.0, "a"), Term(-1.0, "b"), Term(2.0, "c"), Term(-1.0, Letter(0))))) == 2
    # "+ 1 where smoker is yes" has a 1 to read; "+ kwh where smoker is yes" has none.
    assert numbers_of_sum(Sum(0.0, (Term(1.0, None, YES), Term(1.0, "kwh", YES)))) == 1


def test_a_threshold_of_0_is_read_and_one_total_is_printed_once():
    assert numbers_of_bend(Bend((Case((), (), KWH, 0.0),), strict=False)) == 1
    twice = Sum(0.0, (Term(2.0, "kwh"), Term(1.0, "age")))
    assert numbers_of_bend(Bend((Case(YES, (), twice, 3.0), Case((), (), twice, 4.0)), strict=False)) == 3
    assert numbers_of_bend(Bend((Case(YES, (), twice, 3.0), Case((), (), KWH, None)), strict=False)) == 2


def test_a_formula():
    bends = (Bend((Case((), (), KWH, 200.0),), strict=False),)
    outputs = (
        OutputFormula("a", Sum(10.0, (Term(0.1, "kwh"),)), ((0.15, Letter(0)),)),
        OutputFormula("b", Sum(0.0, ()), ((-1.0, Letter(0)),)),
    )
    assert n_numbers(Formula(outputs, bends)) == 4
