import numpy as np
import pandas as pd
import pytest

from prelu_rules.errors import DataError, InvalidValueError, ShapeError
from prelu_rules.estimators.encoding import Encoding
from prelu_rules.readers.table import Table, read_table


def csv(tmp_path, text, name="data.csv"):
    (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path / name


ROWS = [(0.5 * k, k * k, k % 2) for k in range(12)]
GOOD = "a,b,y\n" + "".join(f"{a},{b},{y}\n" for a, b, y in ROWS)


def test_numbers(tmp_path):
    table = read_table(csv(tmp_path, GOOD), "b")
    assert (list(table.features), table.target, table.task) == (["a", "y"], "b", "regression")
    np.testing.assert_array_equal(table.features, [(a, y) for a, _, y in ROWS])
    np.testing.assert_array_equal(table.y, [b for _, b, _ in ROWS])


def test_zeros_and_ones_are_classes_unless_told_otherwise(tmp_path):
    path = csv(tmp_path, GOOD)
    assert read_table(path, "y").classes == (0, 1)
    assert read_table(path, "y", "regression").classes is None


def test_labels_are_classes(tmp_path):
    path = csv(tmp_path, "x,kind\n" + "1,b c\n2,é\n3,a\n" * 4)
    table = read_table(path, "kind")
    assert table.classes == ("a", "b c", "é")
    assert table.y[:3].tolist() == [1, 2, 0] and table.labels[:3].tolist() == ["b c", "é", "a"]


def test_numbers_are_classes_when_told_so(tmp_path):
    path = csv(tmp_path, "x,kind\n" + "1,3\n2,1.5\n3,-2\n" * 4)
    assert read_table(path, "kind", "classification").classes == (-2, 1.5, 3)


def test_spreadsheet_habits_are_forgiven(tmp_path):
    text = '\ufeff a , "b, c" ,y\n' + ' 1 , 2 , 1e3\n"3", "-4.5" ,+7\n' * 6
    table = read_table(csv(tmp_path, text), "y")
    assert list(table.features) == ["a", "b, c"]
    assert table.features[:2].to_numpy().tolist() == [[1, 2], [3, -4.5]] and table.y[:2].tolist() == [1000, 7]


def test_text_is_a_category_and_what_is_missing_stays_missing(tmp_path):
    table = read_table(csv(tmp_path, "colour,age,y\n" + " red ,1,5\nblue,,6\nN/A,3,7\n" * 4), "y")
    assert table.features["colour"][:3].tolist() == ["red", "blue", None]
    np.testing.assert_array_equal(table.features["age"][:3], [1, np.nan, 3])
    encoding = Encoding.of(table.features)
    assert encoding.feature_names == (
        "colour = blue",
        "colour = red",
        "colour is missing",
        "age",
        "age is missing",
    )


@pytest.mark.parametrize(
    ("text", "target", "message"),
    [
        ("", "y", "data.csv is empty; it needs a header"),
        ("a;b;y\n1;2;3\n", "y", "seems to have semicolons between its columns; save it with commas"),
        ("a\tb\n1\t2\n", "b", "seems to have tabs"),
        ("a,y\n", "y", "0 rows of data; at least 10 are needed"),
        (GOOD, "z", "no column 'z'; its columns are a, b, y"),
        ("y\n" + "1\n2\n" * 6, "y", "no column beside the target"),
        (GOOD.replace("2.0", "two"), "y", "column 'a' of .*, row 5 of the data, has the text 'two' where a number"),
        (GOOD.replace("2.0", "NaN"), "a", r"row 5 of the data, has a missing value \('NaN'\)"),
        ("a,b,y\n" + ",1,5\nNA,2,6\n" * 6, "y", "column 'a' of .* is empty; drop it"),
        ("a,y\n" + "".join(f"name {k},{k}\n" for k in range(12)), "y", "'a' .* has 12 different texts in 12 rows"),
        (GOOD.replace("2.0", "inf"), "y", "has the value 'inf', which is not finite"),
        (GOOD.replace("2.0", "1e999"), "y", "has the value '1e999', which is not finite"),
        (GOOD.replace("a,b,y", "a,a,y"), "y", "two columns 'a'; rename one"),
        (GOOD.replace("a,b,y", "a,,y"), "y", "column 2 of .* has no name"),
        ("a,y\n" + "1,5\n2,5\n" * 6, "y", "the target 'y' is 5 in every row"),
        ("a,y\n" + "1,0\n2,0\n" * 6, "y", "the target 'y' is 0 in every row; at least two classes"),
        ("a,y\n" + "1,yes\n2,yes\n" * 6, "y", "the target 'y' is 'yes' in every row"),
        ("a,y\n" + "1,yes\n2,no\n" * 6 + "3,maybe\n", "y", "class 'maybe' .* has fewer than 3 rows"),
        ("a,y\n" + "1,1.5\n2,2.5\n" * 6 + "3,oops\n", "y", "row 13 of the data, has the text 'oops'"),
        ("a,y\n" + "1,1.5\n2,2.5\n" * 6 + "3,\n", "y", "row 13 of the data, is empty"),
        ("a,y\n" + "1,2\n" * 11 + "1,2,3\n", "y", "is not a regular CSV file"),
    ],
)
def test_what_cannot_be_learned_from_is_named(tmp_path, text, target, message):
    with pytest.raises(DataError, match=message) as caught:
        read_table(csv(tmp_path, text), target)
    assert "\n" not in str(caught.value)


def test_files_that_are_no_tables_are_named(tmp_path):
    with pytest.raises(DataError, match=r"there is no file .*missing\.csv"):
        read_table(tmp_path / "missing.csv", "y")
    with pytest.raises(DataError, match="there is no file"):
        read_table(tmp_path, "y")
    (tmp_path / "binary.csv").write_bytes(b"a,y\n\xff\xfe,1\n")
    with pytest.raises(DataError, match="is not a text file in UTF-8"):
        read_table(tmp_path / "binary.csv", "y")
    with pytest.raises(InvalidValueError, match="task is 'guess'"):
        read_table(csv(tmp_path, GOOD), "y", "guess")


def test_a_frame_is_a_table_too():
    frame = pd.DataFrame({"a": [0.1, 1 / 3, 1e-300] * 4, "b": [True, False, True] * 4, 3: ["x", "y", "y"] * 4})
    frame.index = range(5, 17)
    table = Table.from_frame(frame, "3")
    assert list(table.features) == ["a", "b"] and table.classes == ("x", "y")
    np.testing.assert_array_equal(table.features, frame[["a", "b"]].to_numpy(dtype=float))


def test_features_and_target_have_as_many_rows():
    with pytest.raises(ShapeError, match="the features have 2 rows, but y has 1"):
        Table(pd.DataFrame({"a": [1.0, 2.0]}), [1.0], "y")


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (
            pd.DataFrame({"a": [1.0, "b"] * 6, "y": range(12)}),
            "'a' of the DataFrame, row 2 .* has the text 'b' where a",
        ),
        (pd.DataFrame([[1, 2, 3]] * 12, columns=["a", "a", "y"]), "the DataFrame has two columns 'a'"),
        (pd.DataFrame({"a": range(12)}), "the DataFrame has no column 'y'"),
        (pd.DataFrame({"a": range(12), "y": [1.0, 2.0, None] * 4}), "column 'y' .* row 3 .* missing value"),
    ],
)
def test_frames_that_cannot_be_learned_from_are_named(frame, message):
    with pytest.raises(DataError, match=message):
        Table.from_frame(frame, "y")
