"""SQL: the columns of a SELECT, a query over a table, or a view, in the dialects of `sql_dialect`.

A query is a chain of named subqueries, so that no expression is nested: the features of the cells first, then what
needs them, and so on. Only CASE is used, since GREATEST skips NULL in some dialects.
"""

from __future__ import annotations

from collections.abc import Sequence

from prelu_rules.errors import InvalidValueError
from prelu_rules.export.program import Choice, Positive, Program, Shape, Weighted, program_of
from prelu_rules.export.sql_dialect import DIALECTS, Dialect
from prelu_rules.export.sql_source import Source
from prelu_rules.rules.names import free_name
from prelu_rules.rules.on_demand import RulesOnDemand
from prelu_rules.rules.rule_system import RuleSystem

MOST_NESTED = 4
"""Bends within bends that one expression holds, and that a planner may make one of: each is there twice per use."""

Name = str | Sequence[str]
"""The name of a table; several texts where it is in a schema."""


def write(
    system: RuleSystem | RulesOnDemand,
    dialect: str | Dialect = "duckdb",
    table: Name | None = None,
    view: Name | None = None,
    keep: Sequence[str] | None = None,
    shape: Shape | None = None,
) -> str:
    """Rules as SQL.

    Every number is a double and in full. An answer is NULL where no rule holds, for a level that training never saw,
    for a cell that is missing where none was, and for an infinite one; NaN counts as missing. Names are quoted, so
    upper and lower case count where they do in the database.

    Args:
        system: the rules.
        dialect: "duckdb", "sqlite", "postgres", "snowflake", "bigquery", "tsql", "spark", "mysql" or "oracle"; or a
            `Dialect`.
        table: the table that holds the columns; ("schema", "table") where it is in a schema. Without one the result is
            a list of expressions, to be put after SELECT.
        view: instead of a query, a statement that creates a view of this name.
        keep: the columns of the table that the query's result has besides the answers, such as its key; by default
            those that the rules are about.
        shape: "list" for the rules, "formula" for the network's formula; see `program_of`.

    Returns:
        SQL without a semicolon at the end. There is one column for each output, `rule` with the number of the rule
        (from 1) where there is a list of rules, and `class` for classifiers.

    Raises:
        InvalidValueError: if there is no such dialect or shape, a name cannot be written in the dialect or is used
            twice, a view is asked for without a table, or one expression cannot hold the formula.

    Example:
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-3], C=[[1]], D=[[1]], e=[0], slopes=[0])
        >>> rules = extract_rules(form, feature_names=["age"], output_names=["cost"])
        >>> print(write(rules, table="people", keep=["id"], shape="formula"), end="")
        WITH "features" AS (
          SELECT
            t."id" AS "id",
            CAST(t."age" AS DOUBLE) AS "age",
            CASE WHEN ABS(CAST(t."age" AS DOUBLE)) <= 1.7976931348623157e+308 THEN 1 ELSE 0 END AS "known"
          FROM "people" t
        ),
        "step_1" AS (
          SELECT
            s.*,
            CASE WHEN "age" - 3e0 > 0 THEN "age" - 3e0 ELSE 0e0 END AS "bend 1"
          FROM "features" s
        ),
        "step_2" AS (
          SELECT
            s.*,
            "age" + "bend 1" AS "cost"
          FROM "step_1" s
        )
        SELECT
          "id",
          CASE WHEN "known" = 1 THEN "cost" END AS "cost"
        FROM "step_2"
    """
    words = dialect if isinstance(dialect, Dialect) else DIALECTS[dialect]
    program = program_of(system, shape)
    if isinstance(keep, str):
        raise InvalidValueError(f"keep is {keep!r}; it must be a list of columns, such as [{keep!r}].")
    if table is not None:
        columns = [column.name for column in program.columns] if keep is None else list(keep)
        query = _Query(program, words, columns).text(_path(table, "table", words))
        return query if view is None else f"CREATE VIEW {_path(view, 'view', words)} AS\n{query}"
    for option, value in (("view", view), ("keep", keep)):
        if value is not None:
            raise InvalidValueError(f"{option} is {value!r}, but there is no table; give table='...' as well.")
    return _Expressions(program, words).text()


def _path(name: Name, what: str, dialect: Dialect) -> str:
    """A name, or several with dots between."""
    parts = [name] if isinstance(name, str) else list(name)
    if not parts or not all(isinstance(part, str) for part in parts):
        raise InvalidValueError(f"{what} is {name!r}; it must be a name, or several, such as ('schema', 'table').")
    return ".".join(dialect.quoted(part, what) for part in parts)


