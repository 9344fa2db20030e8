"""PMML 4.4: the formula as a regression over derived fields, the list as the first of several models that applies."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from prelu_rules.export.imperative import where_a_rule_holds
from prelu_rules.export.pmml_columns import data_field, feature, known, mining_field
from prelu_rules.export.pmml_expressions import DerivedFields, double, element
from prelu_rules.export.pmml_layout import lay_out
from prelu_rules.export.pmml_results import Results
from prelu_rules.export.program import (
    All,
    AtLeast,
    Cell,
    Choice,
    Expression,
    Program,
    Reference,
    Shape,
    Weighted,
    needed,
    output_bounds_of,
    parts_of,
    program_of,
)
from prelu_rules.rules.on_demand import RulesOnDemand
from prelu_rules.rules.output_bounds import OutputBounds
from prelu_rules.rules.rule_system import RuleSystem

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def write(system: RuleSystem | RulesOnDemand, shape: Shape | None = None) -> str:
    """A PMML 4.4 document, with every number in full.

    Columns are fields of their names: numbers and integers are doubles, yes and no are the texts "true" and "false" (or
    a program's own truth values, which are read as these), categories are what their levels are, and texts where those
    are of several types. There is no answer, or an error where the program that evaluates the document has them, for a
    level that training never saw, for a cell that is missing where none was, for an infinite number, and where no rule
    holds.

    Args:
        system: the rules.
        shape: "list" for the rules, "formula" for the network's formula; see `program_of`.

    Returns:
        XML in ASCII. There is an output field for each output, `rule` with the number of the rule (from 1) where there
        is a list of rules, and `class` for classifiers; one that is called like a column has a number after its name.

    Raises:
        InvalidValueError: if a name is empty or XML cannot hold it, a level is a whole number that is not a double, or
            there is no such shape.

    Example:
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-3], C=[[1]], D=[[1]], e=[0], slopes=[0])
        >>> rules = extract_rules(form, feature_names=["age"], output_names=["cost"])
        >>> document = write(rules, shape="formula")
        >>> print(document[document.index("    <RegressionTable"):], end="")
            <RegressionTable intercept="0.0">
              <NumericPredictor name="age" coefficient="1.0" />
              <NumericPredictor name="bend 1" coefficient="1.0" />
            </RegressionTable>
          </RegressionModel>
        </PMML>
    """
    document = _Document(program_of(system, shape, bounded=False), output_bounds_of(system)).element()
    lay_out(document)
    return f"{HEAD}{ElementTree.tostring(document, encoding='us-ascii').decode()}\n"


class _Document:
    """A program as a document."""

    def __init__(self, program: Program, bounds: OutputBounds | None) -> None:
        self.program = program
        self._columns = {column.name for column in program.columns}
        taken = set(self._columns)
        self.data_fields = [data_field(column) for column in program.columns]
        self.results = Results(program, taken, bounds)
        self.fields = DerivedFields(taken, {})
        self._add_steps()
        self.known = self._add_known()
        self._conditions: dict[Expression, str] = {}

    def _add_steps(self) -> None:
        """Fields of features, boundaries and bends."""
        results = {*self.results.outputs, self.program.rule, self.program.decision}
        for place, step in enumerate(self.program.steps):
            if isinstance(step.value, Cell):
                self.fields.steps[place] = step.value.column.name
            elif place not in results:
                derived = feature(step.value)
                derived = self.fields.write(step.name, step.value) if derived is None else derived
                name = f"{step.name} as number" if step.name in self._columns else step.name
                self.fields.steps[place] = self.fields.add(name, derived)

    def _add_known(self) -> str | None:
        """A field that looks at the cells of all columns; in a formula of those that it does not look at anyway."""
        columns = list(self.program.columns)
        if self.program.rule is None:
            used = self._used(self._outputs())
            columns = [column for column in columns if column.name not in used]
        return self.fields.add("known", known(columns)) if columns else None

    def element(self) -> Element:
        """The document."""
        program = self.program
        if program.rule is None:
            model = self._model(self._outputs(), None)
        else:
            model = self._first_rule(program.rule)
        return element(
            "PMML",
            element("Header", element("Application", name="prelu_rules")),
            element("DataDictionary", *self.data_fields, self.results.data_field),
            *([element("TransformationDictionary", *self.fields.elements)] if self.fields.elements else []),
            model,
            xmlns="http://www.dmg.org/PMML-4_4",
            version="4.4",
        )

    def _outputs(self) -> list[Expression]:
        """The value of each output."""
        return [self.program.steps[step].value for _, step in self.program.outputs]

    def _schema(self) -> Element:
        """All columns, each with what becomes of cells that rules cannot answer."""
        return self.results.schema([mining_field(column) for column in self.program.columns])

    def _first_rule(self, rule: int) -> Element:
        """A segment for each rule."""
        chosen, values = self.program.steps[rule].value, self._outputs()
        tests: list[Expression] = [All(())]
        rows: list[Sequence[Expression]] = [values]
        if isinstance(chosen, Choice):
            tests = [test for test, _ in chosen.branches] + ([] if chosen.otherwise is None else [All(())])
            by_output = [[found for _, found in value.branches] for value in values if isinstance(value, Choice)]
            rows = list(zip(*by_output, strict=True))
        segments = [
            element("Segment", self._predicate(test), self._model(row, number), id=str(number))
            for number, (test, row) in enumerate(zip(tests, rows, strict=True), start=1)
        ]
        segmentation = element("Segmentation", *segments, multipleModelMethod="selectFirst")
        return element("MiningModel", self._schema(), segmentation, functionName=self.results.function)

    def _predicate(self, test: Expression) -> Element:
        """Whether the conditions of a rule hold."""
        assert isinstance(test, All)
        conditions = [self._condition(one) for one in test.tests if isinstance(one, AtLeast)]
        if not conditions:
            return self._if_known()
        return element("CompoundPredicate", self._if_known(), *conditions, booleanOperator="and")

    def _if_known(self) -> Element:
        """Whether the cells can be answered, as far as that is to be asked."""
        if self.known is None:
            return element("True")
        return element("SimplePredicate", field=self.known, operator="equal", value="1.0")

    def _condition(self, test: AtLeast) -> Element:
        """Whether one condition holds: of a field and a bound where that is the same to the last bit."""
        operator, bound = "lessThan" if test.negated else "greaterOrEqual", 0.0
        match test.value:
            case Weighted(((1.0, Reference(step)),), rest):
                # Adding 0 turns -0 into 0.
                field, bound = self.fields.steps[step], -rest + 0.0
            case Reference(step):
                field = self.fields.steps[step]
            case _:
                if test.value not in self._conditions:
                    written = self.fields.write("condition", test.value)
                    self._conditions[test.value] = self.fields.add("condition", written)
                field = self._conditions[test.value]
        return element("SimplePredicate", field=field, operator=operator, value=double(bound))

    def _model(self, values: Sequence[Expression], rule: int | None) -> Element:
        """A model that computes outputs and decides."""
        local = DerivedFields(self.fields.taken, self.fields.steps)
        decision = None
        if self.program.decision is not None:
            decision = where_a_rule_holds(self.program.steps[self.program.decision].value, self.program)
        if decision is None:
            inner, outputs = self.results.regression(values, local, self.known if rule is None else None)
        else:
            where = self._if_known() if rule is None else element("True")
            inner, outputs = self.results.tree(values, decision, local, where)
        if rule is not None:
            outputs.insert(len(values), self.results.number(rule))
        return element(
            "RegressionModel" if decision is None else "TreeModel",
            self._schema() if rule is None else self._schema_of(values),
            element("Output", *outputs),
            *self.results.targets(),
            *([element("LocalTransformations", *local.elements)] if local.elements else []),
            inner,
            functionName=self.results.function,
        )

    def _schema_of(self, values: Sequence[Expression]) -> Element:
        """The columns that the outputs of a rule are made of, whose cells have been looked at."""
        used = self._used(values)
        columns = [column.name for column in self.program.columns if column.name in used]
        return self.results.schema([element("MiningField", name=name) for name in columns])

    def _used(self, values: Sequence[Expression]) -> set[str]:
        """The columns that values are made of."""
        steps = {part.step for value in values for part in parts_of(value) if isinstance(part, Reference)}
        return {
            part.column.name
            for place in needed(self.program, steps)
            for part in parts_of(self.program.steps[place].value)
            if isinstance(part, Cell)
        }
