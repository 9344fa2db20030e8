"""Private and undocumented names of other libraries stand in two files, and nowhere else.

A name counts as one of another library's if it begins with an underscore and is not defined by the package: within the
same file, or, on `self` and `cls`, in any of its files. So a typing error counts too.
"""

import ast
from pathlib import Path

import pytest

import prelu_rules

ROOT = Path(prelu_rules.__file__).parent
INTERNALS = ("training/keras_internals.py", "estimators/sklearn_internals.py", "geometry/numba_internals.py")
UNDOCUMENTED = {"train_function", "make_train_function", "steps_per_execution", "distribute_strategy"}
"""Attributes of a Keras model that its documentation does not mention."""
UNDERSCORED = {"_replace", "_asdict", "_fields", "_make", "_exit"}
"""Documented in spite of their underscore."""
TYPES_ONLY = {"_csv.Reader"}
"""What the type of a reader of the standard library is called; no program imports it."""
BY_NAME = ("getattr", "setattr", "hasattr", "delattr")
PRIVATE_MODULES = ("keras.src", "tensorflow.python", "tensorflow.compiler")


def is_private(name):
    return name.startswith("_") and not (name.startswith("__") and name.endswith("__") and name != "__internal__")


def defined(tree):
    """The private names that a file gives something."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.id if isinstance(node, ast.Name) else node.attr if is_own(node.value) else ""
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "object.__setattr__" and is_own(node.args[0]):
            yield str(getattr(node.args[1], "value", ""))


def is_own(node):
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


def foreign(source, of_package=frozenset()):
    """The names of other libraries that a file should not use, with their lines."""
    tree = ast.parse(source)
    here = set(defined(tree)) | UNDERSCORED
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            names = [(node.attr, here | of_package if is_own(node.value) else here)]
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in (
            "getattr",
            "setattr",
            "hasattr",
            "delattr",
        ):
            given = node.args[1] if len(node.args) > 1 else None
            name = given.value if isinstance(given, ast.Constant) else ""
            names = [(name, here | of_package if is_own(node.args[0]) else here)]
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and is_vars(node.value):
            names = [(node.slice.value, here)]
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (name for name in imported(node))
            continue
        else:
            continue
        for name, allowed in names:
            private = is_private(name) and name not in allowed
            if private or (name in UNDOCUMENTED and not (isinstance(node, ast.Attribute) and is_own(node.value))):
                yield name, node.lineno
        if isinstance(node, ast.Attribute) and ast.unparse(node).startswith(PRIVATE_MODULES):
            yield ast.unparse(node), node.lineno


def is_vars(node):
    return (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "vars") or (
        isinstance(node, ast.Attribute) and node.attr == "__dict__"
    )


def imported(node):
    module = getattr(node, "module", None) or ""
    for alias in node.names:
        path = f"{module}.{alias.name}" if module else alias.name
        ours = path.startswith("prelu_rules.")
        if path.startswith(PRIVATE_MODULES) or (not ours and any(is_private(part) for part in path.split("."))):
            yield from [(path, node.lineno)] if path not in TYPES_ONLY else []


def test_every_file_keeps_to_public_names():
    sources = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in ROOT.rglob("*.py")}
    of_package = frozenset(name for source in sources.values() for name in defined(ast.parse(source)))
    found = [
        f"{path}:{line} {name}"
        for path, source in sources.items()
        if path not in INTERNALS
        for name, line in foreign(source, of_package)
    ]
    assert set(INTERNALS) <= set(sources)
    assert not found, "\n".join(["private names of other libraries outside the files for them:", *found])


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("tensor._keras_history", "_keras_history"),
        ("self.model._layers", "_layers"),
        ("getattr(y, '_keras_logits', None)", "_keras_logits"),
        ("vars(model)['_layers']", "_layers"),
        ("model.__dict__['_layers']", "_layers"),
        ("model.train_function = None", "train_function"),
        ("vars(model)['make_train_function'] = f", "make_train_function"),
        ("tf.__internal__.distribute", "__internal__"),
        (
            "from sklearn.utils.validation import _check_feature_names_in",
            "sklearn.utils.validation._check_feature_names_in",
        ),
        ("from sklearn.utils._param_validation import Interval", "sklearn.utils._param_validation.Interval"),
        ("import keras.src.ops", "keras.src.ops"),
        ("from keras.src import ops", "keras.src.ops"),
        ("keras.src.ops.nn", "keras.src.ops.nn"),
        ("self._layers", "_layers"),
        # To give another library's object a private name is no reason to use it.
        ("model._mine = 1", "_mine"),
    ],
)
def test_the_rule_sees_foreign_names(source, name):
    assert name in [found for found, _ in foreign(source)]


@pytest.mark.parametrize(
    "source",
    [
        "class A:\n    def _make(self): pass\n    def f(self, other): return other._make() + self._other",
        "row._replace(a=1)",
        "from prelu_rules.rules.overlay import _cells",
        "x.__class__.__name__",
        "self.train_function",
        "def _f(): pass\n_f()",
    ],
)
def test_the_rule_leaves_own_names_alone(source):
    assert not list(foreign(source, frozenset({"_other"})))
