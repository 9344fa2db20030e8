"""What a notebook shows of a fit, and of the rules in it."""

import networks
import numpy as np
from html_reader import HOSTILE, read
from refine_networks import path_of_sizes

from prelu_rules.estimators.fitted_page import score_text
from prelu_rules.estimators.fitted_rules import FittedRules
from prelu_rules.estimators.regressor import PReLURuleRegressor
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.on_demand import rules_on_demand


def fitted(target="price"):
    """A result put together by hand, since a fit takes seconds."""
    from dataclasses import replace

    path, estimator = path_of_sizes(3), PReLURuleRegressor()
    path = replace(path, chosen=path[1], before_force=path[2].form)
    x = np.random.default_rng(0).normal(size=(40, 3)).clip(-2, 2)
    estimator.rules_ = extract_rules(path[1].form, path[1].domain, x=x, output_names=(target,))
    estimator.path_, estimator.point_ = path, path[1]
    return FittedRules(estimator, target, {"R2": 0.98765, "MAE": 1234.5}, {"R2": 0.99, "MAE": 1000.0}, 50, 10, True)


def test_head_rules_path_and_scores_in_this_order():
    result = fitted()
    reader = read(result)
    assert reader.text.startswith("Regression of price by 3 columns: 50 rows, 40 to learn from and 10 held out")
    rules, path, scores = reader.tables
    assert rules[0][:3] == ["rule", "if", "price"] and len(rules) == 3 and path[0][0] == "units"
    assert [row[-1] for row in path[1:]] == ["", "chosen", ""] and reader.bold_rows == [path[2]]
    assert "the best within the limits" in reader.folds[0]
    assert scores[0] == ["", "R2", "MAE", "nonlinear units", "rules"]
    assert scores[1] == ["these rules", "0.988", score_text(1234.5), "1", "2"] and scores[2][-2:] == ["2", ""]


def test_names_are_escaped_wherever_they_stand():
    for name in HOSTILE:
        assert "<script" not in fitted(name)._repr_html_() and read(fitted(name)).tables[0]


def test_the_plot_of_the_path_circles_the_network_of_the_rules():
    result = fitted()
    axes = result.path.plot().figure.axes
    assert [line.get_xdata()[0] for line in axes[0].lines if line.get_label() == "chosen"] == [1]


def test_rules_and_a_rule_show_as_html_and_as_formulas():
    rules = extract_rules(networks.xor_form(), networks.BINARY, feature_names=["a", "b", "<c>", "$d$"])
    assert [row[0] for row in read(rules).tables[-1][1:]] == ["1", "2", "3", "4"]
    formulas = rules._repr_latex_()
    assert formulas.startswith("$$\n") and formulas.endswith("\n$$\n") and r"\begin{cases}" in formulas
    alone = read(rules[0])
    header, row = alone.tables[-1]
    assert header[:4] == ["rule", "if", "out1", "out2"] and "in1 +\xa0in2" in row[1] and "in3 +\xa0in4" in row[1]
    assert "alone a rule does not know its columns" in alone.text and "share" not in header
    assert "in1 + in2" in rules[0]._repr_latex_()


def test_rules_on_demand_show_their_formula():
    reader = read(rules_on_demand(networks.xor_form(), networks.BINARY, feature_names=["a", "b", "<c>", "d"]))
    assert reader.text.startswith("2 nonlinear units, 4 columns") and "max(0, a + b - 1)" in reader.code[0]
    assert '"<c>"' in reader.code[0]
