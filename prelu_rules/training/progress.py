"""A progress bar over the epochs of a training phase."""

from __future__ import annotations

from typing import Any

import keras
from tqdm import tqdm


class EpochProgress(keras.callbacks.Callback):
    """Shows a progress bar during `fit`.

    Args:
        description: the text in front of the bar.
        always: whether to show the bar even if standard error is not a terminal, as in a notebook.
    """

    def __init__(self, description: str, always: bool = False) -> None:
        super().__init__()
        self._description = description
        self._disable = False if always else None
        self._bar: tqdm[Any] | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Open the bar."""
        self._bar = tqdm(
            total=self.params["epochs"], desc=self._description, disable=self._disable, leave=False, unit="epoch"
        )

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Advance the bar."""
        if self._bar is not None:
            self._bar.update()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Close the bar."""
        if self._bar is not None:
            self._bar.close()
