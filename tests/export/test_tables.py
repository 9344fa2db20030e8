"""The targets that are only for reading: compact, Markdown, LaTeX, and the registry."""

import re
from dataclasses import replace

import networks
import numpy as np
import pytest
from formulas import run_formulas
from hypothesis import given

from prelu_rules import export
from prelu_rules.domains.box import Box
from prelu_rules.errors import DataError, InvalidValueError
from prelu_rules.network.affine import AffineMap
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.tolerances import PRINTED_OUTPUT


@given(networks.seeds)
def test_the_compact_form_says_what_the_rules_say(seed):
    x = np.random.default_rng(seed).normal(size=(30, 3))
    rules = extract_rules(networks.random_form(seed, (3, 2, 2, 2), slopes=(0.2, 0.7)), x)
    y = rules.predict(x)
    printed = run_formulas(rules.export("compact"), x)
    assert (np.abs(printed - y) <= PRINTED_OUTPUT * np.ptp(y, axis=0) + 1e-12).all()
    every_digit = replace(rules, precision=None).export("compact")
    np.testing.assert_allclose(run_formulas(every_digit, x), y, rtol=1e-9, atol=1e-9)


def test_the_compact_form_of_xor_is_the_one_of_the_textbook():
    rules = extract_rules(networks.xor_form(), networks.BINARY)
    assert rules.export("compact") == (
        "out1 = in1 + in2 - 2 * max(0, in1 + in2 - 1)\nout2 = in3 + in4 - 2 * max(0, in3 + in4 - 1)\n"
    )


def test_a_long_bend_that_is_used_twice_gets_a_name_of_its_own():
    form = networks.random_form(1, (3, 1, 2), slopes=(0.0,))
    lines = extract_rules(form, feature_names=["bend", "b", "c"]).export("compact").splitlines()
    assert lines[0].startswith("bend_1 = max(0, ")
    assert all("bend_1" in line and "max" not in line for line in lines[1:])


def test_rules_without_a_network_have_no_compact_form():
    rules = replace(extract_rules(networks.xor_form()), form=None)
    with pytest.raises(InvalidValueError, match="no compact form; export them as 'text'"):
        rules.export("compact")


def cells(line):
    return re.split(r"(?<!\\)\|", line.strip())[1:-1]


def test_markdown_keeps_its_columns_whatever_the_names():
    rules = extract_rules(
        networks.xor_form(), networks.BINARY, feature_names=["a|b", "c\nd", "*e*", "<f>"], output_names=["y|", "z"]
    )
    table = rules.export("markdown").splitlines()
    assert [len(cells(line)) for line in table] == [5] * (2 + len(rules))
    assert [int(cells(line)[1]) for line in table[2:]] == [9, 3, 3, 1]
    assert cells(table[2])[2] == r" a\|b + c d ≥ 1 and \*e\* + \<f\> ≥ 1 "


def test_conditions_turn_with_their_sign():
    rules = extract_rules(networks.random_form(0, (1, 1)))
    assert "| 1 | always |" in rules.export("markdown")
    turned = extract_rules(
        replace(networks.xor_form(), A=[[-1, 0, 0, 0], [0, 0, 1, 1]]), networks.BINARY, feature_names=list("abcd")
    )
    # -a - 1 < 0 all over the box, so only the other unit decides.
    assert [cells(line)[2].strip() for line in turned.export("markdown").splitlines()[2:]] == ["c + d < 1", "c + d ≥ 1"]
    free = replace(turned.form, b=[0.5, -1])
    table = extract_rules(free, networks.BINARY, feature_names=list("abcd")).export("markdown")
    assert "a ≤ 0.5" in table and "a \\> 0.5" in table


def test_two_bounds_of_one_sum_are_one_relation():
    conditions = (
        Condition([1.0, 2.0], -20.0, True),
        Condition([0.0, 1.0], 0.0, True),
        Condition([2.0, 4.0], -90.0, False),
    )
    rules = RuleSystem((Rule(conditions, AffineMap([[1.0, 0.0]], [0.0])),), ("a", "b"), ("y",))
    assert "| 10 ≤ 0.5 a + b < 22.5 and b ≥ 0 |" in rules.export("markdown")
    assert r"10 \le 0.5\,\text{a} + \text{b} < 22.5 \text{ and } \text{b} \ge 0" in rules.export("latex")


