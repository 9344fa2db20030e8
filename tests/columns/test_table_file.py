import gzip
import io
import itertools
import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prelu_rules.columns.dialect import Dialect
from prelu_rules.columns.table_file import read_cells, read_columns, read_table
from prelu_rules.columns.text_cells import typed
from prelu_rules.errors import DataError, InvalidValueError


@pytest.fixture
def write(tmp_path):
    def write(text, encoding="utf-8", name="data.csv"):
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return tmp_path / name

    return write


def listed(series):
    return [None if pd.isna(cell) else cell for cell in series.astype(object)]


@pytest.mark.parametrize(
    ("cells", "dtype", "values"),
    [
        ("1 2", "int64", [1, 2]),
        ("1 NA", "Int64", [1, None]),
        ("1 1.5", "float64", [1.0, 1.5]),
        ("1 <NA> None n/a null NaN 1e3 +7 -.5 5.", "float64", [1, None, None, None, None, None, 1000, 7, -0.5, 5]),
        ("0.0 1.0", "float64", [0.0, 1.0]),
        ("0 1", "int64", [0, 1]),
        ("TRUE false", "boolean", [True, False]),
        ("True NA", "boolean", [True, None]),
        ("true yes", "object", ["true", "yes"]),
        ("01 12", "object", ["01", "12"]),
        ("007 7 abc NA", "object", ["007", "7", "abc", "NA"]),
        ("00.5 7", "object", ["00.5", "7"]),
        ("+49 +1", "object", ["+49", "+1"]),
        ("+49 0", "int64", [49, 0]),
        ("NA none red", "object", ["NA", "none", "red"]),
        ("NA none", "object", ["NA", "none"]),
        ("NA na", "object", [None, None]),
        ("inf abc", "object", ["inf", "abc"]),
        ("1_000 x", "object", ["1_000", "x"]),
        ("٣ x", "object", ["٣", "x"]),
        ("2020-01-01 2021-01-01", "object", ["2020-01-01", "2021-01-01"]),
        ("9007199254740992 -9007199254740992", "int64", [2**53, -(2**53)]),
        ("9007199254740993 9007199254740992", "object", [2**53 + 1, 2**53]),
        ("9007199254740993 NA", "object", [2**53 + 1, None]),
        ("1152921504606846976 0", "int64", [2**60, 0]),
        ("123456789012345678901234567890 1", "object", [123456789012345678901234567890, 1]),
    ],
)
def test_a_column_gets_the_type_that_its_cells_show(write, cells, dtype, values):
    column = read_table(write("a,b\n" + "".join(f"{cell},x\n" for cell in cells.split())))["a"]
    assert (str(column.dtype), listed(column)) == (dtype, values)


def test_cells_may_have_blanks_and_quotes_around_them(write):
    table = read_table(write('\ufeff a , "b, c" ,y\r\n 1 , 2 , red \r\n"3", "-4.5" ,"a ""b"" , c" \r\n\r\n'))
    assert table.to_dict("list") == {"a": [1, 3], "b, c": [2.0, -4.5], "y": ["red", 'a "b" , c']}


def test_a_quoted_cell_is_kept_whatever_it_holds(write):
    table = read_table(write('a,b\n"x, "" ,\n y",1\n" ""z"" ",2\n'))
    assert table["a"].tolist() == ['x, " ,\n y', '"z"']


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_and_line_ends(write, separator, end):
    rows = [["a", "b", "c"], ["1", '"x;y\t|,z"', "2"], ["3", '"u"', "4"]]
    table = read_table(write(end.join(separator.join(row) for row in rows) + end))
    assert table.to_dict("list") == {"a": [1, 3], "b": ["x;y\t|,z", "u"], "c": [2, 4]}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"])
def test_encodings(write, encoding):
    text = "größe;art\n1,5;grün\n2,5;blau\n"
    data = text.encode(encoding)
    if encoding == "utf-16-be":
        data = b"\xfe\xff" + data
    given_encoding = encoding if encoding == "utf-16-le" else None
    table = read_table(write(data), encoding=given_encoding)
    assert table.to_dict("list") == {"größe": [1.5, 2.5], "art": ["grün", "blau"]}
    assert read_table(write(data), encoding="utf-16" if encoding == "utf-16-be" else encoding).equals(table)


