"""Files of unknown origin: what is wrong is named with its place, and nothing takes long or much."""

import json
import random
import resource
import time
from dataclasses import replace
from pathlib import Path

import mutations
import networks
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prelu_rules.columns.column import Column
from prelu_rules.domains.box import Box
from prelu_rules.domains.polytope import Polytope
from prelu_rules.errors import FormatError, PReLURulesError
from prelu_rules.export.json import read, read_rules, write
from prelu_rules.export.json_entry import MAX_BYTES, MAX_VALUES
from prelu_rules.network.affine import AffineMap
from prelu_rules.network.precision import Precision
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem


def full_system():
    """Rules in which every part of the format is used."""
    columns = [Column("size", unit="m"), Column("colour", "category", ["red", 2, True], missing=True)]
    x = np.random.default_rng(0).normal(size=(20, 5))
    found = extract_rules(networks.random_form(1, (5, 2, 3)), x, classes=["a", 1, 2.5], output_names=["u", "v", "w"])
    domain = Polytope.one_hot(Box(x.min(axis=0), x.max(axis=0)), [[1, 2, 3, 4]])
    counted = [replace(rule, class_counts=[rule.count, 0, 0]) for rule in found.rules]
    precision = Precision(2, np.ones(5), np.ones(3), np.full(3, 0.5))
    rows = np.ones((3, 5))
    return RuleSystem(
        counted, columns, found.output_names, found.classes, found.form, domain, precision, [0.5] * 3, rows
    )


FULL = json.loads(write(full_system()))
OLD = [
    json.loads(path.read_text())["rules"] for path in sorted((Path(__file__).parent / "data").glob("version_1_*.json"))
]
TEXTS = [json.dumps(FULL), write(full_system()), *map(json.dumps, OLD)]

seeds = st.integers(0, 2**32)


def stands(text):
    """Whether a text is read; if so, the rules can be used."""
    start = time.process_time()
    try:
        rules = read(text)
    except PReLURulesError as problem:
        assert len(str(problem)) < 800 and "\n" not in str(problem)
        return False
    finally:
        assert time.process_time() - start < 5
    assert write(read(write(rules))) == write(rules)
    return True


def test_what_is_not_changed_stands():
    assert all(map(stands, TEXTS))


@settings(max_examples=900)
@given(seeds)
def test_changed_values_are_read_or_refused(seed):
    draw = random.Random(seed)
    stands(mutations.changed_values(draw.choice([FULL, FULL, *OLD]), draw))


@settings(max_examples=900)
@given(seeds)
def test_changed_bytes_are_read_or_refused(tmp_path_factory, seed):
    draw = random.Random(seed)
    data = mutations.changed_bytes(draw.choice(TEXTS).encode(), draw)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        path = tmp_path_factory.mktemp("damage") / "rules.json"
        path.write_bytes(data)
        with pytest.raises(FormatError, match="is not a text file"):
            read_rules(path)
    else:
        stands(text)


