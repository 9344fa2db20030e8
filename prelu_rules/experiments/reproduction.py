"""What the paper shows, run again: figure 2, and the toy tasks from training to printed rules."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from prelu_rules.errors import PReLURulesError
from prelu_rules.experiments.layered_network import paper_network
from prelu_rules.experiments.paper_training import MAX_STEPS, PATIENCE, PaperRun, train
from prelu_rules.experiments.toy import XOR, ToyTask
from prelu_rules.export.text_reader import read
from prelu_rules.extraction import extract
from prelu_rules.rules.printed import with_honest_precision
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.tolerances import PRINTED_TWO_DECIMALS


def figure2() -> RuleSystem:
    """The rules of the paper's trained network, in the paper's order and with its two decimals (paper, figure 2).

    Returns:
        Four rules.

    Example:
        >>> print(figure2().export("compact").splitlines()[0])
        out1 = 1.01 * in1 + 1.01 * in2 - 2.01 * max(0, in1 + in2 - 1)
    """
    system = extract(paper_network().form, feature_names=XOR.input_names, output_names=XOR.output_names)
    return with_honest_precision(system, XOR.inputs, PRINTED_TWO_DECIMALS)


@dataclass(frozen=True)
class Reproduction:
    """One training of a toy task and what became of it.

    Attributes:
        run: the training.
        rules: the rules of its network; None if there are too many nonlinear units to write any.
        problem: why it did not get there, in a sentence; None if it did.
        correct_net: whether the network gets all 16 inputs right.
        correct_rules: whether the rules do.
        correct_text: whether the printed rules, parsed back, do, with exactly one rule for each input.
        seconds: how long all of it took.
    """

    run: PaperRun
    rules: RuleSystem | None
    problem: str | None
    correct_net: bool
    correct_rules: bool
    correct_text: bool
    seconds: float

    def record(self) -> dict[str, int | float | bool]:
        """The figures of the run, for a table or JSON."""
        return {
            "seed": self.run.seed,
            "steps": self.run.steps,
            "mse": self.run.mse,
            "nonlinear": self.run.nonlinear,
            "correct_net": self.correct_net,
            "correct_rules": self.correct_rules,
            "correct_text": self.correct_text,
            "seconds": round(self.seconds, 2),
        }


def reproduce(task: ToyTask, seed: int, *, max_steps: int = MAX_STEPS, patience: int = PATIENCE) -> Reproduction:
    """Train a network on a toy task as the paper does, read its rules, and check them on all inputs.

    Args:
        task: the task.
        seed: of the training.
        max_steps: where the training gives up.
        patience: how long it waits for fewer nonlinear units.

    Returns:
        The run, its rules and the checks.

    Raises:
        InvalidValueError: if a number of steps or the seed is out of range.

    Example:
        >>> result = reproduce(XOR, seed=0, max_steps=1000)
        >>> result.rules is None, result.problem.split(",")[0]
        (True, '20 nonlinear units are left')
    """
    start = time.perf_counter()
    run = train(task, seed, max_steps=max_steps, patience=patience)
    rules, problem = None, None
    try:
        rules = extract(run.network.form, task.inputs, feature_names=task.input_names, output_names=task.output_names)
    except PReLURulesError as error:
        problem = str(error)
    correct_net = task.correct(run.network.evaluate(task.inputs))
    correct_rules = rules is not None and task.correct(rules.predict(task.inputs))
    correct_text = rules is not None and text_is_correct(task, str(rules))
    if not (run.reached and correct_rules and correct_text):
        wrong = int((np.abs(run.network.evaluate(task.inputs) - task.targets) >= 0.5).any(axis=1).sum())
        problem = problem or (
            f"seed {seed} did not get there in {run.steps} steps: {wrong} of {len(task.inputs)} inputs are wrong, "
            f"mean squared error {run.mse:.2g}; try another seed or more steps."
        )
    return Reproduction(
        run, rules, problem, correct_net, correct_rules, correct_text, seconds=time.perf_counter() - start
    )


def text_is_correct(task: ToyTask, printed: str) -> bool:
    """Whether printed rules get a task right, read as a person would.

    Args:
        task: the task.
        printed: rules in the paper's text format.

    Returns:
        True if exactly one rule covers each input and its outputs round to the targets.

    Raises:
        FormatError: if the text is not in the format.

    Example:
        >>> text_is_correct(XOR, str(figure2()))
        True
    """
    rules = read(printed)
    covers = np.array([rule.covers(task.inputs) for rule in rules.rules])
    return bool((covers.sum(axis=0) == 1).all()) and task.correct(rules.predict(task.inputs))