@pytest.mark.parametrize(
    ("lines", "values"),
    [
        ("1.234,56 7", [1234.56, 7]),
        ("1,234.56 7", [1234.56, 7]),
        ("1~234,56 7", [1234.56, 7]),
        ("1\u202f234,5 7", [1234.5, 7]),
        ("1\u00a0234,5 7", [1234.5, 7]),
        ("1'234.56 7", [1234.56, 7]),
        ("1\u2019234.56 7", [1234.56, 7]),
        ("1~234 1~234~567", [1234, 1234567]),
        ("1.234.567 1.234", [1234567, 1234]),
        ("1,234,567 -1,234", [1234567, -1234]),
        ("1,234 0,5", [1.234, 0.5]),
        ("1.234 0.5", [1.234, 0.5]),
        ("1,5 1e-3", [1.5, 0.001]),
        ("1234,567 1", [1234.567, 1]),
        ("0,125 1,234", [0.125, 1.234]),
        (",5 1,234", [0.5, 1.234]),
    ],
)
def test_notations_of_numbers(write, lines, values):
    text = "a;b\n" + "".join(f"{cell.replace('~', ' ')};x\n" for cell in lines.split(" "))
    assert read_table(write(text))["a"].tolist() == values


def test_the_whole_file_tells_what_a_column_does_not(write):
    assert read_table(write("a;b\n1,234;0,5\n"))["a"].tolist() == [1.234]
    assert read_table(write("a;b\n1,234;0.5\n"))["a"].tolist() == [1234]
    assert read_table(write("a;b\n1.234;0,5\n"))["a"].tolist() == [1234]
    assert read_table(write("a,b\n1.234,1\n"))["a"].tolist() == [1.234]
    assert read_table(write('a,b\n"1,234",0.5\n'))["a"].tolist() == [1234]


@pytest.mark.parametrize("text", ["a;b\n1,234;7\n12;8\n", "a;b\n1.234;7\n", 'a,b\n"1,234",7\n', 'a,b\n"1,234",1.234\n'])
def test_what_may_be_a_thousand_or_one_is_refused(write, text):
    with pytest.raises(DataError, match=r"'a' .* '1[.,]234', and nothing .* is 1\.234 or 1234; .* --decimal"):
        read_table(write(text))
    cell = "1,234" if "1,234" in text else "1.234"
    for decimal in ".,":
        assert read_table(write(text), decimal=decimal)["a"][0] == (1.234 if decimal in cell else 1234)
    assert read_table(write(text), category=["a", "b"])["a"][0] == cell


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a;b\n1,5;2.5\n", r"'b' .* has '2\.5', which is not a number written like '1,5' in column 'a'.* --category b"),
        ("a;b\n1,5;x\n2.5;y\n", r"'a' .* has '2\.5', which is not a number written like '1,5'"),
        ("a;b\n1 234,5;1'234\n", r"'b' .* has \"1'234\", which is not a number written like '1 234,5' in column 'a'"),
    ],
)
def test_notations_that_contradict_each_other_are_named(write, text, message):
    with pytest.raises(DataError, match=message):
        read_table(write(text))


def test_what_is_given_overrules_what_is_found(write):
    path = write("a;b\n1,234;x,y\n5;z\n")
    assert read_table(path, decimal=",")["a"].tolist() == [1.234, 5]
    assert read_table(path, thousands=",")["a"].tolist() == [1234, 5]
    assert read_table(path, thousands="")["a"].tolist() == [1.234, 5]
    with pytest.raises(DataError, match="'1,234', which is not a number with the signs that were given"):
        read_table(path, decimal=".", thousands="")
    assert read_table(write("a,b|c\n1,2|3\n"), separator=",")["b|c"].tolist() == ["2|3"]
    assert read_table(write("größe\n1\n", "cp1252"), encoding="cp437").columns.tolist() == ["gr÷▀e"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"separator": ";;"}, "separator is ';;'"),
        ({"separator": "a"}, "separator is 'a'"),
        ({"separator": '"'}, "separator is"),
        ({"decimal": ";"}, "decimal is ';'; it must be"),
        ({"thousands": "_"}, "thousands is '_'; it must be"),
        ({"decimal": ",", "thousands": ","}, "decimal and thousands are both ','"),
        ({"encoding": "utf-88"}, "encoding is 'utf-88'"),
        ({"encoding": "base64"}, "encoding is 'base64'"),
        ({"category": ["a"], "number": ["a"]}, "column 'a' is in both"),
    ],
)
def test_arguments_are_checked(write, arguments, message):
    with pytest.raises(InvalidValueError, match=re.escape(message)):
        read_table(write("a,b\n1,2\n"), **arguments)


