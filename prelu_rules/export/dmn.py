"""DMN 1.3 with FEEL: a graph of decisions, which tools for decision models show, edit and run."""

from __future__ import annotations

from prelu_rules.export.dmn_bounds import bounds_of, cells_of
from prelu_rules.export.dmn_model import Decision, Input, Model, Table, Type, xml
from prelu_rules.export.feel import RESERVED, TYPES, allowed, both, language, literal, type_of
from prelu_rules.export.holding import described, holding_of
from prelu_rules.export.imperative import names_of
from prelu_rules.export.language import written
from prelu_rules.export.program import (
    Cell,
    Choice,
    Expression,
    IsEqual,
    IsMissing,
    Number,
    Program,
    Reference,
    Shape,
    Step,
    is_by_rule,
    needed,
    parts_of,
    program_of,
)
from prelu_rules.rules.on_demand import RulesOnDemand
from prelu_rules.rules.rule_system import RuleSystem

KNOWN = "known"
"""The decision whether rules can answer a row."""


def write(system: RuleSystem | RulesOnDemand, shape: Shape | None = None) -> str:
    """A decision model that takes the raw cells of a row.

    Each column is an input: a number, a text or a truth value as the column has it, null where it is missing. A list of
    rules is a decision table, FIRST, whose result is the number of the rule, and a table by that number for each
    output. A formula is one expression for each bend, and one for each output. Where a cell is one that rules cannot
    answer, or no rule holds, the results are null.

    Args:
        system: the rules.
        shape: "list" for the rules, "formula" for the network's formula; see `program_of`.

    Returns:
        XML, with a diagram. Names of inputs and decisions are identifiers, and the user's own names are their labels.

    Raises:
        InvalidValueError: if there is no such shape, a level or class holds a character that XML cannot hold or is a
            whole number that is no double.

    Example:
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-3], C=[[1]], D=[[1]], e=[0], slopes=[0])
        >>> rules = extract_rules(form, feature_names=["age"], output_names=["cost"])
        >>> for line in write(rules, shape="formula").splitlines():
        ...     print(line.strip()) if "<text>" in line else None
        <text>if age - age = 0 then true else false</text>
        <text>max(0, age - 3)</text>
        <text>if known then age + bend_1 else null</text>
    """
    program = program_of(system, shape)
    return xml(_Writer(program).model())


