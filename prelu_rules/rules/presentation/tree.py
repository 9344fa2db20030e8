"""A decision tree as it is drawn: what its tests ask, and what its rules say."""

from __future__ import annotations

from dataclasses import dataclass

from prelu_rules.rules.decision_tree import DecisionTree, Fork, Leaf
from prelu_rules.rules.presentation.boundaries import Boundaries
from prelu_rules.rules.presentation.clauses import clauses_of
from prelu_rules.rules.presentation.ground import Ground
from prelu_rules.rules.presentation.outputs import full, states_left
from prelu_rules.rules.presentation.presentation import Presentation, PresentedRule
from prelu_rules.rules.presentation.pruning import Pruned
from prelu_rules.rules.presentation.requirements import requirements_of
from prelu_rules.rules.presentation.statements import Clause
from prelu_rules.rules.rule import Rule


@dataclass(frozen=True)
class PresentedTree:
    """A decision tree in the words of a presentation.

    Attributes:
        tree: the tree.
        tests: for each node that is a test, by its place, the clauses that hold where the answer is yes.
        rules: the rules that it leads to, by number, without conditions and with outputs in full.
        presentation: of these rules, for what is said of all of them.
    """

    tree: DecisionTree
    tests: dict[int, tuple[Clause, ...]]
    rules: dict[int, PresentedRule]
    presentation: Presentation


def presented_tree(tree: DecisionTree) -> PresentedTree:
    """A decision tree as it is drawn.

    Args:
        tree: the tree.

    Returns:
        Its tests and rules, with the numbers that are printed in texts.

    Raises:
        SolverError: if the linear programming solver fails.

    Example:
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-200], C=[[0.1]], D=[[0.15]], e=[10], slopes=[0])
        >>> drawn = presented_tree(extract_rules(form, feature_names=["kwh"]).tree())
        >>> [[alternative]] = drawn.tests[0]
        >>> alternative.comparison and alternative.comparison.lower
        Bound(value=200.0, included=True)
        >>> drawn.rules[2].outputs[0].total.constant
        -20.0
    """
    system = tree.system
    forks = {place: node for place, node in enumerate(tree.nodes) if isinstance(node, Fork)}
    numbers = sorted(node.rule for node in tree.nodes if isinstance(node, Leaf) and node.rule is not None)
    asked = [Rule((fork.condition,), system.rules[0].outputs) for fork in forks.values()]
    boundaries = Boundaries([*asked, *system.rules], system.columns, system.precision, system.domain)
    ground = Ground(system.columns, None)
    tests, rules = {}, {}
    for place, sides in zip(forks, boundaries.sides, strict=False):
        tests[place] = clauses_of(ground, Pruned(ground, requirements_of(boundaries.all, sides)))
    for number in numbers:
        rule = system.rules[number - 1]
        pruned = Pruned(ground, requirements_of(boundaries.all, boundaries.sides[len(forks) + number - 1]))
        left = states_left(clauses_of(ground, pruned)) if pruned.possible else None
        label = None if rule.decision is None or system.classes is None else system.classes[rule.decision]
        outputs = full(system.columns, rule, system.precision, left)
        rules[number] = PresentedRule(number, (), False, outputs, rule.count, decision=label)
    presentation = Presentation(
        columns=system.columns,
        output_names=system.output_names,
        formula=None,
        rules=tuple(rules.values()),
        n_rows=system.n_rows,
        classes=system.classes,
        within=system.rounding_error,
        proven=system.rounding_error is not None,
        bounds=system.bounds,
    )
    return PresentedTree(tree, tests, rules, presentation)
