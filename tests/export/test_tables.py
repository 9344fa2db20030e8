"""The targets that are only for reading: compact, Markdown, LaTeX, hostile names in them, and the registry."""

import re
from dataclasses import replace

import html_reader
import networks
import numpy as np
import presentations
import presented_by_hand
import pytest
from formulas import run_formulas
from hypothesis import given

from prelu_rules import export
from prelu_rules.domains.box import Box
from prelu_rules.errors import DataError, InvalidValueError
from prelu_rules.export import html, latex, markdown
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


def grid(markdown):
    """The cells of all tables in Markdown, header first, without the line of dashes."""
    rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in markdown.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in row] for row in rows]
    return [row for row in cells if not all(set(cell) <= set("-:") for cell in row)]


def test_markdown_keeps_its_columns_whatever_the_names():
    rules = extract_rules(
        networks.xor_form(), networks.BINARY, feature_names=["a|b", "c\nd", "*e*", "<f>"], output_names=["y|", "z"]
    )
    header, *rows = grid(rules.export("markdown"))
    assert header == ["rule", "if", r"y\|", "z", "rows", "share"]
    assert {len(row) for row in rows} == {6} and sorted(int(row[4]) for row in rows) == [1, 3, 3, 9]
    assert rows[0][1] == r'"a\|b" + "c\\nd" ≥ 1 and "\*e\*" + "\<f\>" ≥ 1'
    assert rows[-1][1] == "otherwise"


def test_one_rule_is_always_right_and_the_formula():
    rules = extract_rules(networks.random_form(0, (1, 1)))
    assert grid(rules.export("markdown"))[1] == ["1", "always", "as the formula says"]
    assert rules.export("latex").count(r"\[") == 1


def test_two_bounds_of_one_sum_are_one_relation():
    conditions = (
        Condition([1.0, 2.0], -20.0, True),
        Condition([0.0, 1.0], 0.0, True),
        Condition([2.0, 4.0], -90.0, False),
    )
    rules = RuleSystem((Rule(conditions, AffineMap([[1.0, 0.0]], [0.0])),), ("a", "b"), ("y",))
    assert grid(rules.export("markdown"))[1][1] == r"10 ≤ 0.5\*a + b < 22.5 and b ≥ 0"
    assert r"10 $\le$ 0.5 a + b $<$ 22.5 and b $\ge$ 0" in rules.export("latex")


def test_the_tables_of_a_classifier():
    tables = grid(markdown.write_presentation(presented_by_hand.flowers()))
    assert tables[0] == ["class", "where", "rows", "share", "classes"] and tables[3][:3] == [
        "virginica",
        "otherwise",
        "52",
    ]
    assert tables[6] == ["versicolor", "4.35", "1.3", "0.1%", "96%", "3.9%"]
    assert tables[-1][:3] == ["2", "otherwise", "as in rule 1"]
    written = latex.write_presentation(presented_by_hand.flowers())
    assert written.count(r"\begin{cases}") == 4 and r"\text{class} = \begin{cases}" in written


def test_the_formula_stands_before_the_rules_and_notes_behind():
    written = markdown.write_presentation(presented_by_hand.tariff())
    assert written.startswith("```text\nprice = 10 + 0.1*kwh + 0.05*age\n        - 15 where kind is farm\n")
    assert written.endswith("(rounded: price is within 0.21 of the exact rules on every training row)\n")
    in_formulas = latex.write_presentation(presented_by_hand.tariff(), "$$", "$$")
    assert in_formulas.count("$$") == 6 and r"\quad\text{$-$ 15 where kind is farm}" in in_formulas
    assert r"\text{otherwise (120 of 480 rows, 25$\%$)}" in in_formulas


@given(presentations.presentations())
def test_no_name_breaks_a_table_or_a_formula(presentation):
    """Random presentations with hostile names: tables of one width, HTML and formulas that are well-formed."""
    html_tables = html_reader.read(html.write_presentation(presentation)).tables
    assert all(len({len(row) for row in table}) == 1 for table in html_tables)
    in_markdown = grid(markdown.write_presentation(presentation))
    # Each table is folded in HTML only.
    assert len(in_markdown) <= sum(map(len, html_tables))
    numbers = [str(rule.number) for rule in presentation.rules]
    assert [row[0] for row in in_markdown][-len(numbers) :] == numbers or not numbers
    written = latex.write_presentation(presentation)
    bare = re.sub(r"\\[\\{}$%#&_]", "", written)
    assert bare.count("{") == bare.count("}") and bare.count("$") % 2 == 0
    assert written.count(r"\begin{cases}") == written.count(r"\end{cases}")
    # What TeX would read as a comment, a parameter or a cell stands escaped, but for the cells of cases.
    assert not re.search(r"[%#]", bare.replace(r"\%", ""))
    assert all(line.count("&") <= 1 for line in bare.splitlines())


def test_latex_escapes_names():
    rules = extract_rules(
        networks.xor_form(), networks.BINARY, feature_names=["a_b", "50%", "$x", "{y}\\"], output_names=["o#", "p~^&"]
    )
    written = rules.export("latex")
    for text in (r"a$\_$b", r"50$\%$", r"$\$$x", r"$\{$y$\}\backslash$", r"o$\#$", r"p$\sim\wedge\&$"):
        assert text in written


def test_numbers_far_from_one_are_powers_of_ten_in_latex():
    form = replace(networks.random_form(0, (1, 1)), C=[[1e-20]], e=[2e30])
    assert r"$2\cdot 10^{30}$ + $1\cdot 10^{-20}$ in1" in extract_rules(form).export("latex")


def test_a_negative_threshold_keeps_its_minus():
    form = replace(networks.xor_form(), b=[1, -1])
    written = extract_rules(form, Box([-9] * 4, [9] * 4), feature_names=list("abcd")).export("latex")
    assert r"a + b $<$ $-$1" in written


def test_users_add_targets():
    rules = extract_rules(networks.xor_form())
    export.register("count", lambda system, unit="rules": f"{len(system)} {unit}")
    assert rules.export("count", unit="regions") == "4 regions" and list(export.targets())[-1] == "count"
    # The cell of a notebook, run again.
    export.register("count", lambda system: f"{len(system)}")
    assert rules.export("count") == "4" and list(export.targets()).count("count") == 1
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
    with pytest.raises(InvalidValueError, match="no export target 'cobol'; choose one of text, compact, paper"):
        rules.export("cobol")
    assert rules.export("paper", tmp_path / "rules.txt") == (tmp_path / "rules.txt").read_text()
    with pytest.raises(DataError, match="cannot write"):
        rules.export("paper", tmp_path / "nowhere" / "rules.txt")
    with pytest.raises(InvalidValueError, match="no compact form"):
        replace(rules, form=None).export("compact", tmp_path / "rules.txt")
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("rules.txt", rules.export("paper"))]


def test_tables_of_decision_rules_have_the_class():
    form, labels = networks.random_form(0, (1, 3)), ["a|b", "c_d", 7]
    for x in (None, np.linspace(-3, 3, 20)[:, None]):
        decisions = extract_rules(form, classes=labels).decision_rules(Box([-3], [3]), x=x)
        rows = grid(decisions.export("markdown"))
        header = next(row for row in rows if row[0] == "rule")
        assert header[:6] == ["rule", "if", "class", "out1", "out2", "out3"]
        escapes = {"a|b": r'"a\|b"', "c_d": r"c\_d", 7: "7"}
        printed = decisions.presentation.rules
        assert [row[2] for row in rows if row[0].isdigit()] == [escapes[rule.decision] for rule in printed]
        assert r"\text{class} = \begin{cases}" in decisions.export("latex")
