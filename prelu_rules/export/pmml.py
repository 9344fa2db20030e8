"""PMML 4.4: the formula as a regression over derived fields, the list as the first of several models that applies.

Classes are decided by a tree whose tests compare the logits, since a regression that classifies has no exact way to
decide between two that are nearly equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from prelu_rules.export.holding import holding_of
from prelu_rules.export.imperative import where_a_rule_holds
from prelu_rules.export.pmml_columns import data_field, feature, known, mining_field
from prelu_rules.export.pmml_expressions import DerivedFields, double, element, reference
from prelu_rules.export.pmml_layout import lay_out
from prelu_rules.export.pmml_names import check_name, data_type, distinct, literal
from prelu_rules.export.program import (
    All,
    AtLeast,
    Cell,
    Choice,
    Expression,
    Label,
    Program,
    Reference,
    Shape,
    Weighted,
    needed,
    parts_of,
    program_of,
)
from prelu_rules.rules.on_demand import RulesOnDemand
from prelu_rules.rules.rule_system import RuleSystem

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def write(system: RuleSystem | RulesOnDemand, shape: Shape | None = None) -> str:
    """A PMML 4.4 document, with every number in full.

    Columns are fields of their names: numbers and integers are doubles, yes and no is boolean, categories are what
    their levels are, and texts where those are of several types. There is no answer, or an error where the program
    that evaluates the document has them, for a level that training never saw, for a cell that is missing where none
    was, for an infinite number, and where no rule holds.

    Args:
        system: the rules.
        shape: "list" for the rules, "formula" for the network's formula; see `program_of`.

    Returns:
        XML in ASCII. There is an output field for each output, `rule` with the number of the rule (from 1) where there
        is a list of rules, and `class` for classifiers; one that is called like a column has a number after its name.

    Raises:
        InvalidValueError: if XML cannot hold a name, a level is a whole number that is not a double, or there is no
            such shape.

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
    document = _Document(program_of(system, shape)).element()
    lay_out(document)
    return f"{HEAD}{ElementTree.tostring(document, encoding='us-ascii').decode()}\n"


