import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from prelu_rules import file_places, temporary_files
from prelu_rules.errors import DataError
from prelu_rules.files import check_writable, whole_file, whole_files, write_text


def contents(folder):
    return {path.name: path.read_text() for path in folder.iterdir()}


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
    assert contents(tmp_path) == {"a.txt": "old"}


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r"cannot write .*nowhere/a\.txt: No such file"):
        write_text(tmp_path / "nowhere" / "a.txt", "text")


def test_a_folder_is_no_file(tmp_path):
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(DataError, match=r"cannot write .*a\.txt: Is a directory"):
        write_text(tmp_path / "a.txt", "text")
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.parametrize("name", ["a\0b", "circle"])
def test_names_that_no_file_can_have(tmp_path, name):
    (tmp_path / "circle").symlink_to("circle")
    with pytest.raises(DataError, match="cannot write"):
        write_text(tmp_path / name, "text")


def test_a_symbolic_link_stays_and_leads_to_the_new_content(tmp_path):
    (tmp_path / "far").mkdir()
    write_text(tmp_path / "far" / "a.txt", "old")
    (tmp_path / "near.txt").symlink_to("far/a.txt")
    (tmp_path / "nearer.txt").symlink_to(tmp_path / "near.txt")
    write_text(tmp_path / "nearer.txt", "new")
    assert (tmp_path / "nearer.txt").is_symlink() and (tmp_path / "near.txt").is_symlink()
    assert contents(tmp_path / "far") == {"a.txt": "new"}


def test_a_link_to_nothing_yet_leads_to_the_new_file(tmp_path):
    (tmp_path / "link.txt").symlink_to("a.txt")
    write_text(tmp_path / "link.txt", "new")
    assert (tmp_path / "link.txt").is_symlink() and not (tmp_path / "a.txt").is_symlink()
    assert (tmp_path / "a.txt").read_text() == "new"


@pytest.mark.parametrize(("old", "new"), [("old", "newer"), ("much longer than the other", "new"), ("", "new")])
def test_a_hard_link_stays(tmp_path, old, new):
    write_text(tmp_path / "a.txt", old)
    os.link(tmp_path / "a.txt", tmp_path / "b.txt")
    write_text(tmp_path / "b.txt", new)
    assert contents(tmp_path) == {"a.txt": new, "b.txt": new}
    assert (tmp_path / "a.txt").stat().st_nlink == 2


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755, 0o604])
def test_the_mode_stays(tmp_path, mode):
    write_text(tmp_path / "a.txt", "old")
    (tmp_path / "a.txt").chmod(mode)
    write_text(tmp_path / "a.txt", "new")
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == mode
    assert contents(tmp_path) == {"a.txt": "new"}


def test_what_a_private_file_gets_is_private_from_the_start(tmp_path):
    write_text(tmp_path / "a.txt", "old")
    (tmp_path / "a.txt").chmod(0o600)
    with whole_file(tmp_path / "a.txt") as temporary:
        assert stat.S_IMODE(temporary.stat().st_mode) == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_the_owner_stays(tmp_path):
    write_text(tmp_path / "a.txt", "old")
    os.chown(tmp_path / "a.txt", 12345, 12346)
    write_text(tmp_path / "a.txt", "new")
    found = (tmp_path / "a.txt").stat()
    assert (found.st_uid, found.st_gid) == (12345, 12346) and contents(tmp_path) == {"a.txt": "new"}


def test_an_owner_that_cannot_be_kept_is_kept_in_place(tmp_path, monkeypatch):
    write_text(tmp_path / "a.txt", "old")
    number = (tmp_path / "a.txt").stat().st_ino

    def refused(*_):
        raise PermissionError

    monkeypatch.setattr(os, "listxattr", refused, raising=False)
    write_text(tmp_path / "a.txt", "new")
    assert (tmp_path / "a.txt").stat().st_ino == number and contents(tmp_path) == {"a.txt": "new"}