def test_types_can_be_given(write):
    path = write("zip,x,y\n01,007,1\nNA,,2\n")
    table = read_table(path, category=["zip"], number=["x"])
    assert listed(table["zip"]) == ["01", "NA"] and table["zip"].dtype == "category"
    assert listed(table["x"]) == [7, None] and list(table) == ["zip", "x", "y"]
    assert read_table(path, category=["y"])["y"].tolist() == ["1", "2"]
    with pytest.raises(DataError, match=r"no column 'zup'; did you mean 'zip'\?"):
        read_table(path, category=["zup"])
    with pytest.raises(DataError, match="no column 'quantity'; its columns are zip, x, y"):
        read_table(path, number=["quantity"])
    with pytest.raises(DataError, match="'x' of .*, row 2 of the data, has the text 'six' where a number is needed"):
        read_table(write("x,y\n1,2\nsix,3\n"), number=["x"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty; it needs a header"),
        ("\ufeff \n\n", "is empty; it needs a header"),
        ("a,y\n", "has 0 rows of data"),
        ("a,a,y\n1,2,3\n", "two columns 'a'; rename one"),
        ("a, a ,y\n1,2,3\n", "two columns 'a'; rename one"),
        ("a,,y\n1,2,3\n", "column 2 of .* has no name"),
        (
            "a,y\n1,2\n\n1,2,3\n",
            "is not a regular CSV file: line 4 has 3 cells where the header has 2, separated by ','",
        ),
        ("a,y\n1,2\n1\n", "line 3 has 1 cell where the header has 2"),
        ('a,y\n"1\n\n2",2\n1\n', "line 5 has 1 cell where"),
        ("a\n1,5\n2,5\n", "line 2 has 2 cells where the header has 1, .* --separator"),
        ('a,y\n1,2\n"3,4\n5,6\n', "the row that begins in line 3 has a quote that is not closed"),
        ('a,y\n1,2\n"5" pipe",4\n', "line 3 has text between a closing quote and the separator ','"),
        ('a,y\n"' + "x" * 200_000 + '",1\n', "line 2 has a cell of more than"),
        ("a,y\n1,2\noops,3\n", r"'a' of .*, row 2 of the data, has the text 'oops' .* with --category a\.$"),
        ("a,y\n,2\n1;2,3\n4,5\n", "row 2 of the data, has the text '1;2' where a number"),
        ("a{b},y\n1,2\n{oops},3\n", r"has the text '\{oops\}' where a number is needed"),
        ("a,y\n1,2\ninf,3\n", "row 2 of the data, has the value 'inf', which is not finite"),
        ("a,y\n-Infinity,2\ninf,3\n", "row 1 of the data, has the value '-Infinity', which is not finite"),
        ("a,y\n1,2\n1e999,3\n", "row 2 of the data, has the value '1e999', which is not finite"),
        ("a,y\n1,2\n" + "9" * 5000 + ",3\n", "which is not finite"),
        ("a,y\n1,\0\n", "contains zero bytes"),
        (b"\x89PNG\r\n\x1a\n\xff\xd8", "is not a text file"),
        (b"PK\x03\x04rest", "is a workbook or a zip archive"),
        (b"\x1f\x8b\x08rest", "is a damaged gzip file"),
        (b"\xff\xfea", r"is not a text file in utf-16"),
        (b"PAR1rest", "is not a Parquet file, or a damaged one"),
    ],
)
def test_files_that_are_not_tables_are_named(write, text, message):
    with pytest.raises(DataError, match=message) as caught:
        read_table(write(text))
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_read_are_named(tmp_path, write, monkeypatch):
    with pytest.raises(DataError, match=r"there is no file .*missing\.csv"):
        read_table(tmp_path / "missing.csv")
    with pytest.raises(DataError, match="is a directory, not a file"):
        read_table(tmp_path)
    with pytest.raises(DataError, match="cannot read .*null"):
        read_table("null\0byte.csv")
    with pytest.raises(DataError, match="is not a text file in ascii"):
        read_table(write("ä,b\n1,2\n"), encoding="ascii")
    with pytest.raises(DataError, match="is not a Parquet file, or a damaged one"):
        read_table(write("a,b\n1,2\n", name="data.parquet"))

    def refuse(path, mode):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(DataError, match=r"cannot read secret\.csv: Permission denied"):
        read_table("secret.csv")


