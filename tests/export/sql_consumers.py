"""Databases that run SQL on the rows of a case: a table of the raw cells, typed as a user would, and what came out."""

import contextlib
import os
import pwd
import shutil
import sqlite3
import subprocess
import tempfile
from pathlib import Path

import executed
import pytest

from prelu_rules.export.sql import write

KEY = "number of the row"
"""A column that no case has, since a table has no order."""

TYPES = {
    "duckdb": {"number": "DOUBLE", "integer": "BIGINT", "yes/no": "BOOLEAN", "text": "VARCHAR"},
    "sqlite": {"number": "REAL", "integer": "INTEGER", "yes/no": "INTEGER", "text": "TEXT"},
    "postgres": {"number": "double precision", "integer": "bigint", "yes/no": "boolean", "text": "text"},
    "mysql": {"number": "DOUBLE", "integer": "BIGINT", "yes/no": "BOOLEAN", "text": "LONGTEXT"},
}


def kind_of(column):
    """What a database would hold; levels of several types are texts there."""
    if column.kind != "category":
        return column.kind
    kinds = set(map(type, column.levels))
    return "yes/no" if kinds == {bool} else "number" if kinds <= {int, float} else "text"


def quoted(name, dialect):
    """A name as sqlglot quotes it."""
    return executed.module("sqlglot").to_identifier(name, quoted=True).sql(dialect)


def create(execute, columns, table, dialect, name="rows", mark="?"):
    """Make and fill a table of raw cells."""
    types = [f"{quoted(c.name, dialect)} {TYPES[dialect][kind_of(c)]}" for c in columns]
    key = quoted(KEY, dialect)
    execute(f"CREATE TABLE {quoted(name, dialect)} ({', '.join([f'{key} INTEGER', *types])})", None)
    cells = [
        [cell if cell is None or kind_of(column) != "text" else str(cell) for cell in table[column.name]]
        for column in columns
    ]
    marks = ", ".join([mark] * (len(columns) + 1))
    insert = f"INSERT INTO {quoted(name, dialect)} VALUES ({marks})"
    execute(insert, [(row, *values) for row, values in enumerate(zip(*cells, strict=True))])


def statement(case, shape, form, dialect, name="rows"):
    """A query, a view to be made and then selected from, or a SELECT of expressions."""
    if form == "expressions":
        expressions = write(case.system, dialect, shape=shape)
        return None, f"SELECT {quoted(KEY, dialect)}, {expressions} FROM {quoted(name, dialect)}"
    options = {"dialect": dialect, "table": name, "keep": [KEY], "shape": shape}
    if form == "query":
        return None, write(case.system, **options)
    return write(case.system, view="answers", **options), f"SELECT * FROM {quoted('answers', dialect)}"


def answers(case, shape, rows):
    """Outputs, rules and classes of fetched rows."""
    system = case.system
    rows = sorted(rows)
    outputs = [row[1 : 1 + len(system.output_names)] for row in rows]
    rest = [list(column) for column in zip(*(row[1 + len(system.output_names) :] for row in rows), strict=True)]
    rules = rest.pop(0) if shape == "list" else None
    classes = rest.pop(0) if system.classes is not None else None
    assert not rest
    if classes is not None and len(set(map(type, system.classes)) - {float}) > 1:
        labels = {str(label): label for label in system.classes}
        classes = [labels.get(label) for label in classes]
    return outputs, rules, classes


def run(database, case, table, shape_and_forms):
    """What a database answers for rows, in each shape and form."""
    dialect = database.dialect
    with database.connection() as (execute, fetch):
        create(execute, case.system.columns, table, dialect, mark=database.mark)
        for shape, form in shape_and_forms:
            view, query = statement(case, shape, form, dialect)
            if view is not None:
                execute(view, None)
            yield shape, answers(case, shape, fetch(query))
            if view is not None:
                execute("DROP VIEW answers", None)


class DuckDB:
    dialect, mark = "duckdb", "?"

    def __init__(self):
        self._duckdb = executed.module("duckdb")

    @contextlib.contextmanager
    def connection(self):
        with self._duckdb.connect() as connection:

            def execute(sql, rows):
                if rows is None:
                    connection.execute(sql)
                elif rows:
                    connection.execute("BEGIN")
                    connection.executemany(sql, rows)
                    connection.execute("COMMIT")

            yield execute, lambda sql: connection.execute(sql).fetchall()


class SQLite:
    dialect, mark = "sqlite", "?"

    @contextlib.contextmanager
    def connection(self):
        with contextlib.closing(sqlite3.connect(":memory:")) as connection:

            def execute(sql, rows):
                connection.execute(sql) if rows is None else connection.executemany(sql, rows)

            yield execute, lambda sql: connection.execute(sql).fetchall()


class PostgreSQL:
    """A server of its own in a temporary folder, which no network reaches."""

    dialect, mark = "postgres", "%s"

    def __init__(self):
        self._psycopg = executed.module("psycopg")
        initdb = shutil.which("initdb") or max(
            map(str, Path("/usr/lib/postgresql").glob("*/bin/initdb")), default="initdb"
        )
        programs = Path(executed.command(initdb)).resolve().parent
        # The server refuses to run as root.
        self._user = _other_user() if os.geteuid() == 0 else None
        self._folder = tempfile.mkdtemp(dir="/tmp")
        if self._user is not None:
            shutil.chown(self._folder, self._user)
        self._control = programs / "pg_ctl"
        self._call(programs / "initdb", "--auth=trust", "--username=tester", "--encoding=UTF8", "--no-sync")
        options = f"-c listen_addresses= -c fsync=off -k {self._folder}"
        self._call(self._control, "--wait", f"--log={self._folder}/log", f"--options={options}", "start")

    def _call(self, program, *arguments):
        command = [str(program), f"--pgdata={self._folder}/data", *arguments]
        done = subprocess.run(
            command, user=self._user, cwd=self._folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE if "start" not in arguments else subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def stop(self):
        self._call(self._control, "--mode=immediate", "stop")
        shutil.rmtree(self._folder)

    @contextlib.contextmanager
    def connection(self):
        with self._psycopg.connect(host=self._folder, user="tester", dbname="postgres") as connection:
            cursor = connection.cursor()

            def execute(sql, rows):
                cursor.execute(sql) if rows is None else cursor.executemany(
                    sql.replace("%", "%%").replace("%%s", "%s"), rows
                )

            yield execute, lambda sql: cursor.execute(sql).fetchall()
            connection.rollback()


def _other_user():
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    return pytest.skip("PostgreSQL does not run as root, and there is no other user")
