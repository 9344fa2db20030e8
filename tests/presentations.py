"""Random presentations with hostile names, in the one way in which each thing that they say can be read."""

import numpy as np
from hypothesis import strategies as st

from prelu_rules.columns.column import Column, features_of
from prelu_rules.export.spelling import WORDS
from prelu_rules.rules.presentation.contents import letters_in_conditions
from prelu_rules.rules.presentation.presentation import (
    Formula,
    OutputFormula,
    Presentation,
    PresentedOutput,
    PresentedRule,
    TypicalRow,
)
from prelu_rules.rules.presentation.statements import (
    Alternative,
    Bend,
    Bound,
    Case,
    Comparison,
    Letter,
    Sum,
    Term,
    Test,
    states_of,
)

HOSTILE = [
    *sorted(WORDS),
    "",
    "A",
    "B",
    "AA",
    'say "x"',
    "a; drop table",
    "<script>alert(1)</script>",
    "two\nlines",
    "nul\0",
    "\u202egnp",
    "\u200f",
    "line\u2028separator\x85",
    "x" * 300,
    "back\\slash",
    "1st",
    "a*b",
    "kind = farm",
    "größe",
    "²",
    "3",
    "Columns: x",
    "😀",
]
names = st.one_of(
    st.sampled_from(HOSTILE),
    st.sampled_from("abcdefghij"),
    st.text(st.characters(exclude_categories=("Cs",)), max_size=6),
)
sizes = st.one_of(
    st.sampled_from([1.0, 2.0, 0.5, 1 / 3, 1.23e6, 1e-5, 200.0, 123456789.0]),
    st.floats(1e-9, 1e9, allow_nan=False).filter(lambda x: x > 0),
)
numbers = st.one_of(sizes, sizes.map(lambda x: -x), st.just(0.0))
weights = st.one_of(sizes, sizes.map(lambda x: -x))
labels = st.one_of(names, st.integers(-3, 30), st.booleans(), st.floats(-5, 5).map(lambda x: round(x, 2) + 0.0))


@st.composite
def some_columns(draw):
    """Columns of all kinds but whole numbers, which are read as numbers."""
    found = []
    for name in draw(st.lists(names, min_size=1, max_size=5, unique=True)):
        kind = draw(st.sampled_from(["number", "number", "yes/no", "category"]))
        missing = draw(st.booleans())
        levels = ()
        if kind == "category":
            levels = tuple(
                draw(st.lists(labels, min_size=0 if missing else 1, max_size=4, unique_by=(str, lambda label: label)))
            )
        texts = st.none() | names
        found.append(Column(name, kind, levels, missing, draw(texts), draw(texts)))
    features = [feature.name for column in found for feature in column.features]
    return tuple(found) if len(set(features)) == len(features) else (Column("age", missing=True),)


