"""Random rule systems over columns of all kinds, and rows of their domain."""

from itertools import product

import numpy as np
from hypothesis import strategies as st
from typed_columns import random_table, random_weights, some_columns

from prelu_rules.columns.column import features_of
from prelu_rules.columns.feature_rows import feature_rows
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.presentation.statements import Cells, states_of

N_ROWS = 60


def random_network(rng, n_inputs, n_outputs, n_units, short, nested=True):
    inner = (
        nested * np.tril(random_weights(rng, (n_units, n_units), short), -1) * (rng.random((n_units, n_units)) < 0.4)
    )
    return NormalForm(
        A=random_weights(rng, (n_units, n_inputs), short),
        B=inner,
        b=random_weights(rng, n_units, short),
        C=random_weights(rng, (n_outputs, n_inputs), short),
        D=random_weights(rng, (n_outputs, n_units), short),
        e=random_weights(rng, n_outputs, short),
        slopes=rng.choice((0.0, 0.25, -0.5, 1.5), n_units),
    )


@st.composite
def systems(draw, classes=False, max_units=4, max_size=4, max_numbers=4, nested=True):
    """A rule system extracted from a random network on the domain of a random table, and the rows."""
    few = some_columns(max_size).filter(lambda c: sum(one.kind in ("number", "integer") for one in c) <= max_numbers)
    columns, seed, short = draw(few), draw(st.integers(0, 2**32 - 1)), draw(st.booleans())
    rng = np.random.default_rng(seed)
    n_outputs = draw(st.integers(1, 3))
    form = random_network(rng, len(features_of(columns)), n_outputs, draw(st.integers(0, max_units)), short, nested)
    x = feature_rows(columns, random_table(columns, seed, N_ROWS))
    labels = tuple("uvw"[: max(2, n_outputs)]) if classes else None
    return extract_rules(form, x, columns=columns, classes=labels), x


def said_of(presentation, rule, cells):
    """What a printed rule says of the outputs, `(n_rows, n_outputs)`."""
    by_number = {one.number: one for one in presentation.rules}
    found = []
    for k, output in enumerate(rule.outputs):
        output = by_number[output.like].outputs[k] if output.like is not None else output
        total = output.total.of(cells)
        if output.relative:
            formula = presentation.formula.outputs[k]
            total = total + formula.base.of(cells)
            for weight, letter in formula.bends:
                total = total + (weight * cells.amounts[letter.place] if letter in output.bends else 0.0)
        found.append(total)
    return np.column_stack(found)


def covering(presentation, cells):
    """Which printed rules cover each row, bool `(n_rules, n_rows)`; the last of a complete cover covers the rest."""
    covers = [rule.covers(cells) for rule in presentation.rules]
    for k, rule in enumerate(presentation.rules):
        if rule.otherwise:
            covers[k] = ~np.any(covers[:k] + covers[k + 1 :], axis=0)
    return np.array(covers)


def cells_of(presentation, x):
    bends = presentation.formula.bends if presentation.formula is not None else ()
    return Cells(presentation.columns, x, bends)


def presented_deviation(presentation, rules, x):
    """Largest difference between what is printed and the rules, of each output; inf where not one rule covers a row."""
    cells, y = cells_of(presentation, x), rules.predict(x)
    found = np.zeros(y.shape[1])
    if presentation.formula is not None:
        found = np.abs(presentation.formula.predict(presentation.columns, x) - y).max(axis=0)
    shown = np.isin(rules.assign(x), [rule.number - 1 for rule in presentation.rules])
    covers = covering(presentation, cells)
    counts = covers.sum(axis=0)
    # In decimals a row may be on a boundary that it is beside of in floats, and so in a rule that is folded.
    beside = np.array(
        [any(abs(c.coef @ row + c.intercept) < 1e-12 for r in rules.rules for c in r.conditions) for row in x]
    )
    if (counts[shown & ~(beside & (len(presentation.rules) < len(rules)) & (counts == 0))] != 1).any():
        return np.full(y.shape[1], np.inf)
    for rule, covered in zip(presentation.rules, covers, strict=True):
        wrong = np.abs(said_of(presentation, rule, cells) - y)[covered & shown]
        found = np.maximum(found, wrong.max(axis=0, initial=0.0))
    return found


def rows_with_states(columns):
    """A row for each combination of states, with 0 for numbers, and the features that are numbers there."""
    places = {feature: k for k, feature in enumerate(features_of(columns))}
    for states in product(*map(states_of, columns)):
        row, free = np.zeros(len(places)), []
        for column, state in zip(columns, states, strict=True):
            if state is not None:
                row[places[state]] = 1.0
            if not column.features[0].is_indicator and state is None:
                free.append(places[column.features[0]])
        yield row, free
