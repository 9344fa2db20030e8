from dataclasses import replace

import numpy as np
import pytest
from html_reader import read
from refine_networks import random_form

from prelu_rules.domains.box import Box
from prelu_rules.errors import InvalidValueError
from prelu_rules.geometry.regions import linear_regions
from prelu_rules.refine.path import PathPoint, RulePath

BOX = Box([-2.0] * 3, [2.0] * 3)


def point(n_units, loss, criterion, seed=0):
    form = random_form(np.random.default_rng(seed + n_units), n_units=n_units)
    return PathPoint(form, BOX, 1 - loss, 1 - loss, loss + np.array([0, 1e-3, 0, -1e-3]), criterion)


@pytest.fixture
def path():
    levels = ((point(0, 0.5, 50.0),), (point(1, 0.2, 20.0),), (point(2, 0.1, 9.0),), (point(3, 0.1, 10.0),))
    return RulePath(levels, np.ones(4))


def test_a_path_is_a_sequence(path):
    assert len(path) == 4 and [p.n_nonlinear for p in path] == [0, 1, 2, 3]
    assert path[2] is path.levels[2][0] and path[-1].n_nonlinear == 3 and [p.n_nonlinear for p in path[1:3]] == [1, 2]


def test_choice(path):
    assert path.choose().n_nonlinear == 2
    assert path.choose(max_nonlinear=1).n_nonlinear == 1
    assert path.choose(max_nonlinear=9).n_nonlinear == 2
    rules = {size: path[size].n_rules for size in range(4)}
    assert path.choose(max_rules=rules[1]).n_nonlinear == 1
    assert path.choose(max_numbers=path[1].n_numbers).n_nonlinear == 1


def test_limits_that_nothing_keeps(path):
    with pytest.raises(InvalidValueError, match="at most 2 numbers; the shortest has 4"):
        path.choose(max_numbers=2)
    with pytest.raises(InvalidValueError, match="max_rules is 0"):
        path.choose(max_rules=0)
    with pytest.raises(InvalidValueError, match=r"max_nonlinear is 1\.5"):
        path.choose(max_nonlinear=1.5)


def test_regions_are_counted():
    form = random_form(np.random.default_rng(1), n_units=3)
    one = PathPoint(form, BOX, 1, 1, np.zeros(1), 0)
    # By another method than the path's.
    assert one.n_rules == sum(1 for _ in linear_regions(form, BOX))


def test_a_missing_size_is_refused():
    with pytest.raises(InvalidValueError, match="no network with 1 units"):
        RulePath(((point(0, 0.5, 1.0),), (point(2, 0.5, 1.0),)), np.ones(4))


def test_the_table_and_the_plot(path):
    frame = path.to_frame()
    assert frame.n_nonlinear.tolist() == [0, 1, 2, 3] and frame.n_rules.iloc[0] == 1
    axes = path.plot().figure.axes
    assert [axis.get_xlabel() for axis in axes] == ["nonlinear units", "rules", "numbers to read"]
    marked = axes[0].lines[-1].get_xdata()
    assert list(marked) == [2]


def test_a_notebook_shows_the_path_and_marks_what_was_taken(path):
    taken = path.choose(max_nonlinear=1)
    for shown, chosen in ((path, path.choose()), (replace(path, chosen=taken), taken)):
        reader = read(shown)
        (header, *rows), frame = reader.tables[0], path.to_frame()
        assert header[:3] == ["units", "rules", "numbers"]
        assert [[int(cell) for cell in row[:3]] for row in rows] == frame.iloc[:, :3].to_numpy().tolist()
        assert [row[-1] for row in rows] == ["chosen" if k == chosen.n_nonlinear else "" for k in range(4)]
        assert [row[0] for row in reader.bold_rows] == [str(chosen.n_nonlinear)]


def two_sizes(standard_errors):
    """One unit is better on the validation rows, by so many standard errors, none by the criterion."""
    one, none = point(1, 2.0, 2.0), point(0, 2.0, 1.0)
    excess = np.array([-1, 1, -1, 1]) / np.sqrt(4 / 3) + standard_errors / np.sqrt(4)
    return (replace(none, validation_losses=one.validation_losses + excess),), (one,)


def test_the_criterion_chooses_the_sparsity_and_under_limits_the_size_too():
    dense, sparse = point(0, 0.1, 5.0), point(0, 0.3, 1.0)
    assert RulePath(((dense, sparse),), np.ones(4))[0] is sparse
    assert RulePath(two_sizes(2.5), np.ones(4)).choose(max_nonlinear=1).n_nonlinear == 0
    assert RulePath(two_sizes(2.5), np.ones(4)).choose().n_nonlinear == 1
    # What is much worse on the validation rows is out, whatever the criterion says.
    assert RulePath(two_sizes(3.5), np.ones(4)).choose(max_nonlinear=1).n_nonlinear == 1


@pytest.mark.parametrize("limits", [{}, {"max_nonlinear": 1}])
def test_a_smaller_size_goes_first_if_both_the_criterion_and_left_out_rows_allow_it(limits):
    def chosen(levels):
        return RulePath(levels, np.ones(4), by="both").choose(**limits).n_nonlinear

    assert [chosen(two_sizes(errors)) for errors in (0.5, 1.5, 2.5, 3.5)] == [0, 0, 0, 1]
    (none,), (one,) = two_sizes(1.5)
    assert chosen(((replace(none, criterion=3.0),), (one,))) == 1
    # Left-out rows alone do not let a smaller one go first.
    assert RulePath(two_sizes(1.5), np.ones(4), by="validation").choose(**limits).n_nonlinear == 1


