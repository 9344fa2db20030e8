"""Pieces of networks in floats against patterns in exact arithmetic."""

from fractions import Fraction
from itertools import pairwise

import networks
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.domains.box import Box
from prelu_rules.geometry.proofs.certified_patterns import CertifiedNetwork
from prelu_rules.geometry.proofs.certified_rows import Coordinates
from prelu_rules.geometry.proofs.exact import ExactCell
from prelu_rules.geometry.proofs.exact_patterns import ExactPart, exact_patterns

small = networks.widths.filter(lambda widths: 1 <= sum(widths[1:-1]) <= 5)


def pieces_of(form, n_inputs):
    whole = ExactCell.of_domain(Box(-np.ones(n_inputs), np.ones(n_inputs)), n_inputs)
    coordinates = Coordinates.of_cell(whole)
    rows = coordinates.rows(np.empty((0, n_inputs + 1)))
    return whole, coordinates, list(CertifiedNetwork(form, coordinates).pieces(rows))


@given(networks.seeds, small)
def test_patterns_are_those_of_exact_arithmetic(seed, widths):
    form = networks.random_form(seed, widths)
    whole, _, pieces = pieces_of(form, widths[0])
    found = {tuple(piece.known.signs.tolist()) for piece in pieces}
    assert found == {tuple(pattern.signs.tolist()) for pattern in exact_patterns(form.exact(), ExactPart(whole, []))}
    assert all(piece.known.certain.all() for piece in pieces)


@given(networks.seeds, st.lists(st.integers(1, 3), min_size=2, max_size=3))
def test_outputs_are_right_up_to_their_errors_on_the_pieces_that_hold_a_point(seed, hidden):
    """Tenths, so that much meets in one point but for rounding, and signs are not certain."""
    rng = np.random.default_rng(seed)
    widths = [2, *hidden, 1]
    kernels = [rng.integers(-3, 4, shape) / 10 for shape in pairwise(widths)]
    biases = [rng.integers(-3, 4, width) / 10 for width in widths[1:]]
    form = networks.NormalForm.from_layers(kernels, biases, [rng.choice([0.0, 0.1, 1.5], n) for n in hidden]).exact()
    _, coordinates, pieces = pieces_of(form, 2)
    grid = rng.integers(-10, 11, (20, 2))
    for x in grid:
        point = np.array([Fraction(int(v), 10) for v in x], dtype=object)
        t = np.array([*((point - 0) / 1), Fraction(1)], dtype=object)
        exact = form.predict(point)[0]
        held = 0
        for piece in pieces:
            rows = np.array([[Fraction(v) for v in row] for row in piece.cell.values], dtype=object).reshape(-1, 3)
            if all(row @ t >= -Fraction(error) for row, error in zip(rows, piece.cell.errors, strict=True)):
                outputs = np.array([Fraction(v) for v in piece.outputs.values[0]], dtype=object) @ t
                held += abs(outputs - exact) <= Fraction(piece.outputs.errors[0])
        assert held
    assert (coordinates.centre == 0).all() and (coordinates.radius == 1).all()


def test_a_thin_side_is_added_to_the_errors():
    """The second unit bends 1e-14 next to the first one; its slope takes a hundred times that."""
    form = networks.NormalForm([[1], [1]], np.zeros((2, 2)), [0, -1e-14], [[0]], [[1, 1]], [0], slopes=[0, 101])
    _, _, pieces = pieces_of(form, 1)
    assert len(pieces) == 2 and [piece.known.certain.all() for piece in pieces] == [True, False]
    assert 1e-12 < pieces[1].outputs.errors[0] < 2e-12
