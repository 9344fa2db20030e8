"""Every public value shows itself in two or three lines, however much it holds."""

from dataclasses import dataclass, fields, is_dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import prelu_rules as pr
from prelu_rules import doctor
from prelu_rules.columns.cells import Cells
from prelu_rules.columns.contrasts import Contrasts
from prelu_rules.columns.fill import Fill
from prelu_rules.doctor.finding import Place
from prelu_rules.doctor.record import NotFinite, Record, Surge
from prelu_rules.estimators.target import Target
from prelu_rules.finetuning.path import FinetunePoint
from prelu_rules.network.compact import CompactForm
from prelu_rules.network.precision import Precision
from prelu_rules.refine.shape import Shape
from prelu_rules.values import LONGEST_REPR, Shown, Value, shown

MANY = 40
NAME = "a very long name, " * 30
rng = np.random.default_rng(0)
BOX = pr.Box(-np.ones(MANY), np.ones(MANY))
FORM = pr.NormalForm.from_layers(
    [rng.normal(size=(MANY, 3)), rng.normal(size=(3, MANY))],
    [rng.normal(size=3), rng.normal(size=MANY)],
    [[0.0, 0.5, 0.25]],
)
NAMES = [f"{NAME}{k}" for k in range(MANY)]
CONDITION = pr.Condition(rng.normal(size=MANY), 1 / 3, True, (1, 2))
RULE = pr.Rule((CONDITION,) * 9, FORM.affine_on([True] * 3)[1], 480, errors=rng.uniform(size=MANY))
RULES = pr.RuleSystem(
    (RULE,) * MANY, NAMES, NAMES, form=FORM, domain=BOX, precision=Precision(3, np.ones(MANY), np.ones(MANY))
)
POINT = pr.PathPoint(FORM, BOX, 1 / 3, 1 / 7, rng.uniform(size=500), 1 / 9)
LINEAR = pr.PathPoint(FORM.eliminate([0, 1, 2], 1), BOX, 1 / 3, 1 / 7, rng.uniform(size=500), 1 / 9)
POLYTOPE = pr.Polytope.one_hot(BOX, [list(range(MANY))])
REMEDY = doctor.Remedy(NAME, NAME, frozenset(NAMES))
FINDING = doctor.Finding(
    "growth", "fault", NAME, Place(3, 4, 5, NAME), NAME, (REMEDY,) * 9, dict.fromkeys(NAMES, 1 / 3)
)
NOT_FINITE = NotFinite(Place(3, layer=NAME), "loss", 3, 9, tuple((k, k) for k in range(MANY)))
FINETUNE_POINT = FinetunePoint(3, 4, dict.fromkeys(NAMES, 1 / 3), {}, np.ones(500), (np.ones((500, 500)),) * 9)

LARGE = {
    "AffineMap": RULE.outputs,
    "Box": BOX,
    "Cells": Cells(NAME, "number", np.ones(500), np.zeros(500, dtype=bool)),
    "Certificate": pr.Certificate(
        tuple(NAMES),
        np.ones(MANY),
        np.ones(MANY),
        np.ones((MANY, MANY)),
        np.ones(MANY),
        np.ones(MANY),
        None,
        9,
        domain=BOX,
    ),
    "Column": pr.Column(NAME, "category", tuple(NAMES), True, unit=NAME, description=NAME),
    "CompactForm": CompactForm.of(FORM),
    "Condition": CONDITION,
    "Contrasts": Contrasts(np.arange(MANY)),
    "EasyData": doctor.EasyData("converges", 1 / 3, 3, 40, 1 / 7, 1 / 9, 1 / 11),
    "Feature": pr.Feature(NAME, "level", NAME),
    "Fill": Fill(np.arange(MANY), np.arange(MANY), np.ones(MANY)),
    "Finding": FINDING,
    "FinetunePath": pr.FinetunePath((FINETUNE_POINT,) * MANY, object(), np.ones(500), NAME, dict.fromkeys(NAMES, True)),
    "FinetunePoint": FINETUNE_POINT,
    "FinetuneSettings": pr.FinetuneSettings(1, 2, 1 / 3, 4, 1 / 7, 6, 1 / 9),
    "FittedRules": None,
    "NetworkComparison": pr.NetworkComparison(
        np.ones(MANY), np.ones(MANY), np.ones((MANY, MANY)), 99, False, False, 1 / 3, BOX
    ),
    "NormalForm": FORM,
    "NormalForm of fractions": FORM.exact(),
    "NotFinite": NOT_FINITE,
    "PathPoint": POINT,
    "PathSettings": pr.PathSettings(
        pr.PopulationSettings(3, (4,) * 99, 1 / 3, 4, 5, 6, 1 / 7, "error", 1 / 9, 10, False, False),
        "force",
        9,
        1 / 3,
    ),
    "Place": Place(3, 4, 5, NAME),
    "Polytope": POLYTOPE,
    "PopulationSettings": pr.PopulationSettings(3, (4,) * 99, 1 / 3, 4, 5, 6, 1 / 7, "error", 1 / 9, 10, False, False),
    "Precision": RULES.precision,
    "ReadNetwork": pr.ReadNetwork(FORM, "softmax"),
    "Record": Record(surge=Surge(1 / 3, 1 / 7, Place(3, layer=NAME)), not_finite=NOT_FINITE, notes=(NAME,) * 99),
    "Region": next(iter(pr.linear_regions(FORM, BOX))),
    "RegionStream": pr.linear_regions(FORM, BOX),
    "Remedy": REMEDY,
    "Replacement": pr.Replacement(FORM, ((1, 2),) * MANY, np.ones((MANY, MANY)), np.ones(MANY)),
    "Report": doctor.Report((FINDING,) * MANY, Record(), (NAME,) * MANY),
    "Rule": RULE,
    "RulePath": pr.RulePath(((LINEAR,) * 30,), np.ones(500), before_force=FORM),
    "RuleSystem": RULES,
    "RulesOnDemand": pr.RulesOnDemand(FORM, NAMES, NAMES, domain=BOX),
    "Shape": Shape(1, False),
    "Target": Target(NAME, np.ones(500), tuple(NAMES)),
}


