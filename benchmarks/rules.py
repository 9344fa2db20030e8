"""Test scores against what has to be read: estimators with default settings, and linear models, in the same run.

    python benchmarks/rules.py             # all data sets, about 10 minutes
    python benchmarks/rules.py friedman1   # one of them

R2 or accuracy on the test folds of 5-fold cross-validation (KFold, for classes StratifiedKFold, shuffled, random state
0), averaged over the folds. One path is trained per fold; every budget is a choice from it. Rules are counted on the
box of the training rows; numbers are all nonzero ones in the compact form.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from datasets import CLASSES, FOLDS, TABLES, folds
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import prelu_rules as pr

BUDGETS = {
    "default": {},
    "<= 2 rules": {"max_rules": 2},
    "<= 4 rules": {"max_rules": 4},
    "<= 5 rules": {"max_rules": 5},
    "<= 8 rules": {"max_rules": 8},
    "<= 16 rules": {"max_rules": 16},
    "<= 12 numbers": {"max_numbers": 12},
    "<= 20 numbers": {"max_numbers": 20},
    "<= 28 numbers": {"max_numbers": 28},
}


def main() -> None:
    """Print a table for each data set."""
    for name in sys.argv[1:] or list(TABLES):
        x, y = TABLES[name]()
        classes = name in CLASSES
        found: dict[str, list[tuple[float, ...]]] = {}
        seconds = []
        for train, test in folds(name, x, y):
            start = time.process_time()
            kind = pr.PReLURuleClassifier if classes else pr.PReLURuleRegressor
            model = kind(random_state=0).fit(x[train], y[train])
            seconds.append(time.process_time() - start)
            for label, budget in BUDGETS.items():
                if name == "digits" and budget:
                    continue
                try:
                    model.choose(**budget)
                except pr.PReLURulesError:
                    continue
                point = model.path_.choose(**budget)
                rules = float("nan") if name == "digits" else point.n_rules
                figures = (model.score(x[test], y[test]), point.n_nonlinear, rules, point.n_numbers)
                found.setdefault(label, []).append(figures)
            linear = make_pipeline(StandardScaler(), LogisticRegression() if classes else LinearRegression())
            linear.fit(x[train], y[train])
            n_numbers = linear[-1].coef_.size + np.size(linear[-1].intercept_)
            found.setdefault("linear model", []).append((linear.score(x[test], y[test]), 0, 1, n_numbers))
        print(f"{name}: {len(x)} rows, {x.shape[1]} features; CPU-s per fit {', '.join(f'{s:.1f}' for s in seconds)}")
        print(f"  {'':<16}{'score':>7}{'units':>7}{'rules':>7}{'numbers':>9}")
        for label, rows in found.items():
            if len(rows) == FOLDS:
                score, units, rules, numbers = np.mean(rows, axis=0)
                print(f"  {label:<16}{score:7.4f}{units:7.1f}{rules:7.1f}{numbers:9.1f}")


if __name__ == "__main__":
    main()
