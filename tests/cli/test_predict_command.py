import io
import sys

import numpy as np
import pandas as pd
import pytest
from large_tables import PEAK, large_rules, python, write_large

from prelu_rules.cli import main
from prelu_rules.columns import batches, stored
from prelu_rules.columns.column import Column
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.rules.extraction import extract_rules

COLUMNS = (Column("kwh"), Column("kind", "category", ("business", "farm")), Column("age", missing=True))
TABLE = pd.DataFrame(
    {
        "note": ["a;b", "", "=cmd()", None],
        "kwh": [100.0, 250.0, 399.0, 0.0],
        "kind": ["farm", "business", "farm", "business"],
        "age": [3.0, None, 40.0, 7.0],
    }
)


def rules_of(n_outputs=1, **names):
    rng = np.random.default_rng(n_outputs)
    form = NormalForm(
        A=[[1, 0, 0, 0, 0], [0, 1, -1, 0.5, 3]],
        B=np.zeros((2, 2)),
        b=[-200, 0],
        C=rng.normal(size=(n_outputs, 5)),
        D=rng.normal(size=(n_outputs, 2)),
        e=rng.normal(size=n_outputs),
        slopes=[0, 0],
    )
    return extract_rules(form, TABLE[["kwh", "kind", "age"]], columns=COLUMNS, **names)


@pytest.fixture
def files(tmp_path):
    rules_of(output_names=["price"]).export("json", tmp_path / "rules.json")
    TABLE.to_csv(tmp_path / "data.csv", index=False)
    TABLE.to_parquet(tmp_path / "data.parquet")
    TABLE.astype({"kind": "category"}).to_feather(tmp_path / "data.feather")
    return tmp_path


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as stopped:
        main(list(map(str, arguments)))
    return stopped.value.code, *capsys.readouterr()


@pytest.mark.parametrize("name", ["data.csv", "data.parquet", "data.feather"])
def test_every_row_gets_its_answer_its_rule_and_the_reason(capsys, files, name):
    status, out, err = run(capsys, "predict", files / "rules.json", files / name)
    scored = pd.read_csv(io.StringIO(out), keep_default_na=False)
    rules = rules_of(output_names=["price"])
    assert (status, err) == (0, "")
    assert list(scored) == ["note", "kwh", "kind", "age", "prediction", "rule", "reason", "outside"]
    np.testing.assert_allclose(scored["prediction"], rules.predict(TABLE)[:, 0], rtol=1e-15)
    assert (scored["rule"] == rules.assign(TABLE) + 1).all()
    assert (scored["outside"] == "").all() and (scored["reason"] != "").all()
    assert scored["note"].tolist() == ["a;b", "", "=cmd()", ""]


def test_a_file_is_written_in_batches(capsys, files, monkeypatch):
    monkeypatch.setattr(batches, "BATCH_BYTES", 40)
    kinds = {".csv": pd.read_csv, ".parquet": pd.read_parquet, ".arrow": pd.read_feather, ".feather": pd.read_feather}
    for suffix, read in kinds.items():
        out = files / f"scored{suffix}"
        status, said, _ = run(capsys, "predict", files / "rules.json", files / "data.csv", "--out", out)
        assert (status, said) == (0, f"Wrote 4 rows to {out}.\n")
        np.testing.assert_allclose(read(out)["prediction"], rules_of().predict(TABLE)[:, 0], rtol=1e-15)


@pytest.mark.parametrize("suffix", [".parquet", ".arrow"])
def test_columns_keep_their_types_whatever_the_first_batch_holds(capsys, files, monkeypatch, suffix):
    """The notes are missing in it, and the kinds have other levels in the next."""
    table = TABLE.assign(note=[None, None, "late", None], kind=pd.Categorical(["farm"] * 2 + ["business"] * 2))
    table.to_parquet(files / "data.parquet", row_group_size=2)
    monkeypatch.setattr(stored, "BATCH_ROWS", 2)
    out = files / f"scored{suffix}"
    status, _, err = run(capsys, "predict", files / "rules.json", files / "data.parquet", "--out", out)
    assert (status, err) == (0, "")
    scored = pd.read_parquet(out) if suffix == ".parquet" else pd.read_feather(out)
    assert scored["note"].fillna("").tolist() == ["", "", "late", ""]
    assert scored["kind"].tolist() == ["farm"] * 2 + ["business"] * 2
    np.testing.assert_array_equal(scored["prediction"], rules_of().predict(table)[:, 0])


@pytest.mark.parametrize("suffix", [".parquet", ".arrow", ".feather"])
def test_batches_may_have_other_levels(capsys, files, suffix):
    """A stream may replace the levels of a column, an Arrow file may not."""
    import pyarrow
    from pyarrow import ipc

    table = TABLE.drop(columns="note")
    batches = [
        pyarrow.RecordBatch.from_pandas(part.assign(kind=part["kind"].astype("category")), preserve_index=False)
        for part in (table[::2], table[1::2])
    ]
    with ipc.new_stream(str(files / "data.arrows"), batches[0].schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
    out = files / f"scored{suffix}"
    status, _, err = run(capsys, "predict", files / "rules.json", files / "data.arrows", "--out", out)
    assert (status, err) == (0, "")
    scored = pd.read_parquet(out) if suffix == ".parquet" else pd.read_feather(out)
    assert scored["kind"].tolist() == ["farm", "farm", "business", "business"]
    expected = np.concatenate([rules_of().predict(table[k::2])[:, 0] for k in (0, 1)])
    np.testing.assert_array_equal(scored["prediction"], expected)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".parquet", ".arrow", ".arrows"])
