"""The answers of the Python target, which those of other languages equal to the last bit."""

import executed

from prelu_rules.export.python import write


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
