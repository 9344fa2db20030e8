"""What an import costs, and that the core does without Keras; each in an interpreter of its own."""

import subprocess
import sys

import pytest

import prelu_rules

HEAVY = "tensorflow keras sympy matplotlib pandas sklearn scipy highspy typer tqdm".split()


def run(code):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    ).stdout


def test_importing_the_package_imports_nothing_heavy():
    assert run(f"import sys, prelu_rules; print([m for m in {HEAVY} if m in sys.modules])").strip() == "[]"


def test_the_core_works_without_keras():
    code = """
import sys
sys.modules["tensorflow"] = sys.modules["keras"] = None
import importlib, pkgutil, prelu_rules as pr
needs_keras = (
    "training",
    "population",
    "search",
    "finetuning",
    "doctor",
    "estimators.fit",
    "experiments.collapse_training",
    "experiments.paper_training",
    "experiments.path_training",
    "experiments.reproduction",
    "readers.keras",
)
for module in pkgutil.walk_packages(pr.__path__, "prelu_rules."):
    name = module.name.removeprefix("prelu_rules.")
    if not name.startswith(needs_keras) and not name.endswith("__main__"):
        importlib.import_module(module.name)
form = pr.NormalForm.from_layers([[[1.0, 2.0]], [[1.0], [1.0]]], [[0, 0], [0]], [[1.0, 0.25]])
rules = pr.extract(form, pr.Box([-1], [1]))
assert rules.predict([[-1.0], [1.0]]).tolist() == [[-1.5], [3.0]]
from prelu_rules.export import targets
for target in targets():
    assert target == "keras" or rules.export(target)
assert rules.to_sympy() and rules.to_sympy("max")
print("done")
"""
    assert run(code).strip() == "done"


def test_every_public_name_is_there():
    for name in prelu_rules.__all__:
        if name not in ("__version__", "DomainLike", "NetworkLike", "TableLike"):
            assert getattr(prelu_rules, name).__name__ == name
        assert name in dir(prelu_rules)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        prelu_rules.nothing  # noqa: B018
