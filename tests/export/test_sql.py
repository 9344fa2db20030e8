"""SQL in DuckDB, SQLite and PostgreSQL against the rules."""

import executed
import pytest
import sql_consumers

from prelu_rules.errors import InvalidValueError
from prelu_rules.export.sql import write


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