def test_a_file_larger_than_memory_is_predicted(tmp_path, suffix):
    """400 MB of numbers are read, and as much written, with 600 MB, most of which the libraries need."""
    path, out = tmp_path / f"data{suffix}", tmp_path / "out.arrow"
    write_large(path, batches=100, rows=50_000)
    large_rules().export("json", tmp_path / "rules.json")
    code = (
        PEAK + "import sys\nfrom prelu_rules.cli import main\n"
        "try:\n    main(sys.argv[1:])\nfinally:\n    print(peak() // 10**6)"
    )
    done = python(code, "predict", tmp_path / "rules.json", path, "--out", out)
    said, megabytes = done.stdout.splitlines()
    assert said == f"Wrote 5000000 rows to {out}." and out.stat().st_size > 400_000_000
    # Below 500 alone; beside other processes, threads that read Parquet may hold a little more.
    assert int(megabytes) < 600


def test_standard_input(capsys, files, monkeypatch):
    class Input:
        buffer = io.BytesIO((files / "data.csv").read_bytes())

    monkeypatch.setattr(sys, "stdin", Input)
    status, out, _ = run(capsys, "predict", files / "rules.json", "-")
    assert status == 0 and len(out.splitlines()) == 5


def test_classes_and_several_outputs(capsys, files):
    rules_of(3, classes=("low", "middle", "high")).export("json", files / "classes.json")
    _, out, _ = run(capsys, "predict", files / "classes.json", files / "data.csv")
    scored, rules = pd.read_csv(io.StringIO(out)), rules_of(3, classes=("low", "middle", "high"))
    assert scored["class"].tolist() == rules.classify(TABLE).tolist()
    shares = scored[["probability of low", "probability of middle", "probability of high"]]
    np.testing.assert_allclose(shares, rules.probabilities(TABLE), rtol=1e-14)
    rules_of(2).export("json", files / "two.json")
    _, out, _ = run(capsys, "predict", files / "two.json", files / "data.csv")
    assert {"prediction of out1", "prediction of out2"} < set(pd.read_csv(io.StringIO(out)))


def test_rows_outside_the_range_are_answered_and_marked(capsys, files):
    TABLE.assign(kwh=[-5.0, 1e6, 100.0, 100.0], age=[3.0, None, 1000.0, None]).to_csv(files / "far.csv", index=False)
    _, out, _ = run(capsys, "predict", files / "rules.json", files / "far.csv")
    scored = pd.read_csv(io.StringIO(out), keep_default_na=False)
    assert scored["outside"].tolist() == ["kwh", "kwh", "age", ""]


def test_names_that_are_taken_get_a_number(capsys, files):
    TABLE.assign(rule="x", prediction=1, **{"prediction 2": 2}).to_csv(files / "taken.csv", index=False)
    _, out, _ = run(capsys, "predict", files / "rules.json", files / "taken.csv")
    assert {"rule 2", "prediction 3"} < set(out.splitlines()[0].split(","))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (TABLE.drop(columns="kwh"), "has no column 'kwh'"),
        (TABLE.assign(kind="castle"), "'castle'"),
        (TABLE.assign(kwh=["1", "2", "x", "4"]), "has the text 'x' where a number is needed"),
        (TABLE.assign(kwh=[1, None, 3, 4]), "kwh"),
        (TABLE[:0], "has 0 rows of data"),
    ],
    ids=["no column", "unknown level", "text", "missing", "no rows"],
)
def test_bad_tables_are_one_line_and_leave_no_file(capsys, files, table, message):
    table.to_csv(files / "bad.csv", index=False)
    before = sorted(path.name for path in files.iterdir())
    status, out, err = run(capsys, "predict", files / "rules.json", files / "bad.csv", "--out", files / "out.csv")
    assert (status, out, err.count("\n")) == (2, "", 1) and message in err
    assert sorted(path.name for path in files.iterdir()) == before


def test_classes_that_are_written_alike_keep_their_probabilities(capsys, tmp_path):
    rules_of(3, classes=(1, "1", True)).export("json", tmp_path / "rules.json")
    TABLE.to_csv(tmp_path / "data.csv", index=False)
    _, out, _ = run(capsys, "predict", tmp_path / "rules.json", tmp_path / "data.csv")
    found = pd.read_csv(io.StringIO(out)).filter(like="probability")
    assert list(found) == ["probability of 1", "probability of 1 2", "probability of True"]
    np.testing.assert_allclose(found.sum(axis=1), 1)
