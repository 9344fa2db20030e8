"""polars against the rules, eager, lazy and streaming; equal to Python to the last bit."""

import by_python
import executed
import networks
import pytest

from prelu_rules.columns.column import Column
from prelu_rules.errors import InvalidValueError
from prelu_rules.export import frames
from prelu_rules.export.holding import held_by, holding_of
from prelu_rules.export.polars import answers, expressions, write
from prelu_rules.export.program import program_of
from prelu_rules.rules.extraction import extract_rules

pl = executed.module("polars")


def frame_of(system, table, text=None):
    """A polars frame of columns of Python values; mixed levels are texts."""
    text = pl.String if text is None else text
    types = {"truth": pl.Boolean, "number": pl.Float64, "text": text, "mixed": text}
    frame = {}
    for column in system.columns:
        cells = table[column.name]
        if held_by(column) == "mixed":
            cells = [None if cell is None else str(cell) for cell in cells]
        dtype = pl.Int64 if column.kind == "integer" else types[held_by(column)]
        frame[column.name] = pl.Series(column.name, cells, dtype=dtype)
    return pl.DataFrame(frame)


def parts(system, shape, found):
    """Outputs, rules and classes of a frame of answers."""
    names = [name for name, _ in frames.results_of(program_of(system, shape))]
    assert found.columns == names
    n_outputs = len(system.output_names)
    assert found.dtypes[:n_outputs] == [pl.Float64] * n_outputs
    columns = [found[:, k].to_list() for k in range(found.width)]
    rules = columns[n_outputs] if shape == "list" else None
    assert rules is None or found.dtypes[n_outputs] == pl.Int64
    classes = None
    if system.classes is not None:
        mixed = holding_of(system.classes) == "mixed"
        labels = {None: None, **{str(label) if mixed else label: label for label in system.classes}}
        classes = [labels[label] for label in columns[-1]]
    return [list(row) for row in zip(*columns[:n_outputs], strict=True)], rules, classes


def check_all(case, shape, table=None, text=None):
    """Compare what all engines answer."""
    frame = frame_of(case.system, case.rows, text)
    found = answers(case.system, frame, shape)
    by_python.check(case, shape, *parts(case.system, shape, found))
    lazy = answers(case.system, frame.lazy(), shape)
    assert isinstance(lazy, pl.LazyFrame)
    assert lazy.collect_schema() == found.schema
    assert lazy.collect(engine="streaming").equals(found)
    assert frame.select(expressions(case.system, shape)).equals(found)
    assert frame.lazy().select(expressions(case.system, shape)).collect().equals(found)


CASES = [(name, shape) for name in executed.NAMES for shape in executed.case(name).shapes]


@pytest.mark.parametrize(("name", "shape"), CASES)
def test_answers_are_those_of_the_rules(name, shape):
    case = executed.case(name)
    check_all(case, shape)
    found = answers(case.system, frame_of(case.system, case.refused), shape)
    executed.check_refused(case, *(found[:, k].to_list() for k in range(found.width)))


@pytest.mark.parametrize("pair", executed.PAIRS, ids=executed.pair_id)
def test_names_are_data(pair):
    case = executed.hostile_case(*pair)
    for shape in case.shapes:
        check_all(case, shape)
