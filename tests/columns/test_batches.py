"""Batches against the whole table, read at once."""

import gzip
import io
import struct
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from large_tables import python

from prelu_rules.columns import batches, stored
from prelu_rules.columns.batches import read_batches
from prelu_rules.columns.table_file import read_columns, read_table
from prelu_rules.errors import DataError, InvalidValueError

pyarrow = pytest.importorskip("pyarrow")
ipc = pytest.importorskip("pyarrow.ipc")

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
    monkeypatch.setattr(stored, "BATCH_ROWS", 7)
    table, found = all_of(tmp_path / "data.parquet", {"price": "number", "floor": "integer"})
    assert len(found) == 5 and table["floor"].tolist() == list(range(30)) and table["price"].isna().sum() == 10

    monkeypatch.setattr(sys, "stdin", piped((tmp_path / "data.parquet").read_bytes()))
    again, _ = all_of("-", {"price": "number", "floor": "integer"})
    pd.testing.assert_frame_equal(again, table)


def arrow_bytes(frame, stream, batch_rows=7, **options):
    table = pyarrow.Table.from_pandas(frame, preserve_index=False)
    sink = pyarrow.BufferOutputStream()
    with (ipc.new_stream if stream else ipc.new_file)(sink, table.schema, **options) as writer:
        writer.write_table(table, max_chunksize=batch_rows)
    return sink.getvalue().to_pybytes()


FRAME = pd.DataFrame(
    {
        "price": [1.5, None, 3.0] * 10,
        "kind": pd.Categorical(["farm", None, "home"] * 10),
        "floor": pd.array([1, None, 2**53 + 1] * 10, dtype="Int64"),
        "new": pd.array([True, None, False] * 10, dtype="boolean"),
    }
)


def same(table):
    assert table["price"].fillna(-1).tolist() == FRAME["price"].fillna(-1).tolist()
    assert table["kind"].astype(object).fillna("").tolist() == FRAME["kind"].astype(object).fillna("").tolist()
    assert table["floor"].dtype == "Int64" and table["floor"].equals(FRAME["floor"])
    assert table["new"].dtype == "boolean" and table["new"].equals(FRAME["new"])


@pytest.mark.parametrize("stream", [False, True], ids=["file", "stream"])
@pytest.mark.parametrize("name", ["data.arrow", "data.csv"])
@pytest.mark.parametrize("compression", [None, "lz4"])
def test_arrow_is_known_by_its_content_and_comes_in_batches(tmp_path, monkeypatch, stream, name, compression):
    data = arrow_bytes(FRAME, stream, options=ipc.IpcWriteOptions(compression=compression))
    (tmp_path / name).write_bytes(data)
    table, found = all_of(tmp_path / name)
    assert len(found) == 5
    same(table)
    same(read_columns(tmp_path / name, KINDS))
    monkeypatch.setattr(stored, "BATCH_ROWS", 4)
    assert [len(batch.cells) for batch in found] == [7, 7, 7, 7, 2]
    assert [len(batch.cells) for batch in all_of(tmp_path / name)[1]] == [4, 3] * 4 + [2]
    monkeypatch.setattr(sys, "stdin", piped(data))
    same(all_of("-")[0])


def test_feather_of_other_libraries(tmp_path):
    import polars

    FRAME.to_feather(tmp_path / "data.feather")
    same(all_of(tmp_path / "data.feather")[0])
    polars.from_pandas(FRAME).write_ipc(tmp_path / "polars.arrow")
    same(all_of(tmp_path / "polars.arrow")[0])


def piped(data):
    class Pipe(io.BytesIO):
        def seekable(self):
            return False

    class Input:
        buffer = Pipe(data)

    return Input


@pytest.mark.parametrize("stream", [False, True], ids=["file", "stream"])
@pytest.mark.parametrize("compression", [None, "zstd"])
def test_damaged_arrow_is_an_error_or_a_table(tmp_path, stream, compression):
    """Whatever a byte is, nothing else comes out, and nothing crashes."""
    data = arrow_bytes(FRAME, stream, options=ipc.IpcWriteOptions(compression=compression))
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(300):
        place, end = rng.integers(8, len(data)), rng.integers(8, len(data) + 1)
        broken = bytearray(data[:end] if rng.random() < 0.3 else data)
        broken[min(place, len(broken) - 1)] = rng.integers(256)
        (tmp_path / "data.arrow").write_bytes(broken)
        for read in (lambda: all_of(tmp_path / "data.arrow"), lambda: read_table(tmp_path / "data.arrow")):
            try:
                read()
            except DataError as problem:
                refused += 1
                assert "\n" not in str(problem)
    assert refused > 100


@pytest.mark.parametrize("stream", [False, True], ids=["file", "stream"])
def test_texts_beyond_their_file_are_not_read(tmp_path, stream):
    """In a process of its own, since it would crash without the check."""
    table = pyarrow.table({"kind": pyarrow.array(["farm", "home", "barn", "shed"])})
    sink = pyarrow.BufferOutputStream()
    with (ipc.new_stream if stream else ipc.new_file)(sink, table.schema) as writer:
        writer.write_table(table)
    data, ends = sink.getvalue().to_pybytes(), struct.pack("<5i", 0, 4, 8, 12, 16)
    assert data.count(ends) == 1
    (tmp_path / "data.arrow").write_bytes(data.replace(ends, struct.pack("<5i", 0, 4, 8, 12, 2**31 - 1)))
    code = """
        import sys
        from prelu_rules.columns.batches import read_batches
        from prelu_rules.columns.table_file import read_table
        for read in (read_table, lambda path: list(read_batches(path, {"kind": "category"}))):
            try:
                read(sys.argv[1])
            except ValueError as problem:
                print(problem)
    """
    done = python(code, tmp_path / "data.arrow")
    assert done.returncode == 0 and done.stdout.count(", or a damaged one; write it again.") == 2


def test_arrow_needs_pyarrow(tmp_path, monkeypatch):
    (tmp_path / "data.arrow").write_bytes(arrow_bytes(FRAME, False))
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(DataError, match=r"can only be read with pyarrow; pip install 'prelu-rules\[parquet\]'"):
        all_of(tmp_path / "data.arrow")


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
        (b"ARROW1\0\0 no", "is not an Arrow file, or a damaged one"),
        (b"\xff\xff\xff\xff no", "is not an Arrow stream, or a damaged one"),
        (arrow_bytes(FRAME[:0], False), "has 0 rows of data"),
        (arrow_bytes(FRAME[:0], True), "has 0 rows of data"),
        (arrow_bytes(FRAME[["kind"]], True), "has no column 'price'"),
        (b"PK\x03\x04zip", "is a workbook or a zip archive"),
        (b"price\n" + b"1\n" * 200 + b"\xff\n", "is not a text file in utf-8"),
        (b"price\n1\x00\n", "contains zero bytes"),
    ],
    ids="empty,header only,no column,text,ragged,cut gzip,parquet,arrow,stream,no rows,no rows in a stream,"
    "no column in a stream,zip,encoding,zero".split(","),
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
