"""The cost of a fit, on a table that takes no time."""

import csv

import cost
import pytest

pytestmark = pytest.mark.slow


def test_a_case_has_its_line(monkeypatch, tmp_path):
    monkeypatch.setattr(cost, "SHAPES", [(60, 5)])
    cost.main(["--most-rows", "100", "--results", str(tmp_path / "cost.csv")])
    (line,) = csv.DictReader((tmp_path / "cost.csv").read_text().splitlines())
    assert (line["table"], line["rows"], line["columns"]) == ("friedman1", "60", "5")
    assert all(float(line[name]) > 0 for name in ("cold", "warm", "boosting", "numbers"))
    assert float(line["score"]) > 0.3


def test_rows_on_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(cost, "BATCH", 250)
    assert cost.from_disk(600, 6, tmp_path).startswith("600 x 6 from disk: ")
    assert float(cost.from_disk(600, 6, tmp_path).split()[-1]) > 0.9


def test_rows_from_a_stream(monkeypatch):
    monkeypatch.setattr(cost, "BATCH", 250)
    found = cost.from_stream(600, 6)
    assert found.startswith("600 x 6 from a stream: ") and float(found.split()[-1]) > 0.9
