"""Claims of what is printed: it is read back, and then answers as the rules do, as closely as they say."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np

import prelu_rules as pr
from exact_judge.results import Results
from exact_judge.verdict import Claim
from prelu_rules.domains.sampling import sampled
from prelu_rules.export import json, paper_reader, read_text
from prelu_rules.rules.extraction import SAMPLED_ROWS
from prelu_rules.tolerances import PRINTED_OUTPUT, ROUND_OFF

ALL_DIGITS = 1e-9
"""Without a domain all digits are printed: what is read is the same but for rounding errors, relative to the terms."""


def _read_back(target: str, read: Callable[[str], pr.RuleSystem]) -> Callable[[Results], str | None]:
    def fault(results: Results) -> str | None:
        system = results.system("rules")
        again = read(system.export(target))
        rows, allowed = _rows(results), _allowed(results, system)
        wanted = system.predict(rows)
        table = {name: rows[:, k] for k, name in enumerate(system.feature_names)}
        given = {column.name: table[column.name] for column in again.columns}
        found = again.predict(given) if given else np.repeat(again.rules[0].outputs.intercept[None], len(rows), axis=0)
        for k, name in enumerate(again.output_names):
            output = system.output_names.index(name)
            here = np.abs(found[:, k] - wanted[:, output])
            if (here > allowed[output]).any():
                row = int(np.argmax(here))
                return f"{name} is read off by {here[row]:.3g} at {rows[row]}, with {allowed[output]:.3g} allowed"
        return None

    return fault


def _rows(results: Results) -> np.ndarray:
    """Rows for which the printed digits were chosen; without a domain any."""
    case = results.case
    if case.domain is None:
        return np.random.default_rng(0).normal(size=(SAMPLED_ROWS, case.network.n_inputs)) * 3
    return case.bounds.rows if case.bounds.rows is not None else sampled(case.domain, SAMPLED_ROWS)


def _allowed(results: Results, system: pr.RuleSystem) -> np.ndarray:
    if system.precision is not None:
        # The numbers were compared as floats, and are again; what rounding errors amount to is allowed as well.
        largest = [Fraction(float(size)) for size in np.abs(_rows(results)).max(axis=0)]
        terms = np.array([float(size) for size in results.case.network.terms(largest)])
        return PRINTED_OUTPUT * np.asarray(system.precision.output_scale) * (1 + 1e-9) + ROUND_OFF * terms
    return ALL_DIGITS * np.array([float(size) for size in results.case.network.terms([10] * system.n_inputs)])


def _json(results: Results) -> str | None:
    system = results.system("rules")
    return None if json.read(system.export("json")) == system else "what is read is not what was written"


CLAIMS = [
    Claim("the text is read back", _read_back("text", read_text)),
    Claim("the paper's text is read back", _read_back("paper", paper_reader.read)),
    Claim("JSON is read back", _json),
]
