"""Rules as notebooks show them: structure, escapes, folds."""

from dataclasses import replace

import presented_by_hand
import pytest
from html_reader import HOSTILE, read

from prelu_rules.export.html import write_presentation
from prelu_rules.export.sentences import AS_FORMULA
from prelu_rules.rules.presentation.presentation import Formula, OutputFormula, PresentedOutput, PresentedRule
from prelu_rules.rules.presentation.statements import Sum, Term


def test_a_formula_then_a_table_of_rules_then_notes():
    reader = read(write_presentation(presented_by_hand.tariff()))
    head, after = reader.text.split("The same, as rules:")
    assert head.replace("\xa0", " ").replace("\u202f\xd7\u202f", "*") == (
        "price = 10 + 0.1*kwh + 0.05*age\N{MINUS SIGN} 15 where kind is farm+ 5 where age is missing"
        "+ 0.15 for each unit that kwh is above 200+ 0.2 for each unit that kwh is above 400"
    )
    (header, *rows) = reader.tables[0]
    assert header == ["rule", "if", "price", "rows", "share", "mean error"]
    assert [row[1] for row in rows] == ["kwh < 200", "200 ≤ kwh < 400", "otherwise"]
    assert [row[0] for row in rows] == ["1", "2", "3"]
    assert [row[3:] for row in rows] == [["124", "26%", "0.38"], ["236", "49%", "0.41"], ["120", "25%", "0.5"]]
    assert rows[1][2].replace("\xa0", " ").startswith("\N{MINUS SIGN}20 + 0.25\u202f\xd7\u202fkwh")
    assert after.endswith(
        "(age counts as 0 where it is missing)(rounded: price is within 0.21 of the exact rules on every training row)"
    )


def test_letters_stand_where_they_are_named():
    reader = read(write_presentation(presented_by_hand.many(3)))
    assert "measure1 is above 10 (A)" in reader.text and reader.tables[0][1][1].endswith("and A and measure3 < 0.5")
    assert reader.tables[0][2][2].replace("\xa0", " ") == "base with B + 2.5\u202f\xd7\u202fmeasure2"


def test_rules_beyond_twenty_and_rules_without_rows_are_folded():
    reader = read(write_presentation(presented_by_hand.many(30)))
    assert [len(table) for table in reader.tables] == [21, 11] and reader.folds == ["10 more rules"]
    assert [int(row[0]) for table in reader.tables for row in table[1:]] == list(range(1, 31))
    assert reader.text.endswith("7 more rules (31 to 37) cover none of the 600 rows; the formula gives their answers.")


def test_a_classifier_decides_first_then_has_typical_rows_then_logits():
    reader = read(write_presentation(presented_by_hand.flowers()))
    decisions, typical, rules = reader.tables
    assert decisions == [
        ["class", "where", "rows", "share", "classes"],
        ["setosa", "petal_length < 2.6", "50", "33%", "setosa: 50"],
        [
            "versicolor",
            "2.6 ≤ petal_length < 4.9 and petal_width < 1.7",
            "48",
            "32%",
            "versicolor: 47, virginica: 1",
        ],
        ["virginica", "otherwise", "52", "35%", "versicolor: 3, virginica: 49"],
    ]
    assert typical[0][:3] == ["a typical row of class", "petal_length", "petal_width"]
    assert typical[2] == ["versicolor", "4.35", "1.3", "0.1%", "96%", "3.9%"]
    assert "The logits of setosa, versicolor and virginica" in reader.text
    assert rules[2][:3] == ["2", "otherwise", "as in rule 1"] and rules[2][-1] == "versicolor: 50, virginica: 50"


def test_without_decisions_the_largest_logit_counts():
    p = replace(presented_by_hand.flowers(), decisions=(), typical=())
    assert read(write_presentation(p)).text.startswith("class = the one with the largest logit")


def test_hostile_names_are_text_and_turn_nothing_around():
    fragment = write_presentation(presented_by_hand.hostile())
    reader = read(fragment)
    for text in HOSTILE:
        assert any(text in name or text.encode("unicode_escape").decode() in name for name in reader.names)
    assert "<script" not in fragment and not {"\u202e", "\u2066"} & set(fragment)
    assert {len(row) for row in reader.tables[-1]} == {7}


@pytest.mark.parametrize("change", [{}, {"n_rows": None}, {"folded": 0, "within": None}])
def test_one_rule_that_is_the_formula_repeats_nothing(change):
    total = Sum(10.0, (Term(0.1, "kwh"),))
    rule = PresentedRule(1, (), False, (PresentedOutput(total),), 480, (0.38,))
    p = replace(
        presented_by_hand.tariff(), formula=Formula((OutputFormula("price", total, ()),), ()), rules=(rule,), **change
    )
    reader = read(write_presentation(p))
    assert reader.tables[0][1][1:3] == ["always", AS_FORMULA] and "as rules" not in reader.text
    assert "share" in reader.tables[0][0] or p.n_rows is None


def test_without_rows_there_are_no_columns_for_them():
    p = presented_by_hand.tariff()
    rules = tuple(replace(rule, count=None, errors=None) for rule in p.rules)
    assert read(write_presentation(replace(p, rules=rules, n_rows=None))).tables[0][0] == ["rule", "if", "price"]
