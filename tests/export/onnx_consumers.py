"""What runs ONNX models: onnxruntime, and onnx's own reference implementation."""

import warnings

import executed
import numpy as np

from prelu_rules.export.onnx_classes import labels_of
from prelu_rules.export.onnx_columns import input_type, missing_text
from prelu_rules.losses.link import class_link


def in_onnxruntime(model, feed):
    """The results by name, from bytes of a model."""
    runtime = executed.module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    session = runtime.InferenceSession(model, options)
    return dict(zip([one.name for one in session.get_outputs()], session.run(None, feed), strict=True))


def in_reference(model, feed):
    """The same by onnx itself, which computes with NumPy."""
    onnx = executed.module("onnx")
    evaluator = executed.module("onnx.reference").ReferenceEvaluator(onnx.load_from_string(model))
    with warnings.catch_warnings():
        # NumPy says so where a sum is too large.
        warnings.simplefilter("ignore", RuntimeWarning)
        return dict(zip(evaluator.output_names, evaluator.run(None, feed), strict=True))


CONSUMERS = (in_onnxruntime, in_reference)


def fed(columns, table):
    """What users feed for a table of Python values, by the documentation of `write`."""
    feed = {}
    for column in columns:
        dtype, cells = input_type(column), table[column.name]
        if dtype is np.str_:
            values = [missing_text(column) if cell is None else str(cell) for cell in cells]
            array = np.array(values, dtype=object)
        else:
            array = np.array([np.nan if cell is None else cell for cell in cells], dtype=dtype)
        feed[column.name] = array.reshape(-1, 1)
    return feed


def answers(case, model, consumer, table=None, inputs="columns"):
    """Outputs, rules and classes, None or NaN where there is no answer; results are told by their place."""
    table = case.rows if table is None else table
    system = case.system
    feed = fed(system.columns, table) if inputs == "columns" else {"features": system.encoded(table)}
    results = iter(consumer(model, feed).values())
    outputs = next(results)
    rest = list(results)
    rules = rest.pop(0) if len(rest) % 2 else None
    if system.classes is None:
        return outputs, rules, None
    classes, probabilities = rest
    # Their order is that of the labels.
    *written, none = labels_of(system.classes).values.tolist()
    found = [place_of(label, written, none) for label in classes.tolist()]
    expected = class_link(len(system.output_names)).inverse(outputs)
    np.testing.assert_allclose(probabilities, expected, rtol=1e-12, atol=1e-300)
    assert (np.isnan(probabilities[:, 0]) == [place is None for place in found]).all()
    return outputs, rules, [None if place is None else system.classes[place] for place in found]


def place_of(label, written, none):
    """The place of a class; None if it stands for no answer."""
    return None if label == none or label != label else written.index(label)


def checked(model):
    """A model, after onnx has checked it and inferred all shapes."""
    onnx = executed.module("onnx")
    found = onnx.load_from_string(model)
    onnx.checker.check_model(found, full_check=True)
    assert len({node.name for node in found.graph.node} - {""}) == len(found.graph.node)
    return found
