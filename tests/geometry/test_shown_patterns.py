import networks
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.domains.box import Box
from prelu_rules.domains.domain import frame_of
from prelu_rules.domains.polytope import Polytope
from prelu_rules.geometry.negligible import negligible
from prelu_rules.geometry.patterns import reachable_patterns
from prelu_rules.geometry.shown_patterns import ShownPatterns
from prelu_rules.network.normal_form import NormalForm


def domains(n_inputs):
    box = Box(-np.ones(n_inputs), np.ones(n_inputs))
    return [box, None, Polytope(box, np.ones((1, n_inputs)), [0.5]), Polytope(box, np.ones((1, n_inputs)), [0.5], [1])]


def shown(form, domain):
    return ShownPatterns(domain, frame_of(domain, form.n_inputs)).of(form, negligible(form, domain))


def existing(form, domain):
    return {pattern.signs.tobytes() for pattern in reachable_patterns(form, domain)}


@given(networks.seeds, networks.widths.filter(lambda widths: 1 <= sum(widths[1:-1]) <= 5), st.integers(0, 3))
def test_what_is_shown_exists(seed, widths, kind):
    form = networks.random_form(seed, widths)
    domain = domains(form.n_inputs)[kind]
    assert shown(form, domain) <= existing(form, domain)


@given(networks.seeds, st.integers(1, 4), st.integers(0, 3))
def test_where_bends_touch_each_other_and_the_domain_only_what_exists_is_shown(seed, n_units, kind):
    """Whole numbers make units that coincide, that are 0 in some region, and that touch the domain in a corner."""
    rng = np.random.default_rng(seed)
    form = NormalForm(
        A=rng.integers(-1, 2, (n_units, 2)),
        B=np.tril(rng.integers(-1, 2, (n_units, n_units)), -1),
        b=rng.integers(-2, 3, n_units),
        C=np.zeros((1, 2)),
        D=np.ones((1, n_units)),
        e=[0],
        slopes=rng.choice([0.0, 0.5], n_units),
    )
    domain = domains(2)[kind]
    assert shown(form, domain) <= existing(form, domain)


def test_most_patterns_of_a_small_network_are_shown():
    form = networks.random_form(1, (6, 3, 1))
    box = Box(-np.ones(6), np.ones(6))
    assert shown(form, box) == existing(form, box)
    assert len(shown(form, box)) == 8


def test_a_small_region_in_a_corner_is_shown():
    """It has a volume of 2e-8, which no uniform input meets."""
    form = NormalForm(A=[[1] * 6], B=[[0]], b=[-5.9], C=[[0] * 6], D=[[1]], e=[0], slopes=[0])
    assert shown(form, Box(-np.ones(6), np.ones(6))) == {b"\0", b"\1"}


def test_inputs_that_rounding_errors_put_on_a_side_show_nothing():
    """0.1 * 3 is not 0.3 in floats, so that the second unit is 0 on the whole domain but for rounding errors."""
    form = NormalForm(A=[[0.1], [-0.3]], B=[[0, 0], [3, 0]], b=[0, 0], C=[[0.0]], D=[[1, 1]], e=[0], slopes=[0, 0])
    box = Box([0.1], [1.0])
    assert form.pre_activations(np.linspace(0.1, 1.0, 50)[:, None])[:, 1].any()
    assert existing(form, box) == {b"\1\1"}
    assert shown(form, box) == set()
