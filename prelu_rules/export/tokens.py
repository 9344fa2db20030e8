"""The words, names, numbers and signs of a text, one after the other."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NoReturn

from prelu_rules.errors import FormatError

Kind = Literal["word", "quoted", "number", "sign", "end"]

QUOTED = 80
"""Characters of a text that an error quotes at most."""

LONGEST_COUNT = 18
"""Digits of a number of rows at most."""

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    | (?P<word>[^\W\d]\w*)
    | (?P<quoted>"(?:[^"\\\n\r]|\\.)*")
    | (?P<sign><=|>=|!=|[-<>=+*/(){}\[\],;:.%])""",
    re.VERBOSE,
)
_END = "the end of the text"


@dataclass(frozen=True)
class Token:
    """A piece of text.

    Attributes:
        kind: a word, a name in double quotes, a number, a sign, or the end.
        text: as it stands in the text; of a quoted name what it says.
        line: counted from 1.
        column: counted from 0.
        first: whether it is the first of its line.
    """

    kind: Kind
    text: str
    line: int
    column: int
    first: bool


def tokens_of(text: str) -> list[Token]:
    """A text as tokens, with one for its end.

    Args:
        text: the text.

    Returns:
        The tokens.

    Raises:
        FormatError: if a character cannot be read.

    Example:
        >>> [token.text for token in tokens_of('1. If "a b" < 2')]
        ['1', '.', 'If', 'a b', '<', '2', 'the end of the text']
    """
    return list(_tokens(text))


def _tokens(text: str) -> Iterator[Token]:
    place, line, start, first = 0, 1, 0, True
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            rest = text[place : place + QUOTED].split("\n")[0]
            reason = "the double quotes are not closed" if rest.startswith('"') else "this is not part of the format"
            raise FormatError(f"line {line}: cannot read {rest!r}; {reason}.")
        found = match[0]
        if match["space"]:
            if "\n" in found:
                line, start, first = line + found.count("\n"), place + found.rindex("\n") + 1, True
        else:
            kind: Kind = "word" if match["word"] else "number" if match["number"] else "sign"
            if match["quoted"]:
                kind, found = "quoted", _unquoted(found, line)
            yield Token(kind, found, line, place - start, first)
            first = False
        place = match.end()
    yield Token("end", _END, line, place - start, True)


def _unquoted(text: str, line: int) -> str:
    try:
        name = json.loads(text)
    except ValueError:
        raise FormatError(f"line {line}: cannot read {text[:QUOTED]!r}; write names in quotes as in JSON.") from None
    if any("\ud800" <= letter <= "\udfff" for letter in name):
        raise FormatError(f"line {line}: {text[:QUOTED]!r} is not Unicode text.")
    return str(name)


class Tokens:
    """A place among tokens, which only goes forward.

    Args:
        tokens: those of a text.
    """

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._place = 0

    def peek(self, ahead: int = 0) -> Token:
        """The next token, or one after it."""
        return self._tokens[min(self._place + ahead, len(self._tokens) - 1)]

    def next(self) -> Token:
        """The next token, and past it."""
        token = self.peek()
        self._place = min(self._place + 1, len(self._tokens) - 1)
        return token

    def sees(self, *texts: str, ahead: int = 0) -> bool:
        """Whether these words and signs come next; how a word is capitalised does not matter."""
        found = (self.peek(ahead + k) for k in range(len(texts)))
        return all(
            t.kind in ("word", "sign", "number") and t.text.lower() == text
            for t, text in zip(found, texts, strict=True)
        )

    def takes(self, *texts: str) -> bool:
        """Whether these words and signs come next; if so, past them."""
        if not self.sees(*texts):
            return False
        self._place += len(texts)
        return True

    def need(self, *texts: str) -> None:
        """Past these words and signs, or an error."""
        for text in texts:
            if not self.takes(text):
                self.fail(repr(text))

    def need_one(self, *texts: str) -> None:
        """Past one of several words, or an error."""
        if not any(self.takes(text) for text in texts):
            self.fail(repr(texts[0]))

    def at_name(self, ahead: int = 0) -> bool:
        """Whether a name comes next, or a word that would be one."""
        return self.peek(ahead).kind in ("word", "quoted")

    def name(self) -> Token:
        """A name."""
        return self.next() if self.at_name() else self.fail("a name")

    def number(self) -> float:
        """A number without a sign, perhaps a fraction."""
        value = self._float()
        if self.sees("/"):
            below = self.peek(1)
            self.next()
            divisor = self._float()
            if divisor == 0:
                raise FormatError(f"line {below.line}: cannot divide by 0; write another number.")
            value /= divisor
        if not math.isfinite(value):
            raise FormatError(f"line {self.peek().line}: a number is too large; write one below 1e308.")
        return value

    def signed(self) -> float:
        """A number, perhaps with a minus."""
        return -self.number() if self.takes("-") else self.number()

    def whole(self) -> int:
        """A number of rows or of a rule."""
        token = self.peek()
        if token.kind != "number" or not token.text.isdecimal() or len(token.text) > LONGEST_COUNT:
            self.fail("a whole number")
        return int(self.next().text)

    def fail(self, expected: str) -> NoReturn:
        """Say what is there instead of what is needed.

        Args:
            expected: what is needed.

        Raises:
            FormatError: always.
        """
        token = self.peek()
        found = token.text if token.kind == "end" else repr(token.text[:QUOTED])
        raise FormatError(f"line {token.line}: expected {expected}, but found {found}.")

    def _float(self) -> float:
        token = self.peek()
        if token.kind != "number":
            self.fail("a number")
        value = float(self.next().text)
        if not math.isfinite(value):
            raise FormatError(f"line {token.line}: {token.text[:QUOTED]!r} is too large for a number.")
        return value