class _Query(Source):
    """A chain of subqueries: steps that need the same number of steps before them are in one."""

    def __init__(self, program: Program, dialect: Dialect, keep: Sequence[str]) -> None:
        super().__init__(program, dialect, "t.")
        self.keep = {name: dialect.quoted(name, "column") for name in keep}
        self.check_distinct("kept", keep)
        taken = [*self.keep, *(name for name, _ in self.results)]
        self._check_kept()
        named = {step: name for name, step in self.results}
        for place, step in enumerate(program.steps):
            if place not in named:
                name = free_name(
                    f"{step.name} as number" if step.name in self.keep else step.name, taken, ignore_case=True
                )
                named[place] = (
                    name if dialect.problem(name) is None else free_name(f"step {place}", taken, ignore_case=True)
                )
                taken.append(named[place])
            self.names[place] = dialect.quoted(named[place], "step")
        self.is_known = dialect.quoted(free_name("known", taken, ignore_case=True), "step")

    def _check_kept(self) -> None:
        """Refuse an answer that is called like a column that is kept."""
        kept = {name.lower() if self.dialect.folds_case else name for name in self.keep}
        for name, _ in self.results:
            if (name.lower() if self.dialect.folds_case else name) in kept:
                raise InvalidValueError(
                    f"the answer {name!r} is called like a column that is kept; leave that out of keep=[...]."
                )

    def text(self, table: str) -> str:
        """The query."""
        widths = []
        chain = []
        last = self._subquery("features", table)
        for depth in range(1 + max(self.depths[step] for step in self.used)):
            places = [step for step in self.used if self.depths[step] == depth]
            columns = [f"{self.step(place, '    ')} AS {self.names[place]}" for place in places]
            if depth == 0:
                kept = [f"t.{name} AS {name}" for name in self.keep.values()]
                known = f"CASE WHEN {self.known()} THEN 1 ELSE 0 END AS {self.is_known}"
                columns, source = [*kept, *columns, known], f"{table} t"
            else:
                columns, source = ["s.*", *columns], f"{last} s"
                last = self._subquery(f"step_{depth}", table)
            widths.append(len(columns))
            fence = self.dialect.fence if depth and depth % MOST_NESTED == 0 else ""
            chain.append(f"{last} AS (\n  SELECT\n    {_listed(columns, '    ')}\n  FROM {source}{fence}\n)")
        most = self.dialect.most_columns
        if most is not None and sum(widths) > most:
            raise InvalidValueError(
                f"the query has {sum(widths)} columns within it, and {self.dialect.name} allows {most}; give "
                "expressions (no table), or rules of fewer features."
            )
        answers = [
            f"CASE WHEN {self.is_known} = 1 THEN {self.names[step]} END AS {alias}"
            for (_, step), alias in zip(self.results, self.aliases, strict=True)
        ]
        return f"WITH {_listed(chain, '')}\nSELECT\n  {_listed([*self.keep.values(), *answers], '  ')}\nFROM {last}\n"

    def _subquery(self, name: str, table: str) -> str:
        """The name of a subquery, other than that of the table."""
        found = self.dialect.quoted(name, "step")
        return found if found.lower() != table.lower() else self.dialect.quoted(f"{name}_", "step")


class _Expressions(Source):
    """Steps written into one another."""

    def __init__(self, program: Program, dialect: Dialect) -> None:
        super().__init__(program, dialect, "")
        deep = max((self.depths[s] for s in self.used if isinstance(program.steps[s].value, Positive)), default=0)
        if deep > MOST_NESTED:
            raise InvalidValueError(
                f"{deep} bends are nested in one another, too many for one expression; give table='...'."
            )

    def text(self) -> str:
        """The list of expressions."""
        decision = self.program.decision
        for place in self.used:
            is_sum = isinstance(self.program.steps[place].value, Weighted)
            expression = self.step(place, "") if place != decision else self._decision(place)
            self.names[place] = f"({expression})" if is_sum else expression
        known = self.known()
        answers = [
            f"CASE WHEN {known} THEN {self.names[step]} END AS {alias}"
            for (_, step), alias in zip(self.results, self.aliases, strict=True)
        ]
        return _listed(answers, "") + "\n"

    def _decision(self, place: int) -> str:
        """The class; of a list of rules each compares its own logits, so that each logit is looked up once only."""
        logits = [step for _, step in self.program.outputs]
        values = [self.program.steps[step].value for step in logits]
        rule, decided = self.program.rule, self.program.steps[place].value
        if rule is None or not all(isinstance(value, Choice) for value in values):
            return self.step(place, "")
        assert isinstance(decided, Choice)
        names, lines = list(self.names), [f"CASE {self.names[rule]}"]
        for number, branches in enumerate(zip(*(v.branches for v in values if isinstance(v, Choice)), strict=True), 1):
            for step, (_, value) in zip(logits, branches, strict=True):
                self.names[step] = f"({self.write(value)})"
            lines.append(f"  WHEN {number} THEN {self.write(decided.branches[0][1])}")
        self.names = names
        return "\n".join([*lines, "END"])


def _listed(columns: Sequence[str], indent: str) -> str:
    return f",\n{indent}".join(columns)
