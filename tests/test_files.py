import pytest

from prelu_rules.errors import DataError
from prelu_rules.files import whole_file, write_text


def test_a_file_appears_whole_with_ordinary_rights(tmp_path):
    write_text(tmp_path / "a.txt", "né")
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "né"
    plain = tmp_path / "plain"
    plain.touch()
    assert (tmp_path / "a.txt").stat().st_mode == plain.stat().st_mode


def test_an_interrupted_writer_leaves_the_old_file_and_nothing_else(tmp_path):
    write_text(tmp_path / "a.txt", "old")
    with pytest.raises(KeyboardInterrupt), whole_file(tmp_path / "a.txt") as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("a.txt", "old")]


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match="cannot write .*nowhere/a.txt: No such file"):
        write_text(tmp_path / "nowhere" / "a.txt", "text")


def test_a_folder_is_no_file(tmp_path):
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(DataError, match=r"cannot write .*a\.txt: Is a directory"):
        write_text(tmp_path / "a.txt", "text")
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]
