"""Evaluates documents of PMML in a process of its own, since Java starts once in a process.

Reads pairs of the path of a document and rows as JSON, and writes, for each pair, what came out for each row: an object
by name, or a text where there was an error. The argument is "jpmml" or "pypmml".
"""

import json
import math
import sys
from pathlib import Path


def by_jpmml(path, rows):
    from jpmml_evaluator import JavaError, make_backend, make_evaluator

    evaluator = make_evaluator(Path(path), make_backend("jpype")).verify()

    def evaluate(row):
        try:
            return evaluator.evaluate(row)
        except JavaError as error:
            return f"{error.className}: {error.message}"

    return [evaluate(row) for row in rows]


def by_pypmml(path, rows):
    from pypmml import Model

    model = Model.fromString(Path(path).read_text("utf-8"))
    found = json.loads(model.predict(json.dumps(rows))) if rows else []
    return [{name: missing_as_none(value) for name, value in row.items()} for row in found]


def missing_as_none(value):
    return None if isinstance(value, float) and math.isnan(value) else value


if __name__ == "__main__":
    evaluate = {"jpmml": by_jpmml, "pypmml": by_pypmml}[sys.argv[1]]
    print(json.dumps([evaluate(path, rows) for path, rows in json.load(sys.stdin)]))
