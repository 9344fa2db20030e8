"""Each check on records made by hand, on both sides of its limits; no Keras."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.doctor.checks.accuracy_at_chance import accuracy_at_chance, p_value
from prelu_rules.doctor.checks.constant_output import constant_output
from prelu_rules.doctor.checks.dead_units import dead_units
from prelu_rules.doctor.checks.force import force
from prelu_rules.doctor.checks.growth import growth
from prelu_rules.doctor.checks.labels import labels
from prelu_rules.doctor.checks.loss_input import loss_input
from prelu_rules.doctor.checks.not_finite import not_finite
from prelu_rules.doctor.checks.oscillation import oscillation
from prelu_rules.doctor.checks.out_of_reach import out_of_reach
from prelu_rules.doctor.checks.saturation import saturation
from prelu_rules.doctor.checks.unmoved import unmoved
from prelu_rules.doctor.examination import examine
from prelu_rules.doctor.finding import Place
from prelu_rules.doctor.label_count import count_labels
from prelu_rules.doctor.look import ForceLook, LayerLook, Look, Ranges, Setup, WeightLook
from prelu_rules.doctor.outputs import Outputs, outputs_of
from prelu_rules.doctor.record import KEPT, NotFinite, Record, Surge
from prelu_rules.doctor.remedies import ARTICLE, article


def outputs(correct, rows=100, chance=0.1, **changes):
    return Outputs("multiclass", rows, 10, 0.3, correct=correct, chance=chance, **changes)


def record(*looks, **changes):
    made = Record(**changes)
    for step, look in enumerate(looks, start=1):
        made = made.with_look(replace(look, where=Place(step=step)))
    return made


def look(**changes):
    return Look(Place(), **changes)


def levels(findings):
    return [finding.level for finding in findings]


class TestAccuracyAtChance:
    def test_says_both_figures(self):
        good, bad = outputs(95), outputs(11, logit_spread=2.0, logit_size=400.0)
        (found,) = accuracy_at_chance(record(look(outputs=outputs(10)), look(outputs=good), look(outputs=bad)))
        assert found.level == "fault" and "nearly equal across classes, and large" in found.seen
        assert found.numbers["logit_spread"] == 2.0 and found.numbers["logit_size"] == 400.0
        assert found.numbers["best_accuracy"] == 0.95 and "step 2" in found.seen
        assert [remedy.text for remedy in found.remedies] == [remedy.text for remedy in ARTICLE.values()]

    @pytest.mark.parametrize(("before", "now"), [(20, 10), (95, 19), (95, 95), (10, 10)])
    def test_is_not_found_before_learning_nor_while_better_than_chance(self, before, now):
        assert accuracy_at_chance(record(look(outputs=outputs(before)), look(outputs=outputs(now)))) == []

    def test_the_limits_are_those_of_the_binomial_test(self):
        p_values = [p_value(outputs(k)) for k in range(101)]
        learned = next(k for k in range(101) if p_values[k] < 1e-6)
        chance = max(k for k in range(101) if p_values[k] > 0.01)
        for before, now, expected in ((learned, chance, 1), (learned - 1, chance, 0), (learned, chance + 1, 0)):
            assert (
                len(accuracy_at_chance(record(look(outputs=outputs(before)), look(outputs=outputs(now))))) == expected
            )

    def test_the_best_look_is_remembered_in_a_long_training(self):
        looks = [look(outputs=outputs(10))] * 3 + [look(outputs=outputs(99))] + [look(outputs=outputs(10))] * 300
        made = record(*looks)
        assert len(made.looks) == KEPT + 2 and made.looks[0].where.step == 1
        assert accuracy_at_chance(made)[0].numbers["best_accuracy"] == 0.99

    def test_one_look_is_enough_for_large_and_equal_logits_only(self):
        flat = outputs(10, logit_spread=1.0, logit_size=1000.0)
        assert levels(accuracy_at_chance(record(look(outputs=flat)))) == ["warning"]
        assert accuracy_at_chance(record(look(outputs=flat), look(outputs=flat))) == []
        assert accuracy_at_chance(record(look(outputs=outputs(10, logit_spread=1.0, logit_size=2.0)))) == []

    @given(st.integers(1, 60), st.data(), st.floats(0.01, 0.9))
    def test_the_p_value_is_a_sum_of_binomial_terms(self, rows, data, chance):
        correct = data.draw(st.integers(0, rows))
        tail = sum(math.comb(rows, k) * chance**k * (1 - chance) ** (rows - k) for k in range(correct, rows + 1))
        assert p_value(outputs(correct, rows, chance)) == pytest.approx(tail, rel=1e-9)


class TestNotFinite:
    @pytest.mark.parametrize(
        ("cause", "layer", "words"),
        [
            ("inputs", None, "inputs of the batch"),
            ("labels", None, "labels of the batch"),
            ("activations", "dense_3", "output of layer dense_3"),
            ("gradient", "dense/kernel", "gradient of dense/kernel"),
            ("weights", "dense/kernel", "in dense/kernel"),
        ],
    )
    def test_names_the_cause_and_the_place(self, cause, layer, words):
        seen = NotFinite(Place(9, 2, 4, layer), cause, 3, 40)
        (found,) = not_finite(Record(not_finite=seen))
        assert words in found.seen and "3 of 40" in found.seen and found.level == "fault"
        assert found.where == Place(9, 2, 4, layer) and found.remedies

    def test_a_loss_alone_is_a_log_of_zero(self):
        (found,) = not_finite(Record(not_finite=NotFinite(Place(9), "loss", 1, 1)))
        assert "log of 0" in found.meaning and found.remedies[0] == ARTICLE["stable loss"]

    def test_says_whose_weights_were_looked_at_if_not_those_of_the_step(self):
        seen = NotFinite(Place(9), "activations", 3, 40, weights_of=4)
        assert "weights of step 4" in not_finite(Record(not_finite=seen))[0].seen
        assert "weights" not in not_finite(Record(not_finite=replace(seen, weights_of=8)))[0].seen

    def test_what_follows_from_it_is_not_reported(self):
        dead = look(layers=(LayerLook("relu", 0.0, 8, 8),))
        made = record(dead, not_finite=NotFinite(Place(1), "inputs", 1, 2))
        assert [finding.kind for finding in examine(made)] == ["not finite"]


class TestSaturation:
    def test_rounded_and_right_is_no_harm(self):
        assert saturation(record(look(outputs=outputs(100, rounded=1.0, lost=0.0)))) == []

    def test_a_few_lost_rows_are_outliers(self):
        assert saturation(record(look(outputs=outputs(95, rounded=1.0, lost=0.05), output_gradient=0.0))) == []

    def test_lost_rows_without_gradient_are_a_fault(self):
        for gradient, level in ((1e-7, "fault"), (0.5, "warning"), (None, "warning")):
            seen = look(outputs=outputs(50, rounded=1.0, lost=0.5), output_gradient=gradient)
            assert levels(saturation(record(seen))) == [level]


class TestGrowth:
    def test_of_the_loss(self):
        (found,) = growth(Record(surge=Surge(1e6, 2.0, Place(7))))
        assert found.where.step == 7 and found.numbers == {"loss": 1e6, "first_loss": 2.0}

    @pytest.mark.parametrize(("factor", "expected"), [(2e4, 1), (5e3, 0), (np.inf, 0)])
    def test_of_the_gradient(self, factor, expected):
        first = look(weights=(WeightLook("a", 1.0, 3.0), WeightLook("b", 1.0, 4.0)))
        last = look(weights=(WeightLook("a", 1.0, 3.0), WeightLook("b", 1.0, 5.0 * factor)))
        found = growth(record(first, last))
        assert len(found) == expected
        assert not found or ("b" in found[0].seen and found[0].numbers["first_gradient"] == 5.0)

    @pytest.mark.parametrize(("before", "now", "expected"), [(0.1, 101, 1), (0.1, 99, 0), (5, 499, 0), (5, 501, 1)])
    def test_of_weights(self, before, now, expected):
        made = record(look(weights=(WeightLook("a", before),)), look(weights=(WeightLook("a", now),)))
        assert len(growth(made)) == expected


class TestOscillation:
    @pytest.mark.parametrize(
        ("periods", "expected"),
        [
            ([1, 2, 1, 2, 1, 2, 1, 2], 1),
            ([1, 2, 1, 2, 1, 2, 1], 0),
            ([1, 2, 1, 2, 1, 2, 0.8, 1.5], 0),
            ([9, 1e-3, 2e-3, 1e-3, 2e-3, 1e-3, 2e-3, 1e-3, 2e-3], 0),
            ([1, 1.05, 1, 1.05, 1, 1.05, 1, 1.05], 0),
            ([1, 2, 1, 2, 1, 2, 1, math.nan], 0),
            ([8, 7, 6, 5, 4, 3, 2, 1], 0),
            ([1, 2, 1, 1, 1, 2, 1, 1], 0),
            ([1, 2, 1, 2, 1, 2, 1, 1], 1),
        ],
        ids=str,
    )
    def test_needs_large_rises_and_no_progress(self, periods, expected):
        assert len(oscillation(Record(periods=tuple(periods)))) == expected


class TestDeadUnits:
    @pytest.mark.parametrize(
        ("dead", "level"), [(1, []), (2, ["note"]), (5, ["note"]), (6, ["warning"]), (10, ["fault"])]
    )
    def test_by_share(self, dead, level):
        found = dead_units(record(look(layers=(LayerLook("relu", 1.0, 10, dead),))))
        assert levels(found) == level
        assert not found or (found[0].where.layer == "relu" and found[0].numbers["dead"] == dead)

    def test_the_worst_layer_comes_first(self):
        layers = (LayerLook("one", 1.0, 10, 2), LayerLook("two", 1.0, 10, 7), LayerLook("three", 1.0, 10, 10))
        assert [f.where.layer for f in dead_units(record(look(layers=layers)))] == ["three", "two", "one"]

    @pytest.mark.parametrize(("flat", "level"), [(1, []), (3, ["note"]), (6, ["warning"])])
    def test_slopes_near_zero(self, flat, level):
        slopes = np.where(np.arange(10) < flat, 5e-4, 0.25)
        assert levels(dead_units(record(look(layers=(LayerLook("prelu", 1.0, 10, 0, slopes),))))) == level


class TestConstantOutput:
    @pytest.mark.parametrize(("deviation", "expected"), [(1e-8, 1), (1e-3, 0)])
    def test_of_probabilities_and_of_predictions(self, deviation, expected):
        for task in ("multiclass", "regression"):
            assert len(constant_output(record(look(outputs=Outputs(task, 16, 1, deviation))))) == expected

    def test_not_before_the_first_step(self):
        seen = Look(Place(step=0), outputs=Outputs("regression", 16, 1, 0.0))
        assert constant_output(Record().with_look(seen)) == []


class TestLabels:
    def test_a_missing_class_needs_all_labels_and_enough_of_them(self):
        enough, few = count_labels([1, 2] * 30, "multiclass", 3), count_labels([1, 2] * 29, "multiclass", 3)
        assert labels(Record(labels=enough)) == []
        assert labels(Record(labels=replace(few, all_seen=True))) == []
        (found,) = labels(Record(labels=replace(enough, all_seen=True)))
        assert found.level == "warning" and "class 0 among 60" in found.seen

    @pytest.mark.parametrize(
        ("values", "task", "n_outputs", "wrong"),
        [
            ([0, 1, 2, 3, 3], "multiclass", 3, 2),
            ([[0], [-1]], "multiclass", 3, 1),
            ([0.5, 1.0], "multiclass", 3, 1),
            ([[0, 1, 0], [0, 1, 1], [0, 0, 0]], "multiclass", 3, 2),
            ([[0.1, 0.8, 0.1]], "multiclass", 3, 0),
            ([0, 1, 2], "binary", 1, 1),
            ([-1, 1], "binary", 1, 1),
            ([0.1, 0.9], "binary", 1, 0),
            ([[0, 1], [1, 2]], "multilabel", 2, 1),
            ([-7.0, 900.0], "regression", 1, 0),
            ([np.nan, 1.0], "multiclass", 3, 0),
        ],
        ids=str,
    )
    def test_out_of_range(self, values, task, n_outputs, wrong):
        count = count_labels(values, task, n_outputs)
        assert count.out_of_range == wrong and levels(labels(Record(labels=count))) == ["fault"] * (wrong > 0)

    @given(st.lists(st.integers(-2, 5), min_size=1), st.lists(st.integers(-2, 5), min_size=1))
    def test_counts_add_up(self, one, two):
        both = count_labels(one + two, "multiclass", 4)
        assert count_labels(one, "multiclass", 4) + count_labels(two, "multiclass", 4) == both
        assert both.counts == tuple((one + two).count(label) for label in range(4))


class TestForce:
    seen = ForceLook(1e-4, None, 1e-3, True, 0.1)

    def with_force(self, slopes=(0.5, 1.0), loss=1.0, **changes):
        layer = LayerLook("prelu", 1.0, slopes=np.array(slopes))
        return look(loss=loss, layers=(layer,), force=replace(self.seen, **changes))

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"rate": 9e-3}, 0),
            ({"rate": 11e-3}, 1),
            ({"adaptive": False, "pull": 0.1, "rate": 9e-4}, 0),
            ({"adaptive": False, "pull": 0.1, "rate": 11e-4}, 1),
            ({"rate": 0.0}, 0),
        ],
        ids=str,
    )
    def test_a_rate_out_of_balance(self, changes, expected):
        found = force(record(self.with_force(**changes)))
        assert levels(found) == ["warning"] * expected
        assert not found or "out of balance" in found[0].meaning

    def test_pinned_slopes_are_a_warning_only_where_the_loss_is_worse(self):
        before, better, worse = (
            self.with_force(loss=1.0),
            self.with_force((1.0, 0.9999), loss=1.2),
            self.with_force((1.0, 1.0), loss=2.0),
        )
        assert levels(force(record(before, better))) == ["note"]
        assert levels(force(record(before, worse))) == ["warning"]
        assert force(record(before, before)) == []

    @pytest.mark.parametrize(("relapses", "expected"), [(2, 0), (3, 1)])
    def test_relapses_are_counted(self, relapses, expected):
        periods = (1.0, *([0.005, 0.3] * relapses), 0.005)
        found = force(record(self.with_force(threshold=0.01), periods=periods))
        assert len(found) == expected and (not found or found[0].numbers["relapses"] == 3)

    def test_noise_is_no_relapse(self):
        periods = (1.0, *([0.005, 0.009] * 9))
        assert force(record(self.with_force(threshold=0.01), periods=periods)) == []


@given(
    st.integers(2, 5), st.integers(1, 30), st.integers(0, 2**32 - 1), st.floats(0.1, 50), st.booleans(), st.booleans()
)
def test_outputs_agree_with_a_loop_over_rows(n, rows, seed, scale, one_hot, as_probabilities):
    rng = np.random.default_rng(seed)
    logits, classes = rng.normal(0, scale, (rows, n)), rng.integers(0, n, rows)
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
    truth = np.eye(n)[classes] if one_hot else classes
    seen = outputs_of(
        probabilities if as_probabilities else logits,
        truth,
        task="multiclass",
        logits=logits if as_probabilities else None,
    )
    spreads = [max(row) - min(row) for row in logits]
    assert seen.correct == sum(int(np.argmax(row)) == label for row, label in zip(logits, classes, strict=True))
    assert seen.chance == max(np.bincount(classes)) / rows and seen.rows == rows
    assert seen.logit_spread == pytest.approx(np.median(spreads))
    assert seen.logit_size == pytest.approx(np.median([max(abs(row)) for row in logits]))
    assert seen.lost == pytest.approx(
        np.mean([row[k] < 1e-7 for row, k in zip(probabilities, classes, strict=True)]), abs=0.04
    )


def test_rows_of_no_weight_and_rows_that_are_not_finite_are_left_out():
    logits = np.array([[1.0, 0.0], [0.0, 1.0], [np.nan, 0.0], [0.0, 1.0]])
    assert outputs_of(logits, [0, 1, 0, 0], weights=[1, 1, 1, 0]).rows == 2
    assert outputs_of(logits[2:3], [0]) is None


def test_the_remedies_are_in_the_articles_order():
    assert list(ARTICLE) == [
        "stable loss",
        "no NaN",
        "easy data",
        "learning rate",
        "optimiser",
        "activation",
        "regularisers",
        "width",
    ]
    assert article("width", "no NaN") == (ARTICLE["no NaN"], ARTICLE["width"])
    with pytest.raises(KeyError, match="no remedy 'prayer'"):
        article("prayer")


def test_remedies_speak_of_what_the_model_has():
    def texts(*parts, cause="weights"):
        seen = look(setup=Setup(parts=frozenset(parts)))
        made = record(seen, not_finite=NotFinite(Place(1), cause, 1, 2))
        return " ".join(remedy.text + remedy.code for remedy in examine(made)[0].remedies).lower()

    for cause in ("weights", "loss", "activations", "gradient"):
        assert "softmax" not in texts("relu", cause=cause) and "sigmoid" not in texts("relu", cause=cause)
        assert "relu" not in texts("tanh", cause=cause)
        assert "drop the softmax" in texts("softmax", "softmax at the end", cause=cause)
        assert "drop the sigmoid" in texts("sigmoid", "sigmoid at the end", cause=cause)


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ({}, []),
        ({"outputs": (-3.0, 4.0)}, ["fault"]),
        ({"outputs": (0.0, 1.5), "row_sum": 1.5}, ["fault"]),
        ({"row_sum": 1.4}, ["warning"]),
        ({"row_sum": 1.005}, []),
    ],
    ids=str,
)
def test_outputs_that_are_not_probabilities(changes, level):
    ranges = replace(Ranges((0.0, 1.0), (0.0, 2.0), 1.0), **changes)
    setup = Setup(cross_entropy="categorical", from_logits=False, ranges=ranges)
    assert levels(loss_input(record(look(setup=setup)))) == level
    assert loss_input(record(look(setup=replace(setup, cross_entropy=None, from_logits=None)))) == []


@pytest.mark.parametrize(
    ("rate", "moved", "steps", "periods", "ended", "expected"),
    [
        (0.0, 0.0, 9, 2, False, 1),
        (0.0, 0.0, 9, 1, False, 0),
        (0.0, 0.0, 9, 1, True, 1),
        (0.1, 1e-9, 9, 2, False, 0),
        (0.1, 0.0, 9, 2, False, 1),
        (0.1, 0.0, 3, 2, True, 0),
    ],
)
def test_weights_that_rest(rate, moved, steps, periods, ended, expected):
    setup = Setup(learning_rate=rate, steps_per_update=4)
    looks = [
        Look(Place(step=step), weights=(WeightLook("a", 1.0, 0.5, total),), setup=setup)
        for step, total in ((1, 3.0), (1 + steps, 3.0 + moved))
    ]
    made = Record(periods=(1.0,) * periods, ended=ended).with_look(looks[0]).with_look(looks[1])
    assert len(unmoved(made)) == expected


@pytest.mark.parametrize(("share", "level"), [(0.04, []), (0.06, ["warning"]), (0.6, ["fault"])])
def test_targets_out_of_reach(share, level):
    setup = Setup(last_activation="sigmoid", ranges=Ranges((0.0, 1.0), (0.0, 100.0), 1.0, share))
    assert levels(out_of_reach(record(look(setup=setup)))) == level
