"""Evaluates documents of PMML in a process of its own, since Java starts only once in a process.

Reads pairs of the path of a document and rows as JSON, and writes, for each pair, what came out for each row: an object
by name, or a text where there was an error. The argument is "jpmml" or "pypmml"; with "schema" it is what an XML schema
of PMML says of the document, if anything.
"""

import json
import math
import sys
from pathlib import Path


def by_jpmml(path, rows):
    import pandas
    from jpmml_evaluator import make_evaluator

    evaluator = make_evaluator(Path(path)).verify()
    table = pandas.DataFrame(rows, dtype=object)
    results, errors = evaluator.evaluateAll(table.astype(object).where(table.notna(), None), error_col=None)
    found = [{}] * len(rows) if results.empty else results.astype(object).to_dict("records")
    said = [None] * len(rows) if errors is None else errors.tolist()
    return [error if isinstance(error, str) else plain(row) for error, row in zip(said, found, strict=True)]


def by_pypmml(path, rows):
    from pypmml import Model

    model = Model.fromString(Path(path).read_text("utf-8"))
    return [plain(row) for row in json.loads(model.predict(json.dumps(rows)))]


def by_schema(path, rows):
    import jpype
    from jpmml_evaluator import make_backend

    make_backend("jpype")
    here = jpype.JClass("java.lang.Thread").currentThread().getContextClassLoader().getResource("pmml.xsd")
    factory = jpype.JClass("javax.xml.validation.SchemaFactory").newInstance("http://www.w3.org/2001/XMLSchema")
    source = jpype.JClass("javax.xml.transform.stream.StreamSource")(jpype.JClass("java.io.File")(path))
    try:
        factory.newSchema(here).newValidator().validate(source)
    except jpype.JException as error:
        return str(error)
    return None


def plain(row):
    """A row with None where a value is missing."""
    return {name: None if isinstance(value, float) and math.isnan(value) else value for name, value in row.items()}


if __name__ == "__main__":
    evaluate = {"jpmml": by_jpmml, "pypmml": by_pypmml, "schema": by_schema}[sys.argv[1]]
    print(json.dumps([evaluate(path, rows) for path, rows in json.load(sys.stdin)]))
