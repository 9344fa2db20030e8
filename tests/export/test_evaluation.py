"""The values of steps, and the same in short steps, against Python's target."""

import by_python
import executed
import numpy as np
import pytest

from prelu_rules.export import short_steps
from prelu_rules.export.evaluation import evaluated
from prelu_rules.export.program import All, AtLeast, Choice, IsEqual, Reference, Weighted, is_by_rule, program_of
from prelu_rules.export.short_steps import in_short_steps

CASES = [lambda name=name: executed.case(name) for name in executed.NAMES]


def answers(program, table):
    """Outputs, rules and classes of rows."""
    values = [evaluated(program.steps, row) for row in executed.rows_of(table)]
    found = [None if step is None else [row[step] for row in values] for step in (program.rule, program.decision)]
    return [[row[step] for _, step in program.outputs] for row in values], *found


@pytest.mark.parametrize(
    ("make", "short"), [(make, False) for make in CASES] + [(make, True) for make in (*CASES, *by_python.CASES)]
)
def test_values_are_those_of_python(make, short):
    case = make()
    case = executed.Case(case.name, case.system, {name: cells[-200:] for name, cells in case.rows.items()}, {}, True)
    for shape in case.shapes:
        program = program_of(case.system, shape)
        found = answers(in_short_steps(program) if short else program, case.rows)
        assert found == by_python.answers(case.system, shape, case.rows)


@pytest.mark.parametrize("name", ["three outputs", "decision rules", "deep", "gaps"])
@pytest.mark.parametrize("longest", [2, 3])
def test_steps_of_two_or_three_terms(monkeypatch, name, longest):
    monkeypatch.setattr(short_steps, "LONGEST_SUM", longest)
    case = executed.case(name)
    table = {column: cells[:60] for column, cells in case.rows.items()}
    for shape in case.shapes:
        program = in_short_steps(program_of(case.system, shape))
        for step in program.steps:
            if isinstance(step.value, Weighted):
                assert len(step.value.terms) + (step.value.constant != 0) <= longest
            if isinstance(step.value, All):
                compared = [test.value for test in step.value.tests if isinstance(test, AtLeast)]
                assert len(step.value.tests) <= longest
                assert all(isinstance(one, Reference) or len(one.terms) == 1 for one in compared)
        outputs, rules, _ = answers(program, table)
        expected, expected_rules, _ = by_python.answers(case.system, shape, table)
        assert rules == expected_rules
        np.testing.assert_allclose(np.array(outputs, float), np.array(expected, float), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", executed.NAMES)
def test_neighbours(name):
    program = in_short_steps(program_of(executed.case(name).system))
    outputs = [step for _, step in program.outputs]
    assert outputs == list(range(outputs[0], outputs[0] + len(outputs)))
    chosen = program.steps[program.rule].value
    if isinstance(chosen, Choice):
        tests = [test.step for test, _ in chosen.branches]
        assert tests == list(range(tests[0], tests[0] + len(tests)))
        # Outputs with bounds are of others that are chosen by rule.
        by_rule = [k for k, step in enumerate(program.steps) if is_by_rule(step.value, program.rule)]
        assert len(by_rule) == len(outputs)
        for place in by_rule:
            branches = program.steps[place].value.branches
            assert [test for test, _ in branches] == [
                IsEqual(Reference(program.rule), test.bound) for test, _ in branches
            ]
            places = [value.step for _, value in branches]
            assert places == list(range(places[0], places[0] + len(places)))
