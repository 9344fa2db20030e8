"""Test scores against the numbers that have to be read: our estimators and other learners, on the same folds.

    pip install -e ".[bench]"
    python benchmarks/side_by_side.py --plot side_by_side.png --csv side_by_side.csv   # all data sets and learners
    python benchmarks/side_by_side.py friedman1 diabetes --peers tree Cubist           # some of them

R2 or accuracy on the test folds of `datasets.folds`; every learner with its default settings, and with a few budgets.
For ours, one path is trained per fold, and every budget is a choice from it. `peers/__init__.py` defines the numbers
that have to be read.

Each setting of another learner is compared with what is chosen from our path under a limit of as many numbers, fold by
fold: "won" and "lost" are differences whose 95% interval does not contain 0 (Student's, with the variance corrected for
folds that share training rows), "ahead" and "behind" all other differences. A learner that cannot be imported or
fitted, or takes longer than the limit, is listed in the table with the reason.
"""

from __future__ import annotations

import argparse
import signal
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from datasets import CLASSES, OVERLAP, TABLES, folds
from intervals import Interval, interval
from peers import PEERS, Peer
from sklearn.base import clone
from sklearn.metrics import accuracy_score, r2_score

import prelu_rules as pr

OURS = "prelu_rules"
LIMIT = 200.0
"""A fit that takes more CPU seconds than this is stopped."""

BUDGETS = (4, 6, 8, 10, 12, 16, 20, 24, 28, 40, 60, 100)


@dataclass(frozen=True)
class Line:
    """The results of one learner in one setting.

    Attributes:
        data: the data set.
        learner: the learner.
        setting: its budget; empty for the default.
        scores: the score in each fold; none if it failed.
        numbers: the numbers to read in each fold.
        seconds: the CPU time of the fit in each fold.
        ours: our score in each fold with no more numbers; NaN if our shortest network has more.
        failure: why there is no score, or an empty text.
    """

    data: str
    learner: str
    setting: str
    scores: np.ndarray
    numbers: np.ndarray
    seconds: np.ndarray
    ours: np.ndarray
    failure: str = ""

    @property
    def name(self) -> str:
        """The learner and its setting."""
        return f"{self.learner} {self.setting}".strip()

    @property
    def lead(self) -> Interval | None:
        """How much better ours is with no more numbers; None for ours, and if there is nothing to compare."""
        if self.learner == OURS or self.failure or np.isnan(self.ours).any():
            return None
        return interval(self.ours - self.scores, OVERLAP)

    @property
    def verdict(self) -> str:
        """The result of the comparison, from our side."""
        if self.lead is None:
            return "" if self.learner == OURS or self.failure else "shorter than ours can be"
        if self.lead.sign:
            return "won" if self.lead.sign > 0 else "lost"
        return "even" if abs(self.lead.mean) < 1e-12 else "ahead" if self.lead.mean > 0 else "behind"


class Ours:
    """A path trained on one fold, and its scores on the test rows."""

    def __init__(self, data: str, train: tuple[Any, Any], test: tuple[Any, Any]) -> None:
        kind = pr.PReLURuleClassifier if data in CLASSES else pr.PReLURuleRegressor
        start = time.process_time()
        self.model = kind(random_state=0).fit(*train)
        self.seconds = time.process_time() - start
        self._test = test

    def score(self, point: Any) -> float:
        """The test score of a network of the path; that of its rules is the same."""
        x, y = self._test
        outputs = point.form.predict(x)
        if not isinstance(self.model, pr.PReLURuleClassifier):
            return float(r2_score(y, outputs[:, 0]))
        chosen = outputs[:, 0] > 0 if outputs.shape[1] == 1 else outputs.argmax(axis=1)
        return float(accuracy_score(y, self.model.classes_[chosen.astype(np.intp)]))

    def within(self, n_numbers: int) -> Any:
        """The network that is chosen under a limit; None if the shortest one has more numbers."""
        try:
            return self.model.path_.choose(max_numbers=n_numbers)
        except pr.PReLURulesError:
            return None


