"""What a fit gives back takes raw tables of any library, and says the same as the estimator, its file and its text."""

import datetime
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest

import prelu_rules as pr
from prelu_rules.columns.column import Column
from prelu_rules.columns.table_file import read_columns
from prelu_rules.errors import DataError, InvalidValueError
from prelu_rules.export import paper_reader
from prelu_rules.rules.printed import printed_rule

pytestmark = pytest.mark.slow

QUICK = {"starts": "force", "members": 2, "hidden": (4,), "warm_up_steps": 200, "force_steps": 200, "jit": False}
KINDS = ["business", "farm", "NA", "01", "1"]


def tariff(n_rows=150):
    """A price with a bend, a discount, and what is charged where the age is not known."""
    rng = np.random.default_rng(0)
    kwh, age = rng.uniform(0, 600, n_rows).round(1), rng.integers(18, 80, n_rows)
    kind, green = rng.choice(KINDS, n_rows), rng.random(n_rows) < 0.4
    known = np.arange(n_rows) % 8 != 0
    price = 0.2 * kwh + 0.3 * np.maximum(kwh - 300, 0) - 15 * (kind == "farm") + 10 * green
    price += np.where(known, 0.5 * age, 60)
    return {
        "kwh": kwh.tolist(),
        "age": [int(a) if there else None for a, there in zip(age, known, strict=True)],
        "kind": [None if k % 13 == 5 else str(one) for k, one in enumerate(kind)],
        "green": [bool(one) for one in green],
        "price": price.round(2).tolist(),
    }


TABLE = tariff()
COLUMNS = (
    Column("kwh"),
    Column("age", "integer", missing=True),
    Column("kind", "category", tuple(sorted(KINDS)), missing=True),
    Column("green", "yes/no"),
)


def tables():
    """The same table, as each library holds it, in other orders and with a column that nobody knows."""
    n_rows = len(TABLE["kwh"])
    frame = pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in TABLE.items()})
    nullable = frame.astype({"kwh": "Float64", "age": "Int64", "kind": "string", "green": "boolean"})
    yield "dict", TABLE
    yield "objects", frame
    yield "NumPy", frame.astype({"kwh": float, "age": float, "green": bool})
    yield "nullable", nullable[["green", "kind", "age", "kwh"]]
    yield "categorical", nullable.astype({"kind": pd.CategoricalDtype([*KINDS[::-1], "other"])})
    yield "dates aside", nullable.assign(day=datetime.date(2026, 1, 31))
    yield "sparse", frame.astype({"kwh": pd.SparseDtype(float, 0.0), "age": pd.SparseDtype(float), "green": bool})
    yield "polars", pl.DataFrame(TABLE)
    yield "polars backwards", pl.DataFrame(TABLE).select(list(TABLE)[::-1]).with_columns(odd=pl.lit("x"))
    yield "Arrow", pa.table(TABLE)
    yield "Arrow backwards", pa.table(TABLE).select(list(TABLE)[::-1])
    yield "rows", [dict(zip(TABLE, row, strict=True)) for row in zip(*TABLE.values(), strict=True)]
    yield (
        "half a row each",
        [{name: TABLE[name][k] for name in TABLE if TABLE[name][k] is not None} for k in range(n_rows)],
    )


@pytest.fixture(scope="module")
def fitted():
    return pr.fit_rules(TABLE, target="price", max_nonlinear=1, **QUICK)


@pytest.fixture(scope="module")
def classifier():
    odd = np.abs(np.array(TABLE["kwh"]) - 300) > 150
    return pr.fit_rules({**TABLE, "price": np.where(odd, "odd", "usual")}, target="price", max_nonlinear=1, **QUICK)


@pytest.fixture(params=["regression", "classification"])
def either(request, fitted, classifier):
    return fitted if request.param == "regression" else classifier


def known(table):
    """The columns that the estimator was fitted on, since it takes no others."""
    return pd.DataFrame({column.name: pd.Series(table[column.name], dtype=object) for column in COLUMNS})


