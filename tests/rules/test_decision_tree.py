"""A decision tree leads each row to the rule that the list of rules gives."""

import executed
import networks
import numpy as np
import pytest
from hypothesis import given, settings

from prelu_rules.columns.column import Column
from prelu_rules.domains.box import Box
from prelu_rules.errors import InvalidValueError, OutsideDomainError
from prelu_rules.network.affine import AffineMap
from prelu_rules.rules import tree_cells, tree_growth
from prelu_rules.rules.decision_tree import DecisionTree, Fork, Leaf
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem

HALVES = np.stack(np.meshgrid(*[np.arange(-4, 4.5, 0.5)] * 2), axis=-1).reshape(-1, 2)
"""Boundaries and corners of rules of small whole numbers among them."""


def holds_in(condition, x):
    """Where a condition holds, its terms added one after the other and the constant last, as rules do."""
    x = np.asarray(x, dtype=float)
    total = np.zeros(len(x))
    for weight, numbers in zip(condition.coef, x.T, strict=True):
        total += weight * numbers
    return (total + condition.intercept >= 0) == condition.nonnegative


def covers(rule, x):
    return np.all([np.ones(len(x), dtype=bool), *(holds_in(condition, x) for condition in rule.conditions)], axis=0)


def walked(tree, x):
    """The numbers that encoded rows are led to, one after the other, test by test; None where no rule holds."""
    holds = [holds_in(node.condition, x) if isinstance(node, Fork) else None for node in tree.nodes]
    found = []
    for row in range(len(x)):
        place = 0
        while isinstance(node := tree.nodes[place], Fork):
            place = node.yes if holds[place][row] else node.no
        found.append(node.rule)
    return found


def one_by_one(system, x):
    """The number of the first rule that holds for each row, or of what is left; None where that is an error."""
    found = []
    for row in x:
        try:
            found.append(int(system.rule_numbers(row[None])[0]))
        except OutsideDomainError:
            found.append(None)
    return found


def answers(tree, x):
    found = []
    for row in x:
        try:
            found.append(int(tree.rule_numbers(row[None])[0]))
        except OutsideDomainError:
            found.append(None)
    return found


def check_shape(tree):
    """Every node is reached, no two are equal, and no test leads to the same on both sides."""
    reached = {0} | {place for node in tree.nodes if isinstance(node, Fork) for place in (node.yes, node.no)}
    assert reached == set(range(len(tree.nodes)))
    keys = [
        n.rule if isinstance(n, Leaf) else (n.condition.coef.tobytes(), n.condition.intercept, n.yes, n.no)
        for n in tree.nodes
    ]
    assert len(set(keys)) == len(keys)
    assert all(node.yes != node.no for node in tree.nodes if isinstance(node, Fork))


@pytest.mark.parametrize("name", executed.NAMES)
def test_rows_are_led_to_the_rule_of_the_list(name):
    case = executed.case(name)
    tree, x = case.system.tree(), case.system.encoded(case.rows)
    assert len(x) >= 1000
    expected = case.system.rule_numbers(x)
    np.testing.assert_array_equal(tree.rule_numbers(case.rows), expected)
    covered = np.any([covers(rule, x) for rule in case.system], axis=0)
    assert walked(tree, x) == [int(n) if there else None for n, there in zip(expected, covered, strict=True)]
    check_shape(tree)
    # With a rule at the end of each path a tree has as many tests as rules, less one.
    smallest = tree if case.system.domain is None else case.system.tree(everywhere=False)
    assert len(smallest.nodes) <= 2 * len(case.system)


def of_whole_numbers(rng, n_rules, domain=None):
    """Conditions of small numbers, so that many share boundaries, contradict or imply each other, or leave gaps."""
    rules = [
        Rule(
            tuple(
                Condition(rng.integers(-1, 2, 2), rng.integers(-2, 3), rng.random() < 0.5)
                for _ in range(rng.integers(0, 4))
            ),
            AffineMap([[0.0, 0.0]], [number]),
        )
        for number in range(n_rules)
    ]
    return RuleSystem(rules, ("a", "b"), ("y",), domain=domain)


@given(networks.seeds)
def test_lists_that_overlap_and_leave_gaps(seed):
    rng = np.random.default_rng(seed)
    system = of_whole_numbers(rng, rng.integers(1, 7), Box([-4, -4], [4, 4]) if rng.random() < 0.5 else None)
    expected = one_by_one(system, HALVES)
    with pytest.MonkeyPatch.context() as patched:
        # Once by linear programs alone.
        patched.setattr(tree_cells, "CLEAR", 2.0)
        assert answers(system.tree(), HALVES) == expected
    tree = system.tree()
    check_shape(tree)
    assert answers(tree, HALVES) == expected
    on_domain = system.tree(everywhere=False)
    covered = np.any([covers(rule, HALVES) for rule in system], axis=0)
    np.testing.assert_array_equal(on_domain.rule_numbers(HALVES[covered]), system.rule_numbers(HALVES[covered]))
    # What no rule covers is a leaf of its own, or falls to a rule that it touches.
    for row, number in zip(HALVES[~covered], walked(tree, HALVES[~covered]), strict=True):
        assert number is None or number == one_by_one(system, [row])[0]


