"""The phrases of the text for people: tests, sums, comparisons, conditions and bends.

What may be broken over lines is a list of pieces; a line may end after each of them, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from prelu_rules.export.spelling import TEXT, Spelling
from prelu_rules.rules.presentation.statements import (
    Alternative,
    Bend,
    Case,
    Clause,
    Comparison,
    Letter,
    State,
    Sum,
    Term,
    Test,
    states_of,
)

Pieces = list[str]

ALWAYS = "always"
"""How conditions read where there are none."""


class Sides(NamedTuple):
    """A sum as a difference of two without minus signs: `total = left - right`, or its negative if it is turned.

    Attributes:
        left: what stands on the left of a comparison.
        right: what stands on the right, beside the bound.
        turned: whether the difference is the negative of the sum.
    """

    left: tuple[Term, ...]
    right: tuple[Term, ...]
    turned: bool


def sides(terms: Sequence[Term]) -> Sides:
    """A sum as the two sides of a comparison.

    Args:
        terms: its terms.

    Returns:
        Negative terms on the right; of two terms of different sign one of weight 1 alone on the left.

    Example:
        >>> left, right, turned = sides([Term(0.1, "cholesterol"), Term(-1.0, "hdl")])
        >>> left, [term.of for term in right], turned
        ((Term(weight=1.0, of='hdl', where=()),), ['cholesterol'], True)
    """
    positive = tuple(term for term in terms if term.weight > 0)
    negative = tuple(term._replace(weight=-term.weight) for term in terms if term.weight < 0)
    if (negative and not positive) or (
        len(positive) == len(negative) == 1 and negative[0].weight == 1 != positive[0].weight
    ):
        return Sides(negative, positive, True)
    return Sides(positive, negative, False)


def listed(words: Sequence[str], last: str = "") -> Pieces:
    """Words with commas between, as pieces.

    Args:
        words: the words.
        last: what stands before the last of several instead of a comma; nothing for a comma.

    Returns:
        A piece for each word.

    Example:
        >>> listed(["a", "b", "c"], "and")
        ['a,', 'b', 'and c']
    """
    if last and len(words) > 1:
        return [*listed(words[:-1]), f"{last} {words[-1]}"]
    return [*(f"{word}," for word in words[:-1]), *words[-1:]]


def has_rest(wheres: Sequence[tuple[Test, ...]]) -> bool:
    """Whether the last of several cases is all that the others leave, so that it reads `else`.

    Args:
        wheres: the tests of each case.

    Returns:
        True if each has one test, all of one column, and the last passes for exactly those states that the others
        leave.

    Example:
        >>> from prelu_rules.columns.column import Column
        >>> smoker = Column("smoker", "yes/no")
        >>> no, yes = states_of(smoker)
        >>> has_rest([(Test(smoker, (yes,)),), (Test(smoker, (no,)),)])
        True
    """
    if len(wheres) < 2 or any(len(where) != 1 for where in wheres):
        return False
    tests = [where[0] for where in wheres]
    column, seen = tests[0].column, [state for test in tests[:-1] for state in test.states]
    rest = tuple(state for state in states_of(column) if state not in seen)
    return all(test.column == column for test in tests) and rest == tests[-1].states != ()


def holds_everywhere(bend: Bend) -> bool:
    """Whether a bend is never 0 for want of a case or a threshold.

    Args:
        bend: the bend.

    Returns:
        Whether its cases leave nothing and have no thresholds.

    Example:
        >>> holds_everywhere(Bend((Case((), (), Sum(0.0, (Term(2.0, "x"),)), None),), True))
        True
    """
    if any(case.bends or case.threshold is not None for case in bend.cases):
        return False
    wheres = [case.where for case in bend.cases]
    return wheres == [()] or has_rest(wheres)


class Phrases:
    """What statements read like.

    Args:
        letters: the names of the bends.
        closed: the places of bends of which it matters whether they hold at their thresholds.
        spelling: how names, numbers and signs are written.
    """

    def __init__(self, letters: Sequence[str], closed: Iterable[int] = (), spelling: Spelling = TEXT) -> None:
        self._letters = letters
        self._spelling = spelling
        self._closed = frozenset(closed)

    def test(self, test: Test, equals: bool = False) -> str:
        """A test, such as `kind is farm` or, in conditions, `kind = farm`."""
        column, mine = self._spelling.name(test.column.name), states_of(test.column)
        others = tuple(state for state in mine if state not in test.states)
        if len(test.states) == 1 and not (test.states == (None,) and test.column.kind != "yes/no"):
            return f"{column} {self._is(test.states[0], equals)}"
        if len(others) == 1:
            return f"{column} {self._is(others[0], equals, negated=True)}"
        word, states = ("not in", others) if len(others) < len(test.states) else ("in", test.states)
        listed = ", ".join(map(self.state, states))
        return f"{column} {word} {self._spelling.opening}{listed}{self._spelling.closing}"

    def where(self, tests: Sequence[Test], bends: Sequence[tuple[Letter, bool]] = ()) -> str:
        """All of some tests, and bends that hold or do not."""
        return " and ".join([*(self.test(test) for test in tests), *(self.side(*side) for side in bends)])

    def side(self, letter: Letter, holds: bool) -> str:
        """Whether a bend holds."""
        return self.letter(letter) if holds else f"not {self.letter(letter)}"

    def letter(self, letter: Letter) -> str:
        """What a bend is called."""
        return self._letters[letter.place]

    def term(self, term: Term) -> str:
        """A term without its sign and its tests."""
        size = self._spelling.number(abs(term.weight))
        if term.of is None:
            return size
        name = self.letter(term.of) if isinstance(term.of, Letter) else self._spelling.name(term.of)
        return name if abs(term.weight) == 1 else f"{size}{self._spelling.times}{name}"

    def total(self, constant: float, terms: Sequence[Term], constant_last: bool = False) -> Pieces:
        """A sum in one line; terms that count only somewhere stand in brackets."""
        parts = [
            (t.weight < 0, f"[{self.term(t)} where {self.where(t.where)}]" if t.where else self.term(t)) for t in terms
        ]
        if constant or not parts:
            parts.insert(len(parts) if constant_last else 0, (constant < 0, self._spelling.number(abs(constant))))
        (minus, first), *rest = parts
        return [
            (self._spelling.minus if minus else "") + first,
            *(f"{self._sign(minus)} {text}" for minus, text in rest),
        ]

    def output(self, total: Sum, relative: bool = False, bends: Sequence[Letter] = ()) -> Pieces:
        """What a rule says of an output: a sum, and after commas what counts only somewhere."""
        plain = [term for term in total.terms if not term.where]
        if not relative:
            found = self.total(total.constant, plain)
        else:
            found = ["base" + (f" with {' '.join(listed([*map(self.letter, bends)], 'and'))}" if bends else "")]
            if total.constant or plain:
                first, *rest = self.total(total.constant, plain, constant_last=True)
                minus = self._spelling.minus
                found += [f"{minus} {first.removeprefix(minus)}" if first.startswith(minus) else f"+ {first}", *rest]
        for term in total.terms:
            if term.where:
                found = [*found[:-1], f"{found[-1]},", self.adjustment(term)]
        return found

    def adjustment(self, term: Term) -> str:
        """A term that counts only somewhere, with its sign."""
        return f"{self._sign(term.weight < 0)} {self.term(term)} where {self.where(term.where)}"

    def comparison(self, comparison: Comparison) -> Pieces:
        """A comparison; one with a single bound has no minus signs but that of the bound."""
        lower, upper = comparison.lower, comparison.upper
        left, right, turned = sides(comparison.total.terms)
        if lower is not None and upper is not None:
            terms = comparison.total.terms
            if turned and not right:
                terms = left
                lower, upper = upper._replace(value=-upper.value), lower._replace(value=-lower.value)
            first, *rest = self.total(0.0, terms)
            low = f"{self._spelling.signed(lower.value)} {self._relation('<', lower.included)} {first}"
            high = f"{self._relation('<', upper.included)} {self._spelling.signed(upper.value)}"
            return _with_end([low, *rest], f" {high}")
        bound = lower or upper
        assert bound is not None, "a comparison has a bound"
        sign = self._relation(">" if (bound is lower) != turned else "<", bound.included)
        after = self._right(right, -bound.value if turned else bound.value)
        # A line may end before the sign only where a sum follows.
        return (
            [*self._left(left), *_after(sign, after)] if right else _with_end(self._left(left), f" {sign} {after[0]}")
        )

    def clause(self, clause: Clause, alone: bool) -> Pieces:
        """A condition; one of alternatives stands in parentheses unless it is alone."""
        if len(clause) == 1:
            return self._all_of(clause[0], clause[0].where)
        found: Pieces = []
        if has_rest([alternative.where for alternative in clause]):
            if len(clause) == 2 and sum(_is_test(alternative) for alternative in clause) == 1:
                tests = [a.where if _is_test(a) else () for a in clause]
                first, second = (self._all_of(a, t) for a, t in zip(clause, tests, strict=True))
                return _in_parentheses([*first, *_after("or", second)], alone)
            for alternative in clause[:-1]:
                test = self.test(alternative.where[0], equals=True)
                found += _with_end(self._all_of(alternative, ()), f" if {test},")
            found += _after("else", self._all_of(clause[-1], ()))
        else:
            pieces = [self._all_of(alternative, alternative.where) for alternative in clause]
            found = _with_end(pieces[0], ",")
            for number, some in enumerate(pieces[1:], start=2):
                found += _with_end(_after("or", some), "" if number == len(pieces) else ",")
        return _in_parentheses(found, alone)

    def conditions(self, clauses: Sequence[Clause]) -> Pieces:
        """All conditions of a rule."""
        found: Pieces = []
        for clause in clauses:
            pieces = self.clause(clause, alone=len(clauses) == 1)
            found += _after("and", pieces) if found else pieces
        return found or [ALWAYS]

    def bend(self, bend: Bend, place: int, named: bool) -> Pieces:
        """What a bend amounts to: `that kwh is above 200` or, where it is named, `how far kwh is above 200`."""
        rest = has_rest([case.where for case in bend.cases]) and not any(case.bends for case in bend.cases)
        degree = "" if bend.strict or place not in self._closed else "at or "
        found: Pieces = []
        before: tuple[tuple[Term, ...], bool] | None = None
        for number, case in enumerate(bend.cases, start=1):
            last = number == len(bend.cases)
            pieces, before = self._case(case, named, degree, before)
            somewhere = self.where(case.where, case.bends)
            if last and rest:
                pieces = _with_end(pieces, " elsewhere")
            elif somewhere:
                # What stands after a sum is told from the tests of its last term by a comma.
                is_sum = case.threshold is None or bool(sides(case.total.terms).right)
                pieces = _with_end(pieces, f"{',' if is_sum or len(bend.cases) == 1 else ''} where {somewhere}")
            found += _with_end(_after("or", pieces) if last and number > 1 else pieces, "" if last else ",")
        return found

    def _case(
        self, case: Case, named: bool, degree: str, before: tuple[tuple[Term, ...], bool] | None
    ) -> tuple[Pieces, tuple[tuple[Term, ...], bool] | None]:
        """A case of a bend, and what it compares; a case that compares the same as the last one does not repeat it."""
        if case.threshold is None:
            return _after(
                "the value of" if named else "of", self.total(case.total.constant, case.total.terms, True)
            ), None
        left, right, turned = sides(case.total.terms)
        word = degree + ("below" if turned else "above")
        bound = self._right(right, -case.threshold if turned else case.threshold)
        if (left, turned) == before:
            return _after(word, bound), before
        start = _after("how far" if named else "that", self._left(left))
        return [*_with_end(start, " is"), *_after(word, bound)], (left, turned)

    def state(self, state: State) -> str:
        """What a state is called."""
        if state is None:
            return "no"
        return state.says if state.level is None else self._spelling.level(state.level)

    def _is(self, state: State, equals: bool, negated: bool = False) -> str:
        """That a cell is in a state, or is not."""
        if equals and state is not None and state.level is not None:
            return f"{self._spelling.unequal if negated else self._spelling.equal} {self.state(state)}"
        return f"is {'not ' if negated else ''}{self.state(state)}"

    def _relation(self, direction: str, included: bool) -> str:
        """How a bound is written that the smaller side may reach or not."""
        spelling = self._spelling
        if direction == "<":
            return spelling.at_most if included else spelling.less
        return spelling.at_least if included else spelling.more

    def _sign(self, minus: bool) -> str:
        return self._spelling.minus if minus else "+"

    def _left(self, terms: Sequence[Term]) -> Pieces:
        return self.total(0.0, terms)

    def _right(self, terms: Sequence[Term], constant: float) -> Pieces:
        return self.total(constant + 0.0, terms, constant_last=True)

    def _all_of(self, alternative: Alternative, tests: Sequence[Test]) -> Pieces:
        """Everything that an alternative says beside some of its tests."""
        found = [self.test(test, equals=True) for test in tests]
        found += [self.side(*side) for side in alternative.bends]
        found = [piece if number == 0 else f"and {piece}" for number, piece in enumerate(found)]
        if alternative.comparison is not None:
            compared = self.comparison(alternative.comparison)
            found += _after("and", compared) if found else compared
        return found or [ALWAYS]


def _after(word: str, pieces: Pieces) -> Pieces:
    return [f"{word} {pieces[0]}", *pieces[1:]]


def _in_parentheses(pieces: Pieces, alone: bool) -> Pieces:
    return pieces if alone else _with_end([f"({pieces[0]}", *pieces[1:]], ")")


def _is_test(alternative: Alternative) -> bool:
    """Whether an alternative says nothing beside its tests."""
    return not alternative.bends and alternative.comparison is None


def _with_end(pieces: Pieces, end: str) -> Pieces:
    return [*pieces[:-1], pieces[-1] + end]
