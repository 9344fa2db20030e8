"""Reproduces the paper's results: figure 2, and the toy tasks from training to printed rules."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from prelu_rules.errors import PReLURulesError
from prelu_rules.experiments.layered_network import paper_network
from prelu_rules.experiments.paper_training import MAX_STEPS, PATIENCE, PaperRun, train
from prelu_rules.experiments.path_training import PathRun, noisy_inputs, search
from prelu_rules.experiments.toy import XOR, ToyTask
from prelu_rules.export.paper_reader import read
from prelu_rules.extraction import extract
from prelu_rules.rules.printed import with_honest_precision
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.values import FloatArray

PRINTED_TWO_DECIMALS = 0.02
"""The tolerance for the paper's figure 2, which its two decimals need on the 16 binary inputs."""


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
    """A training of a toy task and its result.

    Attributes:
        run: the training.
        rules: the rules of its network; None if it has too many nonlinear units to write them.
        problem: why it did not succeed, in a sentence; None if it did.
        correct_net: whether the network is right on all 16 inputs.
        correct_rules: whether the rules are.
        correct_text: whether the printed rules are, when parsed, with exactly one rule for each input.
        correct_noisy: whether network, rules and printed text are also right on 1,000 inputs with new noise.
        seconds: how long everything took.
    """

    run: PaperRun | PathRun
    rules: RuleSystem | None
    problem: str | None
    correct_net: bool
    correct_rules: bool
    correct_text: bool
    correct_noisy: bool
    seconds: float

    def record(self) -> dict[str, int | float | bool]:
        """The values of the run, for a table or JSON."""
        return {
            "seed": self.run.seed,
            "steps": self.run.steps,
            "mse": self.run.mse,
            "nonlinear": self.run.nonlinear,
            "correct_net": self.correct_net,
            "correct_rules": self.correct_rules,
            "correct_text": self.correct_text,
            "correct_noisy": self.correct_noisy,
            "seconds": round(self.seconds, 2),
        }


def reproduce(task: ToyTask, seed: int) -> Reproduction:
    """Search for the smallest network that solves a toy task, read its rules, and check them on all inputs.

    Args:
        task: the task.
        seed: the seed of the search.

    Returns:
        The run, its rules and the checks.

    Raises:
        InvalidValueError: if the seed is out of range.

    Example:
        >>> result = reproduce(XOR, seed=0)
        >>> assert result.rules is not None
        >>> result.run.nonlinear, len(result.rules), result.problem
        (2, 4, None)
    """
    start = time.perf_counter()
    run = search(task, seed)
    # Rules and printed digits have to be right near the inputs as well.
    rows = np.vstack([task.inputs, noisy_inputs(task, seed)[0]])
    return _checked(task, run, rows, start, f"in {run.steps} steps")


def reproduce_as_paper(
    task: ToyTask, seed: int, *, max_steps: int = MAX_STEPS, patience: int = PATIENCE
) -> Reproduction:
    """Train a network on a toy task as in the paper, read its rules, and check them on all inputs.

    Args:
        task: the task.
        seed: the seed of the training.
        max_steps: the number of steps after which the training gives up.
        patience: how long it waits for fewer nonlinear units.

    Returns:
        The run, its rules and the checks.

    Raises:
        InvalidValueError: if a number of steps or the seed is out of range.

    Example:
        >>> result = reproduce_as_paper(XOR, seed=0, max_steps=1000)
        >>> assert result.problem is not None
        >>> result.rules is None, result.problem.split(",")[0]
        (True, '20 nonlinear units are left')
    """
    start = time.perf_counter()
    run = train(task, seed, max_steps=max_steps, patience=patience)
    return _checked(task, run, task.inputs, start, f"in {run.steps} steps")


def _checked(task: ToyTask, run: PaperRun | PathRun, rows: FloatArray, start: float, effort: str) -> Reproduction:
    rules, problem = None, None
    try:
        rules = extract(run.form, rows, feature_names=task.input_names, output_names=task.output_names)
    except PReLURulesError as error:
        problem = str(error)
    outputs = run.form.predict(task.inputs)
    correct_rules = rules is not None and task.correct(rules.predict(task.inputs))
    correct_text = rules is not None and text_is_correct(task, rules.export("paper"))
    correct_noisy = rules is not None and _right_on_noise(task, run, rules)
    # The paper's training can stop anywhere, so noise may cross a bend there.
    if not (run.reached and correct_rules and correct_text and (correct_noisy or isinstance(run, PaperRun))):
        wrong = int((np.abs(outputs - task.targets) >= 0.5).any(axis=1).sum())
        problem = problem or (
            f"seed {run.seed} did not succeed {effort}: {wrong} of {len(task.inputs)} inputs are wrong, "
            f"mean squared error {run.mse:.2g}; try another seed or more steps."
        )
    seconds = time.perf_counter() - start
    return Reproduction(run, rules, problem, task.correct(outputs), correct_rules, correct_text, correct_noisy, seconds)


def _right_on_noise(task: ToyTask, run: PaperRun | PathRun, rules: RuleSystem) -> bool:
    x, y = noisy_inputs(task, run.seed + 1)
    answers = (run.form.predict(x), rules.predict(x), read(rules.export("paper")).predict(x))
    return all(bool((np.abs(answer - y) < 0.5).all()) for answer in answers)


def text_is_correct(task: ToyTask, printed: str) -> bool:
    """Whether printed rules solve a task, read as a person would read them.

    Args:
        task: the task.
        printed: rules in the paper's text format.

    Returns:
        True if exactly one rule covers each input and its outputs round to the targets.

    Raises:
        FormatError: if the text is not in the format.

    Example:
        >>> text_is_correct(XOR, figure2().export("paper"))
        True
    """
    rules = read(printed)
    covers = np.array([rule.covers(task.inputs) for rule in rules.rules])
    return bool((covers.sum(axis=0) == 1).all()) and task.correct(rules.predict(task.inputs))
