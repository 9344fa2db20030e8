"""Programs against the rules: an interpreter of expressions, slow and obvious."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.columns.column import Column
from prelu_rules.errors import InvalidValueError
from prelu_rules.export import program as p
from prelu_rules.export.program import program_of
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.rules.extraction import extract_rules

COLUMNS = (
    Column("kwh"),
    Column("kind", "category", ("business", "farm", "household"), missing=True),
    Column("age", missing=True),
    Column("smoker", "yes/no"),
)
N_FEATURES = sum(len(column.features) for column in COLUMNS)


def evaluated(program, row):
    """The values of all steps."""
    steps = []

    def value(part):
        match part:
            case p.Cell(column):
                return row[column.name]
            case p.Reference(step):
                return steps[step]
            case p.Number(number) | p.Label(number):
                return number
            case p.IsMissing(cell):
                return row[cell.column.name] is None
            case p.IsLevel(cell, level):
                return row[cell.column.name] == level
            case p.Weighted(terms, constant):
                return math.fsum([*(weight * float(value(term)) for weight, term in terms), constant])
            case p.Positive(inner):
                return max(0.0, value(inner))
            case p.AtLeast(left, right, negated):
                one, other = value(left), value(right)
                # Where no rule holds there is no number of one.
                return None not in (one, other) and (one >= other) != negated
            case p.IsEqual(left, right):
                return value(left) == value(right)
            case p.All(tests):
                return all(map(value, tests))
            case p.Choice(branches, otherwise):
                return next(
                    (value(v) for t, v in branches if value(t)), None if otherwise is None else value(otherwise)
                )

    for step in program.steps:
        steps.append(value(step.value))
    return steps


def random_table(rng, n):
    kind = rng.choice(["business", "farm", "household", None], n)
    age = [None if rng.random() < 0.2 else float(v) for v in rng.integers(1, 60, n)]
    return pd.DataFrame(
        {"kwh": rng.normal(size=n) * 100, "kind": kind, "age": pd.array(age, "Float64"), "smoker": rng.random(n) < 0.5}
    )


def random_form(rng, n_outputs):
    return NormalForm(
        A=rng.normal(size=(3, N_FEATURES)),
        B=np.tril(rng.normal(size=(3, 3)), -1),
        b=rng.normal(size=3),
        C=rng.normal(size=(n_outputs, N_FEATURES)),
        D=rng.normal(size=(n_outputs, 3)),
        e=rng.normal(size=n_outputs),
        slopes=rng.uniform(0, 0.9, 3),
    )


def cells(table, place):
    return {name: None if pd.isna(cell) else cell for name, cell in table.iloc[place].items()}


@given(seed=st.integers(0, 10_000), shape=st.sampled_from(["formula", "list"]), n_outputs=st.integers(1, 3))
def test_a_program_gives_the_answers_of_the_rules(seed, shape, n_outputs):
    rng = np.random.default_rng(seed)
    table = random_table(rng, 12)
    classes = [None, ("no", "yes"), ("a", "b"), (1, 2, 3)][n_outputs] if seed % 2 else None
    rules = extract_rules(random_form(rng, n_outputs), table, columns=COLUMNS, classes=classes)
    program = program_of(rules, shape)
    outputs, numbers = rules.predict(table), rules.assign(table) + 1
    for place in range(len(table)):
        steps = evaluated(program, cells(table, place))
        found = [steps[step] for _, step in program.outputs]
        assert found == pytest.approx(outputs[place].tolist(), rel=1e-9, abs=1e-7)
        if shape == "list":
            assert steps[program.rule] == numbers[place]
        if classes is not None and n_outputs > 1:
            assert steps[program.decision] == rules.classify(table.iloc[[place]])[0]


def test_there_has_to_be_such_a_shape():
    form = NormalForm.from_layers([[[1.0]], [[2.0]]], [[-1.0], [0.0]], [[0.5]])
    rules = extract_rules(form)
    with pytest.raises(InvalidValueError, match="shape is 'tree'"):
        program_of(rules, "tree")
    with pytest.raises(InvalidValueError, match="without a network"):
        program_of(type(rules)(rules.rules, rules.columns, rules.output_names), "formula")


def test_boundaries_that_differ_in_the_constant_are_two():
    form = NormalForm(A=[[1, 1], [1, 1]], B=np.zeros((2, 2)), b=[-1, -3], C=[[0, 0]], D=[[1, 2]], e=[0], slopes=[0, 0])
    rules = extract_rules(form, feature_names=["a", "b"])
    program = program_of(rules)
    assert [step.name for step in program.steps if step.name.startswith("boundary")] == ["boundary 1", "boundary 2"]
    for a in (0.0, 1.0, 2.0, 3.0, 4.0):
        steps = evaluated(program, {"a": a, "b": 0.0})
        assert steps[program.outputs[0][1]] == rules.predict({"a": a, "b": 0.0})[0, 0]
