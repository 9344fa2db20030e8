"""What the README tells a newcomer to type, typed."""

import re
import runpy
import sys
from pathlib import Path

import pytest

from prelu_rules.cli import main

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent


def test_the_python_in_the_readme_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for script in ("write_diabetes.py", "write_tariff.py"):
        monkeypatch.setattr(sys, "argv", [script, "demo"])
        runpy.run_path(str(ROOT / "examples" / script))
    with pytest.raises(SystemExit, match="0"):
        main(["fit", "demo/tariff.csv", "--target", "price", "--out", "demo/tariff"])
    assert "IF kwh >= " in capsys.readouterr().out
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    scope: dict = {}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), scope)
    assert len(blocks) == 8
    printed = capsys.readouterr().out
    assert "IF " in printed and "ratio = " in printed and "every input falls under a rule, proven" in printed
    for rules in (scope["fitted"].rules, scope["rules"]):
        x, y = scope["frame"][["cholesterol", "hdl"]], scope["frame"]["ratio"].to_numpy()
        assert abs(rules.predict(x)[:, 0] - y).mean() < 0.3
