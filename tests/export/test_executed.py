"""The comparison that all executable targets share: it takes the rules' own answers, and nothing else."""

import executed
import numpy as np
import pytest
from test_program import evaluated

from prelu_rules.errors import PReLURulesError
from prelu_rules.export.program import program_of


def answers(case, shape):
    """Outputs, rules and classes by the interpreter of programs."""
    program = program_of(case.system, shape)
    outputs, rules, classes = [], [], []
    for row in executed.rows_of(case.rows):
        steps = evaluated(program, row)
        outputs.append([steps[step] for _, step in program.outputs])
        rules.append(None if program.rule is None else steps[program.rule])
        classes.append(None if program.decision is None else steps[program.decision])
    return (
        np.array(outputs, dtype=float),
        None if program.rule is None else rules,
        None if program.decision is None else classes,
    )


@pytest.mark.parametrize("name", executed.NAMES)
def test_programs_pass(name):
    case = executed.case(name)
    for shape in case.shapes:
        outputs, rules, classes = answers(case, shape)
        executed.check(case, shape, outputs, rules, classes)
        executed.check(case, shape, outputs)


@pytest.mark.parametrize("name", executed.NAMES)
def test_a_wrong_number_fails(name):
    case = executed.case(name)
    for shape in case.shapes:
        outputs, rules, classes = answers(case, shape)
        there = np.flatnonzero(~np.isnan(outputs[:, 0]))
        outputs[there[5], 0] += 1e-7 * max(1, abs(outputs[there[5], 0]))
        with pytest.raises(AssertionError, match="instead of"):
            executed.check(case, shape, outputs, rules, classes)


def test_a_wrong_rule_or_class_fails():
    case = executed.case("three classes")
    outputs, rules, classes = answers(case, "list")
    other = [rule % len(case.system) + 1 for rule in rules]
    with pytest.raises(AssertionError, match="was found"):
        executed.check(case, "list", outputs, other)
    with pytest.raises(AssertionError, match="class"):
        executed.check(case, "list", outputs, rules, classes[1:] + classes[:1])
    with pytest.raises(AssertionError, match="missing"):
        executed.check(case, "list", np.full_like(outputs, np.nan), rules)


def test_off_the_domain_the_answer_of_a_list_is_missing():
    case = executed.case("gaps")
    outputs, rules, _ = answers(case, "list")
    assert np.isnan(outputs).any() and (np.isnan(outputs[:, 0]) == [rule is None for rule in rules]).all()
    with pytest.raises(AssertionError, match="missing"):
        executed.check(case, "list", np.nan_to_num(outputs))


def test_rows_are_on_bends_and_have_every_level_and_gap():
    case = executed.case("tariff")
    assert len(case.rows["kwh"]) > executed.RANDOM_ROWS
    assert {200.0, 264.0, 400.0} & set(case.rows["kwh"])
    assert set(case.rows["kind"]) == {"farm", "household", None} and None in case.rows["age"]


@pytest.mark.parametrize("name", executed.NAMES)
def test_refused_rows_have_no_answer(name):
    case = executed.case(name)
    for row in executed.rows_of(case.refused):
        with pytest.raises(PReLURulesError):
            case.system.predict(row)
    with pytest.raises(AssertionError, match="an answer"):
        executed.check_refused(case, [[None], [0.5]])


@pytest.mark.parametrize("pair", executed.PAIRS, ids=executed.pair_id)
def test_hostile_names_make_rules(pair):
    case = executed.hostile_case(*pair)
    executed.check(case, "list", *answers(case, "list"))
