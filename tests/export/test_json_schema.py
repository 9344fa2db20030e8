"""The published schema against what is written, what is read, and what is refused."""

import json
import random

import executed
import mutations
import pytest
import test_json_damage as damage
from hypothesis import given, settings

from prelu_rules.errors import FormatError, InvalidValueError
from prelu_rules.export.json import read, schema, write


@pytest.fixture(scope="module")
def validator():
    jsonschema = executed.module("jsonschema")
    jsonschema.Draft202012Validator.check_schema(schema())
    return jsonschema.Draft202012Validator(schema())


@pytest.mark.parametrize("name", executed.NAMES)
def test_what_is_written_is_valid(validator, name):
    validator.validate(json.loads(write(executed.case(name).system)))


@pytest.mark.parametrize("pair", executed.PAIRS, ids=executed.pair_id)
def test_any_name_is_valid(validator, pair):
    validator.validate(json.loads(write(executed.hostile_case(*pair).system)))


def test_every_part_of_the_format_is_described(validator):
    """A key that the schema does not know would be valid, too; so all are made known, and then no other is allowed."""

    def closed(part):
        if isinstance(part, dict):
            found = {key: closed(value) for key, value in part.items()}
            return {**found, "additionalProperties": False} if "properties" in part else found
        return list(map(closed, part)) if isinstance(part, list) else part

    strict = type(validator)(closed(schema()))
    strict.validate(damage.FULL)
    assert not strict.is_valid({**damage.FULL, "more": 1})


@settings(max_examples=300)
@given(damage.seeds)
def test_what_is_read_is_valid(validator, seed):
    text = mutations.changed_values(damage.FULL, random.Random(seed))
    try:
        read(text)
    except FormatError:
        return
    assert validator.is_valid(json.loads(text))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (["version"], 3),
        (["rules"], []),
        (["rules", 3, "conditions", 0, "nonnegative"], "false"),
        (["rules", 1, "conditions", 0, "coef", 2], True),
        (["rules", 0, "outputs", "intercept", 1], "1"),
        (["rules", 0, "count"], -1),
        (["rules", 0, "decision"], 0.5),
        (["rules", 0, "conditions", 0, "label"], [1]),
        (["columns", 0, "kind"], "text"),
        (["columns", 0, "units"], "m"),
        (["output_names"], ["a", "a"]),
        (["classes"], ["one"]),
        (["precision", "digits"], 341),
        (["form", "slopes"], None),
        (["domain", "box", "lower"], 0),
    ],
)
def test_what_is_wrong_is_neither_valid_nor_read(validator, place, value):
    text = damage.changed(place, value)
    assert not validator.is_valid(json.loads(text))
    with pytest.raises(FormatError):
        read(text)


def test_the_schema_is_exported_as_a_part():
    rules = executed.case("tariff").system
    assert json.loads(rules.export("json", part="schema")) == schema()
    with pytest.raises(InvalidValueError, match="part is 'scheme'"):
        rules.export("json", part="scheme")