def test_standard_input_and_gzip(write, monkeypatch):
    data = "a;b\n1,5;ü\n".encode()
    for content in (data, gzip.compress(data)):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        assert read_table("-").to_dict("list") == {"a": [1.5], "b": ["ü"]}
        assert read_table(write(content, name="data.csv.gz")).to_dict("list") == {"a": [1.5], "b": ["ü"]}
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    with pytest.raises(DataError, match="standard input is empty"):
        read_table("-")


def test_parquet(tmp_path, monkeypatch):
    frame = pd.DataFrame(
        {
            "id": pd.array([2**53 + 1, None, 3], dtype="Int64"),
            "x": [0.5, np.nan, 2.0],
            "code": ["01", "02", None],
            "ok": [True, False, True],
        }
    )
    path = tmp_path / "data.parquet"
    frame.to_parquet(path)
    table = read_table(path)
    assert {name: listed(table[name]) for name in table} == {name: listed(frame[name]) for name in frame}
    assert listed(read_table(path, number=["code"])["code"]) == [1, 2, None]
    assert listed(read_table(path, category=["id"])["id"]) == ["9007199254740993", None, "3"]
    assert list(read_columns(path, {"ok": "yes/no", "x": "number"})) == ["ok", "x"]
    with pytest.raises(DataError, match="is a file whose columns have types"):
        read_cells(path)
    with pytest.raises(DataError, match=r"no column 'cod'; did you mean 'code'\?"):
        read_table(path, category=["cod"])
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(DataError, match=re.escape("pip install 'prelu-rules[parquet]'")):
        read_table(path)


def test_columns_of_known_kinds(write):
    path = write("zip;n;sold;price;x\n01;3,0;1;1.234,5;1.5\n2;;true;NA;abc\n;-0;FALSE;7;2,5\n")
    table = read_columns(path, {"price": "number", "zip": "category", "n": "integer", "sold": "yes/no"})
    assert {name: listed(table[name]) for name in table} == {
        "price": [1234.5, None, 7],
        "zip": ["01", "2", None],
        "n": [3, None, 0],
        "sold": [True, True, False],
    }
    assert table.dtypes.astype(str).to_dict() == {
        "price": "float64",
        "zip": "category",
        "n": "Int64",
        "sold": "boolean",
    }


@pytest.mark.parametrize(
    ("kind", "cell", "message"),
    [
        ("number", "abc", "row 2 of the data, has the text 'abc' where a number is needed; fix it or drop the row"),
        ("number", "inf", "row 2 .* has the value 'inf', which is not finite"),
        ("number", "1,5", "row 2 .* has the text '1,5' where a number is needed"),
        ("integer", "1.5", "row 2 .* has the number '1.5' where a whole number is needed"),
        ("yes/no", "yes", "row 2 .* has the text 'yes' where true or false, or 1 or 0, is needed"),
        ("yes/no", "2", "row 2 .* has the text '2' where true or false"),
    ],
)
def test_a_cell_of_another_kind_is_named(kind, cell, message):
    cells = pd.DataFrame({"a": pd.Series(["", cell], dtype=object).where(lambda cell: cell != "", None)})
    with pytest.raises(DataError, match=message):
        typed(cells, {"a": kind}, Dialect(), "data.csv")
    with pytest.raises(DataError, match=r"data\.csv has no column 'b'"):
        typed(cells, {"b": kind}, Dialect(), "data.csv")


