"""A server of the Model Context Protocol, through which an assistant can ask rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prelu_rules.errors import DataError, InvalidValueError, PReLURulesError
from prelu_rules.export.scoring import Scores, Scoring
from prelu_rules.rules.rule_system import RuleSystem

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

MOST_ROWS = 1000
"""In one call; an answer of more would not fit into a conversation."""

INSTRUCTIONS = (
    "These rules are a model that was learned from data. Call `describe` once for the columns that a row needs and for "
    "the rules themselves, then `predict` with rows. Each answer names the rule that it follows from, the conditions "
    "that were met, and the columns whose values lie outside of what the rules were learned from, if any: an answer "
    "there is an extrapolation, and should be told as one."
)


def server_of(rules: RuleSystem) -> MCPServer[Any]:
    """A server with two tools: `describe` says what the rules are, `predict` what they answer.

    Args:
        rules: the rules.

    Returns:
        The server, to be run on a transport.

    Raises:
        DataError: if `mcp` is not installed.
    """
    try:
        from mcp.server.mcpserver import MCPServer
        from mcp.server.mcpserver.exceptions import ToolError
    except ImportError:
        raise DataError("a server needs mcp 2 or newer; pip install 'prelu-rules[serve]'.") from None
    from prelu_rules import __version__

    scoring = Scoring(rules)
    server = MCPServer("prelu-rules", instructions=INSTRUCTIONS, version=__version__, log_level="ERROR")

    @server.tool()
    def describe() -> dict[str, Any]:
        """The columns that a row needs, what is answered, and the rules as text."""
        return description(rules)

    @server.tool()
    def predict(rows: list[dict[str, Any]]) -> dict[str, Any]:
        """What the rules answer for rows, by which rule, and why.

        Args:
            rows: at most 1000; each has a cell for every column by its name: a number, a text or true/false; null where
                it is missing and may be.
        """
        try:
            return {"answers": answers(rules, scoring, rows)}
        except PReLURulesError as problem:
            raise ToolError(str(problem)) from None

    return server


def description(rules: RuleSystem) -> dict[str, Any]:
    """What an assistant has to know of rules.

    Args:
        rules: the rules.

    Returns:
        "columns" with name, kind, the range of the data, levels, whether cells may be missing, unit and description;
        "outputs", by name; "classes" of a classifier; and "rules" as text.

    Example:
        >>> from prelu_rules.network.affine import AffineMap
        >>> from prelu_rules.rules.rule import Rule
        >>> description(RuleSystem((Rule((), AffineMap([[2.0]], [1.0])),), ("x",), ("y",)))["columns"]
        [{'name': 'x', 'kind': 'number', 'may_be_missing': False}]
    """
    columns, domain, ranges = [], rules.domain, {}
    if domain is not None:
        for feature, lower, upper in zip(rules.features, domain.lower.tolist(), domain.upper.tolist(), strict=True):
            ranges.update({} if feature.is_indicator else {feature.column: [lower, upper]})
    for column in rules.columns:
        said: dict[str, Any] = {"name": column.name, "kind": column.kind, "may_be_missing": column.missing}
        more = {
            "range": ranges.get(column.name),
            "levels": list(column.levels),
            "unit": column.unit,
            "description": column.description,
        }
        columns.append({**said, **{name: value for name, value in more.items() if value}})
    found: dict[str, Any] = {"columns": columns, "outputs": list(rules.output_names)}
    if rules.classes is not None:
        found["classes"] = list(rules.classes)
    return {**found, "rules": rules.export("text")}


def answers(rules: RuleSystem, scoring: Scoring, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What rules answer for rows.

    Args:
        rules: the rules.
        scoring: of these rules.
        rows: a cell for each column, by name.

    Returns:
        For each row "outputs", by name; "class" and "probabilities" of a classifier; "rule", the number of the rule,
        from 1; "reason", its conditions; and "outside", the columns by which the row is outside the range of the data.

    Raises:
        DataError: if a row lacks a column.
        InvalidValueError: if there are too many rows, a row has a column that the rules do not know, or a cell cannot
            be used.
        OutsideDomainError: if no rule covers a row.
    """
    if len(rows) > MOST_ROWS:
        raise InvalidValueError(f"there are {len(rows)} rows; send at most {MOST_ROWS} at once.")
    _check_columns(rules, rows)
    scores = scoring.scores(rows) if rows else None
    return [] if scores is None else [_answer(rules, scores, row) for row in range(len(rows))]


def _check_columns(rules: RuleSystem, rows: list[dict[str, Any]]) -> None:
    """Refuse rows with other columns than those of the rules."""
    names = [column.name for column in rules.columns]
    for number, row in enumerate(rows):
        for name in names:
            if name not in row:
                raise DataError(f"rows[{number}] has no column {name!r}; its columns must be {', '.join(names)}.")
        for name in row:
            if name not in names:
                raise InvalidValueError(
                    f"rows[{number}] has the column {name!r}, which the rules do not know; their columns are "
                    f"{', '.join(names)}."
                )


def _answer(rules: RuleSystem, scores: Scores, row: int) -> dict[str, Any]:
    outputs = dict(zip(rules.output_names, map(float, scores.outputs[row]), strict=True))
    found: dict[str, Any] = {"outputs": outputs}
    if scores.labels is not None and scores.probabilities is not None:
        shares = zip(rules.classes or (), map(float, scores.probabilities[row]), strict=True)
        found["class"] = scores.labels[row]
        found["probabilities"] = [{"class": label, "probability": share} for label, share in shares]
    outside = scores.outside[row]
    return {**found, "rule": int(scores.rule[row]), "reason": scores.reason[row], "outside": outside}
