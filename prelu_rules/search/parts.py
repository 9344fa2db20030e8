"""Which rows a search by growth learns from, and which are left out of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from prelu_rules.losses.loss import Loss
from prelu_rules.refine.curvature import Task
from prelu_rules.rows.folds import folds
from prelu_rules.rows.rows import Rows
from prelu_rules.search.left_out_choice import Part
from prelu_rules.search.settings import PathSettings
from prelu_rules.search.tasks import task_of


@dataclass(frozen=True)
class Growth:
    """The rows of a search by growth.

    Attributes:
        rows: the rows to search on, standardised.
        parts: what is left out of which search.
        held: the rows that choose, standardised; for folds, those of `rows`.
        by_folds: whether networks are fitted to the rows that choose, so that others have to be asked about them.
    """

    rows: Task
    parts: tuple[Part, ...]
    held: Rows
    by_folds: bool

    @classmethod
    def of_folds(cls, rows: Rows, loss: Loss, settings: PathSettings, seed: int, n_logits: int | None = None) -> Growth:
        """Leave out each fold of the rows once.

        Args:
            rows: all rows, distinct and standardised.
            loss: the loss that is minimised.
            settings: the number of folds.
            seed: the seed of the split.
            n_logits: the number of logits, for classes.

        Returns:
            The rows and their parts.
        """
        split = folds(rows, loss, settings.n_folds, seed)
        ridge = settings.ridge
        parts = tuple(Part(task_of(rows.taken(train), loss, ridge, n_logits), held) for train, held in split)
        return cls(task_of(rows, loss, ridge, n_logits), parts, rows, by_folds=True)

    @classmethod
    def of_part(
        cls, train: Rows, held: Rows, loss: Loss, settings: PathSettings, n_logits: int | None = None
    ) -> Growth:
        """Leave out one part.

        Args:
            train: the rows to search on, standardised.
            held: the rows that choose.
            loss: the loss that is minimised.
            settings: the ridge.
            n_logits: the number of logits, for classes.

        Returns:
            The rows and their only part.
        """
        task = task_of(train, loss, settings.ridge, n_logits)
        return cls(task, (Part(task, np.arange(len(held.y))),), held, by_folds=False)
