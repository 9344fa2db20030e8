import signal
import subprocess
import sys
import textwrap
import threading
from functools import partial

import pytest

from prelu_rules.cli.interruption import heard_interruptions, ignore_interruptions

WITHIN = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)
from prelu_rules.cli.interruption import heard_interruptions
{setting}
try:
    with heard_interruptions():
{block}
        time.sleep(20)
        print("lost")
except KeyboardInterrupt:
    print("heard")
"""


def said(setting, block, folder):
    code = WITHIN.format(setting=textwrap.dedent(setting), block=textwrap.indent(textwrap.dedent(block), " " * 8))
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip(), done.stderr


def test_one_that_a_destructor_drops_is_heard(tmp_path):
    setting = """
        class Dropping:
            def __del__(self):
                signal.raise_signal(signal.SIGINT)
    """
    assert said(setting, "thing = Dropping(); del thing", tmp_path) == ("heard", "")


def test_one_that_an_import_swallows_is_heard(tmp_path):
    (tmp_path / "optional.py").write_text(
        "import signal\ntry:\n    signal.raise_signal(signal.SIGINT)\nexcept BaseException:\n    pass\n"
    )
    assert said("sys.path.insert(0, '.')", "import optional", tmp_path) == ("heard", "")


def test_what_others_handle_or_ignore_stays_theirs():
    mine = []
    before = signal.signal(signal.SIGINT, lambda *_: mine.append(1))
    try:
        with heard_interruptions():
            signal.raise_signal(signal.SIGINT)
        assert mine == [1]
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        with heard_interruptions():
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


def test_afterwards_all_is_as_before(request):
    # Whoever starts the tests in the background may have them ignore interruptions.
    request.addfinalizer(partial(signal.signal, signal.SIGINT, signal.getsignal(signal.SIGINT)))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    before = signal.getsignal(signal.SIGINT), sys.unraisablehook
    with pytest.raises(KeyboardInterrupt), heard_interruptions():
        signal.raise_signal(signal.SIGINT)
    assert (signal.getsignal(signal.SIGINT), sys.unraisablehook) == before


def test_other_threads_have_no_signals():
    seen = []

    def work():
        with heard_interruptions():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGINT)]


def test_who_ignores_interruptions_in_the_block_ignores_them_after_it():
    before = signal.getsignal(signal.SIGINT)
    try:
        with heard_interruptions():
            ignore_interruptions()
        signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("times", [1, 2])
def test_an_interruption_of_the_command_line_is_one_line_and_status_130(monkeypatch, capsys, times):
    """Also where a second one comes while the first is being answered."""
    from prelu_rules import cli

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("prelu_rules.cli.app.run" if times == 1 else "prelu_rules.cli._heard", interrupted)
    with pytest.raises(SystemExit) as stop:
        cli.main(["--version"])
    assert stop.value.code == 130
    assert capsys.readouterr() == ("", "prelu-rules: interrupted; no file is left half-written\n")