def test_latex_is_balanced_and_escaped():
    rules = extract_rules(
        networks.xor_form(), networks.BINARY, feature_names=["a_b", "50%", "$x", "{y}\\"], output_names=["o#", "p~^&"]
    )
    latex = rules.export("latex")
    bare = latex.replace("\\{", "").replace("\\}", "")
    assert bare.count("{") == bare.count("}")
    assert latex.count("\\begin{cases}") == latex.count("\\end{cases}") == 2
    assert not re.search(r"(?<!\\)[%$#]|(?<!\\)_", latex)
    assert len(re.findall(r"(?<!\\)&(?! \\text\{if)", latex)) == 0
    assert r"\text{a\_b}" in latex and r"\text{50\%}" in latex and r"\text{\{y\}\textbackslash{}}" in latex


def test_numbers_far_from_one_are_powers_of_ten_in_latex():
    form = replace(networks.random_form(0, (1, 1)), C=[[1e-20]], e=[2e30])
    assert r"1\cdot 10^{-20}\,\text{in1} + 2\cdot 10^{30}" in extract_rules(form).export("latex")


def test_a_negative_threshold_keeps_its_minus():
    form = replace(networks.xor_form(), b=[1, -1])
    latex = extract_rules(form, Box([-9] * 4, [9] * 4), feature_names=list("abcd")).export("latex")
    assert r"\text{a} + \text{b} < -1 \text{ and }" in latex and r"\text{c} + \text{d} \ge 1 \\" in latex


def test_users_add_targets():
    rules = extract_rules(networks.xor_form())
    export.register("count", lambda system, unit="rules": f"{len(system)} {unit}")
    assert rules.export("count", unit="regions") == "4 regions" and export.targets()[-1] == "count"
    # The cell of a notebook, run again.
    export.register("count", lambda system: f"{len(system)}")
    assert rules.export("count") == "4" and export.targets().count("count") == 1
    with pytest.raises(InvalidValueError, match="no export target 'counts'; did you mean 'count'?"):
        rules.export("counts")
    export.unregister("count")
    assert "count" not in export.targets()
    with pytest.raises(InvalidValueError, match="there is no export target 'count'"):
        rules.export("count")


def test_targets_of_the_package_stay():
    with pytest.raises(InvalidValueError, match="the export target 'latex' is built in; choose another name"):
        export.register("latex", lambda system: "")
    with pytest.raises(InvalidValueError, match="the export target 'latex' is built in and cannot be removed"):
        export.unregister("latex")
    assert extract_rules(networks.xor_form()).export("latex")


def test_unknown_targets_and_paths_are_named(tmp_path):
    rules = extract_rules(networks.xor_form())
    with pytest.raises(InvalidValueError, match="no export target 'cobol'; choose one of text, compact, markdown"):
        rules.export("cobol")
    assert rules.export("text", tmp_path / "rules.txt") == (tmp_path / "rules.txt").read_text()
    with pytest.raises(DataError, match="cannot write"):
        rules.export("text", tmp_path / "nowhere" / "rules.txt")
    with pytest.raises(InvalidValueError, match="no compact form"):
        replace(rules, form=None).export("compact", tmp_path / "rules.txt")
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("rules.txt", rules.export("text"))]


def test_tables_of_decision_rules_have_the_class():
    form = networks.random_form(0, (1, 3))
    for x in (None, np.linspace(-3, 3, 20)[:, None]):
        decisions = extract_rules(form, classes=["a|b", "c_d", 7]).decision_rules(Box([-3], [3]), x=x)
        labels = [["a|b", "c_d", 7][rule.decision] for rule in decisions.rules]
        assert len(labels) > 1
        header, _, *lines = [
            [cell.strip() for cell in cells(line)] for line in decisions.export("markdown").splitlines()
        ]
        assert header == ["rule", *(["rows"] if x is not None else []), "if", "class", "out1", "out2", "out3"]
        column = header.index("class")
        escapes = {"a|b": "a\\|b", "c_d": "c\\_d", 7: "7"}
        assert [line[column] for line in lines] == [escapes[label] for label in labels]
        assert {len(line) for line in lines} == {len(header)}
        latex = decisions.export("latex").split("\\[")[1:]
        assert len(latex) == 4 and latex[0].startswith("\n\\text{class} = \\begin{cases}")
        written = re.findall(r"^  (\\text\{.*?\}) &", latex[0], flags=re.MULTILINE)
        assert written == [{"a|b": r"\text{a|b}", "c_d": r"\text{c\_d}", 7: r"\text{7}"}[label] for label in labels]


def test_one_decision_needs_no_cases():
    form = replace(networks.random_form(0, (1, 2)), C=[[0], [0]], e=[0, 1])
    latex = extract_rules(form, classes=["no", "yes"]).decision_rules().export("latex")
    assert latex.startswith("\\[\n\\text{class} = \\text{yes}\n\\]\n")