class _Document:
    """A program as a document."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._columns = {column.name for column in program.columns}
        taken = set(self._columns)
        self.data_fields = [data_field(column) for column in program.columns]
        self.outputs = {step: self._output(name, taken) for name, step in program.outputs}
        self.rule = None if program.rule is None else self._output("rule", taken)
        self.decision = None if program.decision is None else self._output("class", taken)
        self.target = self._output(f"target {self.decision or program.outputs[0][0]}", taken)
        self.labels = holding_of(program.classes or ())
        self.fields = DerivedFields(taken, {})
        self._add_steps()
        self.known = self._add_known()
        self._conditions: dict[Expression, str] = {}

    @staticmethod
    def _output(name: str, taken: set[str]) -> str:
        """A name that no other field has."""
        check_name("output", name)
        found = distinct(name, taken)
        taken.add(found)
        return found

    def _add_steps(self) -> None:
        """Fields of features, boundaries and bends."""
        results = {*self.outputs, self.program.rule, self.program.decision}
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
            used = self._used([self.program.steps[step].value for step in self.outputs])
            columns = [column for column in columns if column.name not in used]
        return self.fields.add("known", known(columns)) if columns else None

    def element(self) -> Element:
        """The document."""
        program = self.program
        if program.rule is None:
            model = self._model([program.steps[step].value for step in self.outputs], None)
        else:
            model = self._first_rule(program.rule)
        return element(
            "PMML",
            element("Header", element("Application", name="prelu_rules")),
            element("DataDictionary", *self.data_fields, self._target_field()),
            *([element("TransformationDictionary", *self.fields.elements)] if self.fields.elements else []),
            model,
            xmlns="http://www.dmg.org/PMML-4_4",
            version="4.4",
        )

    def _target_field(self) -> Element:
        """What is predicted: the class, or the first output."""
        if self.program.classes is None:
            return element("DataField", name=self.target, optype="continuous", dataType="double")
        labels = dict.fromkeys(literal(label, self.labels, "class") for label in self.program.classes)
        values = [element("Value", value=label) for label in labels]
        return element("DataField", *values, name=self.target, optype="categorical", dataType=data_type(self.labels))

    @property
    def _function(self) -> str:
        return "regression" if self.program.classes is None else "classification"

    def _schema(self) -> Element:
        """The columns that a model takes, and what it predicts."""
        columns = [mining_field(column) for column in self.program.columns]
        return element("MiningSchema", *columns, element("MiningField", name=self.target, usageType="target"))

    def _first_rule(self, rule: int) -> Element:
        """A segment for each rule."""
        chosen, values = self.program.steps[rule].value, [self.program.steps[step].value for step in self.outputs]
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
        return element("MiningModel", self._schema(), segmentation, functionName=self._function)

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
            inner, outputs = self._regression(values, local)
        else:
            inner, outputs = self._tree(values, decision, local)
        if rule is not None:
            number = element("Constant", text=str(rule), dataType="integer")
            outputs.insert(len(values), output_field(self.rule, "integer", number))
        return element(
            "RegressionModel" if decision is None else "TreeModel",
            self._schema() if rule is None else self._schema_of(values),
            element("Output", *outputs),
            *([element("LocalTransformations", *local.elements)] if local.elements else []),
            inner,
            functionName=self._function,
        )

    def _regression(self, values: Sequence[Expression], local: DerivedFields) -> tuple[Element, list[Element]]:
        """The sum of the first output as a table, the others as expressions."""
        (first, *others), names = values, list(self.outputs.values())
        assert isinstance(first, Weighted)
        terms, rest = local.terms(names[0], first)
        predictors = [element("NumericPredictor", name=f, coefficient=double(w)) for w, f in terms]
        if self.program.rule is None and self.known is not None:
            # It adds 0, and makes the cells be looked at.
            predictors.append(element("NumericPredictor", name=self.known, coefficient=double(0.0)))
        table = element("RegressionTable", *predictors, intercept=double(rest))
        expressions = [local.write(name, value) for name, value in zip(names[1:], others, strict=True)]
        outputs = [output_field(name, "double", one) for name, one in zip(names[1:], expressions, strict=True)]
        return table, [output_field(names[0], "double"), *outputs]

    def _tree(
        self, values: Sequence[Expression], decision: Expression, local: DerivedFields
    ) -> tuple[Element, list[Element]]:
        """A node for each class, whose tests compare the outputs."""
        assert isinstance(decision, Choice) and isinstance(decision.otherwise, Label)
        outputs = []
        for (step, name), value in zip(self.outputs.items(), values, strict=True):
            local.steps[step] = local.add(f"value of {name}", local.write(name, value))
            outputs.append(output_field(name, "double", reference(local.steps[step])))
        nodes = []
        for test, label in decision.branches:
            field = local.add("decision", local.write("decision", test), is_test=True)
            nodes.append(self._node(element("SimplePredicate", field=field, operator="equal", value="true"), label))
        nodes.append(self._node(element("True"), decision.otherwise))
        outputs.append(output_field(self.decision, data_type(self.labels)))
        return element("Node", self._if_known() if self.program.rule is None else element("True"), *nodes), outputs

    def _node(self, predicate: Element, label: Expression) -> Element:
        """A class where a test holds."""
        assert isinstance(label, Label)
        return element("Node", predicate, score=literal(label.value, self.labels, "class"))

    def _schema_of(self, values: Sequence[Expression]) -> Element:
        """The columns that the outputs of a rule are made of, whose cells have been looked at."""
        used = self._used(values)
        columns = [element("MiningField", name=c.name) for c in self.program.columns if c.name in used]
        return element("MiningSchema", *columns, element("MiningField", name=self.target, usageType="target"))

    def _used(self, values: Sequence[Expression]) -> set[str]:
        """The columns that values are made of."""
        steps = {part.step for value in values for part in parts_of(value) if isinstance(part, Reference)}
        return {
            part.column.name
            for place in needed(self.program, steps)
            for part in parts_of(self.program.steps[place].value)
            if isinstance(part, Cell)
        }


def output_field(name: str | None, data_type: str, value: Element | None = None) -> Element:
    """A result.

    Args:
        name: what it is called.
        data_type: its type.
        value: an expression; None for what the model predicts.

    Returns:
        The element.

    Example:
        >>> output_field("cost", "double").attrib["feature"]
        'predictedValue'
    """
    assert name is not None
    optype = "continuous" if data_type in ("double", "integer") else "categorical"
    what = {"feature": "predictedValue" if value is None else "transformedValue"}
    inner = [] if value is None else [value]
    return element("OutputField", *inner, name=name, optype=optype, dataType=data_type, **what)
