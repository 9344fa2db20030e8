"""Reads what the text for people says beside rules: rows and errors, typical rows, classes, columns, notes."""

from __future__ import annotations

from dataclasses import dataclass

from prelu_rules.columns.column import Column, Kind, Level
from prelu_rules.errors import FormatError, InvalidValueError
from prelu_rules.export.phrase_reader import PhraseReader
from prelu_rules.rules.names import ClassLabel
from prelu_rules.rules.presentation.presentation import TypicalRow
from prelu_rules.rules.presentation.statements import State

CLOSER = 0.4
"""What stands for `under 0.1%` is so much of it, and less than what would be rounded to it."""

Shares = tuple[tuple[ClassLabel, float], ...]


@dataclass(frozen=True)
class Evidence:
    """What stands in parentheses behind a rule.

    Attributes:
        count: the rows that it covers.
        n_rows: all rows.
        errors: the mean error of each output.
        class_counts: the rows of each class that has any.
    """

    count: int | None = None
    n_rows: int | None = None
    errors: tuple[float, ...] | None = None
    class_counts: tuple[tuple[ClassLabel, int], ...] | None = None


class FactReader(PhraseReader):
    """A parser of facts, which goes forward through the tokens."""

    def evidence(self) -> Evidence:
        """`(124 of 480 rows, 26%; mean error 0.38)`; nothing where there is none."""
        tokens = self.tokens
        if not (tokens.sees("(") and tokens.peek(1).kind == "number"):
            return Evidence()
        tokens.next()
        count, n_rows = tokens.whole(), tokens.whole() if tokens.takes("of") else None
        tokens.need_one("row", "rows")
        if tokens.takes(","):
            self.percentage()
        errors, counts = None, None
        while tokens.takes(";"):
            if tokens.takes("mean", "error"):
                errors = self._errors()
            else:
                counts = self._class_counts()
        tokens.need(")")
        return Evidence(count, n_rows, errors, counts)

    def percentage(self) -> float:
        """A share: `26%`, or `under 0.1%`."""
        under, over = self.tokens.takes("under"), self.tokens.takes("over")
        share = self.tokens.number() / 100
        self.tokens.need("%")
        # A share that is written so again.
        return CLOSER * share if under else 1 - CLOSER * (1 - share) if over else share

    def typical_row(self) -> tuple[TypicalRow, Shares]:
        """`no (age 34): probability of no 97%, of yes 3%`, without probabilities, and these."""
        tokens, label = self.tokens, self.level()
        cells: list[tuple[str, float | State]] = []
        if tokens.takes("("):
            while not cells or tokens.takes(","):
                cells.append(self._cell())
            tokens.need(")")
        tokens.need(":", "probability")
        shares: list[tuple[ClassLabel, float]] = []
        while not shares or tokens.takes(","):
            tokens.need("of")
            shares.append((self.level(), self.percentage()))
        return TypicalRow(label, tuple(cells), ()), tuple(shares)

    def classes(self) -> tuple[ClassLabel, ...]:
        """The classes that the heading of the logits names."""
        tokens = self.tokens
        tokens.need("the")
        if tokens.takes("logit", "of"):
            yes = self.level()
            tokens.need(",", "above")
            tokens.number()
            tokens.need("where")
            self.level()
            tokens.need("is", "likelier", "than")
            found = [self.level(), yes]
        else:
            tokens.need("logits", "of")
            found = [self.level()]
            while not tokens.sees(",", "of", "which") and (tokens.takes(",") or tokens.takes("and")):
                found.append(self.level())
            tokens.need(",", "of", "which", "the", "largest", "says", "which", "class", "is", "likeliest")
        tokens.need(":")
        return tuple(found)

    def note(self) -> tuple[dict[str, float], bool] | None:
        """How far each output is from the rules and whether that is proven; None of a note that says other things."""
        tokens = self.tokens
        tokens.need("(")
        within: dict[str, float] = {}
        if tokens.takes("rounded", ":"):
            while not within or tokens.takes(","):
                name = self.name()
                tokens.takes("is")
                tokens.need("within")
                within[name] = tokens.number()
        depth, proven = 1, False
        while depth:
            if tokens.peek().kind == "end":
                tokens.fail("')'")
            proven |= tokens.sees("proven")
            depth += tokens.sees("(") - tokens.sees(")")
            tokens.next()
        return (within, proven) if within else None

    def bounds(self) -> tuple[str, float | None, float | None] | None:
        """`(price is kept between 0 and 45)`: the output and its bounds; None of a note that says other things."""
        tokens = self.tokens
        if not (tokens.at_name(ahead=1) and tokens.sees("is", "kept", ahead=2)):
            return None
        tokens.need("(")
        name = self.name()
        tokens.need("is", "kept")
        lower = upper = None
        if tokens.takes("between"):
            lower = tokens.signed()
            tokens.need("and")
            upper = tokens.signed()
        elif tokens.takes("at", "least"):
            lower = tokens.signed()
        else:
            tokens.need("at", "most")
            upper = tokens.signed()
        tokens.need(")")
        return name, lower, upper

    def columns(self) -> tuple[Column, ...]:
        """`kwh, age (may be missing), kind (business, farm), smoker (yes or no)`."""
        found = [self._column()]
        while self.tokens.takes(","):
            found.append(self._column())
        return tuple(found)

    def _errors(self) -> tuple[float, ...]:
        """The mean error, or that of each output."""
        if not self.tokens.takes(":"):
            return (self.tokens.number(),)
        found: list[float] = []
        while not found or self.tokens.takes(","):
            self.name()
            found.append(self.tokens.number())
        return tuple(found)

    def _class_counts(self) -> tuple[tuple[ClassLabel, int], ...]:
        found: list[tuple[ClassLabel, int]] = []
        while not found or self.tokens.takes(","):
            label = self.level()
            self.tokens.need(":")
            found.append((label, self.tokens.whole()))
        return tuple(found)

    def _cell(self) -> tuple[str, float | State]:
        """A column and what its cell holds."""
        tokens, line, name = self.tokens, self.tokens.peek().line, self.name()
        known = self.mentions.known
        is_number = known is None or name not in known or known[name].kind in ("number", "integer")
        if is_number and (tokens.peek().kind == "number" or tokens.sees("-")):
            return self.mentions.number(name, line), tokens.signed()
        return name, self.mentions.state(name, self.word(), line)

    def _column(self) -> Column:
        tokens, line, name = self.tokens, self.tokens.peek().line, self.name()
        kind: Kind = "number"
        levels: list[Level] = []
        missing, unit, description = False, None, None
        fill: float | None = None
        more = tokens.takes("(")
        while more:
            if tokens.takes("yes", "or", "no"):
                kind = "yes/no"
            elif tokens.takes("may", "be", "missing"):
                missing = True
                if tokens.takes("and", "counts", "as"):
                    fill = tokens.signed()
                    tokens.need("then")
            elif tokens.takes("always", "missing"):
                kind, missing = "category", True
            elif tokens.takes("in"):
                unit = self.name()
            elif tokens.takes("described", "as"):
                description = self.name()
            else:
                kind = "category"
                levels.append(self.level())
                while tokens.takes(","):
                    levels.append(self.level())
            more = tokens.takes(";")
            if not more:
                tokens.need(")")
        try:
            return Column(name, kind, tuple(levels), missing, unit, description, fill)
        except InvalidValueError as error:
            raise FormatError(f"line {line}: {str(error)[:200]}") from None
