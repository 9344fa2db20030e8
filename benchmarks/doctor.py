"""The cost of the training doctor: the time of a training step with and without it, in one run.

`python benchmarks/doctor.py`. Fits with and without the doctor alternate; the ratio is that of the medians of whole
fits, and of the minima, from the second epoch on. With default settings the doctor may take 3%.
"""

from __future__ import annotations

import time

import keras
import numpy as np
from sklearn.datasets import load_digits

from prelu_rules.doctor import TrainingDoctor

REPEATS = 6


class Clock(keras.callbacks.Callback):
    """Processor seconds of every epoch, including those of all callbacks."""

    def __init__(self) -> None:
        super().__init__()
        self.epochs: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        """End an epoch and begin the next one."""
        self.epochs.append(time.process_time())

    def on_train_end(self, logs: object = None) -> None:
        """End the last epoch."""
        self.epochs.append(time.process_time())

    @property
    def after_the_first(self) -> float:
        """The seconds from the second epoch on: in both cases the first one compiles the step."""
        return self.epochs[-1] - self.epochs[1]


def model_of(width: int) -> keras.Model:
    """A classifier of digits."""
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dense(width, activation="relu") for _ in range(3)]
    model = keras.Sequential([keras.Input((64,)), *layers, keras.layers.Dense(10)])
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    return model


def main() -> None:
    """Print the seconds per step and their ratio, for a small and a larger network."""
    x, y = load_digits(return_X_y=True)
    x = (x / 16).astype("float32")
    for width, epochs in ((64, 40), (512, 40)):
        seconds: dict[bool, list[float]] = {False: [], True: []}
        share = []
        for repeat in range(REPEATS):
            # Each goes first equally often.
            for watched in (repeat % 2 == 0, repeat % 2 == 1):
                doctor, clock = TrainingDoctor(), Clock()
                callbacks = [clock, doctor] if watched else [clock]
                model_of(width).fit(x, y, epochs=epochs, batch_size=32, verbose=0, callbacks=callbacks)
                seconds[watched].append(clock.after_the_first)
                if watched:
                    share.append(len(doctor.report().record.looks))
        steps = (epochs - 1) * -(-len(x) // 32)
        without, with_doctor = (np.median(seconds[watched]) / steps for watched in (False, True))
        print(
            f"3 x {width} units: {1e3 * without:.3f} ms a step alone, {1e3 * with_doctor:.3f} ms with the doctor, "
            f"ratio {with_doctor / without:.4f} (least of each: "
            f"{min(seconds[True]) / min(seconds[False]):.4f}), {np.median(share):.0f} looks"
        )


if __name__ == "__main__":
    main()
