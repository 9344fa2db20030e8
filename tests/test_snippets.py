"""A user's type checker passes on everything that the documentation shows: README, docs and every docstring."""

import ast
import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "prelu_rules"
CONFIG = """
[mypy]
# What is asked is whether our types fit their use, not whether ours are right.
follow_imports = silent
disable_error_code = annotation-unchecked
# These publish no types.
[mypy-tensorflow.*,keras.*,h5py.*,sklearn.*,sympy.*,numba.*,highspy.*,joblib.*,tqdm.*,threadpoolctl.*,mpl_toolkits.*]
ignore_missing_imports = True
follow_imports = skip
"""


def documented(tree):
    """Every docstring of a module that has examples."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            text = ast.get_docstring(node)
            if text and ">>>" in text:
                yield getattr(node, "name", "module"), text


def scope(path, tree):
    """What the examples of a module can name: what it imports and what it defines."""
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    imports = [
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        and getattr(node, "module", "") != "__future__"
        and node.col_offset <= 4
    ]
    names = []
    for node in tree.body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            names.append(node.name)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
            names += [target.id] if isinstance(target, ast.Name) else []
    own = [f"from {module} import {', '.join(names)}"] if names and not path.name.startswith("__main__") else []
    return [*imports, *own]


def examples(path):
    """The source of each docstring's examples, in a function of its own."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = []
    for number, (name, text) in enumerate(documented(tree)):
        code = "".join(example.source for example in doctest.DocTestParser().get_examples(text))
        body = "".join(f"    {line}\n" for line in code.splitlines())
        functions.append(f"def _{name}_{number}() -> None:\n{body}    return None\n")
    return "\n".join([*scope(path, tree), *functions]) if functions else None


@pytest.mark.slow
def test_a_users_type_checker_passes_on_every_snippet(tmp_path):
    (tmp_path / "mypy.ini").write_text(CONFIG)
    n_blocks = 0
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
        n_blocks += len(blocks)
        (tmp_path / f"{page.stem.replace('-', '_').lower()}_page.py").write_text("\n".join(blocks))
    assert n_blocks >= 14
    found = 0
    for path in sorted(PACKAGE.rglob("*.py")):
        source = examples(path)
        if source is not None:
            found += 1
            (tmp_path / f"{'_'.join(path.relative_to(ROOT).with_suffix('').parts)}_.py").write_text(source)
    assert found > 80
    words = [sys.executable, "-m", "mypy", "--config-file", "mypy.ini", "--cache-dir", str(ROOT / ".mypy_cache"), "."]
    # A type checker does not look through the hook of an editable install.
    places = {**os.environ, "MYPYPATH": str(ROOT)}
    run = subprocess.run(words, cwd=tmp_path, env=places, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout
