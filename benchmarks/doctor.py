"""What the training doctor costs: the time of a training step with it and without it, in one run.

`python benchmarks/doctor.py`. Two equal models take turns, an epoch each; the ratio is that of the medians of all epochs
but the first two of each fit, and of the sums over whole fits. With default settings the doctor may take 3%.
"""

from __future__ import annotations

import time

import keras
import numpy as np
from sklearn.datasets import load_digits

from prelu_rules.doctor import TrainingDoctor

REPEATS = 6


class Clock(keras.callbacks.Callback):
    """Seconds of processor time of every epoch, those of all callbacks included."""

    def __init__(self) -> None:
        super().__init__()
        self.epochs: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        """End one epoch and begin the next."""
        self.epochs.append(time.process_time())

    def on_train_end(self, logs: object = None) -> None:
        """End the last."""
        self.epochs.append(time.process_time())

    @property
    def after_the_first(self) -> float:
        """From the second epoch on: the first compiles the step, in both cases."""
        return self.epochs[-1] - self.epochs[1]


def model_of(width: int) -> keras.Model:
    """A classifier of digits."""
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dense(width, activation="relu") for _ in range(3)]
    model = keras.Sequential([keras.Input((64,)), *layers, keras.layers.Dense(10)])
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    return model


def main() -> None:
    """Print seconds per step and their ratio, for a small and a larger network."""
    x, y = load_digits(return_X_y=True)
    x = (x / 16).astype("float32")
    for width, epochs in ((64, 40), (512, 40)):
        seconds: dict[bool, list[float]] = {False: [], True: []}
        share = []
        for repeat in range(REPEATS):
            # Each goes first as often as the other.
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
            f"3 x {width} units, batch 32: {1e3 * without:.3f} ms a step alone, {1e3 * with_doctor:.3f} ms with the doctor, "
            f"ratio {with_doctor / without:.4f} (least of each: "
            f"{min(seconds[True]) / min(seconds[False]):.4f}), {np.median(share):.0f} looks"
        )


if __name__ == "__main__":
    main()
