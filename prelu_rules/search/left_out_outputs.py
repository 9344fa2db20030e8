"""What networks say about rows that they have not seen."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.criterion import observed
from prelu_rules.refine.curvature import Task
from prelu_rules.refine.left_out import left_out_outputs
from prelu_rules.refine.shape import Shape
from prelu_rules.search.left_out_choice import Trials, Variant, within
from prelu_rules.search.parts import Growth
from prelu_rules.values import FloatArray

Networks = dict[Shape, list[CompactForm]]
"""Networks with 0, 1, 2, ... units whose bends have a shape."""


@dataclass(frozen=True)
class LeftOutOutputs:
    """What networks that were found on all rows would say about rows if these had been left out.

    Attributes:
        growth: the rows.
        trials: the searches without parts of the rows.
        networks: the best network of each size.
        task: the rows with the chosen ridge.
    """

    growth: Growth
    trials: Trials
    networks: Networks
    task: Task

    def of(self, system: CompactForm, shape: Shape) -> FloatArray:
        """The outputs of a network on the rows that choose.

        If the rows were left out of the search fold by fold, these are the outputs of the best network of the same size
        that had not seen the row, plus what distinguishes the given network from the best one of its size if the row is
        left out of the last refit only.

        Args:
            system: a network, fitted to the rows.
            shape: what its bends may use.

        Returns:
            `(n_held, n_outputs)`.
        """
        if not self.growth.by_folds:
            return system.predict(self.growth.held.x)
        size = system.n_units
        searched = self.trials.outputs[Variant(self.trials.ridge, shape), size]
        with np.errstate(over="ignore", invalid="ignore"):
            apart = self._left_out(system) - self._best_left_out[shape][size]
        return searched + np.where(np.isfinite(apart), apart, 0.0)

    @cached_property
    def _best_left_out(self) -> dict[Shape, list[FloatArray]]:
        return {shape: [self._left_out(system) for system in found] for shape, found in self.networks.items()}

    def _left_out(self, system: CompactForm) -> FloatArray:
        # What is left out of the last refit is only known to first order; a row that hardly another row supports would
        # get any output.
        return within(left_out_outputs(system, self.task, self._observed), system.predict(self.task.x))

    @cached_property
    def _observed(self) -> FloatArray:
        return observed(self.task)
