"""What differs between the dialects of SQL: names, texts, numbers, truth, NaN, and limits."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from prelu_rules.columns.column import Level
from prelu_rules.errors import InvalidValueError
from prelu_rules.registry import Registry

LARGEST_INTEGER = 2**63 - 1
"""The largest whole number of the type that whole numbers have in every dialect."""


@dataclass(frozen=True)
class Dialect:
    """How a database writes names and values. In templates `{0}` stands for what is written.

    Attributes:
        name: what it is called in errors.
        number_of: a cell as a double; NULL or an error where it is text that is no number.
        text_of: a cell as text that is equal to another only if all characters are.
        is_nan: a test of a double; None where there is no NaN.
        has_infinity: whether a double can be infinite.
        number: a literal, as a double.
        text: a literal, after quotes were escaped.
        escapes: whether a backslash in a text means something.
        empty_is_null: whether an empty text is the same as none.
        truth: the literals of false and true.
        yes_as_text: whether a cell of yes or no is compared as a text, since it cannot be cast to a number.
        quotes: around a name; the second is doubled within it.
        longest: the most characters, or bytes of UTF-8, that a name has.
        counts_bytes: whether bytes are counted.
        folds_case: whether names that differ in case only are one.
        forbidden: characters that no name has, however it is quoted.
        constants: words that are values even in quotes.
        only_basic: whether names take characters up to U+FFFF only, and no blank at the end.
        most_columns: of one SELECT.
        fence: at the end of a subquery, what keeps the planner from writing it into what uses it, again and again.
    """

    name: str
    number_of: str = "CAST({0} AS DOUBLE)"
    text_of: str = "CAST({0} AS VARCHAR)"
    is_nan: str | None = None
    has_infinity: bool = True
    number: str = "{0}"
    text: str = "'{0}'"
    escapes: bool = False
    empty_is_null: bool = False
    truth: tuple[str, str] = ("FALSE", "TRUE")
    yes_as_text: bool = False
    quotes: tuple[str, str] = ('"', '"')
    longest: int | None = None
    counts_bytes: bool = False
    folds_case: bool = True
    forbidden: str = ""
    constants: tuple[str, ...] = ()
    only_basic: bool = False
    most_columns: int | None = None
    fence: str = ""

    def float_literal(self, value: float) -> str:
        """A number that is read back as the same double; without an exponent many dialects read a decimal.

        Args:
            value: at least 0.

        Returns:
            The literal.

        Example:
            >>> DIALECTS["duckdb"].float_literal(0.1)
            '0.1e0'
        """
        digits = repr(float(value)).removesuffix(".0")
        return self.number.format(digits if "e" in digits else f"{digits}e0")

    def text_literal(self, value: str, what: str) -> str:
        """A text.

        Args:
            value: any text.
            what: what it is, for errors.

        Returns:
            The literal.

        Raises:
            InvalidValueError: if the dialect cannot write it.

        Example:
            >>> DIALECTS["duckdb"].text_literal("it's", "level")
            "'it''s'"
        """
        if "\0" in value:
            raise InvalidValueError(f"the {what} {_short(value)} holds NUL, which no SQL text can; rename it.")
        if not value and self.empty_is_null:
            raise InvalidValueError(f"the {what} '' is NULL in {self.name}; rename it.")
        if self.escapes:
            for plain, escaped in (("\\", "\\\\"), ("'", "\\'"), ("\n", "\\n"), ("\r", "\\r")):
                value = value.replace(plain, escaped)
            return self.text.format(value)
        return self.text.format(value.replace("'", "''"))

    def writer_of(self, values: Sequence[Level], what: str) -> Callable[[Level], str]:
        """How the values of one column are written: as truth, whole numbers or numbers if all are, otherwise as texts.

        Args:
            values: class labels or levels.
            what: what they are, for errors.

        Returns:
            A function from a value to its literal. It raises an InvalidValueError for a text that cannot be written.

        Example:
            >>> truth = DIALECTS["sqlite"].writer_of([False, True], "class")
            >>> truth(True)
            '1'
        """
        kinds = set(map(type, values))
        if kinds == {bool}:
            return lambda value: self.truth[value is True]
        if kinds == {int} and all(abs(int(value)) <= LARGEST_INTEGER for value in values):
            return str
        if kinds <= {int, float}:
            return lambda value: ("-" if float(value) < 0 else "") + self.float_literal(abs(float(value)))
        return lambda value: self.text_literal(str(value), what)

    def quoted(self, name: str, what: str) -> str:
        """A name as an identifier, whatever is in it.

        Args:
            name: any text.
            what: what it names, for errors.

        Returns:
            The identifier.

        Raises:
            InvalidValueError: if the dialect has no such name; it says why.

        Example:
            >>> DIALECTS["tsql"].quoted("rate [x]", "column")
            '[rate [x]]]'
        """
        problem = self.problem(name)
        if problem:
            raise InvalidValueError(f"the {what} name {_short(name)} {problem} in {self.name}; rename it.")
        start, end = self.quotes
        return f"{start}{name.replace(end, 2 * end)}{end}"

    def problem(self, name: str) -> str | None:
        """Why a text cannot be a name.

        Args:
            name: any text.

        Returns:
            The rest of a sentence, or None.

        Example:
            >>> DIALECTS["postgres"].problem(64 * "a")
            'has 64 bytes, of which 63 count'
        """
        if not name:
            return "is empty, which is not allowed"
        if name.lower() in self.constants:
            return "is a value even in quotes"
        for character in ("\0", *self.forbidden):
            if character in name:
                return f"holds {character!r}, which is not allowed"
        if self.only_basic and (max(name) > "\uffff" or name.endswith(" ")):
            return "holds a character above U+FFFF or ends with a blank, which is not allowed"
        size = len(name.encode()) if self.counts_bytes else len(name)
        if self.longest is not None and size > self.longest:
            return f"has {size} {'bytes' if self.counts_bytes else 'characters'}, of which {self.longest} count"
        return None

    def is_finite(self, number: str) -> str:
        """A test of a double that is false or NULL for NaN, infinity and NULL.

        Args:
            number: the double.

        Returns:
            The test.
        """
        if not self.has_infinity:
            return f"{number} IS NOT NULL"
        largest = math.nextafter(math.inf, 0)
        return f"ABS({number}) <= {self.float_literal(largest)}"


def _short(name: str) -> str:
    return repr(name if len(name) <= 60 else f"{name[:60]}...")


DIALECTS: Registry[str, Dialect] = Registry(
    "SQL dialect",
    {
        "duckdb": Dialect("DuckDB", is_nan="isnan({0})"),
        # Cells are of any type, whatever the column's, and a text that is no number would be cast to 0. Within double
        # quotes an unknown name is silently a text, within backticks it is an error.
        "sqlite": Dialect(
            "SQLite",
            number_of="CASE WHEN {0} = CAST({0} AS REAL) THEN CAST({0} AS REAL) END",
            text_of="CAST({0} AS TEXT)",
            truth=("0", "1"),
            quotes=("`", "`"),
            constants=("true", "false"),
            most_columns=2000,
            fence=" LIMIT -1 OFFSET 0",
        ),
        "postgres": Dialect(
            "PostgreSQL",
            number_of="CAST({0} AS double precision)",
            text_of="CAST({0} AS text)",
            is_nan="{0} = 'NaN'",
            number="{0}::float8",
            yes_as_text=True,
            longest=63,
            counts_bytes=True,
            folds_case=False,
            most_columns=1600,
            fence=" OFFSET 0",
        ),
        "snowflake": Dialect(
            "Snowflake",
            is_nan="{0} = 'NaN'",
            number="{0}::double",
            escapes=True,
            yes_as_text=True,
            longest=255,
            folds_case=False,
        ),
        "bigquery": Dialect(
            "BigQuery",
            number_of="CAST({0} AS FLOAT64)",
            text_of="CAST({0} AS STRING)",
            is_nan="IS_NAN({0})",
            escapes=True,
            yes_as_text=True,
            quotes=("`", "`"),
            longest=300,
            forbidden='!"$()*,./;?@[\\]^`{}~\n\r',
            most_columns=10_000,
        ),
        "tsql": Dialect(
            "T-SQL",
            number_of="CAST({0} AS FLOAT)",
            text_of="CAST({0} AS NVARCHAR(MAX)) COLLATE Latin1_General_BIN2",
            has_infinity=False,
            text="N'{0}'",
            truth=("0", "1"),
            quotes=("[", "]"),
            longest=128,
            most_columns=1024,
        ),
        "spark": Dialect("Spark", text_of="CAST({0} AS STRING)", is_nan="isnan({0})", escapes=True, quotes=("`", "`")),
        # Texts are compared as bytes, since otherwise neither case nor blanks at the end count.
        "mysql": Dialect(
            "MySQL",
            text_of="CAST(CAST({0} AS CHAR) AS BINARY)",
            has_infinity=False,
            escapes=True,
            truth=("0", "1"),
            quotes=("`", "`"),
            longest=64,
            only_basic=True,
            most_columns=4096,
        ),
        "oracle": Dialect(
            "Oracle",
            number_of="CAST({0} AS BINARY_DOUBLE)",
            text_of="CAST({0} AS VARCHAR2(4000))",
            is_nan="{0} IS NAN",
            number="CAST({0} AS BINARY_DOUBLE)",
            empty_is_null=True,
            truth=("0", "1"),
            longest=128,
            counts_bytes=True,
            folds_case=False,
            forbidden='"',
            most_columns=1000,
        ),
    },
)
"""The dialects by name; users can add theirs with `DIALECTS.register`."""
