"""What the columns of a text are: as it names them, or as they are spoken of."""

from __future__ import annotations

from collections.abc import Sequence

from prelu_rules.columns.column import Column, Kind, Level
from prelu_rules.errors import FormatError, InvalidValueError
from prelu_rules.rules.presentation.statements import State, Test, states_of

Word = Level | tuple[str]
"""A level, or one of the words yes, no and missing, as a tuple so that a level may be called so, too."""

YES, NO, MISSING = ("yes",), ("no",), ("missing",)


class Mentions:
    """What a text says of columns, in the order of the text.

    Args:
        listed: the columns, if the text lists them.
    """

    def __init__(self, listed: Sequence[Column] | None = None) -> None:
        self.known = None if listed is None else {column.name: column for column in listed}
        self._words: dict[str, dict[tuple[type, Word], None]] = {}
        self._numbers: dict[str, int] = {}
        self._lines: dict[str, int] = {}

    def number(self, name: str, line: int) -> str:
        """A column of numbers.

        Args:
            name: its name.
            line: where it is spoken of.

        Returns:
            The name.

        Raises:
            FormatError: if there is no such column, or it does not hold numbers.
        """
        if self.known is None:
            self._words.setdefault(name, {})
            self._numbers.setdefault(name, line)
        elif self._column(name, line).kind not in ("number", "integer"):
            raise FormatError(f"line {line}: {_short(name)} does not hold numbers; write 'where {name[:40]} is ...'.")
        return name

    def test(self, name: str, words: Sequence[Word], negated: bool, line: int) -> Test:
        """A test of a column.

        Args:
            name: its name.
            words: the states that are named.
            negated: whether it passes for the others.
            line: where it is spoken of.

        Returns:
            The test; of nothing as long as the columns are not known.

        Raises:
            FormatError: if there is no such column or state, or the test passes always or never.
        """
        if self.known is None:
            self._lines.setdefault(name, line)
            self._words.setdefault(name, {}).update({(type(word), word): None for word in words})
            return Test(Column(name), ())
        column = self._column(name, line)
        named = [self._state(column, word, line) for word in words]
        states = tuple(state for state in states_of(column) if (state in named) != negated)
        if not states or len(states) == len(states_of(column)) > 1:
            when = "always" if states else "never"
            raise FormatError(
                f"line {line}: the test of {_short(name)} is {when} true; name all that it can be in a last line, such "
                "as Columns: kind (business, farm)."
            )
        return Test(column, states)

    def state(self, name: str, word: Word, line: int) -> State:
        """The state that a word names.

        Args:
            name: the column.
            word: the word.
            line: where it stands.

        Returns:
            The state; None as long as the columns are not known.

        Raises:
            FormatError: if there is no such column or state.
        """
        if self.known is None:
            self.test(name, [word], False, line)
            return None
        return self._state(self._column(name, line), word, line)

    def rest(self, tests: Sequence[Test], line: int) -> Test:
        """The test that passes where none of others does.

        Args:
            tests: the others.
            line: where it stands.

        Returns:
            The test.

        Raises:
            FormatError: if they are of several columns, or leave nothing.
        """
        column = tests[0].column
        seen = [state for test in tests for state in test.states]
        left = tuple(state for state in states_of(column) if state not in seen)
        if self.known is None:
            return Test(column, ())
        if any(test.column != column for test in tests) or not left:
            raise FormatError(f"line {line}: nothing is left for the last case; write out where it holds.")
        return Test(column, left)

    def columns(self, letters: frozenset[str]) -> tuple[Column, ...]:
        """The columns of which the text speaks.

        Args:
            letters: names that stand for bends.

        Returns:
            The columns, in the order of the text.

        Raises:
            FormatError: if one is of two kinds.
        """
        if self.known is not None:
            return tuple(self.known.values())
        return tuple(self._mentioned(name) for name in self._words if name not in letters or name in self._lines)

    def _mentioned(self, name: str) -> Column:
        words = [word for _, word in self._words[name]]
        levels = tuple(word for word in words if not isinstance(word, tuple))
        is_yes, missing = not levels and (YES in words or NO in words), MISSING in words
        if levels:
            levels = tuple(word[0] if isinstance(word, tuple) else word for word in words if word != MISSING)
        line = max(self._lines.get(name, 1), self._numbers.get(name, 1))
        if (name in self._numbers) + bool(levels) + is_yes > 1:
            raise FormatError(
                f"line {line}: {_short(name)} is a number in one place and has levels or yes in another; use two names."
            )
        kind: Kind = "category" if levels else "yes/no" if is_yes else "number"
        try:
            return Column(name, kind, levels, missing)
        except InvalidValueError as error:
            raise FormatError(f"line {line}: {str(error)[:200]}") from None

    def _column(self, name: str, line: int) -> Column:
        assert self.known is not None
        if name not in self.known:
            raise FormatError(f"line {line}: the line of columns does not name {_short(name)}; add it there.")
        return self.known[name]

    def _state(self, column: Column, word: Word, line: int) -> State:
        if column.kind == "yes/no" and word in ("yes", "no"):
            word = (str(word),)
        level = word[0] if word in (YES, NO) and column.kind == "category" else word
        for feature in column.features:
            if feature.says == "level" and type(feature.level) is type(level) and feature.level == level:
                return feature
            if feature.says in ("yes", "missing") and word == (feature.says,):
                return feature
        if word == NO and column.kind == "yes/no":
            return None
        raise FormatError(f"line {line}: {_short(column.name)} cannot be {_short(word)}; it is {_described(column)}.")


def _short(word: Word) -> str:
    return word[0] if isinstance(word, tuple) else repr(word)[:80]


def _described(column: Column) -> str:
    """What a cell of a column can hold."""
    if column.kind == "category":
        return f"one of {', '.join(map(str, column.levels))}"[:80]
    return "yes or no" if column.kind == "yes/no" else "a number"