class Statements:
    """Draws statements about columns, and about the bends before a place."""

    def __init__(self, draw, columns, n_bends=0):
        self.draw = draw
        self.columns = columns
        self.n_bends = n_bends
        self.numbers = [c.name for c in columns if c.kind == "number"]
        self.tested = [c for c in columns if len(states_of(c)) > 1]

    def flag(self):
        return self.draw(st.booleans())

    def test(self, column=None):
        column = column or self.draw(st.sampled_from(self.tested))
        mine = states_of(column)
        kept = self.draw(
            st.lists(st.booleans(), min_size=len(mine), max_size=len(mine)).filter(lambda k: 0 < sum(k) < len(k))
        )
        return Test(column, tuple(state for state, keep in zip(mine, kept, strict=True) if keep))

    def tests(self, least=0):
        if not self.tested:
            return ()
        chosen = self.draw(st.lists(st.sampled_from(self.tested), min_size=least, max_size=2, unique=True))
        return tuple(self.test(column) for column in chosen)

    def ofs(self, letters):
        return [*self.numbers, *(map(Letter, range(self.n_bends)) if letters else ())]

    def sum(self, letters=False, constant=True):
        """Plain terms first, then those that count only somewhere."""
        ofs = self.ofs(letters)
        chosen = self.draw(st.lists(st.sampled_from(ofs), max_size=3, unique=True)) if ofs else []
        terms = [Term(self.draw(weights), of) for of in chosen]
        if self.tested:
            for _ in range(self.draw(st.integers(0, 2))):
                of = self.draw(st.sampled_from([None, *ofs]))
                terms.append(Term(self.draw(weights), of, self.tests(least=1)))
        return Sum(self.draw(numbers) if constant else 0.0, tuple(terms))

    def sides(self):
        """A sum without constant whose terms stand in the order of its comparison."""
        ofs = self.ofs(letters=True)
        if not ofs:
            return None
        chosen = self.draw(st.lists(st.sampled_from(ofs), min_size=1, max_size=4, unique=True))
        terms = [Term(self.draw(weights), of) for of in chosen]
        if self.tested and self.flag():
            terms.append(Term(self.draw(weights), self.draw(st.sampled_from([None, *ofs])), self.tests(least=1)))
        terms.sort(key=lambda term: term.weight < 0)
        return terms

    def bound(self):
        return Bound(self.draw(numbers), self.flag())

    def comparison(self):
        terms = self.sides()
        if terms is None:
            return None
        if terms[0].weight < 0 or (len(terms) == 2 and terms[1].weight == -1 and terms[0].weight != 1):
            terms = [term._replace(weight=abs(term.weight)) for term in terms]
        which = self.draw(st.sampled_from(["lower", "upper", "both"]))
        return Comparison(
            Sum(0.0, tuple(terms)),
            self.bound() if which != "upper" else None,
            self.bound() if which != "lower" else None,
        )

    def bends(self, most=2):
        places = (
            self.draw(st.lists(st.integers(0, self.n_bends - 1), max_size=most, unique=True)) if self.n_bends else []
        )
        return tuple((Letter(place), self.flag()) for place in places)

    def parts(self, column):
        """The states of a column in two or more parts, perhaps not all of them."""
        mine = states_of(column)
        part = self.draw(st.lists(st.integers(0, 3), min_size=len(mine), max_size=len(mine)))
        groups = [tuple(s for s, p in zip(mine, part, strict=True) if p == number) for number in range(4)]
        if not self.flag():
            groups = groups[:-1]
        return [Test(column, group) for group in groups if group and len(group) < len(mine)]

    def clause(self):
        """One thing that holds, or alternatives."""
        if self.tested and self.flag():
            tests = self.parts(self.draw(st.sampled_from(self.tested)))
            if len(tests) > 1:
                return tuple(
                    Alternative((test,), self.bends(1), self.comparison() if self.flag() else None) for test in tests
                )
        alone = [lambda: Alternative(self.tests(least=1)[:1])] if self.tested else []
        alone += [lambda: Alternative((), self.bends(1)[:1])] if self.n_bends else []
        alone += [lambda: Alternative(comparison=self.comparison())] if self.ofs(True) else []
        return (self.draw(st.sampled_from(alone))(),) if alone else ()

    def clauses(self):
        found = [self.clause() for _ in range(self.draw(st.integers(0, 3)))]
        return tuple(c for c in found if c and c[0] != Alternative())

    def case(self, where=None):
        bends = self.bends(1)
        tests = self.tests() if where is None else where
        terms = self.sides()
        if terms is None or self.draw(st.integers(0, 4)) == 0:
            plain = self.sum(letters=True)
            return Case(tests, bends, plain, None)
        negative = [term for term in terms if term.weight < 0]
        if len(terms) == 2 and len(negative) == 1 and negative[0].weight == -1 and terms[0].weight != 1:
            terms.reverse()
        return Case(tests, bends, Sum(0.0, tuple(terms)), self.draw(numbers))

    def bend(self):
        cases = [self.case()]
        if self.tested and self.flag():
            tests = self.parts(self.draw(st.sampled_from(self.tested)))
            cases = [self.case((test,)) for test in tests] or cases
        strict = self.flag() or all(case.threshold is None for case in cases)
        return Bend(tuple(cases), strict)


def _normal_bends(formula, named):
    """Bends hold at their thresholds, or not, only where it matters."""
    bends = tuple(b if k in named else Bend(b.cases, True) for k, b in enumerate(formula.bends))
    return Formula(formula.outputs, bends)


