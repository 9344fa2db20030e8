"""Random tables of raw cells, and the same table in the shapes in which libraries hold one."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from hypothesis import strategies as st

TEXTS = ["red", "blue", "01", "1", "NA", "none", "", "é", "2026-01-31", "x, y"]
CELLS = {
    "number": st.floats(-1e6, 1e6, allow_subnormal=False),
    "integer": st.integers(-(2**53), 2**53),
    "yes/no": st.booleans(),
    "category": st.sampled_from(TEXTS),
}


@st.composite
def raw_tables(draw, kinds=tuple(CELLS), max_rows=8):
    """A dict of lists with None where a cell is missing, and the kind of each column."""
    n_rows = draw(st.integers(1, max_rows))
    table, found = {}, {}
    for k in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(kinds))
        cells = draw(st.lists(CELLS[kind] | st.none(), min_size=n_rows, max_size=n_rows))
        if any(cell is not None for cell in cells) and set(cells) - {None} != {"2026-01-31"}:
            table[f"c{k}"], found[f"c{k}"] = cells, kind
    if not table:
        table, found = {"c0": [0.5] * n_rows}, {"c0": "number"}
    return table, found


_NUMPY = {"number": "float64", "integer": "int64", "yes/no": "bool", "category": object}
_NULLABLE = {"number": "Float64", "integer": "Int64", "yes/no": "boolean", "category": "string"}
_ARROW = {"number": pa.float64(), "integer": pa.int64(), "yes/no": pa.bool_(), "category": pa.string()}
_POLARS = {"number": pl.Float64, "integer": pl.Int64, "yes/no": pl.Boolean, "category": pl.String}


def numpy_series(cells, kind):
    """With NumPy's dtype where no cell is missing, or where it has a NaN."""
    whole = None not in cells or kind == "number"
    return pd.Series(cells, dtype=_NUMPY[kind] if whole else object)


def shapes(table, kinds):
    """The table as what each library makes of it."""
    levels = {name: sorted(set(cells) - {None}) for name, cells in table.items() if kinds[name] == "category"}
    yield "dict of lists", table
    yield "dict of series", {name: numpy_series(cells, kinds[name]) for name, cells in table.items()}
    yield "rows as dicts", [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
    yield "objects", pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in table.items()})
    yield "NumPy", pd.DataFrame({name: numpy_series(cells, kinds[name]) for name, cells in table.items()})
    yield "nullable", pd.DataFrame({n: pd.Series(cells, dtype=_NULLABLE[kinds[n]]) for n, cells in table.items()})
    arrow = {name: pa.array(cells, _ARROW[kinds[name]]) for name, cells in table.items()}
    yield "Arrow in pandas", pd.DataFrame({n: pd.array(a, dtype=pd.ArrowDtype(a.type)) for n, a in arrow.items()})
    yield "Arrow", pa.table(arrow)
    yield "Arrow batch", pa.record_batch(arrow)
    yield "Arrow chunks", pa.concat_tables([pa.table(arrow).slice(0, 1), pa.table(arrow).slice(1)])
    yield "dict of Arrow", arrow
    polars = pl.DataFrame({name: pl.Series(cells, dtype=_POLARS[kinds[name]]) for name, cells in table.items()})
    yield "polars", polars
    yield "dict of polars", polars.to_dict()
    frame = pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in table.items()})
    yield "categorical", frame.astype({name: pd.CategoricalDtype(known) for name, known in levels.items()})
    yield (
        "Arrow dictionary",
        pa.table(
            {
                n: pa.DictionaryArray.from_arrays(
                    pa.array([None if c is None else levels[n].index(c) for c in table[n]], pa.int8()),
                    pa.array(levels[n]),
                )
                if n in levels
                else a
                for n, a in arrow.items()
            }
        ),
    )
    yield "polars enum", polars.with_columns(pl.col(name).cast(pl.Enum(known)) for name, known in levels.items())
    yield "polars categorical", polars.with_columns(pl.col(name).cast(pl.Categorical) for name in levels)
    numbers = [name for name, kind in kinds.items() if kind == "number"]
    sparse = pd.DataFrame({name: numpy_series(cells, kinds[name]) for name, cells in table.items()})
    for fill in (0.0, np.nan):
        yield "sparse", sparse.astype({name: pd.SparseDtype(float, fill) for name in numbers})