def test_extended_attributes_stay(tmp_path):
    write_text(tmp_path / "a.txt", "old")
    try:
        os.setxattr(tmp_path / "a.txt", "user.source", b"survey")
    except (AttributeError, OSError):
        pytest.skip("this file system has no extended attributes")
    write_text(tmp_path / "a.txt", "new")
    assert os.getxattr(tmp_path / "a.txt", "user.source") == b"survey" and contents(tmp_path) == {"a.txt": "new"}


def test_a_folder_that_takes_no_new_file_is_written_in_place(tmp_path, monkeypatch):
    write_text(tmp_path / "a.txt", "old")
    real = file_places.new_temporary

    def elsewhere(folder, *options):
        if folder == tmp_path:
            raise PermissionError
        return real(folder, *options)

    monkeypatch.setattr(file_places, "new_temporary", elsewhere)
    write_text(tmp_path / "a.txt", "new")
    assert contents(tmp_path) == {"a.txt": "new"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write every file")
def test_a_protected_file_stays(tmp_path):
    write_text(tmp_path / "a.txt", "old")
    (tmp_path / "a.txt").chmod(0o444)
    with pytest.raises(DataError, match="Permission denied"):
        write_text(tmp_path / "a.txt", "new")
    assert contents(tmp_path) == {"a.txt": "old"}


def test_a_pipe_stays_and_carries_the_content(tmp_path):
    os.mkfifo(tmp_path / "pipe.json")
    read = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "pipe.json").read_text()))
    reader.start()
    write_text(tmp_path / "pipe.json", "text" * 100_000)
    reader.join()
    assert read == ["text" * 100_000]
    assert [stat.S_ISFIFO(path.stat().st_mode) for path in tmp_path.iterdir()] == [True]


def test_devices_stay():
    before = Path("/dev/null").stat()
    write_text("/dev/null", "text")
    after = Path("/dev/null").stat()
    assert stat.S_ISCHR(after.st_mode) and before.st_ino == after.st_ino
    with pytest.raises(DataError, match="cannot write /dev/full: No space left on device"):
        write_text("/dev/full", "text")
    assert stat.S_ISCHR(Path("/dev/full").stat().st_mode)


@pytest.mark.parametrize("path", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "/dev/../dev/stdout"])
def test_standard_output_is_written_in_order(tmp_path, path):
    """Also where it goes to a file, which opening the path anew would overwrite from its start."""
    code = f"from prelu_rules.files import write_text; print('a'); write_text({path!r}, 'b\\n'); print('c')"
    with (tmp_path / "log").open("w") as log:
        subprocess.run([sys.executable, "-c", code], stdout=log, check=True)
    assert contents(tmp_path) == {"log": "a\nb\nc\n"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "a\nb\nc\n"


def write_both(folder):
    with whole_files(folder / "a.txt", folder / "b.txt") as (first, second):
        first.write_text("new a")
        second.write_text("new b")


def test_several_files_appear_together(tmp_path):
    write_both(tmp_path)
    assert contents(tmp_path) == {"a.txt": "new a", "b.txt": "new b"}
    (tmp_path / "a.txt").chmod(0o600)
    write_both(tmp_path)
    assert contents(tmp_path) == {"a.txt": "new a", "b.txt": "new b"}


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("setting", ["new", "old", "hard links"])
def test_several_files_appear_not_at_all(tmp_path, monkeypatch, setting, links, failure):
    """The second fails when the first is in place already."""
    if setting != "new":
        write_text(tmp_path / "a.txt", "old a, and long")
        write_text(tmp_path / "b.txt", "old b")
    if setting == "hard links":
        for name in "ab":
            os.link(tmp_path / f"{name}.txt", tmp_path / f"{name}2.txt")
    before = contents(tmp_path)
    done = []

    def second_fails(name, real):
        def call(first, *more):
            if ".prelu-rules" in str(first) or name == "_overwrite":
                done.append((first, *more))
                if len(done) == 2:
                    raise failure
            return real(first, *more)

        return call

    if setting == "hard links":
        monkeypatch.setattr(file_places, "_overwrite", second_fails("_overwrite", file_places._overwrite))
    else:
        monkeypatch.setattr(Path, "replace", second_fails("replace", Path.replace))
    if not links:
        monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(PermissionError()))
    with pytest.raises((DataError, KeyboardInterrupt)):
        write_both(tmp_path)
    assert contents(tmp_path) == before and len(done) >= 2


