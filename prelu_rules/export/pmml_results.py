"""What models in PMML answer: the outputs as a table of a regression, or the class as a tree, and their fields.

Classes are decided by a tree whose tests compare the logits, since a regression that classifies has no exact way to
decide between two that are nearly equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from prelu_rules.export.holding import holding_of
from prelu_rules.export.pmml_expressions import DerivedFields, apply, constant, double, element, reference
from prelu_rules.export.pmml_names import check_name, data_type, literal
from prelu_rules.export.program import NO_BOUNDS, Choice, Expression, Label, Program, Weighted
from prelu_rules.rules.names import free_name
from prelu_rules.rules.output_bounds import OutputBounds


class Results:
    """The fields of the results, and what computes them.

    Attributes:
        outputs: what each output is called, by its step.
        rule: what the number of the rule is called; None where there is none.
        decision: what the class is called; None where numbers are predicted.
        target: what is predicted; a field with another name, since no two fields should have the same.
        function: "regression" or "classification".
    """

    def __init__(self, program: Program, taken: set[str], bounds: OutputBounds | None = None) -> None:
        """Name the fields.

        Args:
            program: whose results they are.
            taken: the names of other fields, to which these are added.
            bounds: what outputs are kept within, which the program does not say.

        Raises:
            InvalidValueError: if XML cannot hold a name, or it is empty.
        """
        self.outputs = {step: _named(name, taken) for name, step in program.outputs}
        self.rule = None if program.rule is None else _named("rule", taken)
        self.decision = None if program.decision is None else _named("class", taken)
        self.target = _named(f"target {self.decision or program.outputs[0][0]}", taken)
        self.function = "regression" if program.classes is None else "classification"
        self._bounds = [NO_BOUNDS] * len(self.outputs) if bounds is None else bounds.pairs
        self._classes, self._labels = program.classes, holding_of(program.classes or ())

    @property
    def data_field(self) -> Element:
        """What is predicted, in the dictionary: the class, or the first output."""
        if self._classes is None:
            return element("DataField", name=self.target, optype="continuous", dataType="double")
        labels = dict.fromkeys(literal(label, self._labels, "class") for label in self._classes)
        values = [element("Value", value=label) for label in labels]
        return element("DataField", *values, name=self.target, optype="categorical", dataType=data_type(self._labels))

    def schema(self, columns: Sequence[Element]) -> Element:
        """The schema of a model.

        Args:
            columns: the columns that it takes.

        Returns:
            The element.
        """
        return element("MiningSchema", *columns, element("MiningField", name=self.target, usageType="target"))

    def targets(self) -> list[Element]:
        """What becomes of a predicted number outside of its bounds; nothing where it has none.

        Returns:
            The element, if any.
        """
        bounds = zip(("min", "max"), self._bounds[0], strict=True)
        ends = {end: double(bound) for end, bound in bounds if bound is not None}
        return [element("Targets", element("Target", field=self.target, **ends))] if ends else []

    def number(self, rule: int) -> Element:
        """The number of a rule as a result.

        Args:
            rule: the number.

        Returns:
            The element.
        """
        assert self.rule is not None
        return output_field(self.rule, "integer", element("Constant", text=str(rule), dataType="integer"))

    def regression(
        self, values: Sequence[Expression], fields: DerivedFields, look_at: str | None
    ) -> tuple[Element, list[Element]]:
        """The sum of the first output as a table, the others as expressions.

        Args:
            values: the sum of each output.
            fields: of steps; those that are needed besides are added.
            look_at: a field to be evaluated as well, if any.

        Returns:
            The table and the output fields.
        """
        (first, *others), names = values, list(self.outputs.values())
        assert isinstance(first, Weighted)
        terms, rest = fields.terms(names[0], first)
        predictors = [element("NumericPredictor", name=f, coefficient=double(w)) for w, f in terms]
        if look_at is not None:
            predictors.append(element("NumericPredictor", name=look_at, coefficient=double(0.0)))
        table = element("RegressionTable", *predictors, intercept=double(rest))
        expressions = [
            _within(fields.write(name, value), *pair)
            for name, value, pair in zip(names[1:], others, self._bounds[1:], strict=True)
        ]
        outputs = [output_field(name, "double", one) for name, one in zip(names[1:], expressions, strict=True)]
        return table, [output_field(names[0], "double"), *outputs]

    def tree(
        self, values: Sequence[Expression], decision: Expression, fields: DerivedFields, where: Element
    ) -> tuple[Element, list[Element]]:
        """A node for each class, whose tests compare the outputs.

        Args:
            values: the sum of each output.
            decision: a choice of labels by tests of the outputs.
            fields: of steps; those that are needed besides are added.
            where: a predicate; where it does not hold there is no class.

        Returns:
            The root and the output fields.
        """
        assert isinstance(decision, Choice) and decision.otherwise is not None and self.decision is not None
        outputs = []
        for (step, name), value in zip(self.outputs.items(), values, strict=True):
            fields.steps[step] = fields.add(f"value of {name}", fields.write(name, value))
            outputs.append(output_field(name, "double", reference(fields.steps[step])))
        nodes = []
        for test, label in decision.branches:
            field = fields.add("decision", fields.write("decision", test), is_test=True)
            nodes.append(self._node(element("SimplePredicate", field=field, operator="equal", value="true"), label))
        nodes.append(self._node(element("True"), decision.otherwise))
        outputs.append(output_field(self.decision, data_type(self._labels)))
        return element("Node", where, *nodes), outputs

    def _node(self, predicate: Element, label: Expression) -> Element:
        """A class where a test holds."""
        assert isinstance(label, Label)
        return element("Node", predicate, score=literal(label.value, self._labels, "class"))


def _within(value: Element, lower: float | None, upper: float | None) -> Element:
    """An expression that is kept within bounds."""
    value = value if lower is None else apply("max", constant(lower), value)
    return value if upper is None else apply("min", constant(upper), value)


def _named(name: str, taken: set[str]) -> str:
    """A name that no other field has."""
    check_name("output", name)
    found = free_name(name, taken)
    taken.add(found)
    return found


def output_field(name: str, data_type: str, value: Element | None = None) -> Element:
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
    optype = "continuous" if data_type in ("double", "integer") else "categorical"
    what = {"feature": "predictedValue" if value is None else "transformedValue"}
    inner = [] if value is None else [value]
    return element("OutputField", *inner, name=name, optype=optype, dataType=data_type, **what)
