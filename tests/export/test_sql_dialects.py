"""SQL of dialects whose databases are not at hand: read by sqlglot, and run by DuckDB after sqlglot translated it."""

import executed
import pytest
import sql_consumers

from prelu_rules.columns.column import Column
from prelu_rules.errors import InvalidValueError
from prelu_rules.export.sql import write
from prelu_rules.export.sql_dialect import DIALECTS
from prelu_rules.network.affine import AffineMap
from prelu_rules.rules.rule import Rule
from prelu_rules.rules.rule_system import RuleSystem

OTHERS = ("snowflake", "bigquery", "tsql", "spark", "mysql", "oracle")


def translated(sql, dialect):
    """The same for DuckDB, where texts are compared by their characters anyway; also what sqlglot leaves as it is."""
    sqlglot = executed.module("sqlglot")
    exp = sqlglot.exp

    def without_collation(node):
        is_binary = isinstance(node, exp.Cast) and node.to.is_type("binary")
        return node.this if is_binary or isinstance(node, exp.Collate) else node

    def plain(node):
        if isinstance(node, exp.National):
            return exp.Literal.string(node.name)
        if isinstance(node, exp.Is) and node.expression.name == "NAN":
            return exp.IsNan(this=node.this)
        if isinstance(node, exp.DataType) and dialect == "tsql":
            # FLOAT has 53 bits there.
            return exp.DataType.build("double" if node.is_type("float") else "varchar")
        return node

    return sqlglot.parse_one(sql, read=dialect).transform(without_collation).transform(plain).sql("duckdb")


class Translated(sql_consumers.DuckDB):
    """DuckDB behind sqlglot, for `sql_consumers.run`."""

    def run(self, case, table, forms, dialect):
        with self.connection() as (execute, fetch):
            sql_consumers.create(execute, case.system.columns, table, "duckdb")
            for shape, form in forms:
                view, query = sql_consumers.statement(case, shape, form, dialect)
                if view is not None:
                    execute(translated(view, dialect), None)
                yield shape, sql_consumers.answers(case, shape, fetch(translated(query, dialect)))
                if view is not None:
                    execute("DROP VIEW answers", None)


@pytest.mark.slow
@pytest.mark.parametrize("dialect", OTHERS)
@pytest.mark.parametrize("name", executed.NAMES)
def test_answers_are_those_of_the_rules(dialect, name):
    case = executed.case(name)
    forms = [(shape, form) for shape in case.shapes for form in ("query", "view")]
    for shape, found in Translated().run(case, case.rows, forms, dialect):
        executed.check(case, shape, *found)
    for _, found in Translated().run(case, case.refused, forms, dialect):
        executed.check_refused(case, *(result for result in found if result is not None))


@pytest.mark.parametrize("dialect", OTHERS)
@pytest.mark.parametrize("name", ["tariff", "one logit", "twelve rules"])
def test_expressions_are_the_same(dialect, name):
    case = executed.case(name)
    for shape, found in Translated().run(case, case.rows, [(s, "expressions") for s in case.shapes], dialect):
        executed.check(case, shape, *found)


@pytest.mark.parametrize("dialect", list(DIALECTS))
@pytest.mark.parametrize("pair", executed.PAIRS, ids=executed.pair_id)
def test_names_and_texts_are_read_back(dialect, pair):
    sqlglot = executed.module("sqlglot")
    for name in pair:
        words = DIALECTS[dialect]
        if words.problem(name) is None:
            assert sqlglot.parse_one(f"SELECT {words.quoted(name, 'column')}", read=dialect).selects[0].name == name
        if "\0" not in name and not (words.empty_is_null and name == ""):
            literal = words.text_literal(name, "level")
            assert sqlglot.parse_one(f"SELECT {literal}", read=dialect).selects[0].name == name


@pytest.mark.parametrize(
    ("dialect", "names", "message"),
    [
        ("duckdb", ("a", "A"), "'a' and 'A' are one in DuckDB"),
        ("duckdb", ("", "b"), "'' is empty"),
        ("duckdb", ("a\0", "b"), "holds '\\\\x00'"),
        ("sqlite", ("true", "b"), "'true' is a value even in quotes in SQLite"),
        ("postgres", ("ä" * 32, "b"), "has 64 bytes, of which 63 count in PostgreSQL"),
        ("bigquery", ("a.b", "b"), "holds '.', which is not allowed in BigQuery"),
        ("tsql", ("a" * 129, "b"), "has 129 characters, of which 128 count"),
        ("mysql", ("a ", "b"), "ends with a blank"),
        ("mysql", ("🙂", "b"), "above U\\+FFFF"),
        ("oracle", ('say "x"', "b"), "holds '\"', which is not allowed in Oracle"),
    ],
)
def test_names_that_a_dialect_does_not_have_are_refused(dialect, names, message):
    rules = RuleSystem((Rule((), AffineMap([[1.0, 2.0]], [0.0])),), names, ("y",))
    for table in (None, "rows"):
        with pytest.raises(InvalidValueError, match=message):
            write(rules, dialect, table)


@pytest.mark.parametrize(("dialect", "level", "message"), [("oracle", "", "is NULL"), ("duckdb", "\0", "holds NUL")])
def test_levels_that_a_dialect_does_not_have_are_refused(dialect, level, message):
    columns = (Column("kind", "category", (level, "b")),)
    rules = RuleSystem((Rule((), AffineMap([[1.0, 2.0]], [0.0])),), columns, ("y",))
    with pytest.raises(InvalidValueError, match=message):
        write(rules, dialect)