@given(networks.seeds)
def test_rules_of_networks_on_their_domain_and_far_off(seed):
    rng = np.random.default_rng(seed)
    widths = (int(rng.integers(1, 4)), *rng.integers(1, 4, size=rng.integers(1, 3)).tolist(), 1)
    domain = Box([-1] * widths[0], [1] * widths[0]) if rng.random() < 0.7 else None
    system = extract_rules(networks.random_form(seed, widths), domain=domain, max_nonlinear=9)
    near, far = rng.uniform(-1, 1, (300, widths[0])), rng.normal(size=(300, widths[0])) * 100
    tree = system.tree()
    check_shape(tree)
    for x in (near, far):
        np.testing.assert_array_equal(tree.rule_numbers(x), system.rule_numbers(x))
    small = system.tree(everywhere=False)
    np.testing.assert_array_equal(small.rule_numbers(near), system.rule_numbers(near))


@settings(max_examples=20)
@given(networks.seeds)
def test_rules_of_columns(seed):
    rng = np.random.default_rng(seed)
    columns = (
        Column("x", missing=bool(rng.integers(2))),
        Column("kind", "category", tuple("abcd"[: rng.integers(1, 5)]), missing=bool(rng.integers(2))),
        Column("open", "yes/no"),
    )
    n_features = sum(len(column.features) for column in columns)
    classes = ("no", "yes") if rng.integers(2) else None
    form = networks.random_form(seed, (n_features, *rng.integers(1, 4, size=rng.integers(1, 3)), 1))
    system = extract_rules(form, columns=columns, classes=classes, max_nonlinear=9)
    if classes and rng.integers(2):
        system = system.decision_rules()
    case = executed.case_of("columns", system, n_random=100)
    tree = system.tree()
    check_shape(tree)
    np.testing.assert_array_equal(tree.rule_numbers(case.rows), system.rule_numbers(case.rows))
    # Without states that no row has there are no more leaves than rules.
    leaves = [node.rule for node in tree.nodes if isinstance(node, Leaf)]
    assert set(leaves) >= set(system.rule_numbers(case.rows).tolist())


def test_zero_is_not_negative():
    above = Rule((Condition([1.0], 0.0, True),), AffineMap([[1.0]], [0.0]))
    below = Rule((Condition([1.0], 0.0, False),), AffineMap([[-1.0]], [0.0]))
    tree = RuleSystem((above, below), ("x",), ("y",)).tree()
    assert walked(tree, [[-1.0], [-0.0], [0.0], [1.0]]) == [2, 1, 1, 1]


def test_a_boundary_that_no_rule_claims_belongs_to_the_first_that_it_touches():
    below = Rule((Condition([1.0], 0.0, False),), AffineMap([[-1.0]], [0.0]))
    above = Rule((Condition([-1.0], 0.0, False),), AffineMap([[1.0]], [0.0]))
    for rules in ((below, above), (above, below)):
        system = RuleSystem(rules, ("x",), ("y",))
        tree = system.tree()
        np.testing.assert_array_equal(tree.rule_numbers([[-1.0], [0.0], [1.0]]), system.rule_numbers([[-1], [0], [1]]))
        assert Leaf(None) not in tree.nodes


def test_a_rule_on_a_line_only_is_found():
    line = Rule((Condition([1.0], 0.0, True), Condition([-1.0], 0.0, True)), AffineMap([[0.0]], [1.0]))
    system = RuleSystem((line, Rule((), AffineMap([[0.0]], [2.0]))), ("x",), ("y",))
    assert walked(system.tree(), [[-1e-9], [0.0], [1e-9]]) == [2, 1, 2]


def test_what_no_row_is_in_is_not_asked():
    kind = Column("kind", "category", ("a", "b"))
    a, b = (Condition(weights, -0.5, True) for weights in ([1.0, 0.0], [0.0, 1.0]))
    rules = [Rule((one,), AffineMap([[0.0, 0.0]], [1.0])) for one in (a, b)]
    tree = RuleSystem(rules, (kind,), ("y",)).tree()
    assert len(tree.nodes) == 3, "each kind is one of the two"
    rule = Rule((Condition([1.0], 5.0, True),), AffineMap([[1.0]], [0.0]))
    system = RuleSystem((rule,), ("x",), ("y",), domain=Box([0.0], [1.0]))
    assert system.tree().nodes[1:] == (Leaf(1), Leaf(None))
    assert system.tree(everywhere=False).nodes == (Leaf(1),)


