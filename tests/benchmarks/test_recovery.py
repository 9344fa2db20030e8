import numpy as np
import pytest
import recovery as r

import prelu_rules as pr


def test_cells_are_those_of_the_description():
    names = [cell.name for cell in r.CELLS]
    assert len(set(names)) == len(names) == 48
    assert "nested-correlated-n5000-noise20" in names and "persistent-n200-noise0" in names
    required = {cell.name for cell in r.CELLS if cell.required}
    assert required == {f"{kind}-n{n}-noise5" for kind in ("flat", "nested") for n in (200, 1000)}


def test_forms_of_a_seed_do_not_depend_on_rows_and_noise():
    by_name = {cell.name: cell for cell in r.CELLS}
    one, other = (by_name[f"flat-{rest}"].form(3, 0).form for rest in ("n200-noise0", "n5000-noise20"))
    assert np.array_equal(one.A, other.A) and one.n_units == 5
    assert not np.array_equal(by_name["flat-n200-noise0"].form(3, 1).form.D, one.D)
    assert [by_name["knots-n200-noise0"].form(k, 0).form.n_units for k in range(5)] == [4, 8, 12, 16, 4]


class Perfect:
    """A regressor that knows the form."""

    form = None

    def __init__(self, random_state):
        pass

    def fit(self, x, y):
        self.point_ = pr.PathPoint(self.form, None, 1.0, 1.0, np.zeros(1), 0.0)
        return self

    def predict(self, x):
        return self.form.predict(x)[:, 0]


def test_what_knows_the_form_finds_it(monkeypatch, tmp_path, capsys):
    cell = next(cell for cell in r.CELLS if cell.name == "persistent-n200-noise5")
    monkeypatch.setattr(Perfect, "form", cell.form(0, 0).form)
    monkeypatch.setattr(pr, "PReLURuleRegressor", Perfect)
    (line,) = r.run([cell], 2, 0, 1, tmp_path / "recovery.csv")
    assert line[:6] == ("persistent-n200-noise5", 2, 1.0, 1.0, 1.0, 1.0) and line.error == 0
    monkeypatch.setattr(Perfect, "form", cell.form(0, 0).form.eliminate([1], 0))
    (line,) = r.run([cell], 2, 0, 1, tmp_path / "recovery.csv")
    assert line[:6] == ("persistent-n200-noise5", 2, 0.0, 0.0, 0.0, 0.0) and line.error > 0.1
    assert "persistent-n200-noise5" in capsys.readouterr().out


def test_verdicts_name_what_is_required():
    cell = next(cell for cell in r.CELLS if cell.required and cell.n_rows == 1000)
    rows = [r.Found(True, True, True, True, 0.1, 1.0), r.Found(True, True, False, True, 0.1, 1.0)]
    (said,) = r.verdicts({cell: rows})
    assert said == "n=1000, 2 forms: size 100% (required 97%), 5% 50% (required 75%), 10% 100% (required 92%)"


@pytest.mark.slow
def test_three_forms_of_300_rows(tmp_path, capsys):
    cell = next(cell for cell in r.CELLS if cell.name == "flat-n1000-noise5")
    path = tmp_path / "recovery.csv"
    (line,) = r.run([cell], 3, 0, 1, path, n_rows=300)
    assert line.forms == 3 and line.seconds > 0
    # Shares may not grow as the tolerance shrinks, and a function that explains nothing has an error of 1.
    assert 0 <= line.within_5 <= line.within_10 <= 1 and line.error < 0.6
    versions, header, row = path.read_text().splitlines()
    assert versions.startswith("# prelu-rules") and "numpy" in versions and versions.endswith("seed 0")
    assert header.split(",")[:2] == ["cell", "forms"] and row.startswith("flat-n1000-noise5,3,")
    assert "required" in capsys.readouterr().out