def test_the_rules_know_their_columns(either):
    assert either.rules.columns == either.estimator.columns_ == COLUMNS
    assert len(either.rules.rules) > 1 and either.score > 0.8


SHAPES = dict(tables())


@pytest.mark.parametrize("table", SHAPES.values(), ids=SHAPES)
def test_a_table_of_every_library_is_predicted_alike(either, table):
    expected = either.estimator.predict(known(TABLE))
    np.testing.assert_array_equal(either.predict(table), expected)
    raw = either.rules.predict(table)
    np.testing.assert_array_equal(raw, either.rules.predict(either.rules.encoded(TABLE)))
    assert raw.shape == (150, 1)
    if either.task == "classification":
        np.testing.assert_array_equal(either.rules.classify(table), expected)
        np.testing.assert_array_equal(either.predict_proba(table), either.estimator.predict_proba(known(TABLE)))


def test_one_row_in_every_shape(either):
    frame, everything = known(TABLE), either.predict(TABLE)
    for k in (0, 1, 5, 20):
        row = {column.name: TABLE[column.name][k] for column in COLUMNS}
        shapes = [row, dict(reversed(row.items())), frame.iloc[k], frame.iloc[k][::-1], frame.iloc[[k]], [row]]
        for shape in shapes:
            assert either.predict(shape).tolist() == everything[[k]].tolist()
            np.testing.assert_array_equal(either.rules.assign(shape), either.rules.assign(TABLE)[[k]])
    with pytest.raises(DataError, match="the table has no column 'kwh'; its columns are '0', '1', '2', '3'"):
        either.rules.predict(pd.Series(list(row.values())))


def test_the_file_scores_tables_and_files(either, tmp_path):
    either.export("json", tmp_path / "rules.json")
    rules = pr.read_rules(tmp_path / "rules.json")
    assert rules == either.rules
    expected = either.rules.predict(TABLE)
    for table in SHAPES.values():
        np.testing.assert_array_equal(rules.predict(table), expected)
    kinds = {column.name: column.kind for column in rules.columns}
    frame = pd.DataFrame(TABLE).astype({"age": "Int64"}).iloc[:, ::-1]
    frame.to_csv(tmp_path / "table.csv", index=False)
    frame.assign(kwh=frame["kwh"].map("{:.1f}".format).str.replace(".", ",")).to_csv(
        tmp_path / "german.csv", index=False, sep=";", encoding="utf-16"
    )
    pyarrow.parquet.write_table(pa.table(TABLE), tmp_path / "table.parquet")
    for name in ("table.csv", "german.csv", "table.parquet"):
        read = read_columns(tmp_path / name, kinds)
        np.testing.assert_array_equal(rules.predict(read), expected)


def test_raw_tables_do_wherever_encoded_rows_do(either):
    rules = either.rules
    x = rules.encoded(TABLE)
    assert rules.rounded(max_error=1.0, x=TABLE) == rules.rounded(max_error=1.0, x=x)
    assert rules.rounded(decimals=2, domain=TABLE) == rules.rounded(decimals=2, domain=x)
    assert rules.certify(either.model, TABLE) == rules.certify(either.model, x)
    assert rules.certify(either.model, pl.DataFrame(TABLE)).covered
    form = either.chosen.form
    again = pr.extract(form, TABLE, columns=rules.columns)
    assert again == pr.extract(form, x, columns=rules.columns)
    np.testing.assert_allclose(again.predict(TABLE), rules.predict(TABLE), rtol=1e-9, atol=1e-9)
    if either.task == "classification":
        assert rules.decision_rules(x=TABLE) == rules.decision_rules(x=x)
        assert rules.decision_rules(TABLE) == rules.decision_rules(x)
        np.testing.assert_array_equal(rules.decision_rules(x=TABLE).classify(TABLE), either.predict(TABLE))