@pytest.mark.parametrize(
    ("errors", "expected"),
    [(1.5, 1), (0.5, 1), (0.0, 1), (-0.4, 1), (-0.6, 0), (-1.5, 0)],
)
@pytest.mark.parametrize("limits", [{}, {"max_nonlinear": 1}])
def test_a_larger_size_goes_first_if_the_criterion_prefers_it_and_it_is_as_good(limits, errors, expected):
    (none,), (one,) = two_sizes(errors)
    preferred = ((replace(none, criterion=3.0),), (one,))
    assert RulePath(preferred, np.ones(4), by="both").choose(**limits).n_nonlinear == expected
    # Within one standard error it does not, unless the criterion prefers it.
    assert RulePath(two_sizes(0.5), np.ones(4), by="both").choose(**limits).n_nonlinear == 0
    assert RulePath(preferred, np.ones(4), by="validation").choose(**limits).n_nonlinear == (errors > 1)


def test_a_version_that_is_much_worse_on_the_validation_rows_is_not_preferred_where_that_is_limited():
    best, close, far = point(0, 0.1, 5.0), point(0, 0.2, 3.0), point(0, 0.3, 1.0)
    # Two are worse than the first, by two and by four standard errors.
    noise = np.array([-1, 1, -1, 1]) / np.sqrt(4 / 3)
    versions = [
        replace(version, validation_losses=best.validation_losses + noise + errors / np.sqrt(4))
        for version, errors in ((close, 2.0), (far, 4.0))
    ]
    path = RulePath(((best, *versions),), np.ones(4))
    chosen = [replace(path, most_errors=most)[0].criterion for most in (np.inf, 5.0, 3.0, 1.0)]
    assert chosen == [1.0, 1.0, 3.0, 5.0]


def test_a_share_of_the_price_chooses_versions_but_not_the_size():
    dense, sparse = replace(point(0, 0.1, 10.0), price=8.0), replace(point(0, 0.3, 9.0), price=4.0)
    path = RulePath(((dense, sparse),), np.ones(4), by="both")
    assert path[0] is sparse and path.choose() is sparse
    half = replace(path, price_share=0.5)
    assert half[0] is dense and half.choose() is dense
    assert half.to_frame().criterion.tolist() == [6.0] and path.to_frame().criterion.tolist() == [9.0]
    # At half the price the criterion would prefer the larger size.
    (none,), (one,) = two_sizes(0.0)
    levels = ((replace(none, price=0.5),), (replace(one, criterion=1.5, price=5.0),))
    assert RulePath(levels, np.ones(4), by="both", price_share=0.5).choose().n_nonlinear == 0


@pytest.mark.parametrize("criterion", [-1500.0, 0.3])
def test_left_out_rows_decide_between_points_that_are_the_same_to_the_criterion(criterion):
    worse, better = point(0, 0.2, criterion), point(0, 0.1, criterion + 5e-4 * abs(criterion))
    assert RulePath(((worse, better),), np.ones(4))[0] is better
    far = replace(better, criterion=criterion + 2e-3 * abs(criterion))
    assert RulePath(((worse, far),), np.ones(4))[0] is worse


def test_with_many_rows_a_difference_that_numbers_are_worth_is_not_the_same():
    """A thousandth of the criterion of 5,000 rows is the price of several numbers."""
    worse, better = point(0, 0.2, -60000.0), point(0, 0.1, -59998.0)
    for price, chosen in ((0.0, better), (10.0 * worse.n_numbers, worse), (100.0 * worse.n_numbers, better)):
        found = RulePath(((replace(worse, price=price), replace(better, price=price)),), np.ones(4))[0]
        assert found.criterion == chosen.criterion


def test_what_decides_is_in_the_table(path):
    frame = path.to_frame()
    np.testing.assert_allclose(frame.validation_loss, [0.5, 0.2, 0.1, 0.1])
    np.testing.assert_allclose(frame.excess_loss, [0.4, 0.1, 0, 0], atol=1e-12)
    assert frame.criterion.tolist() == [50.0, 20.0, 9.0, 10.0]
    # The one-standard-error rule, read off the table.
    close = frame.excess_loss <= frame.standard_error + 1e-4 * frame.validation_loss[0]
    assert frame.n_nonlinear[close].min() == path.choose().n_nonlinear == 2


def test_a_size_that_is_right_everywhere_is_enough(path):
    right = replace(path[0], train_score=1.0, validation_score=1.0)
    sparse = replace(right, train_score=0.99, criterion=1.0)
    levels = ((sparse, right), *path.levels[1:])
    for by in ("criterion", "validation", "both"):
        for limits in ({}, {"max_nonlinear": 3}, {"max_rules": 50}, {"max_numbers": 100}):
            assert replace(path, levels=levels, by=by).choose(**limits) is right
    # Right on some rows only is not enough.
    wrong = replace(path, levels=((replace(right, train_score=0.99),), *path.levels[1:]))
    assert wrong.choose().n_nonlinear == 2
