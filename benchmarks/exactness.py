"""How many of its claims the package keeps, as the exact judge of the tests finds it.

    PYTHONPATH=tests python benchmarks/exactness.py --jobs 2                          # 2,000 cases
    PYTHONPATH=tests python benchmarks/exactness.py --cases 150 --failures failures.md

Networks of 17 kinds on domains of 8 kinds, equally many of each pair. The table says how many claims were held, broken,
raised (an error where there should be an answer) and refused (an error that the documentation allows); the lines below
it say which claims were not held. With all cases, the table goes to `benchmarks/results/exactness.csv`. `--failures`
writes, for each kind of failure, the smallest case as Python.
"""

from __future__ import annotations

import argparse
import csv
import sys
import warnings
from collections import Counter
from pathlib import Path

from exact_judge.case import Case, all_cases, drawn
from exact_judge.claims import CLAIMS
from exact_judge.domain_kinds import DOMAINS
from exact_judge.network_kinds import NETWORKS
from exact_judge.verdict import BROKEN, HELD, NOT_REACHED, RAISED, REFUSED, Verdict, verdicts
from joblib import Parallel, delayed

RESULTS = Path(__file__).parent / "results" / "exactness.csv"

N_CASES = 2000

SHOWN_EVERY = 50

STATES = (HELD, BROKEN, RAISED, REFUSED, NOT_REACHED)

Judged = list[tuple[Case, Verdict]]


def judged(n_cases: int, n_jobs: int = 1) -> Judged:
    """The verdicts on so many cases; how far it is, is printed to the standard error."""
    found: Judged = []
    parallel = Parallel(n_jobs=n_jobs, return_as="generator")
    for done, part in enumerate(parallel(delayed(_judged)(name) for name in all_cases(n_cases)), start=1):
        found += part
        if done % SHOWN_EVERY == 0:
            failures = sum(verdict.is_failure for _, verdict in found)
            print(f"{done:,} of {n_cases:,} cases, {failures} claims not held", file=sys.stderr, flush=True)
    return found


def _judged(name: tuple[str, str, int]) -> Judged:
    """The verdicts on a case; warnings of the package count as errors."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # The case is drawn twice, so that the cells of only one are in memory at a time.
        case = drawn(*name)
        return [(case, verdict) for verdict in verdicts(drawn(*name), CLAIMS)]


def lines_of(found: Judged) -> list[list[str | int]]:
    """For each pair of kinds the number of claims in each state, and which claims failed how often."""
    counts = Counter((case.network_kind, case.domain_kind, verdict.state) for case, verdict in found)
    failures = Counter((case.network_kind, case.domain_kind, _failure(v)) for case, v in found if v.is_failure)
    cases = Counter(pair for pair, _ in {((c.network_kind, c.domain_kind), c.number) for c, _ in found})
    lines: list[list[str | int]] = []
    for network in NETWORKS:
        for domain in DOMAINS:
            failed = [f"{n} x {what}" for (*pair, what), n in sorted(failures.items()) if pair == [network, domain]]
            numbers = [counts[network, domain, state] for state in STATES]
            lines.append([network, domain, cases[network, domain], *numbers, "; ".join(failed)])
    return lines


def show(found: Judged) -> None:
    """Print, for each pair of kinds, how many claims failed of how many that were reached, and all failures."""
    counts = Counter((case.network_kind, case.domain_kind, verdict.state) for case, verdict in found)
    print(f"{'failed of reached':<18}" + "".join(f"{domain:>13}" for domain in DOMAINS))
    for network in NETWORKS:
        numbers = [[counts[network, domain, state] for state in STATES[:-1]] for domain in DOMAINS]
        print(f"{network:<18}" + "".join(f"{f'{b + r} of {h + b + r + s}':>13}" for h, b, r, s in numbers))
    reached = [verdict for _, verdict in found if verdict.state != NOT_REACHED]
    total = Counter(verdict.state for verdict in reached)
    print("\n" + ", ".join(f"{total[state]} {state}" for state in STATES[:-1]) + "\n\nnot held, by claim:")
    of = Counter(verdict.claim for verdict in reached)
    failed = Counter((verdict.claim, verdict.state, verdict.error) for verdict in reached if verdict.state != HELD)
    for (claim, state, error), n in failed.items():
        print(f"  {n:>5} of {of[claim]:>5}  {claim}: {state} {error}")


def failures_of(found: Judged) -> str:
    """Each kind of failure with the smallest case of it, as Markdown."""
    smallest: dict[str, tuple[int, Case, Verdict]] = {}
    for case, verdict in found:
        size = len(case.shown())
        if verdict.is_failure and (_failure(verdict) not in smallest or size < smallest[_failure(verdict)][0]):
            smallest[_failure(verdict)] = size, case, verdict
    parts = [
        f"## {what}\n\n{case.name}: {verdict.detail}\n\n```python\n{case.shown()}\n```\n"
        for what, (_, case, verdict) in smallest.items()
    ]
    return "\n".join(parts)


def _failure(verdict: Verdict) -> str:
    return f"{verdict.claim} [{verdict.error}]" if verdict.error else verdict.claim


def main(n_cases: int, failures: str | None = None, n_jobs: int = 1) -> None:
    """Judge, print, and write."""
    found = judged(n_cases, n_jobs)
    show(found)
    if n_cases == N_CASES:
        header = ["network", "domain", "cases", *STATES, "failures"]
        with RESULTS.open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([header, *lines_of(found)])
    if failures:
        Path(failures).write_text(failures_of(found), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=N_CASES)
    parser.add_argument("--failures", help="a file for the smallest case of each kind of failure")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    given = parser.parse_args()
    main(given.cases, given.failures, given.jobs)
