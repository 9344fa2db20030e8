"""Reads the phrases of the text for people: tests, sums, comparisons, conditions and bends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from prelu_rules.columns.column import Level
from prelu_rules.errors import FormatError
from prelu_rules.export.named_columns import MISSING, NO, YES, Mentions, Word
from prelu_rules.export.spelling import ANSWERS, WORDS
from prelu_rules.export.tokens import Token, Tokens
from prelu_rules.rules.presentation.statements import (
    Alternative,
    Bend,
    Bound,
    Case,
    Clause,
    Comparison,
    Letter,
    Sum,
    Term,
    Test,
)

_SIGNS = ("<", "<=", ">", ">=")


class ReadBend(NamedTuple):
    """A bend in a line of the formula: `+ 0.15 for each unit that kwh is above 200  (A)`.

    Attributes:
        weight: what it adds for each unit.
        bend: the bend.
        name: its letter; None if it has none.
    """

    weight: float
    bend: Bend
    name: str | None


class PhraseReader:
    """A parser of phrases, which goes forward through the tokens.

    Args:
        tokens: where it stands.
        mentions: what is known of columns, and where what is said of them is noted.
        letters: the places of bends, by name; those of later bends, too.
    """

    def __init__(self, tokens: Tokens, mentions: Mentions, letters: dict[str, int]) -> None:
        self.tokens = tokens
        self.mentions = mentions
        self.letters = letters
        self._outer = -1
        """The column where the bend starts that is being read: a sign that starts a line there begins another term."""

    def name(self) -> str:
        """A name that is not a word of the format."""
        token = self.tokens.peek()
        if token.kind == "word" and token.text.lower() in WORDS:
            self.tokens.fail("a name (a word of the format needs double quotes)")
        return self.tokens.name().text

    def level(self) -> Level:
        """A level of a category, or a class label."""
        tokens = self.tokens
        minus = tokens.takes("-")
        token = tokens.peek()
        if token.kind == "number":
            tokens.next()
            sign = -1 if minus else 1
            try:
                return sign * int(token.text) if token.text.isdecimal() else sign * float(token.text)
            except ValueError:
                raise FormatError(f"line {token.line}: {token.text[:80]!r} is too large for a number.") from None
        if minus:
            tokens.fail("a number")
        for word in ("true", "false"):
            if tokens.takes(word):
                return word == "true"
        if token.kind == "word" and token.text.lower() in ANSWERS:
            return tokens.next().text
        return self.name()

    def test(self) -> Test:
        """A test, such as `kind is farm`, `kind != farm` or `kind in {business, household}`."""
        tokens, line = self.tokens, self.tokens.peek().line
        name = self.name()
        if tokens.takes("is") or tokens.takes("="):
            negated = tokens.takes("not")
            return self.mentions.test(name, [self.word()], negated, line)
        if tokens.takes("!="):
            return self.mentions.test(name, [self.word()], True, line)
        negated = tokens.takes("not")
        tokens.need("in", "{")
        words = [self.word()]
        while tokens.takes(","):
            words.append(self.word())
        tokens.need("}")
        return self.mentions.test(name, words, negated, line)

    def tests(self) -> tuple[Test, ...]:
        """Tests joined by `and`."""
        found = [self.test()]
        while self.tokens.takes("and"):
            found.append(self.test())
        return tuple(found)

    def sum(self) -> Sum:
        """A sum whose terms may count only somewhere: `10 + 0.1*kwh, - 15 where kind is farm`."""
        total, bends = self.formula()
        if bends:
            self.tokens.fail("a sum without 'for each unit', which belongs into the formula")
        return total

    def formula(self) -> tuple[Sum, list[ReadBend]]:
        """A sum, and the bends in it."""
        tokens = self.tokens
        constant, terms, bends, first = 0.0, [], [], True
        while True:
            if not first and tokens.sees(",") and (tokens.sees("+", ahead=1) or tokens.sees("-", ahead=1)):
                tokens.next()
            signed = tokens.sees("+") or tokens.sees("-")
            if not first and not signed:
                break
            column = tokens.peek().column
            weight, of = self._weighted()
            if of is None and tokens.takes("for", "each", "unit"):
                self._outer = column
                bends.append(ReadBend(weight, self.bend(named=False), self._margin()))
                self._outer = -1
            elif tokens.takes("where"):
                terms.append(_term(weight, of, self.tests(), tokens.peek()))
            elif of is None:
                constant += weight
            else:
                terms.append(_term(weight, of, (), tokens.peek()))
            first = False
        return Sum(_finite(constant, tokens.peek()), tuple(terms)), bends

    def conditions(self) -> tuple[Clause, ...]:
        """The conditions of a rule; none where it reads `always`."""
        if self.tokens.sees("always") and not self.tokens.sees("always", "if"):
            self.tokens.next()
            return ()
        clauses: list[Clause] = []
        while True:
            if self.tokens.takes("("):
                clauses.append(self._alternatives(self._pieces()))
                self.tokens.need(")")
            else:
                pieces = self._pieces()
                if not clauses and (self._at_or() or self.tokens.sees("if")):
                    return (self._alternatives(pieces),)
                clauses += [(piece,) for piece in pieces]
            if not self.tokens.takes("and"):
                return tuple(clauses)

    def bend(self, named: bool) -> Bend:
        """What a bend amounts to, after `for each unit` or the letter and `=`."""
        cases: list[Case] = []
        strict: list[bool] = []
        left = self._case(cases, strict, named, None)
        while self._another_case():
            left = self._case(cases, strict, named, left)
        if len(set(strict)) > 1:
            self.tokens.fail("'at or above' in all cases of a bend or in none")
        return Bend(tuple(cases), all(strict))

    def _another_case(self) -> bool:
        """Whether another case of a bend follows; past the comma and `or` if so."""
        tokens = self.tokens
        if tokens.takes(",", "or") or tokens.takes("or"):
            return True
        if any(tokens.sees(",", word) for word in ("above", "below", "at", "that", "of", "how", "the")):
            return tokens.takes(",")
        return False

    def _case(self, cases: list[Case], strict: list[bool], named: bool, left: Sum | None) -> Sum | None:
        """One case of a bend, and what it compares, for the next one."""
        tokens, line, threshold = self.tokens, self.tokens.peek().line, None
        if tokens.takes("of") or tokens.takes("the", "value", "of"):
            left, total = None, self._side()
        else:
            if not (tokens.sees("above") or tokens.sees("below") or tokens.sees("at")) or left is None:
                tokens.need(*(("how", "far") if named else ("that",)))
                left = self._side()
                tokens.need("is")
            strict.append(not tokens.takes("at", "or"))
            below = tokens.takes("below")
            if not below:
                tokens.need("above")
            total, threshold = self._difference(left, self._side(), below)
        where, bends = self._somewhere(cases, line)
        cases.append(Case(where, bends, total, threshold))
        return left

    def _somewhere(self, cases: Sequence[Case], line: int) -> tuple[tuple[Test, ...], tuple[tuple[Letter, bool], ...]]:
        """Where a case of a bend holds."""
        tokens = self.tokens
        if tokens.takes("elsewhere"):
            if not cases or any(len(case.where) != 1 or case.bends for case in cases):
                raise FormatError(f"line {line}: 'elsewhere' needs cases before it that test one column.")
            return (self.mentions.rest([case.where[0] for case in cases], line),), ()
        if not (tokens.takes(",", "where") or tokens.takes("where")):
            return (), ()
        found = [self._test_or_letter()]
        while tokens.takes("and"):
            found.append(self._test_or_letter())
        tests = tuple(one for one in found if isinstance(one, Test))
        return tests, tuple(one for one in found if not isinstance(one, Test))

    def _margin(self) -> str | None:
        """The letter at the end of a bend's line."""
        tokens = self.tokens
        if not (tokens.sees("(") and tokens.peek(1).kind == "word" and tokens.sees(")", ahead=2)):
            return None
        tokens.next()
        name = self.name()
        tokens.next()
        return name

    def _alternatives(self, first: list[Alternative]) -> Clause:
        """Alternatives after the first: `... if kind = farm, else ...`, or `..., or ...`."""
        tokens = self.tokens
        if not tokens.sees("if"):
            found = [_together(first)]
            while self._at_or():
                tokens.takes(",")
                tokens.need("or")
                found.append(_together(self._pieces()))
            return self._told_apart(found)
        found = []
        pieces = first
        while tokens.takes("if"):
            found.append(_together([*(Alternative((test,)) for test in self.tests()), *pieces]))
            if not tokens.takes(","):
                return tuple(found)
            line = tokens.peek().line
            is_last = tokens.takes("else")
            pieces = self._pieces()
            if is_last:
                if any(len(alternative.where) != 1 for alternative in found):
                    raise FormatError(f"line {line}: 'else' needs tests of one column before it.")
                rest = self.mentions.rest([alternative.where[0] for alternative in found], line)
                return (*found, _together([Alternative((rest,)), *pieces]))
        return tokens.fail("'if'")

    def _told_apart(self, found: list[Alternative]) -> Clause:
        """`km < 60000 or kind != farm` as alternatives that exclude each other: the first counts where kind is farm."""
        tests = [a.where[0] for a in found if len(a.where) == 1 and not a.bends and a.comparison is None]
        others = [a for a in found if not a.where and (a.bends or a.comparison is not None)]
        if len(tests) == len(others) == 1 and len(found) == 2:
            try:
                rest = self.mentions.rest(tests, self.tokens.peek().line)
            except FormatError:
                return tuple(found)
            return tuple(replace(a, where=(rest,)) if a is others[0] else a for a in found)
        return tuple(found)

    def _at_or(self) -> bool:
        """Whether another alternative follows; `or where` begins another decision."""
        tokens = self.tokens
        for ahead, words in ((1, ("or",)), (2, (",", "or"))):
            if tokens.sees(*words):
                return not (tokens.sees("where", ahead=ahead) or tokens.sees("always", ahead=ahead))
        return False

    def _pieces(self) -> list[Alternative]:
        """Tests, letters and comparisons joined by `and`, each as an alternative of its own; none for `always`."""
        if self.tokens.takes("always"):
            return []
        found = [self._piece()]
        while self.tokens.sees("and") and not self.tokens.sees("and", "("):
            self.tokens.next()
            found.append(self._piece())
        return found

    def _piece(self) -> Alternative:
        tokens = self.tokens
        after = tokens.peek(1)
        compared = after.kind == "sign" and after.text in (*_SIGNS, "+", "-", "*")
        if not tokens.at_name() or (compared and not tokens.sees("not")):
            return Alternative(comparison=self._comparison())
        found = self._test_or_letter()
        return Alternative((found,)) if isinstance(found, Test) else Alternative((), (found,))

    def _test_or_letter(self) -> Test | tuple[Letter, bool]:
        """A test; or a bend that holds, or does not."""
        tokens = self.tokens
        if tokens.takes("not"):
            return self.letter(), False
        follows = (("is",), ("=",), ("!=",), ("in",), ("not", "in"))
        return self.test() if any(tokens.sees(*words, ahead=1) for words in follows) else (self.letter(), True)

    def letter(self) -> Letter:
        """A bend."""
        token = self.tokens.peek()
        name = self.name()
        if token.kind == "word" and name in self.letters:
            return Letter(self.letters[name])
        if self.mentions.known is None:
            return Letter(0)
        raise FormatError(f"line {token.line}: {name[:80]!r} is not a letter of the formula; write a condition.")

    def _comparison(self) -> Comparison:
        """`kwh < 200`, `200 <= kwh < 400`, `hdl > 0.111*cholesterol + 20.7`."""
        tokens, line = self.tokens, self.tokens.peek().line
        first, sign = self._side(), self._sign()
        second = self._side()
        if tokens.peek().kind == "sign" and tokens.peek().text in _SIGNS:
            other, third = self._sign(), self._side()
            if first.terms or third.terms or ">" in (sign + other) or not second.terms:
                raise FormatError(f"line {line}: with two bounds, write number < sum < number.")
            lower, upper = first.constant - second.constant, third.constant - second.constant
            return Comparison(Sum(0.0, second.terms), Bound(lower, "=" in sign), Bound(upper, "=" in other))
        if not first.terms and second.terms:
            first, second, sign = second, first, {"<": ">", ">": "<"}[sign[0]] + sign[1:]
        total, value = self._difference(first, second, below=False)
        bound = Bound(value, "=" in sign)
        return Comparison(total, bound, None) if ">" in sign else Comparison(total, None, bound)

    def _sign(self) -> str:
        token = self.tokens.peek()
        return self.tokens.next().text if token.kind == "sign" and token.text in _SIGNS else self.tokens.fail("< or >=")

    def _difference(self, left: Sum, right: Sum, below: bool) -> tuple[Sum, float]:
        """Two sides as one sum, and what it is compared with."""
        sign = -1.0 if below else 1.0
        terms = [term._replace(weight=sign * term.weight) for term in left.terms]
        terms += [term._replace(weight=-sign * term.weight) for term in right.terms]
        value = _finite(sign * (right.constant - left.constant) + 0.0, self.tokens.peek())
        return Sum(0.0, tuple(terms)), value

    def _side(self) -> Sum:
        """A sum in which terms that count only somewhere stand in brackets."""
        tokens = self.tokens
        constant, terms, first = 0.0, [], True
        while first or tokens.sees("+") or tokens.sees("-"):
            if not first and tokens.peek().first and tokens.peek().column <= self._outer:
                break
            first = False
            minus = tokens.sees("-")
            if not (tokens.sees("[") or tokens.sees("+", "[") or tokens.sees("-", "[")):
                weight, of = self._weighted()
                if of is None:
                    constant += weight
                else:
                    terms.append(_term(weight, of, (), tokens.peek()))
                continue
            _ = tokens.takes("-") or tokens.takes("+")
            tokens.need("[")
            weight, of = self._weighted()
            tokens.need("where")
            terms.append(_term(-weight if minus else weight, of, self.tests(), tokens.peek()))
            tokens.need("]")
        return Sum(_finite(constant, tokens.peek()), tuple(terms))

    def _weighted(self) -> tuple[float, str | Letter | None]:
        """A number, a name, or a number times a name, perhaps with a sign."""
        tokens = self.tokens
        sign = -1.0 if tokens.takes("-") else 1.0
        if sign > 0:
            tokens.takes("+")
        if tokens.peek().kind != "number":
            return sign, self._of()
        weight = sign * tokens.number()
        return weight, self._of() if tokens.takes("*") else None

    def _of(self) -> str | Letter:
        token = self.tokens.peek()
        name = self.name()
        if token.kind == "word" and name in self.letters:
            return Letter(self.letters[name])
        return self.mentions.number(name, token.line)

    def word(self) -> Word:
        """A level, or yes, no or missing."""
        token = self.tokens.peek()
        for word in (YES, NO, MISSING):
            if token.kind == "word" and token.text == word[0]:
                self.tokens.next()
                return word
        return self.level()


def _together(pieces: Sequence[Alternative]) -> Alternative:
    """Pieces that hold together as one alternative."""
    compared = [piece.comparison for piece in pieces if piece.comparison is not None]
    if len(compared) > 1:
        raise FormatError("an alternative compares two sums; write it as two rules.")
    return Alternative(
        tuple(test for piece in pieces for test in piece.where),
        tuple(side for piece in pieces for side in piece.bends),
        compared[0] if compared else None,
    )


def _term(weight: float, of: str | Letter | None, where: tuple[Test, ...], token: Token) -> Term:
    if len({test.column.name for test in where}) < len(where):
        raise FormatError(f"line {token.line}: a term tests a column twice; write one test of it.")
    return Term(weight, of, where)


def _finite(value: float, token: Token) -> float:
    if abs(value) > 1.7e308:
        raise FormatError(f"line {token.line}: a number is too large; write one below 1e308.")
    return value
