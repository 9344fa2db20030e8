import networks
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import prelu_rules as pr
from prelu_rules.domains.box import Box
from prelu_rules.errors import InvalidValueError, LimitError, ShapeError
from prelu_rules.network.collapse import collapse_form, replacing_lines
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.replacement import linear_replacement

small = networks.widths.filter(lambda widths: 2 <= sum(widths[1:-1]) <= 6)
KINDS = ("identity", "midslope", "best")


def box_of(n_inputs):
    return Box(-np.ones(n_inputs), np.ones(n_inputs))


def largest_error(slope, line, offset, lower, upper):
    z = np.linspace(lower, upper, 2001)
    z = np.append(z, 0) if lower < 0 < upper else z
    return np.abs(np.where(z >= 0, z, slope * z) - line * z - offset).max()


@given(st.floats(-1, 2), st.floats(-3, 3), st.floats(0.1, 3))
def test_the_best_line_is_the_best(slope, lower, width):
    upper = lower + width
    lines, offsets = replacing_lines(np.array([slope]), "best", np.array([lower]), np.array([upper]))
    best = largest_error(slope, lines[0], offsets[0], lower, upper)
    bend = max(0, -lower) * max(0, upper) * abs(1 - slope) / width / 2
    assert best == pytest.approx(bend, abs=1e-9)
    for change in np.random.default_rng(0).normal(0, 0.1, (50, 2)):
        assert largest_error(slope, lines[0] + change[0], offsets[0] + change[1], lower, upper) >= best - 1e-9


def test_the_papers_replacements():
    slopes = np.array([0.0, 0.5])
    assert [line.tolist() for line in replacing_lines(slopes, "identity")] == [[1, 1], [0, 0]]
    assert [line.tolist() for line in replacing_lines(slopes, "midslope")] == [[0.5, 0.75], [0, 0]]


@given(networks.seeds, small, st.sampled_from(KINDS))
def test_a_collapse_replaces_each_unit_by_its_line(seed, widths, kind):
    """One unit after the other, by hand."""
    form, domain = networks.random_form(seed, widths, slopes=(0.3, 0.9996, 0.9999, 1.0)), box_of(widths[0])
    small_form = pr.collapse(form, replacement=kind, domain=domain)
    assert set(small_form.slopes) <= {0.3}
    x = np.random.default_rng(seed).uniform(-1, 1, (100, widths[0]))
    size = np.abs(form.predict(x)).max() + np.abs(form.pre_activations(x)).max() * (1 + np.abs(form.D).max())
    assert np.abs(small_form.predict(x) - form.predict(x)).max() <= 0.1 * size


@given(networks.seeds, small, st.sampled_from(KINDS), st.floats(0.001, 0.5))
def test_the_error_is_what_sampling_finds_and_exact_arithmetic_proves(seed, widths, kind, share):
    form, domain = networks.random_form(seed, widths, slopes=(0.0, 0.5, 0.9, 1.5)), box_of(widths[0])
    x = np.random.default_rng(seed).uniform(-1, 1, (500, widths[0]))
    allowed = share * np.ptp(form.predict(x), axis=0) + 1e-9
    found = linear_replacement(form, domain, allowed, kind)
    assert found.form.n_units + len(found.removed) == form.n_units
    assert (found.errors <= allowed + 1e-9).all()
    last = found.errors[-1] if len(found.errors) else np.zeros(form.n_outputs)
    assert (np.abs(found.form.predict(x) - form.predict(x)).max(axis=0) <= last + 1e-9 * (1 + last)).all()
    certificate = extract_rules(found.form, domain, max_nonlinear=6).certify(form)
    np.testing.assert_allclose(certificate.upper, last, rtol=1e-7, atol=1e-9)


def test_units_that_do_not_bend_on_the_domain_go_at_no_cost():
    form = NormalForm.from_layers([[[1.0, 1.0, 1.0]], [[1.0], [1.0], [0.0]]], [[5.0, -5.0, 0.0], [0.0]], [[0.3] * 3])
    found = linear_replacement(form, Box([-1], [1]), max_error=0)
    assert found.form.n_units == 0 and not (found.errors > 1e-12).any()
    # The identity is no replacement for a unit that is always negative, except at a cost.
    assert linear_replacement(form, Box([-1], [1]), 0, "identity").form.n_units == 1
    assert linear_replacement(form, Box([-1], [1]), 5, "identity").form.n_units == 0


def test_better_replacements_remove_more():
    left = {kind: 0 for kind in KINDS}
    for seed in range(10):
        form, domain = networks.random_form(seed, (2, 4, 4, 1), slopes=(0.5, 0.7, 0.9)), box_of(2)
        allowed = 0.05 * float(np.ptp(form.predict(np.random.default_rng(0).uniform(-1, 1, (500, 2)))))
        for kind in KINDS:
            left[kind] += linear_replacement(form, domain, allowed, kind).form.n_units
    assert left["best"] < left["midslope"] < left["identity"]


def test_a_printed_replacement_says_which_and_at_what_cost():
    form = networks.random_form(3, (2, 2, 2), slopes=(0.9,))
    lines = str(linear_replacement(form, box_of(2), 1e9)).splitlines()
    assert lines[0] == "2 units replaced, 0 left; largest differences over the domain:"
    assert all("% of the range), " in line and line.startswith("  PReLU #") for line in lines[1:])


def test_collapse_and_extract_take_an_error():
    form = networks.random_form(0, (2, 3, 1), slopes=(0.9,))
    rows = np.random.default_rng(0).uniform(-1, 1, (50, 2))
    size = float(np.ptp(form.predict(rows)))
    assert pr.collapse(form, max_error=size, domain=rows).n_units < 3
    assert len(pr.extract(form, rows, max_error=size)) < len(pr.extract(form, rows))
    box = Box.from_data(rows)
    for kind in KINDS:
        expected = linear_replacement(form, box, size / 50, kind).form
        assert pr.collapse(form, max_error=size / 50, domain=rows, replacement=kind) == expected


def test_bad_use_is_named():
    form = networks.random_form(0, (2, 3, 1))
    with pytest.raises(InvalidValueError, match="replacement is 'worst'; it must be one of identity, midslope, best"):
        pr.collapse(form, replacement="worst")
    with pytest.raises(InvalidValueError, match="needs the ranges of the units; give a domain"):
        collapse_form(form, replacement="best")
    with pytest.raises(InvalidValueError, match="max_error needs a domain; give one"):
        pr.collapse(form, max_error=1)
    with pytest.raises(InvalidValueError, match=r"max_error is -1\.0; it must be at least 0"):
        linear_replacement(form, box_of(2), -1)
    with pytest.raises(ShapeError, match=r"max_error has shape \(2,\)"):
        linear_replacement(form, box_of(2), [1, 2])
    with pytest.raises(LimitError, match="more than max_regions=2"):
        linear_replacement(form, box_of(2), 1, max_regions=2)