class _Writer:
    """The parts of a model, from the steps of a program."""

    def __init__(self, program: Program) -> None:
        self.program, self.names = program, names_of(program, RESERVED)
        self.language = language(self.names)

    def model(self) -> Model:
        """All of it."""
        program = self.program
        asked = (*(step for _, step in program.outputs), program.rule, program.decision)
        results = [step for step in asked if step is not None]
        steps = [place for place in needed(program, results) if not isinstance(program.steps[place].value, Cell)]
        types, inputs = self._inputs()
        if program.classes is not None:
            kind, values = TYPES[holding_of(program.classes)], allowed(program.classes, or_null=True)
            types.append(Type(f"t_{self._class_name()}", kind, values))
        decisions = [self._known(), *map(self._decision, steps)]
        return Model(tuple(types), tuple(inputs), tuple(decisions))

    def _inputs(self) -> tuple[list[Type], list[Input]]:
        """What the cells of each column are."""
        types, inputs = [], []
        for column in self.program.columns:
            word, kind = self.names.columns[column.name], type_of(column)
            if column.kind == "category":
                types.append(Type(f"t_{word}", kind, allowed(column.levels, or_null=column.missing)))
                kind = f"t_{word}"
            about = [described(column, word, "null", literal), column.unit, column.description]
            inputs.append(Input(word, column.name, kind, "; ".join(filter(None, about))))
        return types, inputs

    def _class_name(self) -> str:
        assert self.program.decision is not None
        return self.names.steps[self.program.decision]

    def _known(self) -> Decision:
        tests = [self.language.is_known(known.cell) for known in self.program.known]
        about = "whether every cell is one that rules can answer"
        needs = tuple(self.names.columns.values())
        return Decision(KNOWN, KNOWN, "boolean", needs, f"if {both(tests)} then true else false", about)

    def _decision(self, place: int) -> Decision:
        """The decision that is a step."""
        program, step, name = self.program, self.program.steps[place], self.names.steps[place]
        if place == program.rule:
            about = "the number of the first rule that holds; null where there is none"
            return Decision(name, step.name, "number", self._needs(step.value, KNOWN), self._rules(step.value), about)
        if place == program.decision:
            return self._class(step.value)
        is_output = place in [output for _, output in program.outputs]
        if program.rule is not None and (
            is_by_rule(step.value, program.rule) or (is_output and not isinstance(step.value, Choice))
        ):
            rule = self.names.steps[program.rule]
            table = self._by_rule(rule, step.value)
            return Decision(name, step.name, "number", self._needs(step.value, rule), table)
        if is_output and program.rule is None:
            text = f"if {KNOWN} then {self.text(step.value)} else null"
            return Decision(name, step.name, "number", self._needs(step.value, KNOWN), text)
        text = self.text(step.value)
        if isinstance(step.value, Choice):
            text = text[1:-1]
        elif step.is_test:
            text = self.language.as_number(text)
        return Decision(name, step.name, "number", self._needs(step.value), text, _about(step))

    def _class(self, decided: Expression) -> Decision:
        """The class: of one or two logits as an expression; of more the first that is the largest, by a table."""
        program, name = self.program, self._class_name()
        assert program.classes is not None
        logits = [self.names.steps[step] for _, step in program.outputs]
        if len(logits) > 2:
            guard = KNOWN if program.rule is None else self.names.steps[program.rule]
            kind, test = ("boolean", "true") if program.rule is None else ("number", ">= 1")
            listed = ", ".join(logits)
            largest = f"index of([{listed}], max({listed}))[1]"
            rows = tuple(((test, str(k)), literal(label)) for k, label in enumerate(program.classes, start=1))
            table = Table("UNIQUE", ((guard, kind), (largest, "number")), rows)
            return Decision(name, "class", f"t_{name}", (guard, *logits), table)
        text = self.text(decided)
        if program.rule is not None:
            return Decision(name, "class", f"t_{name}", self._needs(decided), text[1:-1])
        needs = self._needs(decided, KNOWN)
        return Decision(name, "class", f"t_{name}", needs, f"if {KNOWN} then {text} else null")

    def _rules(self, chosen: Expression) -> Table:
        """The table that finds the first rule that holds."""
        branches = chosen.branches if isinstance(chosen, Choice) else ()
        otherwise = chosen.otherwise if isinstance(chosen, Choice) else chosen
        rows = [(cells_of(bounds_of(test, self.text)), self.text(value)) for test, value in branches]
        if otherwise is not None:
            rows.append(({}, self.text(otherwise)))
        columns = list(dict.fromkeys(column for cells, _ in rows for column in cells))
        inputs = [(KNOWN, "boolean"), *((subject, "number") for subject, _ in columns)]
        lines = [(("true", *(cells.get(column, "-") for column in columns)), value) for cells, value in rows]
        return Table("FIRST", tuple(inputs), tuple(lines))

    def _by_rule(self, rule: str, value: Expression) -> Table:
        """The table of an output by the number of the rule."""
        rows: list[tuple[Expression, Expression]] = [(Number(1), value)]
        if isinstance(value, Choice):
            rows = [(test.bound, one) for test, one in value.branches if isinstance(test, IsEqual)]
        lines = tuple(((self.text(number),), self.text(one)) for number, one in rows)
        return Table("UNIQUE", ((rule, "number"),), lines)

    def text(self, value: Expression) -> str:
        """An expression in FEEL."""
        return written(value, self.program, self.names.steps, self.language)

    def _needs(self, value: Expression, *further: str) -> tuple[str, ...]:
        """The inputs and decisions that an expression uses, and some further ones."""
        found = dict.fromkeys(further)
        for part in parts_of(value):
            match part:
                case Cell(column):
                    found[self.names.columns[column.name]] = None
                case Reference(step):
                    found[self.names.steps[step]] = None
        return tuple(found)


def _about(step: Step) -> str:
    """What a reader may want to know of a step."""
    if step.is_test:
        return "1 where it holds, 0 elsewhere"
    match step.value:
        case Choice(((IsMissing(), Number(value)),), Cell()):
            return f"the number, or {value:.15g} where it is missing"
    return ""
