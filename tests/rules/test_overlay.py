import numpy as np

from prelu_rules.domains.box import Box
from prelu_rules.network.affine import AffineMap
from prelu_rules.rules.overlay import rule_deviation
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem


def test_deviations_of_rule_systems():
    sides = [(-1.0, 0.0), (1.0, 0.0)]

    def bent(at, factor):
        return RuleSystem(
            tuple(
                Rule(
                    (Condition([1.0], -at, side > 0),),
                    AffineMap([[factor * max(0.0, side)]], [-factor * at * (side > 0)]),
                )
                for side, _ in sides
            ),
            ("x",),
            ("y",),
        )

    assert rule_deviation(bent(0.0, 1.0), bent(0.5, 1.0), Box([-2], [2])).upper.tolist() == [0.5]
    assert rule_deviation(bent(0.0, 1.0), bent(0.0, 2.0), Box([-2], [3])).upper.tolist() == [3]
    assert rule_deviation(bent(0.0, 1.0), bent(0.0, 2.0), None).upper.tolist() == [np.inf]
