"""The view over a DuckDB table that is larger than the memory that DuckDB may take."""

import executed
import networks
import numpy as np
import pytest

from prelu_rules.rules.extraction import extract_rules

pytestmark = pytest.mark.slow

ROWS = 3_000_000
NAMES = [f"x{k}" for k in range(10)]
MEMORY = "64MB"
"""A quarter of the table."""


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """A file of 3,000,000 rows x 10 doubles that no compression makes smaller, 240 MB."""
    duckdb = executed.module("duckdb")
    path = tmp_path_factory.mktemp("large") / "large.duckdb"
    numbers = ", ".join(f"(hash(id, {k}) / 9223372036854775808 - 1) * 4 AS {name}" for k, name in enumerate(NAMES))
    with duckdb.connect(path) as connection:
        connection.execute(f"CREATE TABLE flats AS SELECT id, {numbers} FROM range({ROWS}) AS rows(id)")
    assert path.stat().st_size > 3 * 64e6
    return path


@pytest.mark.parametrize("shape", ["list", "formula"])
def test_a_view_over_a_table_larger_than_memory(database, shape):
    """Every row is answered as `predict` says, batch by batch, and nothing is written beside the table."""
    duckdb = executed.module("duckdb")
    rules = extract_rules(networks.random_form(3, (10, 3, 1)), feature_names=NAMES, output_names=["rent"])
    view = f"answers_{shape}"
    with duckdb.connect(database, config={"threads": 2}) as connection:
        connection.execute(f"SET memory_limit = '{MEMORY}'; SET temp_directory = ''")
        connection.execute(rules.export("sql", table="flats", view=view, keep=["id", *NAMES], shape=shape))
        answered = 0
        for batch in connection.sql(f"SELECT {', '.join(NAMES)}, rent FROM {view}").to_arrow_reader(100_000):
            found, expected = batch["rent"].to_numpy(), rules.predict(batch)[:, 0]
            if shape == "list":
                np.testing.assert_array_equal(found, expected)
            else:
                np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
            answered += len(batch)
        assert answered == ROWS
        if shape == "list":
            counted = connection.execute(f"SELECT rule, count(*) FROM {view} GROUP BY rule").fetchall()
            assert sum(n for _, n in counted) == ROWS and {rule for rule, _ in counted} <= set(range(1, len(rules) + 1))
        with pytest.raises(duckdb.OutOfMemoryException):
            # The limit is a limit.
            connection.execute("SELECT list(x0) FROM flats").fetchone()
