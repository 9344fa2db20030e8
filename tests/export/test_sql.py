"""SQL in DuckDB, SQLite and PostgreSQL against the rules."""

import contextlib
import sqlite3

import executed
import networks
import numpy as np
import pytest
import sql_consumers
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.columns.column import Column
from prelu_rules.errors import InvalidValueError
from prelu_rules.export import python
from prelu_rules.export.sql import write
from prelu_rules.network.affine import AffineMap
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.rule import Rule
from prelu_rules.rules.rule_system import RuleSystem


@pytest.fixture(scope="module", params=["duckdb", "sqlite", "postgres"])
def database(request):
    if request.param == "postgres":
        server = sql_consumers.PostgreSQL()
        yield server
        server.stop()
    else:
        yield {"duckdb": sql_consumers.DuckDB, "sqlite": sql_consumers.SQLite}[request.param]()


def forms(case):
    """Every shape in every form; deep formulas are for queries only."""
    found = [(shape, form) for shape in case.shapes for form in ("query", "view", "expressions")]
    return [one for one in found if (case.name, *one) != ("deep", "formula", "expressions")]


@pytest.mark.parametrize("name", executed.NAMES)
def test_answers_are_those_of_the_rules(database, name):
    case = executed.case(name)
    for shape, found in sql_consumers.run(database, case, case.rows, forms(case)):
        executed.check(case, shape, *found)


@pytest.mark.parametrize("name", executed.NAMES)
def test_cells_without_an_answer_give_null(database, name):
    case = executed.case(name)
    for _, found in sql_consumers.run(database, case, case.refused, forms(case)):
        executed.check_refused(case, *(result for result in found if result is not None))


@pytest.mark.parametrize("pair", executed.PAIRS, ids=executed.pair_id)
def test_names_are_data(database, pair):
    case = executed.hostile_case(*pair)
    try:
        write(case.system, database.dialect, "rows", keep=[])
    except InvalidValueError as error:
        assert "rename" in str(error)
        return
    for shape, found in sql_consumers.run(database, case, case.rows, forms(case)):
        executed.check(case, shape, *found)


@pytest.mark.parametrize("name", [name for name in executed.NAMES if name != "deep"])
def test_sums_are_added_in_the_order_of_the_python_target(database, name):
    """So the outputs of the lists are the same doubles, bit for bit."""
    case, scope = executed.case(name), {}
    exec(python.write(case.system, shape="list"), scope)
    ((_, (outputs, rules, _)),) = sql_consumers.run(database, case, case.rows, [("list", "query")])
    for row, found, rule in zip(executed.rows_of(case.rows), outputs, rules, strict=True):
        if rule is not None:
            assert list(scope["predict"](*row.values()).values()) == list(found)
            assert scope["predict_rule"](*row.values()) == rule


def test_nan_is_missing_and_infinity_has_no_answer(database):
    case = executed.case("tariff")
    table = {"kwh": [1.0, 1.0, 1.0, np.inf, np.nan], "kind": ["farm"] * 5, "age": [None, np.nan, -np.inf, 1.0, 1.0]}
    ((_, (outputs, _, _)),) = sql_consumers.run(database, case, table, [("list", "query")])
    missing = case.system.predict({"kwh": 1.0, "kind": "farm", "age": None})[0]
    assert outputs == [tuple(missing), tuple(missing), (None,), (None,), (None,)]


def test_a_text_in_a_column_of_numbers_has_no_answer_in_sqlite():
    rules = executed.case("gaps").system
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE rows (x TEXT)")
        connection.executemany("INSERT INTO rows VALUES (?)", [("3.5",), ("abc",), ("3abc",), ("",)])
        found = connection.execute(write(rules, "sqlite", "rows", keep=[])).fetchall()
        assert found == [(7.0, 2), (None, None), (None, None), (None, None)]


@given(networks.seeds, st.lists(st.text(max_size=6), min_size=5, max_size=5, unique_by=str.lower))
def test_names_are_data_in_sqlite(seed, names):
    columns = (Column(names[0]), Column(names[1], "category", tuple(names[:2]), missing=True))
    form = networks.random_form(seed, (4, 2, 2))
    try:
        system = extract_rules(form, columns=columns, output_names=names[2:4], classes=names[3:])
        write(system, "sqlite")
    except InvalidValueError:
        return
    case = executed.case_of("random", system, n_random=20)
    for shape, found in sql_consumers.run(sql_consumers.SQLite(), case, case.rows, forms(case)):
        executed.check(case, shape, *found)


