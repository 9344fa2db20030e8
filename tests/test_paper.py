"""The paper's script that needs no training, run; so that the paper does not outlive the code that it quotes."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

PAPER = Path(__file__).parent.parent / "paper"


def test_the_script_of_the_published_network_writes_what_the_paper_reads(tmp_path):
    subprocess.run([sys.executable, PAPER / "published.py", tmp_path], check=True, capture_output=True, text=True)
    written = {path.name: path for path in tmp_path.iterdir()}
    macros = dict(re.findall(r"\\newcommand\{\\(\w+)\}\{(.*)\}", written["published.tex"].read_text(encoding="utf-8")))
    assert (macros["publishedUnits"], macros["publishedNonlinear"], macros["publishedRules"]) == ("20", "2", "4")
    source = (PAPER / "paper.tex").read_text(encoding="utf-8")
    for name in re.findall(r"\\published\w+", source):
        assert name[1:] in macros
    assert {"network.pdf", "rules.tex", "compact.txt"} <= written.keys()