def test_cells_are_left_as_they_are(write):
    cells, dialect = read_cells(write("a|b\n01|NA\n|1.234,5\n"))
    assert cells.to_numpy().tolist() == [["01", "NA"], [None, "1.234,5"]]
    assert dialect == Dialect("|", ",", ".", "utf-8")
    assert read_cells(write("a;b\n1,234;2\n"), category=["a"])[1].decimal == "."
    with pytest.raises(DataError, match="no column 'c'"):
        read_cells(write("a;b\n1,5;2\n"), category=["c"])


HOSTILE = st.text("aäZ€ß\"'\u2019;,|\t\n .-+0123/\\{}#\u202f", min_size=1, max_size=8).map(str.strip).filter(bool)


@st.composite
def frames(draw):
    n_rows = draw(st.integers(1, 6))

    def column(cells):
        return draw(st.lists(cells | st.none(), min_size=n_rows, max_size=n_rows))

    floats = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([1.125, 0.5, 1234.0, 1e22])
    kinds = {
        "number": lambda: pd.Series([np.nan if x is None else x for x in column(floats)], dtype=float),
        "integer": lambda: pd.Series(pd.array(column(st.integers(-(2**53), 2**53)), dtype="Int64")),
        "yes/no": lambda: pd.Series(pd.array(column(st.booleans()), dtype="boolean")),
        "category": lambda: pd.Series(column(HOSTILE), dtype=object),
    }
    chosen = ["category", *draw(st.lists(st.sampled_from(list(kinds)), min_size=1, max_size=4))]
    names = [f"{kind} {k}" for k, kind in enumerate(chosen)]
    return pd.DataFrame({name: kinds[kind]() for name, kind in zip(names, chosen, strict=True)})


@given(
    frames(),
    st.sampled_from([";", "\t", "|", ","]),
    st.sampled_from([".", ","]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_pandas_writes_is_read_back(tmp_path, frame, separator, decimal, encoding):
    path = tmp_path / "data.csv"
    if encoding == "cp1252":
        frame = frame.replace("\u202f", "", regex=True)
    frame.to_csv(path, index=False, sep=separator, decimal=decimal, encoding=encoding, lineterminator="\n")
    expected = {name: listed(frame[name].replace("", None)) for name in frame}
    kinds = {name: name.split(" ")[0] for name in frame}
    told = read_columns(path, kinds, separator=separator, decimal=decimal, encoding=encoding)
    assert {name: listed(told[name]) for name in told} == expected
    found = None
    try:
        found = read_table(path, category=[name for name, kind in kinds.items() if kind == "category"])
    except DataError as problem:
        # Three decimals after one to three digits are the only thing that cannot be told from thousands.
        assert "and nothing in the file shows" in str(problem) and (separator, decimal) != (",", ".")
        written = [repr(x) for name in frame for x in expected[name] if kinds[name] == "number" and x is not None]
        assert all(re.fullmatch(r"-?[1-9][0-9]{0,2}\.[0-9]{3}(e.*)?|[^.]*", cell) for cell in written)
    if found is not None:
        assert {name: listed(found[name]) for name in found} == expected


def test_all_short_columns_have_one_reading_or_are_refused(write):
    # By brute force: what any of the eight notations could mean.
    meanings = [(".", ""), (".", ","), (".", " "), (".", "'"), (",", ""), (",", "."), (",", " "), (",", "'")]

    def means(cell, decimal, thousands):
        whole, _, decimals = cell.partition(decimal)
        groups = whole.split(thousands) if thousands else [whole]
        if len(groups) > 1 and (groups[0][0] == "0" or len(groups[0]) > 3 or {*map(len, groups[1:])} != {3}):
            return None
        digits = "".join(groups)
        return float(f"{digits}.{decimals}") if f"{digits}{decimals}".isdecimal() else None

    cells = ["1", "1,234", "1.234", "1,5", "1.5", "1.234,5", "1,234,567", "1 234", "0.125", "1234.567"]
    for column in itertools.product(cells, repeat=2):
        readings = [[means(cell, *signs) for cell in column] for signs in meanings]
        distinct = {tuple(reading) for reading in readings if None not in reading}
        path = write("a;b\n" + "".join(f"{cell};x\n" for cell in column))
        if len(distinct) == 1:
            assert tuple(read_table(path)["a"]) == distinct.pop(), column
        else:
            with pytest.raises(DataError, match="--decimal"):
                read_table(path)
