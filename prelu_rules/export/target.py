"""What an export target is: a function that writes rules, and what a user has to know before choosing it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal

from prelu_rules.errors import InvalidValueError
from prelu_rules.export.program import Shape

Exporter = Callable[..., str | bytes]
"""Takes a `RuleSystem` or `RulesOnDemand` and keyword options, and returns text, or the bytes of a file."""

BinaryTarget = Literal["excel", "keras", "onnx"]
"""The package's targets that are bytes of a file; all others are text."""


@dataclass(frozen=True)
class Target:
    """A language that rules can be written in.

    Attributes:
        write: the function that writes it.
        about: what it is, in a few words.
        needs: what runs or shows the result.
        shapes: whether it writes the network's formula, the list of rules, or either.
        limits: what it cannot hold or do; empty where nothing is known.

    Example:
        >>> Target(lambda system, unit="rules": f"{len(system)} {unit}", "how many there are").options
        ('unit',)
    """

    write: Exporter
    about: str = ""
    needs: str = "nothing"
    shapes: tuple[Shape, ...] = ()
    limits: str = ""

    @property
    def options(self) -> tuple[str, ...]:
        """The keyword options that the function takes."""
        kinds = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY
        _, *options = inspect.signature(self.write).parameters.values()
        return tuple(option.name for option in options if option.kind in kinds)

    def check_options(self, name: str, options: dict[str, Any]) -> None:
        """Refuse options that the function does not take.

        Args:
            name: what the target is called.
            options: by name.

        Raises:
            InvalidValueError: if there is such an option; it names the nearest one.

        Example:
            >>> Target(lambda system, dialect="duckdb": "").check_options("sql", {"dialekt": "sqlite"})
            Traceback (most recent call last):
            prelu_rules.errors.InvalidValueError: the export target 'sql' does not take the option 'dialekt'; ...
        """
        parameters = inspect.signature(self.write).parameters.values()
        if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters):
            return
        for option in options:
            if option not in self.options:
                near = get_close_matches(option, self.options, n=1)
                known = f"it takes {', '.join(self.options)}" if self.options else "it takes none"
                hint = f"did you mean {near[0]!r}?" if near else f"{known}."
                raise InvalidValueError(f"the export target {name!r} does not take the option {option!r}; {hint}")
