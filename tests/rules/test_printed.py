"""Honest rounding, checked by reading the printed text as a person would."""

from dataclasses import replace

import networks
import numpy as np
import pytest
from formulas import run_formulas
from hypothesis import event, given
from hypothesis import strategies as st
from presented_systems import presented_deviation

from prelu_rules.domains.box import Box
from prelu_rules.errors import InvalidValueError, RoundingError, ShapeError
from prelu_rules.experiments.layered_network import paper_network
from prelu_rules.export import json, paper_reader
from prelu_rules.extraction import extract
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.network.precision import Precision, rounded
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.presentation.presented import presented
from prelu_rules.rules.printed import FEWEST_DIGITS, with_honest_precision
from prelu_rules.tolerances import PRINTED_OUTPUT


def presented_share(rules, x):
    """The same of the presentation."""
    spread = np.ptp(rules.predict(x), axis=0)
    return (presented_deviation(presented(rules), rules, x) / np.where(spread > 0, spread, 1)).max()


small = networks.widths.filter(lambda widths: sum(widths[1:-1]) <= 4)


def deviation(rules, x):
    """Largest difference between a printed form and the rules, in ranges of the outputs; inf where no rule is met."""
    printed = paper_reader.read(rules.export("paper"))
    if (np.sum([rule.covers(x) for rule in printed.rules], axis=0) != 1).any():
        return np.inf
    y = rules.predict(x)
    spread = np.ptp(y, axis=0)
    formulas = run_formulas(rules.export("compact"), x)
    wrong = np.maximum(np.abs(printed.predict(x) - y), np.abs(formulas - y))
    return (wrong / np.where(spread > 0, spread, 1)).max()


@given(networks.seeds, small, st.sampled_from([1e-6, 1e-2, 1.0, 1e3, 1e6]), st.sampled_from([1e-3, 1.0, 1e5]))
def test_printed_rules_say_what_the_rules_say(seed, widths, x_scale, y_scale):
    kernels, biases, slopes = networks.random_layers(seed, widths, slopes=(0.2, 0.9))
    scales = np.where(np.arange(widths[0]) % 2, x_scale, 1.0)
    kernels[0] = kernels[0] / scales[:, None]
    kernels[-1], biases[-1] = kernels[-1] * y_scale, biases[-1] * y_scale
    x = np.random.default_rng(seed).normal(size=(40, widths[0])) * scales
    rules = extract_rules(NormalForm.from_layers(kernels, biases, slopes), x, max_nonlinear=4)
    assert max(deviation(rules, x), presented_share(rules, x)) <= PRINTED_OUTPUT * (1 + 1e-9)
    digits = rules.precision.digits
    event(f"{digits} digits")
    if digits > FEWEST_DIGITS:
        fewer = replace(rules, precision=replace(rules.precision, digits=digits - 1))
        assert max(deviation(fewer, x), presented_share(fewer, x)) > PRINTED_OUTPUT * (1 - 1e-9)


@given(st.integers(0, 10**6))
def test_bends_on_the_data_points(seed):
    """The paper's printed rules failed here: its networks bend exactly where the binary inputs are."""
    rng = np.random.default_rng(seed)
    exact = networks.xor_form()
    noisy = replace(exact, **{n: getattr(exact, n) + rng.normal(0, 2e-3, getattr(exact, n).shape) for n in "AbCDe"})
    rules = extract_rules(noisy, networks.BINARY)
    assert deviation(rules, networks.BINARY) <= PRINTED_OUTPUT
    np.testing.assert_array_equal(
        np.rint(paper_reader.read(rules.export("paper")).predict(networks.BINARY)), exact.predict(networks.BINARY)
    )


def test_the_papers_network_on_its_inputs():
    rules = extract(paper_network().form, networks.BINARY)
    assert rules.precision.digits == 3
    assert deviation(rules, networks.BINARY) <= PRINTED_OUTPUT


def test_digits_do_not_depend_on_the_units_of_the_features():
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (50, 2))
    plain = NormalForm(A=[[1, 0]], B=[[0]], b=[0], C=[[0, 1]], D=[[1]], e=[0], slopes=[0])
    scales = np.array([1e6, 1e-6])
    scaled = replace(plain, A=plain.A / scales, C=plain.C / scales)
    assert extract_rules(plain, x).precision.digits == FEWEST_DIGITS
    rules = extract_rules(scaled, x * scales)
    assert rules.precision.digits == FEWEST_DIGITS
    assert rules.export("compact") == "out1 = 1000000 * in2 + 1e-06 * max(0, in1)\n"


def test_an_impossible_tolerance_is_refused():
    rules = extract_rules(networks.random_form(0, (3, 2, 1)), np.random.default_rng(0).normal(size=(50, 3)))
    with pytest.raises(RoundingError, match="17 digits do not keep the printed rules within 0"):
        with_honest_precision(rules, np.random.default_rng(1).normal(size=(50, 3)), tolerance=0.0)
    with pytest.raises(InvalidValueError, match="tolerance is -1; it must be at least 0"):
        with_honest_precision(rules, [[0.0, 0.0, 0.0]], tolerance=-1)


