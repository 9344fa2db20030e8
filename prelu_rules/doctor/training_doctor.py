"""The training doctor: a Keras callback that notices when training goes wrong, and says what to do."""

from __future__ import annotations

import itertools
import math
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Literal

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from prelu_rules.doctor.case import Case
from prelu_rules.doctor.finding import Finding, Place
from prelu_rules.doctor.first_not_finite import first_not_finite, not_finite_in_data
from prelu_rules.doctor.label_count import count_labels
from prelu_rules.doctor.probe import guessing_loss, look_at, n_outputs, task_of
from prelu_rules.doctor.report import Report
from prelu_rules.doctor.rows import Gatherer, Rows, arrays_of, rows_of
from prelu_rules.doctor.schedule import Schedule
from prelu_rules.doctor.single import see_batch
from prelu_rules.doctor.tap import Batch, Tap
from prelu_rules.doctor.task import Task, guess_task
from prelu_rules.errors import InvalidValueError, TrainingError
from prelu_rules.training.keras_internals import steps_per_execution

KEPT_NUMBERS = 2**22
"""The last batches with at most this many numbers (16 MB) are kept, to find where a NaN came from."""

KEPT_BATCHES = 1000
"""At most this many batches are kept."""

PERIOD_STEPS = 200
"""Losses are averaged over an epoch, or over this many steps if the epoch is longer."""

CALLS_PER_PERIOD = 20
"""The same for `TrainingDoctor.check`, in calls, since it may be called for every batch."""

UNBUDGETED_LOOKS = 8
"""How many times the doctor looks immediately after the loss has risen; after that only within its budget."""

FIRST_STEPS = 64
"""The labels of this many batches are always counted, which takes microseconds; then only within the budget."""

BATCHES_SEARCHED = 50
"""How many further batches are searched for the cause of a failed step."""


class TrainingWarning(UserWarning):
    """A finding of the training doctor, if `on_finding` is "warn"."""


