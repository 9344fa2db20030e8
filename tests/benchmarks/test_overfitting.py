import numpy as np
import overfitting as o
import pytest

from prelu_rules.losses.named import loss_named
from prelu_rules.population.settings import PopulationSettings
from prelu_rules.population.training import train_population

pytestmark = pytest.mark.slow

QUICK = PopulationSettings(members=2, hidden=(3,), warm_up_steps=200, force_steps=200, settle=False, jit=False)


def cells(names, error_of, seeds=4):
    return [
        o.Cell(
            name,
            setting,
            [
                {arm: o.Result(error_of(arm, setting, seed), 1.0) for arm in o.ARMS[: 5 if centre else 3]}
                for seed in range(seeds)
            ],
        )
        for name in names
        for setting in o.every_setting(o.SOURCES[name])
        for centre in [setting == o.centre_of(o.SOURCES[name])]
    ]


@pytest.mark.parametrize("name", o.SOURCES)
def test_each_factor_is_varied_alone_and_the_test_rows_are_never_trained_on(name):
    source = o.SOURCES[name]
    lines = o.settings_of(source)
    assert len(o.every_setting(source)) == 7
    for place, factor in enumerate(o.FACTORS):
        for setting, other in zip(lines[factor], lines[factor][1:], strict=False):
            assert [k for k in range(3) if setting[k] != other[k]] == [place]
    parts = o.drawn(source, o.Setting(4, source.noise[2], source.rows[2]), 1)
    assert len(parts.train.x) + len(parts.validation.x) == source.rows[2]
    assert len(parts.train.x) == 4 * len(parts.validation.x)
    rows = [{tuple(row) for row in part.x.round(9)} for part in parts]
    assert len(rows[2]) > 100
    assert not rows[0] & rows[2] and not rows[1] & rows[2] and not rows[0] & rows[1]


def test_noise_is_on_the_targets_of_training_and_validation_only():
    source = o.SOURCES["friedman1"]
    clean, noisy = (o.drawn(source, o.Setting(4, noise, 1000), 3) for noise in (0.0, 1.0))
    for part, shares in (("train", True), ("validation", True), ("test", False)):
        a, b = (np.corrcoef(getattr(x, part).y[:, 0], getattr(clean, part).y[:, 0])[0, 1] for x in (clean, noisy))
        assert a == pytest.approx(1)
        # Noise of the deviation of the targets halves their explained variance.
        assert b**2 == pytest.approx(0.5 if shares else 1.0, abs=0.08 if shares else 1e-9)
    flipped = o.drawn(o.SOURCES["moons"], o.Setting(4, 0.2, 1000), 3)
    plain = o.drawn(o.SOURCES["moons"], o.Setting(4, 0.0, 1000), 3)
    assert (flipped.train.y != plain.train.y).mean() == pytest.approx(0.2, abs=0.04)
    assert (flipped.test.y == plain.test.y).all()


def test_error_is_100_times_what_r2_and_accuracy_leave():
    from sklearn.metrics import accuracy_score, r2_score

    rng = np.random.default_rng(0)
    y, outputs = rng.normal(size=(50, 1)), rng.normal(size=(50, 1))
    rows = o.Rows(y, y, np.ones(50))
    assert o.error(outputs, rows, "squared") == pytest.approx(100 - 100 * r2_score(y, outputs))
    labels = o.Rows(y, (y[:, 0] > 0.3) * 1.0, np.ones(50))
    assert o.error(outputs, labels, "logistic") == pytest.approx(
        100 - 100 * accuracy_score(labels.y, outputs[:, 0] > 0)
    )


def test_arms_differ_by_the_force_alone():
    """Up to the step where the force wakes, both arms are the same network."""
    source = o.SOURCES["friedman2"]
    parts = o.drawn(source, o.Setting(3, 0.3, 100), 0)
    quiet = o.replace(QUICK, full_rate=1e-30)
    plain = train_population(parts.train, 4, 1, "squared", o.without_force(quiet), 5)
    asleep = train_population(parts.train, 4, 1, "squared", quiet, 5)
    forced = train_population(parts.train, 4, 1, "squared", QUICK, 5)
    assert o.without_force(quiet).steps == quiet.steps
    for one, same, other in zip(plain, asleep, forced, strict=True):
        assert np.array_equal(one.predict(parts.test.x), same.predict(parts.test.x))
        assert not np.allclose(one.predict(parts.test.x), other.predict(parts.test.x))


def test_early_stopping_keeps_each_member_at_its_best_and_the_model_as_it_was():
    parts = o.drawn(o.SOURCES["diabetes"], o.Setting(3, 1.0, 75), 0)
    loss = loss_named("squared")

    class Twin(o.keras.callbacks.Callback):
        """Every member after every epoch."""

        def on_train_begin(self, logs=None):
            self.history = []

        def on_epoch_end(self, epoch, logs=None):
            self.history.append(self.model.forms())

    def mean_loss(form):
        return float(loss.rows(form.predict(parts.validation.x), parts.validation.y).mean())

    stopped, twin = o.BestSoFar(parts.validation, "squared"), Twin()
    final = train_population(parts.train, 10, 1, "squared", o.without_force(QUICK), 1, [stopped, twin])
    assert len(twin.history) == 4
    for member, form in enumerate(stopped.forms):
        least = min(mean_loss(forms[member]) for forms in twin.history)
        assert mean_loss(form) == pytest.approx(least, rel=1e-5)
        assert mean_loss(form) <= mean_loss(final[member]) + 1e-6
        assert mean_loss(final[member]) == pytest.approx(mean_loss(twin.history[-1][member]))


def test_sentences_say_where_the_force_helps_and_where_not(tmp_path):
    """Errors made up so that the force halves them for moons, and raises them by a quarter for friedman1."""
    factors = {"moons": 0.5, "friedman1": 1.25}
    results = []
    for name, factor in factors.items():
        results += cells(
            [name], lambda arm, setting, seed, f=factor: (10 + 0.1 * seed) * (f if arm.startswith("force") else 1)
        )
    text = list(o.sentences(results))
    assert text[0] == (
        "The force against no force: clearly lower test error in 7 of 14 settings, clearly higher in 7, no clear "
        "difference in 0."
    )
    assert "moons: clearly lower test error in 7 of 7 settings, clearly higher in 0" in " ".join(text)
    assert "friedman1: clearly lower test error in 0 of 7 settings, clearly higher in 7" in " ".join(text)
    # sqrt(0.5 * 1.25) over the two data sets, and nothing else varies.
    assert any("along width: 0.79 at the least (4), 0.79 at the middle (12), 0.79 at the most (36)" in t for t in text)
    assert any(t.startswith("'force, refit' against 'force': clearly lower test error in 0 of 2") for t in text)
    o.plot(results, str(tmp_path / "plot.png"))
    assert (tmp_path / "plot.png").stat().st_size > 10_000


def test_one_seed_of_all_arms(monkeypatch):
    monkeypatch.setattr(o, "WIDTHS", (2, 3, 4))
    source = o.SOURCES["moons"]
    found = o.run(source, o.centre_of(source), QUICK, 0)
    assert tuple(found) == o.ARMS
    assert all(0 <= result.error < 100 for result in found.values())
    assert found[o.RULES].units <= found[o.REFIT].units <= 6
    assert tuple(o.run(source, o.settings_of(source)["noise"][0], QUICK, 0)) == o.ARMS[:3]
