import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from refine_networks import random_system

from prelu_rules.errors import SolverError
from prelu_rules.refine.frontier import WORTH, Frontier

SYSTEMS = [random_system(np.random.default_rng(size), n_inputs=2, n_units=size) for size in range(4)]

# Units, objective, and rules beyond the fewest that so many units make.
OFFERS = st.lists(st.tuples(st.integers(0, 3), st.sampled_from([1.0, 2.0, 3.0, 4.0]), st.integers(0, 3)), max_size=12)


def stopped(n_rules):
    """The count, which may stop where more rules make no difference."""
    return lambda system, at_most: n_rules(system) if at_most is None else min(n_rules(system), at_most)


def collected(offers):
    systems = [SYSTEMS[units].scaled() for units, _, _ in offers]
    rules = {id(system): units + 1 + more for system, (units, _, more) in zip(systems, offers, strict=True)}
    frontier = Frontier(stopped(lambda system: rules[id(system)]))
    for system, (_, objective, _) in zip(systems, offers, strict=True):
        frontier.offer(objective, system)
    return frontier, systems, [rules[id(system)] for system in systems]


@given(OFFERS)
def test_those_stay_that_nobody_beats(offers):
    frontier, systems, rules = collected(offers)
    values = [objective for _, objective, _ in offers]
    # The obvious way: compare each with each; of equal ones the first stays.
    unbeaten = sorted(
        (rules[k], id(systems[k]))
        for k in range(len(systems))
        if not any(
            rules[j] <= rules[k]
            and values[j] <= values[k]
            and ((rules[j], values[j]) != (rules[k], values[k]) or j < k)
            for j in range(len(systems))
        )
    )
    assert [id(system) for system in frontier.besides()] == [number for _, number in unbeaten]


def test_next_to_nothing_is_not_worth_a_rule():
    small, large = SYSTEMS[0], SYSTEMS[1]
    for gain, n_networks in ((WORTH / 2, 1), (2 * WORTH, 2)):
        frontier = Frontier(stopped(lambda system: system.n_units + 1))
        frontier.offer(1.0, small)
        frontier.offer(1 - gain, large)
        assert len(frontier.besides()) == n_networks


def test_rules_are_counted_only_where_they_matter():
    counted = []
    frontier = Frontier(stopped(lambda system: counted.append(system) or 2 * system.n_units + 1))
    for objective, system in ((2.0, SYSTEMS[1]), (3.0, SYSTEMS[2]), (1.0, SYSTEMS[3])):
        frontier.offer(objective, system)
    assert [system.n_units for system in counted] == [1, 3]


def test_counting_may_stop_where_the_network_is_beaten():
    """A better network makes four rules, so whether these make four or more is all the same."""
    asked = []
    frontier = Frontier(lambda system, at_most: asked.append(at_most) or min(4, at_most or 4))
    for objective, system in ((2.0, SYSTEMS[1]), (3.0, SYSTEMS[0]), (2.5, SYSTEMS[2]), (1.0, SYSTEMS[3])):
        frontier.offer(objective, system)
    assert asked == [None, 4, 4, None]


def test_a_network_whose_rules_cannot_be_counted_is_not_taken_in():
    def n_rules(system):
        if system.n_units == 2:
            raise SolverError("HiGHS stopped with Unknown")
        return system.n_units + 1

    frontier = Frontier(stopped(n_rules))
    for size, system in enumerate(SYSTEMS):
        frontier.offer(4.0 - size, system)
    assert [system.n_units for system in frontier.besides()] == [0, 1, 3]


def test_known_networks_are_left_out():
    frontier = Frontier(stopped(lambda system: system.n_units + 1))
    for size, system in enumerate(SYSTEMS):
        frontier.offer(4.0 - size, system)
    assert [system.n_units for system in frontier.besides([SYSTEMS[1]])] == [0, 2, 3]
    # What is equal says the same, whoever made it.
    assert [system.n_units for system in frontier.besides([SYSTEMS[1].with_free(SYSTEMS[1].free)])] == [0, 2, 3]
