"""ONNX: a model in doubles, of the columns of a table or of encoded features.

It is written for opset 13 and version 7 of the format (onnx 1.8), the oldest that hold it, so that old runtimes run it,
too; its operators mean the same in later opsets. Numbers stand in arrays, since attributes are rounded to 32 bits, and
there is one matrix product for all boundaries and one for each depth of bends.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from prelu_rules.errors import InvalidValueError
from prelu_rules.export.onnx_answers import NO_RULE, add_bounds, add_formula, add_rule, named
from prelu_rules.export.onnx_classes import add_class, add_probabilities, labels_of
from prelu_rules.export.onnx_columns import check_columns
from prelu_rules.export.onnx_graph import ROWS, Graph
from prelu_rules.export.onnx_rows import Rows, rows_of_columns, rows_of_features
from prelu_rules.export.program import Shape, output_bounds_of, program_of
from prelu_rules.network.compact import CompactForm
from prelu_rules.rules.on_demand import RulesOnDemand
from prelu_rules.rules.rule_system import RuleSystem

if TYPE_CHECKING:
    import onnx

Inputs = Literal["columns", "features"]
"""An input for each column of the table, or one for the matrix of encoded features."""

OPSET, OPSET_OF_LEVELS, FORMAT = 13, 2, 7
"""The oldest versions of the operators, of the encoder of levels, and of the format that hold such a model."""


def write(system: RuleSystem | RulesOnDemand, shape: Shape | None = None, inputs: Inputs = "columns") -> bytes:
    """A model whose inputs are called as the columns are, each `(n_rows, 1)`.

    What to feed, which the `doc_string` of each input says as well:

    - for a number or an integer, a double, NaN where it is missing;
    - for yes and no, or levels that are True and False, a boolean; where cells may be missing, a double: 1, 0 or NaN;
    - for levels that are numbers, a double, NaN where it is missing;
    - for other levels, a text, also where one of several types is a number (`"3"`), as Python writes it; the empty text
      where it is missing, or "missing" if the empty text is a level.

    Nothing is filled in. Feed no None: to onnxruntime it is the text "None". A NaN that is made a boolean is True.

    Args:
        system: the rules.
        shape: "list" for the rules, "formula" for the network's formula; see `program_of`.
        inputs: "columns"; or "features" for a single input "features", `(n_rows, n_features)`, as
            `system.encoded(table)` gives them.

    Returns:
        The bytes of an .onnx file. Its results are, in this order,

        - "outputs": `(n_rows, n_outputs)` doubles, in the order of `output_names`, which the metadata have as JSON;
        - "rule", of a list: `(n_rows,)` int64, the number of the rule, from 1;
        - "class", of a classifier: `(n_rows,)`, texts; int64 if all classes are whole numbers, or True and False (1 and
          0); doubles if they are other numbers; in each case as `labels_of` says;
        - "probabilities", of a classifier: `(n_rows, n_classes)` doubles.

        A result whose name is that of a column is called "outputs 2" and so on. A row with a cell that rules cannot
        answer, or that no rule covers, has NaN for outputs and probabilities, rule 0, and a class that is none: the
        empty text, -1 or NaN. Sums are added in the order of the runtime, so outputs are those of the rules to 1e-12
        of the sum of the absolute values of their terms, and a row that is as close to a boundary may fall under the
        rule on its other side.

    Raises:
        DataError: if onnx is not installed.
        InvalidValueError: if there is no such shape or kind of inputs, a column is called "", a column, text level or
            class holds NUL, or a level or class is a whole number that is rounded.

    Example:
        >>> import numpy as np
        >>> import onnx
        >>> from onnx.reference import ReferenceEvaluator
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-3], C=[[1]], D=[[1]], e=[0], slopes=[0])
        >>> model = onnx.load_from_string(write(extract_rules(form, feature_names=["age"])))
        >>> ReferenceEvaluator(model).run(["outputs", "rule"], {"age": np.array([[2.0], [5.0]])})
        [array([[2.],
               [7.]]), array([1, 2])]
    """
    if inputs not in get_args(Inputs):
        raise InvalidValueError(f"inputs is {inputs!r}; it must be 'columns' or 'features'.")
    if not system.columns:
        raise InvalidValueError("the rules use no columns, so an ONNX model of them has no inputs; add a column.")
    is_list = program_of(system, shape).rule is not None
    if inputs == "features":
        graph = Graph(["features"])
        rows = rows_of_features(system.features, graph)
    else:
        check_columns(system.columns)
        graph = Graph([column.name for column in system.columns])
        rows = rows_of_columns(system.columns, graph)
    _add_results(system, is_list, rows, graph)
    return _model(system, graph).SerializeToString()


def _add_results(system: RuleSystem | RulesOnDemand, is_list: bool, rows: Rows, graph: Graph) -> None:
    """Outputs, rule, class and probabilities."""
    n_outputs, rule = len(system.output_names), None
    if is_list:
        assert isinstance(system, RuleSystem)
        place, outputs = add_rule(system.rules, rows, graph)
        rule = named(np.array([*range(1, len(system) + 1), NO_RULE]), place, "rule", graph)
    else:
        assert system.form is not None
        outputs = add_formula(CompactForm.of(system.form).form, rows, graph)
    bounds = output_bounds_of(system)
    if bounds is not None:
        outputs = add_bounds(bounds, outputs, graph)
    graph.give(outputs, np.float64, (ROWS, n_outputs), f"a column for each of: {_listed(system.output_names)}")
    if rule is not None:
        graph.give(rule, np.int64, (ROWS,), f"the number of the rule; {NO_RULE} where none answers")
    if system.classes is not None:
        labels = labels_of(system.classes)
        said = f"the class; {labels.values.tolist()[-1]!r} where there is no answer"
        graph.give(add_class(labels, outputs, n_outputs, graph), labels.dtype, (ROWS,), said)
        said = f"a column for each of: {_listed(system.classes)}"
        graph.give(add_probabilities(outputs, n_outputs, graph), np.float64, (ROWS, len(system.classes)), said)


def _listed(names: Sequence[object]) -> str:
    return ", ".join(map(str, names))


def _model(system: RuleSystem | RulesOnDemand, graph: Graph) -> onnx.ModelProto:
    """The file of a graph."""
    import onnx

    made = onnx.helper.make_graph(graph.nodes, "rules", graph.inputs, graph.outputs, graph.constants)
    model = onnx.helper.make_model(
        made,
        producer_name="prelu-rules",
        producer_version=version("prelu-rules"),
        model_version=1,
        doc_string=str(system),
        ir_version=FORMAT,
        opset_imports=[onnx.helper.make_opsetid("", OPSET), onnx.helper.make_opsetid("ai.onnx.ml", OPSET_OF_LEVELS)],
    )
    about = {"outputs": json.dumps(system.output_names)}
    about |= {} if system.classes is None else {"classes": json.dumps(system.classes)}
    onnx.helper.set_model_props(model, about)
    return model
