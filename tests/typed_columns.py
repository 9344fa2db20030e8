"""Random columns of all kinds, rows of them, and rows of weights as people choose them."""

import numpy as np
from hypothesis import strategies as st

from prelu_rules.columns.column import Column
from prelu_rules.columns.feature_rows import feature_rows

SHORT_WEIGHTS = (0.0, 0.0, 1.0, 1.0, -1.0, 2.0, -0.5, 0.1, 0.2, 0.3, 1 / 3)


@st.composite
def some_columns(draw, max_size=4, max_levels=4):
    """Columns of any kind, any of which may be missing; some of the numbers count as another one then."""
    found = []
    for k in range(draw(st.integers(1, max_size))):
        kind = draw(st.sampled_from(("number", "integer", "yes/no", "category")))
        levels = tuple("pqrstuvwxyz"[: draw(st.integers(1, max_levels))]) if kind == "category" else ()
        missing = draw(st.booleans())
        fill = draw(st.sampled_from((None, 0.0, 1.5))) if missing and kind in ("number", "integer") else None
        found.append(Column(f"c{k}", kind, levels, missing, fill=fill))
    return tuple(found)


def random_table(columns, seed, n_rows=40):
    """A table with the columns, of small round numbers."""
    rng = np.random.default_rng(seed)
    table = {}
    for column in columns:
        values = {
            "number": lambda: np.round(rng.uniform(-3, 5, n_rows), 1).tolist(),
            "integer": lambda: rng.integers(-3, 5, n_rows).tolist(),
            "yes/no": lambda: rng.choice([True, False], n_rows).tolist(),
            "category": lambda column=column: rng.choice(column.levels, n_rows).tolist(),
        }[column.kind]()
        gone = rng.random(n_rows) < (0.3 if column.missing else 0)
        table[column.name] = [None if g else v for v, g in zip(values, gone, strict=True)]
    return table


def random_rows(columns, seed, n_rows=40):
    """Encoded rows, `(n_rows, n_features)`."""
    return feature_rows(columns, random_table(columns, seed, n_rows))


def random_weights(rng, shape, short):
    """Weights of a few digits, many of them equal or 0; or of all digits."""
    return rng.choice(SHORT_WEIGHTS, shape) if short else rng.normal(size=shape)