@pytest.mark.parametrize("form", ["query", "expressions"])
def test_a_column_that_is_not_there_is_an_error(database, form):
    case = executed.case("gaps")
    with database.connection() as (execute, fetch):
        execute(f'CREATE TABLE "rows" ("{sql_consumers.KEY}" INTEGER, z INTEGER)', None)
        _, query = sql_consumers.statement(case, "list", form, database.dialect)
        with pytest.raises(Exception, match="x"):
            fetch(query)


def test_a_thousand_levels(database):
    column = Column("code", "category", tuple(f"c{k}" for k in range(1200)))
    weights = np.random.default_rng(0).normal(size=(1, 1200))
    system = RuleSystem((Rule((), AffineMap(weights, [1.0])),), (column,), ("y",))
    case = executed.Case("levels", system, {"code": list(column.levels)}, {})
    for shape, found in sql_consumers.run(database, case, case.rows, [("list", "query")]):
        executed.check(case, shape, *found)


def test_a_table_may_be_called_like_a_subquery_and_be_in_a_schema(database):
    case = executed.case("gaps")
    with database.connection() as (execute, fetch):
        sql_consumers.create(execute, case.system.columns, case.rows, database.dialect, "features", database.mark)
        schema = {"duckdb": "main", "sqlite": "main", "postgres": "public"}[database.dialect]
        for table in ("features", (schema, "features")):
            query = write(case.system, database.dialect, table, keep=[sql_consumers.KEY])
            executed.check(case, "list", *sql_consumers.answers(case, "list", fetch(query)))


def test_the_columns_of_the_rules_are_kept_as_they_are(database):
    case = executed.case("kinds of levels")
    with database.connection() as (execute, fetch):
        sql_consumers.create(execute, case.system.columns, case.rows, database.dialect, mark=database.mark)
        before = fetch("SELECT share, flag, code, x FROM rows")
        kept = [row[:4] for row in fetch(write(case.system, database.dialect, "rows"))]
    assert sorted(kept, key=repr) == sorted(before, key=repr)


def test_an_answer_that_differs_from_another_in_case_only_has_a_number(database):
    system = RuleSystem((Rule((), AffineMap([[2.0]], [1.0])),), ("x",), ("Rule",))
    case = executed.case_of("one", system, n_random=20)
    ((_, found),) = sql_consumers.run(database, case, case.rows, [("list", "query")])
    executed.check(case, "list", *found)
    assert write(system, "duckdb", "rows").endswith('AS "rule 2"\nFROM "step_1"\n')


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dialect": "postgress"}, "there is no SQL dialect 'postgress'; did you mean 'postgres'?"),
        ({"dialect": "SQL"}, "there is no SQL dialect 'SQL'"),
        ({"view": "answers"}, "view is 'answers', but there is no table"),
        ({"keep": ["id"]}, r"keep is \['id'\], but there is no table"),
        ({"table": "rows", "keep": "id"}, "keep is 'id'; it must be a list of columns"),
        ({"table": "rows", "keep": ["id", "ID"]}, "the kept names 'id' and 'ID' are one in DuckDB"),
        ({"table": "rows", "keep": ["Y"]}, "the answer 'y' is called like a column that is kept"),
        ({"table": ()}, r"table is \(\)"),
        ({"table": ""}, "the table name '' is empty"),
        ({"shape": "tree"}, "shape is 'tree'"),
        ({"shape": "formula"}, "have no formula"),
    ],
)
def test_options_are_checked(options, message):
    with pytest.raises(InvalidValueError, match=message):
        write(executed.case("gaps").system, **options)


def test_one_expression_does_not_hold_many_nested_bends():
    with pytest.raises(InvalidValueError, match="13 bends are nested in one another"):
        write(executed.case("deep").system, shape="formula")


def test_a_query_has_as_many_columns_as_the_dialect_allows():
    column = Column("code", "category", tuple(f"c{k}" for k in range(2000)))
    system = RuleSystem((Rule((), AffineMap(np.ones((1, 2000)), [1.0])),), (column,), ("y",))
    with pytest.raises(InvalidValueError, match="2005 columns within it, and SQLite allows 2000"):
        write(system, "sqlite", "rows")
