"""Batches against the whole table, read at once."""

import gzip
import io
import sys

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prelu_rules.columns import batches
from prelu_rules.columns.batches import read_batches
from prelu_rules.columns.table_file import read_columns
from prelu_rules.errors import DataError, InvalidValueError

KINDS = {"price": "number", "kind": "category", "new": "yes/no", "floor": "integer"}


def all_of(path, kinds=KINDS, **dialect):
    found = list(read_batches(path, kinds, **dialect))
    return pd.concat([batch.typed for batch in found], ignore_index=True), found


def text_of(rows, separator=",", decimal=".", line_end="\n"):
    lines = [separator.join(["note", "kind", "price", "new", "floor"])]
    for note, kind, price, new, floor in rows:
        note = '"' + note.replace('"', '""') + '"'
        lines.append(separator.join([note, kind, str(price).replace(".", decimal), new, str(floor)]))
    return line_end.join(lines) + line_end


ROWS = st.lists(
    st.tuples(
        st.text(alphabet='a,;"\n é', max_size=8),
        st.sampled_from(["farm", "home", "größe"]),
        st.floats(-1e6, 1e6).map(lambda v: round(v, 3)),
        st.sampled_from(["true", "false"]),
        st.integers(-9, 99),
    ),
    min_size=1,
    max_size=60,
)


@settings(max_examples=40)
@given(
    rows=ROWS,
    size=st.integers(40, 400),
    dialect=st.sampled_from([(",", "."), (";", ","), ("\t", ".")]),
    line_end=st.sampled_from(["\n", "\r\n"]),
    packed=st.booleans(),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_batches_are_the_table(tmp_path_factory, rows, size, dialect, line_end, packed, encoding):
    separator, decimal = dialect
    data = text_of([("", "farm", 0.5, "true", 1), *rows], separator, decimal, line_end).encode(encoding)
    path = tmp_path_factory.mktemp("batches") / "data.csv"
    path.write_bytes(gzip.compress(data) if packed else data)
    before = batches.BATCH_BYTES
    batches.BATCH_BYTES = size
    try:
        table, found = all_of(path, separator=separator, decimal=decimal, thousands="")
    finally:
        batches.BATCH_BYTES = before
    whole = read_columns(path, KINDS, separator=separator, decimal=decimal, thousands="")
    # Each batch has the levels that it saw.
    pd.testing.assert_frame_equal(
        table.astype({"kind": object}), whole.astype({"kind": object}), check_dtype=False, check_column_type=False
    )
    assert len(found) >= len(data) // (2 * size) - 1
    notes = pd.concat([batch.cells["note"] for batch in found], ignore_index=True).fillna("")
    # Line ends within cells are what they are.
    assert [note.replace("\r\n", "\n") for note in notes[1:]] == [
        note.strip().replace("\r\n", "\n") for note, *_ in rows
    ]


def test_the_dialect_is_found_from_the_first_batch(tmp_path, monkeypatch):
    path = tmp_path / "data.csv"
    path.write_text("price;kind\n" + "1.234,5;farm\n" * 50)
    monkeypatch.setattr(batches, "BATCH_BYTES", 100)
    table, found = all_of(path, {"price": "number"})
    assert len(found) > 3 and set(table["price"]) == {1234.5}


def test_parquet_comes_in_batches_and_from_a_pipe(tmp_path, monkeypatch):
    frame = pd.DataFrame({"price": [1.5, None, 3.0] * 10, "kind": ["farm", None, "home"] * 10, "floor": range(30)})
    frame.to_parquet(tmp_path / "data.parquet")
    monkeypatch.setattr(batches, "BATCH_ROWS", 7)
    table, found = all_of(tmp_path / "data.parquet", {"price": "number", "floor": "integer"})
    assert len(found) == 5 and table["floor"].tolist() == list(range(30)) and table["price"].isna().sum() == 10

    class Pipe(io.BytesIO):
        def seekable(self):
            return False

    class Input:
        buffer = Pipe((tmp_path / "data.parquet").read_bytes())

    monkeypatch.setattr(sys, "stdin", Input)
    again, _ = all_of("-", {"price": "number", "floor": "integer"})
    pd.testing.assert_frame_equal(again, table)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"price\n", "has 0 rows of data"),
        (b"kind\nfarm\n", "has no column 'price'"),
        (b"price\n" + b"1\n" * 200 + b"x\n", "from line 190 on, row 12 of the data, has the text 'x'"),
        (b"price\n" + b"1\n" * 200 + b"1,2\n", "is not a regular CSV file"),
        (gzip.compress(b"price\n" + b"1\n" * 200)[:-9], "damaged gzip"),
        (b"PAR1 no", "is not a Parquet file"),
        (b"PK\x03\x04zip", "is a workbook or a zip archive"),
        (b"price\n" + b"1\n" * 200 + b"\xff\n", "is not a text file in utf-8"),
        (b"price\n1\x00\n", "contains zero bytes"),
    ],
    ids=["empty", "header only", "no column", "text", "ragged", "cut gzip", "parquet", "zip", "encoding", "zero"],
)
def test_what_is_not_a_table_is_refused(tmp_path, monkeypatch, data, message):
    monkeypatch.setattr(batches, "BATCH_BYTES", 64)
    (tmp_path / "data.csv").write_bytes(data)
    with pytest.raises(DataError, match=message):
        list(read_batches(tmp_path / "data.csv", {"price": "number"}))


def test_an_open_quote_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr(batches, "BATCH_BYTES", 64)
    monkeypatch.setattr(batches, "LONGEST_RECORD", 1000)
    (tmp_path / "data.csv").write_text("price\n1\n" + '"' + "2\n" * 1000)
    with pytest.raises(DataError, match="more than 1,000 characters"):
        list(read_batches(tmp_path / "data.csv", {"price": "number"}))


def test_files_that_are_not_there(tmp_path, monkeypatch):
    for path, message in ((tmp_path / "none.csv", "there is no file"), (tmp_path, "is a directory, not a file")):
        with pytest.raises(DataError, match=message):
            list(read_batches(path, KINDS))
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(DataError, match="standard input is closed"):
        list(read_batches("-", KINDS))
    with pytest.raises(InvalidValueError, match="encoding is 'klingon'"):
        (tmp_path / "data.csv").write_text("price\n1\n")
        list(read_batches(tmp_path / "data.csv", {"price": "number"}, encoding="klingon"))
