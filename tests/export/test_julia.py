"""Julia against the rules, as a grammar reads it, since there is no Julia; equal to Python to the last bit."""

import by_python
import executed
import julia_source
import networks
import pytest

from prelu_rules.errors import InvalidValueError
from prelu_rules.export import targets
from prelu_rules.export.julia import write
from prelu_rules.rules.extraction import extract_rules


def answers(system, shape, table):
    """Outputs, rules and classes of each row, None where the source throws."""
    predict = julia_source.function_of(write(system, shape=shape))
    n, has_rule, has_class = len(system.output_names), shape == "list", system.classes is not None
    found = []
    for row in executed.rows_of(table):
        cells = [julia_source.MISSING if cell is None else cell for cell in row.values()]
        try:
            answer = list(predict(*cells).values())
            assert len(answer) == n + has_rule + has_class
        except julia_source.ArgumentError:
            answer = [None] * (n + has_rule + has_class)
        found.append(answer)
    rules = [answer[n] for answer in found] if has_rule else None
    return [answer[:n] for answer in found], rules, [answer[-1] for answer in found] if has_class else None


@pytest.mark.parametrize("name", executed.NAMES)
def test_answers_are_those_of_the_rules(name):
    case = executed.case(name)
    for shape in case.shapes:
        by_python.check(case, shape, *answers(case.system, shape, case.rows))
        executed.check_refused(case, answers(case.system, shape, case.refused)[0])


@pytest.mark.parametrize("pair", [*executed.PAIRS, ("max", "Float64"), ("$x", "#=")], ids=executed.pair_id)
def test_names_are_data(pair):
    case = executed.hostile_case(*pair)
    for shape in case.shapes:
        by_python.check(case, shape, *answers(case.system, shape, case.rows))


@pytest.mark.parametrize("make", by_python.CASES)
def test_long_sums_and_lists_with_gaps(make):
    case = make()
    by_python.check(case, "list", *answers(case.system, "list", case.rows))


@pytest.mark.parametrize("cell", [float("nan"), float("inf"), julia_source.MISSING, "1"])
def test_cells_have_to_be_finite_numbers(cell):
    predict = julia_source.function_of(write(extract_rules(networks.random_form(0, (1, 1)))))
    with pytest.raises(julia_source.ArgumentError, match="in1 is not what a training row had"):
        predict(cell)


def test_a_keyword_is_no_function():
    with pytest.raises(InvalidValueError, match="function is 'end', which is not a Julia identifier"):
        write(extract_rules(networks.random_form(0, (1, 1))), function="end")


def test_it_says_that_julia_did_not_run_it():
    assert "not yet run by Julia" in targets()["julia"].limits