class TrainingDoctor(keras.callbacks.Callback):
    """Watches a training, and reports what goes wrong, with causes and remedies.

    It reads the loss of every batch, and from time to time takes a look: one forward pass and one gradient on a few
    hundred rows of the training data, which it keeps from the first batches. It looks after the first step; at the end
    of periods 1, 2, 4, 8 and so on, where a period is an epoch, or 200 steps if that is shorter; at the end of any
    other period if the budget allows it or the loss has risen; and at the end of the training. A loss that is NaN or
    surges is examined immediately. The training is the same to the last bit as without the doctor, and data may have
    any form that `fit` takes. The model needs no accuracy metric, since accuracy is measured on the rows of the look,
    in inference mode.

    For models with several outputs, everything except outputs and labels is examined. With several replicas batches
    cannot be seen: give `data`.

    Args:
        on_finding: what to do about findings above "note": "warn" issues a `TrainingWarning`; "stop" ends the training
            at the first fault, and "raise" raises a `TrainingError`; both restore the best weights seen before, and
            issue warnings for findings that are only warnings. Or a function that is called with each `Finding`.
        data: `(x, y)` or `(x, y, sample_weight)` arrays to use instead of the first batches. Labels and missing values
            are then examined before the training begins.
        monitor: a name in the logs of an epoch, such as "val_loss", that determines the best weights; larger values are
            better if the name contains "acc", "auc", "precision", "recall" or "f1". None for the accuracy on the rows
            of the look (for regression, the loss).
        budget: the share of the time of training that the doctor may take; scheduled looks come first.
        rows: how many rows it uses.
        task: "multiclass", "binary", "multilabel" or "regression"; None to infer it from the loss and the labels.

    Raises:
        InvalidValueError: if an argument is out of range.
        TrainingError: when training begins, if Keras does not run on TensorFlow; and for a fault, with "raise".

    Example:
        >>> x = np.linspace(-1, 1, 64, dtype="float32")[:, None]
        >>> x[40] = np.nan
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> doctor = TrainingDoctor(on_finding="stop")
        >>> history = model.fit(x, 2 * x, batch_size=16, shuffle=False, verbose=0, callbacks=[doctor])
        >>> finding = doctor.report()[0]
        >>> finding.kind, str(finding.where), bool(np.isfinite(model.get_weights()[0]).all())
        ('not finite', 'epoch 1, batch 3 (step 3)', True)
    """

    def __init__(
        self,
        on_finding: Literal["warn", "stop", "raise"] | Callable[[Finding], object] = "warn",
        *,
        data: Any = None,
        monitor: str | None = None,
        budget: float = 0.03,
        rows: int = 256,
        task: Task | None = None,
    ) -> None:
        super().__init__()
        if not callable(on_finding) and on_finding not in {"warn", "stop", "raise"}:
            raise InvalidValueError(f"on_finding is {on_finding!r}; it must be 'warn', 'stop', 'raise' or a function.")
        if not 0 < budget <= 1:
            raise InvalidValueError(f"budget is {budget}; it must be a share of the time, positive and at most 1.")
        if rows != int(rows) or rows < 2:
            raise InvalidValueError(f"rows is {rows}; it must be an integer of at least 2.")
        self.on_finding, self.monitor, self.budget, self.rows, self.task = on_finding, monitor, budget, int(rows), task
        self._data = None if data is None else arrays_of(data)
        self._tap: Tap | None = None
        self._gatherer: Gatherer | None
        self._probe: Rows | None
        self._best: tuple[float, int, list[Any]] | None
        self._finite: tuple[int, list[Any]] | None
        self._n_outputs: int | None
        self._recent: deque[tuple[Place, Batch]]
        self._begin()

    def report(self) -> Report:
        """Reports what was found in the last training, or by `check`.

        Returns:
            A report that prints, converts to a DataFrame (`to_frame`), and shows as HTML in a notebook.
        """
        return self._case.report()

    def check(
        self,
        logits: npt.ArrayLike,
        labels: npt.ArrayLike,
        loss: npt.ArrayLike | None = None,
        *,
        from_logits: bool | None = None,
        weights: npt.ArrayLike | None = None,
    ) -> Report:
        """Examines a batch of a custom training loop, and remembers it.

        `on_finding` works as in `fit`, but there are no weights to restore, and "stop" issues a warning: the loop
        should end when `report.at_least("fault")` is not empty.

        Args:
            logits: as in `prelu_rules.doctor.check`.
            labels: as in `prelu_rules.doctor.check`.
            loss: as in `prelu_rules.doctor.check`.
            from_logits: as in `prelu_rules.doctor.check`.
            weights: as in `prelu_rules.doctor.check`.

        Returns:
            The report so far.

        Raises:
            TrainingError: for a fault, with `on_finding="raise"`.
            ShapeError: if the labels do not fit the logits.
            InvalidValueError: if the task is unknown.

        Example:
            >>> doctor = TrainingDoctor()
            >>> for step in range(3):
            ...     report = doctor.check([[2.0, 1.0], [1.0, 2.0]], [0, 1], 0.3)
            >>> print(report)
            No finding. Last look: step 3, 2 rows, accuracy 100.0% (guessing: 50.0%), loss 0.3.
        """
        self._step += 1
        see_batch(self._case, logits, labels, loss, Place(step=self._step), self.task, from_logits, weights)
        if self._step % CALLS_PER_PERIOD == 0:
            self._case.end_period()
            self._case.all_labels_seen()
        self._act(self._case.examine())
        return self.report()

    def set_model(self, model: keras.Model) -> None:
        """Wrap the model's training function before any other callback changes it."""
        super().set_model(model)
        if keras.backend.backend() != "tensorflow":
            raise TrainingError(
                f"Keras runs on {keras.backend.backend()}, but the training doctor needs TensorFlow; set "
                "KERAS_BACKEND=tensorflow."
            )
        if getattr(model, "compiled", False):
            self._tap = Tap(model)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Start a new case."""
        self._begin()
        self._fitting = True
        self._steps_per_execution = steps_per_execution(self.model)
        # Only Keras's own step is known to log the mean over the epoch.
        self._logs_mean = type(self.model).train_step is keras.Model.train_step
        if self.model.built:
            weights = self.model.get_weights()
            self._best, self._finite = (-math.inf, 0, weights), (0, weights)
        if self._data is not None:
            self._probe, self._gatherer = self._data.first(self.rows), None
            found = not_finite_in_data(self._data, Place(step=0))
            if found is not None:
                self._case.see_not_finite(found)
            self._count_labels(self._data)
            self._case.all_labels_seen()
            self._act(self._case.examine())

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Restart the count of batches."""
        self._epoch, self._batch = epoch + 1, 0
        if self._tap is not None and self._tap.watch_of_data is not None:
            self._epoch_begins.append(self._tap.watch_of_data.steps)
        self._epoch_total = self._epoch_weight = 0.0

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Watch the next step."""
        if self._tap is not None and not self._stopped:
            self._tap.watch(self._after_step, self._after_error)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """End a period, and take a look if it is time."""
        if self._stopped:
            return
        with self._schedule.spending():
            # The next epoch has the same rows again.
            self._counts_labels = False
            self._end_gathering()
            self._case.all_labels_seen()
            self._end_period()
            if self.monitor is not None and logs is not None and self.monitor in logs:
                higher = any(word in self.monitor for word in ("acc", "auc", "precision", "recall", "f1"))
                self._keep_best(float(logs[self.monitor]) * (1 if higher else -1))

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Take a last look, and restore the model."""
        if not self._stopped:
            self._case.end()
            self._look()
        self._end_fit()

    def _begin(self) -> None:
        self._case = Case()
        self._schedule = Schedule(self.budget)
        self._look_time = 0.0
        self._periods = self._suspicions = 0
        self._fitting = self._stopped = False
        self._step = self._epoch = self._batch = self._period_begin = 0
        self._epoch_total = self._epoch_weight = 0.0
        self._steps_per_execution = 1
        self._logs_mean, self._counts_labels = True, self._data is None
        self._n_outputs = None
        self._gatherer = Gatherer(self.rows)
        self._recent = deque()
        self._epoch_begins: list[int] = []
        self._probe = None
        self._best = None
        self._finite = None

    def _end_fit(self) -> None:
        self._fitting = False
        self._recent.clear()
        if self._tap is not None:
            self._tap.remove()
            self._tap = None

    @property
    def _where(self) -> Place:
        return Place(self._step, self._epoch or None, self._batch or None)

    def _after_step(self, logs: dict[str, Any], batch: Batch | None) -> None:
        # This runs at every step, so it does as little as possible.
        began = time.perf_counter()
        steps = self._steps_per_execution
        self._step += steps
        self._batch += steps
        suspicious = self._see_loss(logs, batch)
        if batch is not None and self._case.record.not_finite is None:
            self._keep(batch)
        rows = None
        if batch is None:
            self._case.note(
                "The batches could not be seen (several replicas, or a train_step that does not return a dict); give "
                "TrainingDoctor the argument data=(x, y)."
            )
        elif self._gatherer is not None or self._counts_labels or suspicious:
            rows = rows_of(batch.data)
            self._gather(rows)
            if self._counts_labels and (self._step <= FIRST_STEPS or self._schedule.allows()):
                self._count_labels(rows)
        if suspicious:
            self._look_at_trouble(rows)
        elif not self._schedule.has_started:
            # The first call includes compilation, which does not count as training.
            self._schedule.start()
            self._look()
        elif self._step - self._period_begin >= PERIOD_STEPS:
            self._end_period()
        self._schedule.spent += time.perf_counter() - began

    def _keep(self, batch: Batch) -> None:
        """Keeps a batch until the weights are known to be finite after it."""
        if self._recent.maxlen is None:
            most = KEPT_NUMBERS // max(1, batch.numbers)
            self._recent = deque(maxlen=min(KEPT_BATCHES, max(2, most)))
        elif len(self._recent) == self._recent.maxlen and self._schedule.allows():
            # Once for as many batches as are kept: a NaN that is not visible in a loss is found before its batch is
            # dropped.
            if all(bool(tf.reduce_all(tf.math.is_finite(one.value))) for one in self.model.trainable_variables):
                self._recent.clear()
            else:
                self._find_not_finite(None)
                self._act(self._case.examine())
        self._recent.append((self._where, batch))

    def _see_loss(self, logs: dict[str, Any], batch: Batch | None) -> bool:
        if "loss" not in logs:
            return False
        loss = float(logs["loss"])
        weight = float(self._steps_per_execution * (1 if batch is None else len(batch)))
        if self._logs_mean:
            self._epoch_weight += weight
            total, before = loss * self._epoch_weight, self._epoch_total
            self._epoch_total = total
            if math.isfinite(total):
                loss = (total - before) / weight
        return self._case.see_loss(loss, self._where, weight)

    def _end_period(self) -> None:
        self._period_begin = self._step
        self._periods += 1
        suspicious = self._case.end_period()
        # A training changes quickly at first, and 1, 2, 4, 8, ... are few; a lasting problem is not examined forever.
        unasked = self._periods.bit_count() == 1
        if suspicious and self._suspicions < UNBUDGETED_LOOKS:
            self._suspicions += 1
            unasked = True
        if unasked or self._schedule.allows(self._look_time):
            self._look()
        else:
            self._act(self._case.examine())

    def _look(self) -> None:
        """Take a look at the kept rows, and run all checks."""
        rows = self._probe if self._gatherer is None else self._gatherer.rows
        if rows is None or not self.model.built:
            return
        started = time.perf_counter()
        first = not self._case.record.looks
        look = look_at(self.model, rows, self._where, self.task, self._tap.force if self._tap else None)
        self._case.see(look)
        if look.outputs is None:
            self._case.note(
                "The model has several outputs, or none that can be compared with labels; outputs and labels were not "
                "examined."
            )
        if first and (guess := guessing_loss(self.model, rows, look.outputs)) is not None:
            self._case.expect_at_least(guess)
        if not look.finite:
            self._find_not_finite(rows)
        else:
            self._recent.clear()
            if self._tap is not None and self._tap.watch_of_data is not None:
                self._tap.watch_of_data.forget()
        new = self._case.examine()
        if not self._case.report().at_least("fault"):
            self._finite = (self._step, self.model.get_weights())
            if self.monitor is None:
                accuracy = None if look.outputs is None else look.outputs.accuracy
                # Of two looks with the same accuracy, the one with the lower loss is better.
                loss = look.loss or 0.0
                self._keep_best(-loss if accuracy is None else accuracy - 1e-6 * math.tanh(loss))
        self._look_time = time.perf_counter() - started
        self._act(new)

    def _look_at_trouble(self, rows: Rows | None) -> None:
        surge = self._case.record.surge
        if surge is None or surge.where != self._where:
            self._find_not_finite(rows)
        self._act(self._case.examine())

    def _find_not_finite(self, rows: Rows | None) -> None:
        watch = None if self._tap is None else self._tap.watch_of_data
        if watch is not None and (found := watch.first(self._place_of_step)) is not None:
            self._case.see_not_finite(found)
        if self._case.record.not_finite is None:
            step, weights = self._finite if self._finite is not None else (None, None)
            earlier = ((where, rows_of(batch.data)) for where, batch in self._recent)
            self._case.see_not_finite(first_not_finite(self.model, rows, self._where, weights, step, earlier))
            self._recent.clear()

    def _place_of_step(self, step: int) -> Place:
        epoch = sum(begin < step for begin in self._epoch_begins)
        return Place(step, epoch, step - self._epoch_begins[epoch - 1])

    def _after_error(self, iterator: Iterator[Any], error: Exception) -> None:
        """Search the remaining batches for the cause of an error that ends the training."""
        try:
            for batch in itertools.islice(iterator, BATCHES_SEARCHED):
                self._count_labels(rows_of(tf.nest.map_structure(_none_if_optional, batch)))
        except (tf.errors.OpError, TypeError, ValueError):
            # The data themselves may have failed, which the error says.
            pass
        for finding in self._case.examine():
            error.add_note(f"TrainingDoctor: {_message(finding)}\n{finding.remedies[0].code}")
        self._end_fit()

    def _gather(self, rows: Rows) -> None:
        if self._gatherer is None or rows.y is None:
            return
        if self._gatherer.add(rows):
            self._end_gathering()

    def _end_gathering(self) -> None:
        if self._gatherer is not None:
            self._probe, self._gatherer = self._gatherer.rows, None

    def _count_labels(self, rows: Rows) -> None:
        if rows.y is None or isinstance(rows.y, dict | list | tuple):
            return
        if self._n_outputs is None:
            self._n_outputs = n_outputs(self.model, rows.x)
        labels = np.asarray(rows.y)
        if self._n_outputs is None or labels.dtype.kind not in "biuf":
            self._counts_labels = False
            return
        known = self._case.record.labels
        task = known.task if known else self.task or task_of(self.model, self._n_outputs)
        self._case.see_labels(count_labels(labels, task or guess_task(labels, self._n_outputs), self._n_outputs))

    def _keep_best(self, score: float) -> None:
        if math.isfinite(score) and (self._best is None or score > self._best[0]):
            self._best = (score, self._step, self.model.get_weights())

    def _act(self, findings: tuple[Finding, ...]) -> None:
        for finding in findings:
            ends = finding.level == "fault" and self.on_finding in {"stop", "raise"}
            if not finding.at_least("warning"):
                continue
            if callable(self.on_finding):
                self.on_finding(finding)
            elif ends and self._fitting:
                self._end_training(finding)
                return
            elif ends and self.on_finding == "raise":
                raise TrainingError(_message(finding))
            else:
                warnings.warn(_message(finding), TrainingWarning, stacklevel=2)

    def _end_training(self, finding: Finding) -> None:
        self._stopped = True
        if self._best is not None:
            self.model.set_weights(self._best[2])
            self._case.actions = (
                f"Training was stopped at {finding.where}; the weights were restored to those of step "
                f"{self._best[1]}, the best seen.",
            )
        if self.on_finding == "raise":
            self._end_fit()
            raise TrainingError(_message(finding))
        self.model.stop_training = True


def _none_if_optional(part: Any) -> Any:
    return None if isinstance(part, tf.experimental.Optional) else part


def _message(finding: Finding) -> str:
    first = f" First remedy: {finding.remedies[0].text}" if finding.remedies else ""
    return f"{finding} {finding.meaning}{first}"
