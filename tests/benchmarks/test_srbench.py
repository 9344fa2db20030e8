import doctest

import numpy as np
import pandas as pd
import pytest
import srbench as s
from sklearn.linear_model import LinearRegression

import prelu_rules as pr

PUBLISHED = pd.read_csv(s.PUBLISHED)


def test_published_medians_are_of_21_methods_on_16_sets():
    assert len(s.sets(PUBLISHED)) == PUBLISHED["dataset"].nunique() == 16
    assert (PUBLISHED.groupby("dataset")["algorithm"].nunique() == 21).all()
    planes = PUBLISHED[PUBLISHED["dataset"] == "215_2dplanes"].set_index("algorithm")
    assert planes["r2_test"].idxmax() == "*Operon"
    assert planes.loc["*Operon"].tolist()[1:] == [0.9483, 52.5, 12840.0]


def test_what_is_drawn_is_as_linear_as_what_was_published():
    x, y = s.drawn("215_2dplanes", 0)
    assert x.shape == (40768, 10) and set(np.unique(x[:, 0])) == {-1, 1} and set(np.unique(x[:, 1:])) == {-1, 0, 1}
    published = PUBLISHED[PUBLISHED["algorithm"] == "Linear"].set_index("dataset")["r2_test"]
    assert LinearRegression().fit(x, y).score(x, y) == pytest.approx(published["215_2dplanes"], abs=0.01)
    # The variance of the planes is 9 + 28/3, that of the noise 1.
    assert y.var() == pytest.approx(9 + 28 / 3 + 1, rel=0.02)
    x, y = s.drawn("609_fri_c0_1000_5", 0)
    assert x.shape == (1000, 5)
    assert LinearRegression().fit(x, y).score(x, y) == pytest.approx(published["609_fri_c0_1000_5"], abs=0.05)


def test_nodes_are_those_of_the_written_expression():
    # 3 + 2 * x0 + 5 * max(0, -1 * x1 + max(0, x0)) + max(0, x0)
    form = pr.NormalForm([[1, 0], [0, -1]], [[0, 0], [1, 0]], [0, 0], [[2, 0]], [[1, 5]], [3], [0, 0])
    of_first = len("max 0 x0".split())
    of_second = len("max 0 + * -1 x1".split()) + of_first
    assert s.nodes(form) == len("+ + + 3 * 2 x0 * 5".split()) + of_second + of_first
    constant = pr.NormalForm(np.zeros((0, 1)), np.zeros((0, 0)), [], [[0.0]], np.zeros((1, 0)), [3.0], [])
    assert s.nodes(constant) == 1


def test_the_examples():
    assert doctest.testmod(s).failed == 0


def test_a_line_has_the_best_published_and_our_rank():
    trials = [s.Trial(0.9, 10, 5, 1, 0.7), s.Trial(0.95, 12, 5, 1, 0.7), s.Trial(0.99, 14, 5, 1, 0.7)]
    found = s.compared("215_2dplanes", trials, PUBLISHED)
    assert (found["R2"], found["nodes"], found["best"], found["rank of 22"]) == (0.95, 12, "*Operon", 1)
    assert s.compared("215_2dplanes", trials[:1], PUBLISHED)["rank of 22"] > 10


@pytest.mark.slow
def test_a_trial():
    found = s.trial("624_fri_c0_100_5", 0)
    assert found.score > 0.3 and found.nodes > found.numbers > 5 and found.seconds > 0
