"""Whether two rules of a system overlap, pair by pair: the obvious way."""

from itertools import combinations

from prelu_rules.rules.disjoint import has_interior


def overlapping(whole, rules):
    """Whether some two rules share an interior."""
    return any(has_interior(whole, (*a.conditions, *b.conditions)) for a, b in combinations(rules, 2))