def test_rules_of_an_exact_network_print_as_those_of_its_floats():
    form, x = networks.random_form(2, (2, 2, 1), slopes=(0.5,)), np.random.default_rng(2).normal(size=(30, 2))
    assert extract_rules(form.exact(), x).export("paper") == extract_rules(form, x).export("paper")


def test_rounding_is_what_printing_does():
    assert str(rounded(-1e-9, 3)) == "0.0"
    with pytest.raises(InvalidValueError, match="digits is -1"):
        Precision(-1, [1.0], [1.0])
    with pytest.raises(InvalidValueError, match=r"feature_scale holds 0\.0"):
        Precision(1, [0.0], [1.0])


@pytest.mark.parametrize("inputs", [1e-150, 1e-40, 1.0, 1e39, 1e150])
@pytest.mark.parametrize("target", [1e-150, 1e-40, 1.0, 1e39, 1e150])
def test_tiny_and_huge_numbers_are_printed_and_read(inputs, target):
    if target / inputs in (1e300, 1e-300):
        pytest.skip("such weights leave float64 no digits, and are refused before training")
    x = np.random.default_rng(0).uniform(-1, 1, (50, 2)) * inputs
    form = NormalForm(
        np.array([[1.0, 0.3]]) / inputs,
        [[0.0]],
        [0.1],
        np.array([[0.5, 2.0]]) * (target / inputs),
        [[target]],
        [target / 3],
        [0.0],
    )
    rules = with_honest_precision(extract_rules(form, Box(x.min(axis=0), x.max(axis=0)), x=x), x)
    assert len(rules.rules) == 2 and deviation(rules, x) <= PRINTED_OUTPUT
    # No line of hundreds of digits.
    assert max(map(len, rules.export("paper").splitlines())) < 120


def test_places_before_the_point():
    assert [rounded(value, -4) for value in (1234567.0, -4999.0, 5001.0)] == [1230000.0, 0.0, 10000.0]
    rules = extract_rules(NormalForm.from_layers([[[1234567.0]]], [[7654321.0]], []), [[0.0], [2.0]])
    assert "+1230000*in1 +7650000" in rules.export("paper")


def test_the_error_that_was_seen_is_written_to_json_and_read():
    x = np.random.default_rng(0).normal(size=(40, 2))
    rules = extract_rules(networks.random_form(0, (2, 3, 2)), x)
    assert (0 < rules.precision.error).all() and (rules.precision.error <= 0.01 * rules.precision.output_scale).all()
    assert json.read(json.write(rules)) == rules
    with pytest.raises(InvalidValueError, match=r"error holds -1\.0; every error must be at least 0"):
        Precision(1, [1.0], [1.0], [-1.0])
    with pytest.raises(ShapeError, match="error has shape"):
        Precision(1, [1.0], [1.0], [1.0, 2.0])


def one_unit(weight, constant, slope=0.0):
    return NormalForm(A=[[1]], B=[[0]], b=[0], C=[[0]], D=[[weight]], e=[constant], slopes=[slope])


@pytest.mark.parametrize(
    ("form", "line"),
    [
        (one_unit(1e-14, 0.3), "out1 = 0.3"),
        (one_unit(0.0, 0.123456), "out1 = 0.123"),
        (one_unit(0.0, 1.23456e-5), "out1 = 1.23e-5"),
        (one_unit(0.0, 123456.0), "out1 = 123000"),
        (one_unit(0.0, 0.0), "out1 = 0"),
        (one_unit(1e-12, 0.3), "out1 = 0.3"),
        (one_unit(1e-9, 1e6), "out1 = 1e6"),
        (one_unit(1e-14, 0.0), "out1 = 0"),
    ],
)
def test_outputs_that_hardly_vary_are_printed(form, line):
    rules = extract_rules(form, Box([-1], [1]))
    assert rules.export("text").splitlines()[0] == line
    x = np.linspace(-1, 1, 7)[:, None]
    scale = rules.precision.output_scale
    assert (np.abs(paper_reader.read(rules.export("paper")).predict(x) - form.predict(x)) <= 0.01 * scale).all()


def test_the_scale_of_a_constant_is_its_size():
    x = np.linspace(-1, 1, 7)[:, None]
    form = NormalForm([[1.0]], [[0.0]], [0.0], [[0.0]] * 4, [[0.0], [1e-17], [1e-10], [0.0]], [500, 0.2, 0.2, 0], [0.0])
    precision = extract_rules(form, x).precision
    np.testing.assert_allclose(precision.output_scale, [500, 0.2, 1e-10, 1], rtol=1e-6)


@pytest.mark.parametrize("centre", [1e3, 1e9, 1e12])
def test_bends_of_a_column_far_from_zero_are_printed(centre):
    form = NormalForm([[1.0], [1.0]], np.zeros((2, 2)), [-centre - 0.25, 0.25 - centre], [[0.0]], [[1, 2]], [3], [0, 0])
    x = centre + np.linspace(-1, 1, 41)[:, None]
    rules = extract_rules(form, x)
    assert len(rules.rules) == 3
    assert deviation(rules, x) <= PRINTED_OUTPUT and presented_share(rules, x) <= PRINTED_OUTPUT