@st.composite
def presentations(draw, classifier=None):
    columns = draw(some_columns())
    outputs = tuple(draw(st.lists(names, min_size=1, max_size=3, unique=True)))
    classes = None
    if draw(st.booleans()) if classifier is None else classifier:
        n = max(2, len(outputs))
        classes = tuple(draw(st.lists(labels, min_size=n, max_size=n, unique_by=(str, lambda label: label))))
    formula = None
    n_bends = 0
    if draw(st.booleans()):
        n_bends = draw(st.integers(0, 4))
        bends = tuple(Statements(draw, columns, place).bend() for place in range(n_bends))
        found = []
        for name in outputs:
            places = draw(st.permutations(range(n_bends)))[: draw(st.integers(0, n_bends))]
            if len(outputs) == 1 and draw(st.booleans()):
                places = range(n_bends)
            found.append(
                OutputFormula(name, Statements(draw, columns).sum(), tuple((draw(weights), Letter(k)) for k in places))
            )
        formula = Formula(tuple(found), bends)
    write = Statements(draw, columns, n_bends)
    n_rows = draw(st.none() | st.integers(1, 1000))
    rules = []
    n_rules = draw(st.integers(0 if formula else 1, 4))
    for number in range(1, n_rules + 1):
        last = number == n_rules > 1 and draw(st.booleans())
        said = tuple(_output(write, formula, k, number) for k in range(len(outputs)))
        rules.append(_rule(draw, number, () if last else write.clauses(), last, said, n_rows, len(outputs), classes))
        if classes and draw(st.integers(0, 3)) == 0:
            rules[-1] = PresentedRule(**{**vars(rules[-1]), "decision": draw(st.sampled_from(classes))})
    decisions = []
    if classes and not any(rule.decision is not None for rule in rules):
        for label in classes:
            for _ in range(draw(st.integers(0, 2))):
                rule = _rule(draw, len(decisions) + 1, write.clauses(), False, (), n_rows, 0, classes)
                decisions.append(PresentedRule(**{**vars(rule), "decision": label, "errors": None}))
        if (
            decisions
            and decisions[-1].decision == classes[-1]
            and (len(decisions) < 2 or decisions[-2].decision != classes[-1])
        ):
            decisions[-1] = PresentedRule(**{**vars(decisions[-1]), "clauses": (), "otherwise": True})
    counted = any(rule.count is not None for rule in (*rules, *decisions))
    folded = draw(st.integers(0, 3)) if formula and counted and rules else 0
    within = tuple(float(f"{draw(sizes):.1e}") for _ in outputs) if draw(st.booleans()) else None
    result = Presentation(
        columns,
        outputs,
        formula,
        tuple(rules),
        folded,
        n_rows if counted else None,
        classes,
        tuple(decisions),
        tuple(_typical(draw, columns, label, classes) for label in classes or ()) if draw(st.booleans()) else (),
        within,
        within is not None and draw(st.booleans()),
    )
    if formula is not None:
        normal = _normal_bends(formula, letters_in_conditions(result))
        result = Presentation(**{**vars(result), "formula": normal})
    return result


def _output(write, formula, place, number):
    draw = write.draw
    if number > 1 and draw(st.integers(0, 4)) == 0:
        return PresentedOutput(Sum(0.0, ()), like=draw(st.integers(1, number - 1)))
    if formula is None or draw(st.booleans()):
        return PresentedOutput(write.sum(letters=True))
    bends = tuple(letter for _, letter in formula.outputs[place].bends if write.flag())
    return PresentedOutput(write.sum(), relative=True, bends=bends)


def _rule(draw, number, clauses, last, outputs, n_rows, n_outputs, classes):
    count = None if n_rows is None else draw(st.integers(0, n_rows))
    errors = class_counts = None
    if count is not None and n_outputs and not classes and draw(st.booleans()):
        errors = tuple(float(f"{abs(draw(numbers)):.2g}") for _ in range(n_outputs))
    if count is not None and classes and draw(st.booleans()):
        class_counts = tuple(draw(st.integers(0, 50)) for _ in classes)
    return PresentedRule(number, clauses, last, outputs, count, errors, class_counts)


def _typical(draw, columns, label, classes):
    cells = []
    for column in columns:
        states = [s for s in states_of(column) if not (s is None and column.kind == "number")]
        if column.kind == "number" and (not states or draw(st.booleans())):
            cells.append((column.name, draw(numbers)))
        else:
            cells.append((column.name, draw(st.sampled_from(states))))
    shares = tuple(draw(st.sampled_from([0.0, 0.012, 0.26, 0.97, 0.998, 1.0])) for _ in classes)
    return TypicalRow(label, tuple(cells), shares)


def encoded_rows(columns, seed, n_rows=40):
    """Encoded rows in all states, with numbers of all sizes, `(n_rows, n_features)`."""
    rng = np.random.default_rng(seed)
    places = {feature: k for k, feature in enumerate(features_of(columns))}
    x = np.zeros((n_rows, len(places)))
    for column in columns:
        states = states_of(column)
        for row in x:
            state = states[rng.integers(len(states))]
            if state is not None:
                row[places[state]] = 1
            elif column.kind == "number":
                row[places[column.features[0]]] = rng.choice([rng.normal() * 10.0 ** rng.integers(-2, 4), 200.0, 1.0])
    return x