def test_memory_stays_bounded():
    """Of this process, in which all mutations have been read by now."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for text in (
        "[" * 10**6,
        '{"a":' * 10**6,
        '"' + "\\u0000" * 10**6 + '"',
        "[" + "[]," * 600_000 + "[]]",
        "9" * 10**7,
    ):
        with pytest.raises(FormatError):
            read(text)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000


def changed(place, value):
    """The full file with another value at a place."""
    content = json.loads(json.dumps(FULL))
    part = content
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = value
    return json.dumps(content)


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (["rules", 3, "conditions", 0, "nonnegative"], "false", r"rules\[3\].conditions\[0\].nonnegative is 'false'"),
        (["rules", 1, "conditions", 0, "coef", 2], True, r"rules\[1\].conditions\[0\].coef\[2\] is true, but must be"),
        (["rules", 0, "outputs", "intercept", 1], "1", r"rules\[0\].outputs.intercept\[1\] is '1', but must be"),
        (["rules", 0, "outputs", "coef", 1, 2], None, r"rules\[0\].outputs.coef\[1\]\[2\] is null"),
        (["rules", 0, "outputs", "coef", 1, 2], 10**399, r"coef\[1\]\[2\] is an integer of more than 80 digits"),
        (["rules", 0, "outputs", "coef", 1, 2], float("nan"), r"coef\[1\]\[2\] is nan, but must be a finite number"),
        (["rules", 0, "conditions", 0, "intercept"], float("-inf"), r"intercept is -inf, but must be a finite number"),
        (["rules", 0, "count"], 1.0, r"rules\[0\].count is 1.0, but must be a whole number from 0"),
        (["rules", 0, "count"], True, r"rules\[0\].count is true"),
        (["rules", 0, "count"], 10**300, r"rules\[0\].count is an integer of more than 80 digits"),
        (["rules", 0, "decision"], 3, r"rules\[0\].decision is 3, but must be the number of one of 3 classes"),
        (["rules", 0, "class_counts", 0], -1, r"rules\[0\].class_counts\[0\] is -1"),
        (["rules", 0, "conditions", 0, "label"], [1], r"label is a list of 1, but must be a list of 2 numbers"),
        (["columns", 0, "name"], ["a"], r"columns\[0\].name is a list of 1, but must be Unicode text"),
        (["columns", 0, "name"], "\ud800", r"columns\[0\].name is '\\ud800', but must be Unicode text"),
        (["columns", 1, "missing"], 1, r"columns\[1\].missing is 1, but must be true or false"),
        (["columns", 1, "levels", 0], None, r"columns\[1\].levels\[0\] is null"),
        (["columns", 0, "units"], "m", r"columns\[0\] has the key 'units', which is none of name, kind"),
        (["columns", 0, "kind"], "x" * 1000, r"columns\[0\] does .* is of kind 'x{75}\.\.\.'"),
        (["output_names"], [], "output_names is a list of 0, but must be a list of at least one name"),
        (["classes", 0], {}, r"classes\[0\] is an object of 0"),
        (["form", "B", 0], [1, 0], "form does not describe rules: B must be strictly lower triangular"),
        (["form", "D", 0], [1], r"form.D\[0\] is a list of 1, but must be a list of 2 numbers"),
        (["domain", "equal", 0], 1, r"domain.equal\[0\] is 1, but must be true or false"),
        (["domain", "box", "lower", 0], 1e9, r"domain.box does not describe rules: input 0 has lower bound"),
        (["domain"], [], "domain is a list of 0, but must be an object"),
        (["precision", "digits"], 10**9, "precision.digits is 1000000000, but must be a whole number from 0 to 340"),
        (["precision", "digits"], True, "precision.digits is true"),
        (["rounding_error"], [0.1], "rounding_error is a list of 1, but must be a list of 3 numbers"),
        (["typical", 2], [1], r"typical\[2\] is a list of 1"),
        (["version"], 2.0, "version 2.0 of the format"),
        (["format"], "x" * 1000, "the JSON has format 'x{75}...', not"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place(place, value, message):
    with pytest.raises(FormatError, match=message):
        read(changed(place, value))


def test_a_repeated_key_is_refused():
    text = json.dumps(FULL).replace('"nonnegative": ', '"nonnegative": true, "nonnegative": ', 1)
    with pytest.raises(FormatError, match=r"rules\[0\].conditions\[0\] has the key 'nonnegative' twice"):
        read(text)


def test_an_integer_that_python_does_not_read_is_refused():
    text = json.dumps(FULL).replace('"count": ', '"count": ' + "9" * 5000, 1)
    with pytest.raises(FormatError, match=r"rules\[0\].count is an integer of 500\d digits, but must be"):
        read(text)


def test_names_may_look_like_structure():
    """Depth is that of lists and objects, not of brackets in a text."""
    name = '[{"\\' * 1000
    rules = RuleSystem((Rule((), AffineMap([[1.0]], [0.0])),), (name,), ("y",))
    assert read(write(rules)) == rules


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[0," * MAX_VALUES + "0", "values; at most"),
        ('"' * (2 * MAX_VALUES + 2), "values; at most"),
        (" " * (MAX_BYTES + 1), "characters; at most"),
    ],
    ids=["numbers", "texts", "spaces"],
)  # fmt: skip
def test_sizes_are_bounded(text, message):
    with pytest.raises(FormatError, match=message):
        read(text)


def test_the_size_of_a_file_is_bounded_before_it_is_read(tmp_path):
    with (tmp_path / "rules.json").open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(FormatError, match=r"rules.json has more than \d+ bytes"):
        read_rules(tmp_path / "rules.json")
    with pytest.raises(FormatError, match=r"/dev/zero has more than \d+ bytes"):
        read_rules("/dev/zero")


@pytest.mark.slow
@pytest.mark.parametrize("shape", ["wide", "many columns", "many rules"])
def test_twenty_megabytes_take_seconds(shape):
    """Time is proportional to the size of the file: what is looked up is looked up in tables."""
    rng = np.random.default_rng(0)
    n_columns, n_rules = {"wide": (1000, 85), "many columns": (50_000, 2), "many rules": (1, 20_000)}[shape]
    conditions = {"wide": 9, "many columns": 5, "many rules": 1}[shape]
    rules = [
        Rule(
            [Condition(rng.normal(size=n_columns), 0.1, True) for _ in range(conditions)],
            AffineMap(rng.normal(size=(1, n_columns)), [0.0]),
        )
        for _ in range(n_rules)
    ]
    system = RuleSystem(rules, [f"column {number}" for number in range(n_columns)], ["y"])
    text = write(system)
    start = time.process_time()
    found = read(text)
    assert time.process_time() - start < 5 and found == system


def test_the_first_version_reads_many_missing_numbers_in_time():
    n = 2000
    names = [f"c{number}" for number in range(n)]
    content = OLD[2] | {
        "feature_names": [name for one in names for name in (one, f"{one} is missing")],
        "indicators": [[name, None] for name in names],
        "rules": [{"conditions": [], "outputs": {"coef": [[1] * 2 * n], "intercept": [0]}, "count": None}],
        "form": None,
        "precision": None,
        "domain": {
            "box": {"lower": [0] * 2 * n, "upper": [1] * 2 * n},
            "coef": [[0] * k + [1, 0.5] + [0] * (2 * n - k - 2) for k in range(0, 400, 2)],
            "limit": [1] * 200,
            "equal": [False] * 200,
        },
    }
    start = time.process_time()
    rules = read(json.dumps(content))
    assert time.process_time() - start < 5
    assert sum(column.missing for column in rules.columns) == 200 and len(rules.columns) == 200 + 2 * (n - 200)
