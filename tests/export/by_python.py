"""The answers of the Python target, which those of other languages equal to the last bit."""

import executed
import numpy as np

from prelu_rules.domains.box import Box
from prelu_rules.export.python import write
from prelu_rules.network.affine import AffineMap
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem


def large_case():
    """Sums of 120 terms, which are written as sums of sums, and 40 rules."""
    rng = np.random.default_rng(0)
    names = [f"x{k}" for k in range(120)]
    bounds = [Condition(np.eye(120)[0], -float(bound), False) for bound in range(-100, 95, 5)]
    maps = [AffineMap(rng.normal(size=(1, 120)), [float(k)]) for k in range(40)]
    rules = [Rule((bound,), outputs) for bound, outputs in zip(bounds, maps, strict=False)]
    system = RuleSystem((*rules, Rule((), maps[-1])), names, ("y",))
    rows = {name: (rng.uniform(-110, 110, 20)).tolist() for name in names}
    return executed.Case("large", system, rows, rows)


def classes_with_gaps():
    """Three rules for a classifier, and rows that none covers."""
    between = [(Condition([1.0], -k, True), Condition([1.0], -k - 1.0, False)) for k in range(3)]
    logits = [AffineMap([[1.0], [-1.0], [0.5]], [0.0, float(k), -1.0]) for k in range(3)]
    rules = tuple(map(Rule, between, logits))
    system = RuleSystem(rules, ["x"], ("a", "b", "c"), classes=("no", "yes", "both"), domain=Box([0.0], [3.0]))
    rows = {"x": [-1.0, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0]}
    return executed.Case("classes with gaps", system, rows, rows)


CASES = (large_case, classes_with_gaps)
"""Besides those of `executed`; they have lists only."""


def answers(system, shape, table):
    """Outputs, rules and classes of each row, None where Python raises; None for what there is not."""
    scope = {}
    exec(compile(write(system, shape=shape), "rules", "exec"), scope)
    outputs, rules, classes = [], [], []
    for row in executed.rows_of(table):
        try:
            cells = list(row.values())
            found = list(scope["predict"](*cells).values())
        except ValueError:
            found = [None] * len(system.output_names)
        outputs.append(found)
        for name, results in (("predict_rule", rules), ("predict_class", classes)):
            if name in scope:
                results.append(None if found[0] is None else scope[name](*cells))
    return outputs, rules or None, classes or None


def check(case, shape, outputs, rules=None, classes=None):
    """Compare what another language gave for `case.rows`, by `executed.check` and to the last bit.

    Args:
        case: rules and rows.
        shape: "formula" or "list".
        outputs: for each row a list of floats, all None where there is no answer.
        rules: numbers of rules, or None where there is no list.
        classes: class labels, or None where there are none.
    """
    executed.check(case, shape, outputs, rules, classes)
    expected = answers(case.system, shape, case.rows)
    for found, of_python, what in zip(
        (outputs, rules, classes), expected, ("outputs", "rules", "classes"), strict=True
    ):
        assert (found is None) == (of_python is None), what
        for row, (one, other) in enumerate(zip(found or (), of_python or (), strict=True)):
            assert one == other, f"{case.name}, {shape}, {what} of row {row}: {one!r}, in Python {other!r}"