class FittedLike:
    """What a `FittedRules` looks at of its estimator."""

    rules_ = RULES


LARGE["FittedRules"] = pr.FittedRules(FittedLike(), NAME, {"R2": 1 / 3}, {"R2": 1 / 7}, 500, 100, False)


@pytest.mark.parametrize("name", sorted(LARGE))
def test_a_value_is_shown_in_few_characters(name):
    text = repr(LARGE[name])
    assert type(LARGE[name]).__name__ in text and len(text) <= LONGEST_REPR, (len(text), text)
    assert "\n" not in text and text[-1] in ")>"


def test_all_public_values_are_among_them():
    public = [getattr(package, name) for package in (pr, doctor) for name in package.__all__]
    # What has a repr of all its fields is a dataclass; other classes show their address only.
    values = {one.__name__ for one in public if isinstance(one, type) and is_dataclass(one) and fields(one)}
    assert values <= set(LARGE), values - set(LARGE)
    assert all(issubclass(getattr(pr, name, getattr(doctor, name, Shown)), Shown) for name in values)


def test_small_values_are_shown_whole():
    assert repr(pr.AffineMap([[1.0, 2.5]], [0.0])) == "AffineMap(coef=array([[1. , 2.5]]), intercept=array([0.]))"
    assert repr(pr.Condition([1.0], -18.0, True)) == "Condition(coef=array([1.]), intercept=-18.0, nonnegative=True)"
    assert repr(pr.Column("age")) == "Column(name='age')"
    assert repr(pr.Column("kind", "category", ("farm",))) == "Column(name='kind', kind='category', levels=('farm',))"
    assert repr(pr.PathSettings(max_nonlinear=3)) == "PathSettings(max_nonlinear=3)"
    rule = pr.Rule((pr.Condition([1.0], -18.0, True),), pr.AffineMap([[1.0]], [0.0]), 3)
    assert repr(rule) == (
        "Rule(conditions=(Condition(coef=array([1.]), intercept=-18.0, nonnegative=True),), "
        "outputs=AffineMap(coef=array([[1.]]), intercept=array([0.])), count=3)"
    )


def test_large_values_say_what_they_are():
    assert repr(BOX) == "Box(lower=array of shape (40,), upper=array of shape (40,))"
    assert repr(FORM) == repr(FORM.exact()) == "<NormalForm: 3 units, 40 inputs -> 40 outputs>"
    assert repr(LINEAR) == "<PathPoint: 0 nonlinear units, 1640 numbers, validation score 0.143>"
    path = pr.RulePath(((LINEAR,) * 3,), np.ones(2))
    assert repr(path) == "<RulePath: 3 networks of 0 to 0 nonlinear units, validation scores 0.143>"
    region = LARGE["Region"]
    assert repr(region) == f"<Region: {region.pattern.sum()} of 3 units on, 40 inputs -> 40 outputs>"
    found = doctor.Finding("growth", "fault", "the loss is 4e9.", Place(step=12), "Too long.", ())
    assert repr(found) == "<Finding: fault: growth at step 12: the loss is 4e9.>"
    assert repr(doctor.Report((found, found), Record())) == "<Report: fault: growth, fault: growth>"
    assert repr(doctor.Report((), Record())) == "<Report: no finding>"


def test_a_certificate_says_what_is_proven():
    form = pr.NormalForm.from_layers([[[1.0]], [[2.0]]], [[-1.0], [0.0]], [[0.5]])
    rules = pr.extract(form, pr.Box([-2], [2]))
    assert repr(rules.certify(form)) == "<Certificate: equal; every input falls under a rule; no two rules overlap>"
    other = pr.NormalForm.from_layers([[[1.0]], [[2.0]]], [[-1.0], [0.25]], [[0.5]])
    assert repr(rules.certify(other)).startswith("<Certificate: differ by at most 0.25; every input")
    half = pr.RuleSystem(rules[:1] * 2, rules.columns, rules.output_names, domain=rules.domain)
    assert repr(half.certify(form)).endswith("; not every input falls under a rule; some rules overlap>")


@dataclass(frozen=True)
class Anything(Shown):
    """Fields of any kind."""

    first: Any
    second: Any
    third: Any = None


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.text(max_size=300)
    | st.integers(0, 200).map(lambda n: np.ones((n, 2))),
    lambda inner: (
        st.lists(inner, max_size=30) | st.lists(inner, max_size=30).map(tuple) | st.builds(Anything, inner, inner)
    ),
    max_leaves=40,
)


@given(anything, anything, anything)
def test_whatever_the_fields_hold_the_repr_is_short(first, second, third):
    text = repr(Anything(first, second, third))
    assert len(text) <= LONGEST_REPR and text.startswith("Anything(first=")


@given(anything, st.integers(25, 300))
def test_what_fits_is_shown_whole(value, room):
    text = shown(value, room)
    assert len(text) <= room or isinstance(value, Shown)
    plain = isinstance(value, (str, float, bool, type(None)))
    if plain and len(repr(value)) <= room:
        assert text == repr(value)


def test_a_repr_of_its_own_is_kept():
    class Own(Value):
        """With a repr."""

        def __repr__(self):
            return "own"

    assert repr(Own()) == "own"
    assert [f.name for f in fields(Anything)] == ["first", "second", "third"]
    assert shown(Fraction(1, 3), 40) == "Fraction(1, 3)"
