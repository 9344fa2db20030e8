"""polars: a module of expressions, for data frames in memory and for lazy ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from prelu_rules.export.frames import loaded
from prelu_rules.export.identifiers import check_function
from prelu_rules.export.polars_source import RESERVED, Source
from prelu_rules.export.program import Shape, program_of
from prelu_rules.rules.on_demand import RulesOnDemand
from prelu_rules.rules.rule_system import RuleSystem

if TYPE_CHECKING:
    import polars as pl

    Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)


def write(system: RuleSystem | RulesOnDemand, function: str = "predict", shape: Shape | None = None) -> str:
    r"""A module that needs polars only, with every number in full.

    Columns are found by their names. Numbers may be of any numeric type, yes and no are Boolean or 1 and 0, and levels
    are String, Categorical or Enum (one with all levels of the rules, before polars 2); a category whose levels are all
    numbers is numeric, and one of texts and numbers is text. Null is a missing cell, and so is NaN.

    Args:
        system: the rules.
        function: the name of the function.
        shape: "list" for the rules, "formula" for the network's formula; see `program_of`.

    Returns:
        Python source. The function takes a DataFrame or a LazyFrame and returns one with a column for each output,
        `rule` with the number of the rule (from 1; not in a formula), and `class`; all are null in a row where a cell
        is one that rules cannot answer, such as an integer that no double is equal to, or no rule holds. Of a LazyFrame
        nothing is collected. `expressions()` returns the same as a list of expressions. Columns of other types are
        errors of polars.

    Raises:
        InvalidValueError: if the function cannot be called so, there is no such shape, a level is a number that no
            double is equal to, or a class is not Unicode or has more than 64 bits.

    Example:
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-3], C=[[1]], D=[[1]], e=[0], slopes=[0])
        >>> source = write(extract_rules(form, feature_names=["age"], output_names=["cost"]), shape="formula")
        >>> print(source[source.index("def _features") :], end="")
        def _features():
            age = _number(pl.col('age'))
            known = [
                age.is_finite() & _exact(cs.by_name('age')),
            ]
            return [
                age.alias('age'),
                pl.all_horizontal(known).alias('known'),
            ]
        <BLANKLINE>
        <BLANKLINE>
        def _stages(value):
            age = value('age')
            yield [
                (age - 3.0).clip(0.0).alias('bend_1'),
            ]
            bend_1 = value('bend_1')
            yield [
                (age + bend_1).alias('cost'),
            ]
        <BLANKLINE>
        <BLANKLINE>
        def _answers(value):
            known = value('known')
            return [
                pl.when(known).then(value('cost')).alias('cost'),
            ]
    """
    check_function(function, "Python", RESERVED)
    return Source(program_of(system, shape)).module(function)


def answers(system: RuleSystem | RulesOnDemand, frame: Frame, shape: Shape | None = None) -> Frame:
    """What rules answer to the rows of a frame.

    Args:
        system: the rules.
        frame: a DataFrame, or a LazyFrame, of which nothing is collected.
        shape: as in `write`.

    Returns:
        A frame of the same kind, with the columns that `write` describes.

    Raises:
        InvalidValueError: as `write` does.
        DataError: if polars is not installed.

    Example:
        >>> import polars as pl
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-3], C=[[1]], D=[[1]], e=[0], slopes=[0])
        >>> rules = extract_rules(form, feature_names=["age"], output_names=["cost"])
        >>> answers(rules, pl.DataFrame({"age": [1.0, 5.0, None]})).rows()
        [(1.0, 1), (7.0, 2), (None, None)]
    """
    found: Frame = loaded(write(system, shape=shape), "polars")["predict"](frame)
    return found


def expressions(system: RuleSystem | RulesOnDemand, shape: Shape | None = None) -> list[pl.Expr]:
    """What rules answer, as expressions of a frame's columns.

    Each expression computes all that it needs, so where there are many outputs `answers` is faster.

    Args:
        system: the rules.
        shape: as in `write`.

    Returns:
        Named expressions: the outputs, "rule" and "class" as `write` describes them. In `with_columns` one that is
        called like a column replaces it, as it does in polars.

    Raises:
        InvalidValueError: as `write` does.
        DataError: if polars is not installed.

    Example:
        >>> import polars as pl
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> from prelu_rules.rules.extraction import extract_rules
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[-3], C=[[1]], D=[[1]], e=[0], slopes=[0])
        >>> rules = extract_rules(form, feature_names=["age"], output_names=["cost"])
        >>> pl.DataFrame({"age": [1.0, 5.0]}).with_columns(expressions(rules)).rows()
        [(1.0, 1.0, 1), (5.0, 7.0, 2)]
    """
    found: list[pl.Expr] = loaded(write(system, shape=shape), "polars")["expressions"]()
    return found