def test_a_rule_that_contradicts_itself_is_not_led_to():
    never = Rule((Condition([1.0], 0.0, False), Condition([1.0], 0.0, True)), AffineMap([[0.0]], [1.0]))
    system = RuleSystem((never, Rule((), AffineMap([[0.0]], [2.0]))), ("x",), ("y",))
    assert system.tree().nodes == (Leaf(2),)
    # Where no rule holds, it is the first that is touched.
    below, above = (Rule((Condition([sign], 0.0, False),), AffineMap([[0.0]], [3.0])) for sign in (1.0, -1.0))
    gap = RuleSystem((never, below, above), ("x",), ("y",))
    x = [[-1.0], [0.0], [1.0]]
    assert walked(gap.tree(), x) == gap.rule_numbers(x).tolist() == [2, 1, 3]


def test_boundaries_are_chosen_by_the_rules_that_they_leave():
    form = networks.random_form(7, (4, 3, 3))
    rules = extract_rules(form, domain=Box([-1] * 4, [1] * 4), classes=("a", "b", "c")).decision_rules()
    assert len(rules.tree().nodes) == 2 * len(rules) - 1


def test_what_touches_a_strict_side_is_not_on_it():
    a, twice, b = Condition([1.0, 0.0], 0.0, True), Condition([2.0, 0.0], 0.0, True), Condition([0.0, 1.0], 0.0, True)
    rules = [Rule(conditions, AffineMap([[0.0, 0.0]], [1.0])) for conditions in ((a, b), (twice,), ())]
    assert len(RuleSystem(rules, ("a", "b"), ("y",)).tree().nodes) == 5, "the same boundary is tested once"


@given(networks.seeds)
def test_sample_rows_only_save_time(seed):
    rng = np.random.default_rng(seed)
    columns = (Column("kind", "category", ("a", "b", "c")), Column("x"), Column("open", "yes/no"))
    rows = [*(np.append(unit, -0.5) for unit in np.eye(5)[[0, 1, 2, 4]]), [0, 0, 0, 1, 0, 0], [0, 0, 0, -2, 0, 0]]
    rows += [[0, 0, 0, 1, 0, 1], [1, 0, 0, 1, 0, -1], [0, 0, 0, 0, -2, 1]]
    picked = [rng.choice(len(rows), rng.integers(0, 4), replace=False) for _ in range(rng.integers(1, 7))]
    sides = [tuple(Condition(rows[k][:-1], rows[k][-1], rng.random() < 0.5) for k in some) for some in picked]
    system = RuleSystem([Rule(some, AffineMap(np.zeros((1, 5)), [0.0])) for some in sides], columns, ("y",))
    cells = [
        [kind == "a", kind == "b", kind == "c", x, y] for kind in "abc" for x in (-1, 0, 0.5, 1, 2) for y in (0, 1)
    ]
    x = np.array(cells, dtype=float)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tree_cells, "CLEAR", 2.0)
        without = system.tree()
    for tree in (without, system.tree()):
        check_shape(tree)
        assert answers(tree, x) == one_by_one(system, x)


def test_many_levels_are_taken_as_shares():
    columns = [Column(f"kind {k}", "category", tuple("abcdefgh")) for k in range(4)]
    form = networks.random_form(3, (32, 3, 1))
    system = extract_rules(form, columns=columns)
    case = executed.case_of("levels", system, n_random=200)
    tree = system.tree()
    np.testing.assert_array_equal(tree.rule_numbers(case.rows), system.rule_numbers(case.rows))


def test_a_branch_that_several_paths_lead_to_is_there_once():
    a, b = (lambda side, k=k: Condition(np.eye(2)[k], 0.0, side) for k in range(2))
    first, second = AffineMap([[0.0, 0.0]], [1.0]), AffineMap([[0.0, 0.0]], [2.0])
    same = [Rule((a(True), b(True)), first), Rule((a(False), b(False)), first)]
    tree = RuleSystem((*same, Rule((), second)), ("a", "b"), ("y",)).tree()
    assert len(tree.nodes) == 6 and tree.depth == 2, tree.nodes
    assert repr(tree) == "<DecisionTree: 6 nodes, depth 2>"


def test_too_many_nodes_are_refused(monkeypatch):
    monkeypatch.setattr(tree_growth, "MOST_NODES", 5)
    assert len(executed.case("gaps").system.tree(everywhere=False).nodes) == 3
    with pytest.raises(InvalidValueError, match="12 rules make a decision tree of more than 5 nodes"):
        executed.case("twelve rules").system.tree()


def test_what_takes_too_long_is_refused(monkeypatch):
    monkeypatch.setattr(tree_cells, "MOST_ASKED", 5)
    with pytest.raises(InvalidValueError, match="more than 5 linear programs to see which tests a decision tree of 8"):
        executed.case("twelve rules").system.tree()


def test_nodes_that_lead_back_are_refused():
    system = RuleSystem((Rule((), AffineMap([[1.0]], [0.0])),), ("x",), ("y",))
    with pytest.raises(InvalidValueError, match="node 0 of 2 leads to 1 and 0"):
        DecisionTree(system, (Fork(Condition([1.0], 0.0, True), 1, 0), Leaf(1)))
