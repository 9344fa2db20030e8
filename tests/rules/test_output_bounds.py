"""Bounds of outputs, wherever rules answer, are read or are proven."""

import json
from dataclasses import replace

import networks
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.domains.box import Box
from prelu_rules.errors import FormatError, InvalidValueError, ShapeError
from prelu_rules.export import export, paper_reader, read_text
from prelu_rules.export.json import read as read_json
from prelu_rules.export.scoring import Scoring
from prelu_rules.network.affine import AffineMap
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.output_bounds import OutputBounds
from prelu_rules.rules.rule import Rule
from prelu_rules.rules.rule_system import RuleSystem

ENDS = st.none() | st.floats(-1e6, 1e6)


def rules(n_outputs=1, bounds=None, **options):
    form = networks.random_form(1, (2, 3, n_outputs))
    system = extract_rules(form, Box([-5.0, -5.0], [5.0, 5.0]), feature_names=["a", "b"], **options)
    return replace(system, bounds=bounds)


def bounded(n_outputs=1):
    return rules(n_outputs, OutputBounds([-0.5] * n_outputs, [1.25] * n_outputs))


@given(st.lists(st.tuples(ENDS, ENDS), min_size=1, max_size=3), st.integers(0, 1000))
def test_each_output_is_moved_to_the_nearer_bound(pairs, seed):
    pairs = [pair if None in pair else tuple(sorted(pair)) for pair in pairs]
    if not any(end is not None for pair in pairs for end in pair):
        pairs[0] = (None, 3.0)
    bounds = OutputBounds(*zip(*pairs, strict=True))
    outputs = np.random.default_rng(seed).normal(size=(20, len(pairs))) * 1e6
    kept = bounds.applied(outputs)
    for before, after in zip(outputs.tolist(), kept.tolist(), strict=True):
        for value, found, (low, high) in zip(before, after, pairs, strict=True):
            expected = max(value, -np.inf if low is None else low)
            assert found == min(expected, np.inf if high is None else high)
    np.testing.assert_array_equal(bounds.applied(kept), kept)


@pytest.mark.parametrize(
    ("lower", "upper", "error", "message"),
    [
        ([0.0], [1.0, 2.0], ShapeError, "there are 1 lower bounds and 2 upper ones"),
        ([2.0], [1.0], InvalidValueError, "the lower bound 2 is above the upper one, 1"),
        ([np.nan], [1.0], InvalidValueError, "the lower bound is nan; it must be a finite number"),
        ([0.0], [np.inf], InvalidValueError, "the upper bound is inf"),
        ([0.0], ["1"], InvalidValueError, "the upper bound is '1'"),
        ([True], [2.0], InvalidValueError, "the lower bound is True"),
        ([None], [None], InvalidValueError, "the bounds hold no number"),
    ],
)
def test_what_bounds_nothing_is_refused(lower, upper, error, message):
    with pytest.raises(error, match=message):
        OutputBounds(lower, upper)


def test_bounds_fit_the_outputs():
    with pytest.raises(ShapeError, match="there are bounds for 2 outputs, but there are 1"):
        rules(1, OutputBounds([0.0, 0.0], [1.0, 1.0]))
    with pytest.raises(InvalidValueError, match="there are bounds, but the outputs are logits"):
        rules(1, OutputBounds([0.0], [1.0]), classes=("no", "yes"))


@pytest.mark.parametrize("n_rows", [1, 50, pytest.param(1_100_000, marks=pytest.mark.slow)])
def test_predictions_are_within_them(n_rows):
    """Also those of compiled code, which many rows are computed by."""
    system = bounded(2)
    x = np.random.default_rng(0).normal(size=(n_rows, 2)) * 2
    expected = np.clip(system.unbounded.predict(x), -0.5, 1.25)
    np.testing.assert_array_equal(system.predict(x), expected)
    assert n_rows == 1 or 0 < (expected == 1.25).mean() < 1
    np.testing.assert_array_equal(Scoring(system).scores(x).outputs, expected)
    assert system.unbounded.bounds is None and system.unbounded == rules(2)


def test_mean_errors_are_of_what_is_predicted():
    always = Rule((), AffineMap([[1.0]], [0.0]))
    system = RuleSystem((always,), ("x",), ("y",), bounds=OutputBounds([0.0], [2.0]))
    assert system.with_evidence([[1.0], [10.0]], [1.0, 3.0])[0].errors == (0.5,)


def test_printed_digits_do_not_depend_on_them():
    x = np.random.default_rng(0).uniform(-5, 5, (100, 2))
    form = networks.random_form(1, (2, 3, 1))
    free = extract_rules(form, x)
    tight = replace(free, bounds=OutputBounds([0.0], [0.1]))
    assert free.precision == tight.precision
    assert tight.rounded(max_error=0.1).bounds == tight.bounds
    assert tight.rounded(max_error=0.1).unbounded == free.rounded(max_error=0.1)


