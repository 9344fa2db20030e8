"""Rules as text for people; `text_reader` reads it.

    price = 10 + 0.1*kwh
            - 15 where kind is farm
            + 0.15 for each unit that kwh is above 200

    The same, as rules:

    1. If kwh < 200  (124 of 480 rows, 26%; mean error 0.38)
         price = 10 + 0.1*kwh, - 15 where kind is farm
    2. Otherwise  (356 of 480 rows, 74%; mean error 0.41)
         price = -20 + 0.25*kwh, - 15 where kind is farm

Bends that something else names have letters, in parentheses at the end of their line; where there are several outputs,
bends are defined below them. Of a classifier the decisions and typical rows stand first. Notes in parentheses say what
else there is to know, and a last line names the columns where what is above does not tell what they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from prelu_rules.columns.column import Column
from prelu_rules.export.phrases import Phrases, Pieces, joined
from prelu_rules.export.spelling import (
    letters,
    percent,
    rounded_up,
    spelled,
    spelled_label,
    spelled_level,
    spelled_number,
)
from prelu_rules.export.text_reader import inferred_columns
from prelu_rules.rules.names import ClassLabel
from prelu_rules.rules.presentation.contents import letters_in_conditions, letters_in_sums, sums_of
from prelu_rules.rules.presentation.presentation import (
    Formula,
    OutputFormula,
    PresentedOutput,
    PresentedRule,
    Presentation,
    TypicalRow,
)
from prelu_rules.rules.presentation.statements import Letter, State

WIDTH = 100
"""Columns that a line has at most, where a name does not need more."""

INDENT = 12
"""Spaces before a line of a paragraph, at most."""

HEADING = "The same, as rules:"
AS_FORMULA = "as the formula says"


def write_presentation(presentation: Presentation) -> str:
    """A presentation as text.

    Args:
        presentation: what is to be printed.

    Returns:
        Its lines.

    Example:
        >>> from prelu_rules.rules.presentation.statements import Sum, Term
        >>> rule = PresentedRule(1, (), False, (PresentedOutput(Sum(10.0, (Term(0.1, "kwh"),))),), 480, (0.38,))
        >>> print(write_presentation(Presentation((Column("kwh"),), ("price",), None, (rule,), n_rows=480)), end="")
        1. Always  (480 of 480 rows, 100%; mean error 0.38)
             price = 10 + 0.1*kwh
    """
    text = _Writer(presentation).text()
    # Columns are named where a reader of the rest would take them for others.
    if inferred_columns(text) == tuple(_as_read(column) for column in presentation.columns):
        return text
    return text + "\n" + "\n".join(_wrapped(_columns(presentation.columns), "", "  ")) + "\n"


class _Writer:
    """Everything but the columns, block by block."""

    def __init__(self, presentation: Presentation) -> None:
        self.presentation = presentation
        formula = presentation.formula
        n_bends = 0 if formula is None else len(formula.bends)
        self.names = list(islice(letters(_names(presentation)), n_bends))
        self.conditional = letters_in_conditions(presentation)
        self.lettered = self.conditional | letters_in_sums(presentation)
        self.phrases = Phrases(self.names, self.conditional)

    def text(self) -> str:
        """The blocks, with a blank line between."""
        p = self.presentation
        formula = [] if p.formula is None else [*self._formula(p.formula), *self._explanations(p.formula)]
        rules = [line for rule in p.rules for line in self._rule(rule)] + self._folded()
        heading = [HEADING] if p.formula is not None and rules and not self._is_formula(p.rules[0]) else []
        blocks = [self._decisions(), self._typical(), self._logits(), formula, heading, rules, self._notes()]
        return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"

    def _formula(self, formula: Formula) -> list[str]:
        """The formula: each bend in a line of the output, or below if there are several."""
        if len(formula.outputs) == 1:
            (output,) = formula.outputs
            if [letter.place for _, letter in output.bends] == list(range(len(formula.bends))):
                return self._with_bends(output, formula)
        lines: list[str] = []
        for output in formula.outputs:
            lines += self._base(output, [(weight, self.phrases.letter(letter)) for weight, letter in output.bends])
        for place, bend in enumerate(formula.bends):
            pieces = [f"{self.names[place]} =", *self.phrases.bend(bend, place, named=True), "(otherwise 0)"]
            lines += _wrapped(pieces, "     " if place else "with ", "         ")
        return lines

    def _base(self, output: OutputFormula, bends: Sequence[tuple[float, str]] = ()) -> list[str]:
        """Constant and numbers, and adjustments each in a line of its own."""
        start = f"{spelled(output.name)} = "
        indent = " " * (len(start) if len(start) <= 12 else 4)
        pieces = self.phrases.total(output.base.constant, [term for term in output.base.terms if not term.where])
        for weight, name in bends:
            size = "" if abs(weight) == 1 else f"{spelled_number(abs(weight))}*"
            pieces.append(f"{'-' if weight < 0 else '+'} {size}{name}")
        if pieces[0] == "0" and len(pieces) > 1:
            pieces = [pieces[1].removeprefix("+ ").replace("- ", "-", 1), *pieces[2:]]
        lines = _wrapped(pieces, start, indent)
        return lines + [indent + self.phrases.adjustment(term) for term in output.base.terms if term.where]

    def _with_bends(self, output: OutputFormula, formula: Formula) -> list[str]:
        """An output with one line for each bend, and letters at their ends."""
        lines = self._base(output)
        indent = " " * (len(lines[0]) - len(lines[0].lstrip()) or min(len(f"{spelled(output.name)} = "), 12))
        indent = indent if len(f"{spelled(output.name)} = ") <= 12 else " " * 4
        found: list[tuple[list[str], str]] = []
        for weight, letter in output.bends:
            first = f"{'-' if weight < 0 else '+'} {spelled_number(abs(weight))} for each unit"
            pieces = [first, *self.phrases.bend(formula.bends[letter.place], letter.place, named=False)]
            name = f"({self.phrases.letter(letter)})" if letter.place in self.lettered else ""
            found.append((_wrapped(pieces, indent, indent + "    "), name))
        margin = max((len(some[-1]) for some, name in found if name), default=0)
        for some, name in found:
            lines += [*some[:-1], f"{some[-1].ljust(margin)}    {name}" if name else some[-1]]
        return lines

    def _explanations(self, formula: Formula) -> list[str]:
        """What `base` and letters mean, where rules use them."""
        lines: list[str] = []
        outputs = [output for rule in self.presentation.rules for output in rule.outputs if output.relative]
        inline = len(formula.outputs) == 1
        if outputs and inline:
            lines.append('(base: the formula without its lines "for each unit")')
        elif outputs:
            lines.append(f"(base: the formula of an output without {joined(self.names, 'or')})")
        added = next((letter for output in outputs for letter in output.bends), None)
        if added is not None:
            name = self.phrases.letter(added)
            part = f"line {name}" if inline else f"the part of {name} in it"
            lines.append(f"(base with {name}: the base and {part})")
        if self.conditional:
            name = self.names[min(self.conditional)]
            lines.append(f"(as a condition, {name} means that {name} applies, and not {name} that it does not)")
        return lines

    def _rule(self, rule: PresentedRule) -> list[str]:
        """A rule: conditions and evidence, then what it says of each output."""
        start = f"{rule.number}. "
        evidence = self._evidence([rule])
        if self._is_formula(rule):
            return _wrapped([f"Always {AS_FORMULA}", *evidence], start, "       ")
        conditions = ["Otherwise"] if rule.otherwise else self.phrases.conditions(rule.clauses)
        if rule.clauses and not rule.otherwise:
            conditions = [f"If {conditions[0]}", *conditions[1:]]
        conditions[0] = conditions[0][0].upper() + conditions[0][1:]
        lines = _wrapped([*conditions, *evidence], start, "       ")
        if rule.decision is not None:
            lines.append(f"     class = {spelled_label(rule.decision)}")
        for name, output in zip(self.presentation.output_names, rule.outputs, strict=True):
            if output.like is not None:
                lines.append(f"     {spelled(name)} as in rule {output.like}")
                continue
            pieces = self.phrases.output(output.total, output.relative, output.bends)
            lines += _wrapped(pieces, f"     {spelled(name)} = ", "         ")
        return lines

    def _is_formula(self, rule: PresentedRule) -> bool:
        """Whether a rule is the only one, and says word for word what the formula says."""
        p = self.presentation
        if p.formula is None or p.formula.bends or len(p.rules) > 1 or p.folded or rule.clauses or rule.otherwise:
            return False
        return rule.decision is None and rule.outputs == tuple(PresentedOutput(o.base) for o in p.formula.outputs)

    def _evidence(self, rules: Sequence[PresentedRule]) -> Pieces:
        """Rows, their share, and how far off the rules are there."""
        counts = [rule.count for rule in rules if rule.count is not None]
        if not counts:
            return []
        count, n_rows, names = sum(counts), self.presentation.n_rows, self.presentation.output_names
        if n_rows is None:
            found = [f" ({count} {_rows(count)}"]
        else:
            found = [f" ({count} of {n_rows} {_rows(n_rows)}, {percent(count / n_rows if n_rows else 0.0)}"]
        errors = rules[0].errors if len(rules) == 1 else None
        if errors is not None:
            texts = [spelled_number(float(f"{error:.2g}")) for error in errors]
            if len(texts) == 1:
                found = [f"{found[0]};", f"mean error {texts[0]}"]
            else:
                listed = [f"{spelled(name)} {text}," for name, text in zip(names, texts, strict=True)]
                found = [f"{found[0]};", "mean error:", *listed[:-1], listed[-1][:-1]]
        of_class = [rule.class_counts for rule in rules if rule.class_counts is not None]
        if of_class:
            sums = [(label, sum(n)) for label, *n in zip(self.presentation.classes or (), *of_class, strict=True)]
            listed = [f"{spelled_label(label)}: {n}," for label, n in sums if n] or [f"{spelled_label(sums[0][0])}: 0,"]
            found = [*found[:-1], f"{found[-1]};", *listed[:-1], listed[-1][:-1]]
        found[-1] += ")"
        whole = " ".join(found)
        return [whole] if len(whole) <= WIDTH - INDENT else found

    def _folded(self) -> list[str]:
        """That there are more rules."""
        p = self.presentation
        if not p.folded:
            return []
        first = max((rule.number for rule in p.rules), default=0) + 1
        rows = "row" if p.n_rows == 1 else f"{p.n_rows or 0} rows"
        rows = f"the {rows}" if p.n_rows == 1 else f"none of the {rows}"
        if p.folded == 1:
            text = f"1 more rule ({first}) covers none of the {p.n_rows or 0} rows; the formula gives its answers."
        else:
            numbers = f"{first} to {first + p.folded - 1}"
            text = f"{p.folded} more rules ({numbers}) cover none of the {p.n_rows or 0} rows;"
            text += " the formula gives their answers."
        return _wrapped(text.split(" "), "", "   ")

    def _decisions(self) -> list[str]:
        """Which class is decided for where; the class that is left last."""
        p = self.presentation
        if p.classes is None:
            return []
        if not p.decisions:
            if any(rule.decision is not None for rule in p.rules):
                return []
            if len(p.output_names) > 1:
                return ["class = the one with the largest logit"]
            return _wrapped(
                [f"class = {spelled_label(p.classes[1])} where the logit is above 0, otherwise", _label(p.classes[0])],
                "",
                "        ",
            )
        groups: dict[tuple[type, ClassLabel | None], list[PresentedRule]] = {}
        for rule in p.decisions:
            groups.setdefault((type(rule.decision), rule.decision), []).append(rule)
        lines: list[str] = []
        for (_, label), group in sorted(groups.items(), key=lambda item: any(rule.otherwise for rule in item[1])):
            start = f"class = {_label(label)}"
            if any(rule.otherwise for rule in group):
                lines += _wrapped([f"{start} otherwise", *self._evidence(group)], "", "        ")
                continue
            for number, rule in enumerate(group):
                pieces = self.phrases.conditions(rule.clauses)
                word = ("or where " if number else "where ") if rule.clauses else ("or " if number else "")
                before = f"{' ' * 8}" if number else f"{start} "
                lines += _wrapped([word + pieces[0], *pieces[1:], *self._evidence([rule])], before, " " * 12)
        return lines

    def _typical(self) -> list[str]:
        """How sure the rules are of a row of the middle of each class."""
        return [line for row in self.presentation.typical for line in _wrapped(self._typical_row(row), "", "   ")]

    def _typical_row(self, row: TypicalRow) -> Pieces:
        found = [f"A typical row of class {_label(row.label)}"]
        cells = [f"{spelled(name)} {_cell(value)}," for name, value in row.cells]
        if cells:
            found += [f"({cells[0]}", *cells[1:]]
            found[-1] = f"{found[-1][:-1]})"
        found[-1] += ":"
        labels = self.presentation.classes or ()
        shares = [f"{_label(label)} {percent(share)}," for label, share in zip(labels, row.probabilities, strict=True)]
        found += [f"probability of {shares[0]}", *(f"of {share}" for share in shares[1:])]
        return [*found[:-1], found[-1][:-1]]

    def _logits(self) -> list[str]:
        """What the outputs of a classifier are."""
        classes = self.presentation.classes
        if classes is None:
            return []
        if len(self.presentation.output_names) == 1:
            no, yes = map(_label, classes)
            return _wrapped([f"The logit of {yes},", f"above 0 where {yes}", f"is likelier than {no}:"], "", "    ")
        names = [f"{_label(label)}," for label in classes]
        names[-2] = names[-2][:-1]
        names[-1] = f"and {names[-1]}"
        return _wrapped(["The logits of", *names, "of which the largest", "says which class is likeliest:"], "", "    ")

    def _notes(self) -> list[str]:
        """What is true of all of it: missing numbers, and how far printed numbers are from the rules."""
        p = self.presentation
        used = {term.of for total in sums_of(p) for term in total.terms}
        zero = [spelled(c.name) for c in p.columns if c.missing and c.name in used]
        lines: list[str] = []
        if zero:
            verb, pronoun = ("counts", "it is") if len(zero) == 1 else ("count", "they are")
            names = [f"{name}," for name in zero[:-2]] + ([f"{zero[-2]} and"] if len(zero) > 1 else []) + zero[-1:]
            names[-1] += f" {verb} as 0 where {pronoun} missing)"
            lines += _wrapped([f"({names[0]}", *names[1:]], "", " ")
        if p.within is not None:
            pairs = list(zip(map(spelled, p.output_names), p.within, strict=True))
            parts = [
                f"{name} {'is ' if k == 0 else ''}within {spelled_number(rounded_up(e))},"
                for k, (name, e) in enumerate(pairs)
            ]
            parts[-1] = parts[-1][:-1] + " of the exact rules"
            rows = "on every training row" if p.n_rows is not None else "on every row that was tried"
            end = "on the whole domain, which is proven)" if p.proven else f"{rows})"
            lines += _wrapped([f"(rounded: {parts[0]}", *parts[1:], end], "", " ")
        return lines


def _names(presentation: Presentation) -> set[str]:
    """All names in a text, which letters must not be taken for."""
    found = {column.name for column in presentation.columns} | set(presentation.output_names)
    found |= {str(level) for column in presentation.columns for level in column.levels}
    return found | {str(label) for label in presentation.classes or ()}


def _columns(columns: Sequence[Column]) -> Pieces:
    """All columns, and what there is to know of each."""
    pieces = ["Columns:"]
    for column in columns:
        facts = ["yes or no"] if column.kind == "yes/no" else []
        facts += [", ".join(map(spelled_level, column.levels))] if column.levels else []
        if column.missing:
            facts.append("always missing" if column.kind == "category" and not column.levels else "may be missing")
        facts += [f"in {spelled(column.unit)}"] if column.unit is not None else []
        facts += [f"described as {spelled(column.description)}"] if column.description is not None else []
        pieces.append(spelled(column.name) + (f" ({'; '.join(facts)})" if facts else "") + ",")
    return [*pieces[:-1], pieces[-1][:-1]]


def _as_read(column: Column) -> Column:
    """A column as the text says it: whole numbers are numbers."""
    return (
        Column(column.name, "number", (), column.missing, column.unit, column.description)
        if column.kind == "integer"
        else column
    )


def _cell(value: float | State) -> str:
    """What a cell of a typical row holds."""
    if value is None:
        return "no"
    if isinstance(value, float | int):
        return spelled_number(value)
    return value.says if value.level is None else spelled_level(value.level)


def _label(label: ClassLabel | None) -> str:
    return "none" if label is None else spelled_label(label)


def _rows(number: int) -> str:
    return "row" if number == 1 else "rows"


def _wrapped(pieces: Pieces, start: str, indent: str) -> list[str]:
    """Lines of at most `WIDTH`, broken between pieces; the first begins with `start`, the others with `indent`."""
    lines, line, fresh = [], start + pieces[0], False
    for piece in pieces[1:]:
        if len(line) + 1 + len(piece) > WIDTH:
            lines.append(line)
            line = indent + piece.lstrip()
        else:
            line += " " + piece
    return [*lines, line]