def test_the_printed_text_gives_the_answers_by_hand(either):
    """No number is needed that the text does not say: what is missing counts as 0."""
    text = either.rules.export("paper")
    assert "(counted as 0 where missing: age)" in text
    read = paper_reader.read(text)
    assert read.features == either.rules.features
    expected = either.rules.predict(TABLE)[:, 0]
    tolerance = 0.02 * np.ptp(expected)
    for k, printed in enumerate(expected):
        values = []
        for feature in read.features:
            cell = TABLE[feature.column][k]
            says = {"number": cell or 0, "yes": cell, "level": cell == feature.level, "missing": cell is None}
            values.append(float(says[feature.says]))
        (covering,) = {
            round(float(rule.outputs(np.array([values]))[0, 0]), 6)
            for rule in read.rules
            if all(
                (np.dot(condition.coef, values) + condition.intercept >= 0) == condition.nonnegative
                for condition in rule.conditions
            )
        } or {np.nan}
        assert covering == pytest.approx(printed, abs=tolerance)
    printed = [printed_rule(rule, either.rules.precision) for rule in either.rules]
    assert [rule.outputs for rule in read.rules] == [rule.outputs for rule in printed]


def test_a_copy_predicts_as_well(either):
    again = pickle.loads(pickle.dumps(either))
    np.testing.assert_array_equal(again.predict(TABLE), either.predict(TABLE))
    assert again.scores == either.scores and str(again) == str(either)


def test_scores_are_in_the_units_of_the_target(fitted, classifier):
    assert list(fitted.scores) == list(fitted.full_scores) == ["R2", "MAE"]
    assert list(classifier.scores) == ["accuracy", "balanced accuracy", "log-loss", "AUC"]
    assert fitted.scores["MAE"] < 0.3 * np.std(TABLE["price"]) and fitted.scores["MAE"] > 0.05
    assert "MAE" in str(fitted) and "balanced accuracy" in str(classifier) and "AUC" in str(classifier)


def test_cells_that_training_knew_nothing_of_are_named(either):
    row = {"kwh": 100.0, "age": None, "kind": "farm", "green": True}
    assert either.predict(row).shape == (1,)
    for change, message in [
        ({"kind": "2"}, r"holds '2' in row 0, which no training row had; its levels are '01', '1', 'NA', 'business'"),
        ({"kind": 1}, "column 'kind' holds 1 in row 0"),
        ({"kind": ""}, "column 'kind' holds '' in row 0"),
        ({"kwh": None}, "column 'kwh' is missing in row 0, but was never missing in training"),
        ({"kwh": float("inf")}, "column 'kwh' holds inf in row 0"),
        ({"kwh": "12"}, "column 'kwh' holds '12' in row 0, where a number is needed"),
        ({"green": "yes"}, "column 'green' holds 'yes' in row 0, where yes or no is needed"),
        ({"age": 2**53 + 1}, "which float64 cannot hold exactly"),
    ]:
        with pytest.raises(InvalidValueError, match=message):
            either.predict({**row, **change})


@pytest.mark.parametrize("frame", [known(TABLE), pl.DataFrame(TABLE).drop("price"), pa.table(TABLE).drop(["price"])])
def test_estimators_refuse_another_order_as_scikit_learn_does(fitted, frame):
    price = np.array(TABLE["price"])
    model = pr.PReLURuleRegressor(**QUICK, max_nonlinear=0, random_state=0).fit(frame, price)
    names = list(known(TABLE))
    assert model.feature_names_in_.tolist() == names and [column.name for column in model.columns_] == names
    np.testing.assert_array_equal(model.predict(frame), model.rules_.predict(frame)[:, 0])
    backwards = frame.select(names[::-1]) if hasattr(frame, "select") else frame[names[::-1]]
    with pytest.raises(ValueError, match="must be in the same order"):
        model.predict(backwards)
    np.testing.assert_array_equal(model.rules_.predict(backwards)[:, 0], model.predict(frame))
    fewer = frame.select(names[:2]) if hasattr(frame, "select") else frame[names[:2]]
    with pytest.raises(ValueError, match="missing"):
        model.predict(fewer)
