"""What became of each claim in a case."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import prelu_rules as pr
from exact_judge.case import Case
from exact_judge.results import NotReached, Results

State = str
"""held; broken; raised, where the package should have answered; refused, where its documentation says that it may; or
not reached, because what the claim is about was raised for already."""

HELD, BROKEN, RAISED, REFUSED, NOT_REACHED = "held", "broken", "raised", "refused", "not reached"


class Claim(NamedTuple):
    """A claim of the package, and how it is judged.

    Attributes:
        name: what is claimed.
        fault: what is wrong with it in a case; None if nothing is.
        concerns: whether it says anything of a case.
        may_raise: the errors with which the package may refuse, as its documentation says.
    """

    name: str
    fault: Callable[[Results], str | None]
    concerns: Callable[[Case], bool] = lambda case: True
    may_raise: tuple[type[Exception], ...] = ()


class Verdict(NamedTuple):
    """What became of a claim: its state, the class of the error if there was one, and what was wrong."""

    claim: str
    state: State
    error: str = ""
    detail: str = ""

    @property
    def is_failure(self) -> bool:
        return self.state in (BROKEN, RAISED)


def verdicts(case: Case, claims: list[Claim], results: Results | None = None) -> Iterator[Verdict]:
    """Judge all claims that concern a case.

    Whatever is raised is part of the verdict, so that one claim does not hide the next.
    """
    results = results or Results(case)
    for claim in claims:
        if claim.concerns(case):
            yield _verdict(claim, results)


def _verdict(claim: Claim, results: Results) -> Verdict:
    try:
        detail = claim.fault(results)
    except NotReached:
        return Verdict(claim.name, NOT_REACHED)
    except claim.may_raise as error:
        return Verdict(claim.name, REFUSED, type(error).__name__, str(error))
    except (pr.PReLURulesError, ArithmeticError, LookupError, RuntimeError, TypeError, ValueError, Warning) as error:
        return Verdict(claim.name, RAISED, type(error).__name__, str(error))
    return Verdict(claim.name, HELD) if detail is None else Verdict(claim.name, BROKEN, detail=detail)
