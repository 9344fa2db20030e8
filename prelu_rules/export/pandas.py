"""pandas: a module for data frames, computed with NumPy block by block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prelu_rules.export.frames import loaded
from prelu_rules.export.identifiers import check_function
from prelu_rules.export.pandas_source import RESERVED, Source
from prelu_rules.export.program import Shape, program_of
from prelu_rules.rules.on_demand import RulesOnDemand
from prelu_rules.rules.rule_system import RuleSystem

if TYPE_CHECKING:
    import pandas as pd


def write(system: RuleSystem | RulesOnDemand, function: str = "predict", shape: Shape | None = None) -> str:
    r"""A module that needs pandas and NumPy only, with every number in full.

    Columns are found by their names. Numbers, yes and no may be of any type of numbers or truth values, also as objects
    or a category, and levels that are texts of any type of texts; a category whose levels are all numbers is numeric.
    None, NaN and NA are missing cells.

    Args:
        system: the rules.
        function: the name of the function.
        shape: "list" for the rules, "formula" for the network's formula; see `program_of`.

    Returns:
        Python source. The function takes a DataFrame and returns one with the same index and a column for each output,
        `rule` with the number of the rule (from 1; not in a formula), and `class`; all are missing in a row where a
        cell is one that rules cannot answer, such as an integer that no float is equal to, or no rule holds. The
        function raises a `TypeError` if a column holds text where numbers are needed, or numbers where text is.

    Raises:
        InvalidValueError: if the function cannot be called so, there is no such shape, a level is a number that no
            float is equal to or equals another one, or a class is not Unicode or has more than 64 bits.

    Example:
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-3], C=[[1]], D=[[1]], e=[0], slopes=[0])
        >>> source = write(extract_rules(form, feature_names=["age"], output_names=["cost"]), shape="formula")
        >>> print(source[source.index("def _columns") :], end="")
        def _columns(frame):
            return [
                _numbers(frame, 'age'),
            ]
        <BLANKLINE>
        <BLANKLINE>
        def _block(age):
            known = np.isfinite(age)
            bend_1 = np.maximum(0.0, age - 3.0)
            cost = age + bend_1
            return [
                np.where(known, cost, np.nan),
            ]
        <BLANKLINE>
        <BLANKLINE>
        def _answers(index, cost):
            answers = {
                'cost': cost,
            }
            return pd.DataFrame(answers, index=index)
    """
    check_function(function, "Python", {*RESERVED, "BLOCK"})
    return Source(program_of(system, shape)).module(function)


def answers(system: RuleSystem | RulesOnDemand, frame: pd.DataFrame, shape: Shape | None = None) -> pd.DataFrame:
    """What rules answer to the rows of a frame.

    Args:
        system: the rules.
        frame: the rows.
        shape: as in `write`.

    Returns:
        A frame with the same index and the columns that `write` describes.

    Raises:
        InvalidValueError: as `write` does.
        TypeError: if a column holds text where numbers are needed, or numbers where text is.

    Example:
        >>> import pandas as pd
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-3], C=[[1]], D=[[1]], e=[0], slopes=[0])
        >>> rules = extract_rules(form, feature_names=["age"], output_names=["cost"])
        >>> people = pd.DataFrame({"age": [1.0, None]}, index=["Ann", "Bo"])
        >>> people.join(answers(rules, people))
             age  cost  rule
        Ann  1.0   1.0     1
        Bo   NaN   NaN  <NA>
    """
    found: pd.DataFrame = loaded(write(system, shape=shape), "pandas")["predict"](frame)
    return found
