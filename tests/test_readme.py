"""What the README and the documentation tell a newcomer to type, typed."""

import re
import runpy
import sys
from pathlib import Path

import pytest

from prelu_rules.cli import main

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
PAGES = {page.name: page for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]}


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A folder with what `make demo` writes, and what it prints of the tariff."""
    folder = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for script in ("write_diabetes.py", "write_tariff.py"):
            patch.setattr(sys, "argv", [script, "demo"])
            runpy.run_path(str(ROOT / "examples" / script))
        with pytest.raises(SystemExit, match="0"):
            main(["fit", "demo/tariff.csv", "--target", "price", "--out", "demo/tariff"])
    return folder


def run(page, folder, monkeypatch):
    """Run the Python of a page from top to bottom; what it defines, and how many blocks it has."""
    monkeypatch.chdir(folder)
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    scope: dict = {}
    for block in blocks:
        exec(compile(block, page.name, "exec"), scope)
    return scope, len(blocks)


def test_the_python_in_the_readme_runs(demo, monkeypatch, capsys):
    scope, n_blocks = run(PAGES["README.md"], demo, monkeypatch)
    assert n_blocks == 5
    printed = capsys.readouterr().out
    assert "ratio = " in printed and "every input falls under a rule, proven" in printed
    for rules in (scope["fitted"].rules, scope["rules"]):
        x, y = scope["frame"][["cholesterol", "hdl"]], scope["frame"]["ratio"].to_numpy()
        assert abs(rules.predict(x)[:, 0] - y).mean() < 0.3


@pytest.mark.parametrize("name", [name for name in PAGES if name != "README.md"])
def test_the_python_in_the_documentation_runs_by_itself(name, demo, monkeypatch):
    _, n_blocks = run(PAGES[name], demo, monkeypatch)
    assert n_blocks == {"rules.md": 6, "exporting.md": 1, "training.md": 3, "doctor.md": 1, "finetuning.md": 1}.get(
        name, 0
    )


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_to_files(name):
    page = PAGES[name]
    links = re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
    assert links or name not in {"README.md", "results.md"}
    assert not [link for link in links if not (page.parent / link).exists()]


def test_the_readme_links_to_every_page():
    text = PAGES["README.md"].read_text(encoding="utf-8")
    assert not [name for name in PAGES if name != "README.md" and f"docs/{name}" not in text]
