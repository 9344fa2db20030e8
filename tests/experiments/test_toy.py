import numpy as np

from prelu_rules.experiments.layered_network import paper_network
from prelu_rules.experiments.reproduction import figure2, text_is_correct
from prelu_rules.experiments.toy import ADDITION, XOR


def test_the_tasks_are_their_definitions():
    for (a, b, c, d), xor, total in zip(XOR.inputs, XOR.targets, ADDITION.targets, strict=True):
        assert xor.tolist() == [a != b, c != d, a == b == 1]
        assert int("".join(str(int(bit)) for bit in total), 2) == (2 * a + b) + (2 * c + d)
    assert len(XOR.inputs) == 16 == len(np.unique(XOR.inputs, axis=0))


def test_a_wrong_or_missing_answer_is_seen():
    assert XOR.correct(XOR.targets)
    assert not XOR.correct(1 - XOR.targets)
    assert not XOR.correct(np.full_like(XOR.targets, np.nan))


def test_the_papers_network_solves_its_task():
    network = paper_network()
    assert XOR.correct(network.predict(XOR.inputs))
    assert network.n_nonlinear() == 2
    labels = np.array(network.form.labels)[network.form.slopes < 0.9995]
    assert labels.tolist() == [[1, 3], [4, 1]]


# The paper's table: conditions as in1+in2 and in3+in4 against 1, then weights and constant of each output.
TABLE = [
    ((False, False), [1.01, 1.01, 0, 0, 0], [0, 0, -1.03, -1.03, 2.04], [0, 0, 0, 0, 0]),
    ((False, True), [-1.01, -1.01, 0, 0, 2.02], [0, 0, -1.03, -1.03, 2.04], [1, 1, 0, 0, -1.01]),
    ((True, False), [1.01, 1.01, 0, 0, 0], [0, 0, 1, 1, 0.01], [0, 0, 0, 0, 0]),
    ((True, True), [-1.01, -1.01, 0, 0, 2.02], [0, 0, 1, 1, 0.01], [1, 1, 0, 0, -1.01]),
]


def test_figure_2_is_the_papers_table():
    rules = figure2()
    assert len(rules) == len(TABLE)
    for rule, (signs, *outputs) in zip(rules.rules, TABLE, strict=True):
        first, second = (condition.normalised() for condition in rule.conditions)
        assert (first.nonnegative, second.nonnegative) == signs
        np.testing.assert_allclose([*first.coef, first.intercept], [0, 0, -1, -1, 1], atol=0.01)
        np.testing.assert_allclose([*second.coef, second.intercept], [1, 1, 0, 0, -1], atol=0.01)
        numbers = np.column_stack([rule.outputs.coef, rule.outputs.intercept])
        np.testing.assert_allclose(numbers, outputs, atol=0.01)
    assert text_is_correct(XOR, rules.export("paper"))
    # As printed: two decimals, and nothing else.
    assert rules.precision.digits == 2


def test_text_that_covers_an_input_twice_is_not_correct():
    text = figure2().export("paper")
    assert not text_is_correct(XOR, text.replace("-1.00 >= 0", "+1.00 >= 0", 1))
    assert not text_is_correct(XOR, text.replace("+2.04", "+3.04"))