@pytest.mark.parametrize("target", ["text", "html", "markdown", "graphviz", "mermaid"])
def test_people_read_them(target):
    text = export(bounded(2), target)
    assert "is kept between" in text.replace("&nbsp;", " ") and "1.25" in text
    assert "is kept" not in export(rules(2), target)
    assert "kept" in export(bounded(2), "latex") and "kept" not in export(rules(2), "latex")


SAID = {
    (-0.5, 1.25): "out1 is kept between -0.5 and 1.25",
    (0.0, None): "out1 is kept at least 0",
    (None, 1e-7): "out1 is kept at most 1e-07",
    (1 / 3, 1 / 3): f"out1 is kept between {1 / 3} and {1 / 3}",
    (-(2.0**70), 12345678.875): "out1 is kept between -1.1805916207174113e+21 and 12345678.875",
}


@pytest.mark.parametrize("pair", list(SAID))
def test_text_is_read_back(pair):
    system = rules(1, OutputBounds(*zip(pair, strict=True)))
    read = read_text(export(system, "text"))
    assert read.bounds == system.bounds
    assert paper_reader.read(export(system, "paper")).bounds == system.bounds
    assert read_json(export(system, "json")) == system


def test_hostile_names_are_read_back():
    names = ("out is kept", 'a "b" (c)', "rounded", "between")
    bounds = OutputBounds([0.0, None, -1.0, 2.0], [1.0, 5.0, None, 3.0])
    system = rules(4, bounds, output_names=names)
    assert read_text(export(system, "text")).bounds == bounds
    assert paper_reader.read(export(system, "paper")).bounds == bounds
    assert read_json(export(system, "json")) == system


@pytest.mark.parametrize(
    ("note", "message"),
    [
        ("(z is kept between 0 and 1)", "there are bounds of z, but the outputs are y"),
        ("(y is kept between 2 and 1)", "the lower bound 2 is above the upper one"),
        ("(y is kept at most 2)\n(y is kept at least 1)", "line 5: 'y' has bounds already"),
        ("(y is kept near 2)", "line 4"),
    ],
)
def test_what_contradicts_itself_is_refused(note, message):
    with pytest.raises(FormatError, match=message):
        read_text(f"1. Always\n   y = 1 + 2*x\n\n{note}\n")


def test_notes_beside_them_are_read():
    text = "1. Always\n   y = 1 + 2*x\n\n(y is kept at most 4)\n(rounded: y is within 0.1 of the exact rules)\n"
    assert read_text(text).predict({"x": [1.0, 5.0]}).tolist() == [[3.0], [4.0]]
    note = "(kept: z from 0.0)\n"
    with pytest.raises(FormatError, match="there are bounds of"):
        paper_reader.read(export(rules(1), "paper") + note)


def test_damaged_json_is_refused():
    content = json.loads(export(bounded(), "json"))
    assert "bounds" not in json.loads(export(rules(), "json"))
    for damage, message in (
        ({"lower": [0.0]}, "'upper'"),
        ({"lower": ["0"], "upper": [1.0]}, "bounds.lower"),
        ({"lower": [2.0], "upper": [1.0]}, "above the upper one"),
        ({"lower": [0.0, 0.0], "upper": [1.0, 1.0]}, "2 outputs"),
        ({"lower": [0.0], "upper": [1.0], "middle": []}, "middle"),
    ):
        with pytest.raises(FormatError, match=message):
            read_json(json.dumps({**content, "bounds": damage}))


def test_certificates_are_of_the_rules_before_them():
    form = networks.random_form(1, (2, 3, 1))
    certificate = bounded().certify(form)
    assert certificate.bounds == bounded().bounds
    np.testing.assert_array_equal(certificate.upper, rules().certify(form).upper)
    said = "outputs are compared before the rules keep them within bounds"
    assert str(certificate).endswith(f"  {said}\n") and said not in str(rules().certify(form))
    assert said[1:] in certificate._repr_html_()


def test_the_compact_form_says_them_last():
    system = rules(2, OutputBounds([0.0, None], [0.1, None]))
    lines = export(system, "compact").splitlines()
    assert lines[-1] == "out1 = min(0.1, max(0, out1))"
    assert lines[:-1] == export(system.unbounded, "compact").splitlines()


def test_tables_have_columns_of_them():
    found = rules(2, OutputBounds([0.0, None], [None, 2.5])).to_pandas()
    assert set(found["out1: at least"]) == {0.0} and set(found["out2: at most"]) == {2.5}
    assert not {"out1: at most", "out2: at least"} & set(found.columns)


def test_sympy_has_them():
    system = rules(1, OutputBounds([-0.5], [1.25]))
    x = np.random.default_rng(0).uniform(-5, 5, (20, 2))
    for kind in ("piecewise", "max"):
        value = system.to_sympy(kind)["out1"]
        rows = [dict(zip("ab", row, strict=True)) for row in x.tolist()]
        found = [float(value.xreplace({s: row[s.name] for s in value.free_symbols})) for row in rows]
        np.testing.assert_allclose(found, system.predict(x)[:, 0], atol=1e-12)
