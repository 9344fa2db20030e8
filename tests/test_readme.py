"""What the README tells a newcomer to type, typed."""

import re
import runpy
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_python_in_the_readme_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["write_diabetes.py", "demo"])
    runpy.run_path(str(ROOT / "examples" / "write_diabetes.py"))
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    scope: dict = {}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), scope)
    assert len(blocks) == 7
    printed = capsys.readouterr().out
    assert "IF " in printed and "ratio = " in printed and "every input falls under a rule, proven" in printed
    for rules in (scope["fitted"].rules, scope["rules"]):
        x, y = scope["frame"][["cholesterol", "hdl"]], scope["frame"]["ratio"].to_numpy()
        assert abs(rules.predict(x)[:, 0] - y).mean() < 0.3
