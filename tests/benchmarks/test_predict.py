import predict
import pytest

pytestmark = pytest.mark.slow


def test_every_path_gives_the_same_answers_and_has_its_line(capsys):
    """The benchmark itself compares the answers."""
    pytest.importorskip("dask.dataframe")
    pytest.importorskip("duckdb")
    predict.main(20_000)
    shown = capsys.readouterr().out
    lines = [line for line in shown.splitlines() if " 20000 " in line or " 2000 " in line or " 1 " in line]
    assert "8 rules, 20000 rows x 10 columns" in shown
    for path in ("limit: reading", "NumPy array", "pandas table", "Arrow batches", "Parquet file", "DuckDB", "Keras"):
        assert any(line.startswith(path) for line in lines), path