def compared(data: str, peers: Sequence[Peer], limit: float) -> Iterator[Line]:
    """Run all learners on one data set, ours first."""
    x, y = TABLES[data]()
    parts = [((x[train], y[train]), (x[test], y[test])) for train, test in folds(data, x, y)]
    ours = [Ours(data, *part) for part in parts]
    seconds = np.array([one.seconds for one in ours])
    default = [one.model.path_.choose() for one in ours]
    yield _our_line(data, "", ours, default, seconds)
    before = None
    for budget in BUDGETS:
        points = [one.within(budget) for one in ours]
        # A budget that changes nothing is left out.
        if all(point is not None for point in points) and points != before:
            yield _our_line(data, f"<= {budget} numbers", ours, points, seconds)
            before = points
    for peer in peers:
        yield from _peer_lines(data, peer, parts, ours, limit)


def _our_line(data: str, setting: str, ours: Sequence[Ours], points: Sequence[Any], seconds: np.ndarray) -> Line:
    scores = np.array([one.score(point) for one, point in zip(ours, points, strict=True)])
    return Line(data, OURS, setting, scores, np.array([point.n_numbers for point in points]), seconds, scores)


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Stop work that takes more CPU time than allowed.

    Args:
        seconds: CPU time, so that other work on the machine does not count.

    Raises:
        TimeoutError: in the code of the block, when the time is up.
    """

    def stop(*_: Any) -> None:
        raise TimeoutError(f"takes more than {seconds:g} CPU seconds for a fold")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _peer_lines(data: str, peer: Peer, parts: Sequence[Any], ours: Sequence[Ours], limit: float) -> Iterator[Line]:
    none = np.empty(0)
    try:
        variants = peer.variants(data in CLASSES)
    except ImportError as error:
        yield Line(data, peer.name, "", none, none, none, none, f"cannot be imported: {error}")
        return
    if not variants:
        yield Line(data, peer.name, "", none, none, none, none, "is not made for this task")
    for setting, model in variants.items():
        try:
            rows = [_fitted(peer, model, part, one, limit) for part, one in zip(parts, ours, strict=True)]
        except Exception as error:  # Any error of another library becomes a line of the table.
            reason = f"{type(error).__name__}: {' '.join(str(error).split())[:150]}"
            yield Line(data, peer.name, setting, none, none, none, none, reason)
        else:
            yield Line(data, peer.name, setting, *np.transpose(rows))


def _fitted(peer: Peer, model: Any, part: Any, ours: Ours, limit: float) -> tuple[float, int, float, float]:
    """Score, numbers, seconds, and our score with no more numbers."""
    (x, y), (x_test, y_test) = part
    start = time.process_time()
    with warnings.catch_warnings(), at_most(limit):
        # Warnings about convergence do not matter here; the score does.
        warnings.simplefilter("ignore")
        fitted = clone(model).fit(x, y)
        seconds = time.process_time() - start
        predicted = np.asarray(fitted.predict(x_test))
    measure = accuracy_score if isinstance(ours.model, pr.PReLURuleClassifier) else r2_score
    n_numbers = peer.numbers(fitted)
    point = ours.within(n_numbers)
    return (
        float(measure(y_test, predicted)),
        n_numbers,
        seconds,
        float("nan") if point is None else ours.score(point),
    )


def show(line: Line) -> None:
    """Print a line of the table."""
    if line.failure:
        print(f"  {line.name:<26} {line.failure}", flush=True)
        return
    reach = interval(line.scores, OVERLAP).reach
    lead = "" if line.lead is None else f"{line.lead.mean:+.4f} +- {line.lead.reach:.4f}"
    print(
        f"  {line.name:<26}{line.scores.mean():8.4f} +- {reach:.4f}{line.numbers.mean():9.1f}{line.seconds.mean():8.1f}"
        f"   {lead:<18} {line.verdict}",
        flush=True,
    )


def summary(lines: Sequence[Line]) -> str:
    """Summarise how often ours is better with no more numbers, and which learners are not worse."""
    verdicts = {word: [line.name for line in lines if line.verdict == word] for word in ("won", "lost", "behind")}
    leads = [line.lead for line in lines if line.lead is not None]
    better = [lead for lead in leads if lead.mean > 0]
    text = f"better in {len(better)} of {len(leads)} comparisons, clearly in {len(verdicts['won'])}"
    for word, name in (("lost", "clearly worse than"), ("behind", "worse, but not clearly, than")):
        if verdicts[word]:
            text += f"; {name} {', '.join(verdicts[word])}"
    return text + "."


def plot(lines: Sequence[Line], path: str) -> None:
    """Plot score against numbers, with a panel for each data set."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullFormatter, ScalarFormatter

    names = list(dict.fromkeys(line.data for line in lines))
    learners = list(dict.fromkeys(line.learner for line in lines if not line.failure))
    styles = dict(zip([OURS, *PEERS], "oDs^vP*Xp", strict=True))
    colours = dict(zip([OURS, *PEERS], [f"C{k}" for k in (3, 7, 0, 1, 2, 4, 5, 6, 8)], strict=True))
    columns = min(3, len(names))
    figure = Figure(figsize=(4.2 * columns, 3.3 * -(-len(names) // columns) + 0.5), layout="constrained")
    panels = figure.subplots(-(-len(names) // columns), columns, squeeze=False).ravel()
    for name, axes in zip(names, panels, strict=False):
        for learner in learners:
            own = [line for line in lines if (line.data, line.learner) == (name, learner) and not line.failure]
            own.sort(key=lambda line: line.numbers.mean())
            bold = learner == OURS
            axes.plot(
                [line.numbers.mean() for line in own],
                [line.scores.mean() for line in own],
                marker=styles[learner],
                color=colours[learner],
                label=learner,
                linewidth=2.2 if bold else 0.8,
                markersize=6 if bold else 5,
                zorder=3 if bold else 2,
            )
            for line in own:
                if bold and not line.setting:
                    mark = {"markersize": 13, "markerfacecolor": "none", "color": colours[OURS], "zorder": 4}
                    axes.plot(line.numbers.mean(), line.scores.mean(), "o", **mark, label="default choice")
        shown = np.array([line.scores.mean() for line in lines if line.data == name and not line.failure])
        best = shown.max()
        # Scores that are far worse than the rest would squeeze the others into a line.
        axes.set_ylim(
            max(shown.min(), best - 6 * (best - np.median(shown))) - 0.005, best + 0.06 * (best - shown.min())
        )
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(ScalarFormatter())
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_title(name)
        axes.grid(alpha=0.3)
        axes.set_ylabel("accuracy" if name in CLASSES else "R2")
        axes.set_xlabel("numbers to read")
    for axes in panels[len(names) :]:
        axes.axis("off")
    handles = {
        label: handle for axes in panels for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(handles.values(), handles.keys(), loc="outside upper center", ncols=5, frameon=False)
    figure.savefig(path, dpi=130)


def table(lines: Sequence[Line]) -> Any:
    """All lines as a DataFrame."""
    import pandas as pd

    rows = []
    for line in lines:
        means = {name: np.mean(getattr(line, name)) if len(line.scores) else np.nan for name in ("scores", "numbers")}
        seconds = np.mean(line.seconds) if len(line.seconds) else np.nan
        lead = line.lead
        rows.append(
            {
                "data": line.data,
                "learner": line.learner,
                "setting": line.setting,
                "score": means["scores"],
                "numbers": means["numbers"],
                "seconds": seconds,
                "lead": np.nan if lead is None else lead.mean,
                "lead_reach": np.nan if lead is None else lead.reach,
                "verdict": line.verdict or line.failure,
            }
        )
    return pd.DataFrame(rows)


def main(names: Sequence[str], peers: Sequence[Peer], limit: float, path: str | None, csv: str | None) -> None:
    """Print a table for each data set."""
    start = time.perf_counter()
    lines: list[Line] = []
    for name in names:
        x, _ = TABLES[name]()
        print(f"{name}: {len(x)} rows, {x.shape[1]} features; {'accuracy' if name in CLASSES else 'R2'}")
        print(f"  {'':<26}{'score, 95%':>18}{'numbers':>9}{'CPU-s':>8}   ours with no more numbers, minus it")
        of_data = []
        for line in compared(name, peers, limit):
            show(line)
            of_data.append(line)
        lines += of_data
        print(f"  {name}, ours with no more numbers: {summary(of_data)}", flush=True)
        # After each data set, so that no results are lost.
        if csv:
            table(lines).to_csv(csv, index=False, float_format="%.5g")
        if path:
            plot(lines, path)
    print(f"{(time.perf_counter() - start) / 60:.1f} minutes")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="*", help=f"any of {', '.join(TABLES)}; all of them by default")
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=list(PEERS), help="all of them by default")
    parser.add_argument("--limit", type=float, default=LIMIT, help="CPU seconds after which a fit is stopped")
    parser.add_argument("--plot", help="a file for the plot")
    parser.add_argument("--csv", help="a file for the table")
    given = parser.parse_args()
    main(given.data or list(TABLES), [PEERS[name] for name in given.peers], given.limit, given.plot, given.csv)