def test_a_disk_that_fills_in_place_keeps_the_old_content(tmp_path, monkeypatch):
    write_text(tmp_path / "a.txt", "old")
    os.link(tmp_path / "a.txt", tmp_path / "b.txt")

    calls = []

    def full(_):
        calls.append(1)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DataError, match=r"cannot write .*a\.txt: No space left on device"):
        write_text(tmp_path / "a.txt", "new and long")
    assert contents(tmp_path) == {"a.txt": "old", "b.txt": "old"}


def test_a_stream_comes_after_the_files(tmp_path):
    """A reader that is gone takes the file of the same result with it."""
    read, write = os.pipe()
    os.close(read)
    with pytest.raises(DataError, match="Broken pipe"), whole_files(f"/dev/fd/{write}", tmp_path / "a.txt") as places:
        for place in places:
            place.write_text("text")
    os.close(write)
    assert contents(tmp_path) == {}


def test_a_stream_gets_nothing_of_a_result_that_fails(tmp_path, monkeypatch):
    read, write = os.pipe()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(DataError, match="No space left"), whole_files(f"/dev/fd/{write}", tmp_path / "a.txt") as places:
        for place in places:
            place.write_text("text")
    os.close(write)
    with os.fdopen(read) as reader:
        assert reader.read() == "" and contents(tmp_path) == {}


def test_what_a_killed_run_left_is_removed_by_the_next(tmp_path):
    code = f"""
import os, signal
from prelu_rules.files import whole_files
with whole_files({str(tmp_path / "a.txt")!r}, {str(tmp_path / "b.txt")!r}) as (first, second):
    first.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == -9 and len(list(tmp_path.iterdir())) == 2
    write_text(tmp_path / "c.txt", "new")
    assert contents(tmp_path) == {"c.txt": "new"}


def test_what_others_write_is_left_alone(tmp_path, monkeypatch):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    sleeping = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    machine = temporary_files._machine()
    kept = [
        f".prelu-rules-{machine}-{sleeping.pid}-0123abcd.json",
        f".prelu-rules-{machine}-{os.getpid()}-0123abcd.json",
        f".prelu-rules-{'0' * 8}-{gone.pid}-0123abcd.json",
        f".prelu-rules-{machine}-{gone.pid}-notes.json",
        f"prelu-rules-{machine}-{gone.pid}-0123abcd.json",
        ".rules.json",
    ]
    removed = [f".prelu-rules-{machine}-{gone.pid}-0123abcd.json", f".prelu-rules-{machine}-{gone.pid}-0123abcd"]
    for name in [*kept, *removed]:
        (tmp_path / name).touch()
    (tmp_path / f".prelu-rules-{machine}-{gone.pid}-11111111").symlink_to("nowhere")
    (tmp_path / f".prelu-rules-{machine}-{gone.pid}-22222222").mkdir()
    temporary_files.remove_leftovers(tmp_path)
    found = {path.name for path in tmp_path.iterdir()}
    sleeping.kill()
    sleeping.wait()
    assert found == {*kept, *(f".prelu-rules-{machine}-{gone.pid}-{n * 8}" for n in "12")}
    (tmp_path / removed[0]).touch()
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    temporary_files.remove_leftovers(tmp_path)
    assert (tmp_path / removed[0]).exists()


def test_what_cannot_be_written_is_refused_before_the_work(tmp_path):
    check_writable(tmp_path / "a.txt", tmp_path / "b.txt", "/dev/null")
    assert contents(tmp_path) == {}
    (tmp_path / "folder").mkdir()
    with pytest.raises(DataError, match="cannot write .*folder: Is a directory"):
        check_writable(tmp_path / "a.txt", tmp_path / "folder")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_reader_sees_the_old_content_or_the_new(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "a" * 100_000)
    seen, stop = set(), threading.Event()

    def read():
        while not stop.is_set():
            seen.add(path.read_text()[::99_999])
            time.sleep(0)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(100):
        write_text(path, "ab"[number % 2] * 100_000)
    stop.set()
    reader.join()
    assert seen <= {"aa", "bb"}
