"""Random rule systems over columns of all kinds, and rows of their domain."""

import numpy as np
from hypothesis import strategies as st
from typed_columns import random_table, random_weights, some_columns

from prelu_rules.columns.column import features_of
from prelu_rules.columns.encoding import feature_rows
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.rules.extraction import extract_rules

N_ROWS = 60


def random_network(rng, n_inputs, n_outputs, n_units, short):
    nested = np.tril(random_weights(rng, (n_units, n_units), short), -1) * (rng.random((n_units, n_units)) < 0.4)
    return NormalForm(
        A=random_weights(rng, (n_units, n_inputs), short),
        B=nested,
        b=random_weights(rng, n_units, short),
        C=random_weights(rng, (n_outputs, n_inputs), short),
        D=random_weights(rng, (n_outputs, n_units), short),
        e=random_weights(rng, n_outputs, short),
        slopes=rng.choice((0.0, 0.25, -0.5, 1.5), n_units),
    )


@st.composite
def systems(draw, classes=False, max_units=4, max_size=4):
    """A rule system extracted from a random network on the domain of a random table, and the rows."""
    columns, seed, short = draw(some_columns(max_size)), draw(st.integers(0, 2**32 - 1)), draw(st.booleans())
    rng = np.random.default_rng(seed)
    n_outputs = draw(st.integers(1, 3))
    form = random_network(rng, len(features_of(columns)), n_outputs, draw(st.integers(0, max_units)), short)
    x = feature_rows(columns, random_table(columns, seed, N_ROWS))
    labels = tuple("uvw"[: max(2, n_outputs)]) if classes else None
    return extract_rules(form, x, columns=columns, classes=labels), x
